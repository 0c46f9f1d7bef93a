"""Lazy layers: made from windows, from other layers, from a cube."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr
from dask.base import is_dask_collection, tokenize
from dask.delayed import delayed
from odc.geo.geobox import GeoBox

from geoprospect import contract

Block = npt.NDArray[np.float32]
Windows: TypeAlias = Callable[[slice, slice], npt.NDArray[Any]]
Layered = TypeVar("Layered", xr.DataArray, xr.Dataset)

CHUNK = 512
"""Cells a side of a block, where memory does not ask for less."""

SHARES = 32
"""Blocks that a map should have at least, if it is not tiny, so that every core has its share."""

SMALLEST = 64
"""Cells a side below which a block is not worth its handling."""

_SIDE: ContextVar[int] = ContextVar("side", default=CHUNK)


# --- how layers are cut ------------------------------------------------------------------


def side() -> int:
    """Cells a side of the blocks that layers are cut into."""
    return _SIDE.get()


@contextlib.contextmanager
def cut(side: int) -> Iterator[None]:
    """Within the block, layers are cut into blocks of *side* cells a side."""
    token = _SIDE.set(side)
    try:
        yield
    finally:
        _SIDE.reset(token)


def block_side(shape: tuple[int, ...]) -> int:
    """Cells a side of a block where a cell is much work: smaller on a small map."""
    wanted = side()
    while wanted > SMALLEST and shape[-1] * shape[-2] < SHARES * wanted**2:
        wanted //= 2
    return wanted


def chunks(
    shape: tuple[int, int], chunk: int | tuple[int, int] | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How an array is cut into blocks of *chunk* (else :func:`side`) cells a side, or (y, x)."""
    size = chunk if isinstance(chunk, tuple) else (chunk or side(), chunk or side())
    rows, columns = da.core.normalize_chunks(size, shape=shape)
    return rows, columns


def chunked(layer: Layered, chunk: int | None = None) -> Layered:
    """A layer or a cube as a lazy one, in blocks of *chunk* (else :func:`side`) cells a side."""
    size = chunk or side()
    return layer.chunk({"y": size, "x": size})


def is_lazy(layer: xr.DataArray) -> bool:
    """Whether the layer's values are still to be computed."""
    return isinstance(layer.data, da.Array)


# --- values that blocks share ------------------------------------------------------------


def later(function: Callable[..., Any], *arguments: Any) -> Any:
    """A value computed once, when a block first needs it."""
    return delayed(function, pure=False)(*arguments)


def shared(value: Any) -> Any:
    """A value that many blocks take: it goes to each process once, and not with every block."""
    return delayed(value, name=_unique("shared"), traverse=False)


def _all_shared(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value if is_dask_collection(value) else shared(value) for value in values)


# --- layers from windows -----------------------------------------------------------------


def from_windows(
    read: Windows,
    shape: tuple[int, int],
    *,
    chunk: int | tuple[int, int] | None = None,
    dtype: str = "float32",
    outputs: int | None = None,
) -> da.Array:
    """
    A lazy array made block by block: *read* takes a slice of rows and one of columns.

    With *outputs* it returns so many layers of them, (outputs, y, x).
    """
    first = () if outputs is None else ((outputs,),)
    return da.map_blocks(
        _in_window,
        read=shared(read),
        chunks=(*first, *chunks(shape, chunk)),
        dtype=dtype,
        meta=np.empty((0,) * (2 + len(first)), dtype),
        name=_unique("from-windows"),
    )


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
    read = functools.partial(_of_grid, function, grid)
    return contract.on_grid(from_windows(read, grid.shape, chunk=chunk), grid)


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
    read = functools.partial(_of_grid, function, grid)
    stack = from_windows(read, grid.shape, chunk=chunk, outputs=len(names))
    return _unstacked(stack, names, grid)


# --- layers from layers ------------------------------------------------------------------


def from_array(
    function: Callable[..., Block], layer: xr.DataArray, *others: Any, halo: int = 0
) -> xr.DataArray:
    """
    Raster in, raster out: *function* makes each block from its own cells and a halo.

    Beyond the edge of the raster the halo is NaN. *others* are values computed
    once and handed to every block (plain values, or :func:`later`).
    """
    lazy = da.map_overlap(
        _with_others,
        layer.data if is_lazy(layer) else da.from_array(layer.values, chunks=side()),
        function=shared(function),
        others=_all_shared(others),
        name=_unique("from-array"),
        depth={axis: min(halo, size) for axis, size in enumerate(layer.shape)},
        boundary=np.nan,
        trim=True,
        dtype="float32",
        meta=np.empty((0, 0), "float32"),
    )
    return layer.copy(data=lazy).drop_attrs(deep=False)


