"""
Which cells features touch, and how far the other cells are from them.

Places are in cells of the whole grid: (row, column), row 0 at the top edge. A
straight edge is (row, column, row, column). A window is (top, left, height,
width) in whole cells, so that a cell's answer never depends on the window it is
asked for in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

Edges = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Window = tuple[int, int, int, int]
Indices = npt.NDArray[np.intp]


def touched(edges: Edges, window: Window) -> Mask:
    """
    Whether each cell of a window is touched by an edge: (n, 4) -> (ny, nx).

    An edge of no length is a point, and touches the one cell it lies in.
    """
    top, left, height, width = window
    mask = np.zeros((height, width), bool)
    row0, column0, row1, column1 = _downward(edges).T
    which, rows = _runs(np.floor(row0), np.floor(row1) + 1, top, top + height)
    row0, column0, row1, column1 = row0[which], column0[which], row1[which], column1[which]
    enter, leave = np.maximum(rows, row0), np.minimum(rows + 1, row1)
    per_row = (column1 - column0) / np.where(row1 > row0, row1 - row0, 1.0)
    one = np.where(enter > row0, column0 + (enter - row0) * per_row, column0)
    other = np.where(leave < row1, column0 + (leave - row0) * per_row, column1)
    first, last = np.floor(np.minimum(one, other)), np.floor(np.maximum(one, other)) + 1
    along, columns = _runs(first, last, left, left + width)
    mask[rows[along] - top, columns - left] = True
    return mask


def filled(rings: Edges, window: Window) -> Mask:
    """
    Whether each cell centre of a window lies inside polygons: (n, 4) -> (ny, nx).

    Outer rings run one way and holes the other; where polygons overlap, their
    union counts. Each edge turns the cells to its right on or off.
    """
    top, left, height, width = window
    row0, column0, row1, column1 = _downward(rings).T
    sense = np.where(rings[:, 2] > rings[:, 0], 1, -1)
    first, last = np.ceil(row0 - 0.5), np.ceil(row1 - 0.5)
    which, rows = _runs(first, last, top, top + height)
    row0, column0, row1, column1 = row0[which], column0[which], row1[which], column1[which]
    crossing = column0 + (rows + 0.5 - row0) * (column1 - column0) / (row1 - row0)
    start = np.clip(np.ceil(crossing - 0.5) - left, 0, width).astype(np.intp)
    turns = np.zeros((height, width + 1), np.int32)
    np.add.at(turns, (rows - top, start), sense[which])
    return np.asarray(np.cumsum(turns[:, :-1], axis=1) != 0)


def capped_distance(mask: Mask, cell: tuple[float, float], cap: float) -> npt.NDArray[np.float32]:
    """Distance from each cell to the nearest one in *mask*, at most *cap* [units of cell]."""
    if not mask.any():
        return np.full(mask.shape, cap, "float32")
    height, width = cell
    if height == width:
        away = distance_transform_edt(~mask) * height
    else:
        away = distance_transform_edt(~mask, sampling=cell)
    return np.asarray(np.minimum(away, cap), "float32")


def area_edge(classes: npt.NDArray[Any], known: Mask) -> Mask:
    """Cells with a neighbour over a side that is of another class; unknown is no edge."""
    edge = np.zeros(classes.shape, bool)
    for one, other in (
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        across = (classes[one] != classes[other]) & known[one] & known[other]
        edge[one] |= across
        edge[other] |= across
    return edge


def _downward(edges: Edges) -> Edges:
    """Edges turned to run from their upper end to their lower one."""
    return np.where((edges[:, 2] < edges[:, 0])[:, None], edges[:, [2, 3, 0, 1]], edges)


def _runs(
    first: npt.NDArray[np.float64], last: npt.NDArray[np.float64], low: int, high: int
) -> tuple[Indices, Indices]:
    """Whole numbers from *first* up to *last*, within [low, high): (whose, which number)."""
    start = np.clip(first, low, high).astype(np.intp)
    count = np.clip(last, low, high).astype(np.intp) - start
    whose = np.repeat(np.arange(count.size), count)
    before = np.cumsum(count) - count
    return whose, np.arange(whose.size) - before[whose] + start[whose]
