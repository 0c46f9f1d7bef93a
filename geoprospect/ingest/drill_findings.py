"""What may be wrong with tables of drill holes: each by a code, with its rows."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, listing

Flags: TypeAlias = "pd.Series[bool] | npt.NDArray[np.bool_]"

log = logging.getLogger("geoprospect.ingest")

SHOWN = 80
"""Letters of a list of rows that a log shows."""

ERRORS = {
    "no_hole": "the name of the hole is blank",
    "duplicate_hole": "the hole has two collars; rename one, or delete it",
    "null_place": "a coordinate is blank or no number",
    "without_collar": "the hole has no collar; add it, or correct the name",
    "sentinel": "a depth is longer than any hole ever drilled; correct it, or, in surveys, state "
    "the code for the end of a hole in end_codes",
    "negative_depth": "a depth is negative",
    "null_depth": "a depth is blank or no number",
    "null_orientation": "azimuth or dip is blank or no number",
    "azimuth_range": "an azimuth is not within -360 and 360 degrees",
    "dip_range": "a dip is steeper than 90 degrees",
    "swapped": "dips are steeper than 90 degrees and azimuths are not beyond it: the two look "
    "swapped; exchange them in survey_columns",
    "dip_sign": "most stations point upwards; state the other sign in dip_down, or, for holes "
    "drilled upwards, upward: true",
    "two_orientations": "a depth has two stations that differ; delete one",
    "reversal": "the hole turns back on itself from here to the next station",
    "empty_interval": "an interval does not end below where it begins",
    "overlap": "the interval begins above the end of an earlier one of its hole; correct one",
    "beyond_end": "the interval ends below the end of its hole",
    "negative_grade": "a grade is negative; name the code in missing, or state negative: "
    "below_limit",
    "impossible_grade": "a grade is more than the whole rock; check its unit in units",
}
"""What stops the reading, by code, and what to do."""

WARNINGS = {
    "near_collars": "the collar lies within a metre of another one: the same hole twice, or a "
    "wedge; both are kept",
    "off_surface": "the collar lies farther above or below the surface than is tolerated; it is "
    "kept",
    "end_from_intervals": "the length of the hole is not stated; its last interval ends it",
    "no_stations": "the hole has no survey and is left out, with its intervals",
    "no_intervals": "the hole has no intervals",
    "one_station": "the hole has one station and is taken as straight",
    "late_station": "the first station is below the collar; the hole is straight above it",
    "end_codes": "the depth stands for the end of the hole; the station is moved there, or left "
    "out where another is as deep",
    "repeated_station": "the station is there twice and counts once",
    "survey_beyond_end": "the station is below the end of its hole; it is kept",
    "azimuth_wrapped": "the azimuth is below 0 or not below 360 degrees and is turned once",
    "sharp_bend": "the hole bends by more than 10 degrees in 30 m to the next station",
    "gap": "below the interval a piece of the hole is not in the table; it is unknown",
    "long_interval": "the interval is more than twenty times as long as is usual",
    "zero_grade": "a grade is zero in a column that has blanks too; zero is taken as measured, "
    "unless zeros: missing is stated",
    "blank_grade": "a grade is blank; it is unknown, unless blanks: zero is stated",
    "zeros_missing": "a grade is zero and taken as missing, as stated",
    "blanks_zero": "a grade is blank and taken as zero, as stated",
    "mixed_units": "grades of the hole are more than 500 times those of the usual one, or less "
    "than a 500th: perhaps in another unit",
    "mixed_lengths": "intervals end at 3.28 times the length of their holes, or at 0.305: "
    "perhaps one table is in feet and another in metres",
}
"""What is said and does not stop, by code, and what was done."""


@dataclass(frozen=True)
class Finding:
    """One kind of thing in one table: its code, the rows of the file, which column if one."""

    code: str
    table: str
    rows: tuple[int, ...]
    column: str = ""

    @property
    def severe(self) -> bool:
        """Whether it stops the reading."""
        return self.code in ERRORS

    @property
    def told(self) -> str:
        """What it is, and what to do or what was done."""
        sentence = ERRORS.get(self.code) or WARNINGS[self.code]
        return f"column {self.column!r}: {sentence}" if self.column else sentence


def found(
    code: str, table: str, frame: pd.DataFrame, which: Flags, column: str = ""
) -> list[Finding]:
    """A finding, if any row of *frame* is such a one."""
    rows = frame.loc[np.asarray(which, bool), "row"]
    return [Finding(code, table, tuple(sorted(rows.tolist())), column)] if len(rows) else []


def as_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """``code``, ``table``, ``rows`` as ranges, ``count`` and ``told``, one row for each."""
    return pd.DataFrame(
        [(one.code, one.table, ranges(one.rows), len(one.rows), one.told) for one in findings],
        columns=["code", "table", "rows", "count", "told"],
    )


def raise_severe(findings: Sequence[Finding], where: str) -> None:
    """
    Raise one error that lists all that is severe, with the rows.

    Raises
    ------
    DataError
    """
    problems = [
        f"{one.table}: {one.told} [{one.code}; {len(one.rows)} rows: {ranges(one.rows)}]"
        for one in findings
        if one.severe
    ]
    if problems:
        raise DataError(listing(f"the drill holes of {where} cannot be read:", problems))


def say(findings: Sequence[Finding], files: Mapping[str, str]) -> None:
    """Log each finding with the file of its table, and its first rows."""
    for one in findings:
        rows = ranges(one.rows)
        short = rows if len(rows) <= SHOWN else rows[:SHOWN].rpartition(",")[0] + ", ..."
        log.warning(
            "%s: %s [%s; %d rows: %s].", files[one.table], one.told, one.code, len(one.rows), short
        )


def ranges(rows: Sequence[int]) -> str:
    """Whole numbers in order as text: 3-7, 9."""
    steps = enumerate(rows)
    runs = [[row for _, row in run] for _, run in itertools.groupby(steps, lambda p: p[1] - p[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
