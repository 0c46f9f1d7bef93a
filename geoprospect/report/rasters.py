"""
Maps to cloud-optimised GeoTIFFs, block by block.

Whoever computes a block writes it, with its overviews, into a Zarr store beside the
outputs; when all blocks stand, GDAL reads the store once, tile by tile, into the
GeoTIFFs.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, journal, lazy, storage
from geoprospect.errors import ContractError, OutputError
from geoprospect.report import files, frame, pyramid, style
from geoprospect.report.pyramid import TILE, Counts, Pyramid
from geoprospect.storage import AnyPath

CACHE = 64 * 2**20
"""Bytes that GDAL may hold; left alone it takes a twentieth of the machine's memory."""

ROOM = 3
"""Times its bytes that a map takes while it is made: the blocks, the file, and their overviews."""

Outputs: TypeAlias = Mapping[AnyPath, xr.Dataset]


def geotiffs(outputs: Outputs, *, key: str | None = None) -> list[AnyPath]:
    """
    Write maps as cloud-optimised GeoTIFFs, all in one pass over what they are made of.

    One file for each Dataset and one band for each variable, with a description,
    units, statistics, overviews and, beside it, a ``.qml`` that QGIS loads by itself and a
    ``.sld`` for other servers and programs. Values
    are float32 with -9999 for unknown; where all variables are class maps with
    codes from 0 to 254, bytes with 255 for unknown, a colour table and the
    classes' names as tags; where all ask for 16 bits by their ``encoding``, those, with
    scale and offset as tags. A file appears under its name when whole, and the same
    maps give the same bytes.

    Computed on purpose, block by block.

    Parameters
    ----------
    outputs : mapping of path to Dataset
        Each on a grid of its own, variables (y, x).
    key : str, optional
        What the maps are made from, in a word: a call that was killed goes on with
        the blocks not yet done if it is made again under the same key. Without one,
        nothing stays of a call that fails.

    Returns
    -------
    list of path
        The files, as given.

    Raises
    ------
    OutputError
        If a file cannot be written, with the path and the remedy.
    """
    if not all(maps.data_vars for maps in outputs.values()):
        raise ContractError("there is no map in this Dataset, so nothing to write")
    for path in list(outputs)[:1]:
        files.check_space(path, sum(ROOM * pyramid.size(maps) for maps in outputs.values()))
    for group in _by_grid(outputs):
        _written(group, key)
    return list(outputs)


def geotiff(maps: xr.Dataset, path: AnyPath, *, key: str | None = None) -> AnyPath:
    """One Dataset to one file; see :func:`geotiffs`."""
    return geotiffs({path: maps}, key=key)[0]


def _by_grid(outputs: Outputs) -> list[Outputs]:
    """Outputs that one pass over blocks can make: those on one grid."""
    groups: dict[Any, dict[AnyPath, xr.Dataset]] = {}
    for path, maps in outputs.items():
        groups.setdefault(contract.grid_of(maps), {})[path] = maps
    return list(groups.values())


def _written(outputs: Outputs, key: str | None) -> None:
    """The maps on one grid: all blocks into a store, then the store into the files."""
    first = next(iter(outputs))
    folder = first.with_name(f".{first.name}.blocks")
    current = first
    try:
        told = _passed(outputs, folder, key or str(uuid.uuid4()))
        with storage.here(folder / _STORE) as store:
            for number, (current, maps) in enumerate(outputs.items()):
                counts = [block[number] for block in told]
                _finished(current, maps, store, str(number), counts, folder)
        journal.clear(folder)
    except OSError as error:
        raise files.failure(current, error) from error
    finally:
        if key is None:
            journal.clear(folder)


# --- blocks into the store ---------------------------------------------------------------


