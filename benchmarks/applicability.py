"""
Area of applicability of a map: exact distances to every sample, cell by cell.

    python benchmarks/applicability.py                    # 1 million cells, 30 layers, 5000 samples
    python benchmarks/applicability.py --side 400 --threads 1

Independent noise in every layer, so that no cell is like another. CPU seconds tell the
work whatever else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.contract import Folds
from geoprospect.maps.applicability import applicability
from geoprospect.maps.space import Space, training_space


def made(side: int, layers: int) -> xr.Dataset:
    """A cube of noise."""
    edge = 100 * side
    grid = GeoBox.from_bbox((0, 0, edge, edge), crs="EPSG:32648", resolution=100)
    random = np.random.default_rng(0)
    return xr.Dataset(
        {
            f"layer_{number:02d}": contract.describe(
                contract.on_grid(random.standard_normal(grid.shape, "float32"), grid),
                long_name="noise",
                units="1",
            )
            for number in range(layers)
        }
    )


def learnt(cube: xr.Dataset, samples: int) -> Space:
    """The space of cells drawn anywhere, one in 25 of them a deposit, in five folds."""
    side = cube.sizes["y"]
    rows, columns = np.random.default_rng(1).integers(0, side, (2, samples))
    names = [str(name) for name in cube]
    fold = np.arange(samples) % 5
    return training_space(
        lazy.sample(cube, names, rows, columns),
        (np.arange(samples) < samples // 25).astype(int),
        Folds(fold, fold[None, :] != np.arange(5)[:, None]),
        layers=names,
        weights=dict.fromkeys(names, 1.0),
    )


def main() -> None:
    """Measure, and say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1000, help="cells a side of the map")
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    cube = made(asked.side, asked.layers)
    with lazy.threads(asked.threads):
        clock, cpu = time.perf_counter(), time.process_time()
        space = learnt(cube, asked.samples)
        print(
            f"samples  {time.perf_counter() - clock:7.1f} s  {time.process_time() - cpu:7.1f} CPU s"
        )
        clock, cpu = time.perf_counter(), time.process_time()
        maps = applicability(cube, space)
        lazy.compute(*(layer.data for layer in maps.values()))
        print(
            f"maps     {time.perf_counter() - clock:7.1f} s  {time.process_time() - cpu:7.1f} CPU s"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
