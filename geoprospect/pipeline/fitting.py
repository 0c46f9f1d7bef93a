"""How models are fitted: on which layers, and with which settings."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.cube import stack
from geoprospect.errors import PipelineError, did_you_mean
from geoprospect.models import validate
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.searching import Search, Settings
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.early import check_amounts, check_looks
from geoprospect.pipeline.ground import Ground
from geoprospect.pipeline.plan import Pipeline


def unfitted(pipeline: Pipeline) -> dict[str, Any]:
    """Every model, unfitted, and all that is fitted around it: a setting refused shows now."""
    models = {name: call({}, seed=pipeline.seed) for name, call in pipeline.models.items()}
    check_looks(pipeline)
    check_amounts(pipeline)
    if pipeline.select is not None:
        pipeline.select({}, fits=models.__getitem__, layers=())
    if pipeline.tuning is not None:
        search_of(pipeline)
    return models


def search_of(pipeline: Pipeline) -> Search:
    """The search for settings that a pipeline asks for; refused where it cannot be made."""
    assert pipeline.tuning is not None and pipeline.tuned is not None  # noqa: PT018
    call = pipeline.models[pipeline.tuned]

    def made(settings: Settings) -> Any:
        return with_settings(call, settings)({}, seed=pipeline.seed)

    search: Search = pipeline.tuning({}, made=made, called=call.function.__name__)
    return search


def with_settings(call: Call, settings: Mapping[str, Any]) -> Call:
    """The same call with further settings, or others."""
    return dataclasses.replace(call, settings={**call.settings, **settings})


@dataclass
class Fitting(Ground):
    """What every fit goes through: a choice of layers, where one is asked for."""

    estimators: dict[str, Any] = field(default_factory=dict)
    """Each model, not yet fitted."""
    folds: dict[str, contract.Folds] = field(default_factory=dict)
    """How each protocol parts the samples."""

    def begin_models(self) -> None:
        """Every model, unfitted: a setting that it refuses shows now."""
        self.estimators = unfitted(self.pipeline)
        self._check_named()

    def _check_named(self) -> None:
        """Layers that a model's settings name must be features, or come of one."""
        for name, estimator in self.estimators.items():
            for layer in getattr(estimator, "layers_named", ()):
                known = any(layer.startswith(feature) for feature in self.pipeline.features)
                if not known:
                    nearest = did_you_mean(layer, self.pipeline.features)
                    raise PipelineError(f"model {name!r} names the layer {layer!r}, and no feature "
                                        f"gives it{nearest}")  # fmt: skip

    # --- one fit --------------------------------------------------------------------------

    def fit_of(self, model: str, settings: Mapping[str, Any] | None = None) -> validate.Fit:
        """How a model is fitted, with further settings if there are any."""
        if not settings:
            return self.fit_chosen(self.estimators[model])
        call = with_settings(self.pipeline.models[model], settings)
        return self.fit_chosen(call({}, seed=self.pipeline.seed))

    def fit_chosen(self, estimator: Any, layers: Sequence[str] | None = None) -> validate.Fit:
        """A fit on those of some layers, or of all, that are chosen by what it is given."""
        layers = contract.evidence(self.cube) if layers is None else layers
        call = self.pipeline.select
        if call is None:
            return self.fit_on(estimator, layers)
        named = getattr(estimator, "layers_named", ())
        fit: validate.Fit = call(
            {}, fits=functools.partial(self.fit_on, estimator), layers=layers,
            categorical=[name for name in self.meanings if name in layers],
            keep=[name for name in layers if name in named],
        )  # fmt: skip
        return fit

    def fit_on(self, estimator: Any, layers: Sequence[str] | None = None) -> validate.Fit:
        """A fit on some layers, or on all."""
        layers = contract.evidence(self.cube) if layers is None else layers
        meanings = {name: texts for name, texts in self.meanings.items() if name in layers}

        def fit(
            rows: npt.NDArray[np.float32],
            labels: npt.NDArray[Any],
            groups: npt.NDArray[Any],
            weights: npt.NDArray[Any] | None = None,
        ) -> PositiveUnlabelled:
            ensemble: PositiveUnlabelled = self.pipeline.ensemble(
                {}, estimator=estimator, seed=self.pipeline.seed
            )
            return ensemble.fit(
                rows, labels, groups, weights, layers=layers, categorical=list(meanings),
                meanings=meanings,
            )  # fmt: skip

        return fit

    @property
    def meanings(self) -> dict[str, dict[int, str]]:
        """What the classes of each layer of classes are called."""
        return {
            name: contract.meanings(self.cube[name])
            for name in contract.evidence(self.cube)
            if contract.is_categorical(self.cube[name])
        }

    @functools.cached_property
    def rows(self) -> npt.NDArray[np.float32]:
        """Evidence at the samples."""
        return stack.table(self.cube, self.samples)