def from_cube(
    function: Callable[..., npt.NDArray[Any]],
    cube: xr.Dataset,
    names: Sequence[str],
    outputs: Sequence[str],
    *others: Any,
    chunk: int | None = None,
    dtype: str = "float32",
) -> xr.Dataset:
    """
    Layers in, maps out: *function* takes (layers, y, x) and returns (outputs, y, x).

    The layers *names* arrive stacked in that order, block by block. Maps made from
    the same layers of a cube read each block of it once when they are computed
    together, whatever their functions. *others* are handed to every block after the
    layers (plain values, :func:`later` or :func:`shared`).
    """
    stack = _stacked([cube[name] for name in names], chunk or block_side(cube[names[0]].shape))
    maps = da.map_blocks(
        _with_others,
        stack,
        function=shared(function),
        others=_all_shared(others),
        chunks=((len(outputs),), *stack.chunks[1:]),
        dtype=dtype,
        meta=np.empty((0, 0, 0), dtype),
        name=_unique("from-cube"),
    )
    return _unstacked(maps, outputs, contract.grid_of(cube))


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
    make = shared(function)

    def window_block(i: int, j: int) -> da.Array:
        window = grid[tops[i] : tops[i + 1], lefts[j] : lefts[j + 1]]
        piece = sources(window)
        if piece is None:
            return da.full(tuple(window.shape), np.nan, dtype="float32", chunks=-1)
        made = later(_called, make, window, piece)
        return da.from_delayed(made, shape=window.shape, dtype="float32")

    lazy = da.block([[window_block(i, j) for j in range(len(columns))] for i in range(len(rows))])
    return contract.on_grid(lazy, grid)


def within(values: da.Array, inside: da.Array) -> da.Array:
    """*values* where *inside* is known, NaN elsewhere."""
    return da.where(da.isnan(inside), np.float32(np.nan), values)


# --- what happens to a block (module level, so that it travels to a cluster by name) -------


def _stacked(layers: Sequence[xr.DataArray], side: int) -> da.Array:
    """Layers as (layers, y, x), named by what they are: the same layers, the same blocks."""
    arrays = [chunked(layer, side).data for layer in layers]
    pairs = [part for array in arrays for part in (array, "yx")]
    return da.blockwise(
        _stack,
        "byx",
        *pairs,
        new_axes={"b": len(arrays)},
        dtype=arrays[0].dtype,
        meta=np.empty((0, 0, 0), arrays[0].dtype),
        name=f"stack-{tokenize([array.name for array in arrays])}",
    )


def _unstacked(stack: da.Array, names: Sequence[str], grid: GeoBox) -> xr.Dataset:
    """(names, y, x) as one variable for each name."""
    return xr.Dataset(
        {
            name: contract.on_grid(
                da.blockwise(
                    _picked,
                    "yx",
                    stack,
                    "byx",
                    number=number,
                    dtype=stack.dtype,
                    meta=np.empty((0, 0), stack.dtype),
                    name=f"{stack.name}-{number}",
                ),
                grid,
            )
            for number, name in enumerate(names)
        }
    )


def _stack(*blocks: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack(blocks)


def _picked(blocks: list[npt.NDArray[Any]], number: int) -> npt.NDArray[Any]:
    picked: npt.NDArray[Any] = blocks[0][number]
    return picked


def _in_window(read: Windows, block_info: Any = None) -> npt.NDArray[Any]:
    """What *read* makes of the block's rows and columns."""
    told = block_info[None]
    rows, columns = (slice(*ends) for ends in told["array-location"][-2:])
    return np.asarray(read(rows, columns), dtype=told["dtype"])


def _of_grid(
    function: Callable[[GeoBox], Block], grid: GeoBox, rows: slice, columns: slice
) -> Block:
    return function(grid[rows, columns])


def _with_others(
    block: npt.NDArray[Any], function: Callable[..., Block], others: Sequence[Any] = ()
) -> Block:
    return function(block, *others)


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _unique(prefix: str) -> str:
    """A name for a graph's keys; naming by content would hash whole tables."""
    return f"{prefix}-{os.urandom(8).hex()}"
