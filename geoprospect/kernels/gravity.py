"""Gravity of the ground above and below a station, and of the Earth without it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]
Field = npt.NDArray[np.float64]

CONSTANT = 6.6743e-11 * 1e5
"""Of gravitation [mGal m2 kg-1]."""

EARTH = 6_371_000.0
"""Radius of the Earth [m]."""

CAP = 166_735.0
"""Radius of the spherical cap that stands for the ground, along its surface [m]."""

GRS80 = (6_378_137.0, 6_356_752.314140347, 3.986005e14, 7.292115e-5)
"""Semi-axes [m], gravitational constant times mass [m3 s-2], turning [rad s-1] of the Earth."""

NEAR = 8
"""Cells from a station up to which the ground is prisms; farther, it is vertical lines."""


def slab(height: Values, density: float) -> Values:
    """Attraction of an endless slab as thick as a station is high [mGal]."""
    return 2 * math.pi * CONSTANT * density * height


def cap(height: Values, density: float) -> Values:
    """
    Attraction of a slab that is bent as the Earth is and ends 166.7 km away [mGal].

    Closed form of LaFehr (1991); of ground below the datum, that of as much above with
    the other sign.
    """
    deep = np.abs(height)
    angle = CAP / EARTH
    f, k = math.cos(angle), math.sin(angle) ** 2
    top = EARTH + deep
    share = EARTH / top
    edge = np.sqrt((f - share) ** 2 + k)
    half = math.sin(angle / 2)
    p = -6 * f**2 * half + 4 * half**3
    rest = np.log(2 * (half - half**2) / (f - share + edge))
    long = ((3 * f**2 - 2 + f * share + share**2) * edge + p - 3 * k * f * rest) / 3
    bent = ((deep / top) ** 2 / 3 - deep / top) * deep - long * top
    return np.sign(height) * slab(deep + bent, density)


def normal(latitude: Values, height: Values) -> Field:
    """
    Gravity of the Earth of GRS80 at a height above its ellipsoid [mGal].

    Closed form of Li and Goetze (2001), by the ellipsoid with the same foci through the
    place: *semi* is its polar axis and *reduced* its latitude.
    """
    equator, pole, mass, turn = GRS80
    sine, cosine = np.sin(np.radians(latitude)), np.cos(np.radians(latitude))
    long = np.hypot(equator * cosine, pole * sine)
    up = (pole**2 / long + height) * sine
    out = (equator**2 / long + height) * cosine
    focus = equator**2 - pole**2
    both, apart = (out**2 + up**2) / focus, (out**2 - up**2) / focus
    reduced = 0.5 + both / 2 - np.sqrt(0.25 + both**2 / 4 - apart / 2)  # squared cosine
    semi = np.sqrt(out**2 + up**2 - focus * reduced)
    wide = semi**2 + focus
    own, there = (math.sqrt(focus) / pole, np.sqrt(focus) / semi)
    flat = ((1 + 3 / own**2) * math.atan(own) - 3 / own) / 2
    bulge = 3 * (1 + 1 / there**2) * (1 - np.arctan(there) / there) - 1
    ring = (turn * equator) ** 2 * math.sqrt(focus) * bulge / (wide * flat)
    pull = mass / wide + ring * ((1 - reduced) / 2 - 1 / 6) - turn**2 * semi * reduced
    found: Field = 1e5 * pull / np.sqrt((semi**2 + focus * (1 - reduced)) / wide)
    return found


def terrain(
    heights: Values, circle: Sequence[int], near: Sequence[int], cell: tuple[float, float]
) -> Field:
    """
    What ground not at a station's height takes from its gravity: (ny, nx) -> less the rim.

    For a density of 1 kg m-3 [mGal]. *circle* and *near* come from
    :func:`geoprospect.kernels.circles.spans`: cells that count, and those of them that
    count as prisms. Unknown ground counts as level with the station.
    """
    down, across = len(circle) - 1, circle[0]
    shape = heights.shape[0] - 2 * down, heights.shape[1] - 2 * across
    inner = np.zeros(len(circle), np.int64) - 1
    inner[: len(near)] = np.minimum(near, circle[: len(near)])
    found: Field = CONSTANT * _terrain(
        np.ascontiguousarray(heights, "f8"), np.asarray(circle), inner, shape, cell
    )
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _terrain(
    heights: Field, circle: Field, inner: Field, shape: tuple[int, int], cell: tuple[float, float]
) -> Field:
    """Cell after cell of the circle is added to all stations of a row, always in one order."""
    down, across = len(circle) - 1, circle[0]
    found = np.zeros(shape)
    for i in range(shape[0]):
        own = heights[i + down, across : across + shape[1]]
        total = found[i]
        for row in range(-down, down + 1):
            there = heights[i + down + row]
            for column in range(-circle[abs(row)], circle[abs(row)] + 1):
                first = across + column
                other = there[first : first + shape[1]]
                if abs(column) <= inner[abs(row)]:
                    _add_prisms(own, other, abs(row), abs(column), cell, total)
                else:
                    _add_lines(own, other, row, column, cell, total)
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_lines(
    own: Field, other: Field, row: int, column: int, cell: tuple[float, float], total: Field
) -> None:
    """Cells far away, each as a vertical line of its mass."""
    squared = (row * cell[0]) ** 2 + (column * cell[1]) ** 2
    level = 1 / math.sqrt(squared)
    area = cell[0] * cell[1]
    for j in range(len(own)):
        step = (other[j] - own[j]) ** 2
        step = step if step >= 0 else 0.0  # unknown
        total[j] += area * (level - 1 / math.sqrt(squared + step))


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_prisms(
    own: Field, other: Field, row: int, column: int, cell: tuple[float, float], total: Field
) -> None:
    """Cells near by, each as a prism from the station's height to its own (Nagy 1966)."""
    sides = (2 if row == 0 else 1) * (2 if column == 0 else 1)  # halves about the station
    south, north = max(row - 0.5, 0.0) * cell[0], (row + 0.5) * cell[0]
    west, east = max(column - 0.5, 0.0) * cell[1], (column + 0.5) * cell[1]
    level = _corners(west, east, south, north, 0.0)
    for j in range(len(own)):
        step = abs(other[j] - own[j])
        if step > 0:  # neither level nor unknown
            total[j] += sides * (level - _corners(west, east, south, north, step))


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _corners(west: float, east: float, south: float, north: float, depth: float) -> float:
    both = _corner(east, north, depth) + _corner(west, south, depth)
    apart: float = both - _corner(east, south, depth) - _corner(west, north, depth)
    return apart


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _corner(x: float, y: float, z: float) -> float:
    """The prism's primitive at a corner, which lies to the north-east of the station."""
    away = math.sqrt(x * x + y * y + z * z)
    found = 0.0
    if x > 0:
        found += x * math.log(y + away)
    if y > 0:
        found += y * math.log(x + away)
    if z > 0:
        found -= z * math.atan(x * y / (z * away))
    return found
