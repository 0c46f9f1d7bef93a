"""What a folder of data holds: every raster, vector layer and table, looked at, not judged."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
from pyproj.exceptions import ProjError

from geoprospect.errors import DataError, GeoprospectError, MissingFileError
from geoprospect.ingest import closed
from geoprospect.ingest.text import encoding_of
from geoprospect.ingest.vector import vector

log = logging.getLogger("geoprospect.pipeline")

RASTERS = frozenset(
    {".tif", ".tiff", ".asc", ".grd", ".img", ".vrt", ".nc", ".ers", ".flt", ".bil", ".rst",
     ".sdat", ".gxf", ".hgt", ".jp2"}
)  # fmt: skip
VECTORS = frozenset(
    {".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".tab", ".mif", ".gdb", ".fgb"}
)
TABLES = frozenset({".csv", ".txt", ".xlsx", ".parquet"})
NOTES = (".json", ".txt")
"""Endings of files that mostly hold something else; such files are passed over."""
ROWS = 5000
"""Rows of a table that are looked at."""
CELLS = 4_000_000
"""A raster of no more cells is looked at whole, a larger one in a few windows."""
BLANKS = (-9999, -99999, -999, -999999, -32768, -1e31, -8888, -6666, 99999, 999999)
"""What people write where nothing was measured."""
DAMAGED = (BadZipFile, KeyError, ImportError, ProjError)
"""What libraries raise, beside the usual, of files that are torn or that they cannot read."""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Found:
    """One raster, vector layer or table of a folder: where it is and what can be seen of it."""

    path: str
    reader: str
    kind: str
    layer: str | None = None
    crs: pyproj.CRS | None = None
    bounds: Bounds | None = None
    count: int = 0
    cell: float | None = None
    columns: tuple[str, ...] = ()
    texts: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    problem: str = ""
    frame: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    @property
    def called(self) -> str:
        """Its path, and its layer where the file holds several."""
        return f"{self.path} ({self.layer})" if self.layer else self.path


def held(folder: Path) -> list[Found]:
    """
    Every raster, vector layer and table below a folder, sorted by path.

    Headers, vector layers, the first rows of tables and a few blocks of rasters are
    read. What cannot be opened is there too, with the reason as its ``problem``.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    DataError
        If nothing in it is data of a kind that can be read.
    """
    if not folder.is_dir():
        raise MissingFileError(f"there is no folder {folder}; give the folder that holds the data")
    found = [one for path in _data_sets(folder) for one in _looked_at(path, folder)]
    if not found:
        raise DataError(
            f"{folder} holds no rasters, vector layers or tables; looked at any depth for "
            f"{', '.join(sorted(RASTERS | VECTORS | TABLES))} and ESRI grids"
        )
    return found


def _data_sets(folder: Path) -> Iterator[Path]:
    """Files and folders that are one data set each; what lies inside such a folder is its own."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        suffix = path.suffix.lower()
        if path.is_dir():
            if (path / "hdr.adf").is_file() or suffix == ".gdb":
                yield path
            elif path.name != "info" and not (path / "run.json").is_file():
                yield from _data_sets(path)
        elif suffix in RASTERS | VECTORS | TABLES or closed.problem(path):
            yield path


def _looked_at(path: Path, folder: Path) -> Iterator[Found]:
    """What stands in one data set: several where a file has several layers."""
    where = path.relative_to(folder).as_posix()
    suffix = path.suffix.lower()
    told = closed.problem(path)
    try:
        if told:
            yield Found(where, "", "", problem=told)
        elif suffix in RASTERS or (path.is_dir() and suffix != ".gdb"):
            yield _raster(path, where)
        elif suffix in TABLES:
            yield _table(path, where)
        else:
            yield from _layers(path, where)
    except (GeoprospectError, ValueError, OSError, *DAMAGED) as error:
        if suffix not in NOTES:
            yield Found(where, "", "", problem=str(error).replace(str(path), where))


# --- rasters ----------------------------------------------------------------------------


def _raster(path: Path, where: str) -> Found:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as file:
                if file.count == 0:
                    raise DataError(f"{where} holds several variables; state which by layer:")
                values = _glimpse(file)
                known, remarks, settings = _blanks(values, file.nodatavals[0])
                return Found(
                    where, "raster", "raster",
                    crs=pyproj.CRS.from_user_input(file.crs) if file.crs else None,
                    bounds=tuple(file.bounds),
                    count=file.count,
                    cell=float(min(abs(file.transform.a), abs(file.transform.e))),
                    columns=tuple(text or "" for text in file.descriptions),
                    texts={"classes": _classes(known, file.dtypes[0])},
                    settings=settings, remarks=remarks,
                )  # fmt: skip
        except RasterioError as error:
            raise DataError(f"{where} cannot be opened as a raster ({error})") from error


def _glimpse(file: Any) -> npt.NDArray[np.float64]:
    """Values of the first band: all of a small raster, windows spread over a large one."""
    from rasterio.windows import Window

    if file.width * file.height <= CELLS:
        return np.asarray(file.read(1), "float64").ravel()
    side = 256
    corners = [
        (int(column), int(row))
        for row in np.linspace(0, max(file.height - side, 0), 4)
        for column in np.linspace(0, max(file.width - side, 0), 4)
    ]
    pieces = [file.read(1, window=Window(*corner, side, side)).ravel() for corner in corners]
    return np.concatenate(pieces).astype("float64")


