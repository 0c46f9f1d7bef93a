"""Where the cells of a target grid lie among the cells of a source raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.grid.datum import transformer

Coordinates = npt.NDArray[np.float64]

MARGIN = 2
"""Cells of the source read around what a window covers, for interpolation at its edge."""
NODES = 33
"""Points a side of the net by which a window's place in the source is found."""
STEP = 8
"""
Cells between the places that are transformed; what lies between is interpolated.

Over 8 cells of 100 m the earth's curvature bends a line by 1 cm.
"""


@dataclass(frozen=True)
class Lattice:
    """
    The grid of a source raster and the target grid.

    All positions are worked out from the whole target grid, never from a
    window's own corner, so that they are the same bits however it is cut.
    """

    source: GeoBox
    target: GeoBox

    @property
    def same_crs(self) -> bool:
        """Whether no transformation lies between the two."""
        return bool(self.source.crs == self.target.crs)

    def positions(self, window: GeoBox) -> tuple[Coordinates, Coordinates]:
        """Row and column of each cell's centre among the source's cells [source cell]."""
        top, left = self.offset(window)
        rows, columns = (
            start + np.arange(size) + 0.5
            for start, size in zip((top, left), window.shape, strict=True)
        )
        if self.same_crs:
            return self._among_source(rows[:, None], columns[None, :])
        row_nodes, column_nodes = _nodes(rows), _nodes(columns)
        nodes = self._among_source(row_nodes[:, None], column_nodes[None, :])
        if not all(_is_smooth(places) for places in nodes):
            return self._among_source(rows[:, None], columns[None, :])
        down, across = (rows - row_nodes[0]) / STEP, (columns - column_nodes[0]) / STEP
        return _between(nodes[0], down, across), _between(nodes[1], down, across)

    def edges(self, window: GeoBox) -> tuple[Coordinates, Coordinates]:
        """Edges of the window's rows and columns among the source's, both in one CRS."""
        top, left = self.offset(window)
        rows, columns = (
            top + np.arange(window.shape[0] + 1.0),
            left + np.arange(window.shape[1] + 1.0),
        )
        return self._among_source(rows, np.zeros(1))[0], self._among_source(np.zeros(1), columns)[1]

    def reversed(self, finer: tuple[int, int]) -> Lattice:
        """The target's cells as seen from the source's, each cut into *finer* parts."""
        down, across = finer
        parts = GeoBox(
            (self.source.shape[0] * down, self.source.shape[1] * across),
            self.source.affine @ Affine.scale(1 / across, 1 / down),
            self.source.crs,
        )
        return Lattice(self.target, parts)

    def piece(self, window: GeoBox) -> tuple[slice, slice] | None:
        """Rows and columns of the source that a window needs; None if it lies beyond it."""
        top, left = self.offset(window)
        rows = top + np.linspace(0, window.shape[0], NODES)[:, None]
        columns = left + np.linspace(0, window.shape[1], NODES)[None, :]
        found = self._among_source(rows, columns)
        slices = []
        for places, size in zip(found, self.source.shape, strict=True):
            finite = places[np.isfinite(places)]
            if finite.size == 0:
                return None
            low = max(int(np.floor(finite.min())) - MARGIN, 0)
            high = min(int(np.ceil(finite.max())) + MARGIN, size)
            if low >= high:
                return None
            slices.append(slice(low, high))
        return slices[0], slices[1]

    def source_cells_across(self) -> tuple[float, float]:
        """How many source cells lie down and across a target cell, mid-grid."""
        down, across = np.abs(self._slopes()).sum(axis=1)
        return float(down), float(across)

    def target_cells_across(self) -> tuple[float, float]:
        """
        Height and width of a source cell among the target's, mid-grid [target cell].

        Of a cell that lies askew, the sides of the upright box that spreads as far.
        """
        height, width = np.hypot(*np.linalg.inv(self._slopes()).T)
        return float(height), float(width)

    def _slopes(self) -> npt.NDArray[np.float64]:
        """How source rows and columns change down and across the target, mid-grid."""
        middle = np.array([0.0, 1.0, 0.0]) + self.target.shape[0] / 2
        across = np.array([0.0, 0.0, 1.0]) + self.target.shape[1] / 2
        places = np.array(self._among_source(middle, across))
        return np.asarray(places[:, 1:] - places[:, :1])

    def whole_cells(self, tolerance: float) -> tuple[int, int] | None:
        """Row and column of the target's corner in the source, if both have the same cells."""
        if not self.same_crs:
            return None
        ours, theirs = contract.cell_size(self.target), contract.cell_size(self.source)
        corner = self._among_source(np.zeros(1), np.zeros(1))
        starts = []
        for size, other, start, count in zip(ours, theirs, corner, self.target.shape, strict=True):
            drift = abs(size - other) / other * count
            off = abs(float(start[0]) - round(float(start[0])))
            if drift > tolerance or off > tolerance:
                return None
            starts.append(round(float(start[0])))
        return starts[0], starts[1]

    def overlaps(self) -> bool:
        """Whether the two share any ground, by nets of points laid over either."""
        rows, columns = _net(self.target.shape)
        in_source = _within(*self._among_source(rows, columns), self.source.shape)
        if in_source.any():
            return True
        x, y = self._source_net()
        columns, rows = ~self.target.affine @ (x, y)
        return bool(_within(rows, columns, self.target.shape).any())

    def source_bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the source in the target's CRS."""
        x, y = self._source_net()
        known = np.isfinite(x) & np.isfinite(y)
        x, y = (x[known], y[known]) if known.any() else (np.array([np.nan]),) * 2
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def _source_net(self) -> tuple[Coordinates, Coordinates]:
        rows, columns = _net(self.source.shape)
        x, y = self.source.affine @ (columns + 0 * rows, rows + 0 * columns)
        if not self.same_crs:
            x, y = transformer(self.source.crs.proj, self.target.crs.proj).transform(x, y)
        return x, y

    def offset(self, window: GeoBox) -> tuple[int, int]:
        """Row and column of a window's corner in the target grid."""
        column, row = ~self.target.affine @ (window.affine.c, window.affine.f)
        return round(row), round(column)

    def _among_source(
        self, rows: Coordinates, columns: Coordinates
    ) -> tuple[Coordinates, Coordinates]:
        """Rows and columns of the target grid as rows and columns of the source."""
        x = self.target.affine.c + columns * self.target.affine.a
        y = self.target.affine.f + rows * self.target.affine.e
        if not self.same_crs:
            x, y = np.broadcast_arrays(x, y)
            x, y = transformer(self.target.crs.proj, self.source.crs.proj).transform(x, y)
            x = _same_turn(np.asarray(x), self.source)
        return (y - self.source.affine.f) / self.source.affine.e, (
            x - self.source.affine.c
        ) / self.source.affine.a


