"""Tables of points: samples and occurrences with coordinates in two columns."""

from __future__ import annotations

import csv
import io
import logging
import warnings
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import DataError, did_you_mean
from geoprospect.ingest import closed, headers
from geoprospect.ingest.assays import BelowLimit, Negative, Rules, numbers
from geoprospect.ingest.files import at_hand, there
from geoprospect.ingest.limits import FlagMeaning
from geoprospect.ingest.points import check_place, say_duplicates
from geoprospect.ingest.reference import crs_of, degrees
from geoprospect.ingest.text import encoding_of
from geoprospect.registry import INPUTS
from geoprospect.storage import AnyPath, Location

log = logging.getLogger("geoprospect.ingest")

SPREADSHEETS = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".geoparquet", ".pq")
SEPARATORS = ",;\t|"


@INPUTS.register
def table(
    *,
    path: Location,
    x: str,
    y: str,
    crs: str,
    sheet: str | None = None,
    encoding: str | None = None,
    missing: list[float | str] = [],  # noqa: B006  (never changed; the schema shows it)
    negative: Negative = "value",
    below_limit: BelowLimit = "half",
    flags: dict[str, str] | str = {},  # noqa: B006
    flag_codes: dict[str, FlagMeaning] = {"<": "below", ">": "above"},  # noqa: B006
    limits: dict[str, float | str] = {},  # noqa: B006
    below: list[float | str] = [],  # noqa: B006
    units: dict[str, str] = {},  # noqa: B006
    layout: Literal["china_200k"] | None = None,
    text: list[str] = [],  # noqa: B006
) -> gpd.GeoDataFrame:
    """
    A table of points (CSV, Excel or Parquet) with its assays as numbers.

    Geochemistry comes with values below the detection limit written as
    ``<0.5``, as negative numbers, or with a flag in another column, and with
    codes for what was not measured; read as plain numbers they would make false
    anomalies. A column with such values gets companions: ``<column>_censored``
    says which they are, ``<column>_below_limit`` and ``<column>_above_limit`` by
    which limit. How many they are is said for each column.

    Parameters
    ----------
    path : Path or URL
        A .csv, .txt, .xlsx or .parquet file.
    x, y : str
        Columns of easting and northing, or of longitude and latitude, as
        numbers or as ``41-01-08N``.
    crs : str
        CRS of the coordinates: 'EPSG:4490'.
    sheet : str, optional
        Sheet of an Excel file; else its first.
    encoding : str, optional
        Encoding of a CSV; else UTF-8 and GBK are told apart, which is said.
    missing : list
        Numbers and texts that mean: not measured.
    negative : str
        'value', or 'below_limit': -0.5 means below a limit of 0.5.
    below_limit : str
        What stands in for a value below its limit L: 'half' (L/2), 'sqrt2'
        (L divided by the square root of 2), 'limit' (L), or 'missing'. The
        tables' functions ``substituted`` and ``multiplicative_replacement``
        can choose anew by column.
    flags : dict or str
        Columns that hold flags of others, {Au: Au_flag}, or the pattern by which
        they are called, '*_flag'. Blank means measured.
    flag_codes : dict
        What a flag means: 'below' (the value is the limit, where *limits* states
        none), 'above', 'measured' or 'missing'.
    limits : dict
        Detection limit by column: a number, the column that holds it row by row,
        or 'lowest' (the lowest number above zero in the column). For values that
        are marked but do not carry their limit themselves. The column '*' stands
        for all whose headers name an element and that are not stated.
    below : list
        Numbers and texts (0, 'nd', '未检出') that mean, in the columns of
        *limits*: below the limit stated there.
    units : dict
        Units by column; kept in ``attrs['units']`` of the result. Headers that
        name an element and a unit (``Au_ppb``, ``Cu(10-6)``) need none; what is
        stated here goes before.
    layout : {"china_200k"}, optional
        The 39-element layout of stream sediments at 1:200 000: columns are
        called by their symbols (铜, Cu含量 and Cu(10-6) become Cu), which all
        other settings then mean, and a header without a unit has that of the
        layout: Au, Ag, Hg and Cd in ng/g, oxides in %, else ug/g.
    text : list of str
        Columns to leave as text although most of their values are numbers.

    Returns
    -------
    GeoDataFrame of points
        Numeric columns float64, text columns as they are; ``attrs["units"]`` by
        column, and ``attrs["analytes"]``, the element or oxide that a column names.

    Raises
    ------
    MissingFileError
        If the file is not there or not within reach.
    DataError
        If nothing here reads its format, a column is not there, text stands in a
        numeric column, or the coordinates cannot be in the CRS.
    """
    file = there(path)
    closed.refuse(file)
    with at_hand(file) as place:
        frame = as_it_stands(file, place, sheet, encoding)
    analytes = _analytes(frame, {x, y}, layout, str(file))
    if layout is not None:
        frame = frame.rename(columns={column: one.name for column, one in analytes.items()})
        analytes = {one.name: one for one in analytes.values()}
    stated = {"x": [x], "y": [y], "units": list(units), "text": text}
    for setting, columns in stated.items():
        for column in columns:
            _check_column(column, frame, file, setting)
    reference = crs_of(crs, None, str(file))
    places = {name: _coordinates(frame[name], file, missing) for name in (x, y)}
    every = limits.get("*")
    if every is not None:
        limits = dict.fromkeys(analytes, every) | {
            column: limit for column, limit in limits.items() if column != "*"
        }
    rules = Rules(str(file), missing, negative, below_limit, flags, flag_codes, limits, below)
    frame = numbers(frame.drop(columns=[x, y]), rules, text=text)
    frame = pd.concat([pd.DataFrame(places, index=frame.index), frame], axis=1)
    points = _points(frame, x, y, file).set_crs(reference)
    check_place(points, f"{file} (columns {x!r} and {y!r})")
    say_duplicates(points, str(file))
    from_headers = {
        column: one.unit for column, one in analytes.items() if one.unit and column not in units
    }
    headers.say_units(from_headers, str(file))
    _say_odd(points, list(analytes), str(file))
    points.attrs["units"] = from_headers | units
    points.attrs["analytes"] = {column: one.name for column, one in analytes.items()}
    return points


