"""How far a map can be believed, beyond its scores on folds: each look in a section of its own."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy, storage
from geoprospect.explain import shapley
from geoprospect.labels import folds
from geoprospect.maps import applicability, search, space
from geoprospect.models import conformal, sceptic
from geoprospect.models.bench import Bench
from geoprospect.pipeline.learning import Learning
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import APPLICABILITY, NULLS, SEARCH, UNCERTAINTY
from geoprospect.report import export

Rows = npt.NDArray[np.float32]


@dataclass
class Trust(Learning):
    """The looks at a model's map that a pipeline asks for; each public method is one stage."""

    # --- before the map -------------------------------------------------------------------

    def try_nulls(self) -> None:
        """Models that know nothing of the ground, on the same folds."""
        call = self.pipeline.nulls
        if call is None:
            storage.remove(self.folder / NULLS)
            return
        key = fingerprint(
            self.prints["validation"], self.call_print(call), code_digest("models", "labels")
        )
        self.step("nulls", key, self._nulls_tried, [NULLS])

    def _nulls_tried(self) -> None:
        call = self.pipeline.nulls
        assert call is not None
        others: dict[str, Any] = {}
        if self.blocks is not None:
            others["out_of_fold"] = self.outputs.out_of_fold()
        others |= self._quality()
        found = call(
            self.things, bench=self._bench(), full=self.outputs.scores()["protocols"],
            others=others, seed=self.pipeline.seed,
        )  # fmt: skip
        export.write_text(export.json_text(found), self.folder / NULLS)

    def _bench(self) -> Bench:
        """Samples, cells and folds of the protocols that part an area as a whole."""
        cells, area_rows = self._area_rows
        layers = contract.evidence(self.cube)
        parted = {
            name: dataclasses.replace(one, further=())
            for name, one in self.folds.items()
            if name in sceptic.PROTOCOLS
        }
        if not parted:
            parted = dict([next(iter(self.folds.items()))])
        of_cells = {
            name: None if one.blocks is None else folds.fold_of(cells, one.blocks, grid=self.grid)
            for name, one in parted.items()
        }
        return Bench(
            self.samples, self.rows, cells, area_rows, layers, parted, of_cells,
            categorical=[n for n in layers if contract.is_categorical(self.cube[n])],
            long_names={n: str(self.cube[n].attrs["long_name"]) for n in layers},
        )  # fmt: skip

    def _quality(self) -> dict[str, Any]:
        """Layers about the data at the cells that stand for the area, and the cells' blocks."""
        names = [str(n) for n, layer in self.cube.items() if contract.is_quality(layer)]
        if not names or self.blocks is None:
            return {}
        cells, _ = self._area_rows
        rows = lazy.sample(self.cube, names, cells["row"], cells["column"])
        numbered = self.blocks.assign(fold=np.arange(len(self.blocks)))
        return {
            "quality": (names, rows, [n for n in names if contract.is_categorical(self.cube[n])]),
            "blocks_of_cells": folds.fold_of(cells, numbered, grid=self.grid),
        }

    # --- maps drawn with the others -------------------------------------------------------

    def trust_maps(self, maps: xr.Dataset) -> dict[str, xr.Dataset]:
        """The maps of doubt and of applicability that go into the pass over all blocks."""
        drawn = {}
        if self.pipeline.uncertainty is not None:
            drawn[UNCERTAINTY] = maps.drop_vars(["prospectivity", "spread"])
        if self.pipeline.applicability:
            drawn[APPLICABILITY] = applicability.applicability(self.shown, self._space)
        return drawn

    @functools.cached_property
    def _space(self) -> space.Space:
        """The samples' evidence, weighed by how much it moves their scores."""
        layers = contract.evidence(self.shown)
        rows, weights = self.rows[:, self.shown_columns], np.ones(len(layers))
        if self.ensemble.additive:
            shares = shapley.ensemble_contributions(self.ensemble, rows)[:, :-1]
            weights = np.abs(shares).mean(axis=0)
        parted = next((one for one in self.folds.values() if one.blocks is not None), None)
        return space.training_space(
            rows, self.samples["label"].to_numpy(),
            parted or next(iter(self.folds.values())), layers=layers,
            weights=dict(zip(layers, weights.tolist(), strict=True)),
            categorical=[n for n in layers if contract.is_categorical(self.shown[n])],
        )  # fmt: skip

    def search_map(
        self, parted: contract.Folds, ensembles: Mapping[int, contract.Ensemble]
    ) -> dict[str, xr.Dataset]:
        """How many deposit clusters score no higher than a cell, by models that knew none."""
        if self.pipeline.search_area is None:
            return {}
        level = search.cross_search_level(
            self.cube, ensembles, *self._clusters(parted, ensembles)[:2]
        )
        return {SEARCH: xr.Dataset({"search_level": level})}

    def _clusters(
        self, parted: contract.Folds, ensembles: Mapping[int, contract.Ensemble]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Score of each deposit cluster by the model that did not know it, and that model."""
        where = np.flatnonzero((self.samples["label"] == 1) & (parted.of_samples >= 0))
        fold = parted.of_samples[where]
        scores = np.full(len(where), np.nan, "float32")
        for number, ensemble in ensembles.items():
            mine = (fold == number) & ~np.isnan(self.rows[where]).all(axis=1)
            if mine.any():
                scores[mine] = ensemble.scores(self.rows[where[mine]]).mean(axis=0)
        groups = self.samples["group"].to_numpy()[where]
        _, known, chosen = conformal.cluster_scores(scores, groups)
        return known, fold[chosen]

    def nulls_told(self) -> dict[str, Any] | None:
        """What the null models scored, for the report; None where they were not asked for."""
        if self.pipeline.nulls is None:
            return None
        found: dict[str, Any] = json.loads(storage.read_text(self.folder / NULLS))
        return found
