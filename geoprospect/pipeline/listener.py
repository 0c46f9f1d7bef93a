"""Whoever wants to know how a run goes on."""

from __future__ import annotations


class Listener:
    """Hears how a run goes on; this one keeps quiet."""

    def begun(self, step: str) -> None:
        """A step has begun."""

    def advanced(self, step: str, done: int, of: int) -> None:
        """A step has done so many of its tasks."""

    def ended(self, step: str, *, kept: bool) -> None:
        """A step is done, or was found done."""
