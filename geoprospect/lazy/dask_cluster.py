"""
The workers of a Dask cluster that somebody else has started.

Whatever happens to them comes out as one error with its remedy; what their blocks say
in the log is heard here.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dask
from distributed import Client, Future, WorkerPlugin, wait
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from geoprospect.errors import ClusterError, listing
from geoprospect.lazy.progress import Progress, tell

log = logging.getLogger("geoprospect.lazy")

PATIENCE = "geoprospect.patience"
"""Seconds that a cluster may be without a worker that works (a key of Dask's configuration)."""

SOFTWARE = ("dask", "distributed", "geoprospect", "lightgbm", "numba", "numpy", "rasterio", "zarr")
"""What must be the same on all machines for the same bytes, or for any."""

LOOK = 2.0
"""Seconds between two looks at the workers while no task ends."""

GO_ON = "the same command goes on where the run stopped"


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """What *function* returns in each worker, by its address."""
        with self._held():
            told: dict[str, Any] = self._client.run(function, *arguments)
        return told

    def computed(
        self, tasks: Sequence[Any], progress: Progress, sizes: Mapping[Any, int] | None = None
    ) -> tuple[Any, ...]:
        """The values of lazy things; see :func:`geoprospect.lazy.workers.computed`."""
        if sizes is None:
            progress.of = len(tasks)
        with self._held():
            futures = self._client.compute(list(tasks))
            try:
                self._watch(futures, progress, sizes)
                made = self._client.gather(futures)
            except BaseException:
                with contextlib.suppress(Exception):
                    self._client.cancel(futures, force=True)
                raise
        return tuple(made)

    def _watch(
        self, futures: Sequence[Future], progress: Progress, sizes: Mapping[Any, int] | None
    ) -> None:
        """Count what is done until all is; raise the first error."""
        left = {future for future in futures if isinstance(future, Future)}
        alive = time.monotonic()
        while left:
            try:
                done = wait(left, timeout=LOOK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                alive = self._checked(alive)
                continue
            alive = time.monotonic()
            for future in done:
                if future.status != "finished":
                    future.result()  # raises
                progress.done += 1 if sizes is None else sizes.get(future.key, 0)
            left -= done
            tell(progress)

    def _checked(self, alive: float) -> float:
        """When a worker was last seen that can work; an error if that is too long ago."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        if any(worker["status"] == "running" for worker in workers):
            return time.monotonic()
        if time.monotonic() - alive < patience():
            return alive
        if workers:
            raise ClusterError(
                f"every worker of {self._address} is paused, for it holds nearly all the memory it "
                f"may; {_more_memory()}; {GO_ON}"
            )
        raise ClusterError(
            f"{self._address} has had no worker for {patience():.0f} s; start some "
            f"(dask worker {self._address}); {GO_ON}"
        )

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Within the block, a lost cluster is told with its remedy; errors of tasks as they are."""
        try:
            with self._client.as_current():
                yield
        except KilledWorker as error:
            raise ClusterError(
                f"{error.allowed_failures + 1} workers of {self._address} died at one block, most "
                f"likely for lack of memory (their logs tell); {_more_memory()}; {GO_ON}"
            ) from None
        except (FutureCancelledError, CommClosedError) as error:
            raise self._lost() from error
        except Exception as error:
            if self._client.status != "running":
                raise self._lost() from error
            raise

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self._address} is gone, or dropped the run; start it again, with "
            f"its workers; {GO_ON}"
        )


@contextlib.contextmanager
def joined(address: str) -> Iterator[Cluster]:
    """The cluster at *address*, with workers that are ready to work."""
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({_said(error)}); start one (dask scheduler) "
            "or mend the address, such as tcp://host:8786"
        ) from error
    try:
        with _quiet():
            _expect_workers(client, address)
            _check_software(client, address)
            client.register_plugin(_Ready(), name="geoprospect")
            client.forward_logging("geoprospect", level=logging.INFO)
            yield Cluster(client, address)
    finally:
        with _quiet(), contextlib.suppress(Exception):
            client.close(timeout=5)


def patience() -> float:
    """Seconds that a cluster may be without a worker that works."""
    return float(dask.config.get(PATIENCE, 300))


class _Ready(WorkerPlugin):  # type: ignore[misc]
    """Blocks run side by side in a worker, so BLAS and OpenMP inside them get one thread each."""

    idempotent = True

    def setup(self, worker: Any) -> None:
        """Limit the threads of the libraries, for as long as the worker lives."""
        import lightgbm  # noqa: F401  its OpenMP is limited only once it is there
        from threadpoolctl import threadpool_limits

        self._limits = threadpool_limits(limits=1)


def _expect_workers(client: Client, address: str) -> None:
    if client.scheduler_info()["workers"]:
        return
    log.warning("%s has no workers yet; waiting for some", address)
    try:
        client.wait_for_workers(1, timeout=patience())
    except TimeoutError as error:
        raise ClusterError(
            f"{address} has no workers after {patience():.0f} s; start some (dask worker {address})"
        ) from error


def _check_software(client: Client, address: str) -> None:
    """The same versions everywhere, or an error that lists what differs."""
    told = client.get_versions(packages=list(SOFTWARE))
    ours = told["client"]["packages"]
    problems = [
        f"{name}: {ours.get(name)} here, {theirs['packages'].get(name) or 'none'} in {worker}"
        for worker, theirs in told["workers"].items()
        for name in ("python", *SOFTWARE)
        if theirs["packages"].get(name) != ours.get(name)
    ]
    if problems:
        title = f"the workers of {address} run other software; give all machines the same:"
        raise ClusterError(listing(title, problems[:12]))


def _more_memory() -> str:
    return "give each more (dask worker --memory-limit), or fewer threads (--nthreads 1)"


def _said(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Within the block, distributed keeps to itself what is told here in one error."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
