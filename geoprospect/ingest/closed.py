"""Files of formats that nothing here reads, and how to convert them."""

from __future__ import annotations

from geoprospect.errors import DataError
from geoprospect.storage import AnyPath

MAPGIS = (
    "export it in MapGIS as a shapefile (6.7: 图形处理, 文件转换, 输出SHAPE文件; K9, 10: 导出), "
    "in metres or degrees and not in millimetres of the sheet (投影变换 before), and state its crs"
)
GIS = "export it as GeoPackage or CSV"

FORMATS = {
    ".wt": ("MapGIS points", MAPGIS),
    ".wl": ("MapGIS lines", MAPGIS),
    ".wp": ("MapGIS polygons", MAPGIS),
    ".wat": ("MapGIS points as text (明码)", MAPGIS),
    ".wal": ("MapGIS lines as text (明码)", MAPGIS),
    ".wap": ("MapGIS polygons as text (明码)", MAPGIS),
    ".mpj": (
        "a MapGIS project, which only names its files",
        MAPGIS.replace("it", "each of them", 1),
    ),
    ".xls": ("an old Excel file", "save it as .xlsx or CSV"),
    ".mdb": ("an Access database", GIS),
    ".dwg": ("an AutoCAD drawing", GIS),
    ".gdb.zip": ("a zipped geodatabase", "unzip it, or " + GIS),
}
"""Ending to what the file is, and what to do with it."""


def problem(path: AnyPath) -> str | None:
    """Why a file cannot be read and what to do, by its ending; None if it may be read."""
    name = path.name.lower()
    for ending, (what, remedy) in FORMATS.items():
        if name.endswith(ending):
            return f"{what}: nothing here reads it; {remedy}"
    return None


def refuse(path: AnyPath) -> None:
    """Raise a DataError for a file of a format that nothing here reads."""
    told = problem(path)
    if told:
        raise DataError(f"{path}: {told}")
