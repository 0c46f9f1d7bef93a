"""
How the levels of neighbouring cells go together within a circle.

The statistics are those of a grey-level co-occurrence matrix (Haralick et al. 1973) whose
entries are all pairs of a cell in the circle and one of its eight neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geoprospect.kernels import circles
from geoprospect.kernels.circles import Field


def contrast(levels: Field, circle: Sequence[int]) -> Field:
    """Mean squared difference of neighbours' levels; NaN where no pair is known."""
    parts = _summed((known, known * (own - other) ** 2) for own, other, known in _pairs(levels))
    count, total = circles.merged(parts, np.add, circle)
    return _over(total, count)


def homogeneity(levels: Field, circle: Sequence[int]) -> Field:
    """Mean of 1 over (1 + squared difference) of neighbours' levels; NaN where none is known."""
    parts = _summed(
        (known, known / (1 + (own - other) ** 2)) for own, other, known in _pairs(levels)
    )
    count, total = circles.merged(parts, np.add, circle)
    return _over(total, count)


def correlation(levels: Field, circle: Sequence[int]) -> Field:
    """Correlation of neighbours' levels, 1 where all are equal; NaN where no pair is known."""
    parts = _summed(
        (known, *(known * one for one in (own, other, own**2, other**2, own * other)))
        for own, other, known in _pairs(levels)
    )
    n, own, other, own_squares, other_squares, both = circles.merged(parts, np.add, circle)
    spread = (n * own_squares - own**2) * (n * other_squares - other**2)  # whole numbers, exact
    found = np.where(spread > 0, (n * both - own * other) / np.sqrt(np.maximum(spread, 1)), 1.0)
    return np.where(n > 0, found, np.nan)


def _pairs(levels: Field) -> Iterator[tuple[Field, Field, Field]]:
    """Cells but the rim, each of their eight neighbours, and 1 where both are known; 0 for NaN."""
    rows, columns = (size - 2 for size in levels.shape)
    filled, known = np.nan_to_num(levels), ~np.isnan(levels)
    middle = np.s_[1:-1, 1:-1]
    for i, j in ((i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)):
        there = np.s_[i : i + rows, j : j + columns]
        yield filled[middle], filled[there], (known[middle] & known[there]).astype("f8")


def _summed(parts: Iterator[tuple[Field, ...]]) -> Field:
    total: Field = np.sum([np.stack(part) for part in parts], axis=0)
    return total


def _over(total: Field, count: Field) -> Field:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
