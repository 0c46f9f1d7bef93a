"""Assays of drill holes over equal lengths: what weighs alike when grades are interpolated."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean, listing

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Residual = Literal["merge", "drop"]

TOUCHING = 1e-6
"""How far apart intervals may lie and still touch [m]."""


@dataclass(frozen=True, eq=False)
class _Runs:
    """Stretches to be cut alike: run of each interval, begin and end of each run [m]."""

    of: Index
    begin: Values
    end: Values


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Composites: the run of each, begin and end [m]; where in them each run begins."""

    run: Index
    begin: Values
    end: Values
    first: Index


def composites(
    intervals: pd.DataFrame,
    *,
    grades: Sequence[str],
    length: float,
    domain: str | None = None,
    density: str | None = None,
    minimum: float = 0.5,
    residual: Residual = "merge",
) -> pd.DataFrame:
    """
    Mean grades over equal lengths down the hole, in the units of the assays.

    Samples are cut long in barren rock and short in ore; taken as they are, a hand's breadth
    of rich vein would weigh as much as ten metres of waste [1]_. A composite's grade is the
    mean of its assays by length, or by mass where density is known.

    Composites begin at the first assay of a hole and end with its last; with *domain* they
    begin anew wherever the code changes or a piece of the hole was not logged, so that none
    reaches over a contact. What was not assayed counts for nothing: it lowers the coverage,
    not the grade.

    Parameters
    ----------
    intervals : DataFrame
        Columns ``hole``, ``from`` and ``to`` [m], in which intervals of a hole do not overlap,
        and grades, NaN where not assayed.
    grades : list of str
        Columns to be composited.
    length : float
        Of a composite [m].
    domain : str, optional
        Column of codes that composites never reach across. Blank is a code of its own.
    density : str, optional
        Column of density, known wherever there is a grade.
    minimum : float
        Share of *length* that the last piece of a run needs to be a composite of its own.
    residual : {"merge", "drop"}
        What becomes of a shorter one: part of the composite above, or nothing (which is
        said). A run that is all shorter stays as it is when merging.

    Returns
    -------
    DataFrame
        ``hole``, ``from``, ``to``, ``length`` [m], the domain, and for each grade its mean (NaN
        where nothing was assayed)
        and ``<grade>_coverage``, the share of the length that was assayed [1].

    Raises
    ------
    DataError
        If a column is missing, intervals are empty or overlap, no grade is known, or a
        density is not known and positive where a grade is.
    ValueError
        If *length* is not positive or *minimum* not in [0, 1].

    References
    ----------
    .. [1] Rossi, M.E., Deutsch, C.V. (2014). Mineral Resource Estimation. Springer, chapter 5.
    """
    if not length > 0:
        raise ValueError(f"length must be positive, got {length} m")
    if not 0 <= minimum <= 1:
        raise ValueError(f"minimum is a share of the length, from 0 to 1, got {minimum}")
    check_intervals(intervals, grades, domain, density)
    order = intervals.sort_values(["hole", "from"], kind="stable").reset_index(drop=True)
    order = _assayed(order, grades, domain)
    runs = _runs(order, domain)
    cuts = _cuts(runs, length, minimum, residual)
    piece, composite, share = _pieces(order, runs, cuts, length)
    made = _placed(order, runs, cuts, domain)
    weight = share if density is None else share * order[density].to_numpy(float)[piece]
    for grade in grades:
        values = order[grade].to_numpy(float)[piece]
        known = ~np.isnan(values)
        sums = [
            np.bincount(composite[known], part[known], len(made))
            for part in (weight, weight * values, share)
        ]
        with np.errstate(invalid="ignore"):
            made[grade] = sums[1] / sums[0]
        made[f"{grade}_coverage"] = sums[2] / made["length"]
    return made


def check_intervals(
    intervals: pd.DataFrame,
    grades: Sequence[str],
    domain: str | None = None,
    density: str | None = None,
) -> None:
    """Raise a DataError that lists what keeps intervals from being composited."""
    if not grades:
        raise DataError("no grades to composite; name their columns in grades")
    problems = []
    for name in ["hole", "from", "to", *grades, *filter(None, (domain, density))]:
        if name not in intervals.columns:
            known = did_you_mean(name, (str(one) for one in intervals.columns))
            problems.append(f"the intervals have no column {name!r}{known}")
    if not problems:
        problems = _impossible(intervals, grades, density)
    if problems:
        raise DataError(listing("intervals cannot be composited:", problems))


def _impossible(intervals: pd.DataFrame, grades: Sequence[str], density: str | None) -> list[str]:
    begin, end = (intervals[name].to_numpy(float) for name in ("from", "to"))
    problems = []
    empty = int((~(end > begin)).sum())
    if empty:
        problems.append(f"{empty} intervals do not end below where they begin")
    order = intervals.sort_values(["hole", "from"], kind="stable")
    below = order.groupby("hole", sort=False)["from"].shift(-1)
    overlaps = int((below < order["to"] - TOUCHING).sum())
    if overlaps:
        problems.append(f"{overlaps} intervals overlap the next one of their hole")
    known = intervals[list(grades)].notna().any(axis=1)
    if not known.any():
        problems.append(f"no interval has any of the grades {', '.join(grades)}")
    if density is not None:
        light = int((known & ~(intervals[density] > 0)).sum())
        if light:
            problems.append(f"{light} intervals have a grade, but no positive {density!r}")
    return problems


