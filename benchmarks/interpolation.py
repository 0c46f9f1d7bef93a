"""
A map from scattered samples, to Zarr: time and peak memory, ours beside pykrige, scipy and verde.

    python benchmarks/interpolation.py --side 1000 --samples 5000        # ours alone
    python benchmarks/interpolation.py --side 250 --samples 5000 --all   # beside the others
    python benchmarks/interpolation.py --side 4000 --samples 50000       # ordinary work

Samples lie at random on a smooth field with noise. Kriging and inverse distance take 16
neighbours, thin plates 30 (verde's one plate all samples, so that it wants few of them); kriging
the same stated variogram on both sides (cross-validation is ours alone, and counted). Each
way is a process of its own; its peak memory is what the operating system counted. Where both
krige, how far they are apart is printed, as a share of the standard deviation.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import zarr
from affine import Affine
from odc.geo.geobox import GeoBox

sys.path.insert(0, str(Path(__file__).parent))

import made
from files_to_maps import measured

from geoprospect import lazy

OURS = ("ordinary_kriging", "inverse_distance", "natural_neighbour", "thin_plate")
OTHERS = ("pykrige", "scipy_inverse_distance", "scipy_linear", "scipy_thin_plate", "verde_spline")
NEIGHBOURS = 16
PLATE = 30
"""Neighbours that a thin plate goes through."""
SHARE = {"nugget": 0.02, "sill": 0.5}


def samples(side: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places (x, y) and values of a sum of waves a third to the whole of the map long."""
    rng = np.random.default_rng(1)
    extent = side * made.CELL
    places = rng.uniform(0, extent, (count, 2))
    turns = rng.uniform(2, 20, (8, 2)) / extent
    values = np.sin(places @ turns.T + rng.uniform(0, 6, 8)).sum(axis=1) / 4
    places += np.array([made.WEST, made.NORTH - extent])
    return places, values + rng.normal(0, 0.1, count)


def centres(side: int) -> np.ndarray:
    """Centres of all cells, rows from the north."""
    along = (np.arange(side) + 0.5) * made.CELL
    x, y = np.meshgrid(made.WEST + along, made.NORTH - along)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def ours(way: str, side: int, count: int, out: Path) -> None:
    """Lazily, block by block."""
    from geoprospect.cube import store
    from geoprospect.registry import FEATURES

    places, values = samples(side, count)
    source = gpd.GeoDataFrame({"v": values}, geometry=gpd.points_from_xy(*places.T), crs=made.CRS)
    affine = Affine(made.CELL, 0, made.WEST, 0, -made.CELL, made.NORTH)
    grid = GeoBox((side, side), affine, made.CRS)
    extent = side * made.CELL
    how = {"columns": ["v"], "radius": extent, "neighbours": NEIGHBOURS, "grid": grid}
    if way == "ordinary_kriging":
        stated = SHARE | {"range": extent / 4, "model": "spherical", "seed": 1}
        layers = FEATURES[way](source, **how, **stated)
    else:
        how["neighbours"] = PLATE if way == "thin_plate" else NEIGHBOURS
        layers = FEATURES["interpolated"](source, method=way, **how)
    with lazy.told(shown) if sys.stderr.isatty() else contextlib.nullcontext():
        store.write(layers, out)


def shown(progress: lazy.Progress) -> None:
    """One line on the terminal of how far it is."""
    left = f", {progress.left:.0f} s left" if progress.left else ""
    print(f"\r{progress.done / max(progress.of, 1):4.0%}{left}   ", end="", file=sys.stderr)


def by_pykrige(side: int, count: int, out: Path) -> None:
    """As one array; the nearest samples by its compiled backend."""
    from pykrige.ok import OrdinaryKriging

    places, values = samples(side, count)
    reach = {"range": side * made.CELL / 4}
    kriging = OrdinaryKriging(
        *places.T, values, variogram_model="spherical", variogram_parameters=SHARE | reach
    )
    cells = centres(side)
    found, variance = kriging.execute(
        "points", *cells.T.copy(), backend="C", n_closest_points=NEIGHBOURS
    )
    write(out, {"v": found, "v_kriging_sd": np.sqrt(variance)}, side)


def by_scipy(way: str, side: int, count: int, out: Path) -> None:
    """As one array, as a notebook does it."""
    from scipy.interpolate import RBFInterpolator, griddata
    from scipy.spatial import cKDTree

    places, values = samples(side, count)
    if way == "scipy_linear":
        write(out, {"v": griddata(places, values, centres(side))}, side)
        return
    if way == "scipy_thin_plate":
        plate = RBFInterpolator(places, values, neighbors=PLATE, kernel="thin_plate_spline")
        write(out, {"v": plate(centres(side))}, side)
        return
    away, near = cKDTree(places).query(centres(side), k=NEIGHBOURS)
    weights = 1 / np.maximum(away, 1e-9) ** 2
    write(out, {"v": (weights * values[near]).sum(axis=1) / weights.sum(axis=1)}, side)


def by_verde(side: int, count: int, out: Path) -> None:
    """As one array; every sample is a force on one plate, held down a little."""
    import verde

    places, values = samples(side, count)
    spline = verde.Spline(damping=1e-6).fit(tuple(places.T), values)
    write(out, {"v": spline.predict(tuple(centres(side).T))}, side)


def write(out: Path, layers: dict[str, np.ndarray], side: int) -> None:
    """Arrays as Zarr."""
    group = zarr.open_group(out)
    for name, values in layers.items():
        array = group.create_array(name, shape=(side, side), chunks=(512, 512), dtype="f4")
        array[:] = np.asarray(values, "f4").reshape(side, side)


def work(way: str, side: int, count: int, out: Path) -> None:
    """One way, in this process."""
    if way in OURS:
        ours(way, side, count, out)
    elif way == "pykrige":
        by_pykrige(side, count, out)
    elif way == "verde_spline":
        by_verde(side, count, out)
    else:
        by_scipy(way, side, count, out)


def main() -> None:
    """Run each way in a process of its own, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--all", action="store_true", help="beside the others")
    parser.add_argument("--only", choices=OURS + OTHERS, action="append")
    parser.add_argument("--worker", choices=OURS + OTHERS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(asked.worker, asked.side, asked.samples, asked.out)
        return
    with tempfile.TemporaryDirectory() as temporary:
        ways = asked.only or (OURS + OTHERS if asked.all else OURS)
        for way in ways:
            command = [sys.executable, __file__, "--worker", way, "--out", f"{temporary}/{way}"]
            told = measured([*command, "--side", str(asked.side), "--samples", str(asked.samples)])
            shown = {key: value for key, value in told.items() if value}
            print(asked.side, asked.samples, way, shown, flush=True)
        if {"ordinary_kriging", "pykrige"} <= set(ways):
            for name in ("v", "v_kriging_sd"):
                print(name, "differs by", apart(Path(temporary), name))


def apart(folder: Path, name: str) -> float:
    """How far ours and pykrige's are apart at most, in parts of the standard deviation."""
    one, other = (
        np.asarray(zarr.open_group(folder / way, mode="r")[name][:])
        for way in ("ordinary_kriging", "pykrige")
    )
    return round(float(np.abs(one - other).max() / other.std()), 6)


if __name__ == "__main__":
    main()
