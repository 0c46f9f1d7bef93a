"""Columns of assays as numbers: detection limits, missing codes, text that should not be there."""

from __future__ import annotations

import logging
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, listing
from geoprospect.ingest.limits import (
    FlagMeaning,
    Flags,
    Numbers,
    coded,
    flag_columns,
    meanings,
    stated_limits,
)
from geoprospect.language import marked

log = logging.getLogger("geoprospect.ingest")

Negative = Literal["value", "below_limit"]
BelowLimit = Literal["half", "sqrt2", "limit", "missing"]
Signs = npt.NDArray[np.str_]

COMPANIONS = ("censored", "below_limit", "above_limit")
"""Columns that go with one some of whose values are censored, as <name>_censored."""

STAND_INS = {"half": 0.5, "sqrt2": 1 / math.sqrt(2), "limit": 1.0, "missing": math.nan}
SAID = {
    "half": marked("half the limit stands in for them"),
    "sqrt2": marked("the limit divided by the square root of 2 stands in for them"),
    "limit": marked("the limit stands in for them"),
    "missing": marked("they are taken as missing"),
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
    flags: Mapping[str, str] | str = field(default_factory=dict)
    flag_codes: Mapping[str, FlagMeaning] = field(default_factory=dict)
    limits: Mapping[str, float | str] = field(default_factory=dict)
    below: Sequence[float | str] = ()


@dataclass(frozen=True)
class Marks:
    """Of one column: what its flags mean (else None), its stated limits, its codes for below."""

    flags: pd.Series | None
    limits: Numbers
    coded: Flags


def numbers(frame: pd.DataFrame, rules: Rules, *, text: Sequence[str]) -> pd.DataFrame:
    """
    The table with its numeric columns as float64 and companions of censored ones.

    ``<name>_censored`` says which values are censored, ``<name>_below_limit`` and
    ``<name>_above_limit`` by which limit (NaN where measured). Columns of which at
    most half of the values are numbers, and those named in *text*, stay as they are.

    Raises
    ------
    DataError
        If text stands among numbers, a flag is not known, or a value is marked as
        below a limit that is nowhere stated; all such columns are listed.
    """
    flags = meanings(
        frame, flag_columns(frame, rules.flags, rules.where), rules.flag_codes, rules.where
    ) if rules.flags else {}  # fmt: skip
    stated = stated_limits(frame, rules.limits, rules.missing, rules.where)
    columns: dict[str, pd.Series] = {}
    problems: list[str] = []
    for name in frame.columns:
        column = _without(frame[name], rules.missing)
        values, sign = _parsed(column)
        below = coded(column, values, rules.below) & (name in stated)
        odd = np.isnan(values) & column.notna().to_numpy() & ~below
        held = (~np.isnan(values) | below).sum()
        if name in text or column.dtype.kind in "bMm" or held <= odd.sum():
            columns[name] = column
        elif odd.any():
            problems.append(_told(name, column, odd))
        else:
            limits = stated.get(name, np.full(len(frame), np.nan))
            marks = Marks(flags.get(name), limits, below)
            columns |= _assay(name, values, sign, marks, rules, frame)
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
    name: str, values: Numbers, sign: Signs, marks: Marks, rules: Rules, frame: pd.DataFrame
) -> dict[str, pd.Series]:
    """A numeric column, and its companions where some of its values are censored."""
    codes = [float(code) for code in rules.missing if not isinstance(code, str)]
    values = np.where(np.isin(values, codes), np.nan, values)
    below, above, values = _censored(values, sign, marks, rules)
    bounds = _limits(name, values, below, marks, rules)
    stand_ins = np.where(below, bounds * STAND_INS[rules.below_limit], values)
    made = {name: pd.Series(stand_ins, index=frame.index)}
    if not (above | below).any():
        return made
    _check_companions(name, rules, frame)
    _say_censored(name, bounds, values, above, rules)
    made[f"{name}_censored"] = pd.Series(below | above, index=frame.index)
    if below.any():
        made[f"{name}_below_limit"] = pd.Series(bounds, index=frame.index)
    if above.any():
        limits = np.where(above, values, np.nan)
        made[f"{name}_above_limit"] = pd.Series(limits, index=frame.index)
    return made


def _censored(
    values: Numbers, sign: Signs, marks: Marks, rules: Rules
) -> tuple[Flags, Flags, Numbers]:
    """Which values lie below a limit, which above one, and the values without marks."""
    above, below = sign == ">", (sign == "<") | marks.coded
    values = np.where(marks.coded, np.nan, values)
    if rules.negative == "below_limit":
        below = below | (values < 0)
        values = np.abs(values)
    if marks.flags is not None:
        meant = marks.flags.to_numpy()
        below, above = below | (meant == "below"), above | (meant == "above")
        values = np.where(meant == "missing", np.nan, values)
        values = np.where((meant == "below") | (meant == "above"), np.abs(values), values)
        unknown = np.isnan(values)
        above = above & ~unknown
        below = below & ~((meant == "missing") | (above & unknown))
    return below, above & ~below, values


def _limits(name: str, values: Numbers, below: Flags, marks: Marks, rules: Rules) -> Numbers:
    """The limit below which a value lies: of flagged ones as stated, else as written; else NaN."""
    written = np.where(values == 0, np.nan, values)
    flagged = np.zeros(len(values), bool) if marks.flags is None else marks.flags == "below"
    by_row = np.where(flagged & ~np.isnan(marks.limits), marks.limits, written)
    bounds = np.where(below, np.where(np.isnan(by_row), marks.limits, by_row), np.nan)
    lost = int((below & np.isnan(bounds)).sum())
    if lost:
        raise DataError(
            f"{rules.where}: column {name!r} has {lost} values marked as below a limit that is "
            f"nowhere stated; state it, limits: {{{name}: 0.5}}, or the column that holds it"
        )
    return bounds


def _check_companions(name: str, rules: Rules, frame: pd.DataFrame) -> None:
    for companion in COMPANIONS:
        if f"{name}_{companion}" in frame.columns:
            raise DataError(
                f"{rules.where} already has a column '{name}_{companion}', which is where censored "
                f"values of {name!r} are to be marked; rename it"
            )


def _say_censored(name: str, bounds: Numbers, values: Numbers, above: Flags, rules: Rules) -> None:
    below = ~np.isnan(bounds)
    held = int((~np.isnan(values) | below).sum())
    if below.any():
        limits = np.unique(bounds[below])
        several = f" ({len(limits)} limits, {limits[0]:g} to {limits[-1]:g})"
        log.info(
            "%s: %s has %d of %d values (%.0f %%) below the detection limit%s; %s.",
            rules.where,
            name,
            below.sum(),
            held,
            100 * below.sum() / held,
            several if len(limits) > 1 else "",
            SAID[rules.below_limit],
        )
    if above.any():
        log.warning(
            "%s: %s has %d of %d values above its upper limit; the limit stands in for them.",
            rules.where,
            name,
            above.sum(),
            held,
        )


def _told(name: str, column: pd.Series, odd: Flags) -> str:
    rows = np.flatnonzero(odd)
    shown = ", ".join(f"row {column.index[i] + 2}: {column.iloc[i]!r}" for i in rows[:SHOWN])
    return f"column {name!r}: {len(rows)} of {len(column)} values ({shown})"
