"""Targets of the made case as a planner weighs them, for the report's tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.targets.criteria import novelty, prospectivity, size
from geoprospect.targets.preference import Weighed, preferred


def make_preferred(
    case: SimpleNamespace, *, weights: tuple[float, ...] = (3.0, 1.0, 2.0), classes: bool = True
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """The case's targets in order, and the content of ``ranking.json``."""
    table = case.targets
    criteria = [
        Weighed(function.__name__, function(targets=table), weight)
        for function, weight in zip((prospectivity, size, novelty), weights, strict=True)
    ]
    noise = np.random.default_rng(1).normal(0, 0.05, (len(table), 20))
    targets, told = preferred(
        table, criteria, members=table[["score"]].to_numpy() + noise, draws=100,
        concentration=10.0, seed=1,
    )  # fmt: skip
    told |= {"lost": [{"name": "lake <b>", "area_km2": 1.25, "share": 0.1, "patches": 1},
                      {"name": "town", "area_km2": 0.0, "share": 0.0, "patches": 0}],
             "classes": None}  # fmt: skip
    targets["next_data"] = "Sediments: unknown in 60% of the target."
    targets["target_class"] = ["A", *["C"] * (len(targets) - 1)]
    if classes:
        told["classes"] = {
            "rule": "A meets all three.", "conditions": ["size: large"],
            "names": {"A": "A类", "B": "B类", "C": "C类"},
            "count": {"A": 1, "B": 0, "C": len(targets) - 1},
        }  # fmt: skip
    return targets, told
