"""Computing lazy layers: values of them, or block by block."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect.lazy.layers import chunked, shared
from geoprospect.lazy.progress import Progress, tell
from geoprospect.lazy.workers import computed

Index: TypeAlias = npt.NDArray[np.intp]
Place: TypeAlias = tuple[int, int]
"""Row and column of a block among the blocks of a layer."""

Visitor: TypeAlias = Callable[[Place, tuple[slice, slice], Sequence[npt.NDArray[Any]]], Any]
"""Gets a block's place, its rows and columns, and one array for each layer."""


STRIP = 512
"""Blocks whose tasks are laid out at one time."""


# --- values ------------------------------------------------------------------------------


def compute(*lazy: Any) -> tuple[Any, ...]:
    """The values of lazy arrays, computed together so that shared work is done once."""
    return computed(lazy, Progress("tasks"))


class Sliced:
    """A layer whose cells are computed when they are asked for: ``values[10:20, 30:40]``."""

    def __init__(self, layer: xr.DataArray) -> None:
        self._array = chunked(layer).data
        self.shape = layer.shape

    def __getitem__(self, where: Any) -> npt.NDArray[Any]:
        cells: npt.NDArray[Any] = compute(self._array[where])[0]
        return cells


def blocks(layer: xr.DataArray, count: int) -> tuple[npt.NDArray[Any], ...]:
    """Up to *count* blocks of a layer, evenly spread over it. Computed on purpose."""
    pieces = layer.data.to_delayed().ravel()
    picked = np.unique(np.linspace(0, len(pieces) - 1, min(count, len(pieces))).round().astype(int))
    return compute(*(pieces[i] for i in picked))


