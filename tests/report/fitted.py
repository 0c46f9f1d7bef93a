"""Made findings of what folds found for themselves, and of why, beyond single layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from geoprospect import contract
from geoprospect.maps.classes import CROSSING
from tests.report.conftest import NASTY


def make_selection(cube: xr.Dataset) -> dict[str, Any]:
    """The second layer is left out of half the folds, the last of all of them."""
    first, second, *_, last = map(str, cube)
    left = {
        second: [{"why": "alike", "by": first, "folds": 2}],
        last: [{"why": "weak", "by": "", "folds": 3}, {"why": "flat", "by": "", "folds": 1}],
    }
    chosen = {second: 0.5, last: 0.0}
    layers = [
        {"layer": str(name), "chosen": chosen.get(str(name), 1.0), "left": left.get(str(name), [])}
        for name in cube
    ]
    told = {"protocol": "spatial_blocks", "like": 0.8, "most": 3}
    return {"folds": 4, "stability": 0.612, "layers": layers} | told


def make_tuning() -> dict[str, Any]:
    """Three searches, and one fold too poor to be searched."""
    found = [(0.81, 10, 0.1), (0.77, 40, 0.01), (0.79, 25, 0.02)]
    searches = [
        {"protocol": "spatial_blocks", "tiling": 0, "fold": fold, "trials": 5, "value": value,
         "settings": {"num_leaves": leaves, "learning_rate": rate}}
        for fold, (value, leaves, rate) in enumerate(found)
    ]  # fmt: skip
    searches.append(
        {"protocol": "random", "tiling": 0, "fold": 0, "trials": 0, "value": None, "settings": {}}
    )
    return {
        "model": f"boosted {NASTY}", "nested": True, "trials": 5, "seconds": None, "folds": 3,
        "space": {"num_leaves": [10, 40], "learning_rate": [0.01, 0.1]}, "objective": "mean",
        "blocks": {"protocol": "spatial_blocks", "size": 8000.0}, "searches": searches,
    }  # fmt: skip


def make_card(cube: xr.Dataset) -> dict[str, Any]:
    """Of a model that was tuned, and not given the last layer."""
    last = [str(name) for name in cube][-1]
    return {
        "left_out": [{"layer": last, "why": "weak", "by": ""}],
        "tuned": {"settings": {"num_leaves": 25, "learning_rate": 0.1}, "value": 0.8, "trials": 5},
    }


def make_classes(maps: xr.Dataset) -> tuple[dict[str, xr.DataArray], dict[str, Any]]:
    """A map cut at 0.3 and at 0.6, and what is told of it."""
    score = maps["prospectivity"]
    names = {0: "background", 1: "moderate", 2: "high"}
    made = {
        "concentration_area": _cut(score, (0.3, 0.6), names),
        "prediction_area": _cut(score, (0.5,), CROSSING),
    }
    thresholds = np.geomspace(0.05, 1, 40)
    area = [float((score >= one).mean()) for one in thresholds]
    told = {
        "concentration_area": {
            "breaks": [{"value": 0.3, "low": 0.28, "high": 0.31},
                       {"value": 0.6, "low": 0.55, "high": 0.62}],
            "curve": {"score": thresholds.tolist(), "area": area},
            "table": [
                {"code": code, "name": name, "from": edge, "area": share, "deposits": found,
                 "count": count, "lift": found / share}
                for (code, name), edge, share, found, count in zip(
                    names.items(), (None, 0.3, 0.6), (0.7, 0.2, 0.1), (0.1, 0.3, 0.6), (1, 3, 6),
                    strict=True,
                )
            ],
        },
        "prediction_area": {
            "crossing": {"score": 0.5, "captured": 0.8, "area": 0.2, "density": 4.0},
            "table": [
                {"code": 0, "name": CROSSING[0], "from": None, "area": 0.8, "deposits": 0.2,
                 "count": 2, "lift": 0.25},
                {"code": 1, "name": CROSSING[1], "from": 0.5, "area": 0.2, "deposits": 0.8,
                 "count": 8, "lift": 4.0},
            ],
        },
    }  # fmt: skip
    return made, told


def _cut(score: xr.DataArray, edges: tuple[float, ...], names: dict[int, str]) -> xr.DataArray:
    values = np.digitize(score.to_numpy(), edges).astype("float32")
    values[np.isnan(score.to_numpy())] = np.nan
    made = contract.on_grid(values, contract.grid_of(score))
    return contract.describe(made, long_name="class", units="1", meanings=names)


def make_pairs() -> dict[str, Any]:
    """A score that falls with the distance, and has no meaning at the last."""
    values = [(0.0, 0.9, [0.8, 0.95], 200), (4000.0, 0.7, [0.6, 0.8], 180), (8000.0, None, None, 0)]
    return {
        "pairs": 200,
        "curve": [
            {"distance": distance, "auc": auc, "interval": ends, "pairs": count}
            for distance, auc, ends, count in values
        ],
    }


def make_agreement(cube: xr.Dataset) -> dict[str, Any]:
    """Agreement that falls from layer to layer; of the last nothing is known."""
    layers = [
        {"layer": str(name), "mean": 0.9 - 0.1 * n, "steady": 0.8 - 0.2 * n,
         "at_deposits": 0.9 - 0.2 * n}
        for n, name in enumerate(cube)
    ]  # fmt: skip
    layers[-1] |= dict.fromkeys(("mean", "steady", "at_deposits"))
    return {"least": 0.8, "layers": layers}


def make_roles() -> dict[str, Any]:
    """Two parts of a system."""
    return {
        "units": "log-odds",
        "groups": [
            {"group": "pathway", "size": 0.62, "at_deposits": 1.24, "drives": 0.31,
             "inhibits": 0.4, "drives_deposits": 0.7},
            {"group": "trap", "size": 0.21, "at_deposits": None, "drives": 0.11,
             "inhibits": 0.6, "drives_deposits": None},
        ],
    }  # fmt: skip


def make_role_targets() -> list[dict[str, Any]]:
    """What the two parts add at two targets."""
    told = {"base_value": -1.0, "driver_2": "none"}
    return [
        told | {"target": "T1", "pathway": 1.5, "trap": -0.25, "driver_1": "pathway",
                "inhibitor": "trap"},
        told | {"target": NASTY, "pathway": 0.1, "trap": 0.8, "driver_1": "trap",
                "inhibitor": "none"},
    ]  # fmt: skip
