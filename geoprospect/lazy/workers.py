"""Who does the work: threads of this process, or the workers of a cluster."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import dask
from dask.callbacks import Callback

from geoprospect.lazy.progress import Progress, tell

if TYPE_CHECKING:
    from geoprospect.lazy.dask_cluster import Cluster

_CLUSTER: ContextVar[Cluster | None] = ContextVar("cluster", default=None)


@contextlib.contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Work on *count* threads (all cores if None) within the block."""
    with dask.config.set(scheduler="threads", num_workers=count or os.cpu_count() or 1):
        yield


@contextlib.contextmanager
def cluster(address: str) -> Iterator[None]:
    """
    Within the block, the workers of the Dask scheduler at *address* do the work.

    Raises
    ------
    ClusterError
        If it cannot be reached, has no workers or other software, or is lost later.
    """
    from geoprospect.lazy.dask_cluster import joined

    with joined(address) as there:
        token = _CLUSTER.set(there)
        try:
            yield
        finally:
            _CLUSTER.reset(token)


def workers() -> int:
    """Number of threads that work here."""
    return int(dask.config.get("num_workers", 0) or os.cpu_count() or 1)


def everywhere(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What *function* returns in each worker of the cluster, by its address; nothing on threads."""
    there = _CLUSTER.get()
    return {} if there is None else there.everywhere(function, *arguments)


def computed(
    tasks: Sequence[Any], progress: Progress, sizes: Mapping[Any, int] | None = None
) -> tuple[Any, ...]:
    """
    The values of lazy things, computed together.

    *progress* counts the tasks, or by *sizes* the cells that those of some keys make. On
    return, or when an error is raised, no task is at work here any more; on a cluster, those
    begun before an error come to their end.
    """
    there = _CLUSTER.get()
    if there is not None:
        return there.computed(tasks, progress, sizes)
    with _at_work() as pool, _Counted(progress, sizes):
        return tuple(dask.compute(*tasks, scheduler="threads", pool=pool))


@contextlib.contextmanager
def _at_work() -> Iterator[ThreadPoolExecutor]:
    """
    Threads of our own, all at rest when the block ends, also by an error.

    Blocks run side by side, so BLAS and OpenMP inside them get one thread each. The
    threads are handed on by hand: dask's configuration is one for the whole process, and
    callers that compute side by side would leave each other's there.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), ThreadPoolExecutor(workers()) as pool:
        yield pool


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
            tell(self._progress)
