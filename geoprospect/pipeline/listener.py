"""Whoever wants to know how a run goes on."""

from __future__ import annotations

from geoprospect.lazy import Progress


class Listener:
    """Hears how a run goes on; this one keeps quiet."""

    def begun(self, step: str) -> None:
        """A step has begun."""

    def advanced(self, step: str, progress: Progress) -> None:
        """A step has got so far with what it computes."""

    def ended(self, step: str, *, kept: bool) -> None:
        """A step is done, or was found done."""
