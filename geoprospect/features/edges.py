"""Vector features as straight edges in cells of the grid, found quickly window by window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from geoprospect.contract import cell_size
from geoprospect.features.sources import Shapes
from geoprospect.kernels import distance
from geoprospect.kernels.distance import Edges, Mask, Window

BUNCH = 16
"""Edges in a row that share one box of the search tree."""


def place(window: GeoBox, grid: GeoBox) -> Window:
    """Where a window of *grid* lies: top, left, height, width [cells]."""
    top = round((window.affine.f - grid.affine.f) / grid.affine.e)
    left = round((window.affine.c - grid.affine.c) / grid.affine.a)
    return top, left, *window.shape


def widened(window: Window, rows: int, columns: int) -> Window:
    """A window with a margin all around [cells]."""
    top, left, height, width = window
    return top - rows, left - columns, height + 2 * rows, width + 2 * columns


def margin(reach: float, grid: GeoBox) -> tuple[int, int]:
    """Rows and columns within *reach* of a window [m -> cells]."""
    height, width = cell_size(grid)
    return int(np.ceil(reach / height)) + 1, int(np.ceil(reach / width)) + 1


def in_cells(easting_northing: npt.NDArray[np.float64], grid: GeoBox) -> npt.NDArray[np.float64]:
    """Places as (row, column) in cells of the grid, whole numbers on cell borders."""
    rows = (easting_northing[:, 1] - grid.affine.f) / grid.affine.e
    columns = (easting_northing[:, 0] - grid.affine.c) / grid.affine.a
    return np.stack([rows, columns], axis=1)


def outlines(shapes: Shapes, grid: GeoBox) -> Edges:
    """Edges of lines and of polygons' rings; a point is an edge of no length."""
    kind = shapely.get_type_id(shapes)
    points = in_cells(shapely.get_coordinates(shapes[kind == 0]), grid)
    lines, _ = _edges(shapes[(kind == 1) | (kind == 2)], grid)
    rings, _ = _edges(shapely.get_rings(shapes[kind == 3]), grid)
    return np.concatenate([np.hstack([points, points]), lines, rings])


def rings(shapes: Shapes, grid: GeoBox) -> tuple[Edges, npt.NDArray[np.intp]]:
    """Edges of polygons, outer rings one way and holes the other; and whose edge each is."""
    polygons = np.flatnonzero(shapely.get_type_id(shapes) == 3)
    loops, owner = shapely.get_rings(shapes[polygons], return_index=True)
    outer = np.r_[True, owner[1:] != owner[:-1]][: len(owner)]
    found, ring = _edges(loops, grid)
    turn = (shapely.is_ccw(loops) != outer)[ring]
    found[turn] = found[turn][:, [2, 3, 0, 1]]
    return found, polygons[owner[ring]]


def coverage(shapes: Shapes, grid: GeoBox) -> Callable[[Window], Mask]:
    """For a window, the cells that features touch, insides of polygons included."""
    outline, inside = finder(outlines(shapes, grid)), finder(rings(shapes, grid)[0], leftward=True)

    def covered(window: Window) -> Mask:
        return distance.touched(outline(window), window) | distance.filled(inside(window), window)

    return covered


def finder(edges: Edges, *, leftward: bool = False) -> Callable[[Window], Edges]:
    """
    For a window, the edges that may bear on it, in their own order.

    Neighbouring edges share a box in the search tree, so that a long line does
    not come whole. *leftward* finds all that lies to the left of the window too.
    """
    starts = np.arange(0, len(edges), BUNCH)
    if not starts.size:
        return lambda window: edges
    low, high = np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])
    lows, highs = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    tree = shapely.STRtree(shapely.box(lows[:, 1], lows[:, 0], highs[:, 1], highs[:, 0]))
    west = lows[:, 1].min()

    def found(window: Window) -> Edges:
        top, left, height, width = window
        start = min(west, left) if leftward else left
        bunches = np.sort(tree.query(shapely.box(start, top, left + width, top + height)))
        which = (starts[bunches][:, None] + np.arange(BUNCH)).ravel()
        which = which[which < len(edges)]
        near = (low[which] <= (top + height, left + width)) & (high[which] >= (top, start))
        local: Edges = edges[which[near.all(axis=1)]]
        return local

    return found


def _edges(lines: Shapes, grid: GeoBox) -> tuple[Edges, npt.NDArray[np.intp]]:
    """The straight edges of lines, and which line each belongs to."""
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    cells, same = in_cells(coordinates, grid), owner[1:] == owner[:-1]
    return np.hstack([cells[:-1][same], cells[1:][same]]), owner[:-1][same]
