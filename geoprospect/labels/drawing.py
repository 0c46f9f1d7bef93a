"""Cells drawn from some ground, evenly or by weight, in passes over its blocks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import lazy
from geoprospect.kernels import chance
from geoprospect.labels.occurrences import Cells

Mask: TypeAlias = npt.NDArray[np.bool_]
Window: TypeAlias = tuple[slice, slice]
Ground: TypeAlias = Callable[..., Mask]
"""Which cells of a block may be drawn, by its rows and columns and a block of each layer."""
Weight: TypeAlias = Callable[..., npt.NDArray[np.float64]]
"""What each cell of a block weighs, told the same; 0 where none is drawn."""


def drawn(
    ground: Ground, *layers: xr.DataArray, grid: GeoBox, count: int, seed: int
) -> gpd.GeoDataFrame:
    """
    Up to *count* cells of some ground, none twice, in order of row and column.

    Each cell is as likely as any other. Which are drawn hangs on the ground and the seed
    alone: cells are numbered row by row, however the layers are cut. The first pass counts
    them, the second looks up those drawn; no array of the whole grid is held.

    Returns
    -------
    GeoDataFrame
        Cell centres with ``row`` and ``column``; empty where there is no ground.
    """
    counts = np.zeros((grid.shape[0], 0), np.int64)
    lefts: list[int] = []
    for (rows, columns), in_rows in lazy.gathered(functools.partial(_counted, ground), *layers):
        if columns.start not in lefts:  # blocks come row by row, so from left to right
            lefts.append(columns.start)
            counts = np.pad(counts, ((0, 0), (0, 1)))
        counts[rows, lefts.index(columns.start)] = in_rows
    total = int(counts.sum())
    numbers = np.random.default_rng(seed).choice(total, min(count, total), replace=False)
    picks = _picks(np.sort(numbers), counts, np.array(lefts))
    found = list(lazy.gathered(functools.partial(_found, ground, picks), *layers))
    rows, columns = np.concatenate(found, axis=1)
    order = np.lexsort((columns, rows))
    return centres(rows[order], columns[order], grid)


def drawn_by_weight(
    weight: Weight, *layers: xr.DataArray, grid: GeoBox, count: int, seed: int
) -> gpd.GeoDataFrame:
    """
    Up to *count* cells, none twice, each with a chance proportional to its weight.

    Successive sampling in one pass: each cell has a random number of its own, however the
    layers are cut, and those with the smallest -log(u) / weight are drawn [1]_. Of each
    block no more than *count* cells are held.

    Returns
    -------
    GeoDataFrame
        Cell centres with ``row`` and ``column``, in order of both; empty where nothing
        weighs anything.

    References
    ----------
    .. [1] Efraimidis, P.S., Spirakis, P.G. (2006). Weighted random sampling with a
       reservoir. Information Processing Letters 97, 181-185.
    """
    best = np.empty((3, 0))
    for found in lazy.gathered(functools.partial(_keyed, weight, count, seed), *layers):
        best = _smallest(np.concatenate([best, found], axis=1), count)
    rows, columns = best[1:].astype(np.int64)
    order = np.lexsort((columns, rows))
    return centres(rows[order], columns[order], grid)


def _keyed(
    weight: Weight, count: int, seed: int, where: Window, *blocks: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Key, row and column of the cells of a block that may be among the *count* drawn."""
    weights = weight(where, *blocks)
    rows, columns = np.nonzero(weights > 0)
    keys = -np.log(chance.uniform(*where, seed)[rows, columns]) / weights[rows, columns]
    return _smallest(np.stack([keys, rows + where[0].start, columns + where[1].start]), count)


def _smallest(keyed: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    if keyed.shape[1] <= count:
        return keyed
    return keyed[:, np.argpartition(keyed[0], count)[:count]]


def _picks(numbers: Cells, counts: Cells, lefts: Cells) -> Cells:
    """Of each number: its row, its block's first column, and how many cells precede it there."""
    ends = np.cumsum(counts)
    place = np.searchsorted(ends, numbers, side="right")
    rows, blocks = np.divmod(place, max(1, counts.shape[1]))
    return np.stack([rows, lefts[blocks], numbers - (ends - counts.ravel())[place]])


def _counted(ground: Ground, where: Window, *blocks: npt.NDArray[Any]) -> tuple[Window, Cells]:
    return where, np.count_nonzero(ground(where, *blocks), axis=1)


def _found(ground: Ground, picks: Cells, where: Window, *blocks: npt.NDArray[Any]) -> Cells:
    """Rows and columns of the picks that lie in a block."""
    rows, lefts, preceding = picks
    here = (lefts == where[1].start) & (rows >= where[0].start) & (rows < where[0].stop)
    if not here.any():
        return np.empty((2, 0), np.int64)
    free = ground(where, *blocks)
    columns = [
        np.flatnonzero(free[row - where[0].start])[number] + where[1].start
        for row, number in zip(rows[here], preceding[here], strict=True)
    ]
    return np.stack([rows[here], np.array(columns, np.int64)])


def centres(rows: Cells, columns: Cells, grid: GeoBox) -> gpd.GeoDataFrame:
    """Points at the centres of cells, with ``row`` and ``column``."""
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    points = gpd.points_from_xy(x, y)
    return gpd.GeoDataFrame({"row": rows, "column": columns}, geometry=points, crs=grid.crs.proj)
