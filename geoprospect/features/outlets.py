"""Where stream sediment samples lie on a grid, and in their streams."""

from __future__ import annotations

import logging
import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from geoprospect.errors import DataError
from geoprospect.features import edges, sources, tables

log = logging.getLogger("geoprospect.features")

Cells = npt.NDArray[np.int64]


def check_snap(snap: float) -> None:
    """Raise a ValueError unless samples can be moved so far."""
    if not (snap >= 0 and math.isfinite(snap)):
        raise ValueError(f"snap must be zero or more and finite, got {snap:g} m")


def on_grid(features: gpd.GeoDataFrame, grid: GeoBox, function: str) -> tuple[Cells, tables.Flags]:
    """Cells (samples, 2: row, column) of the samples on the grid, and which samples those are."""
    sources.only(features, sources.POINTS, function, "points")
    places = edges.in_cells(shapely.get_coordinates(features.geometry.to_numpy()), grid)
    cells = np.floor(places).astype("int64")
    within = (cells >= 0) & (cells < np.array(grid.shape))
    inside = np.asarray(within.all(axis=1))
    if not inside.any():
        raise DataError(f"{function}: none of {len(inside)} samples lies on the grid")
    if not inside.all():
        log.warning(
            "%s: %d of %d samples lie beyond the grid and are left out.",
            function,
            int((~inside).sum()),
            len(inside),
        )
    return cells[inside], inside


def in_streams(
    cells: Cells, reach: tuple[float, float], area: tables.Values, function: str
) -> Cells:
    """
    Where samples lie once moved into their streams, as places in the flattened grid.

    Each goes to the cell with the largest upslope *area* within *reach* rows and columns.
    """
    down, across = reach
    width = area.shape[1]
    found = np.empty(len(cells), "int64")
    for n, (row, column) in enumerate(cells):
        top, left = max(row - int(down), 0), max(column - int(across), 0)
        near = area[top : row + int(down) + 1, left : column + int(across) + 1]
        y, x = np.ogrid[top : top + near.shape[0], left : left + near.shape[1]]
        away = ((y - row) / max(down, 1)) ** 2 + ((x - column) / max(across, 1)) ** 2
        reached = np.where((away <= 1) & ~np.isnan(near), near, -1.0)
        reached[row - top, column - left] = max(reached[row - top, column - left], 0.0)
        best = int(reached.argmax())
        found[n] = (top + best // near.shape[1]) * width + left + best % near.shape[1]
    moved = int((found != cells[:, 0] * width + cells[:, 1]).sum())
    log.info(
        "%s: %d of %d samples were moved into their stream, %d lie in the cell of another.",
        function,
        moved,
        len(found),
        len(found) - len(np.unique(found)),
    )
    return found
