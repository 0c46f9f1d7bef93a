"""
Values as byte codes: between which of a model's thresholds each lies.

A tree asks of a value only whether it is at most one of its thresholds (or among
some categories), so the rank among all thresholds of its layer, at most 254 of
them, says all that a model can know. Missing values have a code of their own,
the highest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees.forest import (
    CATEGORICAL,
    DEFAULT_LEFT,
    NAN_MISSING,
    ZERO_MISSING,
    Tree,
)

UNKNOWN = 255
"""Code of a missing value."""

MOST_BOUNDS = 254
ZERO = float(np.float32(1e-35))
"""What LightGBM takes for zero, where zero means missing."""

_UNUSED, _NUMERIC, _CATEGORICAL = 0, 1, 2

Codes = npt.NDArray[np.uint8]
Order = npt.NDArray[np.int32]
Sets = npt.NDArray[np.bool_]


class CodeBook(NamedTuple):
    """
    What the codes of each layer mean.

    ``bounds`` (layers, 255) are the thresholds, sorted, infinite beyond the last;
    ``rounded`` the same, each rounded down to float32, by which float32 values fall as
    they do by the thresholds themselves. A category's code is
    ``lookup[edges[layer] + category]``; beyond the last it is that of the last.
    """

    kinds: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.float64]
    rounded: npt.NDArray[np.float32]
    lookup: npt.NDArray[np.uint8]
    edges: npt.NDArray[np.int64]


def code_book(trees: Sequence[Tree], layers: int) -> CodeBook | None:
    """The codes that tell apart all that *trees* tell apart, or None where bytes are too few."""
    bounds = np.full((layers, UNKNOWN), np.inf)
    kinds = np.zeros(layers, np.uint8)
    lookups = [np.zeros(1, np.uint8)] * layers
    asked: dict[int, list[tuple[Tree, int]]] = {}
    for tree in trees:
        for node, layer in enumerate(tree.layers.tolist()):
            asked.setdefault(layer, []).append((tree, node))
    for layer, nodes in asked.items():
        if nodes[0][0].kinds[nodes[0][1]] & CATEGORICAL:
            kinds[layer] = _CATEGORICAL
            lookups[layer] = _lookup([tree.categories[node] for tree, node in nodes])
            if lookups[layer].size == 0:
                return None
        else:
            kinds[layer] = _NUMERIC
            own = sorted(set().union(*(_bounds(tree, node) for tree, node in nodes)))
            if len(own) > MOST_BOUNDS:
                return None
            bounds[layer, : len(own)] = own
    edges = np.cumsum([0, *(len(lookup) for lookup in lookups)])
    return CodeBook(kinds, bounds, _rounded_down(bounds), np.concatenate(lookups), edges)


def groups(trees: Sequence[Tree], layers: int) -> list[tuple[slice, CodeBook]] | None:
    """Runs of trees, each with its code book; None if a single tree asks too much for bytes."""
    found: list[tuple[slice, CodeBook]] = []
    for run in _runs(trees):
        book = code_book(trees[run], layers)
        if book is None:
            return None
        found.append((run, book))
    return found


def _runs(trees: Sequence[Tree]) -> Iterator[slice]:
    """Trees that follow each other, as many as bytes can code, one at least."""
    start, asked = 0, _Asked()
    for stop, tree in enumerate(trees):
        if not asked.fits(tree) and stop > start:
            yield slice(start, stop)
            start, asked = stop, _Asked()
            asked.fits(tree)
    if start < len(trees):
        yield slice(start, len(trees))


class _Asked:
    """What the trees so far tell apart, layer by layer."""

    def __init__(self) -> None:
        self.bounds: dict[int, set[float]] = {}
        self.treated: dict[int, _Treated] = {}

    def fits(self, tree: Tree) -> bool:
        """Count a tree in; whether bytes can still code them all."""
        for node, layer in enumerate(tree.layers.tolist()):
            if tree.kinds[node] & CATEGORICAL:
                self.treated.setdefault(layer, _Treated()).add(tree.categories[node])
            else:
                self.bounds.setdefault(layer, set()).update(_bounds(tree, node))
        touched = set(tree.layers.tolist())
        return all(
            len(self.bounds[n]) <= MOST_BOUNDS for n in touched & self.bounds.keys()
        ) and all(self.treated[n].kinds <= MOST_BOUNDS for n in touched & self.treated.keys())


class _Treated:
    """
    Which categories every node so far treats alike.

    Each node has a random number; a category's is the sum of those of the nodes that
    choose it, so that categories chosen by the same nodes have the same.
    """

    def __init__(self) -> None:
        self.sums = np.zeros(1, np.uint64)
        self._random = np.random.default_rng(0)

    def add(self, categories: npt.NDArray[np.int32]) -> None:
        """Count a node in."""
        size = int(categories.max(initial=0)) + 2  # one more, to stand for all beyond
        if size > self.sums.size:
            self.sums = np.pad(self.sums, (0, size - self.sums.size))
        self.sums[categories] += self._random.integers(0, 2**64, dtype=np.uint64)

    @property
    def kinds(self) -> int:
        """How many kinds of categories there are."""
        return len(np.unique(self.sums))


def left_codes(tree: Tree, node: int, book: CodeBook) -> Sets:
    """Which codes a node sends left, (256,)."""
    layer = tree.layers[node]
    left = np.zeros(256, bool)
    if tree.kinds[node] & CATEGORICAL:
        own = book.lookup[book.edges[layer] : book.edges[layer + 1]]
        left[own[tree.categories[node]]] = True
        return left
    bounds, threshold = book.bounds[layer], tree.thresholds[node]
    left[: np.searchsorted(bounds, threshold) + 1] = True
    by_default = bool(tree.kinds[node] & DEFAULT_LEFT)
    missing = tree.missing(node)
    if missing == ZERO_MISSING:
        left[np.searchsorted(bounds, ZERO)] = by_default
    left[UNKNOWN] = by_default if missing in (NAN_MISSING, ZERO_MISSING) else bool(threshold >= 0)
    return left


def coded(values: npt.NDArray[Any], order: Order, book: CodeBook) -> Codes:
    """
    Codes of cells: (layers, cells) float32 or float64 -> (tiles, layers, 64).

    *order* (tiles, 64) says which cells make a tile.
    """
    codes = np.zeros((len(order), len(values), order.shape[1]), np.uint8)
    bounds = book.rounded if values.dtype == np.float32 else book.bounds
    _rank(values, order, book.kinds, bounds, book.lookup, book.edges, codes)
    return codes


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _rank(
    values: npt.NDArray[Any],
    order: Order,
    kinds: npt.NDArray[np.uint8],
    bounds: npt.NDArray[Any],
    lookup: npt.NDArray[np.uint8],
    edges: npt.NDArray[np.int64],
    codes: Codes,
) -> None:
    tile = np.empty(order.shape[1], values.dtype)
    for layer in range(values.shape[0]):
        if kinds[layer] == _UNUSED:
            continue
        for t in range(order.shape[0]):
            for i in range(tile.size):
                tile[i] = values[layer, order[t, i]]
            if kinds[layer] == _NUMERIC:
                _rank_numbers(tile, bounds[layer], codes[t, layer])
            else:
                _rank_categories(tile, lookup[edges[layer] : edges[layer + 1]], codes[t, layer])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rank_numbers(tile: npt.NDArray[Any], bounds: npt.NDArray[Any], codes: Codes) -> None:
    """How many bounds lie below each value, by halving: eight steps, without a branch."""
    for i in range(tile.size):
        value = tile[i]
        rank = np.int32(0)
        rank += np.int32(128) * np.int32(bounds[rank + 127] < value)
        rank += np.int32(64) * np.int32(bounds[rank + 63] < value)
        rank += np.int32(32) * np.int32(bounds[rank + 31] < value)
        rank += np.int32(16) * np.int32(bounds[rank + 15] < value)
        rank += np.int32(8) * np.int32(bounds[rank + 7] < value)
        rank += np.int32(4) * np.int32(bounds[rank + 3] < value)
        rank += np.int32(2) * np.int32(bounds[rank + 1] < value)
        rank += np.int32(bounds[rank] < value)
        codes[i] = rank if value == value else UNKNOWN  # noqa: PLR0124


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rank_categories(tile: npt.NDArray[Any], lookup: npt.NDArray[np.uint8], codes: Codes) -> None:
    last = lookup.size - 1
    for i in range(tile.size):
        value = tile[i]
        if value != value or value <= -1:  # noqa: PLR0124
            codes[i] = UNKNOWN
        else:
            codes[i] = lookup[np.int64(value) if value < last else last]


def _bounds(tree: Tree, node: int) -> set[float]:
    """A node's threshold, and where zero begins and ends if it means missing."""
    bounds = {float(tree.thresholds[node])}
    if tree.missing(node) == ZERO_MISSING:
        bounds |= {float(np.nextafter(-ZERO, -np.inf)), ZERO}
    return bounds


def _lookup(chosen: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.uint8]:
    """Code of each category, one for all that every node treats alike; empty if too many."""
    treated = _Treated()
    for categories in chosen:
        treated.add(categories)
    kinds, codes, sizes = np.unique(treated.sums, return_inverse=True, return_counts=True)
    whole = all(sizes[np.unique(codes[own])].sum() == len(own) for own in chosen)
    if len(kinds) > MOST_BOUNDS or not whole:  # sums may be equal by chance, if hardly ever
        return np.empty(0, np.uint8)
    return codes.ravel().astype(np.uint8)


def _rounded_down(bounds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The greatest float32 at most each bound."""
    with np.errstate(over="ignore"):
        near = bounds.astype(np.float32)
    lower = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > bounds, lower, near)
