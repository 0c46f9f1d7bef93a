"""Upright planes through drilled ground: what a cross-section shows, and where it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ContractError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """
    An upright plane from *start* to *end* (x, y) [m], with half its *thickness* on each side.

    What lies within the thickness is drawn onto the plane.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    thickness: float

    def __post_init__(self) -> None:
        if not self.length > 0:
            raise ContractError(f"a section runs from one place to another, got {self.start} twice")
        if not self.thickness > 0:
            raise ContractError(f"a section has a positive thickness, got {self.thickness} m")

    @property
    def length(self) -> float:
        """From start to end [m]."""
        return math.dist(self.start, self.end)

    @property
    def azimuth(self) -> float:
        """Direction from start to end, clockwise from north [degrees]."""
        east, north = np.subtract(self.end, self.start)
        return math.degrees(math.atan2(east, north)) % 360

    def along(self, places: Values) -> Values:
        """Distance from the start along the plane, of places (n, 2 or 3) [m]."""
        return np.asarray(self._away(places) @ self._direction(), np.float64)

    def across(self, places: Values) -> Values:
        """Distance from the plane, positive on its right [m]."""
        east, north = self._direction()
        return np.asarray(self._away(places) @ np.array([north, -east]))

    def within(self, places: Values) -> npt.NDArray[np.bool_]:
        """Whether places are near enough to be drawn on the plane."""
        along = self.along(places)
        near = np.abs(self.across(places)) <= self.thickness / 2
        return np.asarray(near & (along >= 0) & (along <= self.length))

    def at(self, along: Values) -> Values:
        """Places (n, 2) on the plane [m]."""
        return np.asarray(np.asarray(self.start) + np.multiply.outer(along, self._direction()))

    def _direction(self) -> Values:
        return np.asarray(np.subtract(self.end, self.start) / self.length)

    def _away(self, places: Values) -> Values:
        return np.asarray(
            np.asarray(places, np.float64)[:, :2] - np.asarray(self.start), np.float64
        )


def plane_through(
    places: npt.ArrayLike,
    *,
    azimuth: float,
    thickness: float,
    centre: tuple[float, float] | None = None,
    margin: float = 0.0,
) -> Plane:
    """
    The plane of an azimuth that spans all places, through *centre* or the middle of most.

    Parameters
    ----------
    places : (n, 2 or 3)
        Such as those of composites [m]; NaN is passed over.
    azimuth : float
        From the section's left to its right, clockwise from north [degrees].
    thickness : float
        [m].
    centre : (x, y), optional
        A place that it passes through; else the medians of x and y.
    margin : float
        How far it reaches beyond the places [m].

    Raises
    ------
    ContractError
        If no place is known, all lie at one spot along it, or the thickness is not positive.
    """
    known = np.asarray(places, np.float64)[:, :2]
    known = known[np.isfinite(known).all(axis=1)]
    if not len(known):
        raise ContractError("no place is known for a section to pass; are x and y filled in?")
    middle = np.median(known, axis=0) if centre is None else np.asarray(centre, np.float64)
    turn = math.radians(azimuth)
    direction = np.array([math.sin(turn), math.cos(turn)])
    along = (known - middle) @ direction
    start, end = (middle + far * direction for far in (along.min() - margin, along.max() + margin))
    return Plane((float(start[0]), float(start[1])), (float(end[0]), float(end[1])), thickness)
