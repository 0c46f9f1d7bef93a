"""
Leaves that share a table.

What a few leaves of a tree contribute depends only on which of their conditions
hold. Layer by layer, the codes fall into classes that none of these leaves tells
apart; a table over the joint classes of the layers holds all that the group can
contribute. Leaves that lie beside each other tell much the same things apart, so
few more classes arise where they are put together.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees.leaves import Leaves

DEEP = -1
"""Group of a leaf that asks too much for a table of its own."""

MOST_LAYERS = 16


def grouped(leaves: Leaves, most_rows: int, most_alone: int) -> npt.NDArray[np.int64]:
    """
    Number of each leaf's group, or DEEP, such that no group's table exceeds *most_rows*.

    A leaf that needs up to *most_alone* is a group by itself.

    Groups are of one tree, from left to right; two neighbours that need the fewest
    rows together are joined first.
    """
    numbers: npt.NDArray[np.int64] = _grouped(
        leaves.trees, leaves.edges, leaves.layers, leaves.inside, most_rows, most_alone
    )
    return numbers


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _grouped(
    trees: Any, edges: Any, layers: Any, inside: Any, most_rows: int, most_alone: int
) -> Any:
    numbers = np.full(trees.size, DEEP)
    group, start = 0, 0
    while start < trees.size:
        stop = start
        while stop < trees.size and trees[stop] == trees[start]:
            stop += 1
        group += _grouped_tree(
            edges[start : stop + 1], layers, inside, most_rows, most_alone, group,
            numbers[start:stop],
        )  # fmt: skip
        start = stop
    return numbers


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _grouped_tree(
    edges: Any, layers: Any, inside: Any, most_rows: int, most_alone: int, group: int,
    numbers: Any,
) -> int:  # fmt: skip
    """Groups of one tree's leaves: numbers from *group* on; returns how many."""
    count = numbers.size
    sizes, members = np.zeros(count, np.int64), np.full(count, -1)
    own_layers = np.zeros((count, MOST_LAYERS), np.int64)
    classes = np.zeros((count, MOST_LAYERS, 256), np.uint8)
    stamps, stamp = np.zeros(65536, np.int64), 0
    order = np.empty(count, np.int64)  # the groups still open, from left to right
    held = 0
    for leaf in range(count):
        size = edges[leaf + 1] - edges[leaf]
        if size <= MOST_LAYERS and 2**size <= max(most_rows, most_alone):
            conditions = slice(edges[leaf], edges[leaf + 1])
            own_layers[leaf, :size] = layers[conditions]
            _set_classes(inside[conditions], classes[leaf])
            sizes[leaf], members[leaf], order[held] = size, leaf, leaf
            held += 1
    of = np.arange(count)
    rows = np.full(count, most_rows + 1)  # of each open group joined with the next
    for k in range(held - 1):
        stamp += 1
        rows[k], stamp = _joint_rows(
            order[k], order[k + 1], sizes, own_layers, classes, most_rows, stamps, stamp
        )
    while held > 1:
        k = int(np.argmin(rows[: held - 1]))
        if rows[k] > most_rows:
            break
        kept, gone = order[k], order[k + 1]
        stamp = _join(kept, gone, sizes, own_layers, classes, stamps, stamp)
        of[of == gone] = kept
        order[k + 1 : held - 1] = order[k + 2 : held].copy()
        rows[k : held - 2] = rows[k + 1 : held - 1].copy()
        held -= 1
        for beside in (k - 1, k):
            if 0 <= beside < held - 1:
                rows[beside], stamp = _joint_rows(
                    order[beside], order[beside + 1], sizes, own_layers, classes, most_rows,
                    stamps, stamp,
                )  # fmt: skip
    for k in range(held):
        numbers[(members >= 0) & (of == order[k])] = group + k
    return held


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _set_classes(inside: Any, classes: Any) -> None:
    """Two classes a condition: the codes for which it holds, and the others."""
    for condition in range(inside.shape[0]):
        for code in range(256):
            word = inside[condition, code >> 6]
            classes[condition, code] = (word >> np.uint64(code & 63)) & np.uint64(1)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _joint_rows(
    a: int, b: int, sizes: Any, layers: Any, classes: Any, most: int, stamps: Any, stamp: int
) -> Any:
    """Rows of the table of two groups together, as far as *most* allows, and the last stamp."""
    rows, i, j, joined = 1, 0, 0, 0
    while (i < sizes[a] or j < sizes[b]) and rows <= most:
        stamp += 1
        joined += 1
        in_a = i < sizes[a] and (j >= sizes[b] or layers[a, i] <= layers[b, j])
        in_b = j < sizes[b] and (i >= sizes[a] or layers[b, j] <= layers[a, i])
        found = 0
        for code in range(256):
            key = np.int64(0)
            if in_a:
                key = np.int64(classes[a, i, code])
            if in_b:
                key += 256 * np.int64(classes[b, j, code])
            if stamps[key] != stamp:
                stamps[key] = stamp
                found += 1
        rows *= found
        i += in_a
        j += in_b
    return (rows if joined <= MOST_LAYERS else most + 1), stamp


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _join(a: int, b: int, sizes: Any, layers: Any, classes: Any, stamps: Any, stamp: int) -> int:
    """Make group *a* the two together; returns the last stamp."""
    made_layers = np.zeros(MOST_LAYERS, np.int64)
    made = np.zeros((MOST_LAYERS, 256), np.uint8)
    numbers = np.zeros(65536, np.uint8)
    i, j, joined = 0, 0, 0
    while i < sizes[a] or j < sizes[b]:
        stamp += 1
        in_a = i < sizes[a] and (j >= sizes[b] or layers[a, i] <= layers[b, j])
        in_b = j < sizes[b] and (i >= sizes[a] or layers[b, j] <= layers[a, i])
        made_layers[joined] = layers[a, i] if in_a else layers[b, j]
        found = 0
        for code in range(256):
            key = np.int64(0)
            if in_a:
                key = np.int64(classes[a, i, code])
            if in_b:
                key += 256 * np.int64(classes[b, j, code])
            if stamps[key] != stamp:
                stamps[key], numbers[key] = stamp, found
                found += 1
            made[joined, code] = numbers[key]
        joined += 1
        i += in_a
        j += in_b
    sizes[a], layers[a], classes[a] = joined, made_layers, made
    return stamp
