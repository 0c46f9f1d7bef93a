"""
Length of lines, number of points and sums of a kernel over them, about each cell.

Places are in cells of the whole grid: (row, column), row 0 at the top edge. A
window is (top, left, height, width) in whole cells, so that a cell's answer
never depends on the window it is asked for in.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

Edges = npt.NDArray[np.float64]
Window = tuple[int, int, int, int]
Lengths = npt.NDArray[np.float64]


def lengths_in_circles(
    edges: Edges, window: Window, cell: tuple[float, float], radius: float
) -> Lengths:
    """
    Length of edges within *radius* of each cell centre: (n, 4) -> (ny, nx) [units of cell].

    Exact: the chord that each circle cuts from each edge.
    """
    lengths = np.zeros(window[2:], np.float64)
    _add_chords(lengths, np.ascontiguousarray(edges), window[:2], cell, radius)
    return lengths


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_chords(
    lengths: Lengths,
    edges: Edges,
    corner: tuple[int, int],
    cell: tuple[float, float],
    radius: float,
) -> None:
    """Add each edge's chords to the cells within reach of it."""
    (rows, columns), (top, left), (height, width) = lengths.shape, corner, cell
    for k in range(edges.shape[0]):
        y0, x0 = edges[k, 0] * height, edges[k, 1] * width
        dy, dx = edges[k, 2] * height - y0, edges[k, 3] * width - x0
        length = math.hypot(dy, dx)
        if length == 0.0:
            continue
        uy, ux = dy / length, dx / length
        upper, lower = min(y0, y0 + dy) - radius, max(y0, y0 + dy) + radius
        first = max(0, math.ceil(upper / height - 0.5) - top)
        last = min(rows, math.floor(lower / height - 0.5) + 1 - top)
        for i in range(first, last):
            y = (top + i + 0.5) * height
            s0, s1 = _part_within(y - radius - y0, y + radius - y0, uy, length)
            west, east = min(s0 * ux, s1 * ux) - radius, max(s0 * ux, s1 * ux) + radius
            start = max(0, math.floor((x0 + west) / width - 0.5) - left)
            stop = min(columns, math.ceil((x0 + east) / width - 0.5) + 1 - left)
            for j in range(start, stop):
                py, px = y - y0, (left + j + 0.5) * width - x0
                lengths[i, j] += _chord((py, px), (uy, ux), length, radius)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _part_within(low: float, high: float, rise: float, length: float) -> tuple[float, float]:
    """The part of an edge, from its start, that lies between two parallels."""
    if rise == 0.0:
        return 0.0, length
    one, other = low / rise, high / rise
    first, last = min(one, other), max(one, other)
    return min(max(first, 0.0), length), max(min(last, length), 0.0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _chord(
    centre: tuple[float, float], along: tuple[float, float], length: float, radius: float
) -> float:
    """Length of an edge, seen from its start along a unit vector, inside a circle."""
    (py, px), (uy, ux) = centre, along
    aside = py * ux - px * uy
    square = radius * radius - aside * aside
    if square <= 0.0:
        return 0.0
    middle, half = py * uy + px * ux, math.sqrt(square)
    return max(0.0, min(length, middle + half) - max(0.0, middle - half))


def points_in_circles(
    points: npt.NDArray[np.float64], window: Window, cell: tuple[float, float], radius: float
) -> npt.NDArray[np.int64]:
    """
    Number of points within *radius* of each cell centre: (n, 2) -> (ny, nx).

    For a point, the centres in reach form one run in every row: each run is
    turned on at its start and off behind its end.
    """
    top, left, rows, columns = window
    turns = np.zeros((rows, columns + 1), np.int64)
    for i in range(rows):
        away = (top + i + 0.5 - points[:, 0]) * cell[0]
        near = np.abs(away) <= radius
        half = np.sqrt(radius**2 - away[near] ** 2) / cell[1]
        start = np.ceil(points[near, 1] - half - 0.5) - left
        stop = np.floor(points[near, 1] + half - 0.5) + 1 - left
        np.add.at(turns[i], np.clip(start, 0, columns).astype(np.intp), 1)
        np.add.at(turns[i], np.clip(stop, 0, columns).astype(np.intp), -1)
    return np.cumsum(turns[:, :-1], axis=1)


def quartic_sums(
    points: npt.NDArray[np.float64], window: Window, cell: tuple[float, float], bandwidth: float
) -> Lengths:
    """
    Sum of (1 - (d / bandwidth)^2)^2 over points nearer than it: (n, 2) -> (ny, nx).

    Points are added in their own order, so that a window changes no bit of a sum.
    """
    sums = np.zeros(window[2:], np.float64)
    _add_quartics(sums, np.ascontiguousarray(points), window[:2], cell, bandwidth)
    return sums


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_quartics(
    sums: Lengths,
    points: npt.NDArray[np.float64],
    corner: tuple[int, int],
    cell: tuple[float, float],
    bandwidth: float,
) -> None:
    """Add each point's kernel to the cells within reach of it."""
    (rows, columns), (top, left), (height, width) = sums.shape, corner, cell
    down, across = bandwidth / height, bandwidth / width
    for k in range(points.shape[0]):
        row, column = points[k, 0], points[k, 1]
        first = max(0, math.ceil(row - down - 0.5) - top)
        last = min(rows, math.floor(row + down - 0.5) + 1 - top)
        start = max(0, math.ceil(column - across - 0.5) - left)
        stop = min(columns, math.floor(column + across - 0.5) + 1 - left)
        for i in range(first, last):
            y = (top + i + 0.5 - row) * height
            for j in range(start, stop):
                x = (left + j + 0.5 - column) * width
                share = 1.0 - (x * x + y * y) / (bandwidth * bandwidth)
                if share > 0.0:
                    sums[i, j] += share * share
