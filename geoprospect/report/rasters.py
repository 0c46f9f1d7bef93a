"""Maps to cloud-optimised GeoTIFFs, block by block."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.report import files, style
from geoprospect.storage import AnyPath

NODATA = -9999.0
NO_CLASS = 255
TILE = 512
CACHE = 64 * 2**20
"""Bytes that GDAL may hold; left alone it takes a twentieth of the machine's memory."""


def geotiffs(outputs: Mapping[AnyPath, xr.Dataset]) -> list[AnyPath]:
    """
    Write maps as cloud-optimised GeoTIFFs, all in one pass over what they are made of.

    One file for each Dataset and one band for each variable, with a description,
    units, statistics, overviews and, beside it, a ``.qml`` that QGIS loads by itself. Values
    are float32 with -9999 for unknown; where all variables are class maps with
    codes from 0 to 254, bytes with 255 for unknown, a colour table and the
    classes' names as tags. A file appears under its name when whole, and the same
    maps give the same bytes.

    Computed on purpose, block by block.

    Parameters
    ----------
    outputs : mapping of path to Dataset
        Each on a grid of its own, variables (y, x).

    Returns
    -------
    list of path
        The files, as given.

    Raises
    ------
    OutputError
        If a file cannot be written, with the path and the remedy.
    """
    import rasterio
    from rasterio.errors import RasterioError

    if not all(maps.data_vars for maps in outputs.values()):
        raise ContractError("there is no map in this Dataset, so nothing to write")
    needed = sum(2 * _size(maps) for maps in outputs.values())
    for path in list(outputs)[:1]:
        files.check_space(path, needed)
    with rasterio.Env(GDAL_CACHEMAX=CACHE), ExitStack() as stack:
        places = {path: stack.enter_context(files.replaced(path)) for path in outputs}
        raw = {path: place.with_name("raw.tif") for path, place in places.items()}
        current: AnyPath = next(iter(outputs), Path())
        try:
            _store({raw[path]: maps for path, maps in outputs.items()})
            for current, maps in outputs.items():
                _optimise(raw[current], places[current], maps)
                _read_back(places[current])
                files.write_text(_qml(places[current], maps), current.with_suffix(".qml"))
        except (RasterioError, *_gdal_errors()) as error:
            raise files.failure(current, error) from error
    return list(outputs)


def geotiff(maps: xr.Dataset, path: AnyPath) -> AnyPath:
    """One Dataset to one file; see :func:`geotiffs`."""
    return geotiffs({path: maps})[0]


