"""What the geological map says about each cell."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import edges, sources
from geoprospect.kernels import distance
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

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
    layer = sources.one_layer(source, "category")
    if not contract.is_categorical(layer):
        raise ContractError(
            f"category needs classes, and {layer.attrs['long_name']!r} holds measured values; "
            "state kind: categorical where it is read"
        )
    return sources.signed(layer, layer)


def _painted(source: gpd.GeoDataFrame, grid: GeoBox, column: str | None) -> xr.DataArray:
    """Polygons drawn one over another, each in the code of its class."""
    features = sources.located(source, grid)
    names = sources.class_names(sources.column(features, column, "category"))
    known = _known(names, str(column))
    codes = np.asarray(names.map({name: code for code, name in known.items()}), "float32")
    sources.only(features, sources.POLYGONS, "category", "polygons")
    shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    return contract.describe(
        lazy.from_grid(_painter(shapes, codes[owner], grid), grid),
        long_name=str(column),
        units="1",
        meanings=known,
    )


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


def _painter(
    shapes: sources.Shapes, codes: npt.NDArray[np.float32], grid: GeoBox
) -> Callable[[GeoBox], lazy.Block]:
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
