"""Fits for folds: which layers and settings each found among its own training samples."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd

from geoprospect import contract, storage
from geoprospect.models import choices, nested, validate
from geoprospect.models.searching import Search
from geoprospect.models.selection import LIKE, Choice, Selected
from geoprospect.models.tuning import Tuned
from geoprospect.pipeline.fitting import Fitting, search_of, with_settings
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import TUNING
from geoprospect.pipeline.steps import told
from geoprospect.report import export

LOG = logging.getLogger("geoprospect.pipeline")

MAIN = "spatial_blocks"
"""The protocol that models are compared by, and that parts training samples once more."""

Place = tuple[str, int]
"""A protocol, and which of its tilings."""


@dataclass
class Nesting(Fitting):
    """Fits for folds, all that is fitted found inside them."""

    searches: dict[tuple[str, int, int], Tuned | None] = field(default_factory=dict)
    """What each fold's search found, by protocol, tiling and fold."""
    choices: dict[Place, list[Choice]] = field(default_factory=dict)
    """The layers that each fold chose."""

    # --- a fit for each fold --------------------------------------------------------------

    def cross_validated(
        self, parted: contract.Folds, model: str
    ) -> Mapping[int, contract.Ensemble]:
        """One ensemble for each fold, all that is fitted found among its training samples."""
        place = self._place(parted)
        ensembles: dict[int, contract.Ensemble]
        if model == self.pipeline.tuned:
            ensembles = self._nested(parted, place)
        else:
            fit = self.fit_of(model)
            ensembles = validate.cross_validated(self.rows, self.samples, parted, fit)
        chosen = [one.choice_ for one in ensembles.values() if isinstance(one, Selected)]
        if chosen:
            self.choices[place] = chosen
        return ensembles

    def _place(self, parted: contract.Folds) -> Place:
        """Whose folds these are."""
        return next(
            (name, tiling)
            for name, first in self.folds.items()
            for tiling, one in enumerate((first, *first.further))
            if one is parted
        )

    def chosen_told(self) -> dict[str, Any] | None:
        """How steady the choice of layers is, over the folds that models are compared by."""
        main = main_of(self.folds)
        of_main = [one for place, some in self.choices.items() if place[0] == main for one in some]
        call = self.pipeline.select
        if call is None or not of_main:
            return None
        stated = {"like": call.settings.get("like", LIKE), "most": call.settings.get("most")}
        return choices.choices(of_main) | {"protocol": main} | stated

    # --- settings searched for ------------------------------------------------------------

    @functools.cached_property
    def search(self) -> Search:
        """The search, told of before it begins."""
        found = search_of(self.pipeline)
        LOG.info(
            "tuning: each of %d searches tries %s of %s, on %d folds inside the training samples",
            self._count, f"{found.trials} settings" if found.trials else "settings",
            self.pipeline.tuned, found.folds,
        )  # fmt: skip
        return found

    @property
    def _count(self) -> int:
        """Searches to make: one for each fold there is, and one for the map."""
        every = [one for first in self.folds.values() for one in (first, *first.further)]
        return 1 + sum(len(one.training) for one in every)

    def _nested(self, parted: contract.Folds, place: Place) -> dict[int, contract.Ensemble]:
        assert self.pipeline.tuned is not None
        paths = {n: self._state_of(*place, n) for n in range(len(parted.training))}
        ensembles, found = nested.nested(
            self.rows, self.samples, parted, self._inner,
            functools.partial(self.fit_of, self.pipeline.tuned),
            states={number: self._state(path) for number, path in paths.items()},
            keep=lambda number, text: self._keep(paths[number], text),
            **self._bounds(),
        )  # fmt: skip
        self.searches |= {(*place, number): one for number, one in found.items()}
        return ensembles

    def found_for_map(self) -> Tuned | None:
        """The settings of the model that the maps show, searched for among all samples."""
        assert self.pipeline.tuned is not None
        path = self._state_of("model")
        return nested.searched(
            self.rows, self.samples, self._inner,
            functools.partial(self.fit_of, self.pipeline.tuned), what="the whole area",
            state=self._state(path), keep=functools.partial(self._keep, path), **self._bounds(),
        )  # fmt: skip

    def _bounds(self) -> dict[str, Any]:
        """What every search keeps to."""
        seconds = self.search.seconds
        return {
            "space": self.search.space,
            "trials": self.search.trials,
            "seconds": None if seconds is None else seconds / self._count,
            "objective": self.search.objective,
            "seed": self.pipeline.seed,
        }

    def _inner(self, samples: gpd.GeoDataFrame) -> contract.Folds:
        """Training samples parted once more, as the samples as a whole are."""
        same = {"size": self.folds[MAIN].size, "folds": self.search.folds, "tilings": 1}
        call = with_settings(self.pipeline.validation[MAIN], same)
        with _hushed("geoprospect.labels"):  # of folds that no score is told of
            parted: contract.Folds = call(
                {}, samples=samples, grid=self.grid, area=self.area, seed=self.pipeline.seed,
                ranges=None,
            )  # fmt: skip
        return parted

    def tuning_told(self) -> dict[str, Any] | None:
        """What the searches inside the folds found; None where there were none."""
        if not self.searches:
            return None
        main = self.folds[MAIN]
        return {
            "model": self.pipeline.tuned,
            "nested": True,
            **dataclasses.asdict(self.search),
            "blocks": {"protocol": MAIN, "size": main.size},
            "searches": [
                {"protocol": protocol, "tiling": tiling, "fold": fold, **_found(one)}
                for (protocol, tiling, fold), one in self.searches.items()
            ],
        }  # fmt: skip

    # --- searches that go on where they stopped -------------------------------------------

    def _state_of(self, *place: str | int) -> str:
        return f"{TUNING}/{'_'.join(map(str, place))}.json"

    @functools.cached_property
    def _key(self) -> str:
        """What a search rests on; another's state is no use."""
        pipeline = self.pipeline
        assert pipeline.tuned is not None
        return fingerprint(
            self.prints["samples and layers"], told(pipeline.models[pipeline.tuned]),
            pipeline.select and told(pipeline.select), dict(self.search.space),
            self.search.objective, self.search.folds,
            [told(call) for call in pipeline.validation.values()],
            code_digest("models", "labels"),
        )  # fmt: skip

    def _state(self, path: str) -> str:
        try:
            kept = json.loads(storage.read_text(self.folder / path))
        except (FileNotFoundError, ValueError):
            return ""
        mine = isinstance(kept, dict) and kept.get("key") == self._key
        return json.dumps(kept["search"]) if mine else ""

    def _keep(self, path: str, text: str) -> None:
        whole = {"key": self._key, "search": json.loads(text)}
        export.write_text(export.json_text(whole), self.folder / path)


def main_of(folds: Mapping[str, contract.Folds]) -> str:
    """The protocol that models are compared by: spatial blocks, or the first there is."""
    return MAIN if MAIN in folds else next(iter(folds))


def _found(one: Tuned | None) -> dict[str, Any]:
    if one is None:
        return {"trials": 0, "value": None, "settings": {}}
    return {"trials": len(one.trials), "value": one.value, "settings": one.settings}


@contextlib.contextmanager
def _hushed(name: str) -> Iterator[None]:
    """Within the block a logger says errors alone."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
