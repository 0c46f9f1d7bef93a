"""Where the district lies: coordinate systems, bounds, the study area, random streams."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely import Polygon

Array = NDArray[np.float64]

SEED = 2026
PROJECTED = "EPSG:4543"  # CGCS2000 3-degree Gauss-Kruger, CM 102E, no zone prefix
PREFIXED = "EPSG:4522"  # the same zone with its number 34 before the easting
GEOGRAPHIC = "EPSG:4490"  # CGCS2000 longitude and latitude
ZONE_PREFIX = 34_000_000  # what 4522 adds to the eastings of 4543 [m]

WEST, SOUTH = 436_000.0, 3_100_000.0  # origin of the district's own kilometres
BOUNDS = (434_000.0, 3_098_000.0, 468_000.0, 3_126_000.0)  # west, south, east, north [m]
OUTLINE_KM = [
    (1.2, 3.1), (6.4, 0.9), (13.7, 1.8), (19.5, 0.4), (27.2, 1.9), (29.6, 6.3), (28.3, 11.8),
    (29.7, 17.2), (24.1, 19.0), (22.6, 23.3), (14.8, 22.1), (9.9, 23.8), (4.5, 22.6),
    (3.3, 17.0), (0.4, 13.2), (1.6, 8.2),
]  # fmt: skip


def lattice(resolution: float, bounds: tuple[float, float, float, float] = BOUNDS) -> GeoBox:
    """North-up grid over *bounds* in the projected CRS."""
    return GeoBox.from_bbox(bounds, crs=PROJECTED, resolution=resolution, tight=True)


MODEL = lattice(100.0)  # every process is computed here
MAP = lattice(50.0)  # the geological map is drawn here


def centres(grid: GeoBox) -> tuple[Array, Array]:
    """Easting and northing of every cell centre, each (rows, columns) [m]."""
    vertical, horizontal = (grid.coords[name].values for name in grid.dims)
    easting, northing = np.meshgrid(horizontal, vertical)
    return easting, northing


def to_km(easting: Array, northing: Array) -> tuple[Array, Array]:
    """The district's own kilometres, in which its story is written."""
    return (easting - WEST) / 1000, (northing - SOUTH) / 1000


def metres(points_km: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Projected coordinates of points in the district's kilometres."""
    return [(WEST + 1000 * x, SOUTH + 1000 * y) for x, y in points_km]


def study_area() -> Polygon:
    """The irregular outline of the district, in the projected CRS."""
    return Polygon(metres(OUTLINE_KM))


def stream(name: str) -> np.random.Generator:
    """Random numbers of one part of the story, untouched by changes in the others."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def geographic(easting: Array, northing: Array) -> tuple[Array, Array]:
    """Longitude and latitude of projected coordinates [degrees]."""
    forward = Transformer.from_crs(PROJECTED, GEOGRAPHIC, always_xy=True)
    longitude, latitude = forward.transform(easting, northing)
    return np.asarray(longitude), np.asarray(latitude)


def projected(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """Easting and northing of geographic coordinates [m]."""
    forward = Transformer.from_crs(GEOGRAPHIC, PROJECTED, always_xy=True)
    easting, northing = forward.transform(longitude, latitude)
    return np.asarray(easting), np.asarray(northing)
