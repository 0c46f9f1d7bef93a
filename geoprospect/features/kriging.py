"""Maps from samples by kriging, each with how far to trust it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.features import interpolation, sources, tables, variogram
from geoprospect.features.variogram import Estimator, Model
from geoprospect.kernels import kriging
from geoprospect.kernels.variogram import Values, Variogram, stretched
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def ordinary_kriging(
    source: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    columns: list[str],
    radius: float,
    model: Model,
    seed: int,
    neighbours: int = 16,
    nugget: float | None = None,
    sill: float | None = None,
    range: float | None = None,  # noqa: A002  (the field's word)
    azimuth: float | None = None,
    ratio: float | None = None,
    anisotropic: bool = False,
    estimator: Estimator = "matheron",
    max_lag: float | None = None,
    transform: Literal["none", "log10"] = "none",
) -> xr.Dataset:
    """
    Best linear estimate from the samples about each cell, and its error [units of each column].

    Samples near each other tell much the same, and a variogram says how near and in
    which direction. Kriging weighs samples by it, so that a cluster of them counts
    once, and says how far the estimate may be off [1]_. The mean may change from place
    to place; a cell's samples show it. What is not stated of the variogram is fitted
    to the samples, and said with how well each sample is foretold by the others.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS, with units in ``attrs["units"]`` (column to
        unit). Samples beyond the edge of the grid still count. Samples at one
        place are averaged, which is said.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    columns : list of str
        Columns to estimate, each from the samples that have a value in it.
    radius : float
        Cells with no sample nearer than this are unknown [m]; where the range has a
        direction, across it *ratio* times as much.
    model : {"spherical", "exponential", "gaussian"}
        How the variogram rises: in a straight line at first, steeply, or as that of
        a very smooth field does.
    seed : int
        Which samples a variogram is measured from, where they make more than 20
        million pairs.
    neighbours : int
        Samples, at most, that an estimate is made of.
    nugget : float, optional
        Variogram close to zero distance, what errors of sampling and analysis and
        grains of metal make [square of the column's unit].
    sill : float, optional
        What it rises to, nugget included [square of the column's unit].
    range : float, optional
        Distance at which a spherical model reaches its sill, and the others 95 % of
        the way from nugget to sill [m].
    azimuth : float, optional
        Direction in which the range is longest, clockwise from north [degree].
    ratio : float, optional
        Range across that direction as a share of *range* [1].
    anisotropic : bool
        Whether azimuth and ratio are fitted; else the range is the same all around
        unless they are stated.
    estimator : {"matheron", "cressie_hawkins"}
        How the variogram is measured: the mean of squared differences, or the one
        that rich samples upset less.
    max_lag : float, optional
        Pairs farther apart do not count in measuring the variogram [m]; else a third
        of the diagonal of the samples' extent.
    transform : {"none", "log10"}
        Scale on which values are taken. On the logarithmic one nugget, sill and the
        standard deviation are of lg values [1], and the estimate, turned back into
        its own units, is a median and lies below the mean.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        For each column two layers: its estimate, named in ASCII (``cu``) with the
        column's own name as ``long_name``, and ``cu_kriging_sd``, the standard
        deviation of its error, which tells of the data and is no evidence. Attrs
        tell the variogram and the cross-validation. An estimate is of the point at
        the cell's centre; at a sample it is the sample.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If there is no such column, it holds text or no value at all, features are no
        points, or a variogram is to be fitted to fewer than 10 samples.
    ValueError
        If a setting is out of its range, azimuth is stated without ratio, or nugget
        or sill for more than one column.

    References
    ----------
    .. [1] Isaaks, E.H. and Srivastava, R.M. (1989). An Introduction to Applied
       Geostatistics. Oxford University Press.
    """
    stated = {
        "model": model,
        "seed": seed,
        "nugget": nugget,
        "sill": sill,
        "range": range,
        "azimuth": azimuth,
        "ratio": ratio,
        "anisotropic": anisotropic,
        "estimator": estimator,
        "max_lag": max_lag,
    }
    how = Neighbourhood("ordinary_kriging", radius, neighbours)
    return _layers(source, grid, columns, how, stated, transform)


@FEATURES.register
def simple_kriging(
    source: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    columns: list[str],
    mean: float,
    radius: float,
    model: Model,
    seed: int,
    neighbours: int = 16,
    nugget: float | None = None,
    sill: float | None = None,
    range: float | None = None,  # noqa: A002
    azimuth: float | None = None,
    ratio: float | None = None,
    anisotropic: bool = False,
    estimator: Estimator = "matheron",
    max_lag: float | None = None,
    transform: Literal["none", "log10"] = "none",
) -> xr.Dataset:
    """
    Best linear estimate about a known mean, and its error [units of each column].

    Away from samples the estimate goes back to the mean, so that thin sampling at the
    margin makes no anomalies there; it suits residuals and log-ratios, whose mean is
    known to be 0 [1]_. All else is as in ``ordinary_kriging``.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS, with units in ``attrs["units"]`` (column to
        unit). Samples beyond the edge of the grid still count. Samples at one
        place are averaged, which is said.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    columns : list of str
        Columns to estimate, each from the samples that have a value in it.
    mean : float
        Mean of all columns [the columns' units].
    radius : float
        Cells with no sample nearer than this are unknown [m]; where the range has a
        direction, across it *ratio* times as much.
    model : {"spherical", "exponential", "gaussian"}
        How the variogram rises.
    seed : int
        Which samples a variogram is measured from, where they make more than 20
        million pairs.
    neighbours : int
        Samples, at most, that an estimate is made of.
    nugget : float, optional
        Variogram close to zero distance [square of the column's unit].
    sill : float, optional
        What it rises to, nugget included [square of the column's unit].
    range : float, optional
        Distance at which a spherical model reaches its sill, and the others 95 % of
        the way from nugget to sill [m].
    azimuth : float, optional
        Direction in which the range is longest, clockwise from north [degree].
    ratio : float, optional
        Range across that direction as a share of *range* [1].
    anisotropic : bool
        Whether azimuth and ratio are fitted.
    estimator : {"matheron", "cressie_hawkins"}
        How the variogram is measured.
    max_lag : float, optional
        Pairs farther apart do not count in measuring the variogram [m]; else a third
        of the diagonal of the samples' extent.
    transform : {"none", "log10"}
        Scale on which values are taken; *mean* is on the columns' own.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        For each column its estimate and ``<name>_kriging_sd``, as of
        ``ordinary_kriging``.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If there is no such column, it holds text or no value at all, features are no
        points, or a variogram is to be fitted to fewer than 10 samples.
    ValueError
        If a setting is out of its range, or *mean* has no logarithm where one is
        asked for.

    References
    ----------
    .. [1] Isaaks, E.H. and Srivastava, R.M. (1989). An Introduction to Applied
       Geostatistics. Oxford University Press.
    """
    if not np.isfinite(mean):
        raise ValueError(f"mean must be finite, got {mean:g}")
    if transform == "log10":
        sources.positive("mean, on a logarithmic scale,", mean, "in the columns' units")
        mean = float(np.log10(mean))
    stated = {
        "model": model,
        "seed": seed,
        "nugget": nugget,
        "sill": sill,
        "range": range,
        "azimuth": azimuth,
        "ratio": ratio,
        "anisotropic": anisotropic,
        "estimator": estimator,
        "max_lag": max_lag,
    }
    how = Neighbourhood("simple_kriging", radius, neighbours, mean)
    return _layers(source, grid, columns, how, stated, transform)


class Neighbourhood(NamedTuple):
    """Which samples an estimate is made of, and the mean if it is known."""

    feature: str
    radius: float
    neighbours: int
    mean: float = np.nan


class Column(NamedTuple):
    """One column's samples, stretched to its variogram."""

    number: int
    tree: Any
    values: Values
    variogram: Variogram


# --- layers ---------------------------------------------------------------------------------


def _layers(
    source: gpd.GeoDataFrame,
    grid: GeoBox,
    columns: list[str],
    how: Neighbourhood,
    stated: dict[str, Any],
    transform: str,
) -> xr.Dataset:
    interpolation.check_settings(columns, how.radius, how.neighbours)
    variogram.check(stated, columns)
    features = sources.located(source, grid)
    places, values = interpolation.samples(features, grid, columns, how.feature)
    if transform == "log10":
        values = interpolation.logarithms(values, columns)
    units = ["1" if transform == "log10" else tables.unit_of(source, one) for one in columns]
    made = [
        _column(number, column, places, values[:, number], stated)
        for number, column in enumerate(columns)
    ]
    figures = [
        _validated(one, how, column, unit)
        for one, column, unit in zip(made, columns, units, strict=True)
    ]
    ids = interpolation.layer_ids(columns)
    names = [name for one in ids for name in (one, f"{one}_kriging_sd")]
    layers = lazy.layers_from_grid(_maps(made, how, grid, transform == "log10"), grid, names)
    found = {}
    for told, name, column, unit in zip(figures, ids, columns, units, strict=True):
        estimate = contract.describe(
            layers[name], long_name=column, units=tables.unit_of(source, column)
        )
        error = contract.describe(
            layers[f"{name}_kriging_sd"],
            long_name=f"kriging standard deviation of {'lg ' * (transform == 'log10')}{column}",
            units=unit,
            quality=True,
        )
        found[name] = estimate.assign_attrs(told)
        found[str(error.name)] = error.assign_attrs(told)
    return xr.Dataset(found)


def _column(
    number: int, column: str, places: Values, values: Values, stated: dict[str, Any]
) -> Column:
    known = ~np.isnan(values)
    made = variogram.of_samples(places[known], values[known], column, stated)
    tree = cKDTree(stretched(places[known], made.azimuth, made.ratio))
    return Column(number, tree, values[known], made)


def _maps(
    columns: list[Column], how: Neighbourhood, grid: GeoBox, logarithmic: bool
) -> Callable[[GeoBox], lazy.Block]:
    """For a window, each column's estimate and standard deviation."""
    groups = list(_same_neighbours(columns))

    def strip(centres: Values) -> Values:
        found = np.empty((len(centres), 2 * len(columns)))
        for group in groups:
            first = group[0]
            cells = stretched(centres, first.variogram.azimuth, first.variogram.ratio)
            distances, near = _nearest(first, cells, how, how.neighbours)
            for one in group:
                pair = _estimates(one, near, distances, how)
                if logarithmic:
                    pair[:, 0] = 10 ** pair[:, 0]
                found[:, 2 * one.number : 2 * one.number + 2] = pair
        return found

    return interpolation.by_strips(strip, grid)


def _same_neighbours(columns: list[Column]) -> Any:
    """Columns with the same samples and direction, whose neighbours are searched for once."""
    groups: dict[Any, list[Column]] = {}
    for one in columns:
        key = (one.variogram.azimuth, one.variogram.ratio, one.tree.data.tobytes())
        groups.setdefault(key, []).append(one)
    return groups.values()


def _nearest(
    column: Column, cells: Values, how: Neighbourhood, count: int
) -> tuple[Values, npt.NDArray[np.intp]]:
    """Distances and numbers of the nearest samples within the radius: (cells, count) each."""
    ranks = list(range(1, min(count, len(column.values)) + 1))
    reach = np.nextafter(how.radius, np.inf)
    distances, near = column.tree.query(cells, k=ranks, distance_upper_bound=reach)
    return distances, near


def _estimates(
    column: Column, near: npt.NDArray[np.intp], distances: Values, how: Neighbourhood
) -> Values:
    return kriging.kriged(
        column.tree.data, column.values, near, distances, column.variogram, how.mean
    )


# --- cross-validation -----------------------------------------------------------------------


def _validated(column: Column, how: Neighbourhood, name: str, unit: str) -> dict[str, Any]:
    """Variogram and leave-one-out figures, said and as attrs."""
    told = {f"variogram_{key}": value for key, value in column.variogram._asdict().items()}
    if len(column.values) < 2:
        return told
    distances, near = _nearest(column, column.tree.data, how, how.neighbours + 1)
    near, distances = near[:, 1:], distances[:, 1:]  # the first is itself
    found = _estimates(column, np.ascontiguousarray(near), np.ascontiguousarray(distances), how)
    known = ~np.isnan(found[:, 0])
    if not known.any():
        log.warning(
            "%s of %r: no sample has another within %g m; raise the radius",
            how.feature,
            name,
            how.radius,
        )
        return told
    error, error_sd = found[known, 0] - column.values[known], found[known, 1]
    told |= {
        "validation_samples": int(known.sum()),
        "validation_mean_error": float(error.mean()),
        "validation_rmse": float(np.sqrt(np.mean(error**2))),
    }
    log.info(
        "%s of %r: each of %d samples foretold by the others: mean error %.4g, RMSE %.4g [%s], "
        "where the samples' standard deviation is %.4g.%s",
        how.feature,
        name,
        known.sum(),
        told["validation_mean_error"],
        told["validation_rmse"],
        unit,
        column.values.std(),
        "" if known.all() else f" {int((~known).sum())} samples have no other within the radius.",
    )
    there = error_sd > 0
    if there.any():
        parts = float(np.mean((error[there] / error_sd[there]) ** 2))
        told["validation_standardised"] = parts
        log.info(
            "%s of %r: squared errors are %.3g times the kriging variance on average; 1 is right, "
            "above it the standard deviations are too small.",
            how.feature,
            name,
            parts,
        )
    return told
