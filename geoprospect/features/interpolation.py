"""Maps from samples taken here and there."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import edges, sources
from geoprospect.kernels import interpolation, natural, splines
from geoprospect.kernels.interpolation import Places, Values
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

STRIP = 32_768
"""Cells whose neighbours are held at one time."""

SAMPLE_DISTANCE = "sample_distance"


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
        value of the nearest one; the mean of the samples all about, each weighted by
        the ground it would lose to the cell [3]_, which minds neither how many they are
        nor that they come in lines, and ends at their outline; or the surface of minimum
        curvature through the nearest ones [2]_. The last suits smooth fields such as
        gravity or residual magnetics: it meets every sample, may go beyond the highest
        and the lowest, and wants 30 neighbours or more, for else seams show where they
        change.
    radius : float
        Cells with no sample nearer than this are unknown [m].
    neighbours : int
        Samples, at most, that a cell's value is made of (inverse distance and thin
        plate only).
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
        features are no points; if natural neighbours are asked of samples on one line.
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
    .. [3] Sibson, R. (1981). A brief description of natural neighbour interpolation.
       In: Interpreting Multivariate Data. Wiley, 21-36.
    """
    check_settings(columns, radius, neighbours)
    sources.positive("power", power, "[1]")
    features = sources.located(source, grid)
    names = layer_ids(columns)
    places, values = samples(features, grid, columns, "interpolated")
    if transform == "log10":
        values = logarithms(values, columns)
    surface = functools.partial(_surface, method, radius, neighbours, power)
    back = _antilogarithm if transform == "log10" else _as_it_is
    maps = _maps(places, values, grid, back, surface)
    layers = lazy.layers_from_grid(maps, grid, [*names, SAMPLE_DISTANCE])
    units = source.attrs.get("units", {})
    made = {
        name: contract.describe(layers[name], long_name=column, units=str(units.get(column, "1")))
        for name, column in zip(names, columns, strict=True)
    }
    made[SAMPLE_DISTANCE] = contract.describe(
        layers[SAMPLE_DISTANCE], long_name="distance to nearest sample", units="m", quality=True
    )
    return xr.Dataset(made)


def layer_ids(columns: Sequence[str]) -> list[str]:
    """An ASCII snake_case id for each column, no two the same."""
    names: list[str] = []
    for number, column in enumerate(columns, start=1):
        plain = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
        name = plain if re.match("[a-z]", plain) else f"column_{number}"
        while name in {*names, SAMPLE_DISTANCE}:
            name = f"{name}_{number}"
        names.append(name)
    return names


def check_settings(columns: list[str], radius: float, neighbours: int) -> None:
    """Raise a ValueError unless there are columns, each once, and a neighbourhood."""
    sources.positive("radius", radius, "m")
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    if not columns:
        raise ValueError("columns names none; state at least one")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"columns names {', '.join(twice)} more than once")


def samples(
    features: gpd.GeoDataFrame, grid: GeoBox, columns: list[str], feature: str
) -> tuple[Places, Values]:
    """Places [m, down and to the right of the grid's corner] and values, one sample a place."""
    shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    sources.only(features, sources.POINTS, feature, "points")
    values = np.stack([_numbers(features, column, feature) for column in columns], axis=1)[owner]
    cells = edges.in_cells(shapely.get_coordinates(shapes), grid)
    known = ~np.isnan(values).all(axis=1)
    places, means = interpolation.merged((cells * contract.cell_size(grid))[known], values[known])
    if len(places) < known.sum():
        log.warning(
            "%d samples at the place of another were averaged with it",
            int(known.sum()) - len(places),
        )
    return places, means


def _numbers(features: gpd.GeoDataFrame, column: str, feature: str) -> Values:
    """A column's values; an error unless they are numbers, and at least one is known."""
    values = sources.column(features, column, feature)
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"column {column!r} holds text, not numbers; see to its missing codes and "
            "below-limit marks where it is read"
        )
    numbers = values.to_numpy("float64", na_value=np.nan)
    finite = np.isfinite(numbers)
    if not finite.any():
        raise DataError(f"column {column!r} has no value at all")
    if not finite.all():
        log.info("column %r: %d samples without a value were left out", column, (~finite).sum())
    return np.where(finite, numbers, np.nan)


def logarithms(values: Values, columns: list[str]) -> Values:
    """Logarithms of the values; those at or below zero are left out, and said."""
    for column, found in zip(columns, values.T, strict=True):
        lost = int(np.count_nonzero(found <= 0))
        if lost == np.count_nonzero(~np.isnan(found)):
            raise DataError(f"column {column!r} has no value above zero to take a logarithm of")
        if lost:
            log.warning(
                "column %r: %d samples at or below zero have no logarithm and were left out",
                column,
                lost,
            )
    return np.log10(np.where(values > 0, values, np.nan))


def _surface(
    method: str, radius: float, neighbours: int, power: float, tree: Any
) -> Callable[[Any, Values, Places], Values]:
    """From a search tree, its samples' values and cells to the cells' values."""
    if method == "natural_neighbour":
        triangles = natural.net(np.asarray(tree.data))
        if triangles is None:
            raise DataError(
                f"natural_neighbour asks for samples that do not lie on one line, and the {tree.n} "
                "places with values do; choose method: nearest or inverse_distance"
            )
        return functools.partial(natural.natural_neighbour, triangles=triangles, radius=radius)
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
    surface: Callable[[Any], Callable[[Any, Values, Places], Values]],
) -> Callable[[GeoBox], lazy.Block]:
    """For a window, all columns' maps and the distance to the nearest sample."""
    groups = [(*group, surface(group[0])) for group in _same_samples(places, values)]
    everywhere = cKDTree(places)

    def strip(centres: Places) -> Values:
        found = np.empty((len(centres), values.shape[1] + 1), "float32")
        for tree, which, known, estimate in groups:
            found[:, which] = back(estimate(tree, known, centres))
        found[:, -1] = everywhere.query(centres)[0]
        return found

    return by_strips(strip, grid)


def by_strips(strip: Callable[[Places], Values], grid: GeoBox) -> Callable[[GeoBox], lazy.Block]:
    """
    For a window, what *strip* makes of its cells' centres, a strip of them at a time.

    *strip* takes (cells, 2) [m, down and to the right of the grid's corner] and returns
    (cells, layers). A cell's place never depends on the window it is asked for in.
    """
    height, width = contract.cell_size(grid)

    def window_layers(window: GeoBox) -> lazy.Block:
        top, left, rows, columns = edges.place(window, grid)
        y, x = np.mgrid[top : top + rows, left : left + columns] + 0.5
        centres = np.stack([y.ravel() * height, x.ravel() * width], axis=1)
        strips = [strip(centres[i : i + STRIP]) for i in range(0, len(centres), STRIP)]
        return np.concatenate(strips).T.reshape(-1, rows, columns).astype("float32")

    return window_layers


def _same_samples(places: Places, values: Values) -> Any:
    """Columns known at the same places share one search tree: (tree, which columns, values)."""
    known = ~np.isnan(values)
    patterns, group = np.unique(known, axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        which = np.flatnonzero(group.reshape(-1) == k)
        yield cKDTree(places[pattern]), which, values[np.ix_(pattern, which)]