def _assayed(intervals: pd.DataFrame, grades: Sequence[str], domain: str | None) -> pd.DataFrame:
    """Of each hole what lies between its first and its last assay; of each stretch of a domain."""
    known = intervals[list(grades)].notna().any(axis=1)
    run = pd.Series(_numbered(intervals, domain), index=intervals.index)
    within = known.groupby(run).cummax() & known[::-1].groupby(run[::-1]).cummax()[::-1]
    left = float((intervals["to"] - intervals["from"])[~within].sum())
    if left:
        log.info(
            "%d intervals (%.1f m) lie before the first or after the last assay of their run "
            "and belong to no composite.",
            int((~within).sum()),
            left,
        )
    return intervals[within].reset_index(drop=True)


def _numbered(intervals: pd.DataFrame, domain: str | None) -> Index:
    """Number of the run that each interval belongs to."""
    anew = (intervals["hole"] != intervals["hole"].shift()).to_numpy(bool, copy=True)
    if domain is not None:
        codes = pd.factorize(intervals[domain], use_na_sentinel=True)[0]
        apart = intervals["from"].to_numpy(float)[1:] - intervals["to"].to_numpy(float)[:-1]
        anew[1:] |= (codes[1:] != codes[:-1]) | (apart > TOUCHING)
    return np.cumsum(anew).astype(np.int64) - 1


def _runs(intervals: pd.DataFrame, domain: str | None) -> _Runs:
    of = _numbered(intervals, domain)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    last = np.append(first[1:], len(of)) - 1
    begin, end = intervals["from"].to_numpy(float), intervals["to"].to_numpy(float)
    return _Runs(of, begin[first], end[last])


def _cuts(runs: _Runs, length: float, minimum: float, residual: Residual) -> _Cuts:
    """Where runs are cut, and what becomes of what is left at their ends."""
    whole = np.floor((runs.end - runs.begin) / length + TOUCHING).astype(np.int64)
    left = runs.end - (runs.begin + whole * length)
    own = left >= max(minimum * length, TOUCHING)
    if residual == "merge":
        own |= whole == 0
    counts = whole + own
    cut = (left > TOUCHING) & ~own
    if residual == "drop" and cut.any():
        log.warning(
            "the ends of %d runs (%.1f m) are shorter than %g m and belong to no composite.",
            int(cut.sum()),
            float(left[cut].sum()),
            minimum * length,
        )
    first = np.cumsum(counts) - counts
    run = np.repeat(np.arange(len(counts)), counts)
    begin = runs.begin[run] + (np.arange(len(run)) - first[run]) * length
    end = begin + length
    last = (first + counts - 1)[counts > 0]
    to_the_end = (own | (residual == "merge") | (left <= TOUCHING))[counts > 0]
    end[last[to_the_end]] = runs.end[counts > 0][to_the_end]
    return _Cuts(run, begin, end, first)


def _pieces(
    intervals: pd.DataFrame, runs: _Runs, cuts: _Cuts, length: float
) -> tuple[Index, Index, Values]:
    """Intervals cut by composites: number of the interval, of the composite, length [m]."""
    begin, end = intervals["from"].to_numpy(float), intervals["to"].to_numpy(float)
    counts = np.bincount(cuts.run, minlength=len(runs.begin))[runs.of]
    top = runs.begin[runs.of]
    lowest = np.clip(np.floor((begin - top) / length).astype(np.int64) - 1, 0, None)
    highest = np.minimum(np.ceil((end - top) / length).astype(np.int64), counts - 1)
    lowest = np.minimum(lowest, np.maximum(counts - 1, 0))
    many = np.maximum(highest - lowest + 1, 0)
    piece = np.repeat(np.arange(len(begin)), many)
    within = np.arange(len(piece)) - np.repeat(np.cumsum(many) - many, many)
    composite = cuts.first[runs.of[piece]] + lowest[piece] + within
    inside = np.minimum(end[piece], cuts.end[composite]) - np.maximum(
        begin[piece], cuts.begin[composite]
    )
    shared = inside > 0
    return piece[shared], composite[shared], inside[shared]


def _placed(intervals: pd.DataFrame, runs: _Runs, cuts: _Cuts, domain: str | None) -> pd.DataFrame:
    first = np.flatnonzero(np.diff(runs.of, prepend=-1))[cuts.run]
    made = {
        "hole": intervals["hole"].to_numpy()[first],
        "from": cuts.begin, "to": cuts.end, "length": cuts.end - cuts.begin,
    }  # fmt: skip
    if domain is not None:
        made[domain] = intervals[domain].to_numpy()[first]
    return pd.DataFrame(made)
