"""
Which cells go together: tiles of 64 neighbours, batches of 64 tiles.

Neighbouring cells mostly take the same way through a tree, so what holds for a
whole tile, or a whole batch, is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

CELLS = 64
SIDE = 8
BATCH = 64
"""Tiles in a batch: 64 x 64 cells of a raster."""

Order = npt.NDArray[np.int32]


def of_rows(count: int) -> Order:
    """Tiles of *count* rows of a table in their order, (tiles, 64); the last row fills up."""
    places = np.arange(-(-count // CELLS) * CELLS, dtype=np.int32)
    return np.minimum(places, count - 1).reshape(-1, CELLS)


def of_raster(known: npt.NDArray[Any]) -> Order:
    """
    Tiles of 8 x 8 cells of a raster that hold a known cell, (tiles, 64).

    Places are in the flattened raster; tiles of one batch lie together. Beyond the edge
    the last row and column fill up.
    """
    rows, columns = (_sides(size) for size in known.shape)
    places = rows[:, None, :, None] * known.shape[1] + columns[None, :, None, :]
    order = _nearby(places.reshape(len(rows), len(columns), CELLS))
    return np.ascontiguousarray(order[known.ravel()[order].any(axis=1)], np.int32)


def batches(order: Order) -> Iterator[Order]:
    """The tiles, batch by batch."""
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def _sides(size: int) -> npt.NDArray[np.int64]:
    """Places along one side of a raster, tile by tile."""
    places = np.arange(-(-size // SIDE) * SIDE)
    return np.minimum(places, size - 1).reshape(-1, SIDE)


def _nearby(tiles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(tile rows, tile columns, 64) -> (tiles, 64), eight by eight tiles together."""
    i, j = np.indices(tiles.shape[:2])
    together = np.lexsort((j.ravel(), i.ravel(), j.ravel() // SIDE, i.ravel() // SIDE))
    return tiles.reshape(-1, CELLS)[together]
