"""How far a computation is, and who hears of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass
class Progress:
    """How far a computation is: *done* of so many, some of them *before*."""

    unit: str
    """``cells`` made, ``read`` cells looked at, or ``tasks`` of unknown size."""
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

_TOLD: ContextVar[tuple[Tell, ...]] = ContextVar("told", default=())


@contextlib.contextmanager
def told(hears: Tell) -> Iterator[None]:
    """Within the block, *hears* is told the progress of every computation, as others do."""
    token = _TOLD.set((*_TOLD.get(), hears))
    try:
        yield
    finally:
        _TOLD.reset(token)


def tell(progress: Progress) -> None:
    """Let all who want to know hear of it."""
    for hears in _TOLD.get():
        hears(progress)
