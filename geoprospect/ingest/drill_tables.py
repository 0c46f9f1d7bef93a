"""Tables of drill holes as they stand in files, their columns called by what they mean."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyogrio

from geoprospect.errors import DataError, did_you_mean, listing
from geoprospect.ingest import closed
from geoprospect.ingest.files import at_hand, there
from geoprospect.ingest.table import as_it_stands
from geoprospect.ingest.vector import layer_of
from geoprospect.storage import Location

log = logging.getLogger("geoprospect.ingest")

GEOPACKAGE = (".gpkg",)


def raw(
    location: Location,
    *,
    part: str | None,
    encoding: str | None,
    roles: Mapping[str, str],
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """
    A table with the columns of *roles* under their roles' names, and all others as they are.

    Parameters
    ----------
    location : Path or URL
        A CSV, Excel or Parquet file, or a GeoPackage.
    part : str, optional
        Sheet of an Excel file, layer of a GeoPackage.
    encoding : str, optional
        Of a CSV; else UTF-8 and GBK are told apart, which is said.
    roles : dict of role to column
    also : sequence of str
        Further columns that have to be there.

    Returns
    -------
    DataFrame
        With a column ``row``: the line of the file or sheet, the number of the feature.

    Raises
    ------
    MissingFileError
        If the file is not there.
    DataError
        If it cannot be read, has no rows, or lacks columns; all are named.
    """
    file = there(location)
    closed.refuse(file)
    with at_hand(file) as place:
        if place.suffix.lower() in GEOPACKAGE:
            frame = pyogrio.read_dataframe(
                place, layer=layer_of(file, place, part), read_geometry=False
            )
            first = 1
        else:
            frame = as_it_stands(file, place, part, encoding)
            first = 2
    if frame.empty:
        raise DataError(f"{file} has no rows; check that the export was whole")
    _check_columns([*roles.values(), *also], frame, str(file))
    rows = np.asarray(frame.index, np.int64) + first
    names = {column: role for role, column in roles.items()}
    reserved = {"row", *names.values()} - set(names)
    taken = [name for name in frame.columns if name in reserved]
    if taken:
        log.warning(
            "%s: columns %s are left out, for their names mean something else here.",
            file,
            ", ".join(taken),
        )
    kept: pd.DataFrame = frame.drop(columns=taken).rename(columns=names)
    return kept.assign(row=rows).reset_index(drop=True)


def hole_names(column: pd.Series) -> pd.Series:
    """Names of holes as text without blanks around; what a sheet holds as 12.0 is hole 12."""

    def name(value: Any) -> str | None:
        if pd.isna(value):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip() or None

    return pd.Series([name(value) for value in column], index=column.index, dtype=object)


def as_numbers(column: pd.Series, missing: Sequence[float | str]) -> pd.Series:
    """Float64; NaN where there is no number, and where a number or text means: not measured."""
    texts = column.where(~column.astype(str).str.strip().isin([str(code) for code in missing]))
    values = pd.to_numeric(texts, errors="coerce").astype("float64")
    codes = [code for code in missing if not isinstance(code, str)]
    return values.where(np.isfinite(values) & ~values.isin(codes))


def _check_columns(names: Sequence[str], frame: pd.DataFrame, where: str) -> None:
    columns = [str(name) for name in frame.columns]
    problems = [
        f"no column {name!r}{did_you_mean(name, columns)}" for name in names if name not in columns
    ]
    if problems:
        raise DataError(listing(f"{where} lacks columns:", problems))
