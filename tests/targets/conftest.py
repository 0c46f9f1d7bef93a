from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely import Point

from geoprospect import contract


@pytest.fixture
def layer(grid: GeoBox) -> Callable[..., xr.DataArray]:
    """Makes a layer of given values on the grid."""

    def made(values: object, units: str = "1", **more: object) -> xr.DataArray:
        block = np.broadcast_to(np.asarray(values, "float32"), grid.shape).copy()
        return contract.describe(
            contract.on_grid(block, grid),
            long_name=str(more.pop("long_name", "prospectivity")),
            units=units,
            **more,
        )

    return made


@pytest.fixture
def deposits(grid: GeoBox) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Old Hope", "红旗"]},
        geometry=[Point(500_550, 3_003_450), Point(505_950, 3_000_050)],
        crs=grid.crs.proj,
    )
