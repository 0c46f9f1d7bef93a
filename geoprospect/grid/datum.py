"""Transformations between CRSs, refused where the shift between their datums is unknown."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from geoprospect.errors import DataError

ALIKE = (r"World Geodetic System 1984", r"China (2000|Geodetic Coordinate System 2000)")
"""Datums that agree to better than a metre although PROJ lists no transformation between them."""
NAMELESS = re.compile(r"(?i)unknown|unnamed|undefined|not[ _]specified")
STATE_IT = (
    "state the crs of the input with its shift, for example crs: '+proj=tmerc +lon_0=105 "
    "+x_0=500000 +ellps=krass +towgs84=dx,dy,dz,rx,ry,rz,s +units=m +type=crs', or transform the "
    "data first"
)
LONG_EDGE = 0.05
"""Edges longer than this bend visibly between longitude-latitude and a map [degree]."""
AROUND = 1.0
"""How far beyond the area that a shift was made for it is still taken [degree]."""

Numbers = npt.NDArray[np.float64]
Area = tuple[float, float, float, float]


@dataclass(frozen=True)
class Transformation:
    """
    From one CRS to another, only where the shift between their datums is known.

    *areas* (west, south, east, north) [degree] are those that the known shifts were
    made for, each with its name; none where one shift holds everywhere.
    """

    source: pyproj.CRS
    target: pyproj.CRS
    move: pyproj.Transformer
    areas: tuple[tuple[str, Area], ...] = ()

    def transform(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """
        Eastings and northings (or longitudes and latitudes) in the target CRS.

        Raises
        ------
        DataError
            If no place lies where a shift was made for: PROJ would silently take one
            that was made for elsewhere.
        """
        if self.areas and not self._known(x, y):
            raise DataError(_shift_from_elsewhere(self.source, self.target, self.areas))
        moved_x, moved_y = self.move.transform(x, y)
        return moved_x, moved_y

    def _known(self, x: Numbers, y: Numbers) -> bool:
        """Whether any place lies where a shift was made for, or none has coordinates at all."""
        own = self.source.geodetic_crs or self.source
        to_degrees = pyproj.Transformer.from_crs(self.source, own, always_xy=True)
        longitude, latitude = (np.atleast_1d(one) for one in to_degrees.transform(x, y))
        there = np.isfinite(longitude) & np.isfinite(latitude)
        if not there.any():
            return True
        return any(
            bool(np.any(_within(area, longitude[there], latitude[there]))) for _, area in self.areas
        )


def transformer(source: pyproj.CRS, target: pyproj.CRS) -> Transformation:
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
def _transformer(source_wkt: str, target_wkt: str) -> Transformation:
    source, target = pyproj.CRS.from_wkt(source_wkt), pyproj.CRS.from_wkt(target_wkt)
    try:
        move = pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
        return Transformation(source, target, move, _areas_of_shifts(source, target))
    except ProjError:
        if not _alike(source, target):
            raise DataError(_unknown_shift(source, target)) from None
    return Transformation(
        source, target, pyproj.Transformer.from_crs(source, target, always_xy=True)
    )


def _areas_of_shifts(source: pyproj.CRS, target: pyproj.CRS) -> tuple[tuple[str, Area], ...]:
    """Where the shifts between two datums were made for; none if one holds all over a datum."""
    first, second = source.geodetic_crs, target.geodetic_crs
    whole = [crs.area_of_use for crs in (first, second) if crs is not None and crs.area_of_use]
    if first is None or second is None or not whole or _datum_name(first) == _datum_name(second):
        return ()
    with warnings.catch_warnings():  # of grids that are not installed: the next best is taken
        warnings.simplefilter("ignore", UserWarning)
        shifts = TransformerGroup(first, second, always_xy=True, allow_ballpark=False).transformers
    areas = [shift.area_of_use for shift in shifts]
    if any(area is None or _covers(area.bounds, one.bounds) for area in areas for one in whole):
        return ()
    return tuple((area.name.rstrip("."), area.bounds) for area in areas)


def _covers(area: Area, other: Area) -> bool:
    """Whether an area holds another; areas across the date line are taken for large enough."""
    west, south, east, north = area
    if west > east or other[0] > other[2]:
        return True
    return bool(
        west - AROUND <= other[0]
        and south - AROUND <= other[1]
        and east + AROUND >= other[2]
        and north + AROUND >= other[3]
    )


def _within(area: Area, longitude: Numbers, latitude: Numbers) -> npt.NDArray[np.bool_]:
    west, south, east, north = area
    middle, half = west + (east - west) % 360 / 2, (east - west) % 360 / 2
    away = np.abs((longitude - middle + 180) % 360 - 180)
    inside = (latitude >= south - AROUND) & (latitude <= north + AROUND)
    return np.asarray(inside & (away <= half + AROUND))


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
    return (
        f"the shift between {_with_datum(source)} and {_with_datum(target)} is not known, and "
        f"leaving it out would misplace the data by tens of metres; {STATE_IT}"
    )


def _shift_from_elsewhere(
    source: pyproj.CRS, target: pyproj.CRS, areas: tuple[tuple[str, Area], ...]
) -> str:
    names = "; ".join(dict.fromkeys(name for name, _ in areas))
    return (
        f"the shift between {_with_datum(source)} and {_with_datum(target)} is not known where the "
        f"data lie, only for: {names}. One made for elsewhere would misplace them by tens of "
        f"metres; {STATE_IT}"
    )


def _with_datum(crs: pyproj.CRS) -> str:
    return f"{crs.name} (datum {_datum_name(crs) or 'unknown'})"
