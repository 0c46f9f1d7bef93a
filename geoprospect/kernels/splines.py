"""The smoothest surface through samples: thin plates, each bent by the samples about a place."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

RIDGE = 1e-10
"""Holds the slope across samples that lie on one line, where nothing else does [1]."""


def thin_plate(
    tree: Any, values: Values, cells: Values, *, neighbours: int, radius: float
) -> Values:
    """
    Height at each cell of the plate with least bending through its nearest samples.

    (k samples, m) at the places of *tree*, a cKDTree, and (n, 2) cells -> (n, m); NaN
    where no sample is within *radius*. Across samples on one line the plate is level.
    """
    ranks = list(range(1, min(neighbours, len(values)) + 1))
    reach = np.nextafter(radius, np.inf)
    _, near = tree.query(cells, k=ranks, distance_upper_bound=reach)
    order = np.sort(near, axis=1)  # those out of reach are numbered last
    found: Values = _plates(tree.data, np.ascontiguousarray(values), order, cells)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _plates(places: Values, values: Values, near: Indices, cells: Values) -> Values:
    """As :func:`thin_plate`; a plate is solved for once for cells in a row that share it."""
    found = np.full((len(cells), values.shape[1]), np.nan)
    middle, scale = np.zeros(2), 1.0
    spots, bend = np.zeros((0, 2)), np.zeros((0, values.shape[1]))
    for cell in range(len(cells)):
        if cell == 0 or not np.array_equal(near[cell], near[cell - 1]):
            count = int((near[cell] < len(places)).sum())
            if count:
                middle, scale, spots, bend = _plate(places, values, near[cell, :count])
        if near[cell, 0] == len(places):
            continue
        down = (cells[cell, 0] - middle[0]) / scale
        right = (cells[cell, 1] - middle[1]) / scale
        n = len(spots)
        for m in range(values.shape[1]):
            height = bend[n, m] + bend[n + 1, m] * down + bend[n + 2, m] * right
            for i in range(n):
                height += bend[i, m] * _lift(down - spots[i, 0], right - spots[i, 1])
            found[cell, m] = height
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _plate(
    places: Values, values: Values, near: Indices
) -> tuple[Values, float, Values, npt.NDArray[np.floating]]:
    """Middle and scale of some samples, their places in these, and the plate's coefficients."""
    n = len(near)
    middle, scale = np.zeros(2), 0.0
    for i in range(n):
        middle += places[near[i]] / n
    spots = np.empty((n, 2))
    for i in range(n):
        spots[i] = places[near[i]] - middle
        scale = max(scale, np.hypot(spots[i, 0], spots[i, 1]))
    scale = scale if scale > 0 else 1.0
    spots /= scale
    system, right = np.zeros((n + 3, n + 3)), np.zeros((n + 3, values.shape[1]))
    for i in range(n):
        right[i] = values[near[i]]
        system[i, n] = system[n, i] = 1.0
        for axis in range(2):
            system[i, n + 1 + axis] = system[n + 1 + axis, i] = spots[i, axis]
        for j in range(i):
            lift = _lift(spots[i, 0] - spots[j, 0], spots[i, 1] - spots[j, 1])
            system[i, j] = system[j, i] = lift
    for axis in range(2):
        system[n + 1 + axis, n + 1 + axis] = -RIDGE
    return middle, scale, spots, np.linalg.solve(system, right)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lift(down: float, right: float) -> float:
    """r^2 log r, how a plate bends about a point."""
    square = down * down + right * right
    return 0.5 * square * np.log(square) if square > 0 else 0.0
