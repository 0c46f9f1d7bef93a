"""
The cube on disk: Zarr, one array per layer, cut into blocks.

A layer is written beside the cube and moved in when whole: a killed run never
leaves half a layer under its name.
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

from geoprospect import contract, lazy
from geoprospect.errors import OutputError

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


def write(layers: xr.Dataset, folder: Path) -> dict[str, dict[str, float | int | None]]:
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
    partial = folder.with_name(folder.name + _PARTIAL)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        chunked = lazy.chunked(layers)
        encoding = {str(name): {"chunks": (lazy.CHUNK, lazy.CHUNK)} for name in layers.data_vars}
        chunked.to_zarr(partial, compute=False, consolidated=False, encoding=encoding)
        group = zarr.open_group(partial, mode="r+")
        tallies = {str(name): Tally(group[str(name)]) for name in layers.data_vars}
        lazy.store([chunked[name] for name in tallies], list(tallies.values()))
        _move_in(partial, folder, tallies)
    except OSError as error:
        raise OutputError(
            f"cannot write the cube {folder}: {error.strerror or error}; "
            "free some disk space or choose another --out folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
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


def open_cube(folder: Path, names: Iterable[str] | None = None) -> xr.Dataset:
    """The cube at *folder*, lazy: all layers, or *names* in that order."""
    cube: xr.Dataset = xr.open_zarr(folder, consolidated=False)
    for layer in cube.data_vars.values():
        layer.encoding.clear()
    return cube if names is None else cube[list(names)]


def remove(folder: Path, name: str) -> None:
    """Take one layer out of the cube at *folder*."""
    shutil.rmtree(folder / name, ignore_errors=True)


def stored(folder: Path) -> list[str]:
    """Ids of the layers in the cube at *folder*."""
    if not (folder / "zarr.json").is_file():
        return []
    return [str(name) for name in open_cube(folder).data_vars]


def grid_matches(folder: Path, layer: xr.DataArray) -> bool:
    """Whether the cube at *folder* is empty or lies on the same grid as *layer*."""
    if not stored(folder):
        return True
    return contract.same_grid(contract.grid_of(open_cube(folder)), contract.grid_of(layer))
