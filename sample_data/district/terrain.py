"""Mountains carved by rivers, faster in soft rock; drainage; valley fill."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from district.bodies import outcrops
from district.frame import MODEL, Array, centres, stream, to_km
from district.noise import fractal, smoothed
from district.strata import by_unit, neogene_thickness, strata

Index = NDArray[np.int64]
CELL = 100.0
STEPS, STEP_YEARS = 110, 1e5
UPLIFT = 6e-4  # [m a-1]
ERODIBILITY = 1.3e-5  # of sandstone [a-1]


@dataclass(frozen=True)
class Drainage:
    """Ground elevation and where its water goes (flat indices of the model grid)."""

    elevation: Array  # [m]
    receiver: Index
    upstream_first: Index
    catchment: Array  # [m2]


@numba.njit(cache=False)
def receivers(elevation: Array) -> tuple[Index, Array]:
    """Steepest lower neighbour of each cell (itself in a pit), and the way there [m]."""
    rows, columns = elevation.shape
    receiver = np.arange(rows * columns)
    length = np.full(rows * columns, 100.0)
    for r in range(rows):
        for c in range(columns):
            steepest = 0.0
            for dr in range(-1, 2):
                for dc in range(-1, 2):
                    i, j = r + dr, c + dc
                    if (dr == 0 and dc == 0) or i < 0 or j < 0 or i >= rows or j >= columns:
                        continue
                    way = 100.0 if dr * dc == 0 else 100.0 * np.sqrt(2.0)
                    slope = (elevation[r, c] - elevation[i, j]) / way
                    if slope > steepest:
                        steepest = slope
                        receiver[r * columns + c] = i * columns + j
                        length[r * columns + c] = way
    return receiver, length


@numba.njit(cache=False)
def gathered(amount: Array, receiver: Index, upstream_first: Index, kept: Array) -> Array:
    """Sum of *amount* over all that drains through a cell, thinned by *kept* at each step."""
    total = amount.copy()
    for cell in upstream_first:
        if receiver[cell] != cell:
            total[receiver[cell]] += kept[cell] * total[cell]
    return total


@numba.njit(cache=False)
def incised(
    elevation: Array, receiver: Index, downstream_first: Index, factor: Array, rise: Array
) -> Array:
    """One implicit step of stream-power incision and uplift (Braun and Willett 2013)."""
    carved = elevation.copy()
    for cell in downstream_first:
        raised = carved[cell] + rise[cell]
        if receiver[cell] == cell:
            carved[cell] = raised
        else:
            below = carved[receiver[cell]]
            carved[cell] = (raised + factor[cell] * below) / (1 + factor[cell])
    return carved


@numba.njit(cache=False)
def filled(elevation: Array, step: Array) -> Array:
    """
    The surface with its pits filled so that all water reaches the south edge (priority flood).

    A filled cell rises by its own *step* above the one that it drains to: unequal
    steps keep rivers on the fill from running straight.
    """
    rows, columns = elevation.shape
    level, seen = elevation.copy(), np.zeros(elevation.shape, np.bool_)
    heap = [(level[rows - 1, c], rows - 1, c) for c in range(columns)]
    seen[rows - 1] = True
    heapq.heapify(heap)
    while heap:
        here, r, c = heapq.heappop(heap)
        for i in range(max(r - 1, 0), min(r + 2, rows)):
            for j in range(max(c - 1, 0), min(c + 2, columns)):
                if not seen[i, j]:
                    seen[i, j] = True
                    level[i, j] = max(level[i, j], here + step[i, j])
                    heapq.heappush(heap, (level[i, j], i, j))
    return level


def carved() -> Array:
    """The mountains after eleven million years of uplift and rivers running south [m]."""
    easting, northing = centres(MODEL)
    x, y = to_km(easting, northing)
    rock = np.where(
        outcrops(easting, northing) > 0, outcrops(easting, northing), strata(easting, northing)
    )
    basin = neogene_thickness(easting, northing) > 0
    soft = np.where(basin, 1.2, by_unit(rock, "erodibility") ** 1.6) * ERODIBILITY
    elevation = 70 * fractal("first ground", roughness=0.9, longest=7000) + 25 * y
    uneven = stream("fill").uniform(0.01, 1, MODEL.shape)
    rise = (UPLIFT * STEP_YEARS * (0.8 + 0.015 * y + 0.004 * x)).ravel()
    rise.reshape(MODEL.shape)[-1] = 0
    area = np.full(elevation.size, CELL**2)
    for _ in range(STEPS):
        elevation = filled(elevation, 2 * uneven)
        receiver, length = receivers(elevation)
        order = np.argsort(elevation.ravel(), kind="stable")
        catchment = gathered(area, receiver, order[::-1], np.ones_like(area))
        factor = soft.ravel() * STEP_YEARS * np.sqrt(catchment) / length
        elevation = incised(elevation.ravel(), receiver, order, factor, rise).reshape(MODEL.shape)
        elevation = 0.94 * elevation + 0.06 * smoothed(elevation, MODEL, CELL)
    return elevation


def drainage() -> Drainage:
    """The finished ground and its rivers."""
    elevation = 2100 + 1.55 * carved()
    step = stream("fill").uniform(0.01, 0.2, MODEL.shape)
    level = np.round(filled(np.round(elevation, 1), step), 2)
    receiver, _ = receivers(level)
    order = np.argsort(level.ravel(), kind="stable")[::-1].copy()
    area = np.full(level.size, CELL**2)
    return Drainage(level, receiver, order, gathered(area, receiver, order, np.ones_like(area)))


def height_above_river(water: Drainage, least_catchment: float) -> Array:
    """Height of each cell above the river that it drains to [m]."""
    flat = water.elevation.ravel()
    river = flat.copy()
    for cell in water.upstream_first[::-1]:
        below = water.receiver[cell]
        if water.catchment[cell] < least_catchment and below != cell:
            river[cell] = river[below]
    return (flat - river).reshape(water.elevation.shape)
