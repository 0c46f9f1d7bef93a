"""
Exact Shapley values of trees at every cell, from tables over groups of leaves.

A cell's row in each table is a sum of steps over its codes, found for 64 cells at
once; its contributions are the sum of those rows. Steps that a whole batch of cells
takes alike are taken once; so are the rows that a whole tile, or batch, shares.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import bundles, codes, lanes, tables, tiles
from geoprospect.kernels.trees.codes import CodeBook, Codes
from geoprospect.kernels.trees.deep import Deep, add_deep, deep
from geoprospect.kernels.trees.forest import Forest, Tree
from geoprospect.kernels.trees.leaves import Leaves, leaves
from geoprospect.kernels.trees.sums import Sums, add_tables, zeros
from geoprospect.kernels.trees.tables import Tables

MOST_BYTES = 512 * 2**20
"""What the tables of a model may take, if it is not said otherwise."""

TOLERANCE = 8e-7
"""Rounding of a contribution [log-odds] that 32 bits may bring: five standard deviations."""

Floats = npt.NDArray[np.float64]


class Part(NamedTuple):
    """
    A run of trees: its tables, and the leaves that have none.

    Whole numbers in the tables are in units of ``units`` (layers,) [log-odds], such that
    no layer's total is too large for their type.
    """

    tables: Tables
    deep: Deep
    units: Floats


@dataclass(frozen=True)
class Explainer:
    """Models made ready to explain: runs of trees that share codes, each in one or more parts."""

    runs: tuple[tuple[CodeBook, tuple[Part, ...]], ...]
    layers: int
    base: float

    @property
    def largest(self) -> Floats:
        """What no contribution of a layer exceeds in size, (layers,) [log-odds]."""
        bound = np.zeros(self.layers)
        for _, parts in self.runs:
            for part in parts:
                bound += part.units * 2.0 ** (8 * part.tables.entries.itemsize - 1)
        return bound


def explainer(
    forests: Sequence[Forest], *, exact: bool = False, most_bytes: int = MOST_BYTES
) -> Explainer | None:
    """
    The mean of several models, one class each, made ready to explain.

    Tables hold whole numbers of 32 bits, of 64 if *exact*, and *most_bytes* in all. None
    where the trees cannot be coded in bytes, have linear leaves, or a leaf in which
    training left no sample.
    """
    trees = [tree for forest in forests for tree in forest.trees]
    layers = forests[0].layers
    if any(tree.linear or not tree.has_samples for tree in trees):
        return None
    runs = codes.groups(trees, layers)
    if runs is None:
        return None
    share, bits = 1 / len(forests), 64 if exact else 32
    bytes_a_tree = most_bytes // len(trees)
    made = tuple((book, _parts(trees[run], book, share, bits, bytes_a_tree)) for run, book in runs)
    return Explainer(made, layers, share * sum(tree.expected for tree in trees))


def contributions(
    explainer: Explainer, values: npt.NDArray[Any], order: tiles.Order, *, out: npt.NDArray[Any]
) -> None:
    """
    What each layer adds at each cell [log-odds]: (layers, cells) -> *out* (layers, cells).

    Cells that are in no tile of *order* are left as they are.
    """
    for batch in tiles.batches(order):
        total = np.zeros((batch.size, explainer.layers))
        for book, parts in explainer.runs:
            coded = codes.coded(values, batch, book)
            for part in parts:
                add_contributions(coded, part, total)
        out[:, batch.ravel()] = total.T


def add_contributions(coded: Codes, part: Part, total: Floats) -> None:
    """Add what a run of trees contributes: codes (tiles, layers, 64) to (cells, layers)."""
    count, layers, _ = coded.shape
    dtype = part.tables.entries.dtype
    sums, batch = zeros(count, _width(layers, dtype), dtype), bundles.batch(coded)
    add_tables(part.tables, batch, sums)
    if len(part.deep.begun):
        add_deep(part.deep, batch, part.units, sums)
    _add_up(sums, part.units, total)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_up(sums: Sums, units: Floats, total: Floats) -> None:
    """Whole numbers to log-odds."""
    width = sums.batch.size
    common, own = sums.batch.copy(), sums.batch.copy()
    for cell in range(total.shape[0]):
        if cell % lanes.CELLS == 0:
            tile = cell // lanes.CELLS * width
            common[:] = sums.batch + sums.tiles[tile : tile + width]
        own[:] = common + sums.cells[cell * width : (cell + 1) * width]
        for layer in range(units.size):
            total[cell, layer] += own[layer] * units[layer]


def _parts(
    trees: Sequence[Tree], book: CodeBook, share: float, bits: int, bytes_a_tree: int
) -> tuple[Part, ...]:
    """As few parts as are fine enough: the fewer trees share a unit, the finer it is."""
    many = 1
    while True:
        cuts = np.linspace(0, len(trees), many + 1).round().astype(int)
        planned = [
            _planned(trees[start:stop], book, share, bits, bytes_a_tree)
            for start, stop in itertools.pairwise(cuts)
        ]
        rounding = math.sqrt(sum(plan.rounding**2 for plan in planned))
        if rounding <= TOLERANCE or bits == 64 or many >= len(trees):
            return tuple(plan.part() for plan in planned)
        many = min(len(trees), math.ceil(many * max(1.5, rounding / TOLERANCE)))


class _Plan(NamedTuple):
    """Leaves as they will go into tables, and the units these will have."""

    leaves: Leaves
    grouping: tables.Grouping
    deep: npt.NDArray[np.int64]
    units: Floats
    dtype: np.dtype[Any]

    @property
    def rounding(self) -> float:
        """Five standard deviations of the rounding of a sum [log-odds]."""
        count = len(self.grouping.rows) + len(self.deep)
        return 5 * math.sqrt(count / 12) * float(self.units.max())

    def part(self) -> Part:
        """The tables."""
        width = _width(len(self.units), self.dtype)
        made = tables.tables(self.leaves, self.grouping, 1 / self.units, width, self.dtype)
        return Part(made, deep(self.leaves, self.deep), self.units)


def _planned(
    trees: Sequence[Tree], book: CodeBook, share: float, bits: int, bytes_a_tree: int
) -> _Plan:
    found, layers, dtype = leaves(trees, book), len(book.kinds), np.dtype(f"i{bits // 8}")
    found = found._replace(values=found.values * share)
    made, deep = tables.grouping(
        found, _width(layers, dtype) * dtype.itemsize, bytes_a_tree * len(trees)
    )
    bound = tables.largest(found, made, deep, layers)
    room = 2.0 ** (bits - 1) - 2.0 ** (bits - 10)  # for the rounding of all rows, and of doubles
    units = np.where(bound > 0, bound, 1) / room
    return _Plan(found, made, deep, units, dtype)


def _width(layers: int, dtype: np.dtype[Any]) -> int:
    """Entries in a row: the layers, filled up to whole registers."""
    block = 64 // dtype.itemsize
    return -(-layers // block) * block
