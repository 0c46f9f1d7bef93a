"""What a file is for, by its name, its geometry and its columns: guesses, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoprospect.ingest import headers
from geoprospect.ingest.reference import degrees
from geoprospect.pipeline.folder import BLANKS, Found

PATHFINDERS = (
    "Au", "Cu", "As", "Sb", "Ag", "Pb", "Zn", "Mo", "Bi", "W", "Sn", "Hg", "Ni", "Co", "Li", "Be",
    "U", "Th", "Te", "Tl", "Cd", "Mn", "Ba", "Cr", "V", "F", "B",
)  # fmt: skip
"""In the order in which they are taken; others of a table are named in a comment."""
MOST_ELEMENTS = 8


@dataclass(frozen=True)
class Role:
    """What something can be, of which kinds, and the words that say so."""

    name: str
    kinds: tuple[str, ...]
    words: str
    units: str = "1"


ROLES = (
    Role("result", ("raster",),
         r"posterior|probab|prospectiv|predict|favou?rab|std ?dev|预测|概率"),
    Role("protected_area", ("polygon", "raster"),
         r"protect|reserve|\bpark|heritage|water ?bod|\blakes?\b|保护|禁采|禁勘|红线|水体|水域"),
    Role("licences", ("polygon",),
         r"licen[cs]e|tenement|\bclaims?\b|\bleases?\b|concession|矿权|探矿|采矿|区块"),
    Role("study_area", ("polygon", "raster"),
         r"\barea\b|stu?dy|\baoi\b|boundary|extent|outline|\bmask\b|研究区|工作区|范围|边界|测区"),
    Role("deposits", ("point",),
         r"deposit|occurr|\bmines?\b|mineral|showing|orebod|\btrain|矿点|矿床|矿产|矿化|矿山"),
    Role("faults", ("line",), r"fault|falha|lineament|shear|struct|断层|断裂|构造|线性"),
    Role("roads", ("line", "polygon"),
         r"road|track|rail|river|stream|drainage|道路|公路|铁路|河流|水系"),
    Role("intrusions", ("polygon",),
         r"intrus|pluton|granit|porphyr|batholith|侵入|岩体|花岗|岩浆"),
    Role("geology", ("polygon", "raster"),
         r"geol|lith|rock|strat|formation|\bunits?\b|地质|岩性|地层|岩石"),
    Role("magnetics", ("raster",), r"\bmag|magnet|\btmi\b|\brmi\b|\brtp\b|磁", "nT"),
    Role("gravity", ("raster",), r"grav|boug|重力|布格", "mGal"),
    Role("elevation", ("raster",), r"\bdem\b|\bdtm\b|\bdsm\b|elev|srtm|relief|高程|地形", "m"),
    Role("radiometrics", ("raster",),
         r"radiom|gamma|spectrom|potass|thor|uran|dose|钾|铀|钍|能谱|放射"),
)  # fmt: skip
"""In the order in which they are tried: 'protected area' before 'area'."""

LONGITUDE = re.compile(r"(?i)(lon|long|longitude|x_?lon.*|dlong|经度|东经)\W*\Z|.*经度")
LATITUDE = re.compile(r"(?i)(lat|latitude|y_?lat.*|dlat|纬度|北纬)\W*\Z|.*纬度")
EASTING = re.compile(r"(?i)(x|east|easting|utm_?\d*[ns]?_?e|point_x|x_?coord|coord_?x|东坐标|"
                     r"横坐标|x坐标|坐标x)\W*\Z")  # fmt: skip
NORTHING = re.compile(r"(?i)(y|north|northing|utm_?\d*[ns]?_?n|point_y|y_?coord|coord_?y|北坐标|"
                      r"纵坐标|y坐标|坐标y)\W*\Z")  # fmt: skip


def role(found: Found) -> Role | None:
    """What something is by its name: that of its layer, of its file, or of the file's folder."""
    for text in _names(found):
        for one in ROLES:
            if found.kind in one.kinds and re.search(one.words, text):
                return one
    return None


def _names(found: Found) -> list[str]:
    """What something is called, nearest name first, in words."""
    parts = found.path.rpartition("/")
    stem = parts[2].rpartition(".")[0] or parts[2]
    folder = parts[0].rpartition("/")[2]
    told = [found.layer or "", stem, *found.columns[:1]] if found.kind == "raster" else []
    told = told or [found.layer or "", stem, folder]
    return [words(text) for text in told if text]


