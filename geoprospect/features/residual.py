"""Regional and local parts of what samples show."""

from __future__ import annotations

import logging
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from geoprospect.errors import DataError
from geoprospect.features import sources, tables
from geoprospect.features.thresholds import FEWEST, Scale, groups
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

HIGHEST_DEGREE = 3


@TABLES.register
def median_residual(
    source: gpd.GeoDataFrame, *, columns: list[str], radius: float, scale: Scale = "log10"
) -> gpd.GeoDataFrame:
    """
    Values less the median of the samples about them.

    Rock and weathering make the broad pattern of a map and mostly the highest
    values; an ore body makes a small one on top of it, which shows once the broad
    one is taken away [1]_. The median does not follow single rich samples.

    Parameters
    ----------
    source : GeoDataFrame
        Points in a projected CRS with metres as units.
    columns : list of str
        Columns to part.
    radius : float
        Samples within it, the sample itself among them, make the median [m].
    scale : {"linear", "log10"}
        Scale on which values are parted; on the logarithmic one the residual is
        a ratio, lg(value / regional) [1].

    Returns
    -------
    GeoDataFrame of points
        The same table with columns ``<column>_regional`` in the column's unit and
        ``<column>_residual``, in that unit too or, on the logarithmic scale, [1].

    Raises
    ------
    ContractError
        If *source* is not in a projected CRS in metres.
    DataError
        If a column is not there or holds text, or a value has no logarithm.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("radius", radius, "m")
    places = _places(source)
    return parted(source, columns, scale, lambda _, held: _median_about(places, held, radius))


@TABLES.register
def trend_residual(
    source: gpd.GeoDataFrame, *, columns: list[str], degree: int, scale: Scale = "log10"
) -> gpd.GeoDataFrame:
    """
    Values less a smooth surface through all samples.

    Where a district tilts from one kind of ground to another, the tilt is regional
    and what departs from it local [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in a projected CRS with metres as units.
    columns : list of str
        Columns to part.
    degree : int
        Of the polynomial, fitted by least squares: 1 (a plane) to 3.
    scale : {"linear", "log10"}
        Scale on which values are parted; on the logarithmic one the residual is
        a ratio, lg(value / regional) [1].

    Returns
    -------
    GeoDataFrame of points
        The same table with columns ``<column>_regional`` in the column's unit and
        ``<column>_residual``, in that unit too or, on the logarithmic scale, [1].

    Raises
    ------
    ContractError
        If *source* is not in a projected CRS in metres.
    DataError
        If a column is not there or holds text, a value has no logarithm, or there
        are too few samples for the surface.
    ValueError
        If *degree* is out of range.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    if not 1 <= degree <= HIGHEST_DEGREE:
        raise ValueError(f"degree must be 1 to {HIGHEST_DEGREE}, got {degree}")
    places = _places(source)
    return parted(source, columns, scale, lambda column, held: _trend(places, held, degree, column))


@TABLES.register
def group_residual(
    source: gpd.GeoDataFrame, *, columns: list[str], by: str, scale: Scale = "log10"
) -> gpd.GeoDataFrame:
    """
    Values less the median of their group: a catchment, a rock unit.

    A stream sediment is made of what its catchment is made of; set against its own
    catchment or unit, a sample shows what is not rock [1]_ (``with_class`` tells
    samples their polygon).

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    columns : list of str
        Columns to part.
    by : str
        Column that says which group. Groups with fewer than 5 values become
        unknown, which is said.
    scale : {"linear", "log10"}
        Scale on which values are parted; on the logarithmic one the residual is
        a ratio, lg(value / regional) [1].

    Returns
    -------
    GeoDataFrame of points
        The same table with columns ``<column>_regional`` in the column's unit and
        ``<column>_residual``, in that unit too or, on the logarithmic scale, [1].

    Raises
    ------
    DataError
        If a column is not there or holds text, or a value has no logarithm.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """

    def medians(column: str, held: tables.Values) -> tables.Values:
        broad = np.full(len(held), np.nan)
        for _, rows in groups(source, by, held, f"group_residual of {column}"):
            broad[rows] = np.median(held[rows])
        return broad

    return parted(source, columns, scale, medians)


def parted(
    source: gpd.GeoDataFrame,
    columns: list[str],
    scale: Scale,
    regional: Callable[[str, tables.Values], tables.Values],
) -> gpd.GeoDataFrame:
    """The table with what is regional in each column, and what is left."""
    tables.check_columns(columns, 1, "residual")
    values = tables.numbers(source, columns, "residual")
    made: dict[str, tables.Values] = {}
    units: dict[str, str] = {}
    for column, held in zip(columns, values.T, strict=True):
        on_scale = tables.logarithms(held, column, "residual") if scale == "log10" else held
        broad = regional(column, on_scale)
        unit = tables.unit_of(source, column)
        made[f"{column}_regional"] = 10**broad if scale == "log10" else broad
        made[f"{column}_residual"] = on_scale - broad
        units[f"{column}_regional"] = unit
        units[f"{column}_residual"] = "1" if scale == "log10" else unit
        _say(column, on_scale, broad)
    return tables.with_columns(source, made, units)


def _places(source: gpd.GeoDataFrame) -> tables.Values:
    """Coordinates (samples, 2) [m]."""
    tables.check_metres(source, "residual")
    return np.asarray(shapely.get_coordinates(shapely.centroid(source.geometry.to_numpy())))


def _median_about(places: tables.Values, values: tables.Values, radius: float) -> tables.Values:
    known = np.flatnonzero(~np.isnan(values))
    near = cKDTree(places[known]).query_ball_point(places[known], radius)
    found = np.full(len(values), np.nan)
    found[known] = [np.median(values[known[rows]]) for rows in near]
    alone = sum(len(rows) < FEWEST for rows in near)
    if alone:
        log.warning(
            "residual: %d of %d samples have fewer than %d samples within %g m, so that little "
            "is left of them; choose a larger radius",
            alone,
            len(known),
            FEWEST,
            radius,
        )
    return found


def _trend(places: tables.Values, values: tables.Values, degree: int, column: str) -> tables.Values:
    known = ~np.isnan(values)
    centre = places[known].mean(axis=0)
    half = np.ptp(places[known], axis=0).max() / 2 or 1.0
    x, y = ((places[known] - centre) / half).T
    terms = [x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)]
    if known.sum() < 2 * len(terms):
        raise DataError(
            f"residual: column {column!r} has {int(known.sum())} values, too few for a surface of "
            f"degree {degree}, which has {len(terms)} coefficients; choose a lower degree"
        )
    design = np.stack(terms, axis=1)
    surface = np.linalg.lstsq(design, values[known], rcond=None)[0]
    found = np.full(len(values), np.nan)
    found[known] = design @ surface
    return found


def _say(column: str, values: tables.Values, broad: tables.Values) -> None:
    known = ~np.isnan(broad)
    whole = values[known].var()
    if whole > 0:
        log.info(
            "residual: %.0f %% of the variance of column %r is left in the residual.",
            100 * float((values - broad)[known].var() / whole),
            column,
        )
