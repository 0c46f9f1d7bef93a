"""
The only module that knows dask.

Everything between reading and writing stays lazy and works block by block;
memory is bounded by the block, not by the raster, and chunking never changes
a value.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr
from dask.callbacks import Callback
from dask.delayed import delayed
from odc.geo.geobox import GeoBox

from geoprospect import contract

Block = npt.NDArray[np.float32]
Layered = TypeVar("Layered", xr.DataArray, xr.Dataset)

CHUNK = 512
"""Cells a side of a chunk: of the cube, of every lazy layer, of a GeoTIFF tile."""


def chunks(
    shape: tuple[int, int], chunk: int | tuple[int, int] | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How an array is cut into blocks: *chunk* (else CHUNK) cells a side, or (rows, columns)."""
    size = chunk if isinstance(chunk, tuple) else (chunk or CHUNK, chunk or CHUNK)
    rows, columns = da.core.normalize_chunks(size, shape=shape)
    return rows, columns


def from_grid(
    function: Callable[[GeoBox], Block],
    grid: GeoBox,
    *,
    chunk: int | None = None,
) -> xr.DataArray:
    """
    Vectors in, raster out: *function* makes each window of the grid by itself.

    *function* takes a window (a GeoBox) and returns its cells; whatever lies
    beyond the window but bears on it is the function's own business, through a
    margin (``window.pad(halo)``).
    """

    def block(block_info: Any = None) -> Block:
        (top, bottom), (left, right) = block_info[None]["array-location"]
        return np.asarray(function(grid[top:bottom, left:right]), dtype="float32")

    lazy = da.map_blocks(
        block,
        chunks=chunks(grid.shape, chunk),
        dtype="float32",
        meta=np.empty((0, 0), "float32"),
        name=_unique("from-grid"),
    )
    return contract.on_grid(lazy, grid)


def layers_from_grid(
    function: Callable[[GeoBox], Block],
    grid: GeoBox,
    names: Sequence[str],
    *,
    chunk: int | None = None,
) -> xr.Dataset:
    """
    Vectors in, several rasters out: *function* makes (names, y, x) of each window.

    What the layers share is worked out once for a window when they are computed
    together.
    """

    def block(block_info: Any = None) -> Block:
        _, (top, bottom), (left, right) = block_info[None]["array-location"]
        return np.asarray(function(grid[top:bottom, left:right]), dtype="float32")

    lazy = da.map_blocks(
        block,
        chunks=((len(names),), *chunks(grid.shape, chunk)),
        dtype="float32",
        meta=np.empty((0, 0, 0), "float32"),
        name=_unique("layers-from-grid"),
    )
    return xr.Dataset({name: contract.on_grid(lazy[i], grid) for i, name in enumerate(names)})


def from_array(
    function: Callable[..., Block], layer: xr.DataArray, *shared: Any, halo: int = 0
) -> xr.DataArray:
    """
    Raster in, raster out: *function* makes each block from its own cells and a halo.

    Beyond the edge of the raster the halo is NaN. *shared* are values computed
    once and handed to every block (plain values, or :func:`later`).
    """

    def block(own: Block, others: tuple[Any, ...] = ()) -> Block:
        return function(own, *others)

    lazy = da.map_overlap(
        block,
        layer.data if is_lazy(layer) else da.from_array(layer.values, chunks=CHUNK),
        others=shared,
        name=_unique("from-array"),
        depth={axis: min(halo, size) for axis, size in enumerate(layer.shape)},
        boundary=np.nan,
        trim=True,
        dtype="float32",
        meta=np.empty((0, 0), "float32"),
    )
    return layer.copy(data=lazy).drop_attrs(deep=False)


def from_cube(
    function: Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]],
    cube: xr.Dataset,
    names: Sequence[str],
    outputs: Sequence[str],
    *,
    chunk: int | None = None,
) -> xr.Dataset:
    """
    Layers in, maps out: *function* takes (layers, y, x) and returns (outputs, y, x).

    The layers *names* arrive stacked in that order, block by block; where a cell
    is much work, a smaller *chunk* shares it out.
    """
    stack = da.stack([chunked(cube[name], chunk).data for name in names])
    stack = stack.rechunk({0: -1})
    maps = da.map_blocks(
        function,
        stack,
        chunks=((len(outputs),), *stack.chunks[1:]),
        dtype="float32",
        meta=np.empty((0, 0, 0), "float32"),
        name=_unique("from-cube"),
    )
    grid = contract.grid_of(cube)
    return xr.Dataset({name: contract.on_grid(maps[i], grid) for i, name in enumerate(outputs)})


def later(function: Callable[..., Any], *arguments: Any) -> Any:
    """A value computed once, when a block first needs it."""
    return delayed(function, pure=False)(*arguments)


def tile(
    function: Callable[[GeoBox, Any], Block],
    grid: GeoBox,
    sources: Callable[[GeoBox], Any],
    *,
    chunk: int | None = None,
) -> xr.DataArray:
    """
    One raster in, another out on *grid*: each window from its own piece of the source.

    *sources* says which (lazy) piece of the source a window needs, or None for
    none; *function* gets the window and that piece, computed.
    """
    rows, columns = chunks(grid.shape, chunk)
    tops, lefts = np.cumsum((0, *rows)), np.cumsum((0, *columns))

    def window_block(i: int, j: int) -> da.Array:
        window = grid[tops[i] : tops[i + 1], lefts[j] : lefts[j + 1]]
        piece = sources(window)
        if piece is None:
            return da.full(tuple(window.shape), np.nan, dtype="float32", chunks=-1)
        made = delayed(function, pure=False)(window, piece)
        return da.from_delayed(made, shape=window.shape, dtype="float32")

    lazy = da.block([[window_block(i, j) for j in range(len(columns))] for i in range(len(rows))])
    return contract.on_grid(lazy, grid)


