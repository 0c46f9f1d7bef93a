"""Raster files as they lie on the ground, and their cells, window by window."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from geoprospect.errors import DataError, did_you_mean
from geoprospect.ingest.files import local
from geoprospect.ingest.reference import check_coordinates, crs_of

Block = npt.NDArray[np.float32]

CACHE = 64 * 2**20
"""What GDAL may keep of decoded blocks, over all files [byte]."""
OPEN_FILES = 64
BLOCK_CELLS = 2**19
"""About how many cells one read takes from files that are stored row by row."""
SIDE = 512
BEYOND_NATURE = 1e30
"""No measurement is as large: Surfer, Oasis montaj and ArcGIS write blanks beyond it."""
WHOLE_IN_FLOAT32 = 2**24


@dataclass(frozen=True)
class Tile:
    """One raster file on the ground, north up; *source* is what GDAL opens."""

    path: Path
    source: str
    grid: GeoBox
    south_up: bool
    codes: tuple[float, ...] | None
    block: tuple[int, int]


def tile(
    path: Path,
    *,
    bands: Sequence[int],
    layer: str | None,
    crs: str | None,
    codes: tuple[float, ...] | None,
) -> Tile:
    """
    Open the header of a raster and check all that can be checked before reading it.

    Raises
    ------
    MissingFileError
        If the file is not there or not within reach.
    DataError
        If it is no raster, has no CRS, is rotated, lacks a band or is cut short.
    """
    path = local(path)
    with _gdal(), _opening(path, str(path.resolve())) as whole:
        source = _chosen(whole, path, layer)
    with _gdal(), _opening(path, source) as dataset:
        _check_bands(dataset, path, bands)
        affine = _lattice(dataset.transform, path)
        found = pyproj.CRS.from_user_input(dataset.crs) if dataset.crs else None
        grid, south_up = _north_up(dataset.shape, affine, crs_of(crs, found, str(path)))
        _check_place(grid, path)
        _check_whole(dataset, path, bands)
        block = _block(dataset.block_shapes[bands[0] - 1], dataset.shape)
    return Tile(path, source, grid, south_up, codes, block)


def cells(tile: Tile, band: int, rows: slice, columns: slice, *, whole: bool = False) -> Block:
    """
    Values of a window, north up, float32, NaN where unknown.

    *whole* asks for codes of classes, which float32 must be able to hold.
    """
    height = int(tile.grid.shape[0])
    stored = slice(height - rows.stop, height - rows.start) if tile.south_up else rows
    window = Window.from_slices(stored, columns)
    try:
        with _gdal():
            dataset = _kept_open(tile.source, _stamp(tile.path), threading.get_ident())
            raw = dataset.read(band, window=window)
            known = _known(dataset, band, window)
    except RasterioError as error:
        raise DataError(
            f"{tile.path}: rows {stored.start} to {stored.stop - 1} of band {band} cannot be "
            f"read ({error.__cause__ or error}); the file is damaged or cut short, fetch it again"
        ) from error
    if (
        whole
        and raw.dtype.itemsize > 2
        and np.abs(raw[known & np.isfinite(raw)]).max(initial=0) > (WHOLE_IN_FLOAT32)
    ):
        _refuse_large_codes(tile, raw, known)
    tag = dataset.nodatavals[band - 1]
    codes = tile.codes if tile.codes is not None else (() if tag is None else (tag,))
    values = _values(raw, known, codes, dataset.scales[band - 1], dataset.offsets[band - 1])
    return values[::-1] if tile.south_up else values


def description(tile: Tile) -> str:
    """GDAL's description of the file (a VRT), with the attribute tables of its bands."""
    import rasterio.shutil
    from rasterio.io import MemoryFile

    with _gdal(), MemoryFile(ext=".vrt") as written:
        rasterio.shutil.copy(tile.source, written.name, driver="VRT")
        return bytes(written.read()).decode("utf-8", "replace")


def titles(tile: Tile, bands: Sequence[int]) -> tuple[list[str | None], list[float | None]]:
    """What the file calls its bands, and their nodata tags."""
    with _gdal(), _opening(tile.path, tile.source) as dataset:
        return (
            [dataset.descriptions[band - 1] for band in bands],
            [dataset.nodatavals[band - 1] for band in bands],
        )


def _gdal() -> Any:
    return rasterio.Env(GDAL_CACHEMAX=CACHE, GDAL_DISABLE_READDIR_ON_OPEN="FALSE")


def _opening(path: Path, source: str) -> DatasetReader:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(source, sharing=False)
    except RasterioError as error:
        raise DataError(
            f"{path} cannot be opened as a raster ({error}); it is damaged, cut short, or of a "
            "format that this GDAL does not know: export it as a GeoTIFF"
        ) from error


@lru_cache(maxsize=OPEN_FILES)
def _kept_open(source: str, stamp: tuple[int, int], thread: int) -> DatasetReader:
    """A dataset for one thread alone; text formats would start from the top at each opening."""
    return rasterio.open(source, sharing=False)


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


def _chosen(dataset: DatasetReader, path: Path, layer: str | None) -> str:
    """The name by which GDAL opens the wanted variable of a file that may hold several."""
    named = {name.rpartition(":")[2].strip('/"'): name for name in dataset.subdatasets}
    if layer is None:
        if dataset.count == 0:
            raise DataError(
                f"{path} holds several variables; state which by layer: one of "
                f"{', '.join(sorted(named)) or 'none'}"
            )
        return str(dataset.name)
    if not named and dataset.count:
        raise DataError(f"{path} holds a single raster; leave out layer: {layer!r}")
    if layer not in named:
        raise DataError(f"{path} has no variable {layer!r}{did_you_mean(layer, named)}")
    return str(named[layer])


