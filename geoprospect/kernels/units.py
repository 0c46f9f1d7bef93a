"""Units of concentration, as tables write them, and what they are as a share of mass."""

from __future__ import annotations

import re
import unicodedata

PERCENT, PPM, PPB, PPT, SHARE = "%", "ug g-1", "ng g-1", "pg g-1", "1"

FACTORS = {SHARE: 1.0, PERCENT: 1e-2, PPM: 1e-6, PPB: 1e-9, PPT: 1e-12}
"""Share of mass that one of each unit is."""

SPELLINGS = {
    SHARE: ("1", "g/g", "kg/kg", "fraction"),
    PERCENT: ("%", "pct", "percent", "wt%", "wtpct", "wt.%", "10-2", "1e-2", "g/100g"),
    PPM: ("ppm", "ug/g", "mg/kg", "g/t", "10-6", "1e-6", "e-6", "mcg/g", "gpt", "g/tonne"),
    PPB: ("ppb", "ng/g", "ug/kg", "mg/t", "10-9", "1e-9", "e-9"),
    PPT: ("pg/g", "ng/kg", "ug/t", "10-12", "1e-12"),
}
KNOWN = {spelling: unit for unit, spellings in SPELLINGS.items() for spelling in spellings}


def concentration(text: str) -> str | None:
    """The unit of concentration that *text* spells, as UDUNITS has it; None if it is none."""
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("\u03bc", "u")
    plain = plain.replace("\u2212", "-").replace("\u00d7", "x").removeprefix("x")
    plain = re.sub(r"\s*([/.^*\u00b7])\s*", r"\1", plain).replace("^", "")
    plain = re.sub(r"^([a-z]+)[ .*\u00b7]([a-z]+)-1$", r"\1/\2", plain)
    return KNOWN.get(re.sub(r"\s", "", plain))


def share_of_mass(unit: str) -> float | None:
    """The share of mass that one of *unit* is; None for what is no concentration."""
    known = concentration(unit)
    return None if known is None else FACTORS[known]
