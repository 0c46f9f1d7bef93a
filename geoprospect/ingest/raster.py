"""Rasters of any GDAL format, read lazily, north up."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.ingest import classes
from geoprospect.ingest.tiles import BEYOND_NATURE, Block, Tile, cells, tile
from geoprospect.registry import INPUTS
from geoprospect.storage import Location

log = logging.getLogger("geoprospect.ingest")

COUNTED = re.compile(r"(?i)(layer|band)?[ _]*\d*\Z")
Kind = Literal["continuous", "categorical", "counts"]


@INPUTS.register
def raster(
    *,
    path: Location | list[Location],
    band: int = 1,
    bands: dict[str, int] | None = None,
    layer: str | None = None,
    crs: str | None = None,
    nodata: float | list[float] | None = None,
    nodata_tag: bool = True,
    kind: Kind = "continuous",
    units: str = "1",
    long_name: str | None = None,
    meanings: dict[int, str] | None = None,
) -> xr.DataArray | xr.Dataset:
    """
    A raster file (any GDAL format), or the mosaic of several, on its own grid [*units*].

    Geophysical grids, digital elevation models, geology and class maps come as
    rasters of many formats, orientations and nodata codes; here they become
    one: north up, float32, NaN where unknown. Nothing is read yet but headers.

    Parameters
    ----------
    path : Path or URL, or list of them
        A file, a folder (ESRI grid, Zarr), or the tiles of a mosaic on one
        lattice of cells. Where tiles overlap, the first known value counts.
        GeoTIFF and Zarr at ``s3://`` are read block by block, where they lie;
        other formats and other URLs from a copy in the temporary folder.
    band : int
        Band to read, counted from 1.
    bands : dict, optional
        Several bands, by the name that each shall have.
    layer : str, optional
        Variable of a file that holds several (netCDF, Zarr).
    crs : str, optional
        CRS, if the file has none or a wrong one: 'EPSG:4545', or WKT.
    nodata : float or list of float, optional
        Codes of unknown cells, as stored in the file, beside its own tag. NaN, and
        what no measurement reaches (beyond 1e30), are always unknown.
    nodata_tag : bool
        Whether to believe the file's own nodata tag; state false where the code it
        names is a value.
    kind : str
        How it may be resampled: 'continuous' values, 'categorical' codes of
        classes, or 'counts' per cell, whose sum is kept.
    units : str
        Units of the values, in UDUNITS spelling: 'm', 'nT', 'mg kg-1'.
    long_name : str, optional
        What people read; else the file's own name for the band, or its name.
    meanings : dict, optional
        Code to name of the classes; else from the raster's attribute table.

    Returns
    -------
    DataArray (y, x) float32, lazy; a Dataset of them with *bands*

    Raises
    ------
    MissingFileError
        If a file is not there or not within reach.
    DataError
        If it is no raster, has no CRS, is rotated, lacks a band or is cut
        short; later, while computing, if a block cannot be read.
    """
    named = {"": band} if bands is None else dict(bands)
    paths = path if isinstance(path, list) else [path]
    if not paths or not named:
        raise ValueError("raster needs at least one path and one band")
    if bands is not None and band != 1:
        raise ValueError("state either band or bands, not both")
    codes = () if nodata is None else tuple(np.atleast_1d(nodata).astype(float).tolist())
    tiles = [
        tile(one, bands=list(named.values()), layer=layer, crs=crs, codes=codes, tagged=nodata_tag)
        for one in paths
    ]
    grid = _mosaic_grid(tiles)
    _say_unbelieved(tiles[0])
    layers = {}
    for name, number in named.items():
        read = contract.on_grid(_lazily(tiles, number, grid, kind), grid)
        title = _telling(tiles[0].header.titles[number])
        called = long_name or title or name or layer or tiles[0].path.stem
        names = _class_names(tiles, number, meanings) if kind == "categorical" else None
        layers[name] = contract.describe(
            read, long_name=called, units=units, meanings=names
        ).assign_attrs(kind=kind)
    return layers[""] if bands is None else xr.Dataset(layers)


def _telling(title: str | None) -> str | None:
    """The file's name for a band, unless it only counts: Band_1, band 2."""
    return None if title is None or COUNTED.match(title) else title


