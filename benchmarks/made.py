"""Made evidence of any size: GeoTIFFs, deposits and a pipeline file that maps them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import yaml
from rasterio.windows import Window

CRS = "EPSG:32648"
WEST, NORTH, CELL = 200_000.0, 4_000_000.0, 30.0
STRIP = 512
WAVES = 12


def field(layer: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A smooth field with some pixel noise: a sum of plane waves, a function of place alone."""
    random = np.random.default_rng(layer)
    lengths, angles, phases = (
        random.uniform(low, high, WAVES)
        for low, high in ((60, 3000), (0, 2 * np.pi), (0, 2 * np.pi))
    )
    y = np.outer(rows, np.sin(angles) * 2 * np.pi / lengths) + phases
    x = np.outer(np.cos(angles) * 2 * np.pi / lengths, columns)
    down = np.hstack([np.sin(y), np.cos(y)]) * np.tile(lengths / 3000, 2)
    values = down.astype("float32") @ np.vstack([np.cos(x), np.sin(x)]).astype("float32")
    noise = np.random.default_rng([layer, int(rows[0])]).standard_normal(values.shape, "float32")
    return values + np.float32(0.05) * noise


def write_layer(path: Path, layer: int, side: int, dtype: str) -> None:
    """One layer as a tiled GeoTIFF, strip by strip; as whole numbers in thousandths."""
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": dtype,
        "crs": CRS, "transform": rasterio.Affine(CELL, 0, WEST, 0, -CELL, NORTH),
        "nodata": -9999.0, "tiled": True, "blockxsize": 512, "blockysize": 512,
        "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    if dtype != "float32":  # as surveys are handed over; noise in floats hardly shrinks
        profile |= {"compress": "zstd", "predictor": 2, "zstd_level": 1}
    columns = np.arange(side)
    with rasterio.open(path, "w", **profile) as file:
        for top in range(0, side, STRIP):
            rows = np.arange(top, min(top + STRIP, side))
            values = field(layer, rows, columns)
            if dtype != "float32":
                values = np.rint(1000 * values)
            window = Window(0, top, side, len(rows))
            file.write(values.astype(dtype, copy=False), 1, window=window)


def deposits(side: int, count: int = 200) -> gpd.GeoDataFrame:
    """Deposits where the first three layers are high, in clusters."""
    random = np.random.default_rng(0)
    rows, columns = random.integers(0, side, 20_000), random.integers(0, side, 20_000)
    step = max(1, side // 1000)
    coarse = sum(
        field(layer, np.arange(0, side, step), np.arange(0, side, step)) for layer in range(3)
    )
    score = coarse[rows // step, columns // step] + random.normal(0, 0.5, rows.size)
    best = np.argsort(-score)[: 10 * count]
    picked = random.choice(best, count, replace=False)
    x = WEST + (columns[picked] + 0.5) * CELL
    y = NORTH - (rows[picked] + 0.5) * CELL
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)


def make(
    folder: Path,
    side: int,
    layers: int,
    trees: int,
    *,
    leaves: int = 8,
    dtype: str = "float32",
    strongest: int | None = None,
) -> Path:
    """
    Write a made district of side x side cells; return its pipeline file.

    With *strongest*, only so many layers of each cell are kept of its explanation, in 16 bits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"layer_{i:02d}" for i in range(layers)]
    for i, name in enumerate(names):
        if not (folder / f"{name}.tif").exists():
            write_layer(folder / f"{name}.tif", i, side, dtype)
    deposits(side).to_file(folder / "deposits.gpkg")
    pipeline = {
        "name": f"made_{side}_{layers}",
        "seed": 1,
        "grid": {"like": names[0]},
        "inputs": {name: {"raster": {"path": f"{name}.tif"}} for name in names}
        | {"deposits": {"vector": {"path": "deposits.gpkg"}}},
        "features": {name: {"raster": {"source": name}} for name in names},
        "labels": {"uniform": {"deposits": "deposits", "count": 10_000}},
        "validation": {
            "spatial_blocks": {"size": side * CELL / 8, "folds": 5, "dead_zone": 10 * CELL}
        },
        "model": {"lightgbm": {"n_estimators": trees, "num_leaves": leaves}},
        "ensemble": {"members": 20},
        "targets": {"top_fraction": {"fraction": 0.01, "minimum_area": side * side * 9e-10}},
    }
    if strongest:
        pipeline["explain"] = {"strongest": strongest, "bits": 16}
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump(pipeline, sort_keys=False), encoding="utf-8")
    return path
