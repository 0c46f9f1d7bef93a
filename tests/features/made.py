"""Small made data, and the means to vary how it is cut into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy

CRS = "EPSG:32648"
WEST, NORTH = 500_000.0, 3_004_000.0


def small_grid(rows: int = 23, columns: int = 31, size: float = 100.0) -> GeoBox:
    """An oblong grid, whose upper left corner is always the same place."""
    bounds = (WEST, NORTH - rows * size, WEST + columns * size, NORTH)
    return GeoBox.from_bbox(bounds, crs=CRS, resolution=size)


@contextmanager
def chunks_of(side: int) -> Iterator[None]:
    """Within the block, lazy layers are cut into chunks of so many cells a side."""
    with lazy.cut(side):
        yield


def frame(*shapes: shapely.Geometry, crs: str = CRS, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def layer(
    values: np.ndarray, grid: GeoBox, *, units: str = "m", long_name: str = "made", **more: object
) -> xr.DataArray:
    found = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(found, long_name=long_name, units=units, **more)


def centres(grid: GeoBox) -> np.ndarray:
    """Points at the centres of cells, as an array of the grid's shape."""
    probe = contract.on_grid(np.zeros(grid.shape), grid)
    return shapely.points(*np.meshgrid(probe.x.values, probe.y.values))


def corner(east: float, down: float) -> tuple[float, float]:
    """A place so many metres to the right of and below the grid's upper left corner."""
    return WEST + east, NORTH - down


def values(found: xr.DataArray) -> np.ndarray:
    return found.compute().values


# Whole tens of metres: many places fall on borders, corners and centres of cells.
snapped = st.tuples(
    st.integers(-80, 390).map(lambda n: WEST + 10.0 * n),
    st.integers(-80, 310).map(lambda n: NORTH - 10.0 * n),
)
anywhere = st.tuples(
    st.integers(-8000, 39_000).map(lambda n: WEST + n / 9.97),
    st.integers(-8000, 31_000).map(lambda n: NORTH - n / 9.97),
)
places = st.one_of(snapped, anywhere)
lines = st.lists(places, min_size=2, max_size=5, unique=True).map(shapely.LineString)
points = places.map(shapely.Point)
boxes = st.tuples(places, st.integers(3, 120), st.integers(3, 120), st.integers(0, 89)).map(
    lambda b: shapely.affinity.rotate(
        shapely.box(*b[0], b[0][0] + 10.0 * b[1], b[0][1] + 10.0 * b[2]), b[3]
    )
)
donuts = boxes.map(lambda b: b.difference(b.centroid.buffer(0.3 * b.area**0.5)))
polygons = st.one_of(boxes, donuts)
shapes = st.lists(st.one_of(lines, points, polygons), min_size=1, max_size=4)
