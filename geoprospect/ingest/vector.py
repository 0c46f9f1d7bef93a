"""Vector layers: points, lines and polygons of any format that GDAL reads."""

from __future__ import annotations

import codecs
import logging
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geoprospect.errors import DataError, did_you_mean
from geoprospect.ingest import closed
from geoprospect.ingest.files import at_hand, there
from geoprospect.ingest.points import check_place, say_duplicates
from geoprospect.ingest.reference import crs_of
from geoprospect.ingest.text import encoding_of
from geoprospect.registry import INPUTS
from geoprospect.storage import AnyPath, Location

log = logging.getLogger("geoprospect.ingest")

NO_STATEMENT = 0
"""Code page byte of a dBASE file that does not say how its text is encoded."""
ANSI = 0x57
"""Code page byte that ArcGIS writes whatever the code page of the machine is."""
SNIFFED = 2**22


@INPUTS.register
def vector(
    *,
    path: Location,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Points, lines or polygons of a vector file, repaired and in a known CRS.

    Faults, geological units, deposits and licence blocks come as GeoPackages,
    Shapefiles, GeoJSON or file geodatabases. Self-crossing polygons are
    repaired and empty features dropped; both are counted in a warning.

    Parameters
    ----------
    path : Path or URL
        A file, or the folder of a file geodatabase. At a URL it is read from a
        copy, with the files that belong to it.
    layer : str, optional
        Layer of a file that holds several.
    crs : str, optional
        CRS, if the file has none or a wrong one: 'EPSG:4545', or WKT.
    encoding : str, optional
        Encoding of the texts of a Shapefile, if it does not say so: 'gbk'.
        Unstated GBK is recognised, and said in a warning.

    Returns
    -------
    GeoDataFrame
        As the file has it; text columns as text.

    Raises
    ------
    MissingFileError
        If the file is not there or not within reach.
    DataError
        If it is no vector file, has no CRS, no such layer or no features, or
        if its coordinates cannot be in its CRS.
    """
    file = there(path)
    closed.refuse(file)
    if encoding is not None:
        _check_encoding(encoding, file)
    with at_hand(file) as place:
        chosen = layer_of(file, place, layer)
        frame = _read(file, place, chosen, encoding or _sniffed(file, place))
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(
            f"{file} has no geometry; read it as a table with its x and y columns: "
            "{table: {path: ..., x: ..., y: ..., crs: ...}}"
        )
    frame = frame.set_crs(crs_of(crs, frame.crs, str(file)), allow_override=True)
    frame = _repaired(_with_geometry(frame, file), file)
    check_place(frame, str(file))
    say_duplicates(frame, str(file))
    return frame


def layer_of(path: AnyPath, place: Path, layer: str | None) -> str | None:
    """The layer to be read, if it is there; one has to be stated where there are several."""
    try:
        names = [str(name) for name in pyogrio.list_layers(place)[:, 0]]
    except (DataSourceError, DataLayerError) as error:
        raise DataError(
            f"{path} cannot be opened as vector data ({_first_sentence(error)}); it is damaged, "
            "lacks one of its files, or is of a format that this GDAL does not know: "
            "export it as a GeoPackage"
        ) from error
    if layer is None and len(names) > 1:
        raise DataError(
            f"{path} holds {len(names)} layers; state which by layer: one of {', '.join(names)}"
        )
    if layer is not None and layer not in names:
        raise DataError(f"{path} has no layer {layer!r}{did_you_mean(layer, names)}")
    return layer


def _check_encoding(encoding: str, path: AnyPath) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise DataError(f"{path}: {error}; write encoding as utf-8 or gb18030") from None


def _sniffed(path: AnyPath, place: Path) -> str | None:
    """Encoding of a Shapefile that does not state one; None leaves it to GDAL."""
    table = _beside(place, ".dbf")
    if path.suffix.lower() != ".shp" or table is None or _beside(place, ".cpg") is not None:
        return None
    with table.open("rb") as file:
        raw = file.read(SNIFFED)
    if len(raw) < 32 or raw[29] not in (NO_STATEMENT, ANSI):
        return None
    found = encoding_of(raw[32:])
    if found == "gb18030":
        log.warning(
            "%s does not state how its text is encoded; it is read as GBK (gb18030). "
            "If names look wrong, state encoding.",
            path,
        )
    return {"utf-8-sig": "utf-8"}.get(found, found)


def _beside(path: Path, suffix: str) -> Path | None:
    """The file with the same stem and another ending, in either case."""
    candidates = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((file for file in candidates if file.is_file()), None)


def _read(
    path: AnyPath, place: Path, layer: str | None, encoding: str | None
) -> gpd.GeoDataFrame | pd.DataFrame:
    try:
        return _frame(place, layer, encoding)
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise DataError(
                f"{path}: its text is not in {encoding} ({error.reason} at byte {error.start}); "
                "state another encoding, for example gb18030"
            ) from error
    except (DataSourceError, DataLayerError) as error:
        raise DataError(f"{path} cannot be read: {_first_sentence(error)}") from error
    log.warning(
        "%s: its text is not in the encoding that it states; it is read as GBK (gb18030). "
        "If names look wrong, state encoding.",
        path,
    )
    return _read(path, place, layer, "gb18030")


def _frame(place: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*Measured \(M\) geometry types")
        warnings.filterwarnings("ignore", message=r"(?s).*(winding order|ring order|autocorrected)")
        return pyogrio.read_dataframe(place, layer=layer, encoding=encoding)


def _with_geometry(frame: gpd.GeoDataFrame, path: AnyPath) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    there[there] = np.isfinite(shapely.bounds(shapes[there])).all(axis=1)
    if not there.any():
        raise DataError(f"{path} has no features with a geometry; check that the export was whole")
    if not there.all():
        log.warning(
            "%s: %d of %d features have no geometry and are dropped.",
            path,
            int((~there).sum()),
            len(frame),
        )
    return frame[there].reset_index(drop=True)


def _repaired(frame: gpd.GeoDataFrame, path: AnyPath) -> gpd.GeoDataFrame:
    """The features with self-crossing polygons made valid, their area parts kept."""
    shapes = frame.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes) & (shapely.get_dimensions(shapes) == 2)
    if not broken.any():
        return frame
    mended = shapes.copy()
    mended[broken] = [_areas(shape) for shape in shapely.make_valid(shapes[broken])]
    log.warning(
        "%s: %d of %d polygons cross themselves and were repaired.",
        path,
        int(broken.sum()),
        len(frame),
    )
    mended_frame = frame.set_geometry(gpd.GeoSeries(mended, index=frame.index, crs=frame.crs))
    return _with_geometry(mended_frame, path)


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a repaired shape; loose lines and points are left over from the repair."""
    parts = shapely.get_parts(shape, return_index=False)
    polygons = [part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")]
    return polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)


def _first_sentence(error: Exception) -> str:
    return str(error).partition("; It might help")[0].strip()
