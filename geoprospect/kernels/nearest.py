"""Distances from many places to many points in many dimensions: the nearest, and how many near."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

TILE = 256
"""Points whose distances are summed up side by side; they and the sums stay in the cache."""


def nearest(
    places: Points, points: Points, *, first: int = 0, radius: float = 0.0
) -> tuple[Points, Points, Counts]:
    """
    Distance to the nearest point, to the nearest of the *first* ones, and the number near.

    Every distance is summed in the order of the dimensions, so that neither what else is
    asked for nor threads change a bit. In 30 dimensions a tree of points saves
    nothing: it would look at nearly all of them.

    Parameters
    ----------
    places : (places, dimensions) float64
    points : (points, dimensions) float64
        One or more.
    first : int
        How many of the points, from the start, also count by themselves.
    radius : float
        Points nearer than this are counted.

    Returns
    -------
    nearest, nearest_of_first, near : (places,)
        The second is infinite where *first* is 0.
    """
    whole = np.ascontiguousarray(places, np.float64)
    parts = (_tiled(points[:first]), _tiled(points[first:]))
    (own, near), (others, further) = (_nearest(whole, *part, radius**2) for part in parts)
    return np.sqrt(np.minimum(own, others)), np.sqrt(own), near + further


def _tiled(points: Points) -> tuple[Points, Counts]:
    """Points as (tiles, dimensions, TILE), and how many each tile has; the rest is 0."""
    count = -(-len(points) // TILE)
    padded = np.zeros((count * TILE, points.shape[1]))
    padded[: len(points)] = points
    sizes = np.minimum(TILE, len(points) - TILE * np.arange(count))
    return np.ascontiguousarray(
        padded.reshape(count, TILE, points.shape[1]).transpose(0, 2, 1)
    ), sizes


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _nearest(places: Points, tiles: Points, sizes: Counts, radius: float) -> tuple[Points, Counts]:
    """Square of the distance to the nearest point, and number within the root of *radius*."""
    count, dimensions = places.shape
    best, near = np.full(count, np.inf), np.zeros(count, np.int64)
    squares = np.empty(TILE)
    for t in range(tiles.shape[0]):
        known = squares[: sizes[t]]
        for i in range(count):
            squares[:] = 0.0
            for k in range(dimensions):
                _add(squares, tiles[t, k], places[i, k])
            least = _least(known)
            best[i] = min(best[i], least)
            if least < radius:
                near[i] += _below(known, radius)
    return best, near


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add(squares: Points, row: Points, at: float) -> None:
    for j in range(squares.shape[0]):
        away = at - row[j]
        squares[j] += away * away


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})  # type: ignore[untyped-decorator]
def _least(squares: Points) -> float:
    least = np.inf
    for j in range(squares.shape[0]):
        least = min(least, squares[j])
    return least


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _below(squares: Points, limit: float) -> int:
    number = 0
    for j in range(squares.shape[0]):
        number += squares[j] < limit
    return number
