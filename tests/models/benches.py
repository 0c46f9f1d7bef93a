"""Benches with a known truth: a square of ground, samples in blocks, evidence to order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.contract import Folds
from geoprospect.models import validate
from geoprospect.models.bench import Bench

SIDE = 20_000.0
"""Edge of the ground [m]."""
BLOCK = 5_000.0


def frame(where: np.ndarray, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*where.T), crs="EPSG:32648")


def block_of(where: np.ndarray) -> np.ndarray:
    """Blocks are numbered row by row from the south."""
    column, row = (where // BLOCK).astype(int).T
    return row * int(SIDE // BLOCK) + column


def fold_of(where: np.ndarray) -> np.ndarray:
    """Diagonals of blocks, in three folds."""
    row, column = np.divmod(block_of(where), int(SIDE // BLOCK))
    return (row + column) % 3


def make(
    rows_of: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    layers: list[str],
    *,
    deposits: np.ndarray | None = None,
    background: int = 300,
    seed: int = 0,
    **more: Any,
) -> Bench:
    """Deposits (anywhere, in threes, by default) and background; folds by block and at random."""
    rng = np.random.default_rng(seed)
    if deposits is None:
        deposits = np.repeat(rng.uniform(300, SIDE - 300, (14, 2)), 3, axis=0)
        deposits += rng.normal(0, 100, deposits.shape)
    where = np.concatenate([deposits, rng.uniform(0, SIDE, (background, 2))])
    labels = (np.arange(len(where)) < len(deposits)).astype(np.int64)
    groups = np.where(labels == 1, np.arange(len(where)) // 3, -1)
    samples = frame(where, label=labels, group=groups)
    cells = rng.uniform(0, SIDE, (2000, 2))
    spatial, mixed = fold_of(where), rng.permutation(len(where)) % 3
    folds = {"spatial_blocks": parted(spatial), "random": parted(mixed)}
    return Bench(
        samples=samples,
        rows=rows_of(where, rng).astype("float32"),
        cells=frame(cells),
        area_rows=rows_of(cells, rng).astype("float32"),
        layers=layers,
        folds=folds,
        of_cells={"spatial_blocks": fold_of(cells), "random": None},
        **more,
    )


def parted(of_samples: np.ndarray) -> Folds:
    return Folds(of_samples, of_samples[None] != np.arange(of_samples.max() + 1)[:, None])


def noise(count: int) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda where, rng: rng.normal(size=(len(where), count))


def full(bench: Bench, fit: validate.Fit) -> Mapping[str, Any]:
    return bench.judged(bench.rows, bench.area_rows, fit)
