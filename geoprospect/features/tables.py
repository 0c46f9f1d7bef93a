"""What functions on tables of points ask of their columns, and how they add to them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect import contract
from geoprospect.errors import ContractError, DataError, listing
from geoprospect.features import sources
from geoprospect.kernels import units

log = logging.getLogger("geoprospect.features")

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def check_columns(columns: Sequence[str], least: int, function: str) -> None:
    """Raise a ValueError unless at least so many columns are named, each once."""
    twice = sorted({column for column in columns if list(columns).count(column) > 1})
    if twice:
        raise ValueError(f"columns names {', '.join(twice)} more than once")
    if len(columns) < least:
        some = "one column" if least == 1 else f"{least} columns"
        raise ValueError(f"{function} needs at least {some}, got {len(columns)}")


def numbers(source: gpd.GeoDataFrame, columns: Sequence[str], function: str) -> Values:
    """Columns as (rows, columns) of numbers, NaN where unknown; an error for text."""
    found = [sources.column(source, column, function) for column in columns]
    texts = [c for c, one in zip(columns, found, strict=True) if not _numeric(one)]
    if texts:
        raise DataError(
            f"{function}: column {texts[0]!r} holds text, not numbers; see to its missing codes "
            "and below-limit marks where it is read"
        )
    values = np.stack([one.to_numpy("float64", na_value=np.nan) for one in found], axis=1)
    empty = [c for c, one in zip(columns, values.T, strict=True) if not np.isfinite(one).any()]
    if empty:
        raise DataError(f"{function}: column {empty[0]!r} has no value at all")
    return np.where(np.isfinite(values), values, np.nan)


def _numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def limits(source: gpd.GeoDataFrame, columns: Sequence[str], side: str = "below") -> Values:
    """(rows, columns): the limit below (or above) which a value lies, NaN where measured."""
    names = [f"{column}_{side}_limit" for column in columns]
    rows = np.full(len(source), np.nan)
    return np.stack(
        [source[name].to_numpy("float64") if name in source else rows for name in names], axis=1
    )


def unit_of(source: gpd.GeoDataFrame, column: str) -> str:
    """A column's unit; "1" where none was stated."""
    return str(source.attrs.get("units", {}).get(column, "1"))


def factors(source: gpd.GeoDataFrame, columns: Sequence[str], function: str) -> Values:
    """What to multiply each column by to make it a share of mass; an error for other units."""
    stated = source.attrs.get("units", {})
    problems = []
    for column in columns:
        if column not in stated:
            problems.append(f"column {column!r} has no unit")
        elif units.share_of_mass(str(stated[column])) is None:
            problems.append(f"column {column!r} is in {stated[column]!r}, no concentration")
    if problems:
        raise DataError(
            listing(f"{function} needs parts of one whole in units it can convert:", problems)
            + "\nState them where the table is read, for example units: {Cu: ug/g, Au: ng/g, "
            "Fe2O3: '%'}."
        )
    return np.array([units.share_of_mass(str(stated[column])) for column in columns], "float64")


def with_columns(
    source: gpd.GeoDataFrame,
    made: Mapping[str, npt.NDArray[np.generic]],
    in_units: Mapping[str, str],
    *,
    anew: bool = False,
) -> gpd.GeoDataFrame:
    """
    A new table with columns added and their units noted; *source* stays as it is.

    Columns that are there already are an error, unless they are made *anew*.
    """
    there = [name for name in made if name in source.columns]
    if there and not anew:
        raise DataError(
            f"the table already has a column {there[0]!r}, which is to be made; rename it"
        )
    kept = source.drop(columns=there) if there else source
    added = pd.DataFrame(dict(made), index=source.index)
    table = gpd.GeoDataFrame(pd.concat([kept, added], axis=1), geometry=source.geometry.name)
    table = table[[*source.columns, *(name for name in made if name not in there)]]
    table = table.set_crs(source.crs, allow_override=True) if source.crs is not None else table
    table.attrs = dict(source.attrs)
    table.attrs["units"] = {**source.attrs.get("units", {}), **in_units}
    return table


def logarithms(values: Values, column: str, function: str) -> Values:
    """Decimal logarithms of a column; an error where a value has none."""
    lost = int(np.count_nonzero(values <= 0))
    if lost:
        raise DataError(
            f"{function}: column {column!r} has {lost} values at or below zero, which have no "
            "logarithm; see to them where the table is read, or choose scale: linear"
        )
    return np.asarray(np.log10(values))


def check_metres(source: gpd.GeoDataFrame, function: str) -> None:
    """Raise a ContractError unless the table is in a projected CRS in metres."""
    crs = source.crs
    if crs is None or not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1.0:
        raise ContractError(
            f"{function} needs points in a projected CRS in metres, and these are in "
            f"{contract.crs_name(crs)}; in a pipeline they come in the grid's CRS, else pass them "
            "through grid.project first"
        )


def say_unknown(values: Values, function: str) -> None:
    """Say in how many rows a part is missing, so that nothing can be made of them."""
    lost = int(np.isnan(values).any(axis=1).sum())
    if lost:
        log.info("%s: %d of %d samples lack a part and stay unknown.", function, lost, len(values))
