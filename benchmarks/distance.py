"""
Distance to faults, to Zarr: time and peak memory, ours beside the whole grid.

    python benchmarks/distance.py --side 2000 --side 4000 --side 8000    # beside the others
    python benchmarks/distance.py --side 20000 --only ours               # larger than memory
    python benchmarks/distance.py --side 4000 --only ours --reach 30000  # seen from farther away

Faults are winding lines at random, as many to the square kilometre whatever the side; beyond
--reach (5 km) the distance is capped for all. The others burn the lines with rasterio, and
transform the whole grid: scipy's exact distance transform, GDAL's proximity (of the library
that rasterio brings with it), and, where --python has it, xarray-spatial's proximity. Each way is
a process of its own; its peak memory is what the operating system counted. How far each is
from ours is printed in cells, away from the edge (ours knows of the faults beyond it): rasterio
may leave out a cell whose corner a line only just touches.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
import zarr
from odc.geo.geobox import GeoBox

sys.path.insert(0, str(Path(__file__).parent))

import made
from files_to_maps import measured

WAYS = ("ours", "scipy", "gdal", "xrspatial")
REACH = 5000.0
PER_KM2 = 1 / 50
"""Faults in a square kilometre."""


def faults(side: int) -> gpd.GeoDataFrame:
    """Winding lines of some kilometres, by a walk that keeps its direction for a while."""
    rng = np.random.default_rng(1)
    extent = side * made.CELL
    count = max(3, round(PER_KM2 * (extent / 1000) ** 2))
    turns = rng.uniform(0, 2 * np.pi, (count, 1)) + rng.normal(0, 0.3, (count, 20)).cumsum(axis=1)
    steps = 300 * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    corner = np.array([made.WEST, made.NORTH - extent])
    places = rng.uniform(0, extent, (count, 1, 2)) + steps.cumsum(axis=1) + corner
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(places)), crs=made.CRS)


def grid(side: int) -> GeoBox:
    """The grid of the made district."""
    affine = rasterio.Affine(made.CELL, 0, made.WEST, 0, -made.CELL, made.NORTH)
    return GeoBox((side, side), affine, made.CRS)


def ours(side: int, reach: float, out: Path) -> None:
    """Lazily, block by block."""
    import xarray as xr

    from geoprospect.cube import store
    from geoprospect.registry import FEATURES

    layer = FEATURES["distance_to"](faults(side), grid=grid(side), max_distance=reach)
    store.write(xr.Dataset({"distance": layer}), out)


def burnt(side: int) -> np.ndarray:
    """Cells that a fault touches, as rasterio burns them."""
    from rasterio.features import rasterize

    place = grid(side)
    return rasterize(
        faults(side).geometry, place.shape, transform=place.affine, all_touched=True, dtype="uint8"
    )


def by_scipy(side: int, reach: float, out: Path) -> None:
    """As one array, in memory."""
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(burnt(side) == 0, sampling=made.CELL)
    write(out, np.minimum(away, reach))


def by_gdal(side: int, reach: float, out: Path) -> None:
    """From file to file, as gdal_proximity does it."""
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 1,
        "crs": made.CRS, "transform": grid(side).affine, "bigtiff": "IF_SAFER",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        source, target = Path(temporary) / "faults.tif", Path(temporary) / "distance.tif"
        with rasterio.open(source, "w", dtype="uint8", **profile) as file:
            file.write(burnt(side), 1)
        with rasterio.open(target, "w", dtype="float32", **profile):
            pass
        proximity(source, target, reach)
        with rasterio.open(target) as file:
            write(out, file.read(1))


def proximity(source: Path, target: Path, reach: float) -> None:
    """GDALComputeProximity of the library that rasterio has loaded."""
    folder = Path(rasterio.__file__).parent.parent
    gdal = ctypes.CDLL(str(next((folder / "rasterio.libs").glob("libgdal*"))))
    gdal.GDALAllRegister()
    gdal.GDALOpen.restype = gdal.GDALGetRasterBand.restype = ctypes.c_void_p
    gdal.GDALOpen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    gdal.GDALGetRasterBand.argtypes = [ctypes.c_void_p, ctypes.c_int]
    gdal.GDALClose.argtypes = [ctypes.c_void_p]
    files = [gdal.GDALOpen(str(path).encode(), i) for i, path in enumerate((source, target))]
    bands = [ctypes.c_void_p(gdal.GDALGetRasterBand(file, 1)) for file in files]
    said = [b"DISTUNITS=GEO", b"VALUES=1", f"MAXDIST={reach}".encode(), f"NODATA={reach}".encode()]
    options = (ctypes.c_char_p * 5)(*said, None)
    if gdal.GDALComputeProximity(*bands, options, None, None):
        raise SystemExit("GDALComputeProximity failed")
    for file in files:
        gdal.GDALClose(file)


def by_xrspatial(side: int, reach: float, out: Path) -> None:
    """As one array, in memory."""
    import xarray as xr
    from xrspatial import proximity as nearest

    along = (np.arange(side) + 0.5) * made.CELL
    mask = xr.DataArray(burnt(side).astype("f4"), dims=("y", "x"), coords={"y": -along, "x": along})
    write(out, np.nan_to_num(nearest(mask, max_distance=reach).values, nan=reach))


def write(out: Path, values: np.ndarray) -> None:
    """An array as Zarr."""
    array = zarr.open_group(out).create_array(
        "distance", shape=values.shape, chunks=(512, 512), dtype="f4"
    )
    array[:] = values


def compare(folder: Path, sides: list[int], reach: float, ways: list[str], other: str) -> None:
    """Run each way in a process of its own at each side, and print."""
    for side in sides:
        for way in ways:
            out = folder / f"{way}_{side}"
            python = other if way == "xrspatial" else sys.executable
            command = [python, __file__, "--worker", way, "--folder", str(out)]
            told = measured([*command, "--side", str(side), "--reach", str(reach)])
            per_million = round(float(told["cpu_s"]) / side**2 * 1e6, 2)
            told |= {"cpu_s_per_million": per_million}
            print(side, way, {k: v for k, v in told.items() if v}, flush=True)
            if way != "ours" and "ours" in ways:
                rim = int(np.ceil(reach / made.CELL)) if 4 * reach < side * made.CELL else 0
                print(way, "differs from ours by cells", apart(folder / f"ours_{side}", out, rim))


def apart(one: Path, other: Path, rim: int) -> dict[str, float]:
    """How far two ways are apart, in cells, without a rim."""
    files = [zarr.open_group(path, mode="r")["distance"] for path in (one, other)]
    inner = (slice(rim, files[0].shape[0] - rim),) * 2
    arrays = [np.asarray(file[inner]) for file in files]
    away = np.abs(arrays[0] - arrays[1]) / made.CELL
    return {"mean": round(float(away.mean()), 4), "most": round(float(away.max()), 3)}


def main() -> None:
    """Run each way, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, action="append")
    parser.add_argument("--reach", type=float, default=REACH, help="cap of the distance [m]")
    parser.add_argument("--only", choices=WAYS, action="append")
    parser.add_argument("--folder", type=Path, help="where to write; else a temporary one")
    parser.add_argument("--python", default=sys.executable, help="interpreter of xarray-spatial")
    parser.add_argument("--worker", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sides = asked.side or [2000, 4000, 8000]
    if asked.worker:
        way = {"ours": ours, "scipy": by_scipy, "gdal": by_gdal, "xrspatial": by_xrspatial}
        way[asked.worker](sides[0], asked.reach, asked.folder)
        return
    tried = subprocess.run(
        [asked.python, "-c", "import xrspatial"], check=False, capture_output=True
    )
    there = [way for way in WAYS if way != "xrspatial" or not tried.returncode]
    with tempfile.TemporaryDirectory(dir=asked.folder) as temporary:
        compare(Path(temporary), sides, asked.reach, asked.only or there, asked.python)


if __name__ == "__main__":
    main()