def words(text: str) -> str:
    """A name in small letters with its parts set apart, as patterns expect it."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|[_\-.\s]+", " ", text)
    return apart.lower()


@dataclass(frozen=True)
class Columns:
    """Two columns of coordinates, whether in degrees, and the numbers in them."""

    x: str
    y: str
    degrees: bool
    values: tuple[pd.Series, pd.Series]
    remark: str = ""


def coordinates(found: Found) -> Columns | None:
    """The columns of a table that hold coordinates; None where none look like it."""
    pairs = [
        (_first(LONGITUDE, found.columns), _first(LATITUDE, found.columns)),
        (_first(EASTING, found.columns), _first(NORTHING, found.columns)),
    ]
    for x, y in pairs:
        if x is None or y is None:
            continue
        easting, northing = _numbers(found.frame[x]), _numbers(found.frame[y])
        if not (easting.notna().any() and northing.notna().any()):
            continue
        in_degrees = bool(easting.abs().max() <= 360 and northing.abs().max() <= 90)
        if not in_degrees and _is_northing(easting) and _is_easting(northing):
            said = f"column {x!r} holds northings and {y!r} eastings, as Chinese surveys write them"
            return Columns(y, x, False, (northing, easting), said)
        return Columns(x, y, in_degrees, (easting, northing))
    return None


def _first(pattern: re.Pattern[str], columns: Sequence[str]) -> str | None:
    return next((name for name in columns if pattern.match(name.strip())), None)


def _numbers(column: pd.Series) -> pd.Series:
    """A column of coordinates as numbers; texts like 41-01-08N as decimal degrees."""
    values = pd.to_numeric(column, errors="coerce").astype("float64")
    unread = values.isna() & column.notna()
    values[unread] = column[unread].map(lambda text: degrees(str(text)))
    return values.where(~values.isin(BLANKS))


def _is_northing(values: pd.Series) -> bool:
    return bool(1e6 < values.median() < 1e7)


def _is_easting(values: pd.Series) -> bool:
    return bool(1e5 <= values.median() < 9.5e5 or 1.3e7 <= values.median() < 4.6e7)


def elements(found: Found) -> dict[str, str]:
    """Columns of concentrations: header to element, each element once, pathfinders first."""
    taken: dict[str, str] = {}
    places = coordinates(found)
    others = [name for name in found.columns if not places or name not in (places.x, places.y)]
    for header, one in headers.recognised(others).items():
        if one.name not in taken.values() and _is_numeric(found.frame[header]):
            taken[header] = one.name
    order = {name: number for number, name in enumerate(PATHFINDERS)}
    return dict(sorted(taken.items(), key=lambda item: order.get(item[1], len(order))))


def _is_numeric(column: pd.Series) -> bool:
    """Whether most of what stands in a column are numbers, some of them marked with < or >."""
    texts = column.dropna().astype(str).str.strip().str.lstrip("<>≤≥")
    values = pd.to_numeric(texts, errors="coerce")
    return bool(values.notna().sum() > max(2, 0.5 * len(texts)))


def censoring(found: Found, columns: Sequence[str]) -> tuple[dict[str, object], list[str]]:
    """How a table marks what is not measured or below a limit: settings, and what they rest on."""
    texts = found.frame[list(columns)]
    values = texts.apply(pd.to_numeric, errors="coerce").to_numpy("float64")
    settings: dict[str, object] = {}
    said = []
    codes = [code for code in BLANKS if code < 0 and (values == code).sum() > 1]
    if codes:
        settings["missing"] = codes
        said.append(f"{_listed(codes)} is taken for 'not measured'")
    rest = values[~np.isin(values, codes)]
    if (rest < 0).any():
        settings["negative"] = "below_limit"
        said.append(f"{int((rest < 0).sum())} negative values are taken for 'below that limit'")
    if (rest == 0).any():
        settings |= {"limits": {"*": "lowest"}, "below": [0]}
        said.append(f"{int((rest == 0).sum())} zeros are taken for 'below the lowest value'")
    return settings, said


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


CLASS_NAMES = r"lith|rock|unit|strat|formation|岩性|岩石|地层|代号|symbol|code|name"


def class_column(found: Found) -> str | None:
    """The column of polygons that tells their class: texts that repeat, by the best name."""
    repeat = [
        name for name, several in found.texts.items() if 2 <= several <= min(60, found.count * 0.7)
    ]
    named = [
        name
        for pattern in CLASS_NAMES.split("|")
        for name in repeat
        if re.search(pattern, str(name).lower())
    ]
    return next(iter([*named, *repeat]), None)


def label_column(texts: Mapping[str, int], count: int) -> str | None:
    """A column in which each feature has its own text."""
    return next((name for name, several in texts.items() if several == count), None)
