"""
A cube of eight mixed layers, from files to Zarr: time and peak memory, ours beside a notebook.

    python benchmarks/cube.py --side 2000 --side 4000 --side 8000
    python benchmarks/cube.py --side 2000 --python OTHER/bin/python      # where rioxarray is

Elevation and its slope, magnetics, radiometrics of twice the cell size in the neighbouring zone,
rock units from polygons, distance to faults, copper from 5,000 samples by inverse distance, and how
far the nearest sample is. The notebook reads whole arrays with rioxarray, burns with rasterio,
transforms with scipy and stacks with xarray; it is left out where --python has no rioxarray. Each
way is a process of its own, imports counted; its peak memory is what the operating system
counted. How far they are apart is printed for each layer, as a share of its standard deviation.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
import zarr
from rasterio.warp import transform_bounds

sys.path.insert(0, str(Path(__file__).parent))

import made
from files_to_maps import measured

WAYS = ("ours", "notebook")
NEXT_ZONE = "EPSG:32647"
SAMPLES, NEIGHBOURS = 5000, 12
REACH = 5000.0
LAYERS = (
    "elevation", "slope", "magnetics", "potassium", "units", "fault_distance", "cu",
    "sample_distance",
)  # fmt: skip


def make(folder: Path, side: int) -> None:
    """Write the district's files."""
    folder.mkdir(parents=True)
    for number, name in enumerate(("elevation", "magnetics")):
        made.write_layer(folder / f"{name}.tif", number, side, "float32")
    coarse(folder / "potassium.tif", side)
    rng = np.random.default_rng(1)
    extent = side * made.CELL
    corner = np.array([made.WEST, made.NORTH - extent])
    places = rng.uniform(0, extent, (SAMPLES, 2)) + corner
    copper = gpd.points_from_xy(*places.T)
    seeds = shapely.multipoints(rng.uniform(0, extent, (300, 2)) + corner)
    units = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=area(side)))
    turns = rng.uniform(0, 2 * np.pi, (200, 1)) + rng.normal(0, 0.3, (200, 20)).cumsum(axis=1)
    steps = 300 * np.stack([np.cos(turns), np.sin(turns)], axis=-1).cumsum(axis=1)
    faults = shapely.linestrings(rng.uniform(0, extent, (200, 1, 2)) + steps + corner)
    for name, shapes, columns in (
        ("samples", copper, {"Cu": rng.lognormal(3, 1, SAMPLES)}),
        ("geology", units, {"unit": [f"unit {i % 9}" for i in range(len(units))]}),
        ("faults", faults, {"number": np.arange(len(faults))}),
    ):
        frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=made.CRS)
        frame.to_file(folder / f"{name}.gpkg")


def area(side: int) -> shapely.Polygon:
    """The district."""
    extent = side * made.CELL
    return shapely.box(made.WEST, made.NORTH - extent, made.WEST + extent, made.NORTH)