class _Gate:
    """
    Lets one thread at a time write, and none once it is shut.

    When a write fails or the user interrupts, other threads are still at work on
    their blocks; a write into a file that is closed meanwhile would crash GDAL.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = True

    def __enter__(self) -> bool:
        self._lock.acquire()
        return self._open

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def shut(self) -> None:
        """Wait for the write in progress and let no other begin."""
        with self._lock:
            self._open = False


class _Band:
    """Takes the blocks of one variable into one band, NaN as the nodata value."""

    def __init__(self, dataset: Any, number: int, gate: _Gate) -> None:
        self.dataset, self.number, self.gate = dataset, number, gate
        self.nodata, self.dtype = np.float32(dataset.nodata), dataset.dtypes[0]

    def __setitem__(self, where: tuple[slice, slice], block: npt.NDArray[np.float32]) -> None:
        from rasterio.windows import Window

        known = np.where(np.isnan(block), self.nodata, block)
        values = known.astype(self.dtype, copy=False)
        with self.gate as is_open:
            if is_open:
                self.dataset.write(values, self.number, window=Window.from_slices(*where))

    def __dask_tokenize__(self) -> tuple[str, int]:
        return type(self).__name__, id(self)


def _store(outputs: Mapping[Path, xr.Dataset]) -> None:
    """All maps into plain tiled files, in one computation."""
    import rasterio

    gate = _Gate()
    layers, bands = [], []
    with ExitStack() as stack:
        for path, maps in outputs.items():
            dataset = stack.enter_context(rasterio.open(path, "w", **_profile(maps)))
            _describe(dataset, maps)
            layers += [lazy.chunked(layer) for layer in maps.data_vars.values()]
            bands += [_Band(dataset, n + 1, gate) for n in range(len(maps.data_vars))]
        stack.callback(gate.shut)  # called first, before the files are closed
        lazy.store(layers, bands)


def _profile(maps: xr.Dataset) -> dict[str, Any]:
    grid = contract.grid_of(maps)
    return {
        "driver": "GTiff",
        "height": grid.shape[0],
        "width": grid.shape[1],
        "count": len(maps.data_vars),
        "dtype": "uint8" if _all_classes(maps) else "float32",
        "nodata": NO_CLASS if _all_classes(maps) else NODATA,
        "crs": grid.crs.to_wkt(),
        "transform": grid.affine,
        "tiled": True,
        "blockxsize": TILE,
        "blockysize": TILE,
        "BIGTIFF": "IF_SAFER",
    }


def _describe(dataset: Any, maps: xr.Dataset) -> None:
    dataset.update_tags(AREA_OR_POINT="Area")
    for number, (name, layer) in enumerate(maps.data_vars.items(), start=1):
        dataset.set_band_description(number, str(layer.attrs.get("long_name", name)))
        dataset.set_band_unit(number, str(layer.attrs.get("units", "")))
        dataset.update_tags(number, name=str(name))
        if contract.is_categorical(layer):
            told = contract.meanings(layer)
            dataset.update_tags(number, **{f"class_{code}": text for code, text in told.items()})
    if _all_classes(maps) and len(maps.data_vars) == 1:
        (layer,) = maps.data_vars.values()
        colours = {code: _rgba(c) for code, c in style.class_colours(layer).items()}
        dataset.write_colormap(1, colours | {NO_CLASS: (0, 0, 0, 0)})


def _optimise(raw: Path, place: Path, maps: xr.Dataset) -> None:
    from rasterio.shutil import copy

    classes = [contract.is_categorical(layer) for layer in maps.data_vars.values()]
    overviews = "MODE" if all(classes) else "NEAREST" if any(classes) else "AVERAGE"
    side = max(contract.grid_of(maps).shape)
    copy(
        str(raw),
        str(place),
        driver="COG",
        BLOCKSIZE=TILE,
        # one at least, so that viewers find what they look for in small maps too
        OVERVIEW_COUNT=max(1 if side > 1 else 0, math.ceil(math.log2(side / TILE))),
        COMPRESS="DEFLATE",
        PREDICTOR="YES",
        OVERVIEW_RESAMPLING=overviews,
        BIGTIFF="IF_SAFER",
        STATISTICS="YES",
    )


def _read_back(place: Path) -> None:
    """Read every tile once: a disk that fills up as a file is closed goes unsaid by GDAL."""
    import rasterio

    with rasterio.open(place) as dataset:
        for _, window in dataset.block_windows(1):
            dataset.read(window=window)


def _qml(place: Path, maps: xr.Dataset) -> str:
    import rasterio

    (name, layer), *_ = maps.data_vars.items()
    with rasterio.open(place) as dataset:
        known = dataset.tags(1)
    low, high = (
        float(known.get(f"STATISTICS_{end}", n)) for n, end in enumerate(("MINIMUM", "MAXIMUM"))
    )
    return style.raster_qml(str(name), layer, low, high)


def _all_classes(maps: xr.Dataset) -> bool:
    layers = maps.data_vars.values()
    return all(contract.is_categorical(layer) and _in_bytes(layer) for layer in layers)


def _in_bytes(layer: xr.DataArray) -> bool:
    return all(0 <= code < NO_CLASS for code in layer.attrs["flag_values"])


def _size(maps: xr.Dataset) -> int:
    """Bytes of the maps, uncompressed."""
    height, width = contract.grid_of(maps).shape
    return len(maps.data_vars) * int(height) * int(width) * (1 if _all_classes(maps) else 4)


def _rgba(colour: str) -> tuple[int, int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255


def _gdal_errors() -> tuple[type[Exception], ...]:
    from rasterio._err import CPLE_BaseError

    return (CPLE_BaseError,)
