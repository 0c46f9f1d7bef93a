"""
The run folder's ledger, ``run.json``: which steps are done, from what, and at what cost.

A step is keyed by a fingerprint of its function, arguments, inputs' content and
code. A step whose fingerprint and outputs are as recorded is not done again, so
a second run redoes only what changed and a killed one goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import importlib.metadata
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from upath import UPath

import geoprospect
from geoprospect import language, lazy, storage
from geoprospect.errors import OutputError
from geoprospect.report import files
from geoprospect.storage import AnyPath

RECORD = "run.json"
_LOCK = ".lock"

_FLOOR = ("contract.py", "journal.py", "lazy", "kernels", "errors.py")
_BEARING = ("numpy", "scipy", "lightgbm", "rasterio", "pyproj", "shapely", "xarray", "dask", "zarr")


class Notices(logging.Handler):
    """Keeps what the stages say while a step is made; paths start at *home*."""

    def __init__(self, step: str, home: AnyPath | None = None) -> None:
        super().__init__(logging.INFO)
        self.step = step
        self.home = "" if home is None else f"{home}{os.sep if storage.is_local(home) else '/'}"
        self.kept: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record, once, in each language that knows it."""
        text = self._below(record.getMessage())
        notice: dict[str, Any] = {"step": self.step, "level": record.levelname.lower(),
                                  "text": text}  # fmt: skip
        said = {name: self._below(one) for name, one in language.noticed(record).items()}
        if said:
            notice["said"] = said
        if notice not in self.kept:
            self.kept.append(notice)

    def _below(self, text: str) -> str:
        return text.replace(self.home, "") if self.home else text


class Pace:
    """Hears how many cells a step makes, pass by pass, and how fast."""

    def __init__(self) -> None:
        self._passes: list[tuple[lazy.Progress, float]] = []

    def __call__(self, progress: lazy.Progress) -> None:
        """Note where a pass over cells stands."""
        if progress.unit != "cells":
            return
        if self._passes and self._passes[-1][0] is progress:
            self._passes.pop()
        self._passes.append((progress, progress.seconds))

    def facts(self) -> dict[str, int]:
        """Cells made, those of an earlier run not counted, and cells a second."""
        cells = sum(progress.done - progress.before for progress, _ in self._passes)
        seconds = sum(seconds for _, seconds in self._passes)
        return {"cells": cells, "cells_per_second": round(cells / seconds)} if cells else {}


