"""All that is written of a run: maps, vector layers, tables, texts; each whole or not at all."""

from __future__ import annotations

from geoprospect.report.block_models import (
    block_parquet,
    block_table,
    level_geotiff,
    levels,
    vti,
)
from geoprospect.report.files import json_text, write_bytes, write_text
from geoprospect.report.files import write_texts as model_folder
from geoprospect.report.omf import omf
from geoprospect.report.pictures import figure
from geoprospect.report.rasters import geotiff, geotiffs
from geoprospect.report.shapefile import shapefiles
from geoprospect.report.vectors import csv, geopackage

__all__ = [
    "block_parquet",
    "block_table",
    "csv",
    "figure",
    "geopackage",
    "geotiff",
    "geotiffs",
    "json_text",
    "level_geotiff",
    "levels",
    "model_folder",
    "omf",
    "shapefiles",
    "vti",
    "write_bytes",
    "write_text",
]