def _analytes(
    frame: pd.DataFrame, places: set[str], layout: str | None, where: str
) -> dict[str, headers.Analyte]:
    """The columns whose headers name an element or oxide."""
    others = [str(column) for column in frame.columns if column not in places]
    return headers.recognised(others) if layout is None else headers.in_layout(others, where)


def _say_odd(points: gpd.GeoDataFrame, columns: list[str], where: str) -> None:
    """Say which concentrations are zero or negative, which none can be."""
    values = {column: points[column] for column in columns if points[column].dtype.kind == "f"}
    zeros = {column: int((held == 0).sum()) for column, held in values.items()}
    less = {column: int((held < 0).sum()) for column, held in values.items()}
    for what, counts, remedy in (
        ("zero", zeros, "limits: {'*': lowest}, below: [0]"),
        ("negative", less, "negative: below_limit, or name their code in missing"),
    ):
        odd = [f"{column} ({count})" for column, count in counts.items() if count]
        if odd:
            log.warning(
                "%s: %d columns of concentrations have values that are %s: %s%s. If they mean "
                "below a limit, state %s.",
                where,
                len(odd),
                what,
                ", ".join(odd[:8]),
                ", ..." if len(odd) > 8 else "",
                remedy,
            )


def as_it_stands(
    path: AnyPath, place: Path, sheet: str | None, encoding: str | None
) -> pd.DataFrame:
    """The table as it stands in the file; what is not a number is left as text."""
    suffix = place.suffix.lower()
    if suffix in SPREADSHEETS:
        frame = _spreadsheet(path, place, sheet)
    elif suffix in PARQUET:
        frame = _parquet(path, place)
    else:
        frame = _delimited(path, place, encoding)
    frame.columns = [str(name).strip() for name in frame.columns]
    frame = frame.dropna(how="all")
    if frame.empty:
        raise DataError(f"{path} has no rows; check that the export was whole")
    return frame


