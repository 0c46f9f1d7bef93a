"""Made files: small enough to see, symmetric about nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

PLACE = Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 3_000_400.0)
"""Cells of 100 m north of 3 000 000 m in zone 48 north."""


@pytest.fixture
def numbers() -> np.ndarray:
    """Four rows by six columns: ten times the row plus the column, from the north-west."""
    rows, columns = np.mgrid[0:4, 0:6]
    return (10 * rows + columns).astype("float32")


@pytest.fixture
def tiff(tmp_path: Path) -> Callable[..., Path]:
    """Write values as a GeoTIFF by rasterio and give its path."""

    def write(values: np.ndarray, name: str = "tmi.tif", **options: Any) -> Path:
        bands = values if values.ndim == 3 else values[None]
        profile = {"driver": "GTiff", "crs": "EPSG:32648", "transform": PLACE} | options
        masks = profile.pop("descriptions", None)
        path = tmp_path / name
        with rasterio.open(
            path,
            "w",
            count=len(bands),
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=bands.dtype,
            **profile,
        ) as file:
            file.write(bands)
            if masks:
                file.descriptions = masks
        return path

    return write
