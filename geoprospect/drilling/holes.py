"""Directions of holes against planes: what angle, what true thickness, where it is met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]

PARALLEL = 1e-9
"""Cosine below which a hole runs along a plane, to every purpose."""


@dataclass(frozen=True)
class Plane:
    """
    A vein, contact or layer taken as a plane.

    ``through`` is a point of it (easting, northing, elevation) [m], ``dip_direction`` the
    azimuth it falls towards and ``dip`` its angle below the horizontal, 0 to 90 [degree].
    """

    through: tuple[float, float, float]
    dip_direction: float
    dip: float

    def __post_init__(self) -> None:
        if not 0 <= self.dip <= 90:
            raise ValueError(
                f"dip of a plane must be between 0 (flat) and 90 (upright) degrees, got "
                f"{self.dip:g}; a plane that falls to the other side has another dip_direction"
            )

    @property
    def pole(self) -> Values:
        """Unit vector at right angles to the plane, upward (east, north, up)."""
        to, dip = np.radians([self.dip_direction, self.dip])
        return np.array([np.sin(dip) * np.sin(to), np.sin(dip) * np.cos(to), np.cos(dip)])

    @property
    def down_dip(self) -> Values:
        """Unit vector down the plane (east, north, up)."""
        return direction(self.dip_direction, -self.dip)

    @property
    def along_strike(self) -> Values:
        """Level unit vector in the plane, a quarter turn left of where it falls."""
        return direction(self.dip_direction - 90, 0.0)


def direction(azimuth: npt.ArrayLike, dip: npt.ArrayLike) -> Values:
    """
    Unit vector of a hole (east, north, up).

    Parameters
    ----------
    azimuth : number or sequence
        Clockwise from north [degree].
    dip : number or sequence
        Below 0 downward, -90 straight down [degree].

    Returns
    -------
    ndarray (..., 3) float64
    """
    a, d = np.broadcast_arrays(np.radians(azimuth), np.radians(dip))
    return np.stack([np.cos(d) * np.sin(a), np.cos(d) * np.cos(a), np.sin(d)], axis=-1)


def core_angle(hole: npt.ArrayLike, plane: Plane) -> Values:
    """
    Angle between the core's axis and a plane, 0 (along it) to 90 (straight through) [degree].

    Parameters
    ----------
    hole : (..., 3)
        Direction, as :func:`direction` gives it.
    plane : Plane

    Returns
    -------
    ndarray float64
    """
    steep: Values = np.degrees(np.arcsin(np.clip(abs(np.asarray(hole, float) @ plane.pole), 0, 1)))
    return steep


def true_thickness(length: npt.ArrayLike, hole: npt.ArrayLike, plane: Plane) -> Values:
    """
    Thickness of a layer at right angles to it, of the length drilled through it [m].

    Intervals down a hole that cuts at a low angle look thick and are not.

    Parameters
    ----------
    length : number or sequence
        Drilled through the layer [m].
    hole : (..., 3)
        Direction, as :func:`direction` gives it.
    plane : Plane
        The layer lies in.

    Returns
    -------
    ndarray float64
    """
    thick: Values = np.asarray(length, float) * abs(np.asarray(hole, float) @ plane.pole)
    return thick


def pierced(collar: npt.ArrayLike, hole: npt.ArrayLike, plane: Plane) -> tuple[float, Values]:
    """
    Where a straight hole meets a plane: depth down the hole [m], and the point [m].

    Parameters
    ----------
    collar : (3,)
        Easting, northing, elevation [m].
    hole : (3,)
        Direction, as :func:`direction` gives it.
    plane : Plane

    Returns
    -------
    (float, ndarray (3,))

    Raises
    ------
    DataError
        If the hole runs along the plane, or away from it.
    """
    at, along = np.asarray(collar, float), np.asarray(hole, float)
    towards = float(along @ plane.pole)
    if abs(towards) < PARALLEL:
        raise DataError("the hole runs along the plane and never meets it; turn or steepen it")
    depth = float((np.asarray(plane.through, float) - at) @ plane.pole) / towards
    if depth < 0:
        raise DataError(
            f"the hole runs away from the plane, which lies {-depth:.1f} m behind its collar; "
            "drill the other way"
        )
    return depth, at + depth * along


def aimed(collar: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, float, float]:
    """
    Azimuth [degree], dip [degree] and length [m] of the straight hole to a target.

    Parameters
    ----------
    collar, target : (3,)
        Easting, northing, elevation [m].

    Returns
    -------
    (float, float, float)
        Azimuth in [0, 360), 0 for a vertical hole; dip below 0 downward.

    Raises
    ------
    DataError
        If the target is the collar.
    """
    east, north, up = np.asarray(target, float) - np.asarray(collar, float)
    length = float(np.sqrt(east**2 + north**2 + up**2))
    if not length > 0:
        raise DataError("the target lies at the collar, so there is no hole to aim")
    azimuth = float(np.degrees(np.arctan2(east, north))) % 360.0
    return azimuth, float(np.degrees(np.arctan2(up, np.hypot(east, north)))), length
