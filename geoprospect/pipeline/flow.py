"""A run: a pipeline's steps made in order into a folder, or gone on with where they stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from geoprospect import lazy, storage
from geoprospect.errors import OutputError, PipelineError
from geoprospect.language import spoken
from geoprospect.pipeline.ledger import RECORD, Ledger, locked, peak_memory_mb
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.outputs import (
    BLOCKS,
    DRILL_HOLES,
    PROJECT,
    PROSPECTIVITY,
    REPORT,
    SUBSURFACE,
    TARGETS,
    VALIDATION,
)
from geoprospect.pipeline.plan import Pipeline, Plan
from geoprospect.pipeline.underground import Underground
from geoprospect.pipeline.work import Work
from geoprospect.report.pdf import browser
from geoprospect.storage import AnyPath, Location

MADE = {
    "read": REPORT,
    "map": PROSPECTIVITY,
    "targets": TARGETS,
    "holes": DRILL_HOLES,
    "blocks": BLOCKS,
    "voxels": SUBSURFACE,
    "QGIS": PROJECT,
}
"""What is pointed out of a run, where it is there."""


@dataclass(frozen=True)
class Run:
    """A finished run: its folder and its record."""

    folder: AnyPath
    record: Mapping[str, Any]

    @property
    def scores(self) -> dict[str, Any]:
        """The content of ``validation.json``."""
        scores: dict[str, Any] = json.loads(storage.read_text(self.folder / VALIDATION))
        return scores

    def told(self) -> str:
        """What came out, and where to look."""
        lines = [f"{self.record['name']}: done, in {self.folder}"]
        validated = (self.folder / VALIDATION).exists()
        for protocol, scores in (self.scores["protocols"] if validated else {}).items():
            auc = scores["auc"]
            if auc["mean"] is not None:
                fitted = scores.get("rate") == "success_rate"
                lines.append(
                    f"  AUC, {protocol.replace('_', ' ')}: mean {auc['mean']:.2f}, "
                    + ("of deposits it has learnt: no test" if fitted
                       else f"worst fold {auc['worst']:.2f}")
                )  # fmt: skip
        lines += [
            f"  {what:7s} {self.folder / name}"
            for what, name in MADE.items()
            if (self.folder / name).exists()
        ]
        return "\n".join(lines)


def run_folders(pipelines: Sequence[Plan], out: Location) -> list[AnyPath]:
    """Where each pipeline's run goes: *out* itself for one, a folder inside it for several."""
    folder = storage.located(out)
    if len(pipelines) == 1:
        return [folder]
    names = [pipeline.name for pipeline in pipelines]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PipelineError(
            f"two pipelines are called {twice[0]!r}; give each its own name: in the file"
        )
    return [folder / name for name in names]


def run(
    pipeline: Plan,
    out: Location,
    *,
    fresh: bool = False,
    workers: int | None = None,
    memory: int | None = None,
    scheduler: str | None = None,
    language: str | None = None,
    pdf: bool = False,
    listener: Listener | None = None,
) -> Run:
    """
    Run a pipeline into a folder, or go on where a run in that folder stopped.

    Parameters
    ----------
    pipeline : Plan
        From :func:`geoprospect.pipeline.load`.
    out : path or URL
        The run folder; made if it is not there.
    fresh : bool
        Do every step anew.
    workers : int, optional
        Threads to work with; all cores if not given.
    memory : int, optional
        Memory that the process may take [byte]; blocks are made smaller to keep to it. The
        maps are the same.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers do the work
        instead of threads. They must see the files and the run folder.
    language : str, optional
        In which the report, the targets' reasons and the figures speak: ``en`` or ``zh``;
        that of the pipeline file if not given.
    pdf : bool
        Print the report as ``report.pdf`` too, with a browser of this machine.
    listener : Listener, optional
        Hears which step is at work.

    Returns
    -------
    Run

    Raises
    ------
    GeoprospectError
        Naming what is wrong, where, and what to do next.
    """
    folder = storage.located(out)
    if scheduler and (workers or memory):
        raise PipelineError(
            "workers and memory are for threads on this machine; on a cluster each worker is "
            "started with its own (dask worker --nthreads 4 --memory-limit 8GB)"
        )
    if scheduler and storage.is_local(folder):
        folder = folder.absolute()  # workers may stand elsewhere
    chosen = language or pipeline.language
    with spoken(chosen):
        pass  # a language without a catalogue shows now
    if pdf:
        browser()  # that there is none shows now, not after hours
    with locked(folder):
        ledger = Ledger(folder, fresh=fresh, home=pipeline.folder)
        made = (folder, ledger, listener or Listener(), memory, pdf, chosen)
        work = (
            Work(pipeline, *made)
            if isinstance(pipeline, Pipeline)
            else Underground(pipeline, *made)
        )
        ledger.begin(**work.facts())
        status = "failed"
        try:
            with spoken(chosen), lazy.threads(workers), _cluster(scheduler):
                _expect_seen(folder)
                work.all_steps()
            status = "done"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            ledger.end(status, peak_memory_mb=peak_memory_mb())
    return Run(folder, ledger.record)


def _cluster(scheduler: str | None) -> AbstractContextManager[None]:
    return lazy.cluster(scheduler) if scheduler else nullcontext()


def _expect_seen(folder: AnyPath) -> None:
    """An error if some worker does not see the run folder."""
    seen = lazy.everywhere(storage.size, folder / RECORD)
    blind = sorted(worker for worker, size in seen.items() if size is None)
    if blind:
        raise OutputError(
            f"{', '.join(blind[:5])} cannot see {folder}; choose an --out folder on storage that "
            "all workers share, or a URL"
        )
