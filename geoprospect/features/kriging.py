"""Maps from samples by kriging, each with how far to trust it."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect.features import estimates, sources
from geoprospect.features.variogram import Estimator, Model
from geoprospect.registry import FEATURES


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
    how = estimates.Neighbourhood("ordinary_kriging", radius, neighbours)
    return estimates.layers(source, grid, columns, how, stated, transform)


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
    how = estimates.Neighbourhood("simple_kriging", radius, neighbours, mean)
    return estimates.layers(source, grid, columns, how, stated, transform)
