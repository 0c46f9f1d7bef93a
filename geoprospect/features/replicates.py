"""Duplicates and replicates: how well values repeat, and one sample of several."""

from __future__ import annotations

import logging
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoprospect.errors import DataError
from geoprospect.features import sources, tables
from geoprospect.kernels import precision as kernel
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

Ids = npt.NDArray[np.int64]
Average = Literal["mean", "geometric_mean", "median"]


@TABLES.register
def replicates_merged(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    average: Average,
    by: str | None = None,
) -> gpd.GeoDataFrame:
    """
    One sample for each set of duplicates, and how well they repeat.

    Duplicates are taken to tell noise from signal: where they differ as much as
    samples do, a map of the element shows nothing [1]_. Left in, they count their
    place twice.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    columns : list of str
        Columns to average; of all others the first of a set stands.
    average : {"mean", "geometric_mean", "median"}
        How values are averaged, those that are known.
    by : str, optional
        Column that holds the same text for samples of one set; blank means a
        sample by itself. Else samples at the same place are a set.

    Returns
    -------
    GeoDataFrame of points
        The same table with one row a set, in the order of their first rows. A
        value is below a limit only where all of its set are; the highest of their
        limits is kept. How well the values repeat is said, as ``precision`` has it,
        and kept in ``attrs["precision"]``.

    Raises
    ------
    DataError
        If a column is not there or holds text, or a value has no logarithm.
    ValueError
        If no column is named.

    References
    ----------
    .. [1] Garrett, R.G. (1969). The determination of sampling and analytical errors
       in exploration geochemistry. Economic Geology 64, 568-569.
    """
    tables.check_columns(columns, 1, "replicates_merged")
    values = tables.numbers(source, columns, "replicates_merged")
    ids = _sets(source, by)
    told = precision(source, columns=columns, by=by)
    _say(told, len(ids), int(ids.max()) + 1)
    if average == "geometric_mean":
        for column, held in zip(columns, values.T, strict=True):
            tables.logarithms(held, column, "replicates_merged")
    first = np.unique(ids, return_index=True)[1]
    kept = source.iloc[first].reset_index(drop=True)
    kept.attrs = dict(source.attrs)
    made: dict[str, Any] = {}
    for column, held in zip(columns, values.T, strict=True):
        made[column] = _averaged(held, ids, average)
        made |= _companions(source, column, held, ids)
    merged = tables.with_columns(kept, made, {}, anew=True)
    merged.attrs["precision"] = told.to_dict("index")
    return merged


def precision(
    source: gpd.GeoDataFrame, *, columns: list[str], by: str | None = None
) -> pd.DataFrame:
    """
    How well values repeat among duplicates.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    columns : list of str
        Columns to tell of.
    by : str, optional
        Column that holds the same text for samples of one set; else samples at the
        same place are a set.

    Returns
    -------
    DataFrame
        One row a column: ``sets`` of two or more values above zero and none below a
        limit; how many of them are ``identical``, value for value, which replicates
        hardly are: the same analysis, reported twice; ``variation``, the root mean
        square of their relative standard deviations [1]; ``noise_share``, the
        variance of the logarithms within sets over that of all samples [1]; and,
        from 50 sets on, by Thompson and Howarth (of each set the first two),
        ``deviation_at_zero`` in the column's unit, ``relative_deviation`` [1] and
        ``detection_limit`` (where two standard deviations are as large as the
        value), in the column's unit. NaN where there is too little to tell.

    Raises
    ------
    DataError
        If a column is not there or holds text.

    References
    ----------
    Thompson, M., Howarth, R.J. (1978). A new approach to the estimation of
    analytical precision. Journal of Geochemical Exploration 9, 23-30.
    Stanley, C.R., Lawie, D. (2007). Average relative error in geochemical
    determinations. Exploration and Mining Geology 16, 267-275.
    """
    values = tables.numbers(source, columns, "precision")
    limits = tables.limits(source, columns)
    ids = _sets(source, by)
    rows = [
        _row(held, np.isnan(limit) & (held > 0), ids)
        for held, limit in zip(values.T, limits.T, strict=True)
    ]
    return pd.DataFrame(rows, index=pd.Index(columns, name="column"))


