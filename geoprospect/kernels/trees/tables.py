"""
Tables of what groups of leaves contribute, one row for each way a cell can fall.

The entries are whole numbers, in units so fine that a layer's total just fits: sums
of whole numbers are exact, so a cell's contributions do not depend on the order in
which tables are added, nor on the cells that it is worked out with.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import groups
from geoprospect.kernels.trees.leaves import Leaves, contribution, quadrature

MOST_ROWS, MOST_ALONE = 2048, 8192
FEWEST_ROWS = 16

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class Grouping(NamedTuple):
    """
    Which leaves go together, and the classes of codes that a group tells apart.

    Leaves ``own[begins[group] : begins[group + 1]]`` are a group's. Its layers are
    ``layers[edges[group] : edges[group + 1]]``, with the class of each code in
    ``classes`` (n, 256), as many as ``counts``; ``strides`` rows lie between the
    classes of a layer.
    """

    own: Index
    begins: Index
    layers: Index
    edges: Index
    classes: npt.NDArray[np.uint8]
    counts: Index
    strides: Index
    rows: Index


class Tables(NamedTuple):
    """
    The tables, and how a cell's row is found: its steps' sum.

    A cell's row in a group starts at ``starts`` and is ``deltas`` (modulo 2**16) farther
    on for every bound among ``steps[group] : steps[group + 1]`` that its code in that
    layer exceeds. Rows are ``width`` entries long, the first of a group at ``places``.
    """

    starts: npt.NDArray[np.uint16]
    steps: Index
    layers: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.uint8]
    deltas: npt.NDArray[np.uint16]
    places: Index
    entries: npt.NDArray[Any]


def grouping(leaves: Leaves, bytes_a_row: int, most_bytes: int) -> tuple[Grouping, Index]:
    """Groups whose tables stay below *most_bytes* in all, and the leaves that have none."""
    most_rows, most_alone = MOST_ROWS, MOST_ALONE
    while True:
        numbers = groups.grouped(leaves, most_rows, most_alone)
        made = _grouping(leaves, numbers)
        if int(made.rows.sum()) * bytes_a_row <= most_bytes or most_rows <= FEWEST_ROWS:
            return made, np.flatnonzero(numbers == groups.DEEP)
        most_alone //= 2
        most_rows = min(most_rows, most_alone)


def _grouping(leaves: Leaves, numbers: Index) -> Grouping:
    count = int(numbers.max(initial=-1)) + 1
    own = np.argsort(numbers, kind="stable")[np.count_nonzero(numbers == groups.DEEP) :]
    begins = np.searchsorted(numbers[own], np.arange(count + 1))
    layers, edges, classes, counts, strides, rows = _classed(
        own, begins, leaves.edges, leaves.layers, leaves.inside
    )
    return Grouping(own, begins, layers, edges, classes, counts, strides, rows)


def largest(leaves: Leaves, made: Grouping, deep: Index, layers: int) -> Floats:
    """
    A bound on the size of each layer's contribution, (layers,).

    Code by code: what each group can add at most, and at least, to a cell with that
    code. No row alone is larger either.
    """
    most, least, alone = np.zeros((layers, 256)), np.zeros((layers, 256)), np.zeros(layers)
    nodes, weights = quadratures(int(np.diff(leaves.edges).max(initial=0)))
    _add_extremes(*made, *_conditions(leaves), nodes, weights, most, least, alone)
    _add_deep_extremes(deep, *_conditions(leaves), nodes, weights, most, least, alone)
    bound: Floats = np.maximum(np.maximum(most, -least).max(axis=1), alone)
    return bound


def tables(leaves: Leaves, made: Grouping, scales: Floats, width: int, dtype: Any) -> Tables:
    """The groups' tables, in units of 1 / *scales* of each layer."""
    places = np.concatenate([[0], np.cumsum(made.rows)]) * width
    entries = np.zeros(int(places[-1]), dtype)
    nodes, weights = quadratures(int(np.diff(leaves.edges).max(initial=0)))
    _fill(*made, *_conditions(leaves), nodes, weights, scales, places[:-1], width, entries)
    starts, steps, layers, bounds, deltas = _steps(made)
    return Tables(starts, steps, layers, bounds, deltas, places[:-1], entries)


