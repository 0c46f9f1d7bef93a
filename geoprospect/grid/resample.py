"""Values of one window of the target grid from a piece of the source."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect.grid.lattice import Lattice

Block = npt.NDArray[np.float32]


def nearest(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Value of the source cell under each cell's centre."""
    rows, columns = lattice.positions(window)
    return _picked(lattice, window, values, np.floor(rows), np.floor(columns))


def bilinear(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """
    Values interpolated between the centres of the four nearest source cells.

    Unknown neighbours are left out and the others weigh more; where the source
    cell under the centre is unknown, so is the result.
    """
    rows, columns = lattice.positions(window)
    up, left = np.floor(rows - 0.5), np.floor(columns - 0.5)
    down, right = rows - 0.5 - up, columns - 0.5 - left
    total = np.zeros(window.shape)
    weights = np.zeros(window.shape)
    for row, row_weight in ((up, 1 - down), (up + 1, down)):
        for column, column_weight in ((left, 1 - right), (left + 1, right)):
            value = _picked(lattice, window, values, row, column)
            weight = np.where(np.isnan(value), 0.0, row_weight * column_weight)
            total += weight * np.nan_to_num(value)
            weights += weight
    known = ~np.isnan(nearest(lattice, window, values)) & (weights > 0)
    return np.where(known, total / np.where(known, weights, 1), np.nan).astype("float32")


def average(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Mean of the known source cells under each cell, by shared area."""
    return _warped(lattice, window, values, "average")


def majority(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Most frequent code of the known source cells under each cell."""
    return _warped(lattice, window, values, "mode")


def total(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Sum of the known source cells under each cell, each by the share of its area."""
    return _warped(lattice, window, values, "sum")


def _picked(lattice: Lattice, window: GeoBox, values: Block, rows: Any, columns: Any) -> Block:
    """Values at rows and columns of the whole source, NaN beyond the piece at hand."""
    piece = lattice.piece(window)
    assert piece is not None
    top, left = piece[0].start, piece[1].start
    inside = (rows >= top) & (rows < piece[0].stop) & (columns >= left) & (columns < piece[1].stop)
    row = np.where(inside, rows - top, 0).astype(np.intp)
    column = np.where(inside, columns - left, 0).astype(np.intp)
    return np.where(inside, values[row, column], np.float32(np.nan))


def _warped(lattice: Lattice, window: GeoBox, values: Block, method: str) -> Block:
    """GDAL's warp of the piece onto the window, without approximation."""
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    piece = lattice.piece(window)
    assert piece is not None
    made = np.full(window.shape, np.nan, "float32")
    corner = Affine.translation(piece[1].start, piece[0].start)
    source_crs = lattice.source.crs.to_wkt()
    reproject(
        np.ascontiguousarray(values, dtype="float32"),
        made,
        src_transform=lattice.source.affine @ corner,
        src_crs=source_crs,
        src_nodata=np.nan,
        dst_transform=window.affine,
        dst_crs=source_crs if lattice.same_crs else lattice.target.crs.to_wkt(),
        dst_nodata=np.nan,
        resampling=Resampling[method],
        tolerance=0.0,
        num_threads=1,
    )
    return made
