"""
What each leaf of a tree asks of a cell, and what it gives to each layer.

A leaf is reached when every layer on its path lies in the leaf's set of codes. What
it contributes depends on nothing but which of these conditions hold: the Shapley
values of a product game. With ``o`` 1 where a condition holds and else 0, and ``z``
the share of the training samples that the path's splits on that layer let through,

    phi_i = value (o_i - z_i) integral_0^1 prod_{j != i} ((1 - x) z_j + x o_j) dx,

a polynomial, so Gauss-Legendre quadrature with half as many nodes as layers is
exact.

Lundberg, S.M., et al. (2020). From local explanations to global understanding with
explainable AI for trees. Nature Machine Intelligence 2, 56-67.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import codes
from geoprospect.kernels.trees.codes import CodeBook
from geoprospect.kernels.trees.forest import Tree

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class Leaves(NamedTuple):
    """
    Leaves in the order of the trees and, within one, from left to right.

    Conditions ``edges[leaf] : edges[leaf + 1]`` are a leaf's, one a layer, sorted by
    layer. ``inside`` (conditions, 4) is the set of codes as 256 bits, ``shares`` the z.
    """

    trees: Index
    values: Floats
    edges: Index
    layers: npt.NDArray[np.int32]
    inside: npt.NDArray[np.uint64]
    shares: Floats


def leaves(trees: Sequence[Tree], book: CodeBook) -> Leaves:
    """All leaves of trees that have a split."""
    found = [_leaves_of(tree, book) for tree in trees if tree.leaves > 1]
    counts = [len(values) for values, *_ in found]
    sizes = [sizes for _, sizes, *_ in found]
    return Leaves(
        trees=np.repeat(np.arange(len(found)), counts),
        values=_joined([part[0] for part in found], np.float64),
        edges=np.concatenate([[0], np.cumsum(_joined(sizes, np.int64))]).astype(np.int64),
        layers=_joined([part[2] for part in found], np.int32),
        inside=np.concatenate([np.empty((0, 4), np.uint64), *(part[3] for part in found)]),
        shares=_joined([part[4] for part in found], np.float64),
    )


def _leaves_of(tree: Tree, book: CodeBook) -> tuple[npt.NDArray[Any], ...]:
    left = np.stack([codes.left_codes(tree, node, book) for node in range(len(tree.layers))])
    packed = np.packbits(left, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    found: tuple[npt.NDArray[Any], ...] = _walked(
        packed, tree.layers, tree.left, tree.right, tree.counts, tree.leaf_counts,
        tree.leaf_values, len(book.kinds),
    )  # fmt: skip
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walked(
    left_codes: Any, layers: Any, left: Any, right: Any, counts: Any, leaf_counts: Any,
    leaf_values: Any, width: int,
) -> Any:  # fmt: skip
    """The leaves of one tree by a walk from the root, left before right."""
    count = leaf_values.size
    parent, is_left = np.full(layers.size, -1), np.zeros(layers.size, np.bool_)
    for node in range(layers.size):
        for child, side in ((left[node], True), (right[node], False)):
            if child >= 0:
                parent[child], is_left[child] = node, side
    values, sizes = np.empty(count), np.empty(count, np.int64)
    most = count * min(width, layers.size)
    found_layers, shares = np.empty(most, np.int32), np.empty(most)
    inside = np.empty((most, 4), np.uint64)
    held, share = np.empty((width, 4), np.uint64), np.empty(width)
    on_path = np.zeros(width, np.bool_)
    waiting = np.empty(layers.size + 1, np.int64)
    via, sides = np.empty(layers.size + 1, np.int64), np.empty(layers.size + 1, np.bool_)
    waiting[0], via[0], sides[0] = 0, -1, True
    depth, leaf, total = 1, 0, 0
    while depth:
        depth -= 1
        child, node, side = waiting[depth], via[depth], sides[depth]
        if child >= 0:
            for which in range(2):
                waiting[depth + which] = right[child] if which == 0 else left[child]
                via[depth + which], sides[depth + which] = child, which == 1
            depth += 2
            continue
        on_path[:] = False
        weight = leaf_counts[~child]
        while node >= 0:
            layer = layers[node]
            if not on_path[layer]:
                on_path[layer], share[layer] = True, 1.0
                held[layer, :] = ~np.uint64(0)
            share[layer] *= weight / counts[node]
            for k in range(4):
                held[layer, k] &= left_codes[node, k] if side else ~left_codes[node, k]
            weight, side, node = counts[node], is_left[node], parent[node]
        start = total
        for layer in range(width):
            if on_path[layer]:
                found_layers[total], shares[total] = layer, share[layer]
                inside[total] = held[layer]
                total += 1
        values[leaf], sizes[leaf] = leaf_values[~child], total - start
        leaf += 1
    return values, sizes, found_layers[:total].copy(), inside[:total].copy(), shares[:total].copy()


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def contribution(
    value: float, shares: Floats, holds: npt.NDArray[np.bool_], nodes: Floats, weights: Floats,
    out: Floats,
) -> None:  # fmt: skip
    """What a leaf adds to each layer of its path, by the integral above at its *nodes*."""
    out[: shares.size] = 0.0
    for q in range(nodes.size):
        x = nodes[q]
        product = value * weights[q]
        for j in range(shares.size):
            product *= (1.0 - x) * shares[j] + (x if holds[j] else 0.0)
        for i in range(shares.size):
            one = 1.0 if holds[i] else 0.0
            factor = (1.0 - x) * shares[i] + x * one
            out[i] += (one - shares[i]) * product / factor


def quadrature(layers: int) -> tuple[Floats, Floats]:
    """Nodes in [0, 1] and weights that integrate the product over so many layers exactly."""
    nodes, weights = np.polynomial.legendre.leggauss(max(1, (layers + 1) // 2))
    return (nodes + 1) / 2, weights / 2


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: Any) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)
