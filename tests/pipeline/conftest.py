"""A tiny district in files, quick enough to run whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import yaml
from shapely.geometry import LineString, box

CRS = "EPSG:32648"
WEST, SOUTH, SIDE, CELL = 500_000, 3_000_000, 6_000, 100
CELLS = SIDE // CELL


def write_raster(path: Path, values: np.ndarray, *, crs: str | None = CRS, **profile: Any) -> Path:
    """A GeoTIFF over the tiny district."""
    transform = rasterio.transform.from_bounds(
        WEST, SOUTH, WEST + SIDE, SOUTH + SIDE, values.shape[1], values.shape[0]
    )
    settings = {"driver": "GTiff", "count": 1, "dtype": values.dtype, "nodata": -9999.0, **profile}
    with rasterio.open(
        path, "w", width=values.shape[1], height=values.shape[0], crs=crs,
        **{"transform": transform, **settings},
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


class District:
    """Files of a tiny district, and the pipeline that maps it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        random = np.random.default_rng(3)
        y, x = np.mgrid[:CELLS, :CELLS] / CELLS
        self.ridge = (np.exp(-((x - 0.3 - 0.3 * y) ** 2) / 0.01)).astype("float32")
        noise = random.normal(0, 0.1, self.ridge.shape)
        write_raster(folder / "magnetics.tif", (self.ridge + noise).astype("float32"))
        write_raster(folder / "noise.tif", random.normal(size=self.ridge.shape).astype("float32"))
        line = LineString([(WEST, SOUTH + 500), (WEST + SIDE, SOUTH + 5_500)])
        gpd.GeoDataFrame({"name": ["断层"]}, geometry=[line], crs=CRS).to_file(
            folder / "faults.gpkg"
        )
        chance = (self.ridge**3).ravel()
        cells = random.choice(CELLS**2, 40, replace=False, p=chance / chance.sum())
        rows, columns = np.divmod(cells, CELLS)
        points = gpd.points_from_xy(
            WEST + (columns + 0.5) * CELL, SOUTH + SIDE - (rows + 0.5) * CELL
        )
        names = [f"矿点 {i}" for i in range(40)]
        gpd.GeoDataFrame({"name": names}, geometry=points, crs=CRS).to_file(
            folder / "deposits.gpkg"
        )
        blocks = [
            box(WEST + 2000 * i, SOUTH, WEST + 2000 * (i + 1), SOUTH + SIDE) for i in range(3)
        ]
        gpd.GeoDataFrame({"block_no": ["A", "B", "<script>"]}, geometry=blocks, crs=CRS).to_file(
            folder / "licences.gpkg"
        )
        self.plan: dict[str, Any] = {
            "name": "tiny",
            "seed": 5,
            "grid": {"bbox": [WEST, SOUTH, WEST + SIDE, SOUTH + SIDE], "crs": CRS,
                     "resolution": CELL},
            "inputs": {
                "magnetics": {"raster": {"path": "magnetics.tif", "units": "nT"}},
                "noise": {"raster": {"path": "noise.tif"}},
                "faults": {"vector": {"path": "faults.gpkg"}},
                "deposits": {"vector": {"path": "deposits.gpkg"}},
                "licences": {"vector": {"path": "licences.gpkg"}},
            },
            "features": {
                "magnetics": {"raster": {"source": "magnetics"}},
                "noise": {"raster": {"source": "noise"}},
                "fault_distance": {"distance_to": {"source": "faults", "max_distance": 2000}},
            },
            "labels": {"uniform": {"deposits": "deposits", "count": 600}},
            "validation": {
                "spatial_blocks": {"size": 1200, "folds": 3, "tilings": 2, "dead_zone": 200},
                "random": {"folds": 3},
            },
            "model": {"lightgbm": {"n_estimators": 15, "num_leaves": 5}},
            "ensemble": {"members": 20, "ratio": 5},
            "targets": {"top_fraction": {"fraction": 0.05, "minimum_area": 0.02}},
            "survey_areas": {"areas": "licences", "label": "block_no"},
        }  # fmt: skip

    def write(self) -> Path:
        """The pipeline file, as it now stands."""
        path = self.folder / "tiny.yaml"
        path.write_text(
            yaml.safe_dump(self.plan, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return path


@pytest.fixture
def district(tmp_path: Path) -> District:
    """The tiny district, in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return District(folder)
