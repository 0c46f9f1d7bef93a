"""Cells drawn evenly from some ground, in two passes over its blocks."""

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
from geoprospect.labels.occurrences import Cells

Mask: TypeAlias = npt.NDArray[np.bool_]
Window: TypeAlias = tuple[slice, slice]
Ground: TypeAlias = Callable[..., Mask]
"""Which cells of a block may be drawn, by its rows and columns and a block of each layer."""


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
    return _centres(rows[order], columns[order], grid)


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


def _centres(rows: Cells, columns: Cells, grid: GeoBox) -> gpd.GeoDataFrame:
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    centres = gpd.points_from_xy(x, y)
    return gpd.GeoDataFrame({"row": rows, "column": columns}, geometry=centres, crs=grid.crs.proj)
