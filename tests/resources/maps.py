"""Made maps of chance and of how well the ground is explored."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry import Point

from geoprospect import contract

GRID = GeoBox.from_bbox((500_000, 3_000_000, 506_000, 3_004_000), crs="EPSG:32648", resolution=100)


def layer(values: object, grid: GeoBox = GRID) -> xr.DataArray:
    """A layer of one value, or of these."""
    cells = np.broadcast_to(np.asarray(values, "float32"), grid.shape).copy()
    return contract.describe(contract.on_grid(cells, grid), long_name="made", units="1")


def points(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    """Points at row and column of the grid's cells."""
    made = [Point(*(GRID.affine * (column + 0.5, row + 0.5))) for row, column in places]
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(made, crs="EPSG:32648"))
