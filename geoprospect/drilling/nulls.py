"""What drilling at random would find: exactly, so that no luck is taken for skill."""

from __future__ import annotations

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


def _check(which: int, cells: int, discoveries: int) -> None:
    if not 1 <= which <= discoveries <= cells:
        raise ValueError(
            f"there must be at least {max(which, 1)} discoveries and not more than cells, got "
            f"{discoveries} in {cells} cells"
        )
