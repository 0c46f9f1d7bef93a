"""
Choosing between things by several criteria: utilities, weighted sums, fronts, stability.

Things are rows, criteria columns. A utility lies in [0, 1], 1 the best.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def ends(values: npt.ArrayLike) -> tuple[float, float]:
    """The least and the greatest known value; NaN where none is known."""
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)


def utility(values: npt.ArrayLike, low: float, high: float, *, higher: bool) -> Values:
    """
    Values on a straight line from 0 at the worse end to 1 at the better, held there beyond.

    Where the ends are one value it tells nothing apart, and all have 1. What is unknown has
    0: nothing speaks for it.

    Parameters
    ----------
    values : array of any shape
    low, high : float
        The ends, in the unit of the values.
    higher : bool
        Whether the high end is the better.
    """
    value = np.asarray(values, float)
    if not high > low:
        share = np.ones_like(value)
    else:
        share = np.clip((value - low) / (high - low), 0, 1)
        share = share if higher else 1 - share
    found: Values = np.where(np.isnan(value), 0.0, share)
    return found


def weighted(utilities: Values, weights: npt.ArrayLike) -> Values:
    """Sum of weight times utility over the sum of weights, of each row [1]."""
    weight = np.asarray(weights, float)
    found: Values = np.asarray(utilities, float) @ weight / weight.sum()
    return found


def order(scores: Values, *ties: Values) -> Index:
    """Rows best first: by score, where it ties by the first of *ties*, and so on; NaN last."""
    keys = [np.where(np.isnan(one), np.inf, -one) for one in (scores, *ties)]
    found: Index = np.lexsort(keys[::-1])
    return found


def pareto(utilities: Values) -> npt.NDArray[np.bool_]:
    """
    Whether no other row is at least as good in every column and better in one.

    Such rows are what some weights, or at least no agreement on weights, may prefer [1]_.

    References
    ----------
    .. [1] Keeney, R.L., Raiffa, H. (1976). Decisions with Multiple Objectives. Wiley.
    """
    rows = np.asarray(utilities, float)
    front = np.ones(len(rows), bool)
    for number, row in enumerate(rows):
        rivals = rows[front]
        front[number] = not ((rivals >= row).all(axis=1) & (rivals > row).any(axis=1)).any()
    return front


def among_first(scores: Values, first: int, *ties: Values) -> Values:
    """
    Share of the columns of *scores* (rows, columns) in which each row is among the first.

    *ties* (rows,) order what ties.
    """
    count = np.zeros(len(scores))
    for column in np.asarray(scores, float).T:
        count[order(column, *ties)[:first]] += 1
    found: Values = count / max(1, scores.shape[1])
    return found


def drawn_weights(weights: npt.ArrayLike, *, draws: int, concentration: float, seed: int) -> Values:
    """
    Weights that sum to 1, drawn around given ones from a Dirichlet distribution (draws, criteria).

    The mean of each is its share p of the sum, the variance p (1 - p) / (concentration +
    1): 20 lets a share of one half stray by 0.11. A weight of 0 stays 0.
    """
    share = np.asarray(weights, float) / np.sum(weights)
    used = share > 0
    found = np.zeros((draws, len(share)))
    found[:, used] = np.random.default_rng(seed).dirichlet(concentration * share[used], draws)
    return found