def _delimited(path: AnyPath, place: Path, encoding: str | None) -> pd.DataFrame:
    raw = place.read_bytes()
    chosen = encoding or encoding_of(raw)
    if encoding is None and chosen != "utf-8-sig":
        log.warning(
            "%s is not UTF-8 and is read as %s. If names look wrong, state encoding.",
            path,
            {"gb18030": "GBK (gb18030)"}.get(chosen, chosen),
        )
    try:
        content = raw.decode(chosen, errors="strict" if chosen != "cp1252" else "replace")
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            f"{path} is not in {chosen} ({error}); state another encoding, for example gb18030"
        ) from error
    if "\0" in content:
        raise DataError(f"{path} is no text table (it holds zero bytes); save it as CSV")
    separator = _separator(content)
    try:
        return pd.read_csv(
            io.StringIO(content.lstrip("\r\n")), sep=separator, dtype=str, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read as a table ({str(error).strip()}); save it as CSV anew"
        ) from error


def _separator(content: str) -> str:
    """The sign between columns: the one that is most frequent in the header line."""
    header = content.partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _spreadsheet(path: AnyPath, place: Path, sheet: str | None) -> pd.DataFrame:
    from zipfile import BadZipFile

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        try:
            with pd.ExcelFile(place, engine="openpyxl") as book:
                names = [str(name) for name in book.sheet_names]
                if sheet is not None and sheet not in names:
                    raise DataError(f"{path} has no sheet {sheet!r}{did_you_mean(sheet, names)}")
                return pd.read_excel(book, sheet_name=sheet or 0, dtype=object)
        except (BadZipFile, KeyError, OSError) as error:
            raise DataError(
                f"{path} cannot be read as an Excel file ({error}); it is damaged or cut short, "
                "save it anew or as CSV"
            ) from error


def _parquet(path: AnyPath, place: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(place)
    except ImportError:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow; install it with "
            "pip install geoprospect[parquet]"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as Parquet ({error}); write it anew") from error


def _check_column(column: str, frame: pd.DataFrame, path: AnyPath, setting: str) -> None:
    if column not in frame.columns:
        names = [str(name) for name in frame.columns]
        hint = did_you_mean(column, names)
        known = "" if hint.startswith("; known") else f" Its columns: {', '.join(names)}"
        raise DataError(f"{path} has no column {column!r}, stated as {setting}{hint}{known}")


def _coordinates(column: pd.Series, path: AnyPath, missing: list[float | str]) -> pd.Series:
    """One coordinate as float64; texts like 41-01-08N become decimal degrees."""
    texts = column.where(~column.astype(str).str.strip().isin([str(code) for code in missing]))
    values = pd.to_numeric(texts, errors="coerce").astype("float64")
    unread = values.isna() & texts.notna() & (texts.astype(str).str.strip() != "")
    values[unread] = texts[unread].map(lambda value: degrees(str(value)))
    odd = values.isna() & unread
    if odd.any():
        first = ", ".join(f"row {column.index[i] + 2}: {column.iloc[i]!r}" for i in _first(odd))
        raise DataError(
            f"{path}: column {column.name!r} should hold coordinates, but {int(odd.sum())} of "
            f"{len(column)} values are not ({first}); correct them, or name their code in missing"
        )
    codes = [code for code in missing if isinstance(code, int | float)]
    return values.where(~values.isin(codes))


def _first(odd: pd.Series, count: int = 5) -> list[int]:
    return [int(i) for i in np.flatnonzero(odd.to_numpy())[:count]]


def _points(frame: pd.DataFrame, x: str, y: str, path: AnyPath) -> gpd.GeoDataFrame:
    there = np.isfinite(frame[[x, y]].to_numpy("float64")).all(axis=1)
    if not there.any():
        raise DataError(f"{path}: no row has both coordinates, {x!r} and {y!r}")
    if not there.all():
        log.warning(
            "%s: %d of %d rows have no coordinates and are dropped.",
            path,
            int((~there).sum()),
            len(frame),
        )
    kept = frame[there].reset_index(drop=True)
    return gpd.GeoDataFrame(kept, geometry=gpd.points_from_xy(kept[x], kept[y]))
