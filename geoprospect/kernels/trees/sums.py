"""
Sums of table rows over a batch of cells: what all share, what each tile does, each cell's own.

Whole numbers wrap round where they grow too large on the way; a total that fits is right
nonetheless.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import lanes
from geoprospect.kernels.trees.bundles import (
    MOST_JOINT,
    MOST_STEPS,
    Batch,
    Bundle,
    Open,
    bundled,
    join,
    settled,
)
from geoprospect.kernels.trees.tables import Tables

TOGETHER = 16
"""Tables whose rows a tile gathers before it adds them, so that its sums stay at hand."""

SEVERAL = 32
"""Cells unlike the others from which on every cell's row is added by itself."""


class Sums(NamedTuple):
    """Whole numbers, rows of one *width*: one for the batch, one a tile, one a cell."""

    batch: npt.NDArray[Any]
    tiles: npt.NDArray[Any]
    cells: npt.NDArray[Any]


class _Bundles(NamedTuple):
    """
    A few tables at work: their steps, and where their rows begin.

    A table is among the joint ones, or where ``alone`` is not negative begins there among
    all entries.
    """

    steps: Bundle
    many: npt.NDArray[np.int64]
    alone: npt.NDArray[np.int64]
    joint: npt.NDArray[Any]


def zeros(tiles: int, width: int, dtype: np.dtype[Any]) -> Sums:
    """Sums of a batch of tiles."""
    sizes = (1, tiles, tiles * lanes.CELLS)
    return Sums(*(np.zeros(size * width, dtype) for size in sizes))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_tables(found: Tables, batch: Batch, sums: Sums) -> None:
    """Add the rows of all tables."""
    width = sums.batch.size
    left = settled(found, batch, width)
    for group in range(found.starts.size):
        if left.edges[group] == left.edges[group + 1]:
            _add_row(sums.batch, 0, found.entries, left.places[group], width)
    order = np.argsort(left.keys)
    order = order[np.searchsorted(left.keys[order], 1) :]
    steps = Bundle(
        np.zeros((TOGETHER, MOST_STEPS), np.int64),
        np.zeros((TOGETHER, MOST_STEPS), np.uint8),
        np.zeros((TOGETHER, MOST_STEPS), np.uint16),
    )
    at_work = _Bundles(
        steps, np.zeros(TOGETHER, np.int64), np.zeros(TOGETHER, np.int64),
        np.empty((TOGETHER, MOST_JOINT * width), found.entries.dtype),
    )  # fmt: skip
    passed, seen = np.zeros(batch.low.size, np.int64), np.zeros((batch.low.size, 256), np.int64)
    mark = 0
    while order.size:
        count = 0
        while order.size and count < TOGETHER:
            mark += 1
            taken = _set_to_work(order, found, left, passed, seen, mark, at_work, count, width)
            order = order[taken:]
            count += 1
        _add_bundles(batch, at_work, count, found.entries, sums)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _set_to_work(
    order: Any, found: Tables, left: Open, passed: Any, seen: Any, mark: int,
    at_work: _Bundles, k: int, width: int,
) -> Any:  # fmt: skip
    """Make bundle *k* of the first groups in *order*; returns how many."""
    steps = at_work.steps
    own = Bundle(steps.layers[k], steps.bounds[k], steps.deltas[k])
    taken, many, rows = bundled(order, found, left, passed, seen, mark, own)
    at_work.alone[k] = -1
    if taken:
        join(order[:taken], found, left, own, many, rows, width, at_work.joint[k])
        at_work.many[k] = many
        return taken
    group = order[0]
    at_work.alone[k] = left.places[group]
    at_work.many[k] = left.edges[group + 1] - left.edges[group]
    for j in range(at_work.many[k]):
        step = left.steps[left.edges[group] + j]
        own.layers[j], own.bounds[j] = found.layers[step], found.bounds[step]
        own.deltas[j] = found.deltas[step]
    return 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_bundles(batch: Batch, at_work: _Bundles, count: int, entries: Any, sums: Sums) -> None:
    """Add to each tile, or its cells, their rows of a few tables."""
    # out of their tuples, or else every access would count a reference
    steps, many, alone, joint = at_work.steps, at_work.many, at_work.alone, at_work.joint
    layers, bounds, deltas = steps.layers, steps.bounds, steps.deltas
    codes, stride = batch.codes, batch.low.size * lanes.CELLS
    tiles, cells, width = sums.tiles, sums.cells, sums.batch.size
    size, flat, rows = joint.shape[1], joint.ravel(), np.empty(lanes.CELLS, np.uint16)
    own_j, came_j, gone_j, changed_j = _nothing_gathered()
    own_a, came_a, gone_a, changed_a = _nothing_gathered()
    for tile in range(batch.tiles):
        of_joint, of_alone, to = 0, 0, tile * width
        for k in range(count):
            common, unlike = _rows(codes, tile * stride, layers, bounds, deltas, k, many[k], rows)
            if alone[k] < 0:
                of_joint += _add(
                    tiles, to, common, unlike, rows, flat, k * size, width, own_j, came_j, gone_j,
                    changed_j, of_joint,
                )  # fmt: skip
            else:
                of_alone += _add(
                    tiles, to, common, unlike, rows, entries, alone[k], width, own_a, came_a,
                    gone_a, changed_a, of_alone,
                )  # fmt: skip
        for i in range(lanes.CELLS):
            to = (tile * lanes.CELLS + i) * width
            _add_gathered(cells, to, flat, own_j, came_j, gone_j, changed_j, i, of_joint, width)
            _add_gathered(cells, to, entries, own_a, came_a, gone_a, changed_a, i, of_alone, width)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rows(
    codes: Any, begin: int, layers: Any, bounds: Any, deltas: Any, k: int, many: int, rows: Any
) -> Any:
    """
    The row of a tile's cells in a table: one that many have, and the word of those unlike.

    *rows* are filled in where there are such.
    """
    row = lanes.filled(np.uint16(0))
    for j in range(many):
        exceeding = lanes.above(codes, begin + layers[k, j] * lanes.CELLS, bounds[k, j])
        row = lanes.added(row, exceeding, deltas[k, j])
    common = lanes.first(row)
    unlike = lanes.differing(row, common)
    if unlike:
        lanes.kept(row, rows)
        second = rows[lanes.lowest(unlike)]
        unlike_second = lanes.differing(row, second)
        if lanes.count(unlike_second) < lanes.count(unlike):
            common, unlike = second, unlike_second
    return common, unlike


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add(
    tiles: Any, to: int, common: Any, unlike: Any, rows: Any, table: Any, begin: int, width: int,
    own: Any, came: Any, gone: Any, changed: Any, so_far: int,
) -> int:  # fmt: skip
    """Add a row to the tile and gather what its cells change, or (1) gather each cell's row."""
    if lanes.count(unlike) >= SEVERAL:
        for i in range(lanes.CELLS):
            own[so_far, i] = begin + np.int64(np.int16(rows[i])) * width
        return 1
    shared = begin + np.int64(np.int16(common)) * width
    _add_row(tiles, to, table, shared, width)
    while unlike:
        i = lanes.lowest(unlike)
        unlike &= unlike - np.uint64(1)
        came[i, changed[i]] = begin + np.int64(np.int16(rows[i])) * width
        gone[i, changed[i]] = shared
        changed[i] += 1
    return 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _nothing_gathered() -> Any:
    """
    Places of the rows that each cell of a tile is still to be given, none yet.

    ``own`` (n, cells) where all cells have rows of their own; ``came`` in place of ``gone``,
    ``changed`` of them, for cells unlike the others.
    """
    return (
        np.empty((TOGETHER, lanes.CELLS), np.int64), np.empty((lanes.CELLS, TOGETHER), np.int64),
        np.empty((lanes.CELLS, TOGETHER), np.int64), np.zeros(lanes.CELLS, np.int64),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_gathered(
    cells: Any, to: int, table: Any, own: Any, came: Any, gone: Any, changed: Any, i: int,
    of_own: int, width: int,
) -> None:  # fmt: skip
    """Give a cell the rows gathered for it."""
    many = changed[i]
    if of_own or many:
        for k in range(0, width, 64 // table.itemsize):
            total = lanes.row(cells, to + k)
            for j in range(of_own):
                total = lanes.plus(total, lanes.row(table, own[j, i] + k))
            for j in range(many):
                came_row, gone_row = (
                    lanes.row(table, came[i, j] + k),
                    lanes.row(table, gone[i, j] + k),
                )
                total = lanes.plus(total, lanes.minus(came_row, gone_row))
            lanes.put(total, cells, to + k)
        changed[i] = 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_row(sums: Any, to: int, table: Any, place: int, width: int) -> None:
    for k in range(0, width, 64 // table.itemsize):
        lanes.put(lanes.plus(lanes.row(sums, to + k), lanes.row(table, place + k)), sums, to + k)
