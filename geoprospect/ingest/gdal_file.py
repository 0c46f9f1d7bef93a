"""Rasters of all the formats that GDAL reads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyproj
import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from geoprospect import storage
from geoprospect.errors import DataError, did_you_mean
from geoprospect.ingest import remote
from geoprospect.ingest.classes import dbf_names, table_names
from geoprospect.ingest.stored import Header, Values, check_bands, reading_block
from geoprospect.storage import AnyPath

CACHE = 64 * 2**20
"""What GDAL may keep of decoded blocks, over all files [byte]."""
OPEN_FILES = 64
BLOCKS_LOOKED_AT = 20_000


def opened(path: AnyPath, bands: Sequence[int], layer: str | None) -> Header:
    """
    The header of a file, checked as far as it can be without reading all of it.

    Raises
    ------
    DataError
        If it cannot be opened, lacks a band or variable, or is cut short.
    """
    stamp = storage.stamp(path)
    with _gdal(path), _opening(path, _source(path, layer, stamp)) as dataset:
        check_bands(path, bands, dataset.dtypes)
        _check_whole(dataset, path, bands)
        tags = {band: dataset.nodatavals[band - 1] for band in bands}
        return Header(
            shape=dataset.shape,
            affine=dataset.transform,
            crs=pyproj.CRS.from_user_input(dataset.crs) if dataset.crs else None,
            block=reading_block(dataset.block_shapes[bands[0] - 1], dataset.shape),
            titles={band: dataset.descriptions[band - 1] for band in bands},
            tags={band: () if tag is None else (tag,) for band, tag in tags.items()},
            read=partial(_read, path, layer, stamp),
            names=partial(_names, path, layer, stamp),
        )


def _read(
    path: AnyPath, layer: str | None, stamp: str, band: int, rows: slice, columns: slice
) -> Values:
    window = Window.from_slices(rows, columns)
    # a file may have been written anew since; to ask a store at every block would take too long
    now = storage.stamp(path) if storage.is_local(path) else stamp
    try:
        with _gdal(path):
            dataset = _kept_open(path, layer, now, threading.get_ident())
            raw = dataset.read(band, window=window)
            masked = MaskFlags.per_dataset in dataset.mask_flag_enums[band - 1]
            mask = dataset.read_masks(band, window=window) if masked else np.ones(raw.shape)
    except RasterioError as error:
        raise DataError(
            f"{path}: rows {rows.start} to {rows.stop - 1} of band {band} cannot be read "
            f"({_cause(error)}); {_remedy(path)}"
        ) from error
    return Values(raw, mask > 0, dataset.scales[band - 1], dataset.offsets[band - 1])


def _names(path: AnyPath, layer: str | None, stamp: str, band: int) -> dict[int, str]:
    """Names of classes; copied as a VRT, any format's attribute table becomes XML."""
    import rasterio.shutil
    from rasterio.io import MemoryFile

    with _gdal(path), MemoryFile(ext=".vrt") as written:
        rasterio.shutil.copy(_source(path, layer, stamp), written.name, driver="VRT")
        description = bytes(written.read()).decode("utf-8", "replace")
    # newer GDALs put the .dbf into the description too, and mistake its encoding
    return dbf_names(path) or table_names(description, band)


def _gdal(path: AnyPath) -> Any:
    return remote.environment(path, GDAL_CACHEMAX=CACHE)


@lru_cache(maxsize=4 * OPEN_FILES)
def _source(path: AnyPath, layer: str | None, stamp: str) -> str:
    """The name by which GDAL opens the wanted variable of a file."""
    place = remote.name(path, stamp)
    with _gdal(path), _opening(path, place) as whole:
        return _chosen(whole, path, layer)


def _opening(path: AnyPath, source: str) -> DatasetReader:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(source, sharing=False)
    except RasterioError as error:
        raise DataError(
            f"{path} cannot be opened as a raster ({_cause(error)}); it is damaged, cut short, or "
            "of a format that this GDAL does not know: export it as a GeoTIFF"
        ) from error


@lru_cache(maxsize=OPEN_FILES)
def _kept_open(path: AnyPath, layer: str | None, stamp: str, thread: int) -> DatasetReader:
    """A dataset for one thread alone; text formats would start from the top at each opening."""
    if not storage.is_local(path) and storage.stamp(path) != stamp:
        raise DataError(
            f"{path} was written anew while it was read; run again once it stands still"
        )
    return rasterio.open(_source(path, layer, stamp), sharing=False)


def _remedy(path: AnyPath) -> str:
    if storage.is_local(path):
        return "the file is damaged or cut short, fetch it again"
    return "the object is damaged or cut short, or the network failed: run again"


def _cause(error: Exception) -> str:
    return str(error.__cause__ or error)


def _chosen(dataset: DatasetReader, path: AnyPath, layer: str | None) -> str:
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


def _check_whole(dataset: DatasetReader, path: AnyPath, bands: Sequence[int]) -> None:
    """A file that is cut short opens like any other and fails at a late block."""
    size = path.stat().st_size
    for band in bands:
        if dataset.driver == "GTiff":
            end = _last_byte(dataset, band)
            if end > size:
                raise DataError(
                    f"{path} is cut short: band {band} goes on to byte {end:,} and the file "
                    f"ends at {size:,}; fetch it again"
                )
            continue
        try:
            dataset.read(band, window=Window(dataset.width - 1, dataset.height - 1, 1, 1))
        except RasterioError as error:
            raise DataError(
                f"{path}: the last cell of band {band} cannot be read ({_cause(error)}); "
                f"{_remedy(path)}"
            ) from error


def _last_byte(dataset: DatasetReader, band: int) -> int:
    """Where the data of a GeoTIFF's band end, by its own table of blocks [byte]."""
    height, width = dataset.block_shapes[band - 1]
    across = -(-dataset.width // width)
    count = -(-dataset.height // height) * across
    end = 0
    for index in {*range(0, count, max(1, count // BLOCKS_LOOKED_AT)), count - 1}:
        row, column = divmod(index, across)
        offset, length = (
            int(dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band) or 0)
            for what in ("OFFSET", "SIZE")
        )
        end = max(end, offset + length)
    return end
