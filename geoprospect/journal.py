"""
One pass over the blocks of layers, noted block by block.

Whoever computes a block writes it and, last, notes that it is done; a run that was
killed goes on with the blocks that are not.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import lazy, storage
from geoprospect.errors import OutputError
from geoprospect.storage import AnyPath

_KEY = "key"
_NOTES = "done"

Sink: TypeAlias = Callable[[tuple[slice, slice], Sequence[npt.NDArray[Any]]], Any]


def begin(folder: AnyPath, key: str, prepare: Callable[[], None]) -> None:
    """
    Make a folder ready for a pass: as it stands if it was begun under *key*, else anew.

    *prepare* makes what the blocks are written into.
    """
    try:
        stands = storage.read_text(folder / _KEY) == key
    except FileNotFoundError:
        stands = False
    if not stands:
        clear(folder)
        if storage.is_local(folder):  # object stores have no folders
            (folder / _NOTES).mkdir(parents=True)
        prepare()
        _write(folder / _KEY, key)


def passed(layers: Sequence[xr.DataArray], sink: Sink, folder: AnyPath) -> list[Any]:
    """
    Hand each block of some layers to *sink*, once; what it told of each, in block order.

    Parameters
    ----------
    layers : sequence of DataArray (y, x)
        On one grid, lazy and cut alike.
    sink : function of (rows, columns) and one array for each layer
        Writes a block where it is computed, maybe in another process; what it tells
        is noted when it returns, so it must be JSON-ready.
    folder : path
        Begun before; blocks noted there are not computed again.
    """
    notes = folder / _NOTES
    lazy.each(functools.partial(_written, sink, notes), layers, done=_told(notes).keys())
    told = _told(notes)
    rows, columns = (len(sizes) for sizes in layers[0].data.chunks)
    return [told[place] for place in np.ndindex(rows, columns)]


def end(folder: AnyPath) -> None:
    """Let no later pass go on in a folder: what was written is taken elsewhere."""
    storage.remove(folder / _KEY)


def clear(folder: AnyPath) -> None:
    """Take a folder away, with all that stands in it."""
    storage.remove(folder)


def _written(
    sink: Sink,
    notes: AnyPath,
    place: lazy.Place,
    where: tuple[slice, slice],
    blocks: Sequence[npt.NDArray[Any]],
) -> None:
    told = sink(where, blocks)
    _write(notes / f"{place[0]}.{place[1]}", json.dumps({"told": told}))


def _told(notes: AnyPath) -> dict[lazy.Place, Any]:
    """What was noted of each block; a note cut short by a kill counts as none."""
    found = {}
    for name, text in storage.texts(notes).items():
        row, _, column = name.partition(".")
        try:
            found[int(row), int(column)] = json.loads(text)["told"]
        except ValueError:
            continue
    return found


def _write(path: AnyPath, text: str) -> None:
    with storage.reaching(path, OutputError):
        path.write_text(text, encoding="utf-8")
