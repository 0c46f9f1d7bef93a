"""Raster files as they lie on the ground, and their cells, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect.errors import DataError
from geoprospect.ingest import closed, gdal_file, zarr_store
from geoprospect.ingest.files import there
from geoprospect.ingest.reference import check_coordinates, crs_of
from geoprospect.ingest.stored import Header, Values
from geoprospect.storage import AnyPath, Location

Block = npt.NDArray[np.float32]
Known = npt.NDArray[np.bool_]

BEYOND_NATURE = 1e30
"""No measurement is as large: Surfer, Oasis montaj and ArcGIS write blanks beyond it."""
WHOLE_IN_FLOAT32 = 2**24


@dataclass(frozen=True)
class Tile:
    """One raster file on the ground, north up; *codes* count beside its tags, if *tagged*."""

    path: AnyPath
    header: Header
    grid: GeoBox
    codes: tuple[float, ...]
    tagged: bool

    @property
    def south_up(self) -> bool:
        """Whether the file's first row is its southernmost."""
        return bool(self.header.affine.e > 0)


def tile(
    location: Location,
    *,
    bands: Sequence[int],
    layer: str | None,
    crs: str | None,
    codes: tuple[float, ...],
    tagged: bool,
) -> Tile:
    """
    A raster file with all checked that can be before its cells are read.

    Raises
    ------
    MissingFileError
        If the file is not there or not within reach.
    DataError
        If it is no raster, has no CRS, is rotated, lacks a band or is cut short.
    """
    path = there(location)
    closed.refuse(path)
    opened = zarr_store.opened if zarr_store.is_zarr(path) else gdal_file.opened
    header = opened(path, bands, layer)
    _check_upright(header.affine, path)
    grid = _north_up(header, crs_of(crs, header.crs, str(path)))
    _check_place(grid, path)
    return Tile(path, header, grid, codes, tagged)


def cells(tile: Tile, band: int, rows: slice, columns: slice, *, whole: bool = False) -> Block:
    """
    Values of a window, north up, float32, NaN where unknown.

    *whole* asks for codes of classes, which float32 must be able to hold.
    """
    height = int(tile.grid.shape[0])
    there = slice(height - rows.stop, height - rows.start) if tile.south_up else rows
    stored = tile.header.read(band, there, columns)
    tags = tile.header.tags[band] if tile.tagged else ()
    known = _known(stored, (*tile.codes, *tags))
    if whole:
        _refuse_large_codes(tile.path, stored.raw, known)
    values = stored.raw
    if (stored.scale, stored.offset) != (1.0, 0.0):
        values = values.astype("float64") * stored.scale + stored.offset
    block: Block = np.where(known, values, np.nan).astype("float32")
    return block[::-1] if tile.south_up else block


def _check_upright(affine: Affine, path: AnyPath) -> None:
    if affine.is_identity:
        raise DataError(
            f"{path} does not say where it lies (no geotransform); georeference it first, "
            "for example with a world file (netCDF: axis attributes on its x and y)"
        )
    slant = 1e-6 * min(abs(affine.a), abs(affine.e))
    if abs(affine.b) > slant or abs(affine.d) > slant or affine.a < 0:
        raise DataError(
            f"{path} is rotated or mirrored; warp it to north up first, for example with gdalwarp"
        )


def _north_up(header: Header, crs: pyproj.CRS) -> GeoBox:
    affine = header.affine
    top = affine.f + affine.e * header.shape[0] if affine.e > 0 else affine.f
    upright = Affine(affine.a, 0.0, affine.c, 0.0, -abs(affine.e), top)
    return GeoBox(header.shape, upright, crs)


def _check_place(grid: GeoBox, path: AnyPath) -> None:
    """Raise where no part of the raster can be in its CRS; a margin may stick out of its area."""
    height, width = grid.shape
    columns, rows = np.meshgrid(np.linspace(0, width, 7), np.linspace(0, height, 7))
    x, y = grid.affine @ (columns.ravel(), rows.ravel())
    check_coordinates(x, y, grid.crs.proj, str(path), count_strays=False)


def _known(stored: Values, codes: Sequence[float]) -> Known:
    """The one nodata rule: no mask, no code, no NaN, nothing beyond nature."""
    raw, known = stored.raw, stored.known
    if raw.dtype.kind != "f":
        for code in codes:
            known = known & (raw != code)
        return known
    with np.errstate(invalid="ignore"):
        known = known & (np.abs(raw) < BEYOND_NATURE)
        for code in codes:
            if abs(code) < BEYOND_NATURE:
                known = known & (np.abs(raw - raw.dtype.type(code)) > 1e-6 * abs(code))
    return np.asarray(known)


def _refuse_large_codes(
    path: AnyPath, raw: npt.NDArray[np.generic], known: npt.NDArray[np.bool_]
) -> None:
    codes = raw[known]
    if codes.size and raw.dtype.itemsize > 2 and np.abs(codes).max() > WHOLE_IN_FLOAT32:
        raise DataError(
            f"{path}: class code {codes[np.abs(codes).argmax()]} is larger than "
            f"{WHOLE_IN_FLOAT32:,}; renumber the classes"
        )
