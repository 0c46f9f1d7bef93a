"""What the geological map says about each cell."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import edges, focal, sources
from geoprospect.kernels import circles, distance
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Painter = Callable[[GeoBox], lazy.Block]

MANY = 200
"""More classes than this are rather names of places than kinds of rock."""


@FEATURES.register
def category(
    source: gpd.GeoDataFrame | xr.DataArray, *, grid: GeoBox, column: str | None = None
) -> xr.DataArray:
    """
    Class of the ground at the centre of each cell [1].

    Host rock decides whether a fluid drops its metal: most kinds of deposit
    are bound to a few units of the geological map [1]_. Classes stay classes,
    with no order among them.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS, or a layer of classes on the grid, which is
        taken as it is. Where polygons overlap, the one that comes later in the
        file lies on top.
    grid : GeoBox
        Target grid.
    column : str, optional
        Column with the classes' names, in any script; polygons need it, a
        layer has none.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 1 in the order of the sorted names, whether or not a class
        occurs on the grid; ``flag_values`` and ``flag_meanings`` say which is
        which. NaN in no polygon, and in a polygon without a name.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column, no name in it, or features are no polygons.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    if isinstance(source, gpd.GeoDataFrame):
        return _painted(source, grid, column)
    layer = _of_classes(source, "category")
    return sources.signed(layer, layer)


@FEATURES.register
def unit_diversity(
    source: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    radius: float,
    index: Literal["number", "shannon"],
    column: str | None = None,
) -> xr.DataArray:
    """
    How many kinds of rock there are within a circle about each cell [1, or nat].

    Where many units meet, rocks of unlike strength break and rocks of unlike
    chemistry react, and fluids find ways between: geological complexity goes
    with endowment in many provinces [1]_.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS, those beyond the edge of the grid included;
        or a layer of classes on the grid.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].
    index : {"number", "shannon"}
        The number of classes; or Shannon's index, which counts a class by the
        share of the circle it holds: 0 for a single class, the logarithm of
        their number for classes of equal shares [2]_.
    column : str, optional
        Column with the classes' names; polygons need it, a layer has none.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the classes at the cells' centres. NaN where the cell's own class is
        unknown; unknown ground in the circle is left out of the shares.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column, no name in it, or features are no polygons.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell.

    References
    ----------
    .. [1] Hodkiewicz, P.F., Weinberg, R.F., Gardoll, S.J., Groves, D.I. (2005).
       Complexity gradients in the Yilgarn Craton: fundamental controls on
       crustal-scale fluid flow and the formation of world-class orogenic-gold
       deposits. Australian Journal of Earth Sciences 52, 831-841.
    .. [2] Shannon, C.E. (1948). A mathematical theory of communication. Bell System
       Technical Journal 27, 379-423.
    """
    count = {"number": circles.number, "shannon": circles.shannon}[index]
    circle = focal.circle_of(radius, grid)
    if isinstance(source, gpd.GeoDataFrame):
        known, paint = _paint(source, grid, column, "unit_diversity")

        def window_diversity(window: GeoBox) -> lazy.Block:
            down, across = len(circle) - 1, circle[0]
            codes = paint(window.pad(across, down))
            own = codes[down : -down or None, across : -across or None]
            return np.where(np.isnan(own), np.nan, count(codes, list(known), circle))

        layer = lazy.from_grid(window_diversity, grid)
    else:
        classes = _of_classes(source, "unit_diversity")
        codes = list(contract.meanings(classes))
        layer = focal.about(lambda block, ring: count(block, codes, ring), classes, radius)
    told = {"number": "number of classes", "shannon": "Shannon index of classes"}[index]
    return contract.describe(layer, long_name=f"{told} within {radius:g} m", units="1")


def _of_classes(source: xr.DataArray, feature: str) -> xr.DataArray:
    """A layer of classes; an error for measured values."""
    layer = sources.one_layer(source, feature)
    if not contract.is_categorical(layer):
        raise ContractError(
            f"{feature} needs classes, and {layer.attrs['long_name']!r} holds measured values; "
            "state kind: categorical where it is read"
        )
    return layer


def _painted(source: gpd.GeoDataFrame, grid: GeoBox, column: str | None) -> xr.DataArray:
    """Polygons drawn one over another, each in the code of its class."""
    known, paint = _paint(source, grid, column, "category")
    return contract.describe(
        lazy.from_grid(paint, grid), long_name=str(column), units="1", meanings=known
    )


def _paint(
    source: gpd.GeoDataFrame, grid: GeoBox, column: str | None, feature: str
) -> tuple[dict[int, str], Painter]:
    """The classes by code, and what paints a window in them."""
    features = sources.located(source, grid)
    names = sources.class_names(sources.column(features, column, feature))
    known = _known(names, str(column))
    codes = np.asarray(names.map({name: code for code, name in known.items()}), "float32")
    sources.only(features, sources.POLYGONS, feature, "polygons")
    shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    return known, painter(shapes, codes[owner], grid)


def _known(names: Iterable[object], column: str) -> dict[int, str]:
    """Code to name, by sorted name."""
    found = sorted({name for name in names if isinstance(name, str)})
    if not found:
        raise DataError(f"column {column!r} names no class: all its values are empty")
    if len(found) > MANY:
        log.warning(
            "column %r has %d classes, more than a model can learn from a few deposits; "
            "a column of fewer, wider units would serve better",
            column,
            len(found),
        )
    return dict(enumerate(found, start=1))


def painter(shapes: sources.Shapes, codes: npt.NDArray[np.float32], grid: GeoBox) -> Painter:
    """For a window, the code of the topmost polygon at each cell centre."""
    rings, owner = edges.rings(shapes, grid)
    ends = np.searchsorted(owner, np.arange(len(shapes) + 1))
    west, south, east, north = shapely.bounds(shapes).T
    corners = edges.in_cells(np.stack([np.r_[west, east], np.r_[north, south]], axis=1), grid)
    low, high = np.floor(corners[: len(shapes)]), np.ceil(corners[len(shapes) :])
    tree = shapely.STRtree(shapely.box(low[:, 1], low[:, 0], high[:, 1], high[:, 0]))

    def window_codes(window: GeoBox) -> lazy.Block:
        top, left, height, width = edges.place(window, grid)
        block = np.full((height, width), np.nan, "float32")
        corner = np.array([top, left])
        for k in np.sort(tree.query(shapely.box(left, top, left + width, top + height))):
            start = np.maximum(low[k], corner).astype(int)
            stop = np.minimum(high[k], np.add(corner, (height, width))).astype(int)
            part = (*start, *np.maximum(stop - start, 0))
            inside = distance.filled(rings[ends[k] : ends[k + 1]], part)
            rows, columns = (
                slice(a, b) for a, b in zip(start - corner, stop - corner, strict=True)
            )
            block[rows, columns][inside] = codes[k]
        return block

    return window_codes
