"""The target grid, the study area on it, and what is excluded from it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pyproj
import shapely
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj.exceptions import CRSError

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.grid.align import align, project
from geoprospect.grid.datum import moved
from geoprospect.grid.lattice import Lattice

log = logging.getLogger("geoprospect.grid")

MOST_CELLS = 4e9
FEWEST_CELLS = 4
Source: TypeAlias = gpd.GeoDataFrame | xr.DataArray


def target_grid(
    like: xr.DataArray | xr.Dataset | None = None,
    area: Source | None = None,
    *,
    bbox: list[float] | None = None,
    crs: str | None = None,
    resolution: float | None = None,
) -> GeoBox:
    """
    The grid that every layer is brought onto, from bounds, a raster or a study area.

    Parameters
    ----------
    like : DataArray, optional
        Take the grid of this raster as it is: CRS, cells and extent.
    area : GeoDataFrame or DataArray, optional
        Cover this study area (in any CRS). Beside *bbox* or *like* it is only a mask.
    bbox : list, optional
        West, south, east, north, in the units of *crs*.
    crs : str, optional
        Projected CRS in metres: 'EPSG:4545'. Needed unless *like* is given.
    resolution : float, optional
        Side of a cell [m]; the grid's edges are multiples of it. Needed unless
        *like* is given.

    Raises
    ------
    ContractError
        If the CRS is geographic or not in metres.
    ValueError
        If the extent is not stated exactly once, or makes no sensible grid.
    """
    if like is not None and bbox is not None:
        raise ValueError("grid: state either like or bbox as its extent, not both")
    if like is not None:
        if crs is not None or resolution is not None:
            raise ValueError("grid: like brings its own crs and resolution; leave those out")
        return _checked(_upright(contract.grid_of(like)))
    if crs is None or resolution is None:
        lacking = " and ".join(
            k for k, v in (("crs", crs), ("resolution", resolution)) if v is None
        )
        raise ValueError(
            f"grid: {lacking} missing; state for example crs: 'EPSG:4545' and resolution: 100 (m), "
            "or like: with the name of a raster"
        )
    if not resolution > 0:
        raise ValueError(f"grid: resolution must be positive, got {resolution} m")
    target = _projected(crs)
    if bbox is not None:
        bounds = _bounds(bbox)
    elif area is not None:
        bounds = _extent(area, target)
    else:
        raise ValueError("grid: its extent is missing; state bbox, area or like")
    return _checked(_snapped(bounds, resolution, target))


def study_area(area: Source | None, *, grid: GeoBox) -> xr.DataArray:
    """
    1 inside the study area, NaN outside [1].

    Parameters
    ----------
    area : GeoDataFrame, DataArray or None
        Polygons (a cell is inside if its centre is), a raster (inside where it
        is known and not zero), or None for the whole grid.

    Returns
    -------
    DataArray (y, x) float32, lazy

    Raises
    ------
    DataError
        If the area misses the grid, or consists of points or lines.
    """
    if area is None:
        inside = lazy.from_grid(lambda window: np.ones(window.shape, "float32"), grid)
    elif isinstance(area, xr.DataArray):
        inside = _mask(area, grid)
    else:
        inside = lazy.from_grid(_burner(_polygons(area, grid)), grid)
    return contract.describe(inside.where(inside > 0), long_name="study area", units="1")


def burned(features: Sequence[Source], *, grid: GeoBox) -> xr.DataArray:
    """
    1 where any of *features* covers a cell's centre, else 0 [1].

    What must not be explored (protected land, water, towns) is taken out of
    background and targets. Rasters count where they are known and not zero.

    Returns
    -------
    DataArray (y, x) float32, lazy

    Raises
    ------
    ContractError
        If a vector layer has no CRS.
    """
    shapes = [
        shape
        for one in features
        if isinstance(one, gpd.GeoDataFrame)
        for shape in project(one, grid=grid).geometry
    ]
    covered = lazy.from_grid(_burner(shapes), grid)
    for one in features:
        if isinstance(one, gpd.GeoDataFrame):
            continue
        if Lattice(contract.grid_of(one), grid).overlaps():
            covered = covered.where(_mask(one, grid) == 0, 1.0)
        else:
            log.warning("The exclusion %r lies beyond the grid.", one.attrs.get("long_name"))
    return contract.describe(covered, long_name="excluded", units="1")


def _burner(shapes: Sequence[shapely.Geometry]) -> Callable[[GeoBox], lazy.Block]:
    """A function that burns into a window the shapes that reach it."""
    tree = shapely.STRtree(list(shapes))

    def window_burn(window: GeoBox) -> lazy.Block:
        from rasterio.features import rasterize

        box = window.extent.boundingbox
        near = tree.query(shapely.box(box.left, box.bottom, box.right, box.top))
        if near.size == 0:
            return np.zeros(window.shape, "float32")
        burn = [(tree.geometries[i], 1) for i in np.sort(near)]
        made: lazy.Block = rasterize(
            burn, out_shape=window.shape, transform=window.affine, dtype="float32"
        )
        return made

    return window_burn


def _mask(source: xr.DataArray, grid: GeoBox) -> xr.DataArray:
    """1 where a source raster is known and not zero, 0 elsewhere, on the grid."""
    own = contract.grid_of(source)
    marked = contract.on_grid((source.notnull() & (source != 0)).astype("float32").data, own)
    marked = marked.assign_attrs(source.attrs, kind="categorical")
    marked.attrs.pop("flag_values", None)
    return align(marked, grid=grid).fillna(0.0).drop_attrs(deep=False)


def _polygons(area: gpd.GeoDataFrame, grid: GeoBox) -> list[shapely.Geometry]:
    """The polygons of a study area in the grid's CRS, refused unless they meet the grid."""
    kinds = sorted(set(area.geom_type) - {"Polygon", "MultiPolygon"})
    if kinds or area.empty:
        raise DataError(
            f"a study area consists of polygons; this one has {', '.join(kinds) or 'none'}"
        )
    shapes = list(project(area, grid=grid).geometry)
    box = grid.extent.boundingbox
    if not shapely.intersects(shapes, shapely.box(*_sides(box))).any():
        west, south, east, north = shapely.total_bounds(shapes)
        raise DataError(
            f"the study area misses the grid: in {contract.crs_name(grid.crs)} it lies at "
            f"{west:.0f} to {east:.0f} "
            f"east and {south:.0f} to {north:.0f} north, the grid at {box.left:.0f} to "
            f"{box.right:.0f} east and {box.bottom:.0f} to {box.top:.0f} north; check its CRS"
        )
    return shapes


