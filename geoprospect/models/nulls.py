"""
Null models: what a model scores that knows nothing of the ground.

Deposits are found where people look, and cluster. A model that knows only where it
is, or only where people looked, is praised for both; evidence has to do better than
these before it is believed [1]_.

References
----------
.. [1] Hronsky, J.M.A., Kreuzer, O.P. (2019). Applying spatial prospectivity mapping to
   exploration targeting: fundamental practical issues and suggested solutions for the
   future. Ore Geology Reviews 107, 647-653.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy import stats

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.kernels.nearness import nearest, quartic_density
from geoprospect.language import marked
from geoprospect.models import quick
from geoprospect.models.bench import Bench, places
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.validate import Fit, Rows

Scores = npt.NDArray[np.float64]

CHANCE = 0.5
WITHIN = 0.02
"""A null model whose AUC is so near the model's does as well [1]."""

KNOWING = {
    "coordinates_trees": marked(
        "a model that knows only where it is (boosted trees on easting and northing)"
    ),
    "coordinates_neighbours": marked(
        "a model that knows only where it is (its five nearest samples)"
    ),
    "effort": marked("a model that knows only where people looked"),
}
"""What each null model is called in a sentence."""

AS_GOOD, UNCLEAR, BEATEN = "as_good", "unclear", "beaten"


def null_models(
    bench: Bench,
    full: Mapping[str, Mapping[str, Any]],
    *,
    effort: tuple[Sequence[str], Rows, Rows] | None = None,
    seed: int,
) -> dict[str, Any]:
    """
    Scores of models that know only where they are, or where people looked, on the same folds.

    Parameters
    ----------
    bench : Bench
    full : mapping of protocol to its scores
        Those of the model in question, as :func:`geoprospect.models.validate.summary` tells
        them; of several tilings the first is compared.
    effort : (names, rows (samples, names), rows (cells, names)), optional
        Layers that say where people looked, float32; for example :func:`effort_of`.
    seed : int
        The same seed gives the same scores.

    Returns
    -------
    dict
        By null model, ready for JSON: ``knows`` (in words) and, by protocol, ``auc``
        (mean over folds), ``full`` (the model's), ``difference`` (the mean over folds of
        the model's less the null model's, or less 0.5 where that is more) and ``verdict``:
        "as_good" within 0.02, "unclear" where the folds scatter too much to tell
        (one-sided t test at 5 %), else "beaten".

    Raises
    ------
    ModelError
        If *full* lacks a protocol of the bench.
    """
    missing = sorted(set(bench.folds) - set(full))
    if missing:
        raise ModelError(f"the model has no scores for {', '.join(missing)}; validate it first")
    tried = _tried(bench, effort, seed)
    return {
        name: {
            "knows": KNOWING[name],
            "protocols": {
                protocol: _compared(full[protocol], scores)
                for protocol, scores in bench.judged(*rows, fit).items()
            },
        }
        for name, (rows, fit) in tried.items()
    }


def effort_of(
    bench: Bench, points: gpd.GeoDataFrame, *, bandwidth: float
) -> tuple[list[str], Rows, Rows]:
    """
    Where people looked, from what they left: distance to the nearest point, and density.

    Parameters
    ----------
    bench : Bench
    points : GeoDataFrame
        Samples, drill holes, workings or all occurrences, in the bench's CRS.
    bandwidth : float
        Distance at which a point no longer counts for the density [m].

    Returns
    -------
    names, rows (samples, 2), rows (cells, 2)
        Distance [m] and quartic kernel density [km-2], float32.

    Raises
    ------
    ModelError
        If there are no points.
    ValueError
        If *bandwidth* is not positive.
    """
    if not bandwidth > 0:
        raise ValueError(f"bandwidth must be positive, got {bandwidth} m")
    placed = points[~(points.geometry.isna() | points.geometry.is_empty)]
    if placed.empty:
        raise ModelError("there are no points to tell where people looked; leave effort out")
    spots = placed.representative_point().get_coordinates().to_numpy()
    rows = []
    for frame in (bench.samples, bench.cells):
        where = frame.geometry.get_coordinates().to_numpy()
        columns = nearest(spots, where), quartic_density(spots, where, bandwidth)
        rows.append(np.stack(columns, axis=1).astype("float32"))
    return ["distance_to_effort", "density_of_effort"], rows[0], rows[1]


def _tried(
    bench: Bench, effort: tuple[Sequence[str], Rows, Rows] | None, seed: int
) -> dict[str, tuple[tuple[Rows, Rows], Fit]]:
    """Each null model: its rows at samples and cells, and its fit."""
    west, south, east, north = bench.cells.total_bounds
    middle = (west + east) / 2, (south + north) / 2
    where = places(bench.samples, middle), places(bench.cells, middle)
    names = ["easting", "northing"]
    tried = {
        "coordinates_trees": (where, boosted(names, seed=seed)),
        "coordinates_neighbours": (where, quick.neighbours(names, seed=seed)),
    }
    if effort is not None:
        tried["effort"] = ((effort[1], effort[2]), boosted(effort[0], seed=seed))
    return tried


def boosted(layers: Sequence[str], *, seed: int) -> Fit:
    """The default ensemble of boosted trees, on layers of quantities."""

    def fit(rows: Rows, labels: Any, groups: Any, weights: Any = None) -> contract.Ensemble:
        # every tree sees all layers: there are two or three
        estimator = lightgbm(seed=seed, colsample_bytree=1.0)
        ensemble = PositiveUnlabelled(estimator, seed=seed)
        return ensemble.fit(rows, labels, groups, layers=layers, weights=weights)

    return fit


def _compared(full: Mapping[str, Any], null: Mapping[str, Any]) -> dict[str, Any]:
    """A null model's scores beside the model's, fold by fold."""
    mine, theirs = _by_fold(full), _by_fold(null)
    shared = sorted(mine.keys() & theirs.keys())
    # a null model worse than chance is no feat to beat
    gaps = np.array([mine[fold] - max(theirs[fold], CHANCE) for fold in shared])
    difference = float(gaps.mean())
    return {
        "auc": float(np.mean([theirs[fold] for fold in shared])),
        "full": float(np.mean([mine[fold] for fold in shared])),
        "difference": difference,
        "verdict": AS_GOOD
        if difference <= WITHIN
        else UNCLEAR
        if difference <= _scatter(gaps)
        else BEATEN,
    }


def _by_fold(scores: Mapping[str, Any]) -> dict[int, float]:
    """AUC of each fold of the first tiling that has one."""
    return {
        entry["fold"]: entry["auc"]
        for entry in scores["folds"]
        if entry["auc"] is not None and entry.get("tiling", 0) == 0
    }


def _scatter(gaps: Scores) -> float:
    """The mean difference that folds without any would exceed in one case of twenty."""
    if len(gaps) < 2:
        return float("inf")
    error = float(np.std(gaps, ddof=1)) / len(gaps) ** 0.5
    return float(stats.t.ppf(0.95, len(gaps) - 1) * error)