def _same_turn(x: Coordinates, source: GeoBox) -> Coordinates:
    """Longitudes on the turn of the globe that the source counts in: -180 to 180, or 0 to 360."""
    if not source.crs.geographic:
        return x
    middle = source.affine.c + source.affine.a * source.shape[1] / 2
    return np.where(np.isfinite(x), middle + (x - middle + 180) % 360 - 180, x)


def _nodes(places: Coordinates) -> Coordinates:
    """Multiples of the step around *places*, the same whatever window asks."""
    first, last = np.floor(places[0] / STEP), np.floor(places[-1] / STEP) + 1
    return np.arange(first, last + 1) * STEP


def _is_smooth(nodes: Coordinates) -> bool:
    """Whether places between the nodes may be interpolated: all known, and no date line."""
    if not np.isfinite(nodes).all():
        return False
    steps = [np.abs(np.diff(nodes, axis=axis)) for axis in (0, 1)]
    return all(step.max() <= 10 * np.median(step) + 10 for step in steps)


def _between(nodes: Coordinates, down: Coordinates, across: Coordinates) -> Coordinates:
    """Bilinear interpolation between nodes, at whole and broken numbers of steps."""
    row, column = np.floor(down).astype(np.intp), np.floor(across).astype(np.intp)
    south, east = (down - row)[:, None], (across - column)[None, :]
    upper, lower = nodes[row], nodes[row + 1]
    left = upper[:, column] * (1 - south) + lower[:, column] * south
    right = upper[:, column + 1] * (1 - south) + lower[:, column + 1] * south
    return np.asarray(left * (1 - east) + right * east)


def _net(shape: tuple[int, int]) -> tuple[Coordinates, Coordinates]:
    return np.linspace(0, shape[0], NODES)[:, None], np.linspace(0, shape[1], NODES)[None, :]


def _within(
    rows: Coordinates, columns: Coordinates, shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Which places lie strictly inside a raster."""
    inside = (rows > 0) & (rows < shape[0]) & (columns > 0) & (columns < shape[1])
    return np.asarray(inside)
