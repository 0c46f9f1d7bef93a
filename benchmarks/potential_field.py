"""
A transform of a field, from a GeoTIFF to Zarr: time and peak memory, ours beside the whole grid.

    python benchmarks/potential_field.py --side 4000                     # all three ways
    python benchmarks/potential_field.py --side 20000 --only ours

The others read all, pad it by half its size on all sides with its edge values (harmonica does
not pad, so that is done for it), transform and write. Each way is a process of its own; its peak
memory is what the operating system counted. Where two ways were run, how far they are from ours
is printed, away from the edge and as a share of the standard deviation.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import zarr

sys.path.insert(0, str(Path(__file__).parent))

import made
from files_to_maps import measured

WAYS = ("ours", "scipy", "harmonica")
TRANSFORMS = ("vertical_derivative", "tilt_angle", "upward_continuation")
HEIGHT = 10 * made.CELL


def ours(path: Path, out: Path, transform: str) -> None:
    """Lazily, by tiles where the grid is large."""
    import xarray as xr

    from geoprospect.cube import store
    from geoprospect.ingest.raster import raster
    from geoprospect.registry import FEATURES

    field = raster(path=path, units="nT", long_name="field")
    settings = {"height": HEIGHT} if transform == "upward_continuation" else {}
    store.write(xr.Dataset({transform: FEATURES[transform](field, **settings)}), out)


def read(path: Path) -> np.ndarray:
    """All of a GeoTIFF."""
    import rasterio

    with rasterio.open(path) as file:
        return file.read(1)


def by_scipy(path: Path, out: Path, transform: str) -> None:
    """As one array, in memory."""
    from scipy import fft

    field = read(path)
    margin = field.shape[0] // 2
    spectrum = fft.rfft2(np.pad(field, margin, mode="edge"))
    north = -2 * np.pi * fft.fftfreq(spectrum.shape[0], made.CELL)[:, None]
    east = 2 * np.pi * fft.rfftfreq(2 * (spectrum.shape[1] - 1), made.CELL)[None]
    inner = (slice(margin, margin + field.shape[0]),) * 2

    def back(response: np.ndarray) -> np.ndarray:
        return fft.irfft2(spectrum * response.astype("complex64"))[inner]

    if transform == "tilt_angle":
        across = np.hypot(back(1j * north), back(1j * east))
        values = np.degrees(np.arctan2(back(np.hypot(north, east)), across))
    elif transform == "upward_continuation":
        values = back(np.exp(-HEIGHT * np.hypot(north, east)))
    else:
        values = back(np.hypot(north, east))
    write(out, transform, values)


def by_harmonica(path: Path, out: Path, transform: str) -> None:
    """As one array, in memory; it wants northing to increase."""
    warnings.simplefilter("ignore")
    import harmonica
    import xarray as xr

    field = read(path)
    margin = field.shape[0] // 2
    wide = np.pad(field[::-1], margin, mode="edge").astype("f8")
    at = np.arange(wide.shape[0]) * made.CELL
    grid = xr.DataArray(wide, coords={"northing": at, "easting": at}, dims=("northing", "easting"))
    found = {
        "vertical_derivative": lambda one: -harmonica.derivative_upward(one),
        "tilt_angle": lambda one: -np.degrees(harmonica.tilt_angle(one)),  # upward for it
        "upward_continuation": lambda one: harmonica.upward_continuation(one, HEIGHT),
    }[transform](grid)
    write(out, transform, found.values[margin:-margin, margin:-margin][::-1])


def write(out: Path, name: str, values: np.ndarray) -> None:
    """An array as Zarr."""
    array = zarr.open_group(out).create_array(
        name, shape=values.shape, chunks=(512, 512), dtype="f4"
    )
    array[:] = values


def main() -> None:
    """Make the field, run each way in a process of its own, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=4000)
    parser.add_argument("--transform", choices=TRANSFORMS, default="vertical_derivative")
    parser.add_argument("--only", choices=WAYS, action="append")
    parser.add_argument("--folder", type=Path, help="kept between calls; else a temporary one")
    parser.add_argument("--worker", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        way = {"ours": ours, "scipy": by_scipy, "harmonica": by_harmonica}[asked.worker]
        way(asked.folder / "field.tif", asked.folder / asked.worker, asked.transform)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "field.tif").exists():
            made.write_layer(folder / "field.tif", 0, asked.side, "float32")
        ways = asked.only or WAYS
        for way in ways:
            command = [sys.executable, __file__, "--worker", way, "--folder", str(folder)]
            told = measured([*command, "--transform", asked.transform])
            print(
                asked.side, asked.transform, way, {k: v for k, v in told.items() if v}, flush=True
            )
        for way in ways[1:]:
            print(way, "differs from", ways[0], apart(folder, asked.transform, ways[0], way))


def apart(folder: Path, name: str, one: str, other: str) -> dict[str, float]:
    """How far two ways are apart in the middle half, in parts of the standard deviation."""
    arrays = [zarr.open_group(folder / way, mode="r")[name] for way in (one, other)]
    quarter = arrays[0].shape[0] // 4
    middle = (slice(quarter, 3 * quarter),) * 2
    if arrays[0].ndim != 2:
        raise SystemExit(f"{name} is not one layer")
    a, b = (np.asarray(array[middle]) for array in arrays)
    return {
        "rms": round(float(np.std(a - b) / np.std(b)), 5),
        "most": round(float(np.abs(a - b).max() / np.std(b)), 5),
    }


if __name__ == "__main__":
    main()
