"""What names of geological time mean in years: English, Chinese and the codes of maps."""

from __future__ import annotations

import csv
import functools
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources

Span = tuple[float, float]
"""Oldest and youngest age [Ma]."""

POSITIONS = {
    "early": "lower",
    "lower": "lower",
    "mid": "middle",
    "middle": "middle",
    "late": "upper",
    "upper": "upper",
}
CHINESE_POSITIONS = str.maketrans("早晚", "下上")
CHINESE_RANKS = str.maketrans("纪世代宙期", "系统界宇阶")
"""Words for time, turned into those for the rocks of that time, as the chart has them."""

SPELLINGS = {
    "palaeo": "paleo",
    "archaean": "archean",
    "cainozoic": "cenozoic",
    "kainozoic": "cenozoic",
}
PAIRED = {
    "cambro-": "cambrian ",
    "siluro-": "silurian ",
    "devono-": "devonian ",
    "permo-": "permian ",
    "triasso-": "triassic ",
}
"""First halves of joined names: Permo-Triassic."""

CAMBRIAN = str.maketrans(dict.fromkeys("ЄєƐꞒ€∊", "∈"))
TOGETHER = r"\s*(?:-|to|and|or|/|,|&)\s*"


@dataclass(frozen=True)
class Chart:
    """The chart: bounds by English name, by Chinese name and by code."""

    english: dict[str, Span]
    chinese: dict[str, Span]
    codes: dict[str, Span]


@functools.cache
def chart() -> Chart:
    """The chart that comes with the package."""
    text = resources.files("geoprospect.features").joinpath("time_chart.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = Chart({}, {}, {})
    for row in csv.DictReader(lines):
        span = (float(row["oldest"]), float(row["youngest"]))
        for key, names in (
            ("name", found.english),
            ("chinese", found.chinese),
            ("code", found.codes),
        ):
            names.update({name.lower() if key == "name" else name: span
                          for name in row[key].split(";") if name})  # fmt: skip
    return found


def span(text: str) -> Span | None:
    """
    Oldest and youngest age that a name of geological time speaks of [Ma].

    Takes ages (``295 Ma``, ``260-250 Ma``), names (``Late Permian``, ``上二叠统``), several of
    them (their ages together), and codes of maps (``P2``, ``T3x``, ``J2-3``). None where nothing
    is understood. Of a unit and a part of it, the part counts.
    """
    plain = unicodedata.normalize("NFKC", text).translate(CAMBRIAN)
    plain = re.sub(r"[?？_\s]+", " ", re.sub(r"[–—−~～至]", "-", plain)).strip()
    for reader in (_stated, _coded, _in_chinese, _in_english):
        found = reader(plain)
        found = [one for one in found if not any(_holds(one, other) for other in found)]
        if found:
            return max(old for old, _ in found), min(young for _, young in found)
    return None


def _holds(one: Span, other: Span) -> bool:
    """Whether one span has another inside it: Late Devonian (Frasnian) is Frasnian."""
    return one != other and one[0] >= other[0] and one[1] <= other[1]


def _stated(text: str) -> list[Span]:
    """Ages in figures."""
    number = r"(\d+(?:\.\d+)?)(?:\s*±\s*\d+(?:\.\d+)?)?"
    match = re.fullmatch(rf"{number}(?:\s*-\s*{number})?\s*(Ma|Ga|百万年)", text, re.IGNORECASE)
    if not match:
        return []
    unit = 1000.0 if match[3].lower() == "ga" else 1.0
    return [(float(age) * unit, float(age) * unit) for age in match.groups()[:2] if age]


def _coded(text: str) -> list[Span]:
    """Codes of maps: a letter or two, the part's number, a formation's letter or a rock's Greek."""
    codes, found, letters = chart().codes, [], ""
    known = sorted({code.rstrip("0123456789") for code in codes}, key=len, reverse=True)
    of_part = re.compile(rf"[α-ωΑ-Ω]*({'|'.join(known)})?(\d?)(\d?(?:[a-zα-ω][A-Za-z0-9α-ω]*)?)")
    plain = re.sub(r"(?<=\d)(?=[A-Z∈])", "-", text.replace(" ", ""))
    for part in re.split(r"[-+/,]", plain):
        match = of_part.fullmatch(part)
        if not match or not (match[1] or letters):
            return []
        letters, number, rest = match[1] or letters, match[2], match[3]
        if not match[1] and not number:
            return []
        if rest.isascii() and rest and not number and letters not in {"Q", "Qp", "Qh"}:
            return []
        parted = any(code != letters and code.rstrip("0123456789") == letters for code in codes)
        place = codes.get(letters + number if number and parted else letters)
        if place is None:
            return []
        found.append(place)
    return found


@functools.cache
def _chinese() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Patterns: all names; a system with its part behind it; several parts before a name."""
    names = sorted(chart().chinese, key=len, reverse=True)
    stems = sorted({name[1:-1] for name in names if name[0] in "上中下" and len(name) > 3})
    systems = [name[:-1] for name in names if name.endswith("系") and name[0] not in "上下"]
    several = rf"([上中下])[-、/和及与]?([上中下])({'|'.join(stems)})(统|界)"
    behind = rf"({'|'.join(systems)})系([上中下])统"
    return re.compile("|".join(names)), re.compile(behind), re.compile(several)


def _in_chinese(text: str) -> list[Span]:
    names, behind, several = _chinese()
    plain = text.replace(" ", "").translate(CHINESE_RANKS).translate(CHINESE_POSITIONS)
    plain = several.sub(r"\1\3\4、\2\3\4", behind.sub(r"\2\1统", plain))
    known = chart().chinese
    if "前" in plain.replace("前寒武", ""):
        return []
    for rank in ("系", "统", "界", "宇"):
        parts = [
            part if part in known else part + rank for part in re.split(r"[-、/和及与]", plain)
        ]
        if all(part in known for part in parts):
            return [known[part] for part in parts]
    return [known[name] for name in names.findall(plain)]


@functools.cache
def _english() -> re.Pattern[str]:
    """Names with the words for their parts before them."""
    names = sorted(chart().english, key=len, reverse=True)
    plain = [re.escape(name) for name in names if name.split()[0] not in POSITIONS]
    place = rf"(?:({'|'.join(POSITIONS)})\b[\s-]*)"
    return re.compile(rf"\b{place}?(?:{TOGETHER}{place})?({'|'.join(plain)})\b")


def _in_english(text: str) -> list[Span]:
    plain = text.lower()
    for spelling, usual in (SPELLINGS | PAIRED).items():
        plain = plain.replace(spelling, usual)
    plain = plain.replace("pre-cambrian", "precambrian")
    if re.search(r"\b(?:pre|post|sub|supra)-(?!\s)|\bnot\b", plain):
        return []
    known, found = chart().english, []
    for match in _english().finditer(plain):
        unit = match[3]
        parts = [POSITIONS[place] for place in match.groups()[:2] if place]
        found += [known.get(f"{part} {unit}", known[unit]) for part in parts] or [known[unit]]
    return found
