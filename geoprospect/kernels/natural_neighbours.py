"""
Means of samples weighted by the ground that a new sample would take from each: Sibson's.

A cell's ground is what lies nearer to it than to any sample. It is cut from a large square
by one bisector after another, along the edges of the samples' triangulation from the nearest
one outward; what each neighbour loses is cut from it in the same way. No triangle is ever
searched for, so that samples on a lattice or on one circle do no harm.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import Delaunay, cKDTree

Values = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Polygon = tuple[Values, Indices]
"""Corners relative to the cell, and whose bisector runs from each to the next (-1: nobody's)."""

FAR = 1e6
"""Half the side of the first square, in extents of the samples: ground at the hull is endless."""

SLACK = 1e-9
"""How far outside the hull a cell still counts as on it, in extents of the samples."""

CLOSE = 3e-6
"""Samples nearer than this, in extents of all, share neighbours: qhull mixes them up."""


class Mesh(NamedTuple):
    """Samples, which of them are neighbours, and the edge of their area."""

    tree: Any
    """A cKDTree of the places."""
    starts: Indices
    """Where each sample's neighbours begin among *others*; (samples + 1,)."""
    others: Indices
    hull: Values
    """Unit normal outward and offset of each edge of the convex hull; (edges, 3)."""
    extent: float


def mesh(places: Values) -> Mesh:
    """
    Samples and their neighbours from places, no two the same: (n, 2) -> Mesh.

    Raises scipy's QhullError unless there are three that are not on one line.
    """
    middle, extent = places.mean(axis=0), float(np.ptp(places, axis=0).max())
    tree = cKDTree(places)
    made = Delaunay(places - middle)
    starts, others = made.vertex_neighbor_vertices
    edges = np.column_stack([np.repeat(np.arange(len(places)), np.diff(starts)), others])
    near = tree.query_pairs(CLOSE * extent, output_type="ndarray")
    beside = _linked(np.concatenate([near, made.coplanar[:, [0, 2]]]), len(places))
    neighbours = beside @ _linked(edges, len(places)) @ beside
    neighbours.setdiag(0)
    neighbours.eliminate_zeros()
    neighbours.sort_indices()
    normal, offset = _outline(made, CLOSE * extent)
    hull = np.column_stack([normal, offset - normal @ middle])
    starts, others = neighbours.indptr.astype(np.intp), neighbours.indices.astype(np.intp)
    return Mesh(tree, starts, others, hull, extent)


def _linked(pairs: npt.NDArray[Any], count: int) -> csr_array:
    """Which of so many are linked, by (n, 2) *pairs* either way, and each with itself."""
    own = np.column_stack([np.arange(count)] * 2)
    one, other = np.concatenate([own, pairs, pairs[:, ::-1]]).T
    return csr_array((np.ones(len(one), bool), (one, other)), shape=(count, count))


def _outline(made: Delaunay, shortest: float) -> tuple[Values, Values]:
    """
    Unit normals outward (n, 2) and offsets (n,) of the edges of the convex hull.

    Shorter edges, between samples a hair apart, point anywhere and are left out.
    """
    ends = made.points[made.convex_hull]
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(*along.T)
    normal = (np.stack([along[:, 1], -along[:, 0]]) / length).T[length > shortest]
    offset = -(normal * ends[length > shortest, 0]).sum(axis=1)
    outward = -np.sign(normal @ made.points.mean(axis=0) + offset)
    return normal * outward[:, None], offset * outward


def natural_neighbour(samples: Mesh, values: Values, cells: Values, *, radius: float) -> Values:
    """
    Means of each cell's natural neighbours, by the share of its ground that was theirs.

    (k samples, m) at the places of *samples* and (n, 2) cells -> (n, m); NaN outside the
    samples' convex hull and where none is within *radius*. A plane is met exactly.
    """
    reach = np.nextafter(radius, np.inf)
    away, nearest = samples.tree.query(cells, distance_upper_bound=reach)
    values = np.ascontiguousarray(values)
    near = np.where(np.isinf(away), -1, nearest)
    tree, starts, others, hull, extent = samples
    found: Values = _means(tree.data, starts, others, hull, extent, values, cells, near)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _means(
    places: Values,
    starts: Indices,
    others: Indices,
    hull: Values,
    extent: float,
    values: Values,
    cells: Values,
    nearest: Indices,
) -> Values:
    """As :func:`natural_neighbour`; *nearest* is -1 where no sample is in reach."""
    count = len(places)
    found = np.full((len(cells), values.shape[1]), np.nan)
    seen, natural = np.full(count, -1), np.full(count, -1)
    queue, lost = np.empty(count, np.intp), np.empty(count)
    room = (np.empty((count + 5, 2)), np.empty(count + 5, np.intp))
    spare = (np.empty((count + 5, 2)), np.empty(count + 5, np.intp))
    third = (np.empty((count + 5, 2)), np.empty(count + 5, np.intp))
    for cell in range(len(cells)):
        one = nearest[cell]
        if one < 0 or not _within(hull, cells[cell], SLACK * extent):
            continue
        if places[one, 0] == cells[cell, 0] and places[one, 1] == cells[cell, 1]:
            found[cell] = values[one]
            continue
        ground, other, sides = _ground(
            places, starts, others, cells[cell], one, FAR * extent, cell, seen, queue, room, spare
        )
        neighbours = 0
        for k in range(sides):
            one = ground[1][k]
            if one >= 0 and natural[one] != cell:
                natural[one], queue[neighbours] = cell, one
                neighbours += 1
        total = 0.0
        for k in range(neighbours):
            lost[k] = _lost(
                places, starts, others, cells[cell], queue[k], cell, natural,
                ground, sides, other, third,
            )  # fmt: skip
            total += lost[k]
        for m in range(values.shape[1]):
            mean = 0.0
            for k in range(neighbours):
                mean += lost[k] * values[queue[k], m]
            found[cell, m] = mean / total
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _within(hull: Values, place: Values, slack: float) -> bool:
    for k in range(len(hull)):
        if hull[k, 0] * place[0] + hull[k, 1] * place[1] + hull[k, 2] > slack:
            return False
    return True


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ground(
    places: Values,
    starts: Indices,
    others: Indices,
    cell: Values,
    one: int,
    far: float,
    stamp: int,
    seen: Indices,
    queue: Indices,
    now: Polygon,
    then: Polygon,
) -> tuple[Polygon, Polygon, int]:
    """What lies nearer to *cell* than to any sample; room for another polygon; how many sides."""
    sides = 4
    for k in range(4):
        now[0][k, 0] = far if k in (1, 2) else -far
        now[0][k, 1] = far if k > 1 else -far
        now[1][k] = -1
    head, tail = 0, 1
    queue[0], seen[one] = one, stamp
    while head < tail:
        one = queue[head]
        head += 1
        down, right = places[one, 0] - cell[0], places[one, 1] - cell[1]
        left = _cut(now, sides, then, down, right, (down * down + right * right) / 2, one)
        if left < 0:
            continue
        now, then, sides = then, now, left
        for k in range(starts[one], starts[one + 1]):
            if seen[others[k]] != stamp:
                seen[others[k]] = stamp
                queue[tail] = others[k]
                tail += 1
    _sharpen(places, cell, now, sides)
    return now, then, sides


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lost(
    places: Values,
    starts: Indices,
    others: Indices,
    cell: Values,
    one: int,
    stamp: int,
    natural: Indices,
    ground: Polygon,
    sides: int,
    spare: Polygon,
    third: Polygon,
) -> float:
    """Area of the part of *ground* that was nearest to sample *one*: (cells' unit) squared."""
    down, right = places[one, 0] - cell[0], places[one, 1] - cell[1]
    now, then, left, whole = ground, spare, sides, True
    for k in range(starts[one], starts[one + 1]):
        rival = others[k]
        if natural[rival] != stamp:
            continue
        below, beside = places[rival, 0] - cell[0], places[rival, 1] - cell[1]
        limit = (below * below + beside * beside - (down * down + right * right)) / 2
        cut = _cut(now, left, then, below - down, beside - right, limit, rival)
        if cut < 0:
            continue
        left = cut
        now, then = then, third if whole else now
        whole = False
    area: float = _area(now[0], left)
    return area


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cut(
    now: Polygon, sides: int, then: Polygon, down: float, right: float, limit: float, whose: int
) -> int:
    """
    The part of a convex polygon where *down* y + *right* x <= *limit*, made in *then*.

    Returns its number of corners; -1 if nothing was cut off, and *then* is not to be used.
    """
    corners, owners = now
    before = down * corners[sides - 1, 0] + right * corners[sides - 1, 1] - limit
    beyond, made = False, 0
    for k in range(sides):
        beyond |= down * corners[k, 0] + right * corners[k, 1] > limit
    if not beyond:
        return -1
    for k in range(sides):
        last = k - 1 if k else sides - 1
        here = down * corners[k, 0] + right * corners[k, 1] - limit
        if (here > 0) != (before > 0):
            part = before / (before - here)
            for axis in range(2):
                first = corners[last, axis]
                then[0][made, axis] = first + part * (corners[k, axis] - first)
            then[1][made] = whose if here > 0 else owners[last]
            made += 1
        if here <= 0:
            then[0][made, 0], then[0][made, 1] = corners[k, 0], corners[k, 1]
            then[1][made] = owners[k]
            made += 1
        before = here
    return made


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sharpen(places: Values, cell: Values, now: Polygon, sides: int) -> None:
    """Set each corner anew as the place equally far from the cell and two samples."""
    for k in range(sides):
        one, other = now[1][k - 1 if k else sides - 1], now[1][k]
        if one < 0 or other < 0:
            continue
        a, b = places[one, 0] - cell[0], places[one, 1] - cell[1]
        c, d = places[other, 0] - cell[0], places[other, 1] - cell[1]
        turn = a * d - b * c
        if turn != 0:
            p, q = (a * a + b * b) / 2, (c * c + d * d) / 2
            now[0][k, 0], now[0][k, 1] = (p * d - b * q) / turn, (a * q - p * c) / turn


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _area(corners: Values, sides: int) -> float:
    """Area of a polygon, from its first corner, so that far ones lose the least."""
    twice = 0.0
    for k in range(1, sides - 1):
        a, b = corners[k, 0] - corners[0, 0], corners[k, 1] - corners[0, 1]
        c, d = corners[k + 1, 0] - corners[0, 0], corners[k + 1, 1] - corners[0, 1]
        twice += a * d - b * c
    return abs(twice) / 2
