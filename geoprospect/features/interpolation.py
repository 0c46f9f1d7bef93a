"""Maps from samples taken here and there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.features import scattered, sources
from geoprospect.kernels import interpolation, splines
from geoprospect.kernels.interpolation import Places, Values
from geoprospect.registry import FEATURES


@FEATURES.register
def interpolated(
    source: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    columns: list[str],
    method: Literal["inverse_distance", "nearest", "thin_plate"],
    radius: float,
    neighbours: int = 12,
    power: float = 2.0,
    transform: Literal["none", "log10"] = "none",
) -> xr.Dataset:
    """
    Values at each cell from the samples about it [units of each column].

    Stream sediments, soils and rock chips carry the metals of what lies
    upstream or beneath; interpolation makes of them a surface that can be set
    beside other maps [1]_. Beyond the search radius nothing is known, and
    nothing is made up.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS, with units in ``attrs["units"]`` (column to
        unit). Samples beyond the edge of the grid still count. Samples at one
        place are averaged, which is said.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    columns : list of str
        Columns to interpolate, each from the samples that have a value in it.
    method : {"inverse_distance", "nearest", "thin_plate"}
        Mean of the nearest samples weighted by distance to the minus *power*; the
        value of the nearest one; or the surface of minimum curvature through the
        nearest ones [2]_. The last suits smooth fields such as gravity or residual
        magnetics: it meets every sample, may go beyond the highest and the lowest, and
        wants 30 neighbours or more, for else seams show where they change.
    radius : float
        Cells with no sample nearer than this are unknown [m].
    neighbours : int
        Samples, at most, that a cell's value is made of (not for the nearest).
    power : float
        How fast a sample's weight fades (inverse distance only) [1].
    transform : {"none", "log10"}
        Scale on which means are taken. On the logarithmic one a single rich
        sample does not flood its surroundings; the layer is turned back into
        its own units.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One layer for each column, named in ASCII (``Cu`` becomes ``cu``, a
        name without Latin letters ``column_1``) with the column's own name as
        ``long_name``; and ``sample_distance``, how far the nearest sample with
        any value is [m], which tells of the data and is no evidence.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If there is no such column, it holds text or no value at all, or
        features are no points.
    ValueError
        If *radius*, *neighbours* or *power* is not positive, or *columns*
        names none.

    References
    ----------
    .. [1] Shepard, D. (1968). A two-dimensional interpolation function for
       irregularly-spaced data. Proceedings of the 23rd ACM National
       Conference, 517-524.
    .. [2] Briggs, I.C. (1974). Machine contouring using minimum curvature.
       Geophysics 39, 39-48.
    """
    scattered.check_settings(columns, radius, neighbours)
    sources.positive("power", power, "[1]")
    features = sources.located(source, grid)
    names = scattered.layer_ids(columns)
    places, values = scattered.samples(features, grid, columns, "interpolated")
    if transform == "log10":
        values = scattered.logarithms(values, columns)
    surface = _surface(method, radius, neighbours, power)
    back = _antilogarithm if transform == "log10" else _as_it_is
    maps = _maps(places, values, grid, back, surface)
    layers = lazy.layers_from_grid(maps, grid, [*names, scattered.SAMPLE_DISTANCE])
    units = source.attrs.get("units", {})
    made = {
        name: contract.describe(layers[name], long_name=column, units=str(units.get(column, "1")))
        for name, column in zip(names, columns, strict=True)
    }
    made[scattered.SAMPLE_DISTANCE] = contract.describe(
        layers[scattered.SAMPLE_DISTANCE],
        long_name="distance to nearest sample",
        units="m",
        quality=True,
    )
    return xr.Dataset(made)


def _surface(
    method: str, radius: float, neighbours: int, power: float
) -> Callable[[Any, Values, Places], Values]:
    """From a search tree, its samples' values and cells to the cells' values."""
    if method == "thin_plate":
        return functools.partial(splines.thin_plate, neighbours=neighbours, radius=radius)
    count = 1 if method == "nearest" else neighbours
    return functools.partial(
        interpolation.inverse_distance, neighbours=count, radius=radius, power=power
    )


def _antilogarithm(values: Values) -> Values:
    return np.power(10.0, values)


def _as_it_is(values: Values) -> Values:
    return values


def _maps(
    places: Places,
    values: Values,
    grid: GeoBox,
    back: Callable[[Values], Values],
    surface: Callable[[Any, Values, Places], Values],
) -> Callable[[GeoBox], lazy.Block]:
    """For a window, all columns' maps and the distance to the nearest sample."""
    groups = list(_same_samples(places, values))
    everywhere = cKDTree(places)

    def strip(centres: Places) -> Values:
        found = np.empty((len(centres), values.shape[1] + 1), "float32")
        for tree, which, known in groups:
            found[:, which] = back(surface(tree, known, centres))
        found[:, -1] = everywhere.query(centres)[0]
        return found

    return scattered.by_strips(strip, grid)


def _same_samples(places: Places, values: Values) -> Any:
    """Columns known at the same places share one search tree: (tree, which columns, values)."""
    known = ~np.isnan(values)
    patterns, group = np.unique(known, axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        which = np.flatnonzero(group.reshape(-1) == k)
        yield cKDTree(places[pattern]), which, values[np.ix_(pattern, which)]
