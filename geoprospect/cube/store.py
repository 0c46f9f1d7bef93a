"""
The cube on disk: Zarr, one array per layer, cut into blocks.

A layer is written beside the cube, block by block, and moved in when whole: a
killed run never leaves half a layer under its name, and goes on with the blocks
not yet done. Object stores move nothing; there it is written in its place, and
counts once the run's record says that it is whole.
"""

from __future__ import annotations

import functools
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr

from geoprospect import contract, journal, lazy, storage
from geoprospect.errors import OutputError
from geoprospect.storage import AnyPath

Tally: TypeAlias = dict[str, Any]

_LAYERS = "layers"


def write(layers: xr.Dataset, folder: AnyPath, *, key: str | None = None) -> dict[str, Tally]:
    """
    Write layers into the cube at *folder*, block by block; others there stay.

    Parameters
    ----------
    layers : Dataset
    folder : path
    key : str, optional
        What the layers are made from, in a word: a call that was killed goes on with
        the blocks not yet done if it is made again under the same key. Without one,
        nothing stays of a call that fails.

    Returns
    -------
    dict
        For each layer the number of ``known`` cells, their ``minimum`` and
        ``maximum`` [units of the layer].

    Raises
    ------
    OutputError
        If the folder cannot be written or the disk is full.
    """
    names = [str(name) for name in layers.data_vars]
    cut = lazy.chunked(layers)
    partial = _partial(folder)
    place = partial / _LAYERS if storage.is_local(folder) else folder
    try:
        with storage.reaching(folder, OutputError):
            told = _written(cut, place, partial, f"{key or uuid.uuid4()} {cut.chunks}")
        if storage.is_local(folder) and storage.is_local(place):
            _move_in(place, folder, names)
        tidy(folder)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write the cube {folder}: {error.strerror or error}; "
            "free some disk space or choose another --out folder"
        ) from error
    finally:
        if key is None:
            tidy(folder)
    return {name: _summed([tallies[i] for tallies in told]) for i, name in enumerate(names)}


def tidy(folder: AnyPath) -> None:
    """Take away what an interrupted call left beside the cube at *folder*."""
    journal.clear(_partial(folder))


def _written(layers: xr.Dataset, place: AnyPath, partial: AnyPath, key: str) -> list[list[Tally]]:
    """All blocks written into the store at *place*, and noted in *partial*; their tallies."""
    names = [str(name) for name in layers.data_vars]
    where = storage.zarr_store(place)

    def prepare() -> None:
        for name in names:
            remove(place, name)
        encoding = {name: {"chunks": (lazy.side(), lazy.side())} for name in names}
        layers.to_zarr(where, mode="a", compute=False, consolidated=False, encoding=encoding)

    journal.begin(partial, key, prepare)
    group = zarr.open_group(where, mode="r+")
    sink = functools.partial(_kept, [group[name] for name in names])
    told = journal.passed([layers[name] for name in names], sink, partial)
    journal.end(partial)
    return told


def _kept(
    arrays: Sequence[Any],
    where: tuple[slice, slice],
    blocks: Sequence[npt.NDArray[np.float32]],
) -> list[Tally]:
    """Write one block of every layer, and count."""
    for array, block in zip(arrays, blocks, strict=True):
        array[where] = block
    return [_tally(block[np.isfinite(block)]) for block in blocks]


def _tally(known: npt.NDArray[np.float32]) -> Tally:
    """Number of known cells, and the range of their values."""
    if known.size == 0:
        return {"known": 0, "minimum": None, "maximum": None}
    return {"known": known.size, "minimum": float(known.min()), "maximum": float(known.max())}


def _summed(tallies: Sequence[Tally]) -> Tally:
    known = [tally for tally in tallies if tally["known"]]
    return {
        "known": sum(tally["known"] for tally in known),
        "minimum": min((tally["minimum"] for tally in known), default=None),
        "maximum": max((tally["maximum"] for tally in known), default=None),
    }


def _partial(folder: AnyPath) -> AnyPath:
    return folder.with_name(f"{folder.name}.partial")


def _move_in(written: Path, folder: Path, names: Iterable[str]) -> None:
    """Move written arrays into the cube; the frame (coordinates) goes first, and once."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = set(names)
    for path in sorted(written.iterdir(), key=lambda path: (path.name in layers, path.name)):
        target = folder / path.name
        if path.name in layers:
            shutil.rmtree(target, ignore_errors=True)
        elif target.exists():
            continue
        path.replace(target)


def open_cube(folder: AnyPath, names: Iterable[str] | None = None) -> xr.Dataset:
    """The cube at *folder*, lazy: all layers, or *names* in that order."""
    with storage.reaching(folder):
        cube: xr.Dataset = xr.open_zarr(storage.zarr_store(folder), consolidated=False)
    for layer in cube.data_vars.values():
        layer.encoding.clear()
    return cube if names is None else cube[list(names)]


def remove(folder: AnyPath, name: str) -> None:
    """Take one layer out of the cube at *folder*."""
    storage.remove(folder / name)


def stored(folder: AnyPath) -> list[str]:
    """Ids of the layers in the cube at *folder*."""
    if storage.size(folder / "zarr.json") is None:
        return []
    return [str(name) for name in open_cube(folder).data_vars]


def grid_matches(folder: AnyPath, layer: xr.DataArray) -> bool:
    """Whether the cube at *folder* is empty or lies on the same grid as *layer*."""
    if not stored(folder):
        return True
    return contract.same_grid(contract.grid_of(open_cube(folder)), contract.grid_of(layer))
