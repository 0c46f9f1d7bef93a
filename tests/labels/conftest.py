"""A lopsided study area with deposits in three tight groups and a few loners."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract


def layer(values: np.ndarray, grid: GeoBox) -> xr.DataArray:
    made = contract.on_grid(values.astype("float32"), grid)
    return contract.describe(made, long_name="made", units="1")


def points(xy: list[tuple[float, float]], grid: GeoBox, **columns: object) -> gpd.GeoDataFrame:
    x, y = zip(*xy, strict=True)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=grid.crs.proj)


@pytest.fixture
def area(grid: GeoBox) -> xr.DataArray:
    """All but a wedge in the north-west and the easternmost five columns."""
    values = np.ones(grid.shape)
    rows, columns = np.indices(grid.shape)
    values[rows + columns < 12] = np.nan
    values[:, -5:] = np.nan
    return layer(values, grid)


@pytest.fixture
def exclusions(grid: GeoBox) -> xr.DataArray:
    """The southernmost ten rows."""
    values = np.zeros(grid.shape)
    values[-10:] = 1
    return layer(values, grid)


@pytest.fixture
def deposits(grid: GeoBox) -> gpd.GeoDataFrame:
    """Thirty deposits inside the area, a kilometre or more between their ten groups."""
    rng = np.random.default_rng(3)
    centres = [(e, n) for e in (1500, 2600, 3700, 4800) for n in (700, 1800, 2900)][:10]
    spots = [
        (500_000 + e + dx, 3_000_000 + n + dy)
        for e, n in centres
        for dx, dy in rng.uniform(-150, 150, (3, 2))
    ]
    return points(spots, grid, Deposit_Name=[f"d{i}" for i in range(30)])
