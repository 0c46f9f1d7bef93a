"""Kriging in three dimensions: the samples about a place, and their weights, place by place."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.structures import COINCIDING, Coded, Values
from geoprospect.kernels.variogram import correlation

Index = npt.NDArray[np.int64]

REDUNDANT = 1e-9
"""Share of the sill, not known from nearer samples, below which a sample gets no weight."""
(ESTIMATE, VARIANCE, COUNT, HOLES, DISTANCE, PASS, LAGRANGE, EFFICIENCY, SLOPE, NEGATIVE,
 REDUNDANTS) = range(11)  # fmt: skip
"""Columns of what is found."""


class Limits(NamedTuple):
    """Which samples count: numbers of them, and growing radii of the search in parts of it."""

    fewest: int
    most: int
    octant: int
    hole: int
    holes: int
    radii: Values


class Ground(NamedTuple):
    """
    Samples: places (n, 3) [m], the same in parts of the search (n, 3), values, number of the hole.

    *scaled* (structures, n, 3) are places in parts of each structure's range.
    """

    places: Values
    searched: Values
    scaled: Values
    values: Values
    holes: Index


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def chosen(
    place: Values, near: Index, away: Values, ground: Ground, limits: Limits, taken: Index
) -> tuple[int, int, int]:
    """
    The nearest samples that the limits allow: how many, of how many holes, in which pass.

    They are put into *taken*. *place* is in parts of the search, *near* and *away* are its
    samples and their distances from the nearest on. Pass 0 says that no pass found
    enough, -1 that *near* ended too early to tell.
    """
    full = np.zeros(8, np.int64)
    k = m = holes = 0
    for p in range(len(limits.radii)):
        while k < len(near) and m < limits.most and away[k] <= limits.radii[p]:
            one = near[k]
            k += 1
            octant = 0
            for axis in range(3):
                if ground.searched[one, axis] >= place[axis]:
                    octant += 1 << axis
            same = 0
            for i in range(m):
                same += ground.holes[taken[i]] == ground.holes[one]
            if full[octant] >= limits.octant or same >= limits.hole:
                continue
            full[octant] += 1
            holes += same == 0
            taken[m] = one
            m += 1
        if m < limits.most and k == len(near) and k < len(ground.values):
            return m, holes, -1
        if m >= limits.fewest and holes >= limits.holes:
            return m, holes, p + 1
    return m, holes, 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _to_place(
    one: int, place: Values, scaled: Values, ground: Ground, points: Values, model: Coded
) -> float:
    """Mean covariance of a sample with the points of a place; the nugget only of a point itself."""
    if points.shape[1] == 1:
        square = 0.0
        for axis in range(3):
            square += (ground.places[one, axis] - place[axis]) ** 2
        if square < COINCIDING * COINCIDING:
            return float(model.sill)
    total = 0.0
    for s in range(len(model.codes)):
        east = scaled[s, 0] - ground.scaled[s, one, 0]
        north = scaled[s, 1] - ground.scaled[s, one, 1]
        up = scaled[s, 2] - ground.scaled[s, one, 2]
        part = 0.0
        for j in range(points.shape[1]):
            x, y, z = east + points[s, j, 0], north + points[s, j, 1], up + points[s, j, 2]
            part += correlation(np.sqrt(x * x + y * y + z * z), model.codes[s])
        total += model.sills[s] * part
    return float(total / points.shape[1])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _between(one: int, other: int, ground: Ground, model: Coded) -> float:
    total = 0.0
    for s in range(len(model.codes)):
        square = 0.0
        for axis in range(3):
            square += (ground.scaled[s, one, axis] - ground.scaled[s, other, axis]) ** 2
        total += model.sills[s] * correlation(np.sqrt(square), model.codes[s])
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def kriged(
    places: Values,
    searched: Values,
    near: Index,
    away: Values,
    ground: Ground,
    points: Values,
    model: Coded,
    limits: Limits,
    block: float,
    mean: float,
    neighbours: Index,
    weights: Values,
) -> Values:
    """
    What kriging says of each place: (n, 11), in the columns named above.

    With C = L L', the covariances c of samples with the place and ones 1, u = L^-1 c and
    v = L^-1 1 grow row by row with L; the weights are L'^-1 (u - mu v), one solve
    backwards. A place whose *near* ends too early to tell has pass -1 and waits for more.

    Parameters
    ----------
    places, searched : (n, 3)
        In metres, and in parts of the search.
    near, away : (n, k)
        Samples from the nearest on, and how far they are in parts of the search.
    ground : Ground
    points : (structures, points, 3)
        Offsets of points through the block in parts of each structure's range; one of a point.
    model : Coded
    limits : Limits
    block : float
        Variance of the block, or the sill of a point.
    mean : float
        Known mean (simple kriging); NaN where the samples have one of their own.
    neighbours, weights : (n, most) or (0, most)
        Filled with each place's samples (-1 where there are no more) and their weights.
    """
    most = limits.most
    found = np.full((len(places), 11), np.nan)
    lower = np.empty((most, most))
    taken = np.empty(most, np.int64)
    u, v, w = np.empty(most), np.empty(most), np.empty(most)
    scaled = np.empty((len(model.codes), 3))
    for cell in range(len(places)):
        m, holes, found_in = chosen(searched[cell], near[cell], away[cell], ground, limits, taken)
        found[cell, COUNT], found[cell, HOLES], found[cell, PASS] = m, holes, found_in
        if found_in <= 0:
            continue
        for s in range(len(model.codes)):
            for axis in range(3):
                scaled[s, axis] = 0.0
                for k in range(3):
                    scaled[s, axis] += model.matrices[s, axis, k] * places[cell, k]
        n = _factored(m, taken, places[cell], scaled, ground, points, model, lower, u, v)
        uu = uv = vv = 0.0
        for i in range(n):
            uu += u[i] * u[i]
            uv += u[i] * v[i]
            vv += v[i] * v[i]
        mu = (uv - 1) / vv if np.isnan(mean) else 0.0
        _backwards(n, lower, u, v, mu, w)
        _tell(found[cell], n, taken, w, places[cell], ground, mean)
        shared = uu - mu * uv
        variance = max(block - shared - mu, 0.0)
        found[cell, VARIANCE], found[cell, LAGRANGE] = variance, mu
        if block > 0:
            found[cell, EFFICIENCY] = (block - variance) / block
        if shared - mu > 0:
            found[cell, SLOPE] = shared / (shared - mu)
        found[cell, REDUNDANTS] = m - n
        for i in range(n * (len(weights) > 0)):
            neighbours[cell, i], weights[cell, i] = taken[i], w[i]
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _factored(
    m: int,
    taken: Index,
    place: Values,
    scaled: Values,
    ground: Ground,
    points: Values,
    model: Coded,
    lower: Values,
    u: Values,
    v: Values,
) -> int:
    """Rows of L, u and v; samples that nearer ones tell all about are left out of *taken*."""
    n = 0
    for k in range(m):
        one = taken[k]
        free, ones = model.sill, 1.0
        c = _to_place(one, place, scaled, ground, points, model)
        for i in range(n):
            total = _between(one, taken[i], ground, model)
            for j in range(i):
                total -= lower[n, j] * lower[i, j]
            total /= lower[i, i]
            lower[n, i] = total
            free -= total * total
            c -= total * u[i]
            ones -= total * v[i]
        if free < REDUNDANT * model.sill:
            continue
        pivot = np.sqrt(free)
        lower[n, n] = pivot
        taken[n], u[n], v[n] = one, c / pivot, ones / pivot
        n += 1
    return n


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _backwards(n: int, lower: Values, u: Values, v: Values, mu: float, w: Values) -> None:
    """Weights: L' w = u - mu v."""
    for i in range(n - 1, -1, -1):
        total = u[i] - mu * v[i]
        for j in range(i + 1, n):
            total -= lower[j, i] * w[j]
        w[i] = total / lower[i, i]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _tell(
    row: Values, n: int, taken: Index, w: Values, place: Values, ground: Ground, mean: float
) -> None:
    """The estimate, the sum of negative weights and how far samples are on average [m]."""
    estimate = negative = distance = 0.0
    left = 1.0
    for i in range(n):
        estimate += w[i] * ground.values[taken[i]]
        left -= w[i]
        negative += min(w[i], 0.0)
        square = 0.0
        for axis in range(3):
            square += (ground.places[taken[i], axis] - place[axis]) ** 2
        distance += np.sqrt(square)
    if not np.isnan(mean):
        estimate += left * mean
    row[ESTIMATE], row[NEGATIVE], row[DISTANCE] = estimate, negative, distance / n
