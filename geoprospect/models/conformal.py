"""How large the ground is that holds the next deposit with a stated probability."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import lazy
from geoprospect.errors import DataError
from geoprospect.kernels import conformal

log = logging.getLogger("geoprospect.models")

Take: TypeAlias = Literal["best", "mean", "worst"]
How: TypeAlias = Literal["split", "cross", "one_map"]

Values = npt.NDArray[np.float64]


def cluster_scores(
    scores: npt.ArrayLike, groups: npt.ArrayLike, *, take: Take = "best"
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """
    One score for each deposit cluster, by models that did not know it.

    Deposits of a cluster are found together, so the cluster is found where its best
    deposit is; the strictest asks that even the worst is.

    Parameters
    ----------
    scores : (deposits,)
        Of each deposit, out of fold; NaN where there is none, which is said.
    groups : (deposits,)
        Its cluster.
    take : {"best", "mean", "worst"}

    Returns
    -------
    clusters, scores, deposits : (clusters,)
        Ids, float32 scores, and the place of the deposit whose score it is (of a
        mean: of the first), by which its fold can be told.

    Raises
    ------
    DataError
        If no deposit has a score.
    """
    value, group = np.asarray(scores, "float32"), np.asarray(groups)
    scored = np.flatnonzero(~np.isnan(value))
    if len(scored) < len(value):
        log.warning("%d of %d deposits have no score out of fold and are left out",
                    len(value) - len(scored), len(value))  # fmt: skip
    if not len(scored):
        raise DataError("no deposit has a score out of fold, so there is no search area to tell")
    clusters = np.unique(group[scored])
    members = [scored[group[scored] == cluster] for cluster in clusters]
    if take == "mean":
        means = np.array([value[mine].mean() for mine in members], "float32")
        return clusters, means, np.array([mine[0] for mine in members], np.int64)
    sign = 1 if take == "best" else -1
    chosen = np.array([mine[np.argmax(sign * value[mine])] for mine in members], np.int64)
    return clusters, value[chosen], chosen


def recency(years: npt.ArrayLike, *, half_life: float) -> Values:
    """
    Weight of each find by its year of discovery [1]: 1 for the latest, half each *half_life*.

    Early finds are the obvious ones, and the next deposit will be less like them.

    Raises
    ------
    ValueError
        If a year is unknown, or *half_life* [years] is not positive.
    """
    year = np.asarray(years, float)
    if np.isnan(year).any():
        raise ValueError(
            f"{int(np.isnan(year).sum())} of {len(year)} clusters have no year of discovery; "
            "give one to each, or no weights"
        )
    if not half_life > 0:
        raise ValueError(f"half_life must be positive, got {half_life} years")
    weight: Values = 0.5 ** ((year.max() - year) / half_life)
    return weight


def check(alphas: Sequence[float]) -> None:
    """Raise a ValueError unless every alpha lies between 0 and 1."""
    for alpha in alphas:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be between 0 and 1, got {alpha}")


def told(
    level: xr.DataArray,
    *,
    clusters: int,
    models: int,
    how: How,
    alphas: Sequence[float] = (0.1, 0.2),
    weights: npt.ArrayLike | None = None,
) -> dict[str, Any]:
    """
    The search areas and the curve of area against confidence, ready for JSON.

    Parameters
    ----------
    level : DataArray (y, x)
        From :mod:`geoprospect.maps.search`; computed on purpose.
    clusters : int
        How many deposit clusters it was made from.
    models : int
        How many models left them out.
    how : {"split", "cross", "one_map"}
        Whether one model was taught by none of the clusters (``search_level``); each was left
        out of one and compared with the ground by it (``cross_search_level``); or scores of
        such models were compared with the map of another, of which nothing is proved.
    alphas : sequence of float
        Probabilities of a miss.
    weights : (clusters,), optional
        Those the level was made with.

    Returns
    -------
    dict
        ``clusters``, ``models``, ``how``; ``areas``, each with ``alpha``, ``area`` (share of
        the known ground), ``whole`` (nothing can be left out), ``guarantee`` (probability
        that a new cluster like the known lies inside, or more; None where nothing is
        proved) and ``text``; and ``curve``:
        ``confidence`` (1 - alpha) and ``area``.

    Raises
    ------
    DataError
        If no cell of the map is known.
    ValueError
        If an alpha is not in (0, 1).
    """
    check(alphas)
    confidence = np.arange(0, clusters + 1) / (clusters + 1)
    wanted = [*alphas, *(1 - confidence)]

    def block_counts(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        known = block[~np.isnan(block)]
        return np.array([known.size, *(conformal.above(known, a).sum() for a in wanted)], np.int64)

    counts = lazy.summed(block_counts, level)
    if not counts[0]:
        raise DataError("no cell of the search map is known, so there is no area to tell")
    shares = counts[1:] / counts[0]
    least = 1 / (1 + (clusters if weights is None else float(np.sum(weights))))

    def above_all(alpha: float) -> bool:
        return bool(conformal.above(least, alpha))

    return {
        "clusters": clusters,
        "models": models,
        "how": how,
        "areas": [
            _area(alpha, float(share), clusters, models, how, whole=above_all(alpha))
            for alpha, share in zip(alphas, shares, strict=False)
        ],
        "curve": {
            "confidence": confidence.tolist(),
            "area": shares[len(alphas) :].tolist(),
        },
    }


def _area(
    alpha: float, share: float, clusters: int, models: int, how: How, *, whole: bool
) -> dict[str, Any]:
    proved: float | None = None
    if whole:
        proved = 1.0
    elif how != "one_map":
        refitted = conformal.guarantee(alpha, clusters, models)
        proved = 1 - alpha if how == "split" else refitted
    return {
        "alpha": alpha,
        "area": share,
        "whole": whole,
        "guarantee": proved,
        "text": _text(alpha, share, clusters, whole, proved, how),
    }


def _text(
    alpha: float, share: float, clusters: int, whole: bool, proved: float | None, how: How
) -> str:
    if whole:
        return (
            f"{clusters} deposit clusters are too few for {1 - alpha:.0%}: at least "
            f"{conformal.fewest(alpha)} of full weight are needed, so the whole area has to be "
            "searched."
        )
    ends = {
        "split": f"with probability {1 - alpha:.0%} or more",
        "cross": f"with probability about {1 - alpha:.0%} ({proved or 0:.0%} or more is proved, "
        "since models were fitted anew without each)",
        "one_map": f"with probability about {1 - alpha:.0%}, if the models fitted anew without "
        "each score like the one mapped; nothing is proved",
    }[how]
    return f"{share:.0%} of the ground holds a new deposit cluster like the known ones {ends}."
