"""
Composites onto blocks: time and peak memory of kriging, ours beside PyKrige and GSTools.

    python benchmarks/kriging.py                                   # ours, a million blocks
    python benchmarks/kriging.py --side 10 --composites 300 --all  # beside the others

Composites of 5 m lie down upright holes in a field made of waves; blocks are 10 x 10 x 5 m. Ours
takes the nearest 24 (``--neighbours``), for points and for blocks of 5 x 5 x 3 points, and once
with octants and a limit for each hole. PyKrige takes as many nearest samples; it and GSTools also
solve the system of all samples once, and what ours says with all of them, solved anew for each
place (so only of few), has to be the same. Each way is a process of its own, imports and
compilation counted; its peak memory is what the operating system counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from files_to_maps import measured

from geoprospect.blocks import BlockGrid
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.kriging import kriged
from geoprospect.resources.search import Search

OURS = ("points", "blocks", "blocks_limited")
OTHERS = ("all_points", "pykrige_nearest", "pykrige_all", "gstools_all")
SIZE = (10.0, 10.0, 5.0)
DEEP = 50
"""Composites of a hole, and layers of blocks for a side of 100."""
NUGGET, SILL, RANGES = 0.2, 0.8, (300.0, 200.0, 60.0)


def made(side: int, composites: int) -> tuple[pd.DataFrame, BlockGrid]:
    """Composites down holes, and the grid of side x side x side blocks about them."""
    rng = np.random.default_rng(1)
    grid = BlockGrid((0.0, 0.0, -side * SIZE[2]), SIZE, (side, side, side), "EPSG:32648")
    holes = -(-composites // DEEP)
    hole, step = np.divmod(np.arange(composites), DEEP)
    x, y = rng.uniform(0, side * SIZE[0], (2, holes))
    at = np.column_stack([x[hole], y[hole], -(step + 0.5) * side * SIZE[2] / DEEP])
    waves = rng.normal(size=(3, 12)) / np.array(RANGES)[:, None] * 3
    grade = np.sin(at @ waves + rng.uniform(0, 6, 12)).sum(axis=1) / 3
    samples = pd.DataFrame(at, columns=["x", "y", "z"]).assign(hole=hole, Cu=grade)
    return samples, grid


def ours(way: str, samples: pd.DataFrame, grid: BlockGrid, neighbours: int) -> np.ndarray:
    """Estimates by the library."""
    model = Nested(NUGGET, (Structure("spherical", SILL, *RANGES),))
    search = Search(most=neighbours, passes=(1e4,))
    if way == "all_points":
        search = Search(most=len(samples), passes=(1e4,))
    elif way == "blocks_limited":
        search = Search(most=neighbours, octant=neighbours // 4, hole=6)
    places = grid.centres() if way.endswith("points") else grid
    found = kriged(samples, places, grade="Cu", variogram=model, search=search)
    return found["estimate"].to_numpy()


def by_pykrige(way: str, samples: pd.DataFrame, grid: BlockGrid, neighbours: int) -> np.ndarray:
    """Points, by all samples at once or by the nearest."""
    from pykrige.ok3d import OrdinaryKriging3D

    kriging = OrdinaryKriging3D(
        *samples[["y", "x", "z"]].to_numpy().T, samples["Cu"].to_numpy(),
        variogram_model="spherical",
        variogram_parameters={"psill": SILL, "range": RANGES[0], "nugget": NUGGET},
        anisotropy_scaling_y=RANGES[0] / RANGES[1], anisotropy_scaling_z=RANGES[0] / RANGES[2],
    )  # fmt: skip
    x, y, z = grid.centres().T.copy()
    nearest = {"backend": "loop", "n_closest_points": neighbours}
    found, _ = kriging.execute("points", y, x, z, **(nearest if way.endswith("nearest") else {}))
    return np.asarray(found)


def by_gstools(samples: pd.DataFrame, grid: BlockGrid) -> np.ndarray:
    """Points, by all samples at once."""
    import gstools

    model = gstools.Spherical(dim=3, var=SILL, nugget=NUGGET, len_scale=list(RANGES))
    krige = gstools.krige.Ordinary(
        model, samples[["y", "x", "z"]].to_numpy().T, samples["Cu"].to_numpy()
    )
    x, y, z = grid.centres().T
    return np.asarray(krige((y, x, z), return_var=False))


def work(way: str, asked: argparse.Namespace) -> np.ndarray:
    """One way, in this process."""
    samples, grid = made(asked.side, asked.composites)
    if way.startswith("pykrige"):
        return by_pykrige(way, samples, grid, asked.neighbours)
    if way.startswith("gstools"):
        return by_gstools(samples, grid)
    return ours(way, samples, grid, asked.neighbours)


def main() -> None:
    """Run each way in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--side", type=int, default=100, help="blocks along each axis")
    parser.add_argument("--composites", type=int, default=5000)
    parser.add_argument("--neighbours", type=int, default=24)
    parser.add_argument("--all", action="store_true", help="beside the others")
    parser.add_argument("--only", choices=OURS + OTHERS, action="append")
    parser.add_argument("--worker", choices=OURS + OTHERS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        np.save(asked.out, work(asked.worker, asked))
        return
    numbers = [f"--{name}={getattr(asked, name)}" for name in ("side", "composites", "neighbours")]
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        for way in asked.only or (OURS + OTHERS if asked.all else OURS):
            out = Path(temporary) / f"{way}.npy"
            told = measured(
                [sys.executable, __file__, "--worker", way, "--out", str(out), *numbers]
            )
            print(asked.side**3, asked.composites, way, told, flush=True)
            found[way] = np.load(out)
    for way, same in (("pykrige_nearest", "points"), ("pykrige_all", "all_points"),
                      ("gstools_all", "all_points")):  # fmt: skip
        if {way, same} <= set(found):
            apart = np.abs(found[way] - found[same]).max() / found[same].std()
            print(f"{way} and ours differ by {apart:.1e} of the standard deviation at most")


if __name__ == "__main__":
    main()
