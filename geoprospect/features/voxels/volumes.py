"""Properties known in space or at the surface, brought to the blocks under ground."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError
from geoprospect.features import sources
from geoprospect.features.voxels.layers import (
    Values,
    check_crs,
    known_places,
    places_of,
    with_distance,
)
from geoprospect.kernels.others import inverse_distance_of_others
from geoprospect.registry import VOXELS

log = logging.getLogger("geoprospect.features")


@VOXELS.register
def property_volume(
    volume: gpd.GeoDataFrame | pd.DataFrame,
    *,
    blocks: BlockGrid,
    column: str,
    units: str,
    radius: float,
    neighbours: int = 8,
    power: float = 2.0,
) -> xr.Dataset:
    """
    A property known at points in space, such as inverted density [units of the property].

    Inversions of gravity and magnetics show dense and magnetic bodies at depth: sulphides,
    intrusions, alteration [1]_. They are smooth, and the less sure the deeper.

    Parameters
    ----------
    volume : DataFrame or GeoDataFrame
        ``x``, ``y``, ``z`` [m] of the middles of the inversion's cells, or points, and the
        column; NaN is left out.
    blocks : BlockGrid
        Where it is wanted.
    column : str
        Of the property.
    units : str
        Of the property.
    radius : float
        Points farther than this do not count: about the widest cell of the inversion [m].
    neighbours : int
        How many of the nearest are averaged, weighted by inverse distance.
    power : float
        Weights fall with distance to the minus this [1].

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        NaN where no point is within *radius*; the distance to the nearest one [m].

    Raises
    ------
    DataError
        If a column is missing or holds no value.
    ValueError
        If *radius*, *neighbours* or *power* is not positive.

    References
    ----------
    .. [1] Li, Y., Oldenburg, D.W. (1998). 3-D inversion of gravity data. Geophysics 63,
       109-119.
    """
    sources.positive("radius", radius, "m")
    sources.positive("neighbours", neighbours, "points")
    sources.positive("power", power, "")
    there = known_places(volume, (column,), "points of the volume")
    points = places_of(there, blocks, "points of the volume")
    places = blocks.centres()
    nobody = np.zeros(len(there), np.int64), np.full(len(places), -1, np.int64)
    value, away = inverse_distance_of_others(
        points, nobody[0], there[column].to_numpy(float), places, nobody[1],
        neighbours=neighbours, radius=radius, power=power,
    )  # fmt: skip
    return with_distance(
        blocks, value, away, long_name=column, units=units, data=f"point with {column}"
    )


@VOXELS.register
def draped(layer: xr.DataArray, elevation: xr.DataArray, *, blocks: BlockGrid) -> xr.Dataset:
    """
    A map's value at the surface above each block [units of the layer].

    What was mapped or measured at the surface bears on the ground below, and the less the
    deeper; so the distance to data is the depth [1]_.

    Parameters
    ----------
    layer : DataArray (y, x)
        On a grid in the CRS of the blocks. Computed on purpose.
    elevation : DataArray (y, x)
        Of the ground, on any grid in that CRS [m].
    blocks : BlockGrid
        Where it is wanted.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        Values of the cell above the middle of each block, with the layer's classes; NaN
        beyond the map, where the map is, and in the air.

    Raises
    ------
    ContractError
        If a grid is not in the CRS of the blocks, or the layer has no units or name.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    one = sources.one_layer(layer, "draped")
    below = _depth(elevation, blocks)
    value = np.broadcast_to(_above(one, blocks, "the layer"), blocks.shape)
    return with_distance(
        blocks, np.where(np.isnan(below), np.nan, value), below,
        long_name=f"{one.attrs['long_name']}, at the surface", units=one.attrs["units"],
        data="ground that was mapped",
        meanings=contract.meanings(one) if contract.is_categorical(one) else None,
    )  # fmt: skip


@VOXELS.register
def depth(elevation: xr.DataArray, *, blocks: BlockGrid) -> xr.Dataset:
    """
    Depth of each block below the ground [m].

    Weathering, supergene blankets and the levels at which fluids boil lie at depths of their
    own [1]_. Where holes end, it also tells where people looked: mind what a model makes of it.

    Parameters
    ----------
    elevation : DataArray (y, x)
        Of the ground, on a grid in the CRS of the blocks [m]. Computed on purpose.
    blocks : BlockGrid
        Where it is wanted.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        NaN in the air, and where the elevation is not known.

    Raises
    ------
    ContractError
        If the grid is not in the CRS of the blocks.

    References
    ----------
    .. [1] Robb, L. (2005). Introduction to Ore-Forming Processes. Blackwell.
    """
    below = _depth(elevation, blocks)
    return with_distance(
        blocks, below, below, long_name="depth below the ground", units="m",
        data="ground of known elevation",
    )  # fmt: skip


def _depth(elevation: xr.DataArray, blocks: BlockGrid) -> Values:
    """Depths of the middles of blocks [m], (z, y, x); NaN in the air."""
    middles = blocks.origin[2] + blocks.along(2)
    below = _above(elevation, blocks, "the elevation") - middles[:, None, None]
    air = below < 0
    if air.any():
        log.info("%d of %d blocks lie in the air.", air.sum(), air.size)
    return np.where(air, np.nan, below)


def _above(layer: xr.DataArray, blocks: BlockGrid, what: str) -> Values:
    """Value of the cell over each column of blocks, (y, x); NaN beyond the grid."""
    if layer.dims != ("y", "x"):
        raise ContractError(f"{what} has dims {layer.dims}, not ('y', 'x')")
    grid = contract.grid_of(layer)
    check_crs(None if grid.crs is None else grid.crs.proj, blocks, f"{what}'s cells")
    x, y = blocks.centres()[: blocks.counts[0] * blocks.counts[1], :2].T
    rows, columns, inside = contract.cells_at(x, y, grid)
    found: npt.NDArray[np.float64] = np.full(len(x), np.nan)
    found[inside] = layer.to_numpy()[rows[inside], columns[inside]]
    if not inside.all():
        log.info("%d of %d columns of blocks lie beyond %s.", (~inside).sum(), len(x), what)
    return found.reshape(blocks.shape[1:])
