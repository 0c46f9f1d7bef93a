"""Chance that a grid of holes meets a body, and what barren holes leave of a target."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi

from geoprospect.drilling.chances import checked

Values = npt.NDArray[np.float64]

ANGLES = 180
"""Directions over which a body of unknown trend is averaged."""


def detection(
    longer: float, shorter: float, *, spacing: float, angle: float | None = None
) -> float:
    """
    Chance that a square grid of vertical holes meets an elliptical body [1].

    The body's outline in plan lies anywhere with equal chance. It is met unless it slips
    between the holes: pi a b / s**2 is right only for bodies too small to be met twice.

    It is exact: ground and grid are stretched until the ellipse is a circle, and of the
    ground that is nearest to one hole, the part inside the circle about it is counted. For
    circles that is the textbooks' closed form [1]_.

    Parameters
    ----------
    longer, shorter : float
        Half the longer and the shorter axis [m].
    spacing : float
        Between holes, both ways [m].
    angle : float, optional
        Between the longer axis and the rows of holes [degree]. If it is unknown, the mean
        over all directions.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an axis or the spacing is not above 0, or axes are the wrong way round.

    References
    ----------
    .. [1] Drew, L.J. (1979). Pattern drilling exploration: optimum pattern types and hole
       spacings when searching for elliptical shaped targets. Mathematical Geology 11,
       223-254.
    """
    if not 0 < shorter <= longer or not spacing > 0:
        raise ValueError(
            f"axes and spacing must be above 0 m and the longer axis not below the shorter; got "
            f"{longer:g}, {shorter:g} and {spacing:g}"
        )
    if angle is not None:
        return _met(longer / spacing, shorter / spacing, math.radians(angle))
    if longer == shorter:
        return _met(longer / spacing, shorter / spacing, 0.0)
    # a square grid is its own mirror image, so a quarter turn holds every direction
    turns = (np.arange(ANGLES) + 0.5) / ANGLES * np.pi / 2
    return float(np.mean([_met(longer / spacing, shorter / spacing, turn) for turn in turns]))


def after_barren(probability: npt.ArrayLike, detections: npt.ArrayLike) -> Values:
    """
    Chance of a deposit in a target after barren holes [1], by Bayes' rule.

    A barren hole speaks against a deposit only as far as it would have met one.

    Parameters
    ----------
    probability : number or sequence
        Before the holes [1].
    detections : sequence
        Chance of each hole to meet the deposit if there is one, independent of the other
        holes [1]. None leaves the chance as it was.

    Returns
    -------
    ndarray float64

    Raises
    ------
    DataError
        If a probability is 0 or 1.
    ValueError
        If the chance to meet the deposit is below 0 or above 1.
    """
    p = checked(probability, "a deposit")
    d = np.atleast_1d(np.asarray(detections, float))
    if not ((d >= 0) & (d <= 1)).all():
        raise ValueError(f"a chance to meet a deposit must be between 0 and 1, got {d}")
    missed = float(np.prod(1 - d))
    after: Values = p * missed / (1 - p + p * missed)
    return after


def _met(longer: float, shorter: float, angle: float) -> float:
    """Chance for a grid of spacing 1."""
    cos, sin = math.cos(angle), math.sin(angle)
    stretched = np.array([[cos / longer, sin / longer], [-sin / shorter, cos / shorter]])
    one, other = _reduced(stretched[:, 0], stretched[:, 1])
    return min(1.0, _in_circle(_nearest_ground(one, other)) * longer * shorter)


def _reduced(one: Values, other: Values) -> tuple[Values, Values]:
    """The two shortest steps of the same lattice (Gauss)."""
    while True:
        if one @ one > other @ other:
            one, other = other, one
        steps = round(float(one @ other / (one @ one)))
        if steps == 0:
            return one, other
        other = other - steps * one


def _nearest_ground(one: Values, other: Values) -> Values:
    """Corners (n, 2), in order, of the ground that is nearer to 0 than to other lattice points."""
    steps = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3)])
    diagram = Voronoi(steps @ np.array([one, other]))
    middle = int(np.flatnonzero((steps == 0).all(axis=1))[0])
    corners = diagram.vertices[diagram.regions[diagram.point_region[middle]]]
    return np.asarray(corners[np.argsort(np.arctan2(corners[:, 1], corners[:, 0]))])


def _in_circle(corners: Values) -> float:
    """Area of a polygon about 0, its *corners* in order, inside the circle of radius 1."""
    total = 0.0
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge = b - a
        length = math.hypot(*edge)
        if length < 1e-12:  # corners that rounding has split
            continue
        away = float(a[0] * b[1] - a[1] * b[0]) / length
        ends = [math.atan2(float(end @ edge) / length, away) for end in (a, b)]
        total += _swept(ends[1], away) - _swept(ends[0], away)
    return total


def _swept(angle: float, away: float) -> float:
    """Area from an edge's foot, *away* from 0, to the ray at *angle*, inside the unit circle."""
    leaves = math.acos(min(away, 1.0))
    inside = min(abs(angle), leaves)
    swept = away**2 * math.tan(inside) / 2 if inside > 0 else 0.0
    return math.copysign(swept + (abs(angle) - inside) / 2, angle)
