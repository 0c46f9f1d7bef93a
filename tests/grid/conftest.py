"""Made rasters on grids of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy


@pytest.fixture
def source() -> Callable[..., xr.DataArray]:
    """A source raster of *values* whose north-west corner is (west, north)."""

    def make(
        values: np.ndarray,
        *,
        west: float = 500_000.0,
        north: float = 3_004_000.0,
        cell: float = 100.0,
        crs: str = "EPSG:32648",
        kind: str = "continuous",
        chunk: int | None = 64,
    ) -> xr.DataArray:
        grid = GeoBox(values.shape, Affine(cell, 0, west, 0, -cell, north), crs)
        layer = contract.on_grid(values, grid)
        attrs = {"long_name": "tmi", "units": "nT", "kind": kind}
        layer = layer.assign_attrs(attrs)
        return layer if chunk is None else lazy.chunked(layer, chunk)

    return make
