"""Values at places from their natural neighbours: the samples whose ground a place would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from geoprospect.kernels.interpolation import Places, Values

Whole = npt.NDArray[np.int64]

SHIFT = (1.37e-6, 0.61e-6)
"""How far a place is moved, in distances to its nearest sample, off the edges of triangles."""


@dataclass(frozen=True)
class Net:
    """
    Delaunay triangles of samples: corners, neighbours and circles.

    ``of_sample[first[k] : first[k + 1]]`` are the triangles about sample k.
    """

    places: Places
    corners: Whole
    beside: Whole
    centres: Places
    squares: Values
    first: Whole
    of_sample: Whole


def net(places: Places) -> Net | None:
    """The triangles of samples (k, 2); None where fewer than three, or all on one line."""
    if len(places) < 3:
        return None
    try:
        found = Delaunay(places - places.mean(axis=0))
    except QhullError:
        return None
    corners = found.simplices.astype("int64")
    a, b, c = (places[corners[:, i]] for i in range(3))
    centres = _centre(b - a, c - a) + a
    order = np.argsort(corners.ravel(), kind="stable")
    counts = np.bincount(corners.ravel(), minlength=len(places))
    return Net(
        places, corners, found.neighbors.astype("int64"), centres,
        ((centres - a) ** 2).sum(axis=1), np.r_[0, np.cumsum(counts)], order // 3,
    )  # fmt: skip


def _centre(b: Places, c: Places) -> Places:
    """Centres of the circles through the origin, b and c."""
    double = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    bb, cc = (b**2).sum(axis=1), (c**2).sum(axis=1)
    x = (c[:, 1] * bb - b[:, 1] * cc) / double
    y = (b[:, 0] * cc - c[:, 0] * bb) / double
    return np.stack([x, y], axis=1)


def natural_neighbour(
    tree: Any, values: Values, cells: Places, *, triangles: Net, radius: float
) -> Values:
    """
    Means of the natural neighbours, each weighted by the ground it would lose (Sibson 1981).

    (k samples, m) at the places of *tree*, a cKDTree, and (n, 2) cells -> (n, m); NaN
    beyond the outline of the samples, and where none is within *radius*.
    """
    distance, nearest = tree.query(cells)
    found: Values = _natural(
        cells, nearest, distance, np.ascontiguousarray(values, "f8"), triangles.places,
        triangles.corners, triangles.beside, triangles.centres, triangles.squares,
        triangles.first, triangles.of_sample,
    )  # fmt: skip
    found[distance > radius] = np.nan
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _natural(
    cells: Places, nearest: Whole, distance: Values, values: Values, places: Places,
    corners: Whole, beside: Whole, centres: Places, squares: Values, first: Whole,
    of_sample: Whole,
) -> Values:  # fmt: skip
    """
    After Watson (1992), triangle by triangle of those whose circle holds the place.

    They are sorted, so that the order in which they are met never matters.
    """
    found = np.full((len(cells), values.shape[1]), np.nan)
    held = np.empty(len(corners), np.int64)
    sums = np.empty(values.shape[1])
    for cell in range(len(cells)):
        if distance[cell] == 0:
            found[cell] = values[nearest[cell]]
            continue
        x = cells[cell, 0] + SHIFT[0] * distance[cell]
        y = cells[cell, 1] + SHIFT[1] * distance[cell]
        count = _around(x, y, nearest[cell], beside, centres, squares, first, of_sample, held)
        inside, whole = False, 0.0
        sums[:] = 0
        for triangle in np.sort(held[:count]):
            corner = corners[triangle]
            inside |= _within(x, y, places, corner)
            shares = _taken(x, y, places, corner, centres[triangle])
            for i in range(3):
                whole += shares[i]
                sums += shares[i] * values[corner[i]]
        if inside and whole != 0:
            found[cell] = sums / whole
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _around(
    x: float, y: float, sample: int, beside: Whole, centres: Places, squares: Values,
    first: Whole, of_sample: Whole, held: Whole,
) -> int:  # fmt: skip
    """Triangles whose circle holds a place, from those about its nearest sample on; how many."""
    count = 0
    for k in range(first[sample], first[sample + 1]):
        if _holds(x, y, of_sample[k], centres, squares):
            held[count] = of_sample[k]
            count += 1
    done = 0
    while done < count:
        for other in beside[held[done]]:
            known = other < 0
            for k in range(count):
                known |= held[k] == other
            if not known and _holds(x, y, other, centres, squares):
                held[count] = other
                count += 1
        done += 1
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _holds(x: float, y: float, triangle: int, centres: Places, squares: Values) -> bool:
    away = (x - centres[triangle, 0]) ** 2 + (y - centres[triangle, 1]) ** 2
    return bool(away < squares[triangle])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _within(x: float, y: float, places: Places, corner: Whole) -> bool:
    """Whether a place lies in a triangle."""
    left = right = False
    for i in range(3):
        a, b = places[corner[i]], places[corner[(i + 1) % 3]]
        turn = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        left |= turn > 0
        right |= turn < 0
    return not (left and right)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _taken(x: float, y: float, places: Places, corner: Whole, centre: Places) -> Values:
    """What each corner of one triangle loses to a place, with a sign that adds up right."""
    around = np.empty((3, 2))
    for i in range(3):  # circles through the place and the side across from corner i
        b, c = places[corner[(i + 1) % 3]], places[corner[(i + 2) % 3]]
        bx, by, cx, cy = b[0] - x, b[1] - y, c[0] - x, c[1] - y
        double = 2 * (bx * cy - by * cx)
        bb, cc = bx * bx + by * by, cx * cx + cy * cy
        around[i, 0] = (cy * bb - by * cc) / double
        around[i, 1] = (bx * cc - cx * bb) / double
    east, north = centre[0] - x, centre[1] - y
    shares = np.empty(3)
    for i in range(3):
        one, other = around[(i + 1) % 3], around[(i + 2) % 3]
        shares[i] = (one[0] - east) * (other[1] - north) - (one[1] - north) * (other[0] - east)
    return shares
