"""Ways to part a study area into survey areas that nobody has to draw, found by name."""

from __future__ import annotations

from typing import TypeAlias

from geoprospect.registry import Registry

TILINGS = Registry("way to part the area", "geoprospect.targets")

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""
