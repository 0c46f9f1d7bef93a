"""Distances from many places to many points in many dimensions: the nearest, and how many near."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

TILE = 256
"""Points whose distances are summed up side by side; they and the sums stay in the cache."""

AHEAD = 4
"""Dimensions after which a tile is left where it is too far away already."""


def nearest(
    places: Points, points: Points, *, first: int = 0, radius: float = 0.0
) -> tuple[Points, Points, npt.NDArray[np.int64]]:
    """
    Distance to the nearest point, to the nearest of the *first* ones, and the number near.

    Exact, every distance summed in the order of the dimensions, so that neither what
    else is asked for nor threads change a bit. With 30 dimensions trees save
    nothing; a tile of points is left as soon as the first few dimensions put all of it
    too far away, which those with the widest spread, put first, often do.

    Parameters
    ----------
    places : (places, dimensions) float64
    points : (points, dimensions) float64
        One or more.
    first : int
        How many of the points, from the start, also count by themselves; 0: none.
    radius : float
        Points nearer than this are counted.

    Returns
    -------
    nearest, nearest_of_first, near : (places,)
        The second is infinite where *first* is 0.
    """
    order = _along(points)
    tiles, known = _tiled(points[order])
    special = (np.arange(len(points)) < first)[order]
    own = np.concatenate([special, np.zeros(tiles.shape[0] * TILE - len(points), bool)])
    squares = _nearest(np.ascontiguousarray(places), tiles, known, own.reshape(-1, TILE), radius**2)
    return np.sqrt(squares[0]), np.sqrt(squares[1]), squares[2]


def _along(points: Points) -> npt.NDArray[np.int64]:
    """An order in which neighbours are alike: by halves along the first dimensions in turn."""
    order = np.arange(len(points))

    def halved(which: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
        if len(which) <= TILE:
            return which
        which = which[np.argsort(points[which, axis], kind="stable")]
        middle = -(-len(which) // (2 * TILE)) * TILE
        after = (axis + 1) % min(AHEAD, points.shape[1])
        return np.concatenate([halved(which[:middle], after), halved(which[middle:], after)])

    return halved(order, 0)


def _tiled(points: Points) -> tuple[Points, npt.NDArray[np.int64]]:
    """Points as (tiles, dimensions, TILE), and how many each tile has; the rest is 0."""
    count = -(-len(points) // TILE)
    padded = np.zeros((count * TILE, points.shape[1]))
    padded[: len(points)] = points
    sizes = np.minimum(TILE, len(points) - TILE * np.arange(count))
    return np.ascontiguousarray(padded.reshape(count, TILE, -1).transpose(0, 2, 1)), sizes


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add(squares: Points, row: Points, at: float) -> None:
    for j in range(squares.shape[0]):
        away = at - row[j]
        squares[j] += away * away


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _nearest(
    places: Points,
    tiles: Points,
    sizes: npt.NDArray[np.int64],
    special: npt.NDArray[np.bool_],
    radius: float,
) -> tuple[Points, Points, npt.NDArray[np.int64]]:
    """Squares of the two distances, and the number within the root of *radius*."""
    count, dimensions = places.shape
    ahead = min(AHEAD, dimensions)
    best, of_first = np.full(count, np.inf), np.full(count, np.inf)
    near = np.zeros(count, np.int64)
    anywhere = special.any()
    squares = np.empty(TILE)
    for t in range(tiles.shape[0]):
        size, any_special = sizes[t], special[t].any()
        for i in range(count):
            squares[:] = 0.0
            for k in range(ahead):
                _add(squares, tiles[t, k], places[i, k])
            reach = max(best[i], radius)
            if anywhere and any_special:
                reach = max(reach, of_first[i])
            if squares[:size].min() > reach:
                continue
            for k in range(ahead, dimensions):
                _add(squares, tiles[t, k], places[i, k])
            for j in range(size):
                square = squares[j]
                best[i] = min(best[i], square)
                near[i] += square < radius
                if special[t, j]:
                    of_first[i] = min(of_first[i], square)
    return best, of_first, near
