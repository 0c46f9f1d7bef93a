"""Computing lazy layers: on threads here, or on a cluster; and hearing how it goes on."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr
from dask.callbacks import Callback
from dask.delayed import Delayed, delayed

from geoprospect.lazy.layers import chunked, shared

Place: TypeAlias = tuple[int, int]
"""Row and column of a block among the blocks of a layer."""

Sink: TypeAlias = Callable[[Place, tuple[slice, slice], Sequence[npt.NDArray[Any]]], Any]


@dataclass
class Progress:
    """How far a computation is: *done* of so many cells (or tasks), some of them *before*."""

    unit: str
    of: int = 0
    done: int = 0
    before: int = 0
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has been at work [s]."""
        return time.perf_counter() - self.began

    @property
    def per_second(self) -> float:
        """Cells (or tasks) a second."""
        return (self.done - self.before) / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Time that the rest will take at this pace [s]; None before the first is done."""
        return (self.of - self.done) / self.per_second if self.done > self.before else None


Tell: TypeAlias = Callable[[Progress], None]

STRIP = 512
"""Blocks whose tasks are laid out at one time."""

_TOLD: ContextVar[tuple[Tell, ...]] = ContextVar("told", default=())


# --- values ------------------------------------------------------------------------------


def compute(*lazy: Any) -> tuple[Any, ...]:
    """The values of lazy arrays, computed together so that shared work is done once."""
    with _at_work(), _Counted(Progress("tasks")):
        return tuple(dask.compute(*lazy))


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


# --- blocks to where they are written -----------------------------------------------------


def each(sink: Sink, layers: Sequence[xr.DataArray], *, done: Collection[Place] = ()) -> None:
    """
    Hand every block of some layers on one grid to *sink*, where it is computed.

    *sink* gets the block's place, its rows and columns, and one array for each
    layer. Blocks in *done* are left out. The layers are cut alike; a few blocks are
    in flight at one time. On return, or when an error is raised, no block is at
    work any more.
    """
    handed = _handed_over(sink, [layer.data for layer in layers])
    rows, columns = layers[0].data.chunks
    cells = {(i, j): high * wide for i, high in enumerate(rows) for j, wide in enumerate(columns)}
    before = sum(cells[place] for place in done)
    progress = Progress("cells", layers[0].size, before, before)
    _tell(progress)
    for strip in _strips(handed):
        pieces = {place: piece for place, piece in strip.items() if place not in done}
        sizes = {piece.key: cells[place] for place, piece in pieces.items()}
        with _at_work(), _Counted(progress, sizes):
            dask.compute(*pieces.values())


def _strips(handed: da.Array) -> Iterator[dict[Place, Delayed]]:
    """The blocks in some rows of them at a time: the graph of all would outgrow the blocks."""
    rows, columns = handed.numblocks
    step = max(1, STRIP // columns)
    for top in range(0, rows, step):
        pieces = handed.blocks[top : top + step].to_delayed()
        yield {(top + i, j): piece for (i, j), piece in np.ndenumerate(pieces)}


def _handed_over(sink: Sink, arrays: Sequence[da.Array]) -> da.Array:
    return da.map_blocks(
        _hand_over,
        *arrays,
        sink=shared(sink),
        chunks=tuple((1,) * len(sizes) for sizes in arrays[0].chunks),
        dtype="uint8",
        meta=np.empty((0, 0), "uint8"),
    )


def _hand_over(*blocks: npt.NDArray[Any], sink: Sink, block_info: Any = None) -> Any:
    told = block_info[0]
    rows, columns = (slice(*ends) for ends in told["array-location"])
    sink(tuple(told["chunk-location"]), (rows, columns), blocks)
    return np.ones((1, 1), "uint8")


# --- workers -----------------------------------------------------------------------------


@contextlib.contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Work on *count* threads (all cores if None) within the block."""
    with dask.config.set(scheduler="threads", num_workers=count or os.cpu_count() or 1):
        yield


def workers() -> int:
    """Number of threads that work here."""
    return int(dask.config.get("num_workers", 0) or os.cpu_count() or 1)


@contextlib.contextmanager
def _at_work() -> Iterator[None]:
    """
    Threads of our own, all at rest when the block ends, also by an error.

    Blocks run side by side, so BLAS and OpenMP inside them get one thread each.
    """
    from threadpoolctl import threadpool_limits

    with (
        threadpool_limits(limits=1),
        ThreadPoolExecutor(workers()) as pool,
        dask.config.set(pool=pool),
    ):
        yield


# --- progress ----------------------------------------------------------------------------


@contextlib.contextmanager
def told(tell: Tell) -> Iterator[None]:
    """Within the block, *tell* hears of the progress of every computation, as others do."""
    token = _TOLD.set((*_TOLD.get(), tell))
    try:
        yield
    finally:
        _TOLD.reset(token)


def _tell(progress: Progress) -> None:
    for tell in _TOLD.get():
        tell(progress)


class _Counted(Callback):  # type: ignore[misc]
    """Counts what is done: tasks, or by their keys the cells that some of them make."""

    def __init__(self, progress: Progress, sizes: Mapping[Any, int] | None = None) -> None:
        super().__init__()
        self._progress, self._sizes = progress, sizes

    def _start_state(self, dsk: Any, state: Any) -> None:
        if self._sizes is None:
            self._progress.of = len(state["ready"]) + len(state["waiting"])

    def _posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: Any) -> None:
        size = 1 if self._sizes is None else self._sizes.get(key, 0)
        if size:
            self._progress.done += size
            _tell(self._progress)
