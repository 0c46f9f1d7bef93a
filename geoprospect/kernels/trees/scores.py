"""
Raw scores of trees, 64 cells at once, equal to LightGBM's to the last bit.

A node's question is one comparison of 64 bytes; the cells that go its way are the
bits of a word. Whatever no cell of a tile, or of a batch, reaches is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import codes, lanes, tiles
from geoprospect.kernels.trees.codes import CodeBook, Codes
from geoprospect.kernels.trees.forest import Forest, Tree

Scores = npt.NDArray[np.float64]

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
NONE = np.uint64(0)
DEEPEST = 4096
"""Nodes that may wait for their turn: more than any tree is deep."""


class Splits(NamedTuple):
    """
    Trees by the codes that go left.

    A node's word starts as ``starts`` (all cells left, or none) and is turned over above
    each of its bounds ``turns[edges[node] : edges[node + 1]]``. ``nodes`` and ``leaves``
    say where each tree begins, ``owners`` whose it is; children are numbered within
    their tree.
    """

    owners: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.int64]
    leaves: npt.NDArray[np.int64]
    layers: npt.NDArray[np.int32]
    starts: npt.NDArray[np.uint64]
    edges: npt.NDArray[np.int64]
    turns: npt.NDArray[np.uint8]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scorer:
    """Models made ready to score: runs of trees, each with its codes."""

    parts: tuple[tuple[CodeBook, Splits], ...]
    members: int


def scorer(forests: Sequence[Forest]) -> Scorer | None:
    """
    Models made ready to score, one class each; None where bytes cannot code them.

    They share layers, and codes as far as bytes reach.
    """
    trees = [tree for forest in forests for tree in forest.trees]
    owners = np.repeat(np.arange(len(forests)), [len(forest.trees) for forest in forests])
    if any(tree.linear for tree in trees):
        return None
    found = codes.groups(trees, forests[0].layers)
    if found is None:
        return None
    parts = tuple((book, _splits(trees[run], owners[run], book)) for run, book in found)
    return Scorer(parts, len(forests))


def raw_scores(scorer: Scorer, values: npt.NDArray[Any], order: tiles.Order) -> Scores:
    """
    Raw score of each model at each cell: (layers, cells) -> (members, cells).

    Of cells that are in no tile of *order* the score is NaN.
    """
    made = np.full((scorer.members, values.shape[1]), np.nan)
    for batch in tiles.batches(order):
        sums = np.zeros((scorer.members, batch.size))
        for book, splits in scorer.parts:
            add_scores(codes.coded(values, batch, book), splits, sums)
        made[:, batch.ravel()] = sums
    return made


def add_scores(coded: Codes, splits: Splits, sums: Scores) -> None:
    """Add the trees' leaves, tree by tree: codes (tiles, layers, 64) to sums (members, cells)."""
    low, high = coded.min(axis=(0, 2)), coded.max(axis=(0, 2))
    _add_trees(coded.ravel(), coded.shape[0], low, high, *splits, sums)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_trees(
    coded: Codes,
    count: int,
    low: Codes,
    high: Codes,
    owners: Any,
    nodes: Any,
    leaves: Any,
    layers: Any,
    starts: Any,
    edges: Any,
    turns: Any,
    left: Any,
    right: Any,
    values: Any,
    sums: Scores,
) -> None:
    most = np.max(nodes[1:] - nodes[:-1]) if owners.size else 0
    word_start, undecided = np.zeros(most, np.uint64), np.zeros(most, np.bool_)
    to_left, to_right = np.zeros(most, np.int64), np.zeros(most, np.int64)
    waiting, words = np.empty(most + 1, np.int64), np.empty(most + 1, np.uint64)
    for tree in range(owners.size):
        own, leaf = nodes[tree], leaves[tree]
        total = sums[owners[tree]]
        size = nodes[tree + 1] - own
        for node in range(size - 1, -1, -1):
            word, open_ = _batch_word(starts, edges, turns, low, high, layers, own + node)
            word_start[node], undecided[node] = word, open_
        root = _resolved(0 if size else -1, own, word_start, undecided, left, right)
        for node in range(size):
            if undecided[node]:
                to_left[node] = _resolved(left[own + node], own, word_start, undecided, left, right)
                to_right[node] = _resolved(
                    right[own + node], own, word_start, undecided, left, right
                )
        for tile in range(count):
            at, cells = tile * lanes.CELLS, tile * low.size * lanes.CELLS
            waiting[0], words[0] = root, ALL
            depth = 1
            while depth:
                depth -= 1
                node, word = waiting[depth], words[depth]
                while node >= 0 and word:
                    start = cells + layers[own + node] * lanes.CELLS
                    goes = word_start[node]
                    for k in range(edges[own + node], edges[own + node + 1]):
                        if (
                            turns[k] < high[layers[own + node]]
                            and turns[k] >= low[layers[own + node]]
                        ):
                            goes ^= lanes.above(coded, start, turns[k])
                    aside = word & ~goes
                    word &= goes
                    if word == NONE:
                        word, node = aside, to_right[node]
                    else:
                        if aside:
                            waiting[depth], words[depth] = to_right[node], aside
                            depth += 1
                        node = to_left[node]
                lanes.gain(total, at, word, values[leaf + ~node])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _batch_word(
    starts: Any, edges: Any, turns: Any, low: Codes, high: Codes, layers: Any, node: int
) -> tuple[Any, bool]:
    """A node's word as far as it is the same in the whole batch, and whether that is not all."""
    word, undecided = starts[node], False
    least, most = low[layers[node]], high[layers[node]]
    for k in range(edges[node], edges[node + 1]):
        if turns[k] < least:
            word = ~word
        elif turns[k] < most:
            undecided = True
    return word, undecided


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _resolved(child: int, own: int, word_start: Any, undecided: Any, left: Any, right: Any) -> int:
    """The first node from *child* down that the batch is not of one mind about, or the leaf."""
    while child >= 0 and not undecided[child]:
        child = left[own + child] if word_start[child] else right[own + child]
    return child


def _splits(trees: Sequence[Tree], owners: npt.NDArray[Any], book: CodeBook) -> Splits:
    starts, turns = [], []
    for tree in trees:
        for node in range(len(tree.layers)):
            goes_left = codes.left_codes(tree, node, book)
            starts.append(ALL if goes_left[0] else NONE)
            turns.append(np.flatnonzero(goes_left[1:] != goes_left[:-1]).astype(np.uint8))

    def joined(parts: list[npt.NDArray[Any]], dtype: Any) -> npt.NDArray[Any]:
        return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)

    def begins(sizes: list[int]) -> npt.NDArray[np.int64]:
        return np.cumsum([0, *sizes], dtype=np.int64)

    return Splits(
        owners=owners.astype(np.int32),
        nodes=begins([len(tree.layers) for tree in trees]),
        leaves=begins([tree.leaves for tree in trees]),
        layers=joined([tree.layers for tree in trees], np.int32),
        starts=np.array(starts, np.uint64),
        edges=begins([len(own) for own in turns]),
        turns=joined(turns, np.uint8),
        left=joined([tree.left for tree in trees], np.int32),
        right=joined([tree.right for tree in trees], np.int32),
        values=joined([tree.leaf_values for tree in trees], np.float64),
    )
