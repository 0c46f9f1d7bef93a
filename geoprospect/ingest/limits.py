"""Which values lie below or above a limit where other columns or codes say so, and which limit."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean, listing

FlagMeaning = Literal["below", "above", "measured", "missing"]
LOWEST = "lowest"
"""As a limit: the lowest number above zero that the column holds."""

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def flag_columns(frame: pd.DataFrame, flags: Mapping[str, str] | str, where: str) -> dict[str, str]:
    """For each flagged column the one that holds its flags: as stated, or by a pattern (*_flag)."""
    names = [str(name) for name in frame.columns]
    if not isinstance(flags, str):
        pairs = dict(flags)
        for name in [*pairs, *pairs.values()]:
            if name not in names:
                raise DataError(
                    f"{where} has no column {name!r}, stated as flags{did_you_mean(name, names)}"
                )
        return pairs
    if flags.count("*") != 1:
        raise DataError(
            f"flags {flags!r} should hold one *, which stands for a column's name, as in '*_flag'"
        )
    pairs = {name: flags.replace("*", name) for name in names}
    found = {name: flag for name, flag in pairs.items() if flag in names}
    if not found:
        raise DataError(
            f"{where}: no column is called after another as {flags!r} says; its columns: "
            + ", ".join(names)
        )
    return found


def meanings(
    frame: pd.DataFrame, columns: Mapping[str, str], codes: Mapping[str, FlagMeaning], where: str
) -> dict[str, pd.Series]:
    """For each flagged column what its flags mean, row by row; blank means measured."""
    known = {_plain(code): meaning for code, meaning in codes.items()}
    told: dict[str, pd.Series] = {}
    problems: list[str] = []
    for name, flag in columns.items():
        texts = frame[flag].map(_plain)
        meant = texts.map({"": "measured", **known})
        odd = texts[meant.isna()].value_counts()
        if not odd.empty:
            shown = ", ".join(f"{code!r} ({count})" for code, count in odd.head(5).items())
            problems.append(f"column {flag!r}: {shown}")
        told[name] = meant
    if problems:
        raise DataError(
            listing(f"{where} has flags that are not known:", problems)
            + "\nSay what they mean, for example flag_codes: {'<': below, L: below, G: above, "
            "E: measured}."
        )
    return told


def stated_limits(
    frame: pd.DataFrame,
    limits: Mapping[str, float | str],
    missing: Sequence[float | str],
    where: str,
) -> dict[str, Numbers]:
    """For each column its limit, row by row: one number, those of another column, or its lowest."""
    names = [str(name) for name in frame.columns]
    found: dict[str, Numbers] = {}
    for name, limit in limits.items():
        if limit == LOWEST and LOWEST not in names and name in names:
            found[name] = np.full(len(frame), lowest(frame[name], missing))
            continue
        for one in (name, limit):
            if isinstance(one, str) and one not in names:
                raise DataError(
                    f"{where} has no column {one!r}, stated as limits{did_you_mean(one, names)}"
                )
        values = (
            pd.to_numeric(frame[limit], errors="coerce").to_numpy("float64", na_value=np.nan)
            if isinstance(limit, str)
            else np.full(len(frame), float(limit))
        )
        if not (np.nan_to_num(values, nan=1.0) > 0).all():
            raise DataError(f"{where}: the limit of {name!r} is not above zero; correct limits")
        found[name] = values
    return found


def lowest(column: pd.Series, missing: Sequence[float | str]) -> float:
    """The lowest number above zero in a column, whatever sign stands before it."""
    texts = column.map(_plain).str.lstrip("<>=≤≥-− ")
    codes = {abs(float(code)) for code in missing if not isinstance(code, str)}
    sizes = pd.to_numeric(texts, errors="coerce").to_numpy("float64", na_value=np.nan)
    sizes = sizes[(sizes > 0) & ~np.isin(sizes, list(codes))]
    return float(sizes.min()) if sizes.size else np.nan


def coded(column: pd.Series, values: Numbers, codes: Sequence[float | str]) -> Flags:
    """Where a column holds a code for: below its limit."""
    if not codes:
        return np.zeros(len(column), bool)
    texts = [_plain(code) for code in codes if isinstance(code, str)]
    numbers = [float(code) for code in codes if not isinstance(code, str)]
    is_text = (
        np.zeros(len(column), bool)
        if column.dtype.kind in "bMmiuf"
        else column.map(_plain).isin(texts).to_numpy(bool)
    )
    return np.asarray(is_text | np.isin(values, numbers))


def _plain(code: Any) -> str:
    """A code without blanks about it, full-width signs made plain; a missing one is empty."""
    return "" if pd.isna(code) else unicodedata.normalize("NFKC", str(code)).strip()
