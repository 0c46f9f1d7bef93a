"""
The work of a run, step by step: the one place where stages meet.

Each public method of :class:`Work` is one stage; what it needs of earlier ones it
reads back from their outputs, so that a run that went on where it stopped ends
with the same bytes as an undisturbed one.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract
from geoprospect.cube import stack
from geoprospect.explain import shapley
from geoprospect.labels import background, folds
from geoprospect.maps import predict
from geoprospect.models import card, validate
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline import facts
from geoprospect.pipeline.ground import Ground
from geoprospect.pipeline.ledger import (
    code_digest,
    fingerprint,
    versions,
)
from geoprospect.pipeline.outputs import (
    ATTRIBUTIONS,
    CARD,
    DRIVERS,
    MODEL,
    OUT_OF_FOLD,
    PROSPECTIVITY,
    REPORT,
    SPREAD,
    TABLE,
    TARGETS,
    VALIDATION,
)  # fmt: skip
from geoprospect.pipeline.steps import REPORTED, told
from geoprospect.report import export
from geoprospect.targets import rank

LOG = logging.getLogger("geoprospect.pipeline")

AREA_CELLS = 20_000
"""Cells that stand for the study area where no map is made: random folds, further tilings."""


@dataclass
class Work(Ground):
    """All steps of a run; each public method is one stage."""

    def all_steps(self) -> None:
        """Every step, in order."""
        export.write_text(self.pipeline.document.text, self.folder / "pipeline.yaml")
        estimator = self.pipeline.model({}, seed=self.pipeline.seed)  # a typo in it shows now
        with self.within_memory(len(self.pipeline.features)):
            self.open_inputs()
            self.lay_grid()
            self.make_layers()
        with self.within_memory(len(self.cube)):  # a feature may give several layers
            self.draw_samples()
            self.cross_validate(estimator)
            self.train(estimator)
            self.draw_maps()
            self.rank_targets()
            self.write_report()

    # --- validation and model ---------------------------------------------------------------

    def cross_validate(self, estimator: Any) -> None:
        """Fit on folds, map out of fold, judge."""
        self.prints["model"] = fingerprint(
            self.prints["samples"], [self.prints[name] for name in self.pipeline.features],
            self.pipeline.seed, told(self.pipeline.model), told(self.pipeline.ensemble),
            code_digest("models", "cube"),
        )  # fmt: skip
        self.prints["validation"] = fingerprint(
            self.prints["model"], [told(call) for call in self.pipeline.validation.values()],
            code_digest("labels", "models", "maps", "report"),
        )  # fmt: skip
        outputs = [VALIDATION, *([OUT_OF_FOLD] if self.blocks is not None else [])]
        self.step(
            "validation", self.prints["validation"], lambda: self._validated(estimator), outputs
        )

    def _validated(self, estimator: Any) -> None:
        protocols = {
            name: validate.summary(*self._protocol(name, estimator))
            for name in self.pipeline.validation
        }
        validate.unseen_categories(self.cube, self.rows)
        export.write_text(export.json_text({"protocols": protocols}), self.folder / VALIDATION)

    def _protocol(self, name: str, estimator: Any) -> list[list[validate.Fold]]:
        """What each fold of one protocol showed, tiling by tiling; the first as a map."""
        first = self.folds[name]
        return [
            self._on_sample(first, estimator)
            if first.blocks is None
            else self._on_map(first, first.blocks, estimator),
            *(self._on_sample(other, estimator) for other in first.further),
        ]

    def _on_map(
        self, parted: contract.Folds, blocks: gpd.GeoDataFrame, estimator: Any
    ) -> list[validate.Fold]:
        """What each fold showed among every cell of its ground, as the map has it."""
        ensembles = self._cross_validated(parted, estimator)
        layer = folds.fold_layer(blocks, grid=self.grid)
        scores = predict.out_of_fold(self.cube, ensembles, layer)
        export.geotiff(scores, self.folder / OUT_OF_FOLD, key=self.prints["validation"])
        return validate.folds_on_map(self.outputs.out_of_fold(), self.samples, parted)

    def _on_sample(self, parted: contract.Folds, estimator: Any) -> list[validate.Fold]:
        """What each fold showed among cells that stand for its ground, or for the study area."""
        ensembles = self._cross_validated(parted, estimator)
        cells, rows = self._area_rows
        of_cells = (
            None if parted.blocks is None else folds.fold_of(cells, parted.blocks, grid=self.grid)
        )
        return validate.folds_on_sample(
            ensembles, self.rows, rows, self.samples, parted, of_cells=of_cells
        )

    def _cross_validated(
        self, parted: contract.Folds, estimator: Any
    ) -> Mapping[int, contract.Ensemble]:
        return validate.cross_validated(self.rows, self.samples, parted, self._fit(estimator))

    @functools.cached_property
    def _area_rows(self) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.float32]]:
        """Cells drawn evenly over the study area, and their evidence."""
        cells = background.area_sample(
            grid=self.grid, area=self.area, count=AREA_CELLS, seed=self.pipeline.seed
        )
        return cells, stack.table(self.cube, cells)

    def _fit(self, estimator: Any) -> validate.Fit:
        layers = contract.evidence(self.cube)
        categorical = [name for name in layers if contract.is_categorical(self.cube[name])]

        def fit(
            rows: npt.NDArray[np.float32], labels: npt.NDArray[Any], groups: npt.NDArray[Any]
        ) -> PositiveUnlabelled:
            ensemble: PositiveUnlabelled = self.pipeline.ensemble(
                {}, estimator=estimator, seed=self.pipeline.seed
            )
            return ensemble.fit(rows, labels, groups, layers=layers, categorical=categorical)

        return fit

    def train(self, estimator: Any) -> None:
        """The ensemble on all samples, as texts."""
        self.step("model", self.prints["model"], lambda: self._trained(estimator), [MODEL])

    def _trained(self, estimator: Any) -> None:
        fitted = self._fit(estimator)(
            self.rows, self.samples["label"].to_numpy(), self.samples["group"].to_numpy()
        )
        assert isinstance(fitted, PositiveUnlabelled)
        scores = {
            name: {key: told[key] for key in ("auc", "ausrc", "capture")}
            for name, told in self.outputs.scores()["protocols"].items()
        }
        described = card.card(fitted, self.cube, scores=scores, versions=versions(REPORTED))
        members = {f"member_{i:03d}.txt": text for i, text in enumerate(card.texts(fitted))}
        export.model_folder({CARD: card.to_json(described), **members}, self.folder / MODEL)

    # --- maps, explanations, targets, report ----------------------------------------------

    def draw_maps(self) -> None:
        """Every map that the model gives of the cube, in one pass over its blocks."""
        self.prints["maps"] = fingerprint(
            self.prints["model"], told(self.pipeline.explain),
            code_digest("maps", "explain", "report"),
        )  # fmt: skip
        outputs = [PROSPECTIVITY, SPREAD, ATTRIBUTIONS, DRIVERS]
        self.step("maps", self.prints["maps"], self._drawn, outputs)

    def _drawn(self) -> None:
        maps = predict.prospectivity(self.cube, self.ensemble)
        shares = self.pipeline.explain({}, cube=self.cube, ensemble=self.ensemble)
        drawn = {
            PROSPECTIVITY: maps[["prospectivity"]],
            SPREAD: maps[["spread"]],
            ATTRIBUTIONS: shares.drop_vars(shapley.DRIVER),
            DRIVERS: shares[[shapley.DRIVER]],
        }
        outputs = {self.folder / path: layers for path, layers in drawn.items()}
        export.geotiffs(outputs, key=self.prints["maps"])

    def rank_targets(self) -> None:
        """Targets and survey areas, ranked."""
        areas = self.pipeline.survey_areas
        self.prints["targets"] = fingerprint(
            self.prints["maps"], self.prints["validation"], self.prints["grid"],
            self.call_print(self.pipeline.targets),
            self.call_print(areas) if areas else None, self.prints[self._deposits],
            code_digest("targets", "explain", "report"),
        )  # fmt: skip
        self.step("targets", self.prints["targets"], self._ranked, [TARGETS, TABLE])

    def _ranked(self) -> dict[str, int]:
        maps = self.outputs.maps()
        things = self.things
        for name in maps:
            things = things.with_(str(name), functools.partial(maps.__getitem__, name))
        found = self.called(self.pipeline.targets, things)
        deposits = self.things[self._deposits]
        targets = rank.ranked(
            found, prospectivity=maps["prospectivity"], spread=maps["spread"], cube=self.cube,
            deposits=deposits, grid=self.grid,
            contributions=functools.partial(shapley.ensemble_contributions, self.ensemble),
        )  # fmt: skip
        areas = None
        if self.pipeline.survey_areas is not None:
            areas = self.pipeline.survey_areas(
                things, grid=self.grid, deposits=deposits, prospectivity=maps["prospectivity"],
                spread=maps["spread"], threshold=_threshold(targets),
            )  # fmt: skip
        layers = {
            "targets": targets, "survey_areas": areas, "samples": self._told_samples(),
            "deposits": deposits, "folds": self.blocks,
        }  # fmt: skip
        export.geopackage(layers, self.folder / TARGETS)
        export.csv(targets, self.folder / TABLE)
        return {"targets": len(targets), "survey_areas": 0 if areas is None else len(areas)}

    def write_report(self) -> None:
        """One page to read."""
        self.ledger.arrange(self.names())
        key = fingerprint(
            self.prints["targets"], self.prints["maps"], self.pipeline.document.text,
            {name: self.ledger.steps[name]["fingerprint"] for name in ("validation", "model")},
            [call.path for call in self.pipeline.report], self.ledger.notices(),
            self.pipeline.title, versions(REPORTED), code_digest("report"),
        )  # fmt: skip
        self.step("report", key, self._reported, [REPORT])

    def _reported(self) -> None:
        from geoprospect.report import page

        told = {
            "title": self.pipeline.title,
            "maps": self.outputs.maps(),
            "out_of_fold": self.outputs.out_of_fold() if self.blocks is not None else None,
            "validation": self.outputs.scores(),
            "targets": self.outputs.ranked("targets"),
            "survey_areas": self.outputs.ranked("survey_areas")
            if self.pipeline.survey_areas
            else None,
            "deposits": self.things[self._deposits],
            "samples": self.samples,
            "attributions": shapley.attributions(self._thinned(), self.ensemble),
            "drivers": self.outputs.drivers(self.cube),
            "cube": self.cube,
            "layers": facts.layers(self.pipeline, self.ledger, self.cube, self.area),
            "inputs": facts.inputs(self.inputs.values()),
            "notices": self.ledger.notices(),
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
        }
        sections = [(call.path[-1], call(told)) for call in self.pipeline.report]
        text = page.page(self.pipeline.title, sections)
        export.write_text(text, self.folder / REPORT)

    def _thinned(self) -> xr.Dataset:
        return shapley.thinned(self.cube, known=self.outputs.maps()["prospectivity"])

    # --- what later stages read of earlier ones -------------------------------------------

    @functools.cached_property
    def rows(self) -> npt.NDArray[np.float32]:
        """Evidence at the samples."""
        return stack.table(self.cube, self.samples)

    @functools.cached_property
    def ensemble(self) -> PositiveUnlabelled:
        """The ensemble, as written."""
        return self.outputs.ensemble(self.cube)

    @property
    def _deposits(self) -> str:
        """Name of the input that holds the known deposits."""
        return str(self.pipeline.labels.data["deposits"])

    def _told_samples(self) -> gpd.GeoDataFrame:
        """The samples as a reader wants them, with their fold."""
        samples = self.samples[["label", "group", "row", "column", "geometry"]].copy()
        for name, parted in self.folds.items():
            samples[f"fold_{name}"] = parted.of_samples
        return samples


def _threshold(targets: gpd.GeoDataFrame) -> float | None:
    """The score above which targets were drawn."""
    if "threshold" not in targets or targets.empty:
        return None
    return float(targets["threshold"].min())
