"""Background and threshold: where values stop being ordinary, and by how much they are not."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np

from geoprospect.errors import DataError
from geoprospect.features import sources, tables
from geoprospect.kernels import fractal
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

Method: TypeAlias = Literal[
    "median", "mean_2sd", "median_2mad", "tukey_fence", "percentile", "fractal"
]
Scale: TypeAlias = Literal["linear", "log10"]
MAD = 1.4826
"""What makes the median absolute deviation of a normal sample its standard deviation."""
FEWEST = 5
"""Values, at least, from which a threshold is told."""


def threshold(
    values: tables.Values,
    *,
    method: Method,
    scale: Scale = "linear",
    percentile: float | None = None,
    seed: int,
) -> float:
    """
    The value above which one is an anomaly, by a method of the field.

    Parameters
    ----------
    values : array of float64
        Known values, in any order [their own unit].
    method : str
        'median' (the background itself), 'mean_2sd' (mean + 2 standard deviations),
        'median_2mad' (median + 2 median absolute deviations, times 1.4826),
        'tukey_fence' (third quartile + 1.5 interquartile ranges), 'percentile', or
        'fractal' (the highest break of the concentration-area curve).
    scale : {"linear", "log10"}
        Scale on which mean, deviations and quartiles are taken.
    percentile : float, optional
        For 'percentile' [%].
    seed : int
        For the bootstrap of 'fractal'; it does not move the threshold.

    Returns
    -------
    float
        In the unit of *values*.

    Raises
    ------
    DataError
        If there are fewer than 5 values, values at or below zero for a logarithm,
        or no break in the curve.
    ValueError
        If *percentile* is missing, not asked for, or not between 0 and 100.

    References
    ----------
    Reimann, C., Filzmoser, P., Garrett, R.G. (2005). Background and threshold:
    critical comparison of methods of determination. Science of the Total
    Environment 346, 1-16.
    """
    check_method(method, percentile)
    if len(values) < FEWEST:
        raise DataError(
            f"a threshold needs at least {FEWEST} known values, and there are {len(values)}"
        )
    if method == "fractal":
        return float(fitted(values, seed=seed).breaks[-1])
    if scale == "log10":
        if (values <= 0).any():
            raise DataError(
                f"{int((values <= 0).sum())} of {len(values)} values are at or below zero and have "
                "no logarithm; choose scale: linear, or see to them where the table is read"
            )
        return float(10 ** _statistic(np.log10(values), method, percentile))
    return _statistic(values, method, percentile)


def check_method(method: Method, percentile: float | None) -> None:
    """Raise a ValueError unless a percentile is given where it is asked for, and only there."""
    if method == "percentile":
        if percentile is None or not 0 < percentile < 100:
            raise ValueError(
                f"percentile must be between 0 and 100 for method percentile, got {percentile} %"
            )
    elif percentile is not None:
        raise ValueError(f"percentile is for method percentile, not for {method}; remove it")


def _statistic(values: tables.Values, method: Method, percentile: float | None) -> float:
    first, middle, third = np.percentile(values, [25, 50, 75])
    found = {
        "median": middle,
        "mean_2sd": values.mean() + 2 * values.std(ddof=1),
        "median_2mad": middle + 2 * MAD * np.median(np.abs(values - middle)),
        "tukey_fence": third + 1.5 * (third - first),
        "percentile": np.percentile(values, percentile or 50),
    }
    return float(found[method])


def fitted(values: tables.Values, *, seed: int) -> fractal.Fractal:
    """The concentration-area curve's breaks; an error where it has none."""
    positive = values[values > 0]
    found = fractal.concentration_area(positive, seed=seed)
    if found is None:
        raise DataError(
            f"the concentration-area curve of {len(positive)} values above zero has no break that "
            "can be told (too few values, or too many ties); choose another method"
        )
    return found


