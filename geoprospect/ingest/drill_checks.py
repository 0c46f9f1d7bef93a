"""Checks of collars, surveys and intervals; nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.ingest.drill_findings import Finding, found
from geoprospect.kernels.desurvey import REVERSED, bend, direction
from geoprospect.kernels.units import share_of_mass

LONGEST = 16_000.0
"""More than the length of any hole ever drilled [m]."""
NEAR = 1.0
"""Collars nearer to each other than this may be the same [m]."""
SHARP = 10.0 / 30
"""Bend that rods hardly follow [degrees m-1]."""
UNUSUAL = 20.0
"""An interval is long beside the median by this factor."""
OTHER_UNIT = 500.0
"""Factor between grades that are perhaps in other units."""
FOOT, HOW_NEAR = 0.3048, 0.02
TOUCHING = 1e-6
_STATION = ["hole", "depth", "azimuth", "dip"]


def of_collars(collars: pd.DataFrame) -> list[Finding]:
    """Names, places and lengths."""
    places = collars[["x", "y", "z"]]
    return [
        *found("no_hole", "collar", collars, collars["hole"].isna()),
        *found("duplicate_hole", "collar", collars, _repeated(collars, ["hole"])),
        *found("null_place", "collar", collars, places.isna().any(axis=1)),
        *found("sentinel", "collar", collars, collars["end"] > LONGEST),
        *found("negative_depth", "collar", collars, collars["end"] < 0),
        *found("near_collars", "collar", collars, _near(collars)),
    ]


def of_surveys(surveys: pd.DataFrame, collars: pd.DataFrame, *, upward: bool) -> list[Finding]:
    """Depths and orientations; *surveys* hole by hole and downwards, dips negative down."""
    azimuth, dip, depth = surveys["azimuth"], surveys["dip"], surveys["depth"]
    steep = dip.abs() > 90
    swapped = steep.any() and bool((azimuth.abs() <= 90).all())
    up = dip > 0
    end = surveys["hole"].map(collars.drop_duplicates("hole").set_index("hole")["end"])
    first = ~surveys["hole"].duplicated()
    stations = surveys.groupby("hole")["depth"].transform("size")
    return [
        *found("no_hole", "survey", surveys, surveys["hole"].isna()),
        *_orphans("survey", surveys, collars),
        *found("null_depth", "survey", surveys, depth.isna()),
        *found("sentinel", "survey", surveys, depth > LONGEST),
        *found("negative_depth", "survey", surveys, depth < 0),
        *found("null_orientation", "survey", surveys, azimuth.isna() | dip.isna()),
        *found("azimuth_range", "survey", surveys, azimuth.abs() > 360),
        *found("swapped" if swapped else "dip_range", "survey", surveys, steep),
        *found("dip_sign", "survey", surveys, up & (not upward and up.mean() > 0.5)),
        *found("two_orientations", "survey", surveys, _differing(surveys)),
        *_bends(surveys),
        *found("no_stations", "collar", collars, ~collars["hole"].isin(surveys["hole"])),
        *found("one_station", "survey", surveys, stations == 1),
        *found("repeated_station", "survey", surveys, surveys.duplicated(_STATION)),
        *found("late_station", "survey", surveys, first & (depth > 0)),
        *found("survey_beyond_end", "survey", surveys, depth > end + TOUCHING),
        *found("azimuth_wrapped", "survey", surveys, (azimuth < 0) | (azimuth >= 360)),
    ]


def of_intervals(
    intervals: pd.DataFrame, collars: pd.DataFrame, *, tolerance: float
) -> list[Finding]:
    """Depths; *intervals* hole by hole and downwards."""
    begin, end = intervals["from"], intervals["to"]
    length = end - begin
    below = intervals.groupby("hole")["from"].shift(-1)
    reached = end.groupby(intervals["hole"]).cummax().groupby(intervals["hole"]).shift()
    stated = collars.drop_duplicates("hole").set_index("hole")["end"]
    whole = intervals["hole"].map(stated)
    return [
        *found("no_hole", "interval", intervals, intervals["hole"].isna()),
        *_orphans("interval", intervals, collars),
        *found("null_depth", "interval", intervals, begin.isna() | end.isna()),
        *found("sentinel", "interval", intervals, (begin > LONGEST) | (end > LONGEST)),
        *found("negative_depth", "interval", intervals, (begin < 0) | (end < 0)),
        *found("empty_interval", "interval", intervals, begin >= end),
        *found("overlap", "interval", intervals, begin < reached - TOUCHING),
        *found("beyond_end", "interval", intervals, end > whole + tolerance),
        *found("gap", "interval", intervals, below > end + TOUCHING),
        *found("long_interval", "interval", intervals, length > UNUSUAL * length.median()),
        *found("no_intervals", "collar", collars, ~collars["hole"].isin(intervals["hole"])),
        *found("mixed_lengths", "collar", collars, _other_lengths(intervals, collars)),
    ]


def of_grades(
    intervals: pd.DataFrame, grades: Sequence[str], units: Mapping[str, str]
) -> list[Finding]:
    """Grades as numbers; by column."""
    made: list[Finding] = []
    for name in grades:
        values = intervals[name]
        share = share_of_mass(units.get(name, ""))
        zero = (values == 0) & bool(values.isna().any())
        made += found("negative_grade", "interval", intervals, values < 0, name)
        made += found("zero_grade", "interval", intervals, zero, name)
        made += found("blank_grade", "interval", intervals, values.isna(), name)
        made += found("mixed_units", "interval", intervals, _other_unit(intervals, name), name)
        if share is not None:
            over = values * share > 1 + 1e-9
            made += found("impossible_grade", "interval", intervals, over, name)
    return made


def _repeated(frame: pd.DataFrame, names: list[str]) -> pd.Series:
    return frame.duplicated(names, keep=False) & frame[names].notna().all(axis=1)


def _orphans(table: str, frame: pd.DataFrame, collars: pd.DataFrame) -> list[Finding]:
    alone = frame["hole"].notna() & ~frame["hole"].isin(collars["hole"])
    return found("without_collar", table, frame, alone)


def _near(collars: pd.DataFrame) -> npt.NDArray[np.bool_]:
    known = np.flatnonzero(collars[["x", "y"]].notna().all(axis=1))
    places = collars[["x", "y"]].to_numpy(float)[known]
    near = np.zeros(len(collars), bool)
    if len(places) > 1:
        near[known[np.unique(cKDTree(places).query_pairs(NEAR, output_type="ndarray"))]] = True
    return near


def _differing(surveys: pd.DataFrame) -> pd.Series:
    """Stations at a depth that has another orientation too."""
    twice = _repeated(surveys, ["hole", "depth"])
    return twice & ~surveys.duplicated(_STATION, keep=False)


def _bends(surveys: pd.DataFrame) -> list[Finding]:
    """How far holes turn from each station to the next."""
    tangents = direction(surveys["azimuth"].to_numpy(), surveys["dip"].to_numpy())
    hole, depth = surveys["hole"].to_numpy(), surveys["depth"].to_numpy(float)
    turn, step = np.zeros(len(surveys)), np.full(len(surveys), np.inf)
    if len(surveys) > 1:
        turn[:-1] = np.where(hole[1:] == hole[:-1], bend(tangents[:-1], tangents[1:]), 0.0)
        step[:-1] = np.diff(depth)
    back = turn > np.pi - REVERSED
    sharp = (np.degrees(turn) > SHARP * step * (1 + 1e-9)) & (step > 0) & ~back
    return [
        *found("reversal", "survey", surveys, pd.Series(back & (step > 0))),
        *found("sharp_bend", "survey", surveys, pd.Series(sharp)),
    ]


def _other_lengths(intervals: pd.DataFrame, collars: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Holes whose last interval ends where it would if one of the tables were in feet."""
    last = collars["hole"].map(intervals.groupby("hole")["to"].max())
    ratio = last / collars["end"]
    feet, metres = (abs(ratio * one - 1) < HOW_NEAR for one in (FOOT, 1 / FOOT))
    return np.asarray(feet | metres, bool)


def _other_unit(intervals: pd.DataFrame, name: str) -> pd.Series:
    """Positive grades of holes whose median lies far from the median hole's."""
    positive = intervals[name].where(intervals[name] > 0)
    by_hole = positive.groupby(intervals["hole"]).transform("median")
    usual = positive.groupby(intervals["hole"]).median().dropna().sort_values()
    if usual.empty:
        return pd.Series(False, index=intervals.index)
    ratio = by_hole / usual.iloc[(len(usual) - 1) // 2]
    far: pd.Series = (ratio > OTHER_UNIT) | (ratio < 1 / OTHER_UNIT)
    return positive.notna() & far
