"""Everything onto the target grid: rasters resampled by their kind, vectors reprojected."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.grid import resample
from geoprospect.grid.datum import moved
from geoprospect.grid.lattice import Lattice
from geoprospect.language import marked

log = logging.getLogger("geoprospect.grid")

FINER = 1.5
"""A source with more of its cells than this across a target cell is averaged, not interpolated."""
ON_LATTICE = 0.01
"""How far a lattice may be off and still be the same [cell]."""

Kind = Literal["continuous", "categorical", "counts"]


def align(source: xr.DataArray, *, grid: GeoBox, chunk: int | None = None) -> xr.DataArray:
    """
    A source raster on the target grid, resampled by its kind [units of the source].

    On the same lattice of cells it is cut out unchanged. Otherwise continuous
    values are interpolated (bilinear), or averaged where the source is finer;
    codes of classes come from the nearest cell, or are the most frequent one;
    counts are shared out by area, so that their sum is kept. Each window of the
    grid is made from its own piece of the source, and chunks change no value.

    Parameters
    ----------
    source : DataArray (y, x)
        Raster on its own grid, in any CRS; attrs ``kind``, ``long_name``, ``units``.
    grid : GeoBox
        Target grid.
    chunk : int, optional
        Cells a side of a window.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN beyond the source, and where the source cell under a cell's centre
        is unknown (averages: where all are).

    Raises
    ------
    DataError
        If the source misses the grid, or the shift between datums is unknown.
    """
    source = _north_up(source)
    own = contract.grid_of(source)
    lattice = Lattice(own, grid)
    name = str(source.attrs.get("long_name", source.name or "this raster"))
    if not lattice.overlaps():
        raise DataError(_missed(name, lattice))
    corner = lattice.whole_cells(ON_LATTICE)
    if corner is not None:
        aligned = _cut_out(source, corner, grid, chunk)
    else:
        aligned = _resampled(source, lattice, grid, chunk, name)
    return contract.describe(
        aligned,
        long_name=name,
        units=str(source.attrs.get("units", "1")),
        meanings=contract.meanings(source) if contract.is_categorical(source) else None,
    )


def project(features: gpd.GeoDataFrame, *, grid: GeoBox) -> gpd.GeoDataFrame:
    """
    Vector features in the grid's CRS; nothing is dropped.

    Raises
    ------
    ContractError
        If they have no CRS.
    DataError
        If the shift between datums is unknown, or a feature has no place in
        the grid's CRS.
    """
    if features.crs is None:
        raise ContractError(
            "these features have no CRS; state it where they are read, crs: 'EPSG:...'"
        )
    target = grid.crs.proj
    if features.crs == target:
        placed = features.set_crs(target, allow_override=True)
    else:
        shapes = moved(features.geometry.to_numpy(), features.crs, target)
        lost = ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
        if lost.any():
            raise DataError(
                f"{int(lost.sum())} of {len(features)} features have no place in {target.name}, "
                f"the first in row {int(np.flatnonzero(lost)[0])}; check their CRS and coordinates"
            )
        placed = features.set_geometry(gpd.GeoSeries(shapes, index=features.index, crs=target))
        log.info(
            "%d features were reprojected from %s to %s.",
            len(features),
            contract.crs_name(features.crs),
            contract.crs_name(target),
        )
    _say_if_outside(placed, grid)
    return placed


def _north_up(source: xr.DataArray) -> xr.DataArray:
    """The source lazy, float32 and north up, whatever it was in memory."""
    if contract.grid_of(source).affine.e > 0:
        source = source.isel(y=slice(None, None, -1))
    source = source.astype("float32", copy=False)
    return source if lazy.is_lazy(source) else lazy.chunked(source)


def _cut_out(
    source: xr.DataArray, corner: tuple[int, int], grid: GeoBox, chunk: int | None
) -> xr.DataArray:
    """The grid's cells of a source on the same lattice, NaN beyond it."""
    kept, margins = {}, {}
    for axis, start, wanted, there in zip(
        ("y", "x"), corner, grid.shape, source.shape, strict=True
    ):
        low, high = max(start, 0), min(start + wanted, there)
        kept[axis] = slice(low, high)
        margins[axis] = (low - start, start + wanted - high)
    cells = source.isel(kept).pad(margins, constant_values=np.nan)
    return lazy.chunked(contract.on_grid(cells.data, grid), chunk)


def _resampled(
    source: xr.DataArray, lattice: Lattice, grid: GeoBox, chunk: int | None, name: str
) -> xr.DataArray:
    kind: Kind = source.attrs.get(
        "kind", "categorical" if contract.is_categorical(source) else "continuous"
    )
    finer = max(lattice.source_cells_across()) > FINER
    method = METHODS[kind, finer]
    own = contract.grid_of(source)
    log.info(
        "%r was brought from cells of %s to cells of %s by %s.",
        name,
        _cells_text(own),
        _cells_text(grid),
        method,
    )
    make = RESAMPLING[method]

    def piece(window: GeoBox) -> Any:
        there = lattice.piece(window)
        return None if there is None else source.data[there]

    def cells(window: GeoBox, values: lazy.Block) -> lazy.Block:
        return make(lattice, window, values)

    return lazy.tile(cells, grid, piece, chunk=chunk)


METHODS: dict[tuple[Kind, bool], str] = {
    ("continuous", False): marked("bilinear interpolation"),
    ("continuous", True): marked("averaging"),
    ("categorical", False): marked("nearest cell"),
    ("categorical", True): marked("majority"),
    ("counts", False): marked("sharing out by area"),
    ("counts", True): marked("sharing out by area"),
}
RESAMPLING: dict[str, Callable[[Lattice, GeoBox, lazy.Block], lazy.Block]] = {
    "bilinear interpolation": resample.bilinear,
    "averaging": resample.average,
    "nearest cell": resample.nearest,
    "majority": resample.majority,
    "sharing out by area": resample.total,
}


def _missed(name: str, lattice: Lattice) -> str:
    there = "at {:.0f} to {:.0f} east and {:.0f} to {:.0f} north"
    west, south, east, north = lattice.source_bounds()
    box = lattice.target.extent.boundingbox
    return (
        f"{name!r} misses the study area: in {contract.crs_name(lattice.target.crs.proj)} it lies "
        f"{there.format(west, east, south, north)}, the grid "
        f"{there.format(box.left, box.right, box.bottom, box.top)}; check its CRS and the grid"
    )


def _say_if_outside(features: gpd.GeoDataFrame, grid: GeoBox) -> None:
    box = grid.extent.boundingbox
    west, south, east, north = features.total_bounds
    if len(features) and (
        east < box.left or west > box.right or north < box.bottom or south > box.top
    ):
        log.warning("None of these %d features lies within the grid.", len(features))


def _cells_text(grid: GeoBox) -> str:
    height, width = contract.cell_size(grid)
    unit = "degree" if grid.crs.geographic else "m"
    size = f"{width:g}" if np.isclose(width, height, rtol=1e-6) else f"{width:g} x {height:g}"
    return f"{size} {unit} in {contract.crs_name(grid.crs.proj)}"
