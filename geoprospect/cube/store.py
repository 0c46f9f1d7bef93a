"""
The cube on disk: Zarr, one array per layer, cut into blocks.

A layer is written beside the cube and moved in when whole: a killed run never
leaves half a layer under its name. Object stores move nothing; there it is written
in its place, and counts once the run's record says that it is whole.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr

from geoprospect import contract, lazy, storage
from geoprospect.errors import OutputError
from geoprospect.storage import AnyPath

_PARTIAL = ".partial"


@dataclass
class Tally:
    """Counts what passes through on its way to the store."""

    target: Any
    known: int = 0
    minimum: float = np.inf
    maximum: float = -np.inf
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __setitem__(self, where: Any, block: npt.NDArray[np.float32]) -> None:
        self.target[where] = block
        values = block[np.isfinite(block)]
        if values.size == 0:
            return
        with self._lock:
            self.known += values.size
            self.minimum = min(self.minimum, float(values.min()))
            self.maximum = max(self.maximum, float(values.max()))

    @property
    def summary(self) -> dict[str, float | int | None]:
        """Number of known cells, and the range of their values."""
        found = self.known > 0
        return {
            "known": self.known,
            "minimum": self.minimum if found else None,
            "maximum": self.maximum if found else None,
        }


def write(layers: xr.Dataset, folder: AnyPath) -> dict[str, dict[str, float | int | None]]:
    """
    Write layers into the cube at *folder*, block by block; others there stay.

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
    try:
        if not storage.is_local(folder):
            for name in names:
                remove(folder, name)
            with storage.reaching(folder, OutputError):
                return _write(layers, names, folder)
        partial = folder.with_name(folder.name + _PARTIAL)
        try:
            shutil.rmtree(partial, ignore_errors=True)
            told = _write(layers, names, partial)
            _move_in(partial, folder, names)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write the cube {folder}: {error.strerror or error}; "
            "free some disk space or choose another --out folder"
        ) from error
    return told


def _write(
    layers: xr.Dataset, names: list[str], folder: AnyPath
) -> dict[str, dict[str, float | int | None]]:
    """Add the arrays of layers to the store at *folder*."""
    chunked = lazy.chunked(layers)
    encoding = {name: {"chunks": (lazy.CHUNK, lazy.CHUNK)} for name in names}
    where = storage.zarr_store(folder)
    chunked.to_zarr(where, mode="a", compute=False, consolidated=False, encoding=encoding)
    group = zarr.open_group(where, mode="r+")
    tallies = {name: Tally(group[name]) for name in names}
    lazy.store([chunked[name] for name in names], list(tallies.values()))
    return {name: tally.summary for name, tally in tallies.items()}


def _move_in(partial: Path, folder: Path, names: Iterable[str]) -> None:
    """Move written arrays into the cube; the frame (coordinates) goes first, and once."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = set(names)
    for path in sorted(partial.iterdir(), key=lambda path: (path.name in layers, path.name)):
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
