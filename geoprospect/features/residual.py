"""Regional and local parts of what samples show."""

from __future__ import annotations

import logging
from typing import Literal

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
def residual(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    regional: Literal["median", "trend", "group"],
    radius: float | None = None,
    degree: int | None = None,
    by: str | None = None,
    scale: Scale = "log10",
) -> gpd.GeoDataFrame:
    """
    Values less what is regional: the median about a sample, a trend surface, or its catchment.

    Rock and weathering make the broad pattern of a map and mostly the highest
    values; an ore body makes a small one on top of it, which shows once the
    broad one is taken away [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in a projected CRS with metres as units.
    columns : list of str
        Columns to part.
    regional : {"median", "trend", "group"}
        What is regional: the median of the samples within *radius*, the sample
        itself among them; a polynomial surface of *degree* through all samples, by
        least squares; or the median of the samples of the same group, such as a
        catchment.
    radius : float, optional
        For 'median' [m].
    degree : int, optional
        For 'trend': 1 (a plane) to 3.
    by : str, optional
        For 'group': the column that says which. Groups with fewer than 5 values
        become unknown, which is said.
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
        If *source* is not in a projected CRS (median, trend).
    DataError
        If a column is not there or holds text, a value has no logarithm, or there
        are too few samples for the surface.
    ValueError
        If the setting that *regional* asks for is missing or out of range.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    tables.check_columns(columns, 1, "residual")
    _check(regional, radius, degree, by)
    values = tables.numbers(source, columns, "residual")
    made: dict[str, tables.Values] = {}
    units: dict[str, str] = {}
    for column, held in zip(columns, values.T, strict=True):
        on_scale = tables.logarithms(held, column, "residual") if scale == "log10" else held
        if regional == "median":
            broad = _median_about(source, on_scale, float(radius or 0))
        elif regional == "trend":
            broad = _trend(source, on_scale, int(degree or 0), column)
        else:
            broad = np.full(len(held), np.nan)
            for _, rows in groups(source, by, held, "residual"):
                broad[rows] = np.median(on_scale[rows])
        unit = tables.unit_of(source, column)
        made[f"{column}_regional"] = 10**broad if scale == "log10" else broad
        made[f"{column}_residual"] = on_scale - broad
        units[f"{column}_regional"] = unit
        units[f"{column}_residual"] = "1" if scale == "log10" else unit
        _say(column, on_scale, broad)
    return tables.with_columns(source, made, units)


def _check(regional: str, radius: float | None, degree: int | None, by: str | None) -> None:
    """Raise a ValueError unless the one setting that is asked for is there, and no other."""
    asked = {"median": "radius", "trend": "degree", "group": "by"}[regional]
    given = {"radius": radius, "degree": degree, "by": by}
    if given[asked] is None:
        raise ValueError(f"regional: {regional} needs the setting {asked!r}")
    other = [name for name, value in given.items() if name != asked and value is not None]
    if other:
        raise ValueError(f"{other[0]!r} has no meaning for regional: {regional}; remove it")
    if radius is not None:
        sources.positive("radius", radius, "m")
    if degree is not None and not 1 <= degree <= HIGHEST_DEGREE:
        raise ValueError(f"degree must be 1 to {HIGHEST_DEGREE}, got {degree}")


def _places(source: gpd.GeoDataFrame) -> tables.Values:
    """Coordinates (samples, 2) [m]."""
    tables.check_metres(source, "residual")
    return np.asarray(shapely.get_coordinates(shapely.centroid(source.geometry.to_numpy())))


def _median_about(source: gpd.GeoDataFrame, values: tables.Values, radius: float) -> tables.Values:
    known = np.flatnonzero(~np.isnan(values))
    places = _places(source)[known]
    near = cKDTree(places).query_ball_point(places, radius)
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


def _trend(
    source: gpd.GeoDataFrame, values: tables.Values, degree: int, column: str
) -> tables.Values:
    known = ~np.isnan(values)
    places = _places(source)[known]
    centre, half = places.mean(axis=0), np.ptp(places, axis=0).max() / 2 or 1.0
    x, y = ((places - centre) / half).T
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