def sample(
    cube: xr.Dataset, names: Sequence[str], rows: npt.ArrayLike, columns: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """
    Values of layers at single cells, as (cells, layers); only their chunks are read.

    Computed on purpose.
    """
    found = np.empty((np.size(rows), len(names)), "float32")
    layers = [cube[name] for name in names]
    for cells, values in at_cells(_as_they_are, layers, rows, columns):
        found[cells] = values
    return found


def at_cells(
    function: Callable[[npt.NDArray[np.float32], Index], Any],
    layers: Sequence[xr.DataArray],
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
) -> Iterator[tuple[Index, Any]]:
    """
    What *function* makes of the values at single cells, block by block, and of which cells.

    *function* gets the values (cells, layers) and the cells' numbers, by their place in
    *rows* and *columns*. Only the cells' chunks are read. Computed on purpose, as it is
    iterated over.
    """
    where = np.stack([np.asarray(rows, np.intp), np.asarray(columns, np.intp)])
    if not layers or not where.size:
        return
    arrays = [chunked(layer).data for layer in layers]
    of_block = _by_block(where, arrays[0].chunks)
    visitor = functools.partial(_at_its_cells, function, of_block, where)
    for made in _visited(visitor, arrays, of_block):
        for place, result in made.items():
            yield of_block[place], result


def summed(function: Callable[..., npt.NDArray[Any]], *layers: xr.DataArray) -> npt.NDArray[Any]:
    """
    Sum over all blocks of what *function* makes of each (arrays of one shape).

    *function* gets one numpy block of every layer. Computed on purpose; holds a
    few blocks at a time. The sum is taken in block order.
    """
    made = gathered(functools.partial(_of_blocks, function), *layers)
    total: npt.NDArray[Any] = functools.reduce(np.add, made)
    return total


def gathered(
    function: Callable[..., Any], *layers: xr.DataArray, at_once: int = STRIP
) -> Iterator[Any]:
    """
    What *function* makes of each block, in block order; few blocks are held at a time.

    *function* gets the block's rows and columns, and one numpy block of every layer.
    What it made of about *at_once* blocks, of a row of blocks at least, is held
    together. Computed on purpose, as it is iterated over.
    """
    arrays = [chunked(layer).data for layer in layers]
    visitor = functools.partial(_where_it_lies, function)
    for made in _visited(visitor, arrays, strip=at_once):
        yield from made.values()


# --- blocks to where they are written -----------------------------------------------------


def each(sink: Visitor, layers: Sequence[xr.DataArray], *, done: Collection[Place] = ()) -> None:
    """
    Hand every block of some layers on one grid to *sink*, where it is computed.

    *sink* gets the block's place, its rows and columns, and one array for each
    layer. Blocks in *done* are left out. The layers are cut alike; a few blocks are
    in flight at one time. On return, or when an error is raised, no block is at
    work any more.
    """
    arrays = [layer.data for layer in layers]
    wanted = [place for place in np.ndindex(arrays[0].numblocks) if place not in done]
    for _ in _visited(sink, arrays, wanted, progress=Progress("cells", arrays[0].size)):
        pass


def _visited(
    visitor: Visitor,
    arrays: Sequence[da.Array],
    wanted: Collection[Place] | None = None,
    progress: Progress | None = None,
    strip: int = STRIP,
) -> Iterator[dict[Place, Any]]:
    """
    What *visitor* made of the wanted blocks (else all), some rows of blocks at a time.

    The graph of all blocks at once would outgrow the blocks.
    """
    rows, columns = arrays[0].chunks
    places = list(np.ndindex(len(rows), len(columns)))
    cells = {place: rows[place[0]] * columns[place[1]] for place in places}
    chosen = set(places if wanted is None else wanted)
    progress = progress or Progress("read", sum(cells[place] for place in chosen))
    progress.done = progress.before = progress.of - sum(cells[place] for place in chosen)
    tell(progress)
    visits = _visits(visitor, arrays)
    step = max(1, strip // len(columns))
    for top in range(0, len(rows), step):
        band = [place for place in places if top <= place[0] < top + step and place in chosen]
        if band:
            pieces = visits.blocks[top : top + step].to_delayed()
            tasks = {(i, j): pieces[i - top, j] for i, j in band}
            sizes = {task.key: cells[place] for place, task in tasks.items()}
            made = computed(tuple(tasks.values()), progress, sizes)
            yield dict(zip(tasks, made, strict=True))


def _visits(visitor: Visitor, arrays: Sequence[da.Array]) -> da.Array:
    return da.map_blocks(
        _visit,
        *arrays,
        visitor=shared(visitor),
        chunks=tuple((1,) * len(sizes) for sizes in arrays[0].chunks),
        dtype="uint8",
        meta=np.empty((0, 0), "uint8"),
    )


def _visit(*blocks: npt.NDArray[Any], visitor: Visitor, block_info: Any = None) -> Any:
    told = block_info[0]
    rows, columns = (slice(*ends) for ends in told["array-location"])
    return visitor(tuple(told["chunk-location"]), (rows, columns), blocks)


def _of_blocks(function: Callable[..., Any], where: Any, *blocks: npt.NDArray[Any]) -> Any:
    return function(*blocks)


def _where_it_lies(
    function: Callable[..., Any], place: Place, where: Any, blocks: Sequence[npt.NDArray[Any]]
) -> Any:
    return function(where, *blocks)


def _by_block(where: Index, chunks: tuple[tuple[int, ...], ...]) -> dict[Place, Index]:
    """Which of some cells lie in each block, for the blocks that have any."""
    row, column = (
        np.searchsorted(np.cumsum(sizes), cells, side="right")
        for sizes, cells in zip(chunks, where, strict=True)
    )
    block = row * len(chunks[1]) + column
    order = np.argsort(block, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(block[order])) + 1)
    return {(int(row[part[0]]), int(column[part[0]])): part for part in parts}


def _at_its_cells(
    function: Callable[[npt.NDArray[np.float32], Index], Any],
    of_block: Mapping[Place, Index],
    cells: Index,
    place: Place,
    where: tuple[slice, slice],
    blocks: Sequence[npt.NDArray[Any]],
) -> Any:
    rows, columns = cells[:, of_block[place]]
    here = rows - where[0].start, columns - where[1].start
    values = np.stack([block[here] for block in blocks], axis=1)
    return function(values, of_block[place])


def _as_they_are(values: npt.NDArray[np.float32], cells: Index) -> npt.NDArray[np.float32]:
    return values