def _passed(outputs: Outputs, folder: AnyPath, key: str) -> list[list[list[Counts]]]:
    """Every block computed and written; what was counted, by block, file and band."""
    import zarr

    shape = contract.grid_of(next(iter(outputs.values()))).shape
    side = max(lazy.block_side(shape), 2 ** pyramid.levels(*shape))
    place = storage.zarr_store(folder / _STORE)
    layers = [lazy.chunked(m[name], side) for m in outputs.values() for name in m.data_vars]

    def prepare() -> None:
        group = zarr.open_group(place, mode="w", zarr_format=2)
        for number, maps in enumerate(outputs.values()):
            pyramid.made(maps, group, str(number), side)

    journal.begin(folder, f"{key} {side} {[path.name for path in outputs]}", prepare)
    group = zarr.open_group(place, mode="r+", zarr_format=2)
    pyramids = [pyramid.opened(m, group, str(n)) for n, m in enumerate(outputs.values())]
    return journal.passed(layers, functools.partial(_kept, pyramids), folder)


def _kept(
    pyramids: Sequence[Pyramid],
    where: tuple[slice, slice],
    blocks: Sequence[npt.NDArray[np.float32]],
) -> list[list[Counts]]:
    """Write one block of all maps, and count."""
    bands = iter(blocks)
    return [one.write(where, [next(bands) for _ in one.codings]) for one in pyramids]


# --- the store into the files ------------------------------------------------------------


def _finished(
    path: AnyPath, maps: xr.Dataset, store: Path, name: str, told: Any, folder: AnyPath
) -> None:
    """One file, unless an earlier call under the same key finished it."""
    import rasterio
    from rasterio.errors import RasterioError

    mark = folder / f"{name}.finished"
    if storage.size(mark) is not None and storage.size(path) is not None:
        return
    cells = int(np.prod(contract.grid_of(maps).shape))
    known = [pyramid.statistics(counts, cells) for counts in zip(*told, strict=True)]
    text = frame.frame(maps, store.absolute(), name, known)
    with files.replaced(path) as place, rasterio.Env(GDAL_CACHEMAX=CACHE):
        try:
            _optimise(text, place, maps)
            _check_whole(place)
        except (RasterioError, *_gdal_errors()) as error:
            raise files.failure(path, error) from error
    drawn = _limits(maps, known[0])
    files.write_text(style.raster_qml(*drawn), path.with_suffix(".qml"))
    files.write_text(style.raster_sld(*drawn), path.with_suffix(".sld"))
    files.write_text("", mark)


def _optimise(source: str, place: Path, maps: xr.Dataset) -> None:
    from rasterio.shutil import copy

    copy(
        source,
        str(place),
        driver="COG",
        BLOCKSIZE=TILE,
        COMPRESS="DEFLATE",
        PREDICTOR="YES",
        OVERVIEWS="FORCE_USE_EXISTING",
        BIGTIFF="IF_SAFER",
        STATISTICS="AUTO",
        NUM_THREADS=lazy.workers(),
    )


def _check_whole(place: Path) -> None:
    """A disk that fills up as a file is closed goes unsaid by GDAL; the last tile would miss."""
    import rasterio

    with rasterio.open(place) as dataset:
        height, width = dataset.block_shapes[0]
        row, column = (dataset.height - 1) // height, (dataset.width - 1) // width
        offset, length = (
            int(dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1) or 0)
            for what in ("OFFSET", "SIZE")
        )
    if place.stat().st_size < offset + length + _TRAILER:
        raise OutputError(
            f"cannot write {place.name}: the file ends before its last tile does; "
            "free some disk space or choose another folder"
        )


def _limits(
    maps: xr.Dataset, statistics: Mapping[str, str]
) -> tuple[str, xr.DataArray, float, float]:
    """The first band, which a style shows: its name, what it is, and its range."""
    (name, layer), *_ = maps.data_vars.items()
    low, high = (
        float(statistics.get(f"STATISTICS_{end}", default))
        for end, default in (("MINIMUM", 0), ("MAXIMUM", 1))
    )
    return str(name), layer, low, high


def _gdal_errors() -> tuple[type[Exception], ...]:
    from rasterio._err import CPLE_BaseError

    return (CPLE_BaseError,)


_STORE = "store"

_TRAILER = 4
"""Bytes that follow a tile in a cloud-optimised GeoTIFF."""
