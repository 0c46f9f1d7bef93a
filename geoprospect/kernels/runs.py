"""
Groups of cells as runs along rows: (row, start, stop) each, in row order.

However large the raster, chosen cells cost memory only where they are.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy import sparse

Runs = npt.NDArray[np.int32]
Index = npt.NDArray[np.int64]


def of_block(chosen: npt.NDArray[np.bool_], top: int, left: int) -> Runs:
    """Runs of the chosen cells of a block whose first cell is at (*top*, *left*)."""
    edges = np.diff(np.pad(chosen, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    return np.stack([rows + top, starts + left, stops + left], axis=1).astype(np.int32)


def joined(pieces: Iterable[Runs]) -> Runs:
    """Runs of all blocks, in row order; those that meet at a block's edge are one."""
    runs = np.concatenate([np.empty((0, 3), np.int32), *pieces])
    runs = runs[np.lexsort((runs[:, 1], runs[:, 0]))]
    rows, starts, stops = runs.T
    fresh = np.ones(len(runs), bool)
    fresh[1:] = (rows[1:] != rows[:-1]) | (starts[1:] != stops[:-1])
    whole = runs[fresh]
    last = np.append(fresh[1:], True)[: len(runs)]
    whole[:, 2] = stops[last]
    return whole


def patches(runs: Runs) -> npt.NDArray[np.int32]:
    """
    Number of the patch that each run belongs to, from 0 in the order of their first cells.

    Cells that share an edge are one patch; cells that touch at a corner are not.
    """
    rows, starts, stops = runs.astype(np.int64).T
    width = int(stops.max(initial=0)) + 1
    below = (rows + 1) * width
    first = np.searchsorted(rows * width + stops, below + starts, side="right")
    last = np.searchsorted(rows * width + starts, below + stops, side="left")
    count = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(runs)), count)
    lower = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    links = sparse.coo_array((np.ones(len(upper), np.int8), (upper, lower)), (len(runs),) * 2)
    _, found = sparse.csgraph.connected_components(links, directed=False)
    _, firsts, numbers = np.unique(found, return_index=True, return_inverse=True)
    order: npt.NDArray[np.int32] = np.argsort(np.argsort(firsts)).astype(np.int32)
    return order[numbers]


def burned(runs: Runs) -> tuple[npt.NDArray[np.uint8], int, int]:
    """The cells of some runs as 1 in the smallest window that holds them; its top and left."""
    top, left = int(runs[:, 0].min()), int(runs[:, 1].min())
    height, width = int(runs[:, 0].max()) + 1 - top, int(runs[:, 2].max()) - left
    steps = np.zeros((height, width + 1), np.int8)
    rows, starts, stops = runs[:, 0] - top, runs[:, 1] - left, runs[:, 2] - left
    steps[rows, starts] = 1
    steps[rows, stops] = -1
    return np.cumsum(steps, axis=1, dtype=np.int8)[:, :-1].view(np.uint8), top, left
