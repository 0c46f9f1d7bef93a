"""Composites of drill holes by the benches of a mine: what a shovel would meet on each level."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.kernels.desurvey import Traces, along
from geoprospect.resources.composites import TOUCHING, check_intervals, composites
from geoprospect.resources.drill_traces import check_tables, located, traced_of

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
AtDepths = Callable[[Index, Values], Values]
"""Something that rises or falls along a hole: of holes and depths [m]."""

HALVINGS = 60
"""Of a stretch, until its middle is known to the last digits of a depth."""


def bench_composites(
    intervals: pd.DataFrame,
    *,
    collars: pd.DataFrame,
    surveys: pd.DataFrame,
    grades: Sequence[str],
    height: float,
    base: float = 0.0,
    domain: str | None = None,
    minimum: float = 0.5,
) -> pd.DataFrame:
    """
    Mean grades over the stretch of each hole within each bench, by length, in their places.

    An open pit is mined level by level, and a bench is fed to the mill as one: composites
    cut at the benches' floors, not at equal lengths down the hole, say what a level holds
    whatever the dip of the holes [1]_. Where a hole bends, it is cut where its arc crosses the
    floor. A hole that runs level stays in its bench as one long composite.

    Parameters
    ----------
    intervals : DataFrame
        ``hole``, ``from`` and ``to`` [m], which do not overlap, and grades, NaN where not
        assayed.
    collars : DataFrame
        ``hole``, ``x``, ``y``, ``z`` [m].
    surveys : DataFrame
        ``hole``, ``depth`` [m], ``azimuth`` and ``dip``, negative down [degrees].
    grades : list of str
        Columns to be composited.
    height : float
        Of a bench [m].
    base : float
        Elevation of any bench's floor [m].
    domain : str, optional
        Column of codes that composites never reach across.
    minimum : float
        Share of *height* that a composite must be long; shorter ones are left out, which is said.

    Returns
    -------
    DataFrame
        ``hole``, ``from``, ``to``, ``length`` [m], ``bench``, the elevation of its floor [m], the
        domain, for each grade its mean and ``<grade>_coverage``, the share of the length that
        was assayed [1], and ``x``, ``y``, ``z``, ``azimuth``, ``dip`` of the middle.

    Raises
    ------
    DataError
        If columns are missing, intervals are empty or overlap, no grade is known, or a hole
        has no collar or no survey.
    ValueError
        If *height* is not positive, *base* is not finite or *minimum* is not in [0, 1].

    References
    ----------
    .. [1] Rossi, M.E., Deutsch, C.V. (2014). Mineral Resource Estimation. Springer, chapter 5.
    """
    if not height > 0 or not math.isfinite(base):
        raise ValueError(f"a bench has a positive height and a finite base, got {height}, {base} m")
    if not 0 <= minimum <= 1:
        raise ValueError(f"minimum is a share of the height, from 0 to 1, got {minimum}")
    check_tables(intervals, collars, surveys)
    check_intervals(intervals, grades, domain)
    pieces = _cut(intervals, collars, surveys, height, base)
    codes = pieces["bench"] if domain is None else _codes(pieces, domain)
    made = composites(
        pieces.assign(**{_RUN: codes}), grades=grades, length=_ENDLESS, domain=_RUN
    )  # fmt: skip
    first = pd.Series(np.arange(len(pieces)), index=codes).groupby(level=0).first()
    kept = pieces.iloc[first.loc[made[_RUN]]]
    made.insert(4, "bench", kept["bench"].to_numpy())
    if domain is not None:
        made.insert(5, domain, kept[domain].to_numpy())
    whole = _long_enough(made.drop(columns=_RUN), minimum * height)
    return located(whole, collars=collars, surveys=surveys)


_RUN = "run of a bench"
_ENDLESS = 1e12


def _codes(pieces: pd.DataFrame, domain: str) -> Index:
    """One number for each pair of a bench and a domain; blank is a domain of its own."""
    domains = pd.factorize(pieces[domain], use_na_sentinel=False)[0]
    pairs = pd.MultiIndex.from_arrays([pieces["bench"], domains])
    return pd.factorize(pairs)[0].astype(np.int64)


def _long_enough(made: pd.DataFrame, least: float) -> pd.DataFrame:
    short = (made["length"] < least - TOUCHING).to_numpy()
    if short.any():
        log.warning(
            "%d stretches of holes within a bench (%.1f m) are shorter than %g m and belong to no "
            "composite.",
            int(short.sum()),
            float(made["length"][short].sum()),
            least,
        )
    return made[~short].reset_index(drop=True)


def _cut(
    intervals: pd.DataFrame,
    collars: pd.DataFrame,
    surveys: pd.DataFrame,
    height: float,
    base: float,
) -> pd.DataFrame:
    """Intervals cut where their hole crosses a bench's floor, with the floor of each piece."""
    traced, names = traced_of(surveys[surveys["hole"].isin(intervals["hole"])])
    tops = collars.set_index("hole")["z"].loc[names].to_numpy(float)

    def elevation(holes: Index, depths: Values) -> Values:
        return np.asarray(tops[holes] + along(traced, holes, depths)[0][:, 2])

    def climb(holes: Index, depths: Values) -> Values:
        return np.asarray(along(traced, holes, depths)[1][:, 2])

    holes = names.get_indexer(pd.Index(intervals["hole"])).astype(np.int64)
    cuts = (intervals["from"].to_numpy(float), intervals["to"].to_numpy(float))
    parts = np.arange(len(intervals))
    parts, cuts = _split(parts, cuts, *_stations(traced, holes[parts], cuts))
    parts, cuts = _split(
        parts, cuts, *_crossings(climb, holes[parts], cuts, 1.0, 0.0, turning=True)
    )
    parts, cuts = _split(parts, cuts, *_crossings(elevation, holes[parts], cuts, height, base))
    middle = elevation(holes[parts], (cuts[0] + cuts[1]) / 2)
    floors = base + np.floor((middle - base) / height) * height
    pieces = intervals.iloc[parts].reset_index(drop=True)
    return pieces.assign(**{"from": cuts[0], "to": cuts[1], "bench": floors})


