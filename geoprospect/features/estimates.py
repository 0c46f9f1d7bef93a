"""The best linear estimate at each cell, how far to trust it, and how it foretells the samples."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.features import scattered, sources, tables, variogram
from geoprospect.kernels import kriging
from geoprospect.kernels.variogram import Values, Variogram, stretched

log = logging.getLogger("geoprospect.features")


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


def layers(
    source: gpd.GeoDataFrame,
    grid: GeoBox,
    columns: list[str],
    how: Neighbourhood,
    stated: dict[str, Any],
    transform: str,
) -> xr.Dataset:
    """For each column its estimate and standard deviation; *stated* is of its variogram."""
    scattered.check_settings(columns, how.radius, how.neighbours)
    variogram.check(stated, columns)
    features = sources.located(source, grid)
    places, values = scattered.samples(features, grid, columns, how.feature)
    if transform == "log10":
        values = scattered.logarithms(values, columns)
    units = ["1" if transform == "log10" else tables.unit_of(source, one) for one in columns]
    made = [
        _column(number, column, places, values[:, number], stated)
        for number, column in enumerate(columns)
    ]
    figures = [
        _validated(one, how, column, unit)
        for one, column, unit in zip(made, columns, units, strict=True)
    ]
    ids = scattered.layer_ids(columns)
    names = [name for one in ids for name in (one, f"{one}_kriging_sd")]
    maps = lazy.layers_from_grid(_maps(made, how, grid, transform == "log10"), grid, names)
    found = {}
    for told, name, column, unit in zip(figures, ids, columns, units, strict=True):
        estimate = contract.describe(
            maps[name], long_name=column, units=tables.unit_of(source, column)
        )
        error = contract.describe(
            maps[f"{name}_kriging_sd"],
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

    return scattered.by_strips(strip, grid)


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
