"""Tables of drill holes as numbers: metres, dips negative down, grades, ends of holes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoprospect.errors import DataError
from geoprospect.ingest.assays import Rules, numbers
from geoprospect.ingest.drill_findings import Finding, found
from geoprospect.ingest.drill_tables import as_numbers, hole_names


def lengths_of(
    table: pd.DataFrame, names: Sequence[str], missing: Sequence[float | str], scale: float
) -> pd.DataFrame:
    """Names of holes, and columns of lengths in metres."""
    lengths = {name: as_numbers(table[name], missing) * scale for name in names}
    return table.assign(hole=hole_names(table["hole"]), **lengths)


def collars_of(
    table: pd.DataFrame, missing: Sequence[float | str], scale: float, plane: float
) -> pd.DataFrame:
    """Collars in metres; the length of a hole is NaN where it is not stated."""
    if "end" not in table:
        table = table.assign(end=np.nan)
    made = lengths_of(table, ("z", "end"), missing, scale)
    return made.assign(**{name: as_numbers(table[name], missing) * plane for name in ("x", "y")})


def surveys_of(
    table: pd.DataFrame, missing: Sequence[float | str], scale: float, dip_down: str
) -> pd.DataFrame:
    """Surveys in metres, dips negative down, hole by hole and downwards."""
    made = lengths_of(table, ("depth",), missing, scale)
    angles = {name: as_numbers(table[name], missing) for name in ("azimuth", "dip")}
    if dip_down == "positive":
        angles["dip"] = -angles["dip"]
    return downwards(made.assign(**angles)[["hole", "depth", "azimuth", "dip", "row"]], "depth")


def downwards(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Hole by hole, by that column."""
    return table.sort_values(["hole", by], kind="stable").reset_index(drop=True)


def graded(
    intervals: pd.DataFrame, grades: Sequence[str], rules: Rules, zeros: str, blanks: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Grades as numbers, with companions where some lie below a limit; what was stood in for."""
    empty = [name for name in grades if intervals[name].isna().all()]
    as_written = intervals.set_index(intervals["row"] - 2)  # so that messages name their rows
    made = numbers(as_written[[name for name in grades if name not in empty]], rules, text=[])
    made = made.reset_index(drop=True).assign(**dict.fromkeys(empty, np.nan))
    text = [name for name in grades if made[name].dtype.kind != "f"]
    if text:
        raise DataError(f"{rules.where}: grades are not numbers in most rows of {', '.join(text)}")
    findings: list[Finding] = []
    for name in grades:
        zero, blank = made[name] == 0, made[name].isna()
        if zeros == "missing":
            findings += found("zeros_missing", "interval", intervals, zero, name)
            made[name] = made[name].mask(zero)
        if blanks == "zero":
            findings += found("blanks_zero", "interval", intervals, blank, name)
            made[name] = made[name].mask(blank, 0.0)
    others = intervals.drop(columns=list(grades))
    return pd.concat([others, made], axis=1), findings


def ended(collars: pd.DataFrame, intervals: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Lengths of holes; where they are not stated their last interval ends them."""
    last = collars["hole"].map(intervals.groupby("hole")["to"].max())
    taken = collars["end"].isna() & last.notna()
    return (
        collars.assign(end=collars["end"].fillna(last)),
        found("end_from_intervals", "collar", collars, taken),
    )


def moved_to_ends(
    surveys: pd.DataFrame, collars: pd.DataFrame, codes: Sequence[float]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Stations whose depth stands for the end of the hole, at the end or left out."""
    coded = surveys["depth"].isin(codes)
    end = surveys["hole"].map(collars.drop_duplicates("hole").set_index("hole")["end"])
    deepest = surveys["depth"].mask(coded).groupby(surveys["hole"]).transform("max")
    needless = coded & (deepest >= end)
    moved = surveys.assign(depth=surveys["depth"].mask(coded & end.notna(), end))[~needless]
    return downwards(moved, "depth"), found("end_codes", "survey", surveys, coded)
