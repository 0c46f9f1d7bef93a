"""
Ellipsoids turned in space: how far grades resemble each other along the ore, and across it.

Vectors are (east, north, up). Conventions of other software differ in which axis is named
first and which way an angle grows; here there is one, that of GSLIB, and what other
software says is converted into it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

STEEP = 1e-9
"""Horizontal part of a unit vector below which it stands upright and has no azimuth."""


class Plane(NamedTuple):
    """
    The plane of the major and semi-major axis, as Leapfrog and Evo state it [degree].

    *dip* is positive downwards, *dip_azimuth* clockwise from north. *pitch* is that of the
    major axis within the plane: 0 along the strike that has the dip on its right, growing
    towards the dip, which it follows at 90 [1]_.

    References
    ----------
    .. [1] Seequent. Evo schemas, components/rotation 1.1.0: turns clockwise about z, x, z.
    """

    dip: float
    dip_azimuth: float
    pitch: float


class Orientation(NamedTuple):
    """
    How an ellipsoid lies: the first, second and third angle of GSLIB [degree] [1]_.

    *azimuth* of the major axis is clockwise from north and its *dip* negative downwards.
    Without *roll* the semi-major axis is level; a positive roll turns the plane of both
    about the major axis, so that it falls to the right of who looks along it.

    References
    ----------
    .. [1] Deutsch, C.V., Journel, A.G. (1998). GSLIB: Geostatistical Software Library and
       User's Guide, 2nd ed. Oxford, section II.3.
    """

    azimuth: float = 0.0
    dip: float = 0.0
    roll: float = 0.0

    @property
    def axes(self) -> Values:
        """Unit vectors of the major, semi-major and minor axis, a row each: (3, 3)."""
        azimuth, dip, roll = np.radians(self)
        ahead = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
        left = np.array([-np.cos(azimuth), np.sin(azimuth), 0.0])
        major = np.cos(dip) * ahead + np.array([0.0, 0.0, np.sin(dip)])
        above = np.cross(major, left)
        semi = np.cos(roll) * left + np.sin(roll) * above
        return np.stack([major, semi, np.cross(major, semi)])

    @property
    def plane(self) -> Plane:
        """The same by the plane of the longer axes: dip from 0 to 90, pitch from 0 to 180."""
        major, _, pole = self.axes
        pole = pole if pole[2] >= 0 else -pole
        level = float(np.hypot(pole[0], pole[1]))
        azimuth = np.arctan2(pole[0], pole[1]) if level > STEEP else 0.0
        dip = np.arctan2(level, pole[2])
        strike, fall = _within(float(dip), float(azimuth))
        pitch = np.degrees(np.arctan2(major @ fall, major @ strike)) % 180
        return Plane(float(np.degrees(dip)), float(np.degrees(azimuth) % 360), float(pitch))


def from_axes(axes: Values) -> Orientation:
    """
    How an ellipsoid lies whose axes are rows of (3, 3): major, semi-major, minor.

    Axes point both ways, so their signs do not matter; the major axis is taken as that which
    does not rise, and where it stands upright the semi-major axis takes the azimuth's place.
    """
    major, semi = np.asarray(axes, np.float64)[:2]
    if major[2] > 0:
        major = -major
    level = float(np.hypot(major[0], major[1]))
    dip = np.arctan2(major[2], level)
    if level <= STEEP:
        azimuth = float(np.degrees(np.arctan2(semi[1], -semi[0])))
        return Orientation(azimuth % 360, float(np.degrees(dip)), 0.0)
    azimuth = float(np.degrees(np.arctan2(major[0], major[1])))
    _, left, above = Orientation(azimuth, float(np.degrees(dip))).axes
    roll = float(np.degrees(np.arctan2(semi @ above, semi @ left)))
    return Orientation(azimuth % 360, float(np.degrees(dip)), (roll + 90) % 180 - 90)


def from_plane(dip: float, dip_azimuth: float, pitch: float) -> Orientation:
    """How an ellipsoid lies by the plane of its longer axes; see :class:`Plane` [degree]."""
    slope, turn, along = np.radians([dip, dip_azimuth, pitch])
    strike, fall = _within(float(slope), float(turn))
    major = np.cos(along) * strike + np.sin(along) * fall
    pole = np.cross(fall, strike)
    return from_axes(np.stack([major, np.cross(pole, major), pole]))


def isotropic(orientation: Orientation, ranges: tuple[float, float, float]) -> Values:
    """
    The matrix (3, 3) that makes an ellipsoid a ball of radius 1: vectors @ matrix.T.

    *ranges* are the half-axes along major, semi-major and minor [m].
    """
    return np.ascontiguousarray(orientation.axes / np.asarray(ranges, np.float64)[:, None])


def _within(dip: float, azimuth: float) -> tuple[Values, Values]:
    """Unit vectors of a plane along its strike, the dip to the right, and down its dip [rad]."""
    strike = np.array([-np.cos(azimuth), np.sin(azimuth), 0.0])
    ahead = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    return strike, np.cos(dip) * ahead + np.array([0.0, 0.0, -np.sin(dip)])
