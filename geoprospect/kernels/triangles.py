"""Distances to triangles in space, exact, by a tree of boxes; and what lies below them."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

LEAF = 4
"""Triangles, at most, that are looked at one by one."""

SLACK, TINY = 1 + 1e-9, 1e-30
"""What a bound is widened by, so that rounding never makes it too narrow."""


@dataclass(frozen=True, eq=False)
class Tree:
    """
    Triangles halved again and again: a full binary tree of boxes, its root first.

    ``corners`` (leaves x width, 3, 3) are triangles in the order of the leaves, the last ones
    repeated so that each leaf has ``width``; ``lowest`` and ``highest`` (nodes, 3) are corners
    of boxes. The halves of node *i* are *2 i + 1* and *2 i + 2*.
    """

    corners: Points
    lowest: Points
    highest: Points
    width: int


def tree(corners: Points) -> Tree:
    """A tree of one or more triangles, (triangles, 3, 3) as corner and x, y, z."""
    depth = max(0, int(np.ceil(np.log2(len(corners) / LEAF))))
    leaves = 2**depth
    width = -(-len(corners) // leaves)
    padded = np.concatenate([corners, np.repeat(corners[-1:], leaves * width - len(corners), 0)])
    middle = padded.mean(axis=1)
    order = np.arange(len(padded))
    for level in range(depth):
        part = np.arange(len(padded)) // (len(padded) // 2**level)
        parts = middle[order].reshape(2**level, -1, 3)
        widest = np.ptp(parts, axis=1).argmax(axis=1)
        order = order[np.lexsort((middle[order, widest[part]], part))]
    sorted_corners = np.ascontiguousarray(padded[order])
    leaf = sorted_corners.reshape(leaves, -1, 3)
    lowest, highest = [leaf.min(axis=1)], [leaf.max(axis=1)]
    for _ in range(depth):
        lowest.append(lowest[-1].reshape(-1, 2, 3).min(axis=1))
        highest.append(highest[-1].reshape(-1, 2, 3).max(axis=1))
    boxes = [np.concatenate(one[::-1]) for one in (lowest, highest)]
    return Tree(sorted_corners, boxes[0], boxes[1], width)


def distances(triangles: Tree, places: Points) -> Points:
    """Distance from each place to the nearest point of any triangle: (n, 3) -> (n,)."""
    whole = np.ascontiguousarray(places, np.float64)
    boxes = triangles.lowest, triangles.highest
    found: Points = np.sqrt(_nearest(whole, triangles.corners, *boxes, np.int64(triangles.width)))
    return found


def crossings(corners: Points, shape: tuple[int, int, int], size: Points) -> Counts:
    """
    How many triangles lie straight above the middle of each block, (z, y, x).

    Blocks of *size* x, y, z begin at the origin. An edge that two triangles share counts for
    one of them, so that a closed body has an odd number above exactly what is inside it.
    """
    met = np.zeros((shape[0] + 1, *shape[1:]), np.int64)
    _cross(np.ascontiguousarray(corners, np.float64), np.asarray(size, np.float64), met)
    return met[::-1].cumsum(axis=0)[::-1][1:]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _nearest(
    places: Points, corners: Points, lowest: Points, highest: Points, width: int
) -> Points:
    """
    Squares of distances: the nearer half first, and none that lies farther than the best.

    No place is farther from the triangles than the one before it and the way from there.
    """
    found = np.empty(len(places))
    inner = len(lowest) // 2
    stack, bounds = np.empty(64, np.int64), np.empty(64)
    for i in range(len(places)):
        at, best, top = places[i], np.inf, 1
        if i > 0:
            best = (np.sqrt(found[i - 1]) + np.sqrt(_to_box(at, places[i - 1], places[i - 1]))) ** 2
            best = best * SLACK + TINY
        stack[0], bounds[0] = 0, _to_box(at, lowest[0], highest[0])
        while top:
            top -= 1
            node = stack[top]
            if bounds[top] >= best:
                continue
            if node >= inner:
                for t in range((node - inner) * width, (node - inner + 1) * width):
                    best = min(best, _to_triangle(at, corners[t, 0], corners[t, 1], corners[t, 2]))
                continue
            one, other = 2 * node + 1, 2 * node + 2
            near = _to_box(at, lowest[one], highest[one])
            far = _to_box(at, lowest[other], highest[other])
            if far < near:
                one, other, near, far = other, one, far, near
            stack[top], bounds[top], stack[top + 1], bounds[top + 1] = other, far, one, near
            top += 2
        found[i] = best
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _to_box(at: Points, lowest: Points, highest: Points) -> float:
    total = 0.0
    for k in range(3):
        away = max(lowest[k] - at[k], 0.0, at[k] - highest[k])
        total += away * away
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _to_triangle(at: Points, a: Points, b: Points, c: Points) -> float:
    """Square of the distance to a triangle: to its plane where that is met inside, else an edge."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    wx, wy, wz = at[0] - a[0], at[1] - a[1], at[2] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    square = nx * nx + ny * ny + nz * nz
    if square > 0:
        of_c = (uy * wz - uz * wy) * nx + (uz * wx - ux * wz) * ny + (ux * wy - uy * wx) * nz
        of_b = (wy * vz - wz * vy) * nx + (wz * vx - wx * vz) * ny + (wx * vy - wy * vx) * nz
        if of_b >= 0 and of_c >= 0 and of_b + of_c <= square:
            height = wx * nx + wy * ny + wz * nz
            return float(height * height / square)
    edges = _to_edge(at, a, b), _to_edge(at, b, c), _to_edge(at, c, a)
    return float(min(edges[0], edges[1], edges[2]))


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _to_edge(at: Points, a: Points, b: Points) -> float:
    along = length = 0.0
    for k in range(3):
        along += (at[k] - a[k]) * (b[k] - a[k])
        length += (b[k] - a[k]) ** 2
    share = min(max(along / length, 0.0), 1.0) if length > 0 else 0.0
    total = 0.0
    for k in range(3):
        away = at[k] - a[k] - share * (b[k] - a[k])
        total += away * away
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cross(corners: Points, size: Points, met: Counts) -> None:
    """Count every triangle in the columns that it spans, at the highest block below it."""
    layers, rows, columns = met.shape[0] - 1, met.shape[1], met.shape[2]
    for t in range(len(corners)):
        a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
        west, east = min(a[0], b[0], c[0]) / size[0], max(a[0], b[0], c[0]) / size[0]
        south, north = min(a[1], b[1], c[1]) / size[1], max(a[1], b[1], c[1]) / size[1]
        ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
        span = ux * vy - uy * vx
        if span == 0:
            continue
        first, last = max(int(np.floor(west - 0.5)), 0), min(int(np.ceil(east)), columns)
        for j in range(max(int(np.floor(south - 0.5)), 0), min(int(np.ceil(north)), rows)):
            y = (j + 0.5) * size[1]
            for i in range(first, last):
                x = (i + 0.5) * size[0]
                if not (_passes(x, y, a, b) ^ _passes(x, y, b, c) ^ _passes(x, y, c, a)):
                    continue
                of_b = ((x - a[0]) * vy - (y - a[1]) * vx) / span
                of_c = (ux * (y - a[1]) - uy * (x - a[0])) / span
                height = a[2] + of_b * (b[2] - a[2]) + of_c * (c[2] - a[2])
                below = int(np.ceil(min(max(height / size[2] - 0.5, 0.0), float(layers))))
                met[below, j, i] += 1


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _passes(x: float, y: float, a: Points, b: Points) -> bool:
    """Whether an edge passes east of a point, told alike from either of its ends."""
    if a[1] > b[1]:
        a, b = b, a
    if not a[1] <= y < b[1]:
        return False
    return bool(x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