def coarse(path: Path, side: int) -> None:
    """A survey of twice the cell size, in the neighbouring zone."""
    cell = 2 * made.CELL
    bounds = transform_bounds(made.CRS, NEXT_ZONE, *area(side).buffer(10 * cell).bounds)
    west, north = bounds[0] // cell * cell, bounds[3] // cell * cell
    rows, columns = int((north - bounds[1]) / cell), int((bounds[2] - west) / cell)
    profile = {
        "driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32",
        "crs": NEXT_ZONE, "transform": rasterio.Affine(cell, 0, west, 0, -cell, north),
        "nodata": -9999.0, "tiled": True,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(made.field(2, np.arange(rows), np.arange(columns)).astype("float32"), 1)


def ours(folder: Path, out: Path) -> None:
    """Lazily, block by block."""
    import xarray as xr

    from geoprospect import contract
    from geoprospect.cube import store
    from geoprospect.grid.align import align
    from geoprospect.ingest.raster import raster
    from geoprospect.ingest.vector import vector
    from geoprospect.registry import FEATURES

    elevation: Any = raster(path=folder / "elevation.tif", units="m", long_name="elevation")
    grid = contract.grid_of(elevation)
    surveys = {
        name: align(raster(path=folder / f"{name}.tif", long_name=name), grid=grid)
        for name in ("magnetics", "potassium")
    }
    elevation = align(elevation, grid=grid)
    faults, geology, samples = (
        vector(path=folder / f"{name}.gpkg") for name in ("faults", "geology", "samples")
    )
    how = {"columns": ["Cu"], "method": "inverse_distance", "neighbours": NEIGHBOURS}
    copper = FEATURES["interpolated"](samples, grid=grid, radius=1e6, **how)
    cube = {name: FEATURES["raster"](layer) for name, layer in surveys.items()} | {
        "elevation": FEATURES["raster"](elevation),
        "slope": FEATURES["slope"](elevation),
        "units": FEATURES["category"](geology, grid=grid, column="unit"),
        "fault_distance": FEATURES["distance_to"](faults, grid=grid, max_distance=REACH),
        **copper.data_vars,
    }
    store.write(xr.Dataset({name: cube[name] for name in LAYERS}), out)


def notebook(folder: Path, out: Path) -> None:
    """As whole arrays, one after the other."""
    import rioxarray
    import xarray as xr
    from rasterio.enums import Resampling
    from rasterio.features import rasterize
    from scipy.ndimage import correlate, distance_transform_edt
    from scipy.spatial import cKDTree

    def read(name: str) -> Any:
        return rioxarray.open_rasterio(folder / f"{name}.tif", masked=True).squeeze(drop=True)

    elevation = read("elevation")
    shape, affine = elevation.shape, elevation.rio.transform()
    heights = elevation.values
    horn = np.outer([1, 2, 1], [-1, 0, 1]) / (8 * made.CELL)
    gradient = np.hypot(correlate(heights, horn), correlate(heights, horn.T))
    faults, geology, samples = (
        gpd.read_file(folder / f"{name}.gpkg") for name in ("faults", "geology", "samples")
    )
    codes = {name: code for code, name in enumerate(sorted(geology["unit"].unique()), start=1)}
    pairs = zip(geology.geometry, geology["unit"].map(codes), strict=True)
    burnt = rasterize(faults.geometry, shape, transform=affine, all_touched=True)
    x, y = np.meshgrid(elevation.x, elevation.y)
    places = np.stack([samples.geometry.x, samples.geometry.y], axis=1)
    away, near = cKDTree(places).query(np.stack([x.ravel(), y.ravel()], axis=1), k=NEIGHBOURS)
    weights = 1 / np.maximum(away, 1e-9) ** 2
    copper = (weights * samples["Cu"].to_numpy()[near]).sum(axis=1) / weights.sum(axis=1)
    distance = np.minimum(distance_transform_edt(burnt == 0, sampling=made.CELL), REACH)
    layers = {
        "slope": np.degrees(np.arctan(gradient)),
        "units": rasterize(pairs, shape, transform=affine, dtype="float32"),
        "fault_distance": distance,
        "cu": copper.reshape(shape),
        "sample_distance": away[:, 0].reshape(shape),
    }
    cube = xr.Dataset(
        {name: (("y", "x"), values.astype("float32")) for name, values in layers.items()},
        coords={"y": elevation.y, "x": elevation.x},
    )
    cube["elevation"], cube["magnetics"] = elevation, read("magnetics")
    potassium = read("potassium")
    cube["potassium"] = potassium.rio.reproject_match(elevation, resampling=Resampling.bilinear)
    cube.to_zarr(out, consolidated=False)


def apart(one: Path, other: Path) -> dict[str, float]:
    """Root mean square of how far the layers are apart, in parts of their standard deviation."""
    found = {}
    for name in LAYERS:
        a, b = (np.asarray(zarr.open_group(path, mode="r")[name][:]) for path in (one, other))
        found[name] = round(float(np.sqrt(np.nanmean((a - b) ** 2)) / np.nanstd(b)), 5)
    return found


def compare(folder: Path, side: int, ways: list[str], other: str) -> None:
    """Make the files, run each way in a process of its own, and print."""
    make(folder / "data", side)
    for way in ways:
        command = [sys.executable if way == "ours" else other, __file__, "--worker", way]
        told = measured([*command, "--folder", str(folder)])
        print(side, way, {key: value for key, value in told.items() if value}, flush=True)
    if len(ways) == len(WAYS):
        print("they differ by", apart(folder / "ours", folder / "notebook"))


def main() -> None:
    """Run each way at each side, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, action="append")
    parser.add_argument("--only", choices=WAYS, action="append")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the notebook")
    parser.add_argument("--worker", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        way = {"ours": ours, "notebook": notebook}[asked.worker]
        way(asked.folder / "data", asked.folder / asked.worker)
        return
    ways = asked.only or list(WAYS)
    tried = subprocess.run(
        [asked.python, "-c", "import rioxarray"], check=False, capture_output=True
    )
    if "notebook" in ways and tried.returncode:
        print("no rioxarray in", asked.python, "so ours alone")
        ways = ["ours"]
    for side in asked.side or [2000, 4000, 8000]:
        with tempfile.TemporaryDirectory() as temporary:
            compare(Path(temporary), side, ways, asked.python)


if __name__ == "__main__":
    main()
