"""Maps from samples taken here and there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import scattered, sources
from geoprospect.kernels import interpolation, natural_neighbours, splines
from geoprospect.kernels.interpolation import Places, Values
from geoprospect.registry import FEATURES

Surface: TypeAlias = Callable[[Places], Values]
Columns: TypeAlias = npt.NDArray[np.intp]

FLAT = 1e-6
"""Width of the samples' area, as a share of its length, below which it is a line [1]."""


@FEATURES.register
def interpolated(
    source: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    columns: list[str],
    method: Literal["inverse_distance", "nearest", "natural_neighbour", "thin_plate"],
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
    method : {"inverse_distance", "nearest", "natural_neighbour", "thin_plate"}
        Mean of the nearest samples weighted by distance to the minus *power*; the
        value of the nearest one; the mean of the samples all around, each by the share
        of the cell's ground that would be its own [2]_; or the surface of minimum
        curvature through the nearest ones [3]_. Natural neighbours need no settings and
        suit uneven sampling, for a cluster counts by its ground and not by its number;
        they meet every sample, never go beyond the highest and the lowest, and know
        nothing outside the samples' convex hull. Minimum curvature suits smooth fields such
        as gravity or residual magnetics: it meets every sample, may go beyond the
        highest and the lowest, and wants 30 neighbours or more, for else seams show
        where they change.
    radius : float
        Cells with no sample nearer than this are unknown [m].
    neighbours : int
        Samples, at most, that a cell's value is made of (inverse distance and minimum
        curvature only).
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
        If there is no such column, it holds text or no value at all, features are no
        points, or all samples lie on one line (natural neighbours only).
    ValueError
        If *radius*, *neighbours* or *power* is not positive, or *columns*
        names none.

    References
    ----------
    .. [1] Shepard, D. (1968). A two-dimensional interpolation function for
       irregularly-spaced data. Proceedings of the 23rd ACM National
       Conference, 517-524.
    .. [2] Sibson, R. (1981). A brief description of natural neighbour interpolation.
       In: Barnett, V. (ed.), Interpreting Multivariate Data. Wiley, 21-36.
    .. [3] Briggs, I.C. (1974). Machine contouring using minimum curvature.
       Geophysics 39, 39-48.
    """
    scattered.check_settings(columns, radius, neighbours)
    sources.positive("power", power, "[1]")
    features = sources.located(source, grid)
    names = scattered.layer_ids(columns)
    places, values = scattered.samples(features, grid, columns, "interpolated")
    if transform == "log10":
        values = scattered.logarithms(values, columns)
    if method == "natural_neighbour":
        _check_area(places, values, columns)
    back = _antilogarithm if transform == "log10" else _as_it_is
    surfaces = [
        (
            _surface(
                places[known], values[np.ix_(known, which)], method, radius, neighbours, power
            ),
            which,
        )
        for known, which in _same_samples(values)
    ]
    maps = _maps(places, surfaces, grid, back)
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
    places: Places, values: Values, method: str, radius: float, neighbours: int, power: float
) -> Surface:
    """From samples known in all their columns to what gives the columns' values at cells."""
    if method == "natural_neighbour":
        return functools.partial(
            natural_neighbours.natural_neighbour,
            natural_neighbours.mesh(places),
            values,
            radius=radius,
        )
    tree = cKDTree(places)
    if method == "thin_plate":
        return functools.partial(
            splines.thin_plate, tree, values, neighbours=neighbours, radius=radius
        )
    count = 1 if method == "nearest" else neighbours
    return functools.partial(
        interpolation.inverse_distance, tree, values, neighbours=count, radius=radius, power=power
    )


def _check_area(places: Places, values: Values, columns: list[str]) -> None:
    """Raise a DataError for a column whose samples lie on one line, and have no hull."""
    for column, found in zip(columns, values.T, strict=True):
        there = places[~np.isnan(found)]
        if len(there) < 3 or np.linalg.matrix_rank(there - there.mean(axis=0), rtol=FLAT) < 2:
            raise DataError(
                f"all samples of column {column!r} lie on one line, and natural neighbours lie "
                "around a cell; take the method inverse_distance or nearest"
            )


def _antilogarithm(values: Values) -> Values:
    return np.power(10.0, values)


def _as_it_is(values: Values) -> Values:
    return values


def _maps(
    places: Places,
    surfaces: Sequence[tuple[Surface, Columns]],
    grid: GeoBox,
    back: Callable[[Values], Values],
) -> Callable[[GeoBox], lazy.Block]:
    """For a window, all columns' maps and the distance to the nearest sample."""
    everywhere = cKDTree(places)
    layers = sum(len(which) for _, which in surfaces) + 1

    def strip(centres: Places) -> Values:
        found = np.empty((len(centres), layers), "float32")
        for surface, which in surfaces:
            found[:, which] = back(surface(centres))
        found[:, -1] = everywhere.query(centres)[0]
        return found

    return scattered.by_strips(strip, grid)


def _same_samples(values: Values) -> Iterator[tuple[npt.NDArray[np.bool_], Columns]]:
    """Columns known at the same places share what finds them: (which places, which columns)."""
    patterns, group = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        yield pattern, np.flatnonzero(group.reshape(-1) == k)