def _steps(made: Grouping) -> tuple[npt.NDArray[Any], ...]:
    """Where the row of a cell changes, and by how much."""
    shares = made.classes.astype(np.int64) * made.strides[:, None]
    entry, bounds = np.nonzero(shares[:, 1:] != shares[:, :-1])
    deltas = shares[entry, bounds + 1] - shares[entry, bounds]
    of_entry = np.repeat(np.arange(len(made.rows)), np.diff(made.edges))
    starts = np.bincount(of_entry, shares[:, 0], minlength=len(made.rows))
    return (
        starts.astype(np.uint16),
        np.searchsorted(of_entry[entry], np.arange(len(made.rows) + 1)),
        made.layers[entry].astype(np.int32),
        bounds.astype(np.uint8),
        (deltas % 65536).astype(np.uint16),
    )


def _conditions(leaves: Leaves) -> tuple[Any, ...]:
    return leaves.values, leaves.edges, leaves.layers, leaves.inside, leaves.shares


def quadratures(most: int) -> tuple[Floats, Floats]:
    """Nodes and weights for every number of layers, one a row, NaN beyond the last."""
    nodes = np.full((most + 1, (most + 1) // 2 + 1), np.nan)
    weights = nodes.copy()
    for layers in range(most + 1):
        own = quadrature(layers)
        nodes[layers, : len(own[0])], weights[layers, : len(own[0])] = own
    return nodes, weights


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _classed(own: Any, begins: Any, edges: Any, layers: Any, inside: Any) -> Any:
    """Of every group its layers, and in each the class of every code."""
    count = begins.size - 1
    width = layers.max() + 1 if layers.size else 1
    slot = np.full(width, -1)
    most = 0
    for leaf in own:
        most += edges[leaf + 1] - edges[leaf]
    found_layers, classes = np.empty(most, np.int64), np.zeros((most, 256), np.uint8)
    counts, strides = np.ones(most, np.int64), np.ones(most, np.int64)
    found_edges, rows = np.zeros(count + 1, np.int64), np.ones(count, np.int64)
    numbers = np.empty(512, np.int64)
    total = 0
    for group in range(count):
        start = total
        for leaf in own[begins[group] : begins[group + 1]]:
            for condition in range(edges[leaf], edges[leaf + 1]):
                layer = layers[condition]
                if slot[layer] < start:
                    slot[layer] = total
                    found_layers[total] = layer
                    total += 1
                mine = slot[layer]
                numbers[:] = -1
                found = 0
                for code in range(256):
                    bit = (inside[condition, code >> 6] >> np.uint64(code & 63)) & np.uint64(1)
                    key = 2 * np.int64(classes[mine, code]) + np.int64(bit)
                    if numbers[key] < 0:
                        numbers[key] = found
                        found += 1
                    classes[mine, code] = numbers[key]
                counts[mine] = found
        for mine in range(start, total):
            strides[mine] = rows[group]
            rows[group] *= counts[mine]
        found_edges[group + 1] = total
    return (
        found_layers[:total].copy(), found_edges, classes[:total].copy(), counts[:total].copy(),
        strides[:total].copy(), rows,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _table(
    group: int, own: Any, begins: Any, layers: Any, edges: Any, classes: Any, counts: Any,
    strides: Any, rows: Any, values: Any, leaf_edges: Any, leaf_layers: Any, inside: Any,
    shares: Any, nodes: Any, weights: Any,
) -> Floats:  # fmt: skip
    """What a group contributes to its layers, row by row: (rows, layers of the group)."""
    start, stop = edges[group], edges[group + 1]
    table = np.zeros((rows[group], stop - start))
    for leaf in own[begins[group] : begins[group + 1]]:
        first, size = leaf_edges[leaf], leaf_edges[leaf + 1] - leaf_edges[leaf]
        patterns = _patterns(values[leaf], shares[first : first + size], nodes[size], weights[size])
        at = np.empty(size, np.int64)  # of each condition the place among the group's layers
        holds = np.zeros((size, 256), np.uint8)  # and in which classes it holds
        for j in range(size):
            at[j] = start
            while layers[at[j]] != leaf_layers[first + j]:
                at[j] += 1
            for code in range(256):
                bit = (inside[first + j, code >> 6] >> np.uint64(code & 63)) & np.uint64(1)
                holds[j, classes[at[j], code]] = bit
        for row in range(rows[group]):
            pattern = np.int64(0)
            for j in range(size):
                own_class = row // strides[at[j]] % counts[at[j]]
                pattern |= np.int64(holds[j, own_class]) << j
            for j in range(size):
                table[row, at[j] - start] += patterns[pattern, j]
    return table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _patterns(value: float, shares: Any, nodes: Any, weights: Any) -> Floats:
    """What a leaf contributes, for every set of its conditions that can hold."""
    size = shares.size
    made, holds = np.empty((1 << size, size)), np.empty(size, np.bool_)
    many = (size + 1) // 2
    for pattern in range(1 << size):
        for j in range(size):
            holds[j] = (pattern >> j) & 1
        contribution(value, shares, holds, nodes[:many], weights[:many], made[pattern])
    return made


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_extremes(
    own: Any, begins: Any, layers: Any, edges: Any, classes: Any, counts: Any, strides: Any,
    rows: Any, values: Any, leaf_edges: Any, leaf_layers: Any, inside: Any, shares: Any,
    nodes: Any, weights: Any, most: Any, least: Any, alone: Any,
) -> None:  # fmt: skip
    """Add to every code of every layer the most and the least that each group can bring."""
    for group in range(rows.size):
        table = _table(
            group, own, begins, layers, edges, classes, counts, strides, rows, values,
            leaf_edges, leaf_layers, inside, shares, nodes, weights,
        )  # fmt: skip
        for mine in range(edges[group], edges[group + 1]):
            high = np.full(counts[mine], -np.inf)
            low = np.full(counts[mine], np.inf)
            for row in range(rows[group]):
                own_class = row // strides[mine] % counts[mine]
                entry = table[row, mine - edges[group]]
                high[own_class] = max(high[own_class], entry)
                low[own_class] = min(low[own_class], entry)
                alone[layers[mine]] = max(alone[layers[mine]], abs(entry))
            for code in range(256):
                most[layers[mine], code] += high[classes[mine, code]]
                least[layers[mine], code] += low[classes[mine, code]]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_deep_extremes(
    deep: Any, values: Any, edges: Any, layers: Any, inside: Any, shares: Any, nodes: Any,
    weights: Any, most: Any, least: Any, alone: Any,
) -> None:  # fmt: skip
    """The same for leaves without a table: the others' conditions all hold at most."""
    for leaf in deep:
        first, size = edges[leaf], edges[leaf + 1] - edges[leaf]
        made, holds = np.empty(size), np.ones(size, np.bool_)
        many = (size + 1) // 2
        own = shares[first : first + size]
        contribution(values[leaf], own, holds, nodes[size, :many], weights[size, :many], made)
        for j in range(size):
            inward = made[j]
            alone[layers[first + j]] = max(alone[layers[first + j]], abs(values[leaf]))
            outward = -inward * own[j] / (1.0 - own[j]) if own[j] < 1.0 else -abs(values[leaf])
            for code in range(256):
                holds_it = (inside[first + j, code >> 6] >> np.uint64(code & 63)) & np.uint64(1)
                extreme = inward if holds_it else outward
                most[layers[first + j], code] += max(extreme, 0.0)
                least[layers[first + j], code] += min(extreme, 0.0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill(
    own: Any, begins: Any, layers: Any, edges: Any, classes: Any, counts: Any, strides: Any,
    rows: Any, values: Any, leaf_edges: Any, leaf_layers: Any, inside: Any, shares: Any,
    nodes: Any, weights: Any, scales: Any, places: Any, width: int, entries: Any,
) -> None:  # fmt: skip
    """The tables' entries, rounded to whole units."""
    for group in range(rows.size):
        table = _table(
            group, own, begins, layers, edges, classes, counts, strides, rows, values,
            leaf_edges, leaf_layers, inside, shares, nodes, weights,
        )  # fmt: skip
        for row in range(rows[group]):
            place = places[group] + row * width
            for mine in range(edges[group], edges[group + 1]):
                entry = table[row, mine - edges[group]] * scales[layers[mine]]
                entries[place + layers[mine]] = np.int64(np.rint(entry))
