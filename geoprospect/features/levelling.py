"""Surveys and sample media brought to one level before they are mapped together."""

from __future__ import annotations

import logging
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError, did_you_mean
from geoprospect.features import tables
from geoprospect.features.thresholds import MAD, Scale, groups
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

Rows = npt.NDArray[np.intp]


@TABLES.register
def levelled(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    by: str,
    method: Literal["median_mad", "quantile"],
    to: str | None = None,
    scale: Scale = "log10",
) -> gpd.GeoDataFrame:
    """
    Values of several surveys, laboratories or sample media brought to one level.

    Another digestion, grain size or laboratory shifts and stretches all values;
    mapped together, the seams between surveys would be the strongest anomalies
    [1]_. Levelling holds that the surveys sampled the same kind of ground: where
    one lies over other rocks than the rest, it takes real differences away.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    columns : list of str
        Columns to level.
    by : str
        Column that says which survey, laboratory or medium a sample is of. Those
        with fewer than 5 values become unknown, which is said.
    method : {"median_mad", "quantile"}
        Shift and stretch each group to the median and the median absolute
        deviation of the reference; or give each value the reference's value of the
        same rank, which also evens out the shape.
    to : str, optional
        The group that is the reference; else all samples together.
    scale : {"linear", "log10"}
        Scale on which values are shifted and stretched.

    Returns
    -------
    GeoDataFrame of points
        The same table with its columns levelled; how far apart the groups' medians
        were is said. Limits of censored values no longer hold and are taken out,
        so values below them are to be replaced before; ``<column>_censored`` stays.

    Raises
    ------
    DataError
        If a column is not there or holds text, no group is called *to*, a value
        has no logarithm, or half the values of a group are equal (median_mad).
    ValueError
        If no column is named.

    References
    ----------
    .. [1] Grunsky, E.C. (2010). The interpretation of geochemical survey data.
       Geochemistry: Exploration, Environment, Analysis 10, 27-74.
    """
    tables.check_columns(columns, 1, "levelled")
    values = tables.numbers(source, columns, "levelled")
    made = {}
    for column, held in zip(columns, values.T, strict=True):
        on_scale = tables.logarithms(held, column, "levelled") if scale == "log10" else held
        parts = dict(groups(source, by, held, "levelled"))
        reference = _reference(on_scale, parts, to, by)
        found = np.full(len(held), np.nan)
        for group, rows in parts.items():
            what = f"column {column!r} in {by} {group}"
            moved = _moved(on_scale[rows], reference, method, what)
            found[rows] = 10**moved if scale == "log10" else moved
        _say_moved(column, by, parts, held, found, tables.unit_of(source, column))
        made[column] = found
    sides = [f"{column}_{side}_limit" for column in columns for side in ("below", "above")]
    there = [name for name in sides if name in source]
    return tables.with_columns(source.drop(columns=there), made, {}, anew=True)


def _reference(
    on_scale: tables.Values, parts: dict[Any, Rows], to: str | None, by: str
) -> tables.Values:
    """The values that all groups are levelled to."""
    if to is None:
        rows = [row for part in parts.values() for row in part]
        return np.asarray(on_scale[rows])
    if to not in parts:
        raise DataError(
            f"levelled: no group of {by} with values enough is called {to!r}"
            f"{did_you_mean(to, [str(part) for part in parts])}"
        )
    return np.asarray(on_scale[parts[to]])


def _moved(
    values: tables.Values, reference: tables.Values, method: str, what: str
) -> tables.Values:
    if method == "quantile":
        from scipy.stats import rankdata

        shares = (rankdata(values) - 0.5) / len(values)
        made: tables.Values = np.quantile(reference, shares, method="hazen")
        return made
    middle, spread = _middle(values)
    target, width = _middle(reference)
    if not spread > 0 or not width > 0:
        raise DataError(
            f"levelled: half the values of {what} or of the reference are equal, so that there is "
            "no deviation to stretch by (values below a limit, mostly); choose method: quantile"
        )
    levelled_to: tables.Values = (values - middle) / spread * width + target
    return levelled_to


def _middle(values: tables.Values) -> tuple[float, float]:
    """Median, and median absolute deviation."""
    middle = float(np.median(values))
    return middle, MAD * float(np.median(np.abs(values - middle)))


def _say_moved(
    column: str, by: str, parts: dict[Any, Rows], before: tables.Values, after: tables.Values,
    unit: str,
) -> None:  # fmt: skip
    was = [float(np.median(before[rows])) for rows in parts.values()]
    now = [float(np.median(after[rows])) for rows in parts.values()]
    if was:
        log.info(
            "levelled: the medians of column %r in %d groups of %s lay between %.4g and %.4g %s, "
            "and now lie between %.4g and %.4g.",
            column, len(was), by, min(was), max(was), unit, min(now), max(now),
        )  # fmt: skip
