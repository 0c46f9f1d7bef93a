"""
What lies within a circle about each cell, to the bit the same whatever the block.

A row of the circle is put together from runs of 1, 2, 4, 8, ... cells, and the
circle from its rows, in an order that knows nothing of the block. Running sums and
Fourier transforms, the usual ways, round by where the block begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import entr

Parts = npt.NDArray[Any]
"""(parts, ny, nx): what is known of each cell, or of the cells that were merged into it."""

Merge = Callable[[Parts, Parts], Parts]
Values = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
Field = npt.NDArray[np.float64]

RIM = 1 + 1e-9
"""A centre on the circle itself counts, whatever the rounding."""


def spans(radius: float, cell: tuple[float, float]) -> list[int]:
    """Cells to either side of the middle that a circle holds, row by row from its centre."""
    height, width = cell
    rows = np.arange(math.floor(RIM * radius / height) + 1)
    half = np.sqrt(np.maximum((RIM * radius) ** 2 - (rows * height) ** 2, 0)) / width
    return [int(cells) for cells in half]


def merged(parts: Parts, merge: Merge, circle: Sequence[int]) -> Parts:
    """
    The parts of all cells within a circle, merged: (k, ny, nx) -> (k, ny - 2 h, nx - 2 w).

    *circle* comes from :func:`spans`; h and w are its rows and columns beyond the
    middle, so that every circle lies whole within *parts*.
    """
    down, across = len(circle) - 1, circle[0]
    height, width = parts.shape[1] - 2 * down, parts.shape[2] - 2 * across
    runs = _runs(parts, merge, 2 * across + 1)
    total = None
    for span in sorted(set(circle)):
        line, start = None, across - span
        for power, run in enumerate(runs):
            if (2 * span + 1) >> power & 1:
                piece = run[:, :, start : start + width]
                line = piece if line is None else merge(line, piece)
                start += 2**power
        assert line is not None  # a span of n holds 2 n + 1 cells, an odd number
        for row in (row for row in range(-down, down + 1) if circle[abs(row)] == span):
            piece = line[:, down + row : down + row + height]
            total = piece if total is None else merge(total, piece)
    assert total is not None
    return total


def _runs(parts: Parts, merge: Merge, longest: int) -> list[Parts]:
    """Merged runs of 1, 2, 4, 8, ... cells to the right of each, up to the longest needed."""
    runs = [parts]
    while 2 ** len(runs) <= longest:
        last, length = runs[-1], 2 ** (len(runs) - 1)
        runs.append(merge(last[:, :, :-length], last[:, :, length:]))
    return runs


def mean(values: Values, circle: Sequence[int]) -> Field:
    """Mean of the known values within a circle; NaN where there is none."""
    total, count = merged(_known_sums(values), np.add, circle)
    return _over(total, count)


def standard_deviation(values: Values, circle: Sequence[int]) -> Field:
    """Standard deviation (over n) of the known values within a circle; exactly 0 for equal ones."""
    count_and_sum = _known_sums(values)
    parts = np.concatenate([count_and_sum, np.zeros_like(count_and_sum[:1])])
    _, count, squares = merged(parts, _with_squares, circle)
    return np.sqrt(_over(squares, count))


def extent(values: Values, circle: Sequence[int]) -> Field:
    """Highest less lowest known value within a circle; NaN where there is none."""
    known = ~np.isnan(values)
    ends = np.stack([np.where(known, values, np.inf), np.where(known, -values, np.inf)])
    lowest, minus_highest = merged(ends.astype("f8"), np.minimum, circle)
    return np.where(np.isinf(lowest), np.nan, -minus_highest - lowest)


def number(codes: Values, classes: Sequence[int], circle: Sequence[int]) -> Field:
    """How many of *classes* there are within a circle."""
    words = np.zeros((len(classes) // 64 + 1, *codes.shape), np.uint64)
    for place, code in enumerate(classes):
        words[place // 64][codes == code] |= np.uint64(1 << place % 64)
    found = merged(words, np.bitwise_or, circle)
    counted: Field = np.bitwise_count(found).sum(axis=0, dtype="f8")
    return counted


def shannon(codes: Values, classes: Sequence[int], circle: Sequence[int]) -> Field:
    """Shannon index of classes within a circle [nat]; NaN where no class is known."""
    known = np.isin(codes, list(classes))
    count = merged(known[None].astype("i4"), np.add, circle)[0]
    index = np.zeros(count.shape)
    for code in np.unique(codes[known]):  # in order; a class that is not here would add 0
        here = merged((codes == code)[None].astype("i4"), np.add, circle)[0]
        index += entr(here / np.maximum(count, 1))
    return np.where(count > 0, index, np.nan)


def _known_sums(values: Values) -> Field:
    """The value, 0 where unknown, and 1 where known."""
    known = ~np.isnan(values)
    return np.stack([np.where(known, values, 0), known]).astype("f8")


def _with_squares(one: Field, other: Field) -> Field:
    """
    Sums, counts and sums of squares about the mean, of two sets of cells together.

    After Chan, Golub and LeVeque (1983): no difference of large squares is taken.
    """
    apart = one[0] * other[1] - other[0] * one[1]
    cells = np.maximum(one[1] * other[1] * (one[1] + other[1]), 1)
    both: Field = one + other
    both[2] += apart**2 / cells
    return both


def _over(total: Field, count: Field) -> Field:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
