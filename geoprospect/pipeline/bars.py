"""Bars that show how a run goes on: in a terminal, and in a notebook."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from geoprospect import lazy
from geoprospect.pipeline.listener import Listener

EVERY = 0.5
"""Seconds between two looks of a notebook's bars."""


class Bars(Listener):
    """One bar a step, with cells a second and the time left."""

    def __init__(self, progress: Progress, shown: Any) -> None:
        self._progress, self._shown = progress, shown
        self._tasks: dict[str, TaskID] = {}
        self._seen = 0.0

    def begun(self, step: str) -> None:
        """Show a bar without an end."""
        self._tasks[step] = self._progress.add_task(escape(step), total=None, pace="")
        self._show()

    def advanced(self, step: str, progress: lazy.Progress) -> None:
        """Show how far the step is, and how fast."""
        self._progress.update(
            self._tasks[step], completed=progress.done, total=progress.of, pace=pace(progress)
        )
        if time.monotonic() - self._seen > EVERY:
            self._show()

    def ended(self, step: str, *, kept: bool) -> None:
        """Show a whole bar."""
        name = f"{escape(step)} [dim](kept)[/dim]" if kept else escape(step)
        self._progress.update(self._tasks[step], description=name, completed=1, total=1)
        self._show()

    def _show(self) -> None:
        self._seen = time.monotonic()
        if self._shown is not None:
            self._shown.update(self._progress.make_tasks_table(self._progress.tasks))


@contextlib.contextmanager
def bars(console: Console | None = None) -> Iterator[Listener]:
    """
    A listener that draws: ``with bars() as listener: run(plan, out, listener=listener)``.

    In a terminal the bars move by themselves; in a notebook they are drawn anew below
    the cell; elsewhere nothing is shown.
    """
    console = console or Console()
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )  # fmt: skip
    live = console.is_terminal and not console.is_jupyter
    with Progress(*columns, console=console, disable=not live) as progress:
        yield Bars(progress, _display(progress) if console.is_jupyter else None)


def pace(progress: lazy.Progress) -> str:
    """As in "1.24 million cells/s, 0:03:10 left"; of tasks, whose size is unknown, nothing."""
    if progress.unit != "cells" or progress.left is None:
        return ""
    number, word = progress.per_second, ""
    if number >= 1e6:
        number, word = number / 1e6, "million "
    rate = f"{number:,.3g} {word}cells/s"
    if progress.done >= progress.of:
        return rate
    hours, rest = divmod(math.ceil(progress.left), 3600)
    return f"{rate}, {hours}:{rest // 60:02d}:{rest % 60:02d} left"


def _display(progress: Progress) -> Any:
    """A place below a notebook's cell that can be drawn anew."""
    from IPython.display import display

    return display(progress.make_tasks_table([]), display_id=True)  # type: ignore[no-untyped-call]
