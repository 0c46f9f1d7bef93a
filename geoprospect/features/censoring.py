"""Values below a detection limit: what stands in for them, and what can be said without."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import DataError
from geoprospect.features import tables
from geoprospect.kernels import censoring as kernel
from geoprospect.kernels import composition as parts
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

SHARES = {"half": 0.5, "sqrt2": 1 / math.sqrt(2), "limit": 1.0, "missing": math.nan}
MOST_CENSORED = 0.8
FEWEST_MEASURED = 3


@TABLES.register
def substituted(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    method: Literal["half", "sqrt2", "limit", "missing", "order_statistics"],
) -> gpd.GeoDataFrame:
    """
    Values below a detection limit, replaced by what is likely for them.

    Half the limit is custom; where more than a tenth of the values are
    censored, regression on order statistics is nearer to the truth [1]_: the
    measured values tell the shape of the distribution, and the rest follows.

    Parameters
    ----------
    source : GeoDataFrame
        Points as ``table`` reads them, with ``<column>_below_limit``.
    columns : list of str
        The columns to see to.
    method : {"half", "sqrt2", "limit", "missing", "order_statistics"}
        What stands in for a value below its limit L: L / 2, L / sqrt(2), L,
        nothing, or its estimate by regression of the logarithms of the measured
        values on normal scores. Which of the samples below one limit is the
        richer is not known: they all get the geometric mean of the estimates.

    Returns
    -------
    GeoDataFrame of points
        The same table; how many values were replaced is said. Values above an
        upper limit stay at that limit and count as measured.

    Raises
    ------
    DataError
        If a column is not there or holds text; or, for order statistics, if
        fewer than 3 values are measured or more than 80 % are censored.
    ValueError
        If no column is named.

    References
    ----------
    .. [1] Helsel, D.R. (2012). Statistics for Censored Environmental Data Using
       Minitab and R. 2nd ed., Wiley.
    """
    tables.check_columns(columns, 1, "substituted")
    values = tables.numbers(source, columns, "substituted")
    limits = tables.limits(source, columns)
    made = {}
    for column, known, limit in zip(columns, values.T, limits.T, strict=True):
        if method == "order_statistics":
            made[column] = _estimated(known, limit, column)
        else:
            made[column] = np.where(np.isnan(limit), known, limit * SHARES[method])
        _say_replaced(column, limit, made[column], tables.unit_of(source, column))
    return tables.with_columns(source, made, {}, anew=True)


@TABLES.register
def multiplicative_replacement(
    source: gpd.GeoDataFrame, *, columns: list[str], of_limit: float = 0.65
) -> gpd.GeoDataFrame:
    """
    Parts of a whole below their detection limit, replaced so that log-ratios can be taken.

    A share of each value's own limit stands in for it, and room is made for
    it in the whole; the ratios between the other parts stay what they were [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points as ``table`` reads them, with ``<column>_below_limit`` and units
        in ``attrs["units"]``, which may differ.
    columns : list of str
        The parts, two at least.
    of_limit : float
        Share of the limit that stands in for a value; 0.65 distorts the
        covariances least [1].

    Returns
    -------
    GeoDataFrame of points
        The same table; how many values were replaced is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or has no unit of concentration;
        if a value at or below zero has no limit; or if the limits of a sample
        add up to the whole.
    ValueError
        If *of_limit* is not between 0 and 1, or fewer than two parts are named.

    References
    ----------
    .. [1] Martin-Fernandez, J.A., Barcelo-Vidal, C., Pawlowsky-Glahn, V. (2003).
       Dealing with zeros and missing values in compositional data sets using
       nonparametric imputation. Mathematical Geology 35, 253-278.
    """
    if not 0 < of_limit < 1:
        raise ValueError(f"of_limit must be between 0 and 1, got {of_limit:g}")
    tables.check_columns(columns, 2, "multiplicative_replacement")
    values = tables.numbers(source, columns, "multiplicative_replacement")
    factors = tables.factors(source, columns, "multiplicative_replacement")
    limits = tables.limits(source, columns)
    _check_limited(columns, values, limits)
    small = of_limit * limits * factors
    whole = int((np.nansum(small, axis=1) >= 1).sum())
    if whole:
        raise DataError(
            f"multiplicative_replacement: in {whole} samples the limits add up to the whole; "
            "check the units of the table"
        )
    found = parts.replaced(values * factors, small) / factors
    found = np.where(np.isnan(limits), values, found)
    for column, limit, made in zip(columns, limits.T, found.T, strict=True):
        _say_replaced(column, limit, made, tables.unit_of(source, column))
    return tables.with_columns(source, dict(zip(columns, found.T, strict=True)), {}, anew=True)


def censoring(source: gpd.GeoDataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """
    How far each column is censored, and its summary with the limits accounted for.

    Parameters
    ----------
    source : GeoDataFrame
        Points as ``table`` reads them, with ``<column>_below_limit``.
    columns : sequence of str, optional
        Columns to tell of; else all that are censored.

    Returns
    -------
    DataFrame
        One row a column: ``samples`` with a value, ``missing``, ``below`` and
        ``above`` a limit (counts), ``share`` of the values below one [1],
        ``limits`` (how many), ``lowest_limit`` and ``highest_limit``; ``median``
        and ``mean`` by Kaplan-Meier, ``ros_mean`` by regression on order
        statistics, in the column's ``unit``. NaN where there is too little to
        tell: a median below the lowest limit, fewer than 3 measured values.

    Raises
    ------
    DataError
        If a column is not there or holds text.
    """
    if columns is None:
        sides = ("_below_limit", "_above_limit")
        columns = [str(c) for c in source.columns if any(f"{c}{s}" in source for s in sides)]
    return pd.DataFrame([_summary(source, column) for column in columns]).set_index(
        pd.Index(list(columns), name="column")
    )


def _summary(source: gpd.GeoDataFrame, column: str) -> dict[str, Any]:
    limit = tables.limits(source, [column])[:, 0]
    below = ~np.isnan(limit)
    values = np.where(below, limit, tables.numbers(source, [column], "censoring")[:, 0])
    held = ~np.isnan(values)
    above = ~np.isnan(tables.limits(source, [column], "above")[:, 0])
    told: dict[str, Any] = {
        "unit": tables.unit_of(source, column),
        "samples": int(held.sum()),
        "missing": int((~held).sum()),
        "below": int(below.sum()),
        "above": int(above.sum()),
        "share": float(below.sum() / held.sum()),
        "limits": len(np.unique(limit[below])),
        "lowest_limit": float(np.min(limit[below], initial=np.inf)) if below.any() else np.nan,
        "highest_limit": float(np.max(limit[below], initial=0)) if below.any() else np.nan,
    }
    return told | _moments(values[held], below[held])


def _moments(values: tables.Values, below: tables.Flags) -> dict[str, float]:
    told = dict.fromkeys(("median", "mean", "ros_mean"), np.nan)
    if below.all():
        return told
    steps = kernel.kaplan_meier(values, below)
    lowest = values[below & (values == values.min())]
    told["mean"] = steps.mean
    median = steps.quantile(0.5)
    told["median"] = np.nan if lowest.size and median <= lowest[0] else median
    if _enough(values, below):
        told["ros_mean"] = float(kernel.order_statistics(values, below).mean())
    return told


def _enough(values: tables.Values, below: tables.Flags) -> bool:
    """Whether the measured values can tell the shape of the distribution."""
    measured = values[~below]
    return bool(
        len(np.unique(measured)) >= FEWEST_MEASURED
        and below.mean() <= MOST_CENSORED
        and (measured > 0).all()
    )


def _estimated(known: tables.Values, limit: tables.Values, column: str) -> tables.Values:
    """Estimates by order statistics, one for each limit."""
    below = ~np.isnan(limit)
    values = np.where(below, limit, known)
    held = ~np.isnan(values)
    if not below.any():
        return known
    if not _enough(values[held], below[held]):
        raise DataError(
            f"substituted: column {column!r} has {int((held & ~below).sum())} measured and "
            f"{int(below.sum())} censored values, too little for order_statistics (at least 3 "
            "unlike measured values above zero, at most 80 % censored); choose half, or leave "
            "the column out"
        )
    found = values.copy()
    found[held] = kernel.order_statistics(values[held], below[held])
    for one in np.unique(limit[below]):
        same = limit == one
        found[same] = np.exp(np.log(found[same]).mean())
    beyond = below & (found > limit)
    if beyond.any():
        log.warning(
            "substituted: column %r: estimates of %d values lay above their limit; the limit "
            "stands in for them.",
            column,
            int(beyond.sum()),
        )
    return np.where(beyond, limit, found)


def _check_limited(columns: Sequence[str], values: tables.Values, limits: tables.Values) -> None:
    bad = (values <= 0) & np.isnan(limits)
    for column, count in zip(columns, bad.sum(axis=0), strict=True):
        if count:
            raise DataError(
                f"multiplicative_replacement: column {column!r} has {int(count)} of {len(values)} "
                "values at or below zero without a limit; state it where the table is read, "
                f"limits: {{{column}: 0.5}}, below: [0]"
            )


def _say_replaced(column: str, limit: tables.Values, made: tables.Values, unit: str) -> None:
    below = ~np.isnan(limit)
    if not below.any():
        log.info("column %r has no values below a limit.", column)
        return
    stand_ins = made[below]
    if np.isnan(stand_ins).all():
        log.info("column %r: %d values below a limit are taken as missing.", column, below.sum())
        return
    log.info(
        "column %r: %d of %d values (%.0f %%) lie below a limit; %.3g to %.3g %s stand in.",
        column,
        below.sum(),
        (~np.isnan(made)).sum(),
        100 * below.sum() / (~np.isnan(made)).sum(),
        np.nanmin(stand_ins),
        np.nanmax(stand_ins),
        unit,
    )
