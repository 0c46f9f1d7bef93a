"""Drill holes: collars, surveys and assays, checked against each other and in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd
import pyproj

from geoprospect.errors import DataError, listing
from geoprospect.ingest import drill_checks, headers
from geoprospect.ingest.assays import BelowLimit, Negative, Rules
from geoprospect.ingest.drill_findings import Finding, as_table, raise_severe, say
from geoprospect.ingest.drill_parsing import (
    collars_of,
    downwards,
    ended,
    graded,
    lengths_of,
    moved_to_ends,
    surveys_of,
)
from geoprospect.ingest.drill_tables import raw
from geoprospect.ingest.points import check_place
from geoprospect.ingest.reference import crs_of, named
from geoprospect.storage import Location

Unit = Literal["m", "ft", "us-ft"]

METRES = {"m": 1.0, "ft": 0.3048, "us-ft": 1200 / 3937}
"""What one of each unit of length is [m]."""
TABLES = ("collar", "survey", "interval")
ROLES = {
    "collar": ("hole", "x", "y", "z", "end"),
    "survey": ("hole", "depth", "azimuth", "dip"),
    "interval": ("hole", "from", "to"),
}
OPTIONAL = ("end",)


@dataclass(frozen=True, eq=False)
class DrillHoles:
    """
    Holes that can be placed, in metres, and what was found on the way.

    ``collars`` are points with ``hole``, ``x``, ``y``, ``z`` and ``end``, the length of the hole
    [m]. ``surveys`` have ``hole``, ``depth`` [m], ``azimuth`` clockwise from the north of the
    coordinates and ``dip``, negative down [degrees], hole by hole and downwards. ``intervals``
    have ``hole``, ``from``, ``to`` [m], grades in ``units``, and what else the table had.
    ``row`` is where each stands in its file. ``findings`` are warnings.
    """

    collars: gpd.GeoDataFrame
    surveys: pd.DataFrame
    intervals: pd.DataFrame
    units: dict[str, str]
    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> pd.DataFrame:
        """``code``, ``table``, ``rows``, ``count`` and ``told``, one row for each finding."""
        return as_table(self.findings)


def drillholes(
    *,
    collar: Location,
    survey: Location,
    interval: Location,
    collar_columns: dict[str, str],
    survey_columns: dict[str, str],
    interval_columns: dict[str, str],
    grades: list[str],
    unit: Unit,
    dip_down: Literal["negative", "positive"],
    crs: str | None = None,
    units: dict[str, str] = {},  # noqa: B006  (never changed; the schema shows it)
    upward: bool = False,
    end_codes: list[float] = [],  # noqa: B006
    missing: list[float | str] = [],  # noqa: B006
    negative: Negative = "value",
    below_limit: BelowLimit = "half",
    zeros: Literal["value", "missing"] = "value",
    blanks: Literal["unknown", "zero"] = "unknown",
    tolerance: float = 0.5,
    parts: dict[str, str] = {},  # noqa: B006
    encoding: str | None = None,
) -> DrillHoles:
    """
    Collars, surveys and assays of drill holes, checked and in metres.

    A grade in the wrong place makes ore where there is none. Errors in drill data are
    common, and most show when the three tables are held against each other; all are listed
    with their rows before anything is computed. What is only odd is kept, and said.

    Parameters
    ----------
    collar, survey, interval : Path or URL
        CSV, Excel, Parquet or GeoPackage; they may be the sheets of one workbook.
    collar_columns : dict of role to column
        ``hole``, ``x``, ``y``, ``z``, and ``end``, the length of the hole, if it is there.
    survey_columns : dict of role to column
        ``hole``, ``depth``, ``azimuth`` and ``dip``.
    interval_columns : dict of role to column
        ``hole``, ``from`` and ``to``.
    grades : list of str
        Columns of the intervals that are numbers; others, such as codes of rock, are kept
        as they are.
    unit : {"m", "ft", "us-ft"}
        Of depths and elevations, and without *crs* of ``x`` and ``y``.
    dip_down : {"negative", "positive"}
        The sign that a dip below the horizontal has in the table.
    crs : str, optional
        Projected CRS in metres that ``x`` and ``y`` are in; none for a mine's own grid.
    units : dict of str
        Units by grade, for headers that do not name one.
    upward : bool
        Whether most holes may go up, as from underground.
    end_codes : list of float
        Depths in surveys, as written, that stand for the end of the hole.
    missing : list
        Numbers and texts that mean: not measured.
    negative : {"value", "below_limit"}
        Whether -0.5 means below a limit of 0.5.
    below_limit : {"half", "sqrt2", "limit", "missing"}
        What stands in for a grade below its limit, as :func:`geoprospect.ingest.table.table`
        has it, with the same companion columns.
    zeros : {"value", "missing"}
        What a grade of 0 means.
    blanks : {"unknown", "zero"}
        What a blank grade means: not assayed, or left out because barren.
    tolerance : float
        How far an interval may end below the end of its hole [m].
    parts : dict of table to sheet or layer
        Such as ``{collar: 孔口}``.
    encoding : str, optional
        Of CSV files; else UTF-8 and GBK are told apart.

    Returns
    -------
    DrillHoles

    Raises
    ------
    MissingFileError
        If a file is not there.
    DataError
        If a file cannot be read, columns are missing, a grade has no unit, the CRS is not
        projected in metres, or the tables contradict each other; then all that is wrong is
        listed with its rows.
    """
    columns = (collar_columns, survey_columns, interval_columns)
    files = dict(zip(TABLES, (collar, survey, interval), strict=True))
    _check_roles(dict(zip(TABLES, columns, strict=True)), parts)
    reference = None if crs is None else _projected(crs, str(collar))
    units = _units(grades, units, str(interval))
    tables = {
        table: raw(files[table], part=parts.get(table), encoding=encoding, roles=roles,
                   also=grades if table == "interval" else ())
        for table, roles in zip(TABLES, columns, strict=True)
    }  # fmt: skip
    scale = METRES[unit]
    collars = collars_of(tables["collar"], missing, scale, scale if crs is None else 1.0)
    surveys = surveys_of(tables["survey"], missing, scale, dip_down)
    intervals = lengths_of(tables["interval"], ("from", "to"), missing, scale)
    rules = Rules(str(interval), missing, negative, below_limit)
    intervals, read = graded(intervals, grades, rules, zeros, blanks)
    intervals = downwards(intervals, "from")
    collars, lengths = ended(collars, intervals)
    surveys, moved = moved_to_ends(surveys, collars, [code * scale for code in end_codes])
    findings = [
        *read, *lengths, *moved,
        *drill_checks.of_collars(collars),
        *drill_checks.of_surveys(surveys, collars, upward=upward),
        *drill_checks.of_intervals(intervals, collars, tolerance=tolerance),
        *drill_checks.of_grades(intervals, grades, units),
    ]  # fmt: skip
    raise_severe(findings, str(collar))
    say(findings, {table: str(path) for table, path in files.items()})
    return _placed(collars, surveys, intervals, units, findings, reference)


def _placed(
    collars: pd.DataFrame,
    surveys: pd.DataFrame,
    intervals: pd.DataFrame,
    units: dict[str, str],
    findings: Sequence[Finding],
    reference: pyproj.CRS | None,
) -> DrillHoles:
    """What is left when stations count once and holes without any are left out."""
    surveys = surveys.assign(azimuth=surveys["azimuth"] % 360).drop_duplicates(["hole", "depth"])
    collars = collars[collars["hole"].isin(surveys["hole"])].reset_index(drop=True)
    points = gpd.points_from_xy(collars["x"], collars["y"], collars["z"])
    made = gpd.GeoDataFrame(collars, geometry=points, crs=reference)
    if reference is not None:
        check_place(made, "the collars of drill holes")
    intervals = intervals[intervals["hole"].isin(made["hole"])].reset_index(drop=True)
    return DrillHoles(made, surveys.reset_index(drop=True), intervals, units, tuple(findings))


def _check_roles(columns: dict[str, dict[str, str]], parts: dict[str, str]) -> None:
    problems = [f"parts names {name!r}, which is no table" for name in parts if name not in TABLES]
    for table, named_ones in columns.items():
        lost = [role for role in ROLES[table] if role not in {*named_ones, *OPTIONAL}]
        odd = [role for role in named_ones if role not in ROLES[table]]
        problems += [f"{table}_columns does not say which column is {role!r}" for role in lost]
        problems += [f"{table}_columns names {role!r}, which is no role" for role in odd]
    if problems:
        raise DataError(listing("columns of drill holes are not stated rightly:", problems))


def _projected(crs: str, where: str) -> pyproj.CRS:
    reference = crs_of(crs, None, where)
    if not reference.is_projected or {axis.unit_name for axis in reference.axis_info} != {"metre"}:
        raise DataError(
            f"{where}: {named(reference)} is not projected in metres; transform the collars, or "
            "leave crs out and read x and y as a local grid in the stated unit"
        )
    return reference


def _units(grades: Sequence[str], stated: dict[str, str], where: str) -> dict[str, str]:
    from_headers = {
        name: one.unit
        for name, one in headers.recognised(grades).items()
        if one.unit and name not in stated
    }
    headers.say_units(from_headers, where)
    units = from_headers | stated
    lost = [name for name in grades if not units.get(name)]
    if lost:
        raise DataError(f"{where}: no unit is known of {', '.join(lost)}; state it in units")
    return units
