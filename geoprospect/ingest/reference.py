"""Coordinate reference systems as files and pipelines state them, and coordinates that fit them."""

from __future__ import annotations

import logging
import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.ingest")

Numbers = npt.NDArray[np.float64]
MARGIN = 3.0
"""How far coordinates may lie beyond the area that a CRS is made for [degree]."""
HARDLY_ANY = 0.05
"""Below this share of points inside, the CRS is wrong; above it, the strays are."""
SEXAGESIMAL = re.compile(
    r"(?P<ahead>[NSEW+-])?[\s:]*(?P<degree>\d{1,3})\s*[°度:\s-]\s*(?P<minute>\d{1,2}(?:\.\d*)?)\s*"
    r"(?:['分:\s-]\s*(?:(?P<second>\d{1,2}(?:\.\d*)?)\s*(?:\"|''|秒)?)?)?\s*(?P<behind>[NSEW])?\Z"
)
DECIMAL = re.compile(
    r"(?P<ahead>[NSEW+-])?[\s:]*(?P<degree>\d{1,3}(?:\.\d*)?)\s*(?P<sign>[°度])?\s*(?P<behind>[NSEW])?\Z"
)
HEMISPHERES = (("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"),
               ("东", "E"), ("西", "W"), ("北", "N"), ("南", "S"))  # fmt: skip
ZONE = re.compile(r"(?P<width>3-degree |6-degree )?Gauss-Kruger zone (?P<number>\d+)\Z")
ZONES = frozenset(range(13, 46)) - {24}
"""Gauss-Kruger zones of China: 13 to 23 are 6 degrees wide, 25 to 45 are 3."""
PRIMES = str.maketrans(
    {"′": "'", "’": "'", "‘": "'", "´": "'", "`": "'", "″": '"', "”": '"', "“": '"', "¨": '"',
     "º": "°", "˚": "°", "－": "-", "–": "-", "−": "-"}
)  # fmt: skip


def crs_of(stated: str | None, found: pyproj.CRS | None, where: str) -> pyproj.CRS:
    """
    The CRS of a file: what is stated goes before what the file says.

    Raises
    ------
    DataError
        If neither says one, or what is stated is not a CRS.
    """
    if found is not None and found.is_engineering:
        found = None
    if stated is None:
        if found is None:
            raise DataError(f"{where} has no CRS; state it, for example crs: 'EPSG:4545'")
        return plain(found)
    try:
        crs = pyproj.CRS.from_user_input(stated)
    except CRSError as error:
        raise DataError(
            f"{where}: crs {stated!r} is not a known CRS ({error}); "
            "write it like 'EPSG:4545', or as WKT"
        ) from None
    if found is not None and not plain(found).equals(plain(crs), ignore_axis_order=True):
        log.warning(
            "%s says that it is in %s; the pipeline states %s, which is taken as it is, "
            "without a transformation.",
            where,
            named(plain(found)),
            named(crs),
        )
    return plain(crs)


def plain(crs: pyproj.CRS) -> pyproj.CRS:
    """The registered CRS that *crs* spells out, else *crs* itself."""
    code = crs.to_epsg(min_confidence=100)
    return pyproj.CRS.from_epsg(code) if code else crs


def named(crs: pyproj.CRS) -> str:
    """A CRS in a few words: its code and name."""
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs.name})" if code else str(crs.name)


def degrees(text: str) -> float:
    """
    Decimal degrees of ``41-01-08N``, ``东经103°15′20″``, ``N28.5°`` and their kin [degree].

    South and west are negative; NaN if it is none of these.
    """
    plain_text = unicodedata.normalize("NFKC", str(text).translate(PRIMES)).translate(PRIMES)
    for word, letter in HEMISPHERES:
        plain_text = plain_text.replace(word, letter)
    angle = plain_text.strip().upper()
    value = _sexagesimal(angle)
    if value is None:
        found = DECIMAL.match(angle)
        if not found or not (found["ahead"] or found["sign"] or found["behind"]):
            return float("nan")
        value = float(found["degree"])
    return -value if {angle[0], angle[-1]} & {"S", "W", "-"} else value


def _sexagesimal(angle: str) -> float | None:
    """Degrees of an angle in degrees, minutes and seconds, without its sign."""
    found = SEXAGESIMAL.match(angle)
    if not found or float(found["minute"]) >= 60 or float(found["second"] or 0) >= 60:
        return None
    return int(found["degree"]) + float(found["minute"]) / 60 + float(found["second"] or 0) / 3600