def _lazily(tiles: Sequence[Tile], band: int, grid: GeoBox, kind: Kind) -> Any:
    """The mosaic as a lazy array, cut along the blocks of the files."""
    whole = kind == "categorical"
    if len(tiles) == 1:
        return lazy.from_windows(
            lambda rows, columns: cells(tiles[0], band, rows, columns, whole=whole),
            grid.shape,
            chunk=tiles[0].header.block,
        )
    corners = [_corner(tile.grid, grid) for tile in tiles]

    def mosaic(rows: slice, columns: slice) -> Block:
        values = np.full((rows.stop - rows.start, columns.stop - columns.start), np.nan, "float32")
        for one, (top, left) in zip(tiles, corners, strict=True):
            here_rows, there_rows = _overlap(rows, top, one.grid.shape[0])
            here_columns, there_columns = _overlap(columns, left, one.grid.shape[1])
            if here_rows.start < here_rows.stop and here_columns.start < here_columns.stop:
                part = values[here_rows, here_columns]
                read = cells(one, band, there_rows, there_columns, whole=whole)
                np.copyto(part, read, where=np.isnan(part))
        return values

    return lazy.from_windows(mosaic, grid.shape)


def _overlap(wanted: slice, start: int, size: int) -> tuple[slice, slice]:
    """Where a tile that begins at *start* meets *wanted*: in the window, and in the tile."""
    low, high = max(wanted.start, start), min(wanted.stop, start + size)
    high = max(low, high)
    return slice(low - wanted.start, high - wanted.start), slice(low - start, high - start)


def _mosaic_grid(tiles: Sequence[Tile]) -> GeoBox:
    """The grid that all tiles lie on."""
    first = tiles[0].grid
    if len(tiles) == 1:
        return first
    for other in tiles[1:]:
        _check_lattice(tiles[0], other)
    corners = [(*_corner(one.grid, first), *one.grid.shape) for one in tiles]
    top, left = min(c[0] for c in corners), min(c[1] for c in corners)
    bottom, right = max(c[0] + c[2] for c in corners), max(c[1] + c[3] for c in corners)
    affine = first.affine @ Affine.translation(left, top)
    return GeoBox((bottom - top, right - left), affine, first.crs)


def _check_lattice(first: Tile, other: Tile) -> None:
    remedy = "a mosaic needs one CRS and one lattice of cells; warp the tiles first, or name them "
    remedy += "as inputs of their own"
    if first.grid.crs != other.grid.crs:
        raise DataError(
            f"{other.path} is in {contract.crs_name(other.grid.crs)} and {first.path} in "
            f"{contract.crs_name(first.grid.crs)}; {remedy}"
        )
    here, there = contract.cell_size(first.grid), contract.cell_size(other.grid)
    if not np.allclose(here, there, rtol=1e-6, atol=0):
        raise DataError(
            f"{other.path} has cells of {there[1]:g} x {there[0]:g} and {first.path} of "
            f"{here[1]:g} x {here[0]:g}; {remedy}"
        )
    column, row = ~first.grid.affine @ (other.grid.affine.c, other.grid.affine.f)
    if max(abs(column - round(column)), abs(row - round(row))) > 0.01:
        raise DataError(
            f"{other.path} is {column - round(column):.2f} cells east and "
            f"{row - round(row):.2f} cells south of the lattice of {first.path}; {remedy}"
        )


def _corner(grid: GeoBox, of: GeoBox) -> tuple[int, int]:
    """Row and column of a grid's north-west cell within another."""
    column, row = ~of.affine @ (grid.affine.c, grid.affine.f)
    return round(row), round(column)


def _say_unbelieved(tile: Tile) -> None:
    """Warn where a tag that might stand for real unknown cells is not believed."""
    if tile.tagged:
        return
    for tag in sorted({tag for tags in tile.header.tags.values() for tag in tags}):
        if np.isfinite(tag) and abs(tag) < BEYOND_NATURE and tag not in tile.codes:
            log.warning(
                "%s tags %g as nodata; the pipeline says not to believe it, so that %g is read "
                "as a value.",
                tile.path,
                tag,
                tag,
            )


def _class_names(tiles: Sequence[Tile], band: int, stated: dict[int, str] | None) -> dict[int, str]:
    """Names of classes: stated, from the attribute tables, or else the codes that occur."""
    if stated is not None:
        return stated
    found: dict[int, str] = {}
    for one in reversed(tiles):
        found |= one.header.names(band)
    return found or classes.codes_in(_blocks(tiles, band), str(tiles[0].path))


def _blocks(tiles: Sequence[Tile], band: int) -> Iterator[Block]:
    """All blocks of a band, one after the other."""
    for one in tiles:
        rows, columns = (
            [slice(end - size, end) for size, end in zip(sizes, np.cumsum(sizes), strict=True)]
            for sizes in lazy.chunks(one.grid.shape, one.header.block)
        )
        for part in product(rows, columns):
            yield cells(one, band, *part, whole=True)
