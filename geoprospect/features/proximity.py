"""How far each cell is from features and from classes of rock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, did_you_mean
from geoprospect.features import edges, sources
from geoprospect.kernels import distance
from geoprospect.kernels.distance import Mask, Window
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def distance_to(source: gpd.GeoDataFrame, *, grid: GeoBox, max_distance: float) -> xr.DataArray:
    """
    Straight-line distance from each cell to the nearest feature [m].

    Many deposits sit near the structures that fed them, and the pull fades
    within a few kilometres [1]_; the cap says where it ends and keeps the work
    of each block local.

    Parameters
    ----------
    source : GeoDataFrame
        Points, lines or polygons in the grid's CRS. Features beyond the edge
        of the grid still count. Inside a polygon the distance is 0.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    max_distance : float
        Cells farther than this get this value [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        True to half the diagonal of a cell: measured between centres of cells,
        from those that a feature touches.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features.
    ValueError
        If *max_distance* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("max_distance", max_distance, "m")
    shapes = sources.parts(sources.located(source, grid).geometry.to_numpy())
    name = f"distance to {sources.called(source, 'nearest feature')}"
    return contract.describe(to_shapes(shapes, grid, max_distance), long_name=name, units="m")


@FEATURES.register
def class_distance(
    source: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    classes: list[str | int],
    max_distance: float,
    column: str | None = None,
    to: Literal["area", "boundary"] = "area",
) -> xr.DataArray:
    """
    Straight-line distance from each cell to some classes of rock [m].

    Reactive or fertile units act at a distance, and contacts between units of
    unlike strength or chemistry are traps: ore gathers along them on either
    side [1]_.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS, or a layer of classes on the grid.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    classes : list of str or int
        The classes to measure from, together: names in *column*; for a layer,
        its classes' meanings or codes.
    max_distance : float
        Cells farther than this get this value [m].
    column : str, optional
        Column with the classes' names; polygons need it, a layer has none.
    to : {"area", "boundary"}
        From the area itself, 0 inside; or from its edge, seen from both sides.
        Contacts between two of *classes* are no edge. The outer edge of mapped
        polygons is one; the border of a layer against unknown cells is not.

    Returns
    -------
    DataArray (y, x) float32, lazy
        True to half the diagonal of a cell. From a layer of classes: measured
        from cells of the class, and NaN where the class is unknown.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column, no such class, or no polygon of it.
    ValueError
        If *max_distance* is not positive, or *classes* names none.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("max_distance", max_distance, "m")
    if not classes:
        raise ValueError("classes names none; state at least one")
    if isinstance(source, gpd.GeoDataFrame):
        shapes = _shapes_of(source, grid, classes, column)
        if to == "boundary":
            shapes = sources.parts(np.array([shapely.union_all(shapes).boundary]))
        layer = to_shapes(shapes, grid, max_distance)
    else:
        layer = _distance_in_layer(source, classes, to, max_distance)
    place = "" if to == "area" else "the edge of "
    names = ", ".join(str(name) for name in classes)
    return contract.describe(layer, long_name=f"distance to {place}{names}", units="m")


def to_shapes(shapes: sources.Shapes, grid: GeoBox, cap: float) -> xr.DataArray:
    """Capped distance to the nearest of *shapes*, window by window with a margin."""
    _say_if_out_of_reach(shapes, grid, cap)
    covered, rim = edges.coverage(shapes, grid), edges.margin(cap, grid)
    return lazy.from_grid(_capped(covered, rim, grid, cap), grid)


def _capped(
    covered: Callable[[Window], Mask], rim: tuple[int, int], grid: GeoBox, cap: float
) -> Callable[[GeoBox], lazy.Block]:
    """Distance within one window to the cells covered in it and in a margin about it."""
    rows, columns = rim

    def window_distance(window: GeoBox) -> lazy.Block:
        mask = covered(edges.widened(edges.place(window, grid), rows, columns))
        away = distance.capped_distance(mask, contract.cell_size(grid), cap)
        return away[rows:-rows, columns:-columns]

    return window_distance


def _say_if_out_of_reach(shapes: sources.Shapes, grid: GeoBox, cap: float) -> None:
    """Warn where no feature can bear on any cell."""
    bounds = grid.extent.boundingbox
    west, south, east, north = shapely.bounds(shapes).T
    near = (west <= bounds.right + cap) & (east >= bounds.left - cap)
    near &= (south <= bounds.top + cap) & (north >= bounds.bottom - cap)
    if not near.any():
        log.warning(
            "none of the %d features lies within %g m of the grid; every cell gets that distance",
            len(shapes),
            cap,
        )


def _shapes_of(
    source: gpd.GeoDataFrame, grid: GeoBox, classes: list[str | int], column: str | None
) -> sources.Shapes:
    """The polygons of some classes; an error for a class that is not there."""
    features = sources.located(source, grid)
    names = sources.class_names(sources.column(features, column, "class_distance"))
    known = sorted(set(names.dropna()))
    wanted = [str(name).strip() for name in classes]
    for name in wanted:
        if name not in known:
            raise DataError(f"column {column!r} has no class {name!r}{did_you_mean(name, known)}")
    chosen = features[names.isin(wanted).to_numpy()]
    shapes = sources.only(chosen, sources.POLYGONS, "class_distance", "polygons")
    return sources.valid(shapes)


def _distance_in_layer(
    source: xr.DataArray, classes: list[str | int], to: str, cap: float
) -> xr.DataArray:
    """Capped distance to some classes of a layer, block by block with a halo."""
    layer = sources.one_layer(source, "class_distance")
    codes = [code_of(layer, name, "class_distance") for name in classes]
    cell = contract.cell_size(contract.grid_of(layer))

    def block_distance(block: lazy.Block) -> lazy.Block:
        known, inside = ~np.isnan(block), np.isin(block, codes)
        mask = inside if to == "area" else distance.area_edge(inside, known)
        return np.where(known, distance.capped_distance(mask, cell, cap), np.float32(np.nan))

    return lazy.from_array(block_distance, layer, halo=int(np.ceil(cap / min(cell))) + 1)


def check_classes(layer: xr.DataArray, feature: str) -> None:
    """Raise a ContractError unless a layer holds classes."""
    if not contract.is_categorical(layer):
        raise ContractError(
            f"{feature} needs classes, and {layer.attrs['long_name']!r} holds measured "
            "values; state kind: categorical where it is read"
        )


def code_of(layer: xr.DataArray, name: str | int, feature: str) -> int:
    """The code of a class of a layer, by its meaning or as it is."""
    check_classes(layer, feature)
    by_text = {text: code for code, text in contract.meanings(layer).items()}
    if isinstance(name, int) and name in by_text.values():
        return name
    if str(name).strip() in by_text:
        return by_text[str(name).strip()]
    known = [f"{text}" for text in by_text]
    raise DataError(
        f"layer {layer.attrs['long_name']!r} has no class {name!r}{did_you_mean(str(name), known)}"
    )
