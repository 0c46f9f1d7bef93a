"""How far a map can be believed, beyond its scores on folds: each look in a section of its own."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy, storage
from geoprospect.explain import shapley
from geoprospect.kernels import prediction_area
from geoprospect.labels import folds
from geoprospect.maps import applicability, quadrants, search, space
from geoprospect.models import (
    calibration,
    conformal,
    linear,
    placed,
    reliability,
    sceptic,
    validate,
    weights_maps,
    weights_tables,
)
from geoprospect.models.bench import Bench
from geoprospect.pipeline.learning import Learning
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import (
    APPLICABILITY,
    NULLS,
    PROBABILITY,
    QUADRANTS,
    SEARCH,
    TRUST,
    UNCERTAINTY,
)
from geoprospect.pipeline.steps import told
from geoprospect.report import export

Rows = npt.NDArray[np.float32]

CROSSED = ("captured", "area", "density")
"""What is told of a crossing."""


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
            drawn[APPLICABILITY] = applicability.applicability(self.cube, self._space)
        return drawn

    @functools.cached_property
    def _space(self) -> space.Space:
        """The samples' evidence, weighed by how much it moves their scores."""
        layers = contract.evidence(self.cube)
        weights = np.ones(len(layers))
        if self.ensemble.additive:
            shares = shapley.ensemble_contributions(self.ensemble, self.rows)[:, :-1]
            weights = np.abs(shares).mean(axis=0)
        parted = next((one for one in self.folds.values() if one.blocks is not None), None)
        return space.training_space(
            self.rows, self.samples["label"].to_numpy(),
            parted or next(iter(self.folds.values())), layers=layers,
            weights=dict(zip(layers, weights.tolist(), strict=True)),
            categorical=[n for n in layers if contract.is_categorical(self.cube[n])],
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

    # --- after the map --------------------------------------------------------------------

    def judge_map(self) -> None:
        """Quadrants of risk and return, calibration, and all that is told of the map."""
        pipeline = self.pipeline
        asked = [
            pipeline.uncertainty, pipeline.search_area, pipeline.calibration, pipeline.weights,
            pipeline.leave_pair_out, pipeline.importance,
        ]  # fmt: skip
        key = fingerprint(
            self.prints["maps"], self.prints["validation"], pipeline.applicability,
            pipeline.prediction_area,
            [None if call is None else told(call) for call in asked],
            code_digest("maps", "models", "report"),
        )  # fmt: skip
        self.step("trust", key, self._map_judged, list)

    def _map_judged(self) -> list[str]:
        found: dict[str, Any] = {}
        written = [TRUST]
        if self.pipeline.uncertainty is not None:
            found["quadrants"] = self._quadrants()
            written.append(QUADRANTS)
        if self.pipeline.applicability:
            inside = self.outputs.applicability()["applicability"]
            found["applicability"] = applicability.told(inside, self._space)
        if self.pipeline.search_area is not None and self.blocks is not None:
            found["search_area"] = self._search_areas()
        if self.pipeline.calibration is not None and self.blocks is not None:
            found["calibration"], more = self._calibration()
            written += more
        if self.pipeline.weights is not None:
            found |= self._weights()
        if self.pipeline.prediction_area:
            found["prediction_area"] = self._prediction_areas()
        if self.pipeline.leave_pair_out is not None:
            found["leave_pair_out"] = self._pairs()
        if self.pipeline.importance is not None:
            found["importance"] = self._importance()
        export.write_text(export.json_text(found), self.folder / TRUST)
        return written

    def _quadrants(self) -> list[dict[str, Any]]:
        call = self.pipeline.uncertainty
        assert call is not None
        maps = self.outputs.maps()
        placed = call(
            {}, prospectivity=maps["prospectivity"],
            epistemic=self.outputs.uncertainty()["epistemic"],
        )  # fmt: skip
        export.geotiff(placed, self.folder / QUADRANTS)
        return quadrants.table(self.outputs.risk_return()["quadrant"], self.samples)

    def _search_areas(self) -> dict[str, Any]:
        call = self.pipeline.search_area
        assert call is not None
        parted = next(one for one in self.folds.values() if one.blocks is not None)
        deposits = (self.samples["label"] == 1) & (parted.of_samples >= 0)
        areas: dict[str, Any] = call(
            {}, level=self.outputs.search_level(),
            clusters=int(self.samples.loc[deposits, "group"].nunique()),
            models=len(parted.training), how="cross",
        )  # fmt: skip
        return areas

    def _calibration(self) -> tuple[dict[str, Any], list[str]]:
        call = self.pipeline.calibration
        assert call is not None
        parted = next(one for one in self.folds.values() if one.blocks is not None)
        scores = lazy.sample(
            self.outputs.out_of_fold(), ["score"], self.samples["row"], self.samples["column"]
        )[:, 0]
        found: dict[str, Any] = call(
            {}, scores=scores, samples=self.samples, of_samples=parted.of_samples,
            seed=self.pipeline.seed,
        )  # fmt: skip
        if found["prior"] is None:
            storage.remove(self.folder / PROBABILITY)
            return found, []
        self._draw_probability(found)
        found["expected"] = reliability.expected_deposits(self.outputs.probability())
        return found, [PROBABILITY]

    def _draw_probability(self, found: Mapping[str, Any]) -> None:
        curve = calibration.from_json(found["curve"])
        maps = self.outputs.maps()
        made = lazy.from_cube(
            _probable, maps, ["prospectivity"], ["probability"], curve, found["prior"]
        )["probability"]
        described = contract.describe(made, long_name=found["called"], units="1")
        export.geotiff(xr.Dataset({"probability": described}), self.folder / PROBABILITY)

    def _weights(self) -> dict[str, Any]:
        """Weights of evidence of every layer, and whether they may be added up."""
        call = self.pipeline.weights
        assert call is not None
        held = self.samples["label"] == 1
        deposits = self.samples[held]
        tables: dict[str, pd.DataFrame] = call(
            {}, cube=self.cube, deposits=deposits, background=self.rows[~held.to_numpy()]
        )
        independent = None
        if tables:
            independent = weights_maps.independence(
                self.cube, tables, deposits, unit_cell=call.settings["unit_cell"]
            )
        told_of = {name: weights_tables.told(table) for name, table in tables.items()}
        return {"weights": told_of, "independence": independent}

    def _prediction_areas(self) -> dict[str, Any]:
        """Where the map's curves cross, fitted and held out, and those of each layer."""
        deposits = self.samples[self.samples["label"] == 1]
        fitted = placed.in_maps(self.outputs.maps()[["prospectivity"]], deposits)["prospectivity"]
        curves = [_curve(fitted, "prospectivity", fitted=True)]
        if self.blocks is not None:
            parted = next(one for one in self.folds.values() if one.blocks is not None)
            shown = validate.folds_on_map(self.outputs.out_of_fold(), self.samples, parted)
            held = placed.in_folds(shown)
            curves.append(_curve(held, "rank on ground held out", fitted=False))
        layers = placed.in_maps(self.cube[contract.evidence(self.cube)], deposits)
        return {
            "maps": curves,
            "layers": [
                {
                    "layer": name,
                    "long_name": str(self.cube[name].attrs["long_name"]),
                    "units": str(self.cube[name].attrs["units"]),
                    "high": _crossed(at.above, at.at_or_above, at.groups, self.pipeline.seed),
                    "low": _crossed(
                        *prediction_area.other_way(at.above, at.at_or_above, 1),
                        at.groups, self.pipeline.seed,
                    ),
                }
                for name, at in layers.items()
            ],
        }  # fmt: skip

    def _importance(self) -> dict[str, Any]:
        call = self.pipeline.importance
        assert call is not None
        bench = self._bench()

        def fits(layers: Sequence[str]) -> validate.Fit:
            return self._fit(self.estimators[self.mapped], layers)

        told_of: dict[str, Any] = call(
            {}, bench=bench, fits=fits, protocol=next(iter(bench.folds)), seed=self.pipeline.seed
        )
        return told_of

    def _pairs(self) -> dict[str, Any]:
        call = self.pipeline.leave_pair_out
        assert call is not None
        layers = contract.evidence(self.cube)
        classes = [n for n, name in enumerate(layers) if contract.is_categorical(self.cube[name])]
        told_of: dict[str, Any] = call(
            {}, rows=self.rows, samples=self.samples, fit=linear.ridge(classes),
            seed=self.pipeline.seed,
        )  # fmt: skip
        return told_of

    def trusted(self) -> dict[str, Any]:
        """What was found of the map, for the report."""
        found: dict[str, Any] = json.loads(storage.read_text(self.folder / TRUST))
        return found

    def nulls_told(self) -> dict[str, Any] | None:
        """What the null models scored, for the report; None where they were not asked for."""
        if self.pipeline.nulls is None:
            return None
        found: dict[str, Any] = json.loads(storage.read_text(self.folder / NULLS))
        return found


def _curve(at: placed.Placed, long_name: str, *, fitted: bool) -> dict[str, Any]:
    found = prediction_area.crossing(at.above, at.at_or_above, 1, scores=at.scores)
    crossing = {name: getattr(found, name) for name in ("score", *CROSSED)}
    return placed.curve(at, crossing, long_name=long_name, units="1", fitted=fitted)


def _crossed(above: Any, at_or_above: Any, groups: Any, seed: int) -> dict[str, Any]:
    found = prediction_area.crossing(above, at_or_above, 1)
    low, high = prediction_area.interval(above, at_or_above, 1, clusters=groups, seed=seed)
    told_of = {name: getattr(found, name) for name in CROSSED}
    return told_of | {"interval": [low.density, high.density]}


def _probable(scores: Rows, curve: calibration.Calibration, prior: float) -> Rows:
    return calibration.calibrated(scores, curve, prior=prior).astype("float32")
