"""Holes bend: where a drifting hole ends, and how to start it so that it hits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from geoprospect.drilling.holes import aimed, direction
from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]

PER = 30.0
"""Length over which drift is told [m]."""

NEAR = 1e-6
"""Farthest that an aimed hole may end from its target, as a share of its length."""


@dataclass(frozen=True)
class Drift:
    """
    How holes bend on this ground [degree per 30 m], as earlier holes' surveys tell.

    ``lift`` raises the dip (holes tend to flatten), ``swing`` turns the azimuth clockwise
    (they tend to turn with the drill's rotation). Both are even down the hole.
    """

    lift: float = 0.0
    swing: float = 0.0

    def bearing(self, azimuth: float, dip: float, depth: npt.ArrayLike) -> Values:
        """Direction at a depth down the hole [m] of one that starts so: (..., 3)."""
        turns = np.asarray(depth, float) / PER
        return direction(azimuth + self.swing * turns, dip + self.lift * turns)

    def trace(self, azimuth: float, dip: float, depth: npt.ArrayLike) -> Values:
        """
        Place of a hole below its collar [m], by the exact integral of its direction.

        Parameters
        ----------
        azimuth, dip : float
            Of the hole at its collar [degree].
        depth : number or sequence
            Down the hole [m].

        Returns
        -------
        ndarray (..., 3) float64
            East, north and up of the collar.
        """
        s = np.asarray(depth, float)
        right = _summed(azimuth + dip, self.swing + self.lift, s)
        left = _summed(azimuth - dip, self.swing - self.lift, s)
        ahead = _summed(azimuth + dip + 90, self.swing + self.lift, s)
        behind = _summed(azimuth - dip + 90, self.swing - self.lift, s)
        up = _summed(dip, self.lift, s)
        return np.stack([(right + left) / 2, (ahead + behind) / 2, up], axis=-1)


STRAIGHT = Drift()
"""Holes that do not bend."""


def started(
    collar: npt.ArrayLike, target: npt.ArrayLike, drift: Drift = STRAIGHT
) -> tuple[float, float, float]:
    """
    Azimuth and dip at the collar [degree] and length [m] of a drifting hole that hits a target.

    A lift of 1 and a swing of 0.5 degrees per 30 m carry a hole of 400 m 48 m off its
    straight line, so holes are started off the target on purpose.

    Parameters
    ----------
    collar, target : (3,)
        Easting, northing, elevation [m].
    drift : Drift

    Returns
    -------
    (float, float, float)

    Raises
    ------
    DataError
        If the target is the collar, or no hole that bends so reaches it.
    """
    apart = np.asarray(target, float) - np.asarray(collar, float)
    azimuth, dip, length = aimed(collar, target)
    if drift == STRAIGHT:
        return azimuth, dip, length

    def missed(start: Values) -> Values:
        return np.asarray((drift.trace(start[0], start[1], start[2] * length) - apart) / length)

    found = optimize.root(missed, [azimuth, dip, 1.0])
    if not found.success or abs(missed(found.x)).max() > NEAR or found.x[2] <= 0:
        raise DataError(
            f"no hole that lifts {drift.lift:g} and swings {drift.swing:g} degrees per {PER:g} m "
            f"was found to reach a target {length:.0f} m away; drill from nearer by"
        )
    return float(found.x[0]) % 360.0, float(found.x[1]), float(found.x[2]) * length


def _summed(start: float, rate: float, depth: Values) -> Values:
    """Integral over depth of the sine of an angle that grows evenly from *start* [m]."""
    half = np.radians(rate) * depth / PER / 2
    total: Values = depth * np.sinc(half / np.pi) * np.sin(np.radians(start) + half)
    return total
