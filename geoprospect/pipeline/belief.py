"""What is told of a finished map: each look at how far it can be believed, into one file."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy, storage
from geoprospect.kernels import prediction_area
from geoprospect.maps import applicability, classes, quadrants
from geoprospect.models import (
    calibration,
    linear,
    placed,
    reliability,
    validate,
    weights_maps,
    weights_tables,
)
from geoprospect.pipeline.explained import Explained
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import CLASSES, PROBABILITY, QUADRANTS, TRUST
from geoprospect.pipeline.steps import told
from geoprospect.report import export

LOG = logging.getLogger("geoprospect.pipeline")

Rows = npt.NDArray[np.float32]

CROSSED = ("captured", "area", "density")
"""What is told of a crossing."""


@dataclass
class Belief(Explained):
    """The step between maps and targets."""

    def judge_map(self) -> None:
        """Quadrants of risk and return, calibration, and all that is told of the map."""
        pipeline = self.pipeline
        asked = [
            pipeline.uncertainty, pipeline.search_area, pipeline.calibration, pipeline.weights,
            pipeline.leave_pair_out, pipeline.importance,
        ]  # fmt: skip
        key = fingerprint(
            self.prints["maps"], self.prints["validation"], pipeline.applicability,
            pipeline.prediction_area, pipeline.classes,
            [None if call is None else told(call) for call in asked],
            code_digest("maps", "models", "explain", "report"),
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
        if self.pipeline.classes:
            found["classes"] = self._classes()
            written.append(CLASSES)
        else:
            storage.remove(self.folder / CLASSES)
        found |= self.reasons_told()
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
        curves = [self._fitted_curve]
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

    @functools.cached_property
    def _fitted_curve(self) -> dict[str, Any]:
        """Where the map's own curves cross, of the deposits that it has learnt."""
        deposits = self.samples[self.samples["label"] == 1]
        fitted = placed.in_maps(self.outputs.maps()[["prospectivity"]], deposits)["prospectivity"]
        return _curve(fitted, "prospectivity", fitted=True)

    def _classes(self) -> dict[str, Any]:
        """The map in classes: between its own breaks, and by where its curves cross."""
        scores = self.outputs.maps()["prospectivity"]
        deposits = self.samples[self.samples["label"] == 1]
        broken, told_of = classes.concentration_area_classes(scores, seed=self.pipeline.seed)
        crossing = self._fitted_curve["crossing"]
        crossed = classes.prediction_area_class(scores, threshold=crossing["score"])
        both = xr.Dataset({"concentration_area": broken, "prediction_area": crossed})
        export.geotiff(both, self.folder / CLASSES)
        tables = {name: classes.class_table(layer, deposits) for name, layer in both.items()}
        ends = [one["from"] for one in told_of["classes"]]
        for one, end in zip(tables["concentration_area"], ends, strict=True):
            one["from"] = end
        for one, end in zip(tables["prediction_area"], [None, crossing["score"]], strict=True):
            one["from"] = end
        return {
            "concentration_area": told_of | {"table": tables["concentration_area"]},
            "prediction_area": {"crossing": crossing, "table": tables["prediction_area"]},
        }

    def class_maps(self) -> xr.Dataset:
        """The class maps as written, with the names of their classes."""
        maps, told_of = self.outputs.classes(), self.trusted()["classes"]
        return xr.Dataset(
            {
                str(name): contract.describe(
                    layer, long_name=layer.attrs["long_name"], units="1",
                    meanings={one["code"]: one["name"] for one in told_of[name]["table"]},
                )
                for name, layer in maps.items()
            }
        )  # fmt: skip

    def _importance(self) -> dict[str, Any]:
        call = self.pipeline.importance
        assert call is not None
        bench = self._bench()

        estimator = self.estimators[self.mapped]
        if self.mapped == self.pipeline.tuned:
            LOG.info(
                "the worth of layers is that of %s with the settings stated, before tuning: tuned "
                "on all samples, they have seen what is held out", self.mapped,
            )  # fmt: skip
        told_of: dict[str, Any] = call(
            {}, bench=bench, fits=functools.partial(self.fit_chosen, estimator),
            protocol=next(iter(bench.folds)), needed=getattr(estimator, "layers_named", ()),
            seed=self.pipeline.seed,
        )  # fmt: skip
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
