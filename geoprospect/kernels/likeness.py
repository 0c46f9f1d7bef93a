"""Which columns of a table tell the same story: rank correlations, groups, variance inflation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

FEWEST = 30
"""Rows that two columns must share to be compared."""

Table = npt.NDArray[Any]
Matrix = npt.NDArray[np.float64]


def spearman(values: Table, fewest: int = FEWEST) -> Matrix:
    """
    Spearman's rank correlation of every two columns [1]: (rows, n) -> (n, n).

    Each pair is ranked where both are known; NaN where they share fewer than
    *fewest* rows, or one of them is the same in all of these. 1 on the diagonal.
    """
    known = ~np.isnan(values)
    whole: npt.NDArray[np.bool_] = np.logical_and.reduce(known, axis=0)
    count = values.shape[1]
    ranked = {
        i: rankdata(values[:, i]) for i in np.flatnonzero(whole).tolist()
    }  # once, not for each pair
    found = np.full((count, count), np.nan)
    for i in range(count):
        for j in range(i):
            both = known[:, i] & known[:, j]
            if both.sum() < fewest:
                continue
            if whole[i] and whole[j]:
                pair = ranked[i], ranked[j]
            else:
                pair = rankdata(values[both, i]), rankdata(values[both, j])
            found[i, j] = found[j, i] = _correlation(*pair)
    np.fill_diagonal(found, 1.0)
    return found


def linked(correlation: Matrix, at: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Order in which like stands by like, and the group of each column, numbered from 1.

    Average linkage on one less the size of the correlation; columns of one group
    correlate on average at least as strongly as *at*. Two that cannot be compared are
    unlike. There are two columns or more.
    """
    apart = np.clip(1 - np.abs(np.nan_to_num(correlation)), 0, 1)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), method="average", optimal_ordering=True)
    order: npt.NDArray[np.int64] = leaves_list(tree).astype(np.int64)
    # the tree adds up distances in floating point; a pair right at the limit belongs together
    group: npt.NDArray[np.int64] = fcluster(tree, t=1 - at + 1e-12, criterion="distance").astype(
        np.int64
    )
    return order, group


def inflation(values: Table) -> npt.NDArray[np.float64]:
    """
    Variance inflation of each column by the others [1]: (rows, n) -> (n,).

    1 / (1 - R2) of its least-squares fit by the others over rows where all are known:
    1 where it stands alone, infinite where the others give it exactly. NaN for a
    column that is the same everywhere, or where too few rows are known.
    """
    complete = values[~np.isnan(values).any(axis=1)].astype("float64")
    found = np.full(values.shape[1], np.nan)
    if len(complete) < values.shape[1] + 2:
        return found
    spread = complete.std(axis=0)
    moving = np.flatnonzero(spread > 1e-12 * np.maximum(1, np.abs(complete).max(axis=0)))
    scaled = (complete[:, moving] - complete[:, moving].mean(axis=0)) / spread[moving]
    for place, column in enumerate(moving):
        others = np.delete(scaled, place, axis=1)
        fit = others @ np.linalg.lstsq(others, scaled[:, place], rcond=None)[0]
        unexplained = float(((scaled[:, place] - fit) ** 2).mean())
        found[column] = np.inf if unexplained < 1e-12 else 1 / unexplained
    return found


def _correlation(one: Matrix, other: Matrix) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size else float("nan")
