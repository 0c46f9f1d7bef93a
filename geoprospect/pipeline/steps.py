"""What every part of a run's work rests on: the pipeline, the ledger, and recorded steps."""

from __future__ import annotations

import contextlib
import functools
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from geoprospect import language, lazy, storage
from geoprospect.pipeline import memory
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.ledger import Ledger, fingerprint, versions
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.outputs import PDF, REPORT
from geoprospect.pipeline.plan import Plan
from geoprospect.storage import AnyPath

REPORTED = (
    "bokeh", "dask", "geopandas", "lightgbm", "numpy", "odc-geo", "pandas", "pyogrio", "pyproj",
    "rasterio", "scikit-learn", "scipy", "shap", "shapely", "xarray", "zarr",
)  # fmt: skip
"""Libraries whose versions a run notes."""


@dataclass
class Steps:
    """A run folder, its ledger, and what each thing made so far was made from."""

    pipeline: Plan
    folder: AnyPath
    ledger: Ledger
    listener: Listener
    memory: int | None = None
    pdf: bool = False
    """Whether the report is wanted as a PDF too."""
    language: str = language.SOURCE
    """In which people are told things."""
    prints: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says of the run as a whole."""
        return {
            "name": self.pipeline.name,
            "title": self.pipeline.title,
            "seed": self.pipeline.seed,
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
            "platform": platform.platform(),
            "inputs": [],
        }

    def names(self) -> list[str]:
        """Names of all steps, in order."""
        return [*self.underground(), "report", "pdf"]

    def underground(self) -> list[str]:
        """Names of the steps on drill holes, in order."""
        plan = self.pipeline
        asked = {
            "drillholes": plan.drillholes, "drillholes.told": plan.drillholes,
            "composites": plan.composites, "block_model": plan.block_model,
        }  # fmt: skip
        below = plan.voxels.steps if plan.voxels else []
        return [*(name for name, call in asked.items() if call is not None), *below]

    def within_memory(self, layers: int) -> AbstractContextManager[None]:
        """Within the block, layers are cut so that work on so many keeps to the stated memory."""
        if self.memory is None:
            return contextlib.nullcontext()
        return lazy.cut(memory.side(self.memory, layers=layers, workers=lazy.workers()))

    def print_report(self) -> None:
        """The page as a PDF, where it is wanted; one of another page is taken away."""
        key = fingerprint(self.prints["report"])
        if self.pdf:
            self.step("pdf", key, self._printed, [PDF])
        elif not self.ledger.is_done("pdf", key):
            storage.remove(self.folder / PDF)
            self.ledger.steps.pop("pdf", None)

    def _printed(self) -> None:
        from geoprospect.report import pdf

        pdf.printed(storage.read_text(self.folder / REPORT), self.folder / PDF)

    def call_print(self, call: Call) -> str:
        """Fingerprint of a call on named things."""
        used = [self.prints.get(name, name) for name in call.uses()]
        return fingerprint(told(call), used)

    def step(
        self,
        name: str,
        key: str,
        make: Callable[[], Any],
        outputs: Iterable[str] | Callable[[Any], Iterable[str]],
    ) -> Any:
        """One recorded step, heard by the listener."""
        kept = self.ledger.is_done(name, key)
        with self.heard(name, kept=kept):
            return self.ledger.step(name, key, make, outputs)

    @contextlib.contextmanager
    def heard(self, step: str, *, kept: bool = False) -> Iterator[None]:
        """Within the block, the listener hears of a step and how it gets on."""
        self.listener.begun(step)
        with lazy.told(functools.partial(self.listener.advanced, step)):
            yield
        self.listener.ended(step, kept=kept)


def told(call: Call) -> list[Any]:
    """A call's function and settings, as far as they bear on its result."""
    settings = {name: value for name, value in call.settings.items() if not storage.paths_in(value)}
    return [call.function.__module__, call.function.__qualname__, settings, dict(call.data)]
