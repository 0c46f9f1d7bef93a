"""Targets in order of a weighted sum, as the page's sliders ask for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TIES = ("mean_prospectivity", "max_prospectivity", "area_km2")
"""What decides between equal scores, the higher first; then the label."""


def weights_of(ranking: Mapping[str, Any]) -> dict[str, float]:
    """The weight of each criterion, as the run was made."""
    return {str(c["name"]): float(c["weight"]) for c in ranking["criteria"]}


def check(weights: Mapping[str, float], ranking: Mapping[str, Any]) -> None:
    """Raise a ValueError unless there is a weight, not below 0, for criteria of this run alone."""
    known = weights_of(ranking)
    strange = [name for name in weights if name not in known]
    if strange:
        raise ValueError(f"this run has no criterion {strange[0]!r}; it has {', '.join(known)}")
    if not all(math.isfinite(w) and w >= 0 for w in weights.values()):
        raise ValueError("weights must be numbers from 0")


def scores(
    targets: pd.DataFrame, ranking: Mapping[str, Any], weights: Mapping[str, float]
) -> npt.NDArray[np.float64]:
    """
    The weighted mean of each target's utilities, sum(w u) / sum(w) [1].

    A criterion that is unknown for a target gives it 0, as where the run ranks. NaN if no
    criterion has weight.
    """
    names = [str(criterion["name"]) for criterion in ranking["criteria"]]
    utility = targets[[f"u_{name}" for name in names]].to_numpy("float64")
    weight = np.array([weights.get(name, 0.0) for name in names])
    if not weight.sum():
        return np.full(len(targets), np.nan)
    summed: npt.NDArray[np.float64] = np.where(np.isfinite(utility), utility, 0.0) @ weight
    mean: npt.NDArray[np.float64] = summed / weight.sum()
    return mean


def ranks(targets: pd.DataFrame, score: Sequence[float] | npt.NDArray[np.float64]) -> pd.Series:
    """Rank of each target, 1 the best; unknown scores last."""
    keys = pd.DataFrame({"score": np.asarray(score, "float64")})
    for name in TIES:
        keys[name] = targets[name].to_numpy("float64") if name in targets else 0.0
    keys["label"] = targets["label"].to_numpy()
    ordered = keys.sort_values(
        [str(name) for name in keys],
        ascending=[False] * (len(TIES) + 1) + [True],
        na_position="last",
        kind="stable",
    )
    return pd.Series(np.arange(1, len(keys) + 1), index=ordered.index).sort_index()
