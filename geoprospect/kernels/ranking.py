"""
How well a score ranks deposits against the ground: area ranks, capture, AUC.

Everything here follows from two counts per deposit: how many cells score
*above* it, and how many score *at or above* it (its own cell included). Cells
are of equal area, so a count over the number of cells is a share of area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


def ranks(values: npt.NDArray[Any], scores: npt.ArrayLike) -> Counts:
    """
    Number of *values* above, and at or above, each of *scores*: (2, scores) int64.

    Sums over blocks of values, so a raster of any size is ranked block by
    block. NaN among the values counts nowhere.
    """
    thresholds, place = np.unique(np.asarray(scores), return_inverse=True)
    known = values[~np.isnan(values)]
    bins = len(thresholds) + 1
    below = np.bincount(np.searchsorted(thresholds, known, side="left"), minlength=bins)
    up_to = np.bincount(np.searchsorted(thresholds, known, side="right"), minlength=bins)
    tails = np.stack([_tail(below), _tail(up_to)])
    return tails[:, place.ravel()]


def ausrc(above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int) -> float:
    """
    Area under the success-rate (capture against area) curve [1]; 0.5 is chance.

    The closed form of the trapezoid, cells of one score taken together [1]_.

    References
    ----------
    .. [1] Chung, C.F., Fabbri, A.G. (2003). Validation of spatial prediction models
       for landslide hazard mapping. Natural Hazards 30, 451-472.
    """
    middle = (np.asarray(above, float) + np.asarray(at_or_above, float)) / 2
    return float(1 - middle.mean() / cells)


def auc(area: float, deposits: int, cells: int) -> float:
    """
    Area under the ROC curve of deposit cells against all other cells [1].

    *area* is :func:`ausrc` over *cells* cells, *deposits* of which hold a
    deposit; exact, ties included. NaN where there is no other cell.
    """
    share = deposits / cells
    return (area - share / 2) / (1 - share) if share < 1 else float("nan")


def capture(
    above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int, shares: npt.ArrayLike
) -> Shares:
    """
    Share of the deposits inside the best-scoring *shares* of the area [1].

    Within cells of one score the curve is a straight line: no order among them
    is better than another.
    """
    found: Shares = captured(above, at_or_above, cells, shares).mean(axis=0)
    return found


def captured(
    above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int, shares: npt.ArrayLike
) -> Shares:
    """What each deposit brings to :func:`capture`, (deposits, shares): 1 where it is inside."""
    low = np.asarray(above, float)[:, None] / cells
    high = np.asarray(at_or_above, float)[:, None] / cells
    inside = (np.asarray(shares, float)[None, :] - low) / (high - low)
    found: Shares = np.clip(inside, 0, 1)
    return found


def by_score(
    scores: npt.ArrayLike, above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int
) -> tuple[Shares, Shares, Shares]:
    """
    Shares of deposits and of area against the score, for a prediction-area plot.

    Falling scores of deposits, each twice: where the curves stand just above it, and at it.
    Returns (scores, shares of deposits, shares of area), each (2 x distinct scores,).
    """
    own, first, counts = np.unique(
        -np.asarray(scores, float), return_index=True, return_counts=True
    )
    found = np.cumsum(counts) / counts.sum()
    before = np.concatenate([[0.0], found[:-1]])
    ground = np.column_stack([np.asarray(above)[first], np.asarray(at_or_above)[first]]) / cells
    return np.repeat(-own, 2), np.column_stack([before, found]).ravel(), ground.ravel()


def area_needed(
    above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int, captures: npt.ArrayLike
) -> Shares:
    """Smallest share of the area that holds *captures* of the deposits [1]."""
    knots = np.unique(np.concatenate([[0], np.asarray(above), np.asarray(at_or_above), [cells]]))
    shares = knots / cells
    found = capture(above, at_or_above, cells, shares)
    wanted = np.asarray(captures, float)
    right = np.clip(np.searchsorted(found, wanted - 1e-12), 1, len(shares) - 1)
    rise = found[right] - found[right - 1]
    part = np.clip((wanted - found[right - 1]) / np.where(rise > 0, rise, 1), 0, 1)
    needed: Shares = shares[right - 1] + part * (shares[right] - shares[right - 1])
    return needed


def _tail(bins: npt.NDArray[Any]) -> Counts:
    """Number of values beyond each threshold, from their number in each bin."""
    tail: Counts = np.cumsum(bins[::-1], dtype=np.int64)[::-1][1:]
    return tail
