"""What deposits count for, and since when they are known, from their own columns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean

EARLIEST = 1000
LATEST = 2100
"""Years between which a discovery may lie."""

Values = npt.NDArray[np.float64]


def weights(deposits: gpd.GeoDataFrame, column: str) -> Values:
    """
    Weight of each deposit as it stands in a column: its size, or how sure it is.

    Raises
    ------
    DataError
        If there is no such column, or a weight is missing, no number or not positive.
    """
    found = _numbers(deposits, column, "weight")
    bad = ~(np.isfinite(found) & (found > 0))
    if bad.any():
        told = ", ".join(str(value) for value in deposits.loc[bad, column].head(3))
        raise DataError(
            f"weight: {bad.sum()} of {len(found)} deposits have no positive number in {column!r} "
            f"(first: {told}); fill them in, or leave weight out"
        )
    return found


def years(deposits: gpd.GeoDataFrame, column: str) -> Values:
    """
    Year of each deposit's discovery, from numbers, texts or dates; NaN where it is not known.

    Raises
    ------
    DataError
        If there is no such column, or it holds what is no year.
    """
    if column in deposits and pd.api.types.is_datetime64_any_dtype(deposits[column]):
        return np.asarray(deposits[column].dt.year, np.float64)
    found = _numbers(deposits, column, "year")
    known = deposits[column].notna().to_numpy() & (deposits[column].astype(str) != "").to_numpy()
    bad = known & ~((found >= EARLIEST) & (found <= LATEST) & (found == np.floor(found)))
    if bad.any():
        told = ", ".join(str(value) for value in deposits.loc[bad, column].head(3))
        raise DataError(
            f"year: {bad.sum()} of {len(found)} deposits have no year in {column!r} (first: "
            f"{told}); leave empty what is not known"
        )
    return found


def _numbers(deposits: gpd.GeoDataFrame, column: str, setting: str) -> Values:
    if column not in deposits:
        columns = [str(name) for name in deposits.columns.drop(deposits.geometry.name)]
        raise DataError(
            f"{setting}: the deposits have no column {column!r}{did_you_mean(column, columns)}"
        )
    numbers = pd.to_numeric(deposits[column], errors="coerce")
    return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan))
