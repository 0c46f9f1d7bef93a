"""Where in a target a body may lie, and which holes would meet it there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.drilling.sites import Frame, frame_of, lattice

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FINE = 3.0
"""Places at which a body is tried, to its shorter half axis."""

MOST = 2000
"""Of them in a target; a larger one has coarser steps."""


@dataclass(frozen=True)
class Body:
    """
    What is sought: an ellipse in plan, at the depth that holes are aimed at.

    ``longer`` and ``shorter`` are half its axes [m]; the longer lies along that of the target.
    """

    longer: float
    shorter: float

    def __post_init__(self) -> None:
        if not 0 < self.shorter <= self.longer:
            raise ValueError(
                "axes of a body must be above 0 m and the longer one not below the shorter, got "
                f"{self.longer:g} and {self.shorter:g}"
            )


@dataclass(frozen=True, eq=False)
class Places:
    """
    Places where bodies may lie, target by target.

    ``points`` (places, 2) [m], ``target`` (places,) the number of each one's target, and the
    ``frames`` of the targets.
    """

    points: Values
    target: npt.NDArray[np.int64]
    frames: tuple[Frame, ...]

    def met(self, holes: Values, body: Body) -> Flags:
        """
        Whether a hole that pierces the depth at a point would meet a body at a place.

        Parameters
        ----------
        holes : (holes, 2)
            Where they pierce it [m]; NaN for one that does not, which meets nothing.
        body : Body

        Returns
        -------
        ndarray (holes, places) bool
        """
        found = np.zeros((len(holes), len(self.points)), bool)
        for number, frame in enumerate(self.frames):
            mine = self.target == number
            apart = frame.local(holes)[:, None] - frame.local(self.points[mine])[None]
            with np.errstate(invalid="ignore"):
                found[:, mine] = ((apart / [body.longer, body.shorter]) ** 2).sum(axis=2) <= 1
        return found


def places(targets: gpd.GeoDataFrame, body: Body) -> Places:
    """
    Places evenly spread over each target, a third of the body's shorter half axis apart.

    A body's middle lies with equal chance at any of them: within a target the map says no more
    than that it is one. In targets so large that this would be more than 2,000, they lie wider.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        In a CRS in metres.
    body : Body

    Returns
    -------
    Places
    """
    frames = tuple(frame_of(outline) for outline in targets.geometry)
    parts = [
        lattice(outline, frame, max(body.shorter / FINE, math.sqrt(outline.area / MOST)))
        for outline, frame in zip(targets.geometry, frames, strict=True)
    ]
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Places(np.concatenate(parts), numbers.astype(np.int64), frames)