def check_coordinates(
    x: Numbers, y: Numbers, crs: pyproj.CRS, where: str, *, count_strays: bool = True
) -> None:
    """
    Raise a DataError where coordinates cannot be in *crs*, or only with x and y swapped.

    Points that lie outside the area that the CRS is made for while others lie
    inside are counted in a warning.
    """
    inside = _inside(x, y, crs)
    if inside.size == 0 or inside.all():
        return
    share = float(inside.mean())
    swapped = float(_inside(y, x, crs).mean())
    if swapped > max(share, 0.5):
        raise DataError(
            f"{where}: {_ranges(x, y)}, which lies outside {named(crs)} but fits it the other way "
            f"round; swap x and y{_northing_hint(crs)}"
        )
    if share < HARDLY_ANY:
        raise DataError(
            f"{where}: {_ranges(x, y)}, which lies outside the area of {named(crs)}"
            f"{_area_text(crs)}; {_advice(x, y, crs)}"
        )
    if count_strays:
        _warn_of_strays(inside, crs, where)


def _warn_of_strays(inside: npt.NDArray[np.bool_], crs: pyproj.CRS, where: str) -> None:
    log.warning(
        "%s: %d of %d points lie outside the area of %s%s; check their coordinates.",
        where,
        int((~inside).sum()),
        inside.size,
        named(crs),
        _area_text(crs),
    )


def _ranges(x: Numbers, y: Numbers) -> str:
    return (
        f"x runs from {x.min():.10g} to {x.max():.10g} and y from {y.min():.10g} to {y.max():.10g}"
    )


def _inside(x: Numbers, y: Numbers, crs: pyproj.CRS) -> npt.NDArray[np.bool_]:
    """Which points lie where *crs* may be used, give or take a few degrees."""
    longitude, latitude = x, y
    if crs.is_geographic:
        if crs.axis_info[0].unit_name != "degree":
            return np.ones(x.shape, bool)
    elif crs.geodetic_crs is not None:
        to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        longitude, latitude = to_degrees.transform(x, y)
    known = np.isfinite(longitude) & np.isfinite(latitude)
    inside = known & (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360)
    area = crs.area_of_use
    if area is None:
        return np.asarray(inside)
    inside &= (latitude >= area.south - MARGIN) & (latitude <= area.north + MARGIN)
    middle, half = _span(area.west, area.east)
    away = np.abs((np.where(known, longitude, 0.0) - middle + 180) % 360 - 180)
    return np.asarray(inside & (away <= half + MARGIN))


def _span(west: float, east: float) -> tuple[float, float]:
    """Middle and half width of a range of longitudes, which may cross the date line [degree]."""
    width = (east - west) % 360 or 360.0
    return west + width / 2, width / 2


def _area_text(crs: pyproj.CRS) -> str:
    area = crs.area_of_use
    if area is None:
        return ""
    return f" (longitude {area.west:g} to {area.east:g}, latitude {area.south:g} to {area.north:g})"


def _advice(x: Numbers, y: Numbers, crs: pyproj.CRS) -> str:
    """What to state instead: the Gauss-Kruger CRS that the coordinates fit, if there is one."""
    numbered = ZONE.search(crs.name)
    family = crs.name.partition(" / ")[0] if "Gauss-Kruger" in crs.name else "CGCS2000"
    zone = int(max(x.max(), y.max()) // 1e6)
    if zone in ZONES:
        found = _gauss_kruger(family, f"zone {zone}")
        why = f"eastings begin with the number of a zone, {zone}; if the datum is {family}, "
    elif numbered:
        width, number = numbered["width"] or "", int(numbered["number"])
        central = 3 * number if width.startswith("3") else 6 * number - 3
        found = _gauss_kruger(family, f"CM {central}E", width)
        why = "eastings carry no number of a zone; "
    else:
        found, why = None, ""
    for order, pair in (("", (x, y)), (", and swap x and y" + _northing_hint(crs), (y, x))):
        if found is not None and float(_inside(*pair, found).mean()) > 0.5:
            return f"{why}state crs: {named(found)}{order}"
    return "state the CRS that the coordinates are in"


def _gauss_kruger(family: str, zone: str, width: str | None = None) -> pyproj.CRS | None:
    """The registered Gauss-Kruger CRS of a datum and zone (or central meridian)."""
    known = {one.name: one.code for one in query_crs_info("EPSG", PJType.PROJECTED_CRS)}
    for one in ("", "3-degree ", "6-degree ") if width is None else (width,):
        code = known.get(f"{family} / {one}Gauss-Kruger {zone}")
        if code is not None:
            return pyproj.CRS.from_epsg(code)
    return None


def _northing_hint(crs: pyproj.CRS) -> str:
    return "" if crs.is_geographic else " (in Chinese tables X is the northing and Y the easting)"