def _blanks(
    values: npt.NDArray[np.float64], tag: float | None
) -> tuple[npt.NDArray[np.float64], tuple[str, ...], dict[str, Any]]:
    """Known values; and codes of unknown ones that the file does not name, told apart by habit."""
    known = values[np.isfinite(values) & (np.abs(values) < 1e30)]
    if tag is not None:
        known = known[known != tag]
    for code in BLANKS:
        here = known == code
        rest = known[~here]
        if here.sum() < 2 or rest.size == 0 or abs(code - np.median(rest)) < 3 * np.ptp(rest):
            continue
        share = f"{here.sum() / max(1, values.size):.0%}"
        said = f"{share} of its cells are exactly {code:g}, taken for 'not measured'"
        return rest, (said,), {"nodata": code}
    return known, (), {}


def _classes(known: npt.NDArray[np.float64], dtype: str) -> int:
    """How many classes a raster seems to have; 0 if it holds quantities."""
    if known.size == 0 or (np.dtype(dtype).kind == "f" and (known != np.rint(known)).any()):
        return 0
    several = np.unique(known).size
    return several if several <= 60 else 0


# --- vectors ----------------------------------------------------------------------------


def _layers(path: Path, where: str) -> Iterator[Found]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except DataSourceError as error:
        raise DataError(f"{where} cannot be opened as vector data; is it damaged?") from error
    for name in names:
        layer = name if len(names) > 1 else None
        try:
            yield _features(path, where, layer)
        except GeoprospectError as error:
            yield _unplaced(path, where, layer, str(error).replace(str(path), where))


def _features(path: Path, where: str, layer: str | None) -> Found:
    settings = {"encoding": "gb18030"} if _is_gbk(path) else {}
    features = vector(path=path, layer=layer, **settings)
    kinds = set(features.geom_type.str.removeprefix("Multi"))
    kind = {"LineString": "line", "LinearRing": "line", "Polygon": "polygon", "Point": "point"}.get(
        kinds.pop() if len(kinds) == 1 else "", "mixed"
    )
    table = pd.DataFrame(features.drop(columns=features.geometry.name))
    return Found(
        where, "vector", kind, layer=layer, crs=features.crs,
        bounds=tuple(features.total_bounds), count=len(features), columns=tuple(table.columns),
        texts=_texts(table), settings=settings, problem=_odd_geometry(kind),
        frame=table.assign(x=_middle(features)[0], y=_middle(features)[1]),
        remarks=("its texts look like GBK and are read as gb18030",) if settings else (),
    )  # fmt: skip


def _odd_geometry(kind: str) -> str:
    return "points, lines and polygons are mixed; part them into layers" if kind == "mixed" else ""


def _middle(features: gpd.GeoDataFrame) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    box = features.geometry.bounds.to_numpy()
    return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2


def _unplaced(path: Path, where: str, layer: str | None, problem: str) -> Found:
    """A layer that could not be read whole: its outline at least, if it has one."""
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = pyogrio.read_info(path, layer=layer, force_total_bounds=True)
    except (ValueError, RuntimeError, UnicodeDecodeError):
        return Found(where, "", "", layer=layer, problem=problem)
    return Found(
        where, "vector", _kind_of(str(info["geometry_type"])), layer=layer,
        bounds=info["total_bounds"], count=int(info["features"]),
        problem="" if info["crs"] is None else problem,
    )  # fmt: skip


def _kind_of(geometry: str) -> str:
    for name, kind in (("Polygon", "polygon"), ("Line", "line"), ("Point", "point")):
        if name in geometry:
            return kind
    return "mixed"


def _is_gbk(path: Path) -> bool:
    """Whether the table of a Shapefile that states no encoding is in GBK."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or not table.is_file() or path.with_suffix(".cpg").is_file():
        return False
    with table.open("rb") as file:
        return encoding_of(file.read(2**20)[32:]) == "gb18030"


def _texts(table: pd.DataFrame) -> dict[str, int]:
    """Columns of text, and how many different ones each has."""
    columns = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return {str(name): int(table[name].astype(str).str.strip().nunique()) for name in columns}


# --- tables -----------------------------------------------------------------------------


def _table(path: Path, where: str) -> Found:
    frame, settings = _frame(path)
    frame.columns = [str(name).strip() for name in frame.columns]
    return Found(
        where, "table", "point", count=len(frame), columns=tuple(frame.columns),
        texts=_texts(frame), settings=settings, frame=frame,
        remarks=("its text looks like GBK and is read as gb18030",) if settings else (),
    )  # fmt: skip


def _frame(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The first rows of a table, as text."""
    if path.suffix.lower() == ".parquet":
        return pd.read_parquet(path).head(ROWS).astype(str), {}
    if path.suffix.lower() == ".xlsx":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pd.read_excel(path, nrows=ROWS, dtype=str, engine="openpyxl"), {}
    with path.open("rb") as file:
        raw = file.read(2**23)
    encoding = encoding_of(raw)
    text = raw.decode(encoding, errors="ignore").lstrip("\r\n")
    header = text.partition("\n")[0]
    separator = max(",;\t|", key=header.count)
    if separator not in header:
        raise DataError(f"{path} has one column only; it is no table of points")
    frame = pd.read_csv(
        io.StringIO(text), sep=separator, dtype=str, nrows=ROWS, on_bad_lines="skip"
    )
    return frame, {"encoding": "gb18030"} if encoding == "gb18030" else {}
