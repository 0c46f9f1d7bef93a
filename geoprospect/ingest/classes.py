"""Names of the classes of a categorical raster, from its attribute table or its values."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np

from geoprospect.errors import DataError
from geoprospect.ingest.files import at_hand
from geoprospect.ingest.text import encoding_of
from geoprospect.storage import AnyPath

log = logging.getLogger("geoprospect.ingest")

VALUE_NAMES = ("value", "val", "code", "class", "gridcode")
NUMBER_TYPES = ("0", "1")
NAME_USE, VALUE_USE = "2", "5"
MANY = 1000


def table_names(description: str, band: int) -> dict[int, str]:
    """
    Code to name from GDAL's own description of a raster (VRT); empty if it has no such table.

    GDAL writes the attribute table of any format into it: ``vat.adf`` and INFO
    tables of ESRI grids, ``.aux.xml``, ERDAS Imagine, category names.
    """
    root = Xml.fromstring(description)  # noqa: S314  (GDAL wrote it a moment ago)
    found = root.find(f"VRTRasterBand[@band='{band}']")
    if found is None:
        return {}
    categories = [element.text or "" for element in found.findall("CategoryNames/Category")]
    table = found.find("GDALRasterAttributeTable")
    if table is None or table.find("Row") is None:
        return {code: name for code, name in enumerate(categories) if name}
    columns = [
        {key: column.findtext(key, "") for key in ("Name", "Type", "Usage")}
        for column in table.findall("FieldDefn")
    ]
    rows = [[cell.text or "" for cell in row.findall("F")] for row in table.findall("Row")]
    return _names(columns, rows)


def dbf_names(path: AnyPath) -> dict[int, str]:
    """Code to name from the ``.vat.dbf`` that ArcGIS writes beside a raster; empty if none."""
    table_path = path.with_name(f"{path.name}.vat.dbf")
    if not table_path.is_file():
        return {}
    import pyogrio

    encoding = encoding_of(table_path.read_bytes()[32:])
    with at_hand(table_path) as place:
        frame = pyogrio.read_dataframe(place, read_geometry=False, encoding=encoding)
    columns = [
        {"Name": str(name), "Type": "0" if frame[name].dtype.kind in "iuf" else "2", "Usage": ""}
        for name in frame.columns
    ]
    rows = [["" if cell is None else str(cell) for cell in row] for row in frame.to_numpy()]
    return _names(columns, rows)


def codes_in(blocks: Iterable[Any], where: str) -> dict[int, str]:
    """
    The codes that occur in *blocks*, each named after itself.

    Raises
    ------
    DataError
        If the values are not whole numbers, or too many for classes.
    """
    codes: set[float] = set()
    for block in blocks:
        codes.update(np.unique(block[np.isfinite(block)]).tolist())
        if len(codes) > MANY:
            raise DataError(
                f"{where} has more than {MANY} different values: no classes; "
                "leave out kind: categorical"
            )
    odd = sorted(code for code in codes if code != int(code))
    if odd:
        raise DataError(
            f"{where} holds {odd[0]:g}, which is no class code (a whole number); "
            "leave out kind: categorical"
        )
    log.info("%s has no names for its %d classes; their codes are used.", where, len(codes))
    return {int(code): str(int(code)) for code in sorted(codes)}


def _names(columns: list[dict[str, str]], rows: list[list[str]]) -> dict[int, str]:
    value = _value_column(columns)
    name = _name_column(columns, value)
    if value is None and name is None:
        return {}
    found: dict[int, str] = {}
    for index, row in enumerate(rows):
        code = float(row[value]) if value is not None else float(index)
        text = row[name].strip() if name is not None else ""
        if code == int(code) and (text or value is not None):
            found[int(code)] = text or str(int(code))
    return found


def _value_column(columns: list[Mapping[str, str]] | list[dict[str, str]]) -> int | None:
    numbers = [i for i, column in enumerate(columns) if column["Type"] in NUMBER_TYPES]
    used = [i for i in numbers if columns[i]["Usage"] == VALUE_USE]
    named = [i for i in numbers if columns[i]["Name"].lower() in VALUE_NAMES]
    return next(iter(used + named), None)


def _name_column(columns: list[dict[str, str]], value: int | None) -> int | None:
    texts = [i for i, column in enumerate(columns) if column["Type"] == "2" and i != value]
    used = [i for i in texts if columns[i]["Usage"] == NAME_USE]
    return next(iter(used + texts), None)
