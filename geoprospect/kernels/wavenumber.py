"""
Linear transforms of a field by wavenumber: of a whole grid, or of tiles of a large one.

A field is its plane, its broad shape (means over coarse cells, smoothed) and the rest. The
plane is transformed by hand and the broad shape as a whole, on the coarse cells. What is
left holds no long waves, so that what it gives at a cell depends on its surroundings alone,
and a tile with a margin is enough. On a small grid the broad shape is all there is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from geoprospect.kernels.gaps import filled, reflected

Values: TypeAlias = npt.NDArray[np.floating]
Spectrum: TypeAlias = npt.NDArray[np.complexfloating]
Cell: TypeAlias = tuple[float, float]
Response: TypeAlias = Callable[[Values, Values], npt.NDArray[np.number]]
Plane: TypeAlias = tuple[float, float, float]
"""Level at the middle of the grid's first cell, and slopes to the north and the east."""

REACH = 8
"""Coarse cells beyond which the rest of a field does not bear on a cell."""

NEAREST = 64
"""Cells that it bears on at the least: the shortest waves, of two cells, reach far."""

FADE = 4
"""Coarse cells over which the rest of a field fades out beyond the edge and into gaps."""

SMOOTHING = 2.0
"""Scale of the smoothing that leaves a field's broad shape [coarse cells]."""


@dataclass(frozen=True)
class Transform:
    """What a linear transform does to waves, and to a plane."""

    response: Response
    """Factor for waves of these wavenumbers to the north and to the east [rad per unit]."""

    plane: Callable[[Plane], Plane]
    """The plane that it makes of a plane."""


@dataclass(frozen=True)
class Broad:
    """The plane and the broad shape of a field, and what transforms make of them."""

    every: int
    """Cells a side of a coarse cell."""
    cell: Cell
    plane: Plane
    knots: Values
    """B-spline coefficients of the broad shape, at the centres of coarse cells."""
    planes: tuple[Plane, ...]
    transformed: tuple[Values, ...]
    """B-spline coefficients of the transforms of the broad shape."""


# --- the whole of a grid ------------------------------------------------------------------


def transform(field: Values, cell: Cell, transforms: Sequence[Transform]) -> list[Values]:
    """
    Each transform of a field (rows from the north), as a whole; unknown cells are filled.

    Parameters
    ----------
    field : array (ny, nx)
        NaN where unknown.
    cell : (float, float)
        Height and width of a cell.
    """
    known = ~np.isnan(field)
    plane = fitted(field, known.astype("f8"), cell)
    rows, columns = (slice(0, n) for n in field.shape)
    waves, inner = _extended(field - surface(plane, rows, columns, cell))
    spectrum = fft.rfft2(waves)
    made: list[Values] = []
    for one in transforms:
        values = _inverse(spectrum, [one.response], waves.shape, cell)[inner]
        made.append(values + surface(one.plane(plane), rows, columns, cell))
    return made


