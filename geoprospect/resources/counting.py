"""Undiscovered deposits counted target by target, and by rank of size."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels import poisson_binomial
from geoprospect.language import marked
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import TAIL, DepositNumber, counted

log = logging.getLogger("geoprospect.resources")

NAMED = 10
"""Rows that a message names, at most."""

ZIPF_CAVEATS = (
    marked(
        "Rank and size assume that the largest deposit is already found and that sizes fall as "
        "1/rank."
    ),
    marked("Log-normal and exponential sizes mostly fit as well, and give other numbers."),
)


@ESTIMATORS.register
def target_count(targets: pd.DataFrame, *, column: str) -> DepositNumber:
    """
    Number of undiscovered deposits when each target has its own probability of one.

    Experts, or a calibrated map, give each target a probability [1]_; the number is
    the sum of as many tosses of unlike coins. Targets count as independent, so the
    spread is the least there can be.

    Parameters
    ----------
    targets : DataFrame
        One row for each target.
    column : str
        Column with its probability of a deposit, in (0, 1).

    Returns
    -------
    DepositNumber

    Raises
    ------
    DataError
        If the column is missing, or a probability is unknown, 0, 1 or beyond.

    References
    ----------
    .. [1] Cox, D.P. (1993). Estimation of undiscovered deposits in quantitative mineral
       resource assessments. Nonrenewable Resources 2, 82-91.
    """
    if column not in targets.columns:
        known = did_you_mean(column, map(str, targets.columns))
        raise DataError(f"the targets have no column {column!r}{known}")
    chance = pd.to_numeric(targets[column], errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(~((chance > 0) & (chance < 1)))
    if len(wrong) or not len(chance):
        rows = ", ".join(f"{row} ({chance[row]:g})" for row in wrong[:NAMED])
        raise DataError(
            "a target's probability of a deposit must lie between 0 and 1, both excluded: 0 and 1 "
            f"claim to know; rows {rows or 'none: there are no targets'}"
        )
    told = {"targets": len(chance), "column": column}
    return counted(
        poisson_binomial.distribution(chance), "target_count", provenance=told,
        caveats=(marked("Targets count as independent, so the spread is too narrow if they stand "
                        "or fall together."),),
    )  # fmt: skip


@ESTIMATORS.register
def rank_size(*, sizes: list[float], cutoff: float) -> DepositNumber:
    """
    Number of undiscovered deposits above a size, if sizes fall as one over their rank.

    By Zipf's law the r-th largest deposit of a district is an r-th of the largest [1]_, and
    ranks that no known deposit fills are still to be found. Here the same law as a
    distribution: sizes are Pareto with exponent 1 above the cut-off, the largest
    of all is known, all numbers are alike before. Optional: it enters no pool by itself.

    Parameters
    ----------
    sizes : list of float
        Of the known deposits, such as metal [t].
    cutoff : float
        Smallest size that counts, in the same unit, below the largest known.

    Returns
    -------
    DepositNumber
        Its provenance has the ranks that are missing, by Zipf's curve.

    Raises
    ------
    DataError
        If a size is not positive, or fewer than two reach the cut-off.
    ValueError
        If the cut-off is not positive.

    References
    ----------
    .. [1] Folinsbee, R.E. (1977). World's view: from Alph to Zipf. Geological Society of
       America Bulletin 88, 897-907.
    """
    if not cutoff > 0:
        raise ValueError(f"cutoff must be above 0, got {cutoff:g}")
    if not all(size > 0 for size in sizes):
        raise DataError(
            "sizes of known deposits must be above 0; 0 often means missing: leave it out"
        )
    above = sorted((size for size in sizes if size >= cutoff), reverse=True)
    if len(above) < 2 or above[0] <= cutoff:
        raise DataError(f"{len(above)} known deposits reach the cut-off {cutoff:g}; lower it")
    log.warning("rank_size: %s", " ".join(ZIPF_CAVEATS))
    told = {"known": len(above), "largest": above[0], "cutoff": cutoff,
            "ranks": round(above[0] / cutoff), "missing": missing_ranks(sizes, cutoff)}  # fmt: skip
    return counted(_pareto(above[0] / cutoff, len(above)), "rank_size", provenance=told,
                   caveats=ZIPF_CAVEATS, optional=True)  # fmt: skip


def missing_ranks(
    sizes: Sequence[float], cutoff: float, *, exponent: float = 1.0
) -> dict[int, float]:
    """
    Ranks of Zipf's curve that no known deposit fills, and the size of each.

    Each known deposit, the largest first, takes the free rank nearest to its own on the curve,
    or the next one down. Ranks go to that of the cut-off.

    Parameters
    ----------
    sizes : sequence of float
    cutoff : float
    exponent : float
        Sizes of missing ranks are the largest over rank to this power.
    """
    largest = max(sizes)
    last = round(largest / cutoff)
    taken: set[int] = set()
    for size in sorted((one for one in sizes if one >= cutoff), reverse=True):
        rank = min(range(1, last + 2), key=lambda r, size=size: abs(largest / r - size))  # type: ignore[misc]
        while rank in taken:
            rank += 1
        taken.add(rank)
    return {r: largest / r**exponent for r in range(1, last + 1) if r not in taken}


def _pareto(ratio: float, known: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """
    P(N - known) where the largest of N Pareto sizes (exponent 1) is *ratio* cut-offs.

    Its density is N (1 - 1/ratio)^(N - 1) / ratio^2, and N at least the known.
    """
    stay = 1 - 1 / ratio
    last = known + math.ceil(math.log(TAIL / 100) / math.log(stay)) + 10
    number = np.arange(known, last + 1)
    p: np.ndarray[tuple[int], np.dtype[np.float64]] = number * stay ** (number - known)
    return p