def _check_bands(dataset: DatasetReader, path: Path, bands: Sequence[int]) -> None:
    for band in bands:
        if not 1 <= band <= dataset.count:
            raise DataError(f"{path} has no band {band}; it has {dataset.count}, counted from 1")
        if np.dtype(dataset.dtypes[band - 1]).kind == "c":
            raise DataError(
                f"{path}: band {band} holds complex numbers; export its amplitude or phase"
            )


def _lattice(affine: Affine, path: Path) -> Affine:
    """The affine, refused unless its cells are squared up with the axes."""
    if affine.is_identity:
        raise DataError(
            f"{path} does not say where it lies (no geotransform); georeference it first, "
            "for example with a world file"
        )
    slant = 1e-6 * min(abs(affine.a), abs(affine.e))
    if abs(affine.b) > slant or abs(affine.d) > slant or affine.a < 0:
        raise DataError(
            f"{path} is rotated or mirrored; warp it to north up first, for example with gdalwarp"
        )
    return affine


def _north_up(shape: tuple[int, int], affine: Affine, crs: pyproj.CRS) -> tuple[GeoBox, bool]:
    south_up = affine.e > 0
    top = affine.f + affine.e * shape[0] if south_up else affine.f
    upright = Affine(affine.a, 0.0, affine.c, 0.0, -abs(affine.e), top)
    return GeoBox(shape, upright, crs), south_up


def _check_place(grid: GeoBox, path: Path) -> None:
    """Raise where no part of the raster can be in its CRS; a margin may stick out of its area."""
    height, width = grid.shape
    columns, rows = np.meshgrid(np.linspace(0, width, 7), np.linspace(0, height, 7))
    x, y = grid.affine @ (columns.ravel(), rows.ravel())
    check_coordinates(x, y, grid.crs.proj, str(path), count_strays=False)


def _check_whole(dataset: DatasetReader, path: Path, bands: Sequence[int]) -> None:
    """A GeoTIFF that is cut short opens like any other and fails at a late block."""
    size = path.stat().st_size
    for band in bands:
        height, width = dataset.block_shapes[band - 1]
        down, across = -(-dataset.height // height), -(-dataset.width // width)
        if dataset.driver == "GTiff":
            end = _last_byte(dataset, band, down, across)
            if end > size:
                raise DataError(
                    f"{path} is cut short: band {band} goes on to byte {end:,} and the file "
                    f"ends at {size:,}; fetch it again"
                )
            continue
        last = Window((across - 1) * width, (down - 1) * height, 1, 1)
        try:
            dataset.read(band, window=last)
        except RasterioError as error:
            raise DataError(
                f"{path}: the last block of band {band} cannot be read "
                f"({error.__cause__ or error}); the file is damaged or cut short, fetch it again"
            ) from error


def _last_byte(dataset: DatasetReader, band: int, down: int, across: int) -> int:
    """Where the data of a GeoTIFF's band end, by its own table of blocks [byte]."""
    end = 0
    step = max(1, down * across // 20_000)
    for index in {*range(0, down * across, step), down * across - 1}:
        row, column = divmod(index, across)
        offset = dataset.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=band)
        length = dataset.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=band)
        end = max(end, int(offset or 0) + int(length or 0))
    return end


def _block(stored: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of one read: whole blocks of the file, about as many cells for any file."""
    height, width = stored
    if width >= min(shape[1], SIDE * 2):
        rows = max(BLOCK_CELLS // shape[1] // height, 1) * height
        return min(rows, shape[0]), shape[1]
    return max(SIDE // height, 1) * height, max(SIDE // width, 1) * width


def _known(dataset: DatasetReader, band: int, window: Window) -> npt.NDArray[np.bool_]:
    """False where a mask of the file (not its nodata tag) says that a cell is unknown."""
    flags = dataset.mask_flag_enums[band - 1]
    shape = (int(window.height), int(window.width))
    if MaskFlags.per_dataset in flags:
        return np.asarray(dataset.read_masks(band, window=window) > 0)
    return np.ones(shape, bool)


def _values(
    raw: npt.NDArray[Any],
    known: npt.NDArray[np.bool_],
    codes: Sequence[float],
    scale: float,
    offset: float,
) -> Block:
    if raw.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            known = known & (np.abs(raw) < BEYOND_NATURE)
    for code in codes:
        if raw.dtype.kind == "f" and abs(code) < BEYOND_NATURE:
            known = known & ~(np.abs(raw - raw.dtype.type(code)) <= 1e-6 * abs(code))
        elif raw.dtype.kind != "f":
            known = known & (raw != code)
    values = raw.astype("float64") * scale + offset if (scale, offset) != (1.0, 0.0) else raw
    return np.where(known, values, np.nan).astype("float32")


def _refuse_large_codes(tile: Tile, raw: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> None:
    codes = tile.codes or ()
    large = np.unique(raw[known & (np.abs(raw.astype("float64")) > WHOLE_IN_FLOAT32)])
    large = large[(np.abs(large.astype("float64")) < BEYOND_NATURE) & ~np.isin(large, codes)]
    if large.size:
        raise DataError(
            f"{tile.path}: class code {large[0]} is larger than {WHOLE_IN_FLOAT32:,}; "
            "renumber the classes"
        )