def _sets(source: gpd.GeoDataFrame, by: str | None) -> Ids:
    """The number of the set that each sample is of, from 0, in the order of first rows."""
    if by is None:
        places = shapely.get_coordinates(shapely.centroid(source.geometry.to_numpy()))
        if len(places) != len(source):
            raise DataError("replicates: a sample has no place; name the column of sets in by")
        keys = pd.Series(list(map(tuple, places)))
    else:
        names = sources.class_names(sources.column(source, by, "replicates")).reset_index(drop=True)
        keys = names.where(names.notna(), pd.Series([(i,) for i in range(len(names))]))
    return np.asarray(pd.factorize(keys)[0], "int64")


def _row(held: tables.Values, usable: tables.Flags, ids: Ids) -> dict[str, float]:
    told = dict.fromkeys(
        ("sets", "identical", "variation", "noise_share", "deviation_at_zero", "relative_deviation",
         "detection_limit"), np.nan,
    )  # fmt: skip
    sets = pd.Series(held[usable]).groupby(ids[usable])
    sizes = sets.size().to_numpy()
    told["sets"] = float((sizes > 1).sum())
    if not told["sets"]:
        return told
    several = sizes > 1
    deviations = np.asarray(sets.std().to_numpy()[several], "float64")
    means = np.asarray(sets.mean().to_numpy()[several], "float64")
    told["identical"] = float((deviations == 0).sum())
    told["variation"] = kernel.coefficient_of_variation(deviations, means)
    told["noise_share"] = _noise(np.log(held[usable]), ids[usable])
    one, other = (sets.nth(i) for i in (0, 1))
    groups = pd.Series(ids[usable])
    first = one[groups[one.index].isin(groups[other.index]).to_numpy()]
    fitted = kernel.thompson_howarth(first.to_numpy(), other.to_numpy())
    if fitted is not None:
        told["deviation_at_zero"] = fitted.intercept
        told["relative_deviation"] = fitted.slope
        told["detection_limit"] = fitted.detection_limit
    return told


def _noise(logs: tables.Values, ids: Ids) -> float:
    """Variance within sets over that of all samples."""
    sets = pd.Series(logs).groupby(ids)
    within = float((sets.var() * (sets.size() - 1)).sum() / (sets.size() - 1).sum())
    whole = float(np.var(logs, ddof=1))
    return within / whole if whole > 0 else float("nan")


def _averaged(held: tables.Values, ids: Ids, average: Average) -> tables.Values:
    known = pd.Series(np.log(held) if average == "geometric_mean" else held).groupby(ids)
    made = known.median() if average == "median" else known.mean()
    found = made.sort_index().to_numpy("float64")
    return np.asarray(np.exp(found) if average == "geometric_mean" else found)


def _companions(
    source: gpd.GeoDataFrame, column: str, held: tables.Values, ids: Ids
) -> dict[str, Any]:
    """Limits of a merged column: the highest, where no sample of the set was measured."""
    made: dict[str, Any] = {}
    censored = np.zeros(int(ids.max()) + 1, bool)
    for side in ("below", "above"):
        name = f"{column}_{side}_limit"
        if name not in source:
            continue
        limit = pd.Series(source[name].to_numpy("float64"))
        measured = pd.Series(limit.isna().to_numpy() & ~np.isnan(held)).groupby(ids).any()
        made[name] = limit.groupby(ids).max().where(~measured).sort_index().to_numpy()
        censored |= ~np.isnan(made[name])
    if f"{column}_censored" in source:
        made[f"{column}_censored"] = censored
    return made


def _say(told: pd.DataFrame, samples: int, sets: int) -> None:
    log.info("replicates: %d samples were merged into %d.", samples, sets)
    silent = told.index[told["sets"] == 0]
    if len(silent):
        log.warning(
            "replicates: no set of measured values tells the precision of %s.", ", ".join(silent)
        )
    for column, row in told[told["sets"] > 0].iterrows():
        log.info(
            "replicates: column %r repeats to %.0f %% (standard deviation, %d sets); noise is "
            "%.0f %% of its variance.",
            column,
            100 * row["variation"],
            row["sets"],
            100 * row["noise_share"],
        )
    twice = told.index[told["identical"] > told["sets"] / 2]
    if len(twice):
        log.warning(
            "replicates: most sets hold the same value throughout in %s: these are analyses "
            "reported twice rather than replicates, and tell nothing of precision.",
            ", ".join(f"{c} ({told.loc[c, 'identical']:.0f} of {told.loc[c, 'sets']:.0f})"
                      for c in twice),
        )  # fmt: skip
