"""Holes that are there already: where they pass the depth of a search, and what they hit."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hit:
    """What makes a hole a hit: ``length`` [m] in all of a ``grade`` from ``cutoff`` up."""

    grade: str
    cutoff: float
    length: float

    def __post_init__(self) -> None:
        if not (self.cutoff > 0 and self.length > 0):
            raise ValueError(
                f"cutoff and length must be above 0, got {self.cutoff:g} and {self.length:g} m"
            )


def outcomes(
    traces: gpd.GeoDataFrame, intervals: pd.DataFrame, *, hit: Hit, depth: float
) -> pd.DataFrame:
    """
    Where each hole passes the depth of a search [m], and whether it was a hit.

    Parameters
    ----------
    traces : GeoDataFrame of LineString Z
        With ``hole``, from the collar down [m].
    intervals : DataFrame
        ``hole``, ``from``, ``to`` [m] and the grade; unknown grades are no hit.
    hit : Hit
        In the units of the grade.
    depth : float
        Of the search below the collar [m].

    Returns
    -------
    DataFrame
        ``hole``, ``x``, ``y`` where it first passes the depth, NaN where it ends above, and
        ``hit``. A hit above that depth counts where the hole ends.

    Raises
    ------
    DataError
        If the intervals have no such grade.
    """
    if hit.grade not in intervals.columns:
        known = did_you_mean(hit.grade, (str(name) for name in intervals.columns))
        raise DataError(
            f"the drill holes have no grade {hit.grade!r}, by which a hit is told{known}"
        )
    rich = intervals[intervals[hit.grade] >= hit.cutoff]
    metres = (rich["to"] - rich["from"]).groupby(rich["hole"]).sum()
    hits = traces["hole"].map(metres).fillna(0.0).to_numpy(float) >= hit.length
    places = np.array(
        [_passed(np.array(line.coords), depth, ends=bool(good))
         for line, good in zip(traces.geometry, hits, strict=True)]
    ).reshape(-1, 2)  # fmt: skip
    return pd.DataFrame(
        {"hole": traces["hole"].to_numpy(), "x": places[:, 0], "y": places[:, 1], "hit": hits}
    )


def _passed(trace: Values, depth: float, *, ends: bool) -> Values:
    """Where a trace (n, 3) first is so deep below its begin; its end, or NaN, if it never is."""
    below = trace[0, 2] - trace[:, 2]
    deep = np.flatnonzero(below >= depth)
    if not deep.size:
        return trace[-1, :2] if ends else np.full(2, np.nan)
    after = max(int(deep[0]), 1)
    share = (depth - below[after - 1]) / (below[after] - below[after - 1])
    found: Values = trace[after - 1, :2] + share * (trace[after, :2] - trace[after - 1, :2])
    return found
