"""
Tables joined for a batch of cells.

In a batch most steps are settled: all its cells lie on the same side. What is open
leaves each table few rows, and groups that are open in the same layers have few
ways to fall together, so their rows are added up once and not for every cell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import lanes
from geoprospect.kernels.trees.codes import Codes
from geoprospect.kernels.trees.tables import Tables

MOST_JOINT, MOST_STEPS = 128, 128
"""Rows of a joint table, and steps to it: enough for many groups, few enough to stay at hand."""


class Batch(NamedTuple):
    """Codes (tiles, layers, 64), flattened, and the least and greatest code of each layer."""

    codes: Codes
    tiles: int
    low: Codes
    high: Codes


class Open(NamedTuple):
    """
    What is open in a batch.

    Each group's first entry ``places``, its open steps ``steps[edges[group] :
    edges[group + 1]]``, and the layers of these as bits of ``keys``.
    """

    places: npt.NDArray[np.int64]
    edges: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]


class Bundle(NamedTuple):
    """Steps to the rows of a joint table, room for MOST_STEPS of them."""

    layers: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.uint8]
    deltas: npt.NDArray[np.uint16]


def batch(coded: Codes) -> Batch:
    """A batch of tiles."""
    low, high = coded.min(axis=(0, 2)), coded.max(axis=(0, 2))
    return Batch(coded.ravel(), coded.shape[0], low, high)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def settled(found: Tables, batch: Batch, width: int) -> Open:
    """What a batch leaves open."""
    # out of their tuples, or else every access would count a reference
    layers, bounds, deltas, low, high = (
        found.layers, found.bounds, found.deltas, batch.low, batch.high,
    )  # fmt: skip
    starts, begins, ends, tables = found.starts, found.steps, found.steps[1:], found.places
    count = starts.size
    places, edges = np.empty(count, np.int64), np.zeros(count + 1, np.int64)
    steps, keys = np.empty(layers.size, np.int64), np.zeros(count, np.uint64)
    held = 0
    for group in range(count):
        row = np.int64(starts[group])
        for step in range(begins[group], ends[group]):
            layer = layers[step]
            if bounds[step] < low[layer]:
                row += deltas[step]
            elif bounds[step] < high[layer]:
                steps[held] = step
                held += 1
                keys[group] |= np.uint64(1) << np.uint64(layer & 63)
        places[group] = tables[group] + (row & 65535) * width
        edges[group + 1] = held
    return Open(places, edges, steps, keys)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bundled(
    order: Any, found: Tables, left: Open, passed: Any, seen: Any, mark: int, bundle: Bundle
) -> Any:
    """
    How many of the groups in *order* one joint table can hold, its steps and its rows.

    The steps are filled in, sorted by layer and bound; each is as many rows as lie between
    the classes of its layer. No group if not even the first has few enough rows. *passed*
    (layers,) is zero, *seen* (layers, 256) holds no *mark*.
    """
    layers, bounds, steps, edges = found.layers, found.bounds, left.steps, left.edges
    of_layer, of_bound = bundle.layers, bundle.bounds
    taken, many, rows, entered = 0, 0, 1, 0
    while taken < order.size:
        group, before = order[taken], many
        for at in range(edges[group], edges[group + 1]):
            layer, bound = layers[steps[at]], bounds[steps[at]]
            if seen[layer, bound] != mark and many < MOST_STEPS:
                seen[layer, bound] = mark
                of_layer[many], of_bound[many] = layer, bound
                many += 1
                rows = rows // (passed[layer] + 1) * (passed[layer] + 2)
                passed[layer] += 1
        entered = many
        if rows > MOST_JOINT or many == MOST_STEPS:
            many = before
            break
        taken += 1
    for layer in of_layer[:entered]:
        passed[layer] = 0
    return taken, many, _strides(bundle, many)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _strides(bundle: Bundle, many: int) -> int:
    """Sort the steps and say how many rows each is; returns the rows in all."""
    layers, bounds, deltas = bundle.layers[:many], bundle.bounds[:many], bundle.deltas
    order = np.argsort(layers * 256 + bounds)
    layers[:], bounds[:] = layers[order], bounds[order]
    k, rows = 0, 1
    while k < many:
        begin = k
        while k < many and layers[k] == layers[begin]:
            deltas[k] = rows
            k += 1
        rows *= k - begin + 1
    return rows


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def join(
    groups: Any, found: Tables, left: Open, bundle: Bundle, many: int, rows: int, width: int,
    joint: Any,
) -> None:  # fmt: skip
    """Fill *joint* with the sum of several groups' tables over the classes still open."""
    layers, bounds, deltas = found.layers, found.bounds, found.deltas
    of_layer, of_bound, steps, edges = bundle.layers, bundle.bounds, left.steps, left.edges
    begins, entries = left.places, found.entries
    places = np.empty((rows, groups.size), np.int64)
    for g in range(groups.size):
        group = groups[g]
        places[0, g] = begins[group]
        filled, k = 1, 0
        while k < many:
            # one layer more: each class repeats the rows so far, farther on by the steps passed
            layer, shift, stride = of_layer[k], np.int64(0), filled
            while k < many and of_layer[k] == layer:
                for at in range(edges[group], edges[group + 1]):
                    step = steps[at]
                    if layers[step] == layer and bounds[step] == of_bound[k]:
                        shift += np.int64(np.int16(deltas[step])) * width
                for row in range(stride):
                    places[filled + row, g] = places[row, g] + shift
                filled += stride
                k += 1
    joint[: rows * width] = 0
    for row in range(rows):
        add_rows(joint, row * width, entries, places[row], width)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_rows(sums: Any, to: int, table: Any, places: Any, width: int) -> None:
    """Add the rows of *table* at *places* to sums[to : to + width]."""
    for k in range(0, width, 64 // table.itemsize):
        total = lanes.row(sums, to + k)
        for place in places:
            total = lanes.plus(total, lanes.row(table, place + k))
        lanes.put(total, sums, to + k)