@TABLES.register
def enriched(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    over: Method,
    by: str | None = None,
    scale: Scale = "linear",
    percentile: float | None = None,
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Values of samples over their threshold or background.

    The same as the feature ``enrichment``, before anything is interpolated: where
    samples know their rock unit, stream order or laboratory, each is set
    against its own kind [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    columns : list of str
        Columns to divide.
    over : {"median", "mean_2sd", "median_2mad", "tukey_fence", "percentile", "fractal"}
        What values are divided by, as for ``enrichment``.
    by : str, optional
        Column of groups, each with a threshold of its own. Groups with fewer than 5
        values are unknown, which is said.
    scale : {"linear", "log10"}
        Scale on which mean, deviations and quartiles are taken.
    percentile : float, optional
        For 'percentile' [%].
    seed : int
        For the bootstrap of the concentration-area curve.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<column>_enrichment`` [1] for each.

    Raises
    ------
    DataError
        If a column is not there or holds text, there are too few values, or a
        threshold is not above zero.
    ValueError
        If *percentile* is missing or out of range.

    References
    ----------
    .. [1] Reimann, C., Filzmoser, P., Garrett, R.G. (2005). Background and
       threshold: critical comparison of methods of determination. Science of the
       Total Environment 346, 1-16.
    """
    tables.check_columns(columns, 1, "enriched")
    check_method(over, percentile)
    values = tables.numbers(source, columns, "enriched")
    settings: dict[str, Any] = {"scale": scale, "percentile": percentile, "seed": seed}
    made = {}
    for column, held in zip(columns, values.T, strict=True):
        unit = tables.unit_of(source, column)
        limits = np.full(len(held), np.nan)
        for group, rows in groups(source, by, held, "enriched"):
            limit = threshold(held[rows], method=over, **settings)
            what = column if by is None else f"{column} in {by} {group}"
            check_positive(limit, what, unit, over)
            log.info("enriched: the %s of %s is %.4g %s.", over, what, limit, unit)
            limits[rows] = limit
        made[f"{column}_enrichment"] = held / limits
    return tables.with_columns(source, made, dict.fromkeys(made, "1"))


@TABLES.register
def anomalies(
    source: gpd.GeoDataFrame,
    *,
    column: str,
    above: Method,
    by: str | None = None,
    scale: Scale = "linear",
    percentile: float | None = None,
    seed: int,
) -> gpd.GeoDataFrame:
    """
    The samples whose value lies above a threshold, and no others.

    Points to measure the distance to, or the density of: a cluster of anomalous
    samples says more than a single one [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    column : str
        Column of values.
    above : {"median", "mean_2sd", "median_2mad", "tukey_fence", "percentile", "fractal"}
        The threshold, as for ``enrichment``.
    by : str, optional
        Column of groups, each with a threshold of its own. Groups with fewer than 5
        values have no anomalies, which is said.
    scale : {"linear", "log10"}
        Scale on which mean, deviations and quartiles are taken.
    percentile : float, optional
        For 'percentile' [%].
    seed : int
        For the bootstrap of the concentration-area curve.

    Returns
    -------
    GeoDataFrame of points
        Rows of the table above the threshold; how many is said.

    Raises
    ------
    DataError
        If the column is not there or holds text, there are too few values, or
        none lies above the threshold.
    ValueError
        If *percentile* is missing or out of range.

    References
    ----------
    .. [1] Reimann, C., Filzmoser, P., Garrett, R.G. (2005). Background and
       threshold: critical comparison of methods of determination. Science of the
       Total Environment 346, 1-16.
    """
    check_method(above, percentile)
    held = tables.numbers(source, [column], "anomalies")[:, 0]
    settings: dict[str, Any] = {"scale": scale, "percentile": percentile, "seed": seed}
    high = np.zeros(len(held), bool)
    unit = tables.unit_of(source, column)
    for group, rows in groups(source, by, held, "anomalies"):
        limit = threshold(held[rows], method=above, **settings)
        high[rows] = held[rows] > limit
        log.info(
            "anomalies: %d of %d samples%s have %s above %.4g %s (%s).",
            high[rows].sum(), len(rows), "" if by is None else f" of {by} {group}", column,
            limit, unit, above,
        )  # fmt: skip
    if not high.any():
        raise DataError(f"anomalies: no sample has {column} above its {above}")
    found = source[high].reset_index(drop=True)
    found.attrs = {**source.attrs, "long_name": f"{column} above its {above}"}
    return found


def groups(
    source: gpd.GeoDataFrame, by: str | None, values: tables.Values, function: str
) -> Iterator[tuple[Hashable, Any]]:
    """Each group with the rows of its known values; groups with too few are left out and said."""
    known = ~np.isnan(values)
    if by is None:
        yield None, np.flatnonzero(known)
        return
    names = sources.class_names(sources.column(source, by, function))
    few = []
    for group in sorted({str(name) for name in names.dropna()}):
        rows = np.flatnonzero(known & (names == group).to_numpy(bool))
        if len(rows) < FEWEST:
            few.append(f"{group} ({len(rows)})")
        else:
            yield group, rows
    if few:
        log.warning("%s: groups of %s with fewer than %d values are left out: %s.",
                    function, by, FEWEST, ", ".join(few))  # fmt: skip
    unnamed = int((known & names.isna().to_numpy()).sum())
    if unnamed:
        log.warning("%s: %d samples have no %s and are left out.", function, unnamed, by)


def check_positive(limit: float, name: str, unit: str, over: str) -> None:
    """Raise a DataError unless a threshold is above zero."""
    if not limit > 0:
        raise DataError(
            f"enrichment: the {over} of {name!r} is {limit:g} {unit}, and nothing can be told over "
            "what is not above zero"
        )
