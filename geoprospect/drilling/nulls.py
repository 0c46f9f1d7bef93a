"""What drilling at random would find: exactly, so that no luck is taken for skill."""

from __future__ import annotations

import functools

import numpy as np
from scipy import stats


def expected_rank(which: int, *, cells: int, discoveries: int) -> float:
    """
    Cells drilled, on average, until so many discoveries are made in random order.

    Parameters
    ----------
    which : int
        1 for the first discovery.
    cells, discoveries : int
        In all; each discovery lies in a cell of its own.

    Returns
    -------
    float
        r (N + 1) / (K + 1).

    Raises
    ------
    ValueError
        If there are not so many discoveries, or more than cells.
    """
    _check(which, cells, discoveries)
    return which * (cells + 1) / (discoveries + 1)


def rank_variance(which: int, *, cells: int, discoveries: int) -> float:
    """Variance of the same number of cells; see :func:`expected_rank`."""
    _check(which, cells, discoveries)
    k = discoveries
    spread = which * (k + 1 - which) * (cells + 1) * (cells - k)
    return spread / ((k + 1) ** 2 * (k + 2))


def chance_of_hits(hits: int, *, drilled: int, cells: int, discoveries: int) -> float:
    """
    Chance of so many discoveries or more among cells drilled at random [1].

    The upper tail of a hypergeometric distribution, exact: a ranking that found no more than
    this makes likely has shown nothing.

    Parameters
    ----------
    hits : int
        Discoveries made, at least.
    drilled, cells, discoveries : int
        Cells drilled, and cells and discoveries in all.

    Raises
    ------
    ValueError
        If there are more discoveries than cells, or more cells are drilled than there are.
    """
    _check(1, cells, discoveries)
    if not 0 <= drilled <= cells or hits < 0:
        raise ValueError(
            f"drilled cells must be between 0 and all {cells}, and hits not below 0; got "
            f"{drilled} and {hits}"
        )
    return float(stats.hypergeom.sf(hits - 1, cells, discoveries, drilled))


def expected_holes(
    which: int, *, cells: int, discoveries: int, detection: float, per_cell: int = 1
) -> float:
    """
    Holes drilled, on average, until so many discoveries are made in random order.

    Into each cell go *per_cell* holes, fewer where one meets a deposit, and each meets it with
    chance *detection*; when all cells are done, those without a discovery are gone through
    again in a new random order. Exact, by summing over how many are met each time.

    Parameters
    ----------
    which : int
        1 for the first discovery.
    cells, discoveries : int
        In all; each deposit lies in a cell of its own.
    detection : float
        Chance of one hole to meet a deposit in its cell [1].
    per_cell : int

    Returns
    -------
    float
        r (N + 1) / (K + 1), as :func:`expected_rank`, where every hole meets its deposit.

    Raises
    ------
    ValueError
        If there are not so many discoveries, or more than cells, or *detection* is not above
        0 and up to 1, or there is not one hole a cell.
    """
    _check(which, cells, discoveries)
    if not 0 < detection <= 1 or per_cell < 1:
        raise ValueError(
            f"detection must be above 0 and up to 1 and per_cell 1 or more, got {detection:g} "
            f"and {per_cell}"
        )
    met = 1 - (1 - detection) ** per_cell
    hole = np.arange(1, per_cell + 1)
    within = float((hole * detection * (1 - detection) ** (hole - 1)).sum()) / met

    @functools.cache
    def left(r: int, n: int, k: int) -> float:
        """Holes to the r-th of k deposits in n cells that were all tested as often."""
        found = np.arange(k + 1)
        chance = stats.binom.pmf(found, k, met)
        again = per_cell * n * float(chance[0])
        for b in range(1, k + 1):
            if b >= r:
                holes = per_cell * (r * (n + 1) / (b + 1) - r) + r * within
            else:
                holes = per_cell * (n - b) + b * within + left(r - b, n - b, k - b)
            again += float(chance[b]) * holes
        return again / float(1 - chance[0])

    return left(which, cells, discoveries)


def _check(which: int, cells: int, discoveries: int) -> None:
    if not 1 <= which <= discoveries <= cells:
        raise ValueError(
            f"there must be at least {max(which, 1)} discoveries and not more than cells, got "
            f"{discoveries} in {cells} cells"
        )