Cuts = tuple[Values, Values]


def _split(parts: Index, cuts: Cuts, of: Index, depths: Values) -> tuple[Index, Cuts]:
    """Pieces cut anew: *of* says which piece each depth lies in."""
    inside = (depths > cuts[0][of] + TOUCHING) & (depths < cuts[1][of] - TOUCHING)
    of, depths = of[inside], depths[inside]
    piece = np.concatenate([np.arange(len(parts)), of])
    begin = np.concatenate([cuts[0], depths])
    order = np.lexsort((begin, piece))
    piece, begin = piece[order], begin[order]
    last = np.append(piece[1:] != piece[:-1], True)
    end = np.where(last, cuts[1][piece], np.append(begin[1:], 0.0))
    return parts[piece], (begin, end)


def _stations(traced: Traces, holes: Index, cuts: Cuts) -> tuple[Index, Values]:
    """Survey stations within pieces: between two, a hole is one arc."""
    first, last = traced.starts[holes], traced.starts[holes + 1]
    many = last - first
    of = np.repeat(np.arange(len(holes)), many)
    at = np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many) + first[of]
    depths = traced.depths[at]
    inside = (depths > cuts[0][of]) & (depths < cuts[1][of])
    return of[inside], depths[inside]


def _crossings(
    value: AtDepths, holes: Index, cuts: Cuts, step: float, base: float, *, turning: bool = False
) -> tuple[Index, Values]:
    """Where along pieces a value passes base plus whole steps; *turning*: passes base alone."""
    ends = [(value(holes, one) - base) / step for one in cuts]
    low, high = np.minimum(*ends), np.maximum(*ends)
    first, last = np.floor(low) + 1, np.ceil(high) - 1
    if turning:
        first, last = np.maximum(first, 0), np.minimum(last, 0)
    many = np.maximum(last - first + 1, 0).astype(np.int64)
    of = np.repeat(np.arange(len(holes)), many)
    within = np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many)
    wanted = base + step * (first[of] + within)
    rising = (ends[1] > ends[0])[of]
    begin, end = cuts[0][of].copy(), cuts[1][of].copy()
    for _ in range(HALVINGS if len(of) else 0):
        middle = (begin + end) / 2
        before = (value(holes[of], middle) < wanted) == rising
        begin, end = np.where(before, middle, begin), np.where(before, end, middle)
    return of, (begin + end) / 2
