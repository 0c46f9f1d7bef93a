"""Where a folder's data lie, and the CRS, extent and cells that a first grid over them may have."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pyproj
from pyproj.exceptions import ProjError

from geoprospect import contract
from geoprospect.ingest.reference import plain
from geoprospect.pipeline.folder import Bounds, Found

HAN = re.compile(r"[\u4e00-\u9fff]")
CHINA = (73.0, 17.0, 136.0, 54.0)
STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
MOST_CELLS = 4_000_000
"""Of a first grid, so that a first run takes minutes."""
FEW_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Of cells and of targets."""
A_DEGREE = 111_320.0
"""Of latitude, about [m]."""


def nice(number: float, steps: Sequence[float] = STEPS) -> float:
    """A round number near *number*: one of *steps* times a power of 10."""
    power = 10.0 ** math.floor(math.log10(number))
    step = min(steps, key=lambda one: abs(math.log(one * power / number)))
    return float(f"{step * power:.6g}")


def moved(bounds: Bounds, source: pyproj.CRS, target: pyproj.CRS) -> Bounds | None:
    """Bounds in another CRS, their edges followed; None where they have no place in it."""
    try:
        change = pyproj.Transformer.from_crs(source, target, always_xy=True)
        west, south, east, north = change.transform_bounds(*bounds, densify_pts=21)
    except ProjError:
        return None
    found = (west, south, east, north)
    return found if np.isfinite(found).all() and west < east + 1e-9 else None


def common(one: Bounds, other: Bounds) -> Bounds | None:
    """What two bounds share; None where they do not meet."""
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if west < east and south < north else None


def around(bounds: Iterable[Bounds]) -> Bounds | None:
    """The bounds of several bounds."""
    sides = np.array(list(bounds))
    if sides.size == 0:
        return None
    low, high = sides.min(axis=0), sides.max(axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def area(bounds: Bounds) -> float:
    """Of the rectangle, in the units of its CRS, squared."""
    return (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])


def written(crs: pyproj.CRS) -> str:
    """A CRS as a pipeline file states it: its code, or all of it as WKT."""
    name = contract.crs_name(plain(crs))
    return name if name.startswith("EPSG:") else str(crs.to_wkt())


def is_metric(crs: pyproj.CRS | None) -> bool:
    """Whether a grid may be in it: projected, in metres."""
    return (
        crs is not None
        and crs.is_projected
        and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])
    )


def fitting(bounds: Bounds, found: Sequence[Found], place: Bounds | None) -> list[pyproj.CRS]:
    """
    CRSs in which *bounds* would lie where the rest of a folder's data do (*place*, degrees).

    Tried are those of the other data and, by the zone number before the easting, the
    Gauss-Kruger zones of CGCS2000. Without other data only those zones are left.
    """
    place = CHINA if place is None else place  # a zone number tells of China by itself
    known = {written(one.crs): one.crs for one in found if one.crs is not None}
    zone = int(bounds[0] // 1e6)
    if 25 <= zone <= 45:
        code = 4513 + zone - 25
        known.setdefault(f"EPSG:{code}", pyproj.CRS.from_epsg(code))
    elif 13 <= zone <= 23:
        code = 4491 + zone - 13
        known.setdefault(f"EPSG:{code}", pyproj.CRS.from_epsg(code))
    return [crs for crs in known.values() if _meets(bounds, crs, place)]


def _meets(bounds: Bounds, crs: pyproj.CRS, place: Bounds) -> bool:
    if crs.is_geographic and max(map(abs, bounds)) > 360:
        return False
    degrees = moved(bounds, crs, pyproj.CRS.from_epsg(4326))
    return degrees is not None and common(degrees, place) is not None


def geographic(found: Sequence[Found], bounds: Bounds) -> tuple[pyproj.CRS, str]:
    """The CRS in which longitudes and latitudes of a table are taken to be, and why."""
    seen = Counter(
        written(one.crs) for one in found if one.crs is not None and one.crs.is_geographic
    )
    if seen:
        name = seen.most_common(1)[0][0]
        return pyproj.CRS.from_user_input(name), f"{_short(name)}, as other data here are"
    if is_chinese(found, bounds):
        return pyproj.CRS.from_epsg(4490), "EPSG:4490 (CGCS2000)"
    return pyproj.CRS.from_epsg(4326), "EPSG:4326 (WGS 84)"


def is_chinese(found: Sequence[Found], bounds: Bounds) -> bool:
    """Whether data lie in China and are written in Chinese, or in its CRSs."""
    if common(bounds, CHINA) is None and not _is_inside(bounds, CHINA):
        return False
    told = [text for one in found for text in (one.path, one.layer or "", *one.columns)]
    datums = [one.crs.datum.name for one in found if one.crs is not None and one.crs.datum]
    return any(HAN.search(str(text)) for text in told) or any("China" in one for one in datums)


def _is_inside(bounds: Bounds, other: Bounds) -> bool:
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def grid_crs(found: Sequence[Found], place: Bounds) -> tuple[pyproj.CRS, str]:
    """The CRS of a first grid and why: the rasters', the vectors', or the zone of the data."""
    for kinds, whose in ((("raster",), "rasters"), (("line", "polygon", "point"), "vector layers")):
        seen = Counter(
            written(one.crs)
            for one in found
            if one.crs is not None and one.kind in kinds and is_metric(one.crs)
        )
        if seen:
            name, many = seen.most_common(1)[0]
            crs = pyproj.CRS.from_user_input(name)
            return crs, f"{crs.name}: that of {many} of the {whose} here"
    longitude, latitude = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
    if is_chinese(found, place):
        meridian = round(longitude / 3) * 3
        crs = pyproj.CRS.from_epsg(4534 + (meridian - 75) // 3)
        return crs, f"{crs.name}: no data here are in a CRS in metres, this is their zone"
    zone = int((longitude + 180) // 6) % 60 + 1
    crs = pyproj.CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)
    return crs, f"{crs.name}: no data here are in a CRS in metres, this is their zone"


def _short(name: str) -> str:
    return name if len(name) < 40 else pyproj.CRS.from_user_input(name).name


def resolution(found: Sequence[Found], extent: Bounds) -> tuple[float, str]:
    """Side of a cell of a first grid [m], and why."""
    cells = sorted(
        one.cell * (A_DEGREE if one.crs.is_geographic else 1.0)
        for one in found
        if one.kind == "raster" and one.cell and one.crs is not None
    )
    least = math.sqrt(area(extent) / MOST_CELLS)
    if not cells:
        side = nice(max(math.sqrt(area(extent)) / 400, least), FEW_STEPS)
        return side, "no raster says how fine: some 400 cells a side"
    middle = cells[(len(cells) - 1) // 2]
    told = f"cells of the rasters here: {', '.join(f'{cell:.4g}' for cell in cells[:6])} m"
    if middle < least:
        return nice(least * 1.5, FEW_STEPS), f"{told}; coarser, so that a first run is quick"
    return (middle if cells[0] == cells[-1] else nice(middle, FEW_STEPS)), told
