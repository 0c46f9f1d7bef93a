"""Targets and what goes with them, to one GeoPackage and to CSV."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoprospect.errors import ContractError
from geoprospect.report import files, symbols
from geoprospect.storage import AnyPath

_DAY = "2000-01-01T00:00:00.000Z"
"""What GeoPackages say of when they were written: the same data give the same bytes."""

_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME
)"""


def geopackage(layers: Mapping[str, gpd.GeoDataFrame | None], path: AnyPath) -> AnyPath:
    """
    Write vector layers into one GeoPackage, with QGIS styles inside.

    ``targets``, ``survey_areas``, ``samples``, ``deposits``, ``folds`` and ``decisions`` are
    drawn as such; other layers are left to the reader. What is None is left out. The
    file appears under its name when whole, and the same layers give the same bytes.

    Parameters
    ----------
    layers : mapping of layer name to GeoDataFrame
        All with a CRS; names and columns may be in any script.
    path : Path
        The file, ``.gpkg``.

    Returns
    -------
    Path
        The file, as given.

    Raises
    ------
    ContractError
        If a layer has no CRS.
    OutputError
        If the file cannot be written.
    """
    given = {name: frame for name, frame in layers.items() if frame is not None}
    for name, frame in given.items():
        if frame.crs is None:
            raise ContractError(f"layer {name!r} has no CRS, so no map program could place it")
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DAY})
    try:
        with files.replaced(path) as place:
            _write(given, place)
            _add_styles(given, place)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, sqlite3.Error) as error:
        raise files.failure(path, error) from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    return path


def csv(frame: pd.DataFrame, path: AnyPath, *, digits: int | None = 8) -> AnyPath:
    """
    Write a table without its geometry as CSV that spreadsheets open in any script (UTF-8).

    Numbers have so many *digits*, or with None all that they need to be read back the same.
    """
    plain = (
        frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame
    )
    form = None if digits is None else f"%.{digits}g"
    text = pd.DataFrame(plain).to_csv(index=False, lineterminator="\n", float_format=form)
    return files.write_text("\ufeff" + text, path)


def _write(layers: Mapping[str, gpd.GeoDataFrame], place: Path) -> None:
    for name, frame in layers.items():
        with warnings.catch_warnings():
            # an empty layer has no geometries to tell their type from
            warnings.filterwarnings("ignore", "A geometry column exists, but is empty")
            pyogrio.write_dataframe(
                frame,
                place,
                layer=name,
                driver="GPKG",
                append=place.exists(),
                # later versions make QGIS of today's long-term releases warn
                dataset_options=None if place.exists() else {"VERSION": "1.3"},
                geometry_type="Unknown" if frame.empty else None,
                promote_to_multi=len(set(frame.geom_type)) > 1 or None,
            )


def _add_styles(layers: Mapping[str, gpd.GeoDataFrame], place: Path) -> None:
    """The table in which QGIS looks for the styles of a GeoPackage's layers."""
    styled = {name: symbols.vector_qml(name, frame) for name, frame in layers.items()}
    with closing(sqlite3.connect(place)) as file, file:
        file.execute(_STYLES)
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_DAY,),
        )
        columns = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        for name, qml in styled.items():
            if qml is not None:
                file.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                    "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                    "owner, update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', ?)",
                    (name, columns[name], name, qml, _DAY),
                )
