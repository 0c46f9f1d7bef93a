"""Rasters in Zarr stores; those of format 3 the bundled GDAL does not read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import storage
from geoprospect.errors import DataError, MissingFileError, did_you_mean
from geoprospect.ingest.files import WITHOUT_FOLDERS
from geoprospect.ingest.stored import Header, Values, check_bands, reading_block
from geoprospect.storage import AnyPath


def is_zarr(path: AnyPath) -> bool:
    """Whether *path* is a Zarr group, of format 2 or 3."""
    return storage.protocol(path) not in WITHOUT_FOLDERS and _head(path) is not None


def _head(path: AnyPath) -> AnyPath | None:
    """The file that a store is known by."""
    heads = (path / name for name in ("zarr.json", ".zgroup"))
    return next((head for head in heads if head.is_file()), None)


def _stamp(path: AnyPath) -> str:
    return storage.stamp(path if storage.is_local(path) else _head(path) or path)


def opened(path: AnyPath, bands: Sequence[int], layer: str | None) -> Header:
    """
    The header of one variable of a store.

    Raises
    ------
    DataError
        If the store cannot be opened, has no such variable or band, or no
        evenly spaced coordinates.
    """
    stamp = _stamp(path)
    stored = _variable(path, layer, stamp)
    grid = stored.odc.geobox
    if not isinstance(grid, GeoBox):
        raise DataError(
            f"{path}: {stored.name!r} has no evenly spaced x and y coordinates; "
            "export it as a GeoTIFF"
        )
    check_bands(path, bands, [stored.dtype] * (1 if stored.ndim == 2 else stored.shape[0]))
    declared = [stored.attrs.get(key) for key in ("_FillValue", "missing_value")]
    tags = tuple(float(code) for code in declared if code is not None)
    height, width = stored.shape[-2:]
    rows, columns = stored.encoding.get("chunks", stored.shape)[-2:]
    return Header(
        shape=(height, width),
        affine=grid.affine,
        crs=None if grid.crs is None else grid.crs.proj,
        block=reading_block((rows, columns), (height, width)),
        titles=dict.fromkeys(bands, str(stored.attrs.get("long_name", stored.name))),
        tags=dict.fromkeys(bands, tags),
        read=partial(_read, path, layer, stamp),
        names=lambda band: _names(stored.attrs),
    )


def _read(
    path: AnyPath, layer: str | None, stamp: str, band: int, rows: slice, columns: slice
) -> Values:
    stored = _variable(path, layer, _stamp(path) if storage.is_local(path) else stamp)
    where = (rows, columns) if stored.ndim == 2 else (band - 1, rows, columns)
    try:
        raw = stored[where].to_numpy()
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{path}: rows {rows.start} to {rows.stop - 1} of {stored.name!r} cannot be read "
            f"({error}); the store is damaged, fetch it again"
        ) from error
    scale = float(stored.attrs.get("scale_factor", 1.0))
    offset = float(stored.attrs.get("add_offset", 0.0))
    return Values(raw, np.ones(raw.shape, bool), scale, offset)


@lru_cache(maxsize=16)
def _variable(path: AnyPath, layer: str | None, stamp: str) -> xr.DataArray:
    """One raster variable of a store, neither masked nor scaled, unread."""
    try:
        with storage.reaching(path):
            store = xr.open_zarr(
                storage.zarr_store(path),
                consolidated=False,
                mask_and_scale=False,
                decode_coords="all",
                chunks=None,
            )
    except MissingFileError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path} cannot be opened as a Zarr store ({error}); write it anew"
        ) from error
    rasters = [str(name) for name, values in store.data_vars.items() if values.ndim in (2, 3)]
    if layer is None and len(rasters) != 1:
        raise DataError(
            f"{path} holds several variables; state which by layer: one of "
            f"{', '.join(rasters) or 'none'}"
        )
    name = layer or rasters[0]
    if name not in rasters:
        raise DataError(f"{path} has no variable {name!r}{did_you_mean(name, rasters)}")
    chosen: xr.DataArray = store[name]
    return chosen


def _names(attrs: dict[str, Any]) -> dict[int, str]:
    """Code to name of classes, where the store declares them by the CF conventions."""
    texts = attrs.get("flag_meanings", ())
    words = texts.split() if isinstance(texts, str) else texts
    codes = np.atleast_1d(attrs.get("flag_values", ()))
    return {int(code): str(text) for code, text in zip(codes, words, strict=False)}