def from_windows(
    read: Callable[[slice, slice], npt.NDArray[Any]],
    shape: tuple[int, int],
    *,
    chunk: int | tuple[int, int] | None = None,
    dtype: str = "float32",
) -> da.Array:
    """A lazy array read block by block: *read* takes a slice of rows and one of columns."""

    def block(block_info: Any = None) -> npt.NDArray[Any]:
        (top, bottom), (left, right) = block_info[None]["array-location"]
        return read(slice(top, bottom), slice(left, right))

    return da.map_blocks(
        block,
        chunks=chunks(shape, chunk),
        dtype=dtype,
        meta=np.empty((0, 0), dtype),
        name=_unique("from-windows"),
    )


def within(values: da.Array, inside: da.Array) -> da.Array:
    """*values* where *inside* is known, NaN elsewhere."""
    return da.where(da.isnan(inside), np.float32(np.nan), values)


def is_lazy(layer: xr.DataArray) -> bool:
    """Whether the layer's values are still to be computed."""
    return isinstance(layer.data, da.Array)


def chunked(layer: Layered, chunk: int | None = None) -> Layered:
    """A layer or a cube as a lazy one, cut into blocks of *chunk* (else CHUNK) cells a side."""
    side = chunk or CHUNK
    return layer.chunk({"y": side, "x": side})


def strided(layer: xr.DataArray, stride: int) -> da.Array:
    """
    Every *stride*-th cell of a layer each way, from the middle of the first *stride*.

    Copied block by block, so that a block is let go once its cells are picked.
    """
    first = stride // 2
    picked = chunked(layer).data[first::stride, first::stride]
    return picked.map_blocks(np.copy, dtype=picked.dtype)


def sample(
    cube: xr.Dataset, names: Sequence[str], rows: npt.ArrayLike, columns: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """
    Values of layers at single cells, as (cells, layers); only their chunks are read.

    Computed on purpose.
    """
    where = np.asarray(rows), np.asarray(columns)
    picked = [chunked(cube[name]).data.vindex[where] for name in names]
    if not picked or where[0].size == 0:
        return np.empty((where[0].size, len(names)), "float32")
    return np.stack(compute(*picked), axis=1).astype("float32", copy=False)


def blocks(layer: xr.DataArray, count: int) -> tuple[npt.NDArray[Any], ...]:
    """Up to *count* blocks of a layer, evenly spread over it. Computed on purpose."""
    pieces = layer.data.to_delayed().ravel()
    picked = np.unique(np.linspace(0, len(pieces) - 1, min(count, len(pieces))).round().astype(int))
    return compute(*(pieces[i] for i in picked))


def summed(function: Callable[..., npt.NDArray[Any]], *layers: xr.DataArray) -> npt.NDArray[Any]:
    """
    Sum over all blocks of what *function* makes of each (arrays of one shape).

    *function* gets one numpy block of every layer. Computed on purpose; holds a
    few blocks at a time. The sum is taken in block order.
    """
    arrays = [chunked(layer).data for layer in layers]
    blocks = [a.to_delayed().ravel() for a in arrays]
    parts = [delayed(function, pure=False)(*pieces) for pieces in zip(*blocks, strict=True)]
    total: npt.NDArray[Any] = np.sum(np.stack(compute(*parts)), axis=0)
    return total


def compute(*lazy: Any) -> tuple[Any, ...]:
    """The values of lazy arrays, computed together so that shared work is done once."""
    with _one_thread_inside():
        return tuple(dask.compute(*lazy))


def store(
    arrays: Sequence[da.Array | xr.DataArray],
    targets: Sequence[Any],
    *,
    lock: Any = False,
) -> None:
    """Write lazy arrays block by block into *targets*, which take ``target[slices] = block``."""
    sources = [a.data if isinstance(a, xr.DataArray) else a for a in arrays]
    with _one_thread_inside():
        da.store(sources, list(targets), lock=lock, compute=True)


@contextlib.contextmanager
def threads(workers: int | None = None) -> Iterator[None]:
    """Work on *workers* threads (all cores if None) within the block."""
    with dask.config.set(scheduler="threads", num_workers=workers or os.cpu_count() or 1):
        yield


class _Told(Callback):  # type: ignore[misc]
    """Tells a function how many tasks are done, of how many."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        super().__init__()
        self._tell = tell
        self._done = 0
        self._all = 0

    def _start_state(self, dsk: Any, state: Any) -> None:
        self._done, self._all = 0, len(state["ready"]) + len(state["waiting"])

    def _posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: Any) -> None:
        self._done += 1
        self._tell(self._done, self._all)


def told(tell: Callable[[int, int], None]) -> contextlib.AbstractContextManager[Any]:
    """Within the block, *tell* hears (tasks done, tasks in all) of every computation."""
    return _Told(tell)


def _one_thread_inside() -> contextlib.AbstractContextManager[Any]:
    """Blocks run side by side, so BLAS and OpenMP inside them get one thread each."""
    from threadpoolctl import threadpool_limits

    limited: contextlib.AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limited


def _unique(prefix: str) -> str:
    """A name for a graph's keys; naming by content would hash whole tables."""
    return f"{prefix}-{os.urandom(8).hex()}"
