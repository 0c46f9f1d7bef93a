"""Transformations between CRSs, refused where the shift between their datums is unknown."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import ProjError

from geoprospect.errors import DataError

ALIKE = (r"World Geodetic System 1984", r"China (2000|Geodetic Coordinate System 2000)")
"""Datums that agree to better than a metre although PROJ lists no transformation between them."""
NAMELESS = re.compile(r"(?i)unknown|unnamed|undefined|not[ _]specified")
LONG_EDGE = 0.05
"""Edges longer than this bend visibly between longitude-latitude and a map [degree]."""


def transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """
    The transformation of eastings and northings (or longitudes and latitudes) to *target*.

    Raises
    ------
    DataError
        If the shift between the datums is not known: PROJ would silently leave
        it out, which for the old Chinese systems is tens of metres.
    """
    return _transformer(source.to_wkt(), target.to_wkt())


@lru_cache(maxsize=64)
def _transformer(source_wkt: str, target_wkt: str) -> pyproj.Transformer:
    source, target = pyproj.CRS.from_wkt(source_wkt), pyproj.CRS.from_wkt(target_wkt)
    try:
        return pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    except ProjError:
        if not _alike(source, target):
            raise DataError(_unknown_shift(source, target)) from None
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def moved(
    shapes: npt.NDArray[np.object_], source: pyproj.CRS, target: pyproj.CRS
) -> npt.NDArray[np.object_]:
    """Geometries in another CRS; long edges given in degrees are followed, not cut short."""
    move = transformer(source, target)
    if source.is_geographic:
        shapes = shapely.segmentize(shapes, LONG_EDGE)

    def placed(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(move.transform(places[:, 0], places[:, 1]))

    result: npt.NDArray[np.object_] = shapely.transform(shapes, placed)
    return result


def _alike(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Whether two CRSs share their datum, or use two that agree to better than a metre."""
    first, second = _datum_name(one), _datum_name(other)
    if all(any(re.match(name, datum) for name in ALIKE) for datum in (first, second)):
        return True
    nameless = NAMELESS.match(first) and NAMELESS.match(second)
    return bool(first == second or nameless) and _same_ellipsoid(one, other)


def _datum_name(crs: pyproj.CRS) -> str:
    """Name of the datum; with a stated shift (towgs84), of the one that it leads to."""
    end = crs.target_crs if crs.is_bound and crs.target_crs is not None else crs
    return str(end.datum.name) if end.datum is not None else ""


def _same_ellipsoid(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    first, second = one.ellipsoid, other.ellipsoid
    return (
        first is not None
        and second is not None
        and abs(first.semi_major_metre - second.semi_major_metre) < 0.01
        and abs(first.inverse_flattening - second.inverse_flattening) < 1e-5
    )


def _unknown_shift(source: pyproj.CRS, target: pyproj.CRS) -> str:
    first, second = (
        f"{crs.name} (datum {_datum_name(crs) or 'unknown'})" for crs in (source, target)
    )
    return (
        f"the shift between {first} and {second} is not known, and leaving it out would misplace "
        "the data by tens of metres; state the crs of the input with its shift, for example "
        "crs: '+proj=tmerc +lon_0=105 +x_0=500000 +ellps=krass +towgs84=dx,dy,dz,rx,ry,rz,s "
        "+units=m +type=crs', or transform the data first"
    )