def _sides(box: Any) -> tuple[float, float, float, float]:
    return box.left, box.bottom, box.right, box.top


def _projected(crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise ValueError(
            f"grid: crs {crs!r} is not a known CRS ({error}); write it like 'EPSG:4545'"
        ) from None


def _bounds(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    if len(bbox) != 4:
        raise ValueError(f"grid: bbox is [west, south, east, north], got {len(bbox)} numbers")
    west, south, east, north = bbox
    if not (west < east and south < north):
        raise ValueError(
            "grid: bbox is [west, south, east, north] with west below east and south below north, "
            f"got {list(bbox)}"
        )
    return west, south, east, north


def _extent(area: Source, target: pyproj.CRS) -> tuple[float, float, float, float]:
    """Bounds of a study area in the target CRS."""
    if isinstance(area, xr.DataArray):
        own = contract.grid_of(area)
        outline = own.extent.geom
        source = own.crs.proj
        shapes = np.array([shapely.segmentize(outline, outline.length / 200)])
    else:
        if area.crs is None:
            raise DataError("the study area has no CRS; state it where it is read, crs: 'EPSG:...'")
        source, shapes = area.crs, area.geometry.to_numpy()
    if source != target:
        shapes = moved(shapes, source, target)
    west, south, east, north = shapely.total_bounds(shapes)
    if not np.isfinite([west, south, east, north]).all():
        raise DataError(f"the study area has no place in {target.name}; check both CRSs")
    return float(west), float(south), float(east), float(north)


def _snapped(
    bounds: tuple[float, float, float, float], resolution: float, crs: pyproj.CRS
) -> GeoBox:
    """The smallest grid around *bounds* whose edges are multiples of the resolution."""
    west, south = (math.floor(side / resolution + 1e-6) for side in bounds[:2])
    east, north = (math.ceil(side / resolution - 1e-6) for side in bounds[2:])
    corner = Affine(resolution, 0, west * resolution, 0, -resolution, north * resolution)
    return GeoBox((max(north - south, 1), max(east - west, 1)), corner, crs)


def _upright(grid: GeoBox) -> GeoBox:
    return grid.flipy() if grid.affine.e > 0 else grid


def _checked(grid: GeoBox) -> GeoBox:
    contract.check_grid(grid)
    rows, columns = grid.shape
    height, width = contract.cell_size(grid)
    told = f"grid: {rows} x {columns} cells of {width:g} x {height:g} m"
    if rows * columns > MOST_CELLS:
        raise ValueError(f"{told} are more than {MOST_CELLS:.0e}; choose a coarser resolution")
    if rows * columns < FEWEST_CELLS:
        raise ValueError(
            f"{told} are too few for a map; choose a finer resolution, and give bbox in the units "
            "of crs (metres)"
        )
    return grid