def fitted(means: Values, weights: Values, cell: Cell) -> Plane:
    """The plane through cells by weighted least squares; level where there are too few cells."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in means.shape)
    known = np.where(weights > 0, means, 0)
    at = (np.ones(rows.size), rows), (np.ones(columns.size), columns)
    terms = ((0, 0), (1, 0), (0, 1))
    products = [
        [at[0][i] * at[0][k] @ weights @ (at[1][j] * at[1][m]) for k, m in terms] for i, j in terms
    ]
    sums = [at[0][i] @ (weights * known) @ at[1][j] for i, j in terms]
    scale = np.sqrt(np.maximum(np.diag(products), 1e-300))
    middle, down, right = (
        np.linalg.lstsq(np.divide(products, np.outer(scale, scale)), sums / scale)[0] / scale
    )
    level = middle + down * rows[0] + right * columns[0]
    return float(level), float(-down / cell[0]), float(right / cell[1])


def surface(plane: Plane, rows: slice, columns: slice, cell: Cell) -> Values:
    """A plane at some cells of a grid."""
    level, north, east = plane
    down, right = np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop)
    return level - north * cell[0] * down[:, None] + east * cell[1] * right


def _extended(field: Values) -> tuple[Values, tuple[slice, slice]]:
    """A field with half its size added all round, where it fades out; and where it lies there."""
    levels = max(1, int(np.log2(max(field.shape))) - 1)
    margins = [_margins(n, 2 ** min(levels, 5)) for n in field.shape]
    wide = reflected(field, margins, [max(margin) for margin in margins])
    inner = tuple(slice(a, a + n) for (a, _), n in zip(margins, field.shape, strict=True))
    return filled(wide, min(levels, 5)), (inner[0], inner[1])


def _margins(size: int, multiple: int) -> tuple[int, int]:
    """Cells to add before and after, so that sides halve evenly and go fast."""
    wide = multiple * fft.next_fast_len(-(-2 * size // multiple), real=True)
    before = (wide - size) // 2
    return before, wide - size - before


def _inverse(
    spectrum: Spectrum, responses: Sequence[Response], shape: tuple[int, ...], cell: Cell
) -> Values:
    north = -2 * np.pi * fft.fftfreq(shape[0], cell[0])[:, None]
    east = 2 * np.pi * fft.rfftfreq(shape[1], cell[1])[None, :]
    for response in responses:
        spectrum = spectrum * response(north, east)
    found: Values = fft.irfft2(spectrum, shape)
    return found


# --- the broad shape of a large grid --------------------------------------------------------


def block_means(block: Values, every: int) -> tuple[Values, Values]:
    """Means of known cells over coarse cells (0 where there are none), and how many those are."""
    wide = np.pad(block, [(0, -n % every) for n in block.shape], constant_values=np.nan).astype(
        "f8"
    )
    known = ~np.isnan(wide)
    total, count = (
        _summed(_summed(one, every).T, every).T for one in (np.where(known, wide, 0), known)
    )
    return total / np.maximum(count, 1), count


def _summed(values: Values, every: int) -> Values:
    """Sums of so many rows, one after the other: the same whatever lies beside them."""
    total = np.zeros((values.shape[0] // every, values.shape[1]))
    for i in range(every):
        total += values[i::every]
    return total


def broad(
    means: Values, counts: Values, every: int, cell: Cell, transforms: Sequence[Transform]
) -> Broad:
    """The broad shape of a field from its means over coarse cells, and its transforms."""
    coarse = every * cell[0], every * cell[1]
    level, north, east = fitted(means, counts, coarse)
    rows, columns = (slice(0, n) for n in means.shape)
    rest = np.where(
        counts > 0, means - surface((level, north, east), rows, columns, coarse), np.nan
    )
    waves, inner = _extended(rest)
    spectrum = fft.rfft2(waves)
    smooth = functools.partial(_smoothing, coarse)
    there = tuple(slice(one.start - 2, one.stop + 2) for one in inner)

    def knots(*responses: Response) -> Values:
        values = _inverse(spectrum, responses, waves.shape, coarse)
        found: Values = ndimage.spline_filter(values, order=3, mode="grid-wrap")[there]
        return found

    shift = (every - 1) / 2  # from the middle of the first coarse cell to that of the first cell
    plane = level + shift * (north * cell[0] - east * cell[1]), north, east
    planes = tuple(one.plane(plane) for one in transforms)
    made = tuple(knots(smooth, one.response) for one in transforms)
    return Broad(every, cell, plane, knots(smooth), planes, made)


def _smoothing(cell: Cell, north: Values, east: Values) -> Values:
    """Nearly 1 for long waves: what is left of them falls with the fourth power."""
    half = ((north * cell[0]) ** 2 + (east * cell[1]) ** 2) * SMOOTHING**2 / 2
    return (1 + half) * np.exp(-half)


def at_cells(knots: Values, every: int, rows: slice, columns: slice) -> Values:
    """The spline with these coefficients (two beyond each edge) at some cells of the grid."""
    (down, first), (right, left) = (_weights(which, every) for which in (rows, columns))
    window = knots[first : first + down.shape[1], left : left + right.shape[1]]
    found: Values = down @ window @ right.T
    return found


def _weights(cells: slice, every: int) -> tuple[Values, int]:
    """How much each of a run of coefficients counts at each cell, and the first of the run."""
    at = (np.arange(cells.start, cells.stop) + 0.5) / every + 1.5
    base = np.floor(at).astype(int)
    t = at - base
    first = base[0] - 1
    found = np.zeros((at.size, base[-1] + 3 - first))
    basis = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3)
    for i, weight in enumerate(basis):
        found[np.arange(at.size), base - 1 - first + i] = weight / 6
    return found, int(first)


# --- tiles of a large grid ------------------------------------------------------------------


def margin(every: int) -> int:
    """Cells that a tile needs on all sides."""
    return _reach(every) + FADE * every


def _reach(every: int) -> int:
    return max(REACH * every, NEAREST)


def kernel(one: Transform, side: int, every: int, cell: Cell) -> Spectrum:
    """Spectrum of a transform that reaches no farther than a margin, on a square of cells."""
    impulse = np.zeros((side, side))
    impulse[0, 0] = 1
    kernel = _inverse(fft.rfft2(impulse), [one.response], impulse.shape, cell)
    steps = np.abs(fft.fftfreq(side, 1 / side))
    distance = np.hypot(steps[:, None], steps) / _reach(every)
    kernel *= 0.5 + 0.5 * np.cos(np.pi * np.clip(2 * distance - 1, 0, 1))
    found: Spectrum = fft.rfft2(kernel).astype("complex64")
    return found


def transform_tile(
    piece: Values, window: tuple[slice, slice], core: tuple[slice, slice], broad: Broad,
    kernels: Sequence[Spectrum],
) -> list[Values]:  # fmt: skip
    """
    Each transform of a tile of a field.

    Parameters
    ----------
    piece : array
        The field in *window*, NaN where unknown.
    window, core : (rows, columns)
        The tile with its margin as far as the grid reaches, and the tile itself.
    """
    every, cell = broad.every, broad.cell
    shapes = surface(broad.plane, *window, cell) + at_cells(broad.knots, every, *window)
    rest = (piece - shapes).astype("float32")
    side = kernels[0].shape[0]
    reach = margin(every)
    before = [reach - (c.start - w.start) for c, w in zip(core, window, strict=True)]
    margins = [(b, side - b - n) for b, n in zip(before, rest.shape, strict=True)]
    wide = filled(reflected(rest, margins, [FADE * every] * 2), int(np.log2(every)))
    spectrum = fft.rfft2(wide)
    inner = tuple(slice(reach, reach + c.stop - c.start) for c in core)
    made: list[Values] = []
    for one, plane, knots in zip(kernels, broad.planes, broad.transformed, strict=True):
        values = fft.irfft2(spectrum * one, wide.shape)[inner]
        made.append(values + surface(plane, *core, cell) + at_cells(knots, every, *core))
    return made
