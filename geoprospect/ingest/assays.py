"""Columns of assays as numbers: detection limits, missing codes, text that should not be there."""

from __future__ import annotations

import logging
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, listing

log = logging.getLogger("geoprospect.ingest")

Negative = Literal["value", "below_limit"]
BelowLimit = Literal["half", "sqrt2", "limit", "missing"]
Numbers = npt.NDArray[np.float64]
Signs = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]

STAND_INS = {"half": 0.5, "sqrt2": 1 / math.sqrt(2), "limit": 1.0, "missing": math.nan}
SAID = {
    "half": "half the limit stands in for them",
    "sqrt2": "the limit divided by the square root of 2 stands in for them",
    "limit": "the limit stands in for them",
    "missing": "they are taken as missing",
}
SIGNS = {"<": "<", "≤": "<", ">": ">", "≥": ">", " ": ""}
NUMBER = re.compile(
    r"(?P<sign><=?|>=?|≤|≥)?\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\Z"
)
SHOWN = 5


@dataclass(frozen=True)
class Rules:
    """How the values of a table are to be understood; *where* names it in messages."""

    where: str
    missing: Sequence[float | str]
    negative: Negative
    below_limit: BelowLimit


def numbers(frame: pd.DataFrame, rules: Rules, *, text: Sequence[str]) -> pd.DataFrame:
    """
    The table with its numeric columns as float64 and companions ``<name>_censored``.

    Columns of which at most half of the values are numbers, and those named in
    *text*, stay as they are.

    Raises
    ------
    DataError
        If text stands among numbers; all such columns are listed, with their
        first rows.
    """
    columns: dict[str, pd.Series] = {}
    problems: list[str] = []
    for name in frame.columns:
        column = _without(frame[name], rules.missing)
        values, sign = _parsed(column)
        odd = np.isnan(values) & column.notna().to_numpy()
        if name in text or column.dtype.kind in "bMm" or (~np.isnan(values)).sum() <= odd.sum():
            columns[name] = column
        elif odd.any():
            problems.append(_told(name, column, odd))
        else:
            columns |= _assay(name, values, sign, rules, frame)
    if problems:
        raise DataError(
            listing(f"{rules.where} has text in numeric columns:", problems)
            + "\nCorrect the values, name their code in missing, or name the column in text."
        )
    return pd.DataFrame(columns, index=frame.index)


def _without(column: pd.Series, missing: Sequence[float | str]) -> pd.Series:
    """The column without blanks and without the missing codes that are texts."""
    if column.dtype.kind in "bMmiuf":
        return column
    stripped = column.map(lambda value: value.strip() if isinstance(value, str) else value)
    return stripped.where(~stripped.isin(["", *(str(code) for code in missing)]))


def _parsed(column: pd.Series) -> tuple[Numbers, Signs]:
    """Values, NaN where they are no numbers, and the sign (< or >) that stood before them."""
    signs = np.full(len(column), "", dtype="U1")
    plain = pd.to_numeric(column, errors="coerce") if column.dtype.kind not in "iuf" else column
    values = plain.to_numpy("float64", na_value=np.nan, copy=True)
    values[np.isinf(values)] = np.nan
    for i in np.flatnonzero(np.isnan(values) & column.notna().to_numpy()):
        found = NUMBER.match(unicodedata.normalize("NFKC", str(column.iloc[i])).strip().lower())
        if found:
            values[i] = float(found["number"])
            signs[i] = SIGNS[(found["sign"] or " ")[0]]
    return values, signs


def _assay(
    name: str, values: Numbers, sign: Signs, rules: Rules, frame: pd.DataFrame
) -> dict[str, pd.Series]:
    """A numeric column, and its companion where some of its values are censored."""
    codes = [float(code) for code in rules.missing if not isinstance(code, str)]
    values = np.where(np.isin(values, codes), np.nan, values)
    above, below = sign == ">", sign == "<"
    if rules.negative == "below_limit":
        below |= values < 0
        values = np.abs(values)
    limits = np.where(below, values * STAND_INS[rules.below_limit], values)
    made = {name: pd.Series(limits, index=frame.index)}
    if not (above | below).any():
        return made
    if f"{name}_censored" in frame.columns:
        raise DataError(
            f"{rules.where} already has a column '{name}_censored', which is where censored "
            f"values of {name!r} are to be marked; rename it"
        )
    _say_censored(name, below, above, int((~np.isnan(values)).sum()), rules)
    return made | {f"{name}_censored": pd.Series(below | above, index=frame.index)}


def _say_censored(name: str, below: Flags, above: Flags, measured: int, rules: Rules) -> None:
    if below.any():
        log.info(
            "%s: %s has %d of %d values (%.0f %%) below the detection limit; %s.",
            rules.where,
            name,
            below.sum(),
            measured,
            100 * below.sum() / measured,
            SAID[rules.below_limit],
        )
    if above.any():
        log.warning(
            "%s: %s has %d of %d values above its upper limit; the limit stands in for them.",
            rules.where,
            name,
            above.sum(),
            measured,
        )


def _told(name: str, column: pd.Series, odd: Flags) -> str:
    rows = np.flatnonzero(odd)
    shown = ", ".join(f"row {column.index[i] + 2}: {column.iloc[i]!r}" for i in rows[:SHOWN])
    return f"column {name!r}: {len(rows)} of {len(column)} values ({shown})"
