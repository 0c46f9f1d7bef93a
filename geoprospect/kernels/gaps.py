"""A field where it was not measured: over gaps and beyond its edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numba
import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.floating]
Bools: TypeAlias = npt.NDArray[np.bool_]
Index: TypeAlias = npt.NDArray[np.intp]

SWEEPS = 12
"""How often unknown cells are relaxed at each level of a fill."""


def reflected(field: Values, margins: Sequence[tuple[int, int]], fade: Sequence[int]) -> Values:
    """A field turned over at its edges, with its level and slope kept, and fading out."""
    wide = np.pad(field, margins, mode="reflect", reflect_type="odd")
    for axis, (before, after) in enumerate(margins):
        beyond = np.concatenate(
            [np.arange(before, 0, -1), np.zeros(field.shape[axis]), np.arange(1, after + 1)]
        )
        weight = 0.5 + 0.5 * np.cos(np.pi * np.minimum(beyond / max(fade[axis], 1), 1))
        wide = wide * np.expand_dims(weight, 1 - axis).astype(field.dtype)
    return wide


def filled(field: Values, levels: int) -> Values:
    """
    Unknown cells from their surroundings, by the surface of least curvature over the gap.

    From means over 2 x 2, 4 x 4, ... cells for so many *levels*, which the sides are multiples
    of; what is unknown at the last is 0. Opposite rims meet. Known cells stay as they are.
    """
    unknown = np.isnan(field)
    if not unknown.any():
        return field
    if levels == 0:
        return np.where(unknown, field.dtype.type(0), field)
    found = np.where(unknown, _doubled(filled(_means(field, ~unknown), levels - 1)), field)
    rows, columns = np.nonzero(unknown)
    _relax(found, rows, columns, SWEEPS)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _relax(field: Values, rows: Index, columns: Index, sweeps: int) -> None:
    """Lessen the curvature's curvature at some cells, with momentum; opposite rims meet."""
    ny, nx = field.shape
    step = np.zeros(rows.size, field.dtype)
    for _ in range(sweeps):
        for k in range(rows.size):
            i, j = rows[k], columns[k]
            up, down, left, right = i - 1, (i + 1) % ny, j - 1, (j + 1) % nx
            beside = field[up, j] + field[down, j] + field[i, left] + field[i, right]
            across = field[up, left] + field[up, right] + field[down, left] + field[down, right]
            far = (
                field[i - 2, j] + field[(i + 2) % ny, j] + field[i, j - 2] + field[i, (j + 2) % nx]
            )
            curvature = 20 * field[i, j] - 8 * beside + 2 * across + far
            step[k] = 0.6 * step[k] - curvature / 32
        for k in range(rows.size):
            field[rows[k], columns[k]] += step[k]


def _means(field: Values, known: Bools) -> Values:
    """Means of the known cells among each 2 x 2; NaN where there is none."""
    count = _fours(known.astype(field.dtype))
    return np.where(count > 0, _fours(np.where(known, field, 0)) / np.maximum(count, 1), np.nan)


def _fours(values: Values) -> Values:
    total: Values = values[::2, ::2] + values[::2, 1::2] + values[1::2, ::2] + values[1::2, 1::2]
    return total


def _doubled(coarse: Values) -> Values:
    """Each cell as four, between it and its neighbours."""
    for axis in (0, 1):
        before, after = (0.75 * coarse + 0.25 * np.roll(coarse, s, axis) for s in (1, -1))
        shape = [n * (2 if a == axis else 1) for a, n in enumerate(coarse.shape)]
        coarse = np.stack([before, after], axis + 1).reshape(shape)
    return coarse