class Ledger:
    """The record of one run folder."""

    def __init__(
        self, folder: AnyPath, *, fresh: bool = False, home: AnyPath | None = None
    ) -> None:
        self.folder = folder
        self.home = home
        self.record: dict[str, Any] = {} if fresh else self._read()
        self.steps: dict[str, dict[str, Any]] = self.record.get("steps", {})
        self.redone: list[str] = []
        self.kept: list[str] = []

    def begin(self, **facts: Any) -> None:
        """Note that a run has begun, with facts about it."""
        self.record = {"status": "running", "started": _now(), **facts, "steps": self.steps}
        self.save()

    def end(self, status: str, **facts: Any) -> None:
        """Note how the run ended."""
        self.record.update(status=status, ended=_now(), **facts)
        self.save()

    def arrange(self, names: Iterable[str]) -> None:
        """Put the steps in the order of the pipeline; forget those that are not in it."""
        kept = {name: self.steps[name] for name in names if name in self.steps}
        self.steps.clear()
        self.steps.update(kept)

    def step(
        self,
        name: str,
        fingerprint: str,
        make: Callable[[], Any],
        outputs: Iterable[str] | Callable[[Any], Iterable[str]] = (),
    ) -> Any:
        """
        Make a step and record it, unless it stands recorded with its outputs in place.

        *make* returns what later steps need of it, JSON-ready; a step that is not
        made again returns what was recorded. *outputs* are paths in the run folder,
        or tell them from what was made.
        """
        if self.is_done(name, fingerprint):
            self.kept.append(name)
            return self.steps[name]["result"]
        with self.noted(name) as step:
            step["result"] = make()
            step["fingerprint"] = fingerprint
            written = outputs(step["result"]) if callable(outputs) else outputs
            step["outputs"] = {output: storage.size(self.folder / output) for output in written}
        self.redone.append(name)
        self.save()
        return self.steps[name]["result"]

    @contextmanager
    def noted(self, name: str) -> Iterator[dict[str, Any]]:
        """Record what is done within the block, its cost and what the stages say, as a step."""
        self.steps.pop(name, None)
        step: dict[str, Any] = {"fingerprint": None, "result": None, "outputs": {}}
        began, pace = time.perf_counter(), Pace()
        with heard(name, self.home) as notices, lazy.told(pace):
            yield step
        step["seconds"] = round(time.perf_counter() - began, 3)
        step |= pace.facts()
        step["peak_memory_mb"] = peak_memory_mb()
        step["notices"] = notices.kept
        self.steps[name] = step

    def is_done(self, name: str, fingerprint: str) -> bool:
        """Whether the step stands recorded under this fingerprint, its outputs in place."""
        recorded = self.steps.get(name)
        if recorded is None or recorded["fingerprint"] != fingerprint:
            return False
        return all(
            storage.size(self.folder / output) == size
            for output, size in recorded["outputs"].items()
        )

    def notices(self) -> list[dict[str, Any]]:
        """What the stages said, over all steps, in the order of the steps."""
        return [notice for step in self.steps.values() for notice in step["notices"]]

    def save(self) -> None:
        """Write the record, whole or not at all."""
        files.write_text(files.json_text(self.record), self.folder / RECORD)

    def _read(self) -> dict[str, Any]:
        path = self.folder / RECORD
        try:
            record: dict[str, Any] = json.loads(storage.read_text(path))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            logging.getLogger("geoprospect.pipeline").warning(
                "%s cannot be read; starting over", path
            )
            return {}
        return record


@contextmanager
def heard(step: str, home: AnyPath | None = None) -> Iterator[Notices]:
    """Within the block, keep what the stages say, under the name of a step."""
    notices = Notices(step, home)
    logger = logging.getLogger("geoprospect")
    before = logger.level
    logger.addHandler(notices)
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    try:
        yield notices
    finally:
        logger.removeHandler(notices)
        logger.setLevel(before)


@contextmanager
def locked(folder: AnyPath) -> Iterator[None]:
    """
    Hold a run folder alone; the lock goes with the process, however it ends.

    Object stores have no locks; there it is left to the caller, and said.
    """
    if not storage.is_local(folder):
        storage.told(folder)  # an address or credentials that will not do show now
        logging.getLogger("geoprospect.pipeline").warning(
            "%s cannot be locked; see to it that no other run writes there meanwhile", folder
        )
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"another run is at work in {folder}; wait for it or choose another --out folder"
        ) from None
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {error.strerror or error}; "
            "choose another --out folder or mend its permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()
        (folder / _LOCK).unlink(missing_ok=True)


def fingerprint(*parts: Any) -> str:
    """A digest of JSON-ready values (and paths, by name only)."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=_named)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


@functools.cache
def code_digest(*stages: str) -> str:
    """Digest of the sources of some stages and the floor, and of the libraries values rest on."""
    root = Path(geoprospect.__file__).parent
    digest = hashlib.sha256(json.dumps(versions(_BEARING)).encode())
    for name in (*stages, *_FLOOR):
        place = root / name
        for source in [place] if place.is_file() else _sources(place):
            digest.update(source.relative_to(root).as_posix().encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _sources(folder: Path) -> list[Path]:
    """Code, templates and tables under a folder."""
    kinds = {".py", ".html", ".css", ".js", ".csv", ".po"}
    return sorted(path for path in folder.rglob("*") if path.suffix in kinds)


def versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of this package, of Python and of the libraries *names*."""
    found = {"geoprospect": geoprospect.__version__, "python": sys.version.split()[0]}
    return found | {name: importlib.metadata.version(name) for name in names}


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far [MB]."""
    import psutil

    memory: Any = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return round(float(memory.peak_wset) / 1e6, 1)
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6, 1)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _named(value: Any) -> Any:
    if isinstance(value, Path | UPath):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"no fingerprint of {type(value).__name__}")
