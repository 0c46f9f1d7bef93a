"""What a column's header says: which element, and in which unit."""

from __future__ import annotations

import csv
import functools
import logging
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from geoprospect.errors import DataError
from geoprospect.kernels.units import concentration

log = logging.getLogger("geoprospect.ingest")

FILLERS = re.compile("元素|含量|品位|质量分数|测定|分析|测试|结果|数据|值")
BREAKS = re.compile(r"[\s_()\[\]{}/,;:-]")
EDGES = " _()[]{}/,;:-"
GLUED = re.compile(r"(?:ppm|ppb|pct|%|10-\d)$", re.IGNORECASE)
FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+\Z")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
OTHERS = ("TFe2O3", "TFe", "FeOT", "H2Oneg", "H2Opos")
"""Analytes whose names are no formulas."""


@dataclass(frozen=True)
class Analyte:
    """What a header names: the element or oxide, and the unit if it says one."""

    name: str
    unit: str | None


@dataclass(frozen=True)
class Names:
    """The table of names: by any spelling the symbol; units of the 39-element layout."""

    symbols: dict[str, str]
    layout: dict[str, str]


@functools.cache
def names() -> Names:
    """Names of analytes, in symbols and Chinese."""
    text = resources.files("geoprospect.ingest").joinpath("elements.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    symbols, layout = {name: name for name in OTHERS}, {}
    for row in csv.DictReader(lines):
        for spelling in (row["name"], *row["chinese"].split("|")):
            symbols[spelling] = row["name"]
        if row["unit"]:
            layout[row["name"]] = row["unit"]
    return Names(symbols, layout)


def analyte(header: str) -> Analyte | None:
    """
    The element or oxide that a header names, with its unit: ``Cu(10-6)``, ``Au_ppb``, ``铜含量``.

    None for a header that names no analyte.
    """
    text = FILLERS.sub("", unicodedata.normalize("NFKC", header).replace("\u2212", "-")).strip()
    for name, unit in _splits(text):
        found = _named(name, with_unit=True)
        if found is not None:
            return Analyte(found, concentration(unit))
    found = _named(text, with_unit=False)
    return None if found is None else Analyte(found, None)


def _splits(text: str) -> Iterable[tuple[str, str]]:
    """Ways to part a header into a name and a known unit, the longest unit first."""
    for found in BREAKS.finditer(text):
        unit = text[found.start() :].strip(" _()[]{},;:").strip("/- ")
        if unit != "1" and concentration(unit) is not None:
            yield text[: found.start()], unit
    glued = GLUED.search(text)
    if glued:
        yield text[: glued.start()], glued.group()


def _named(text: str, *, with_unit: bool) -> str | None:
    """The analyte that *text* is the name of, in Latin letters, in Chinese, or in both."""
    bare = re.sub(r"^[wWω]\s*\(", "", text).strip(EDGES)
    chinese = "".join(CHINESE.findall(bare))
    latin = CHINESE.sub("", bare).strip(EDGES)
    told = {_symbol(latin, with_unit=with_unit)} if latin else set()
    told |= {names().symbols.get(chinese)} if chinese else set()
    return told.pop() if len(told) == 1 else None


def _symbol(latin: str, *, with_unit: bool) -> str | None:
    """
    The analyte with that symbol or formula.

    Without a unit beside it, a word in small letters ("as", "in") is taken for none.
    """
    known = names().symbols
    if latin in known:
        return known[latin]
    if latin.isupper() or with_unit:
        found = {name.lower(): name for name in known.values()}.get(latin.lower())
        if found is not None:
            return found
    if with_unit and FORMULA.match(latin):
        elements = re.findall(r"[A-Z][a-z]?", latin)
        return latin if all(one in known or one in ("O", "H") for one in elements) else None
    return None


def recognised(headers: Iterable[str]) -> dict[str, Analyte]:
    """The headers that name an analyte, and which."""
    found = {header: analyte(header) for header in headers}
    return {header: one for header, one in found.items() if one is not None}


def in_layout(headers: Iterable[str], where: str) -> dict[str, Analyte]:
    """
    The same, with units of the 39-element layout where a header names none.

    Raises
    ------
    DataError
        If no header names an analyte, or two name the same.
    """
    layout = names().layout
    found = {
        header: Analyte(one.name, one.unit or layout.get(one.name))
        for header, one in recognised(headers).items()
    }
    if not found:
        raise DataError(
            f"{where}: no header names an element (as Cu, 铜, Cu(10-6) or Au_ppb do), though a "
            "layout is stated; remove layout, or correct the headers"
        )
    by_name: dict[str, str] = {}
    for header, one in found.items():
        if one.name in by_name:
            raise DataError(
                f"{where}: columns {by_name[one.name]!r} and {header!r} both name {one.name}; "
                "remove one"
            )
        by_name[one.name] = header
    missing = [name for name in layout if name not in by_name]
    log.info(
        "%s: %d of the 39 elements of the 1:200 000 layout were recognised%s.",
        where,
        len(layout) - len(missing),
        f"; there is no {', '.join(missing)}" if missing else "",
    )
    return found


def say_units(units: dict[str, str], where: str) -> None:
    """Say which units were read from headers."""
    by_unit: dict[str, list[str]] = {}
    for column, unit in units.items():
        by_unit.setdefault(unit, []).append(column)
    for unit, columns in by_unit.items():
        shown = ", ".join(columns[:8]) + (", ..." if len(columns) > 8 else "")
        log.info("%s: %d columns are in %s by their headers: %s.", where, len(columns), unit, shown)
