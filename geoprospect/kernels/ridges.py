"""Crests of a field's horizontal gradient, cell by cell."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.floating]

SECTORS = 64
"""Directions uphill that are told apart."""

OBLIQUE = 0.35
"""Cosine against the gradient below which a step says nothing of its crests."""


def uphill_rate(
    north: Values, east: Values, north2: Values, north_east: Values, east2: Values
) -> Values:
    """
    Rate of a field's horizontal gradient along itself, from the field's derivatives.

    0 over the crests of the gradient, above 0 before them and below 0 behind.
    """
    rate: Values = np.divide(
        north**2 * north2 + 2 * north * east * north_east + east**2 * east2,
        north**2 + east**2,
        out=np.zeros(north.shape),
        where=(north != 0) | (east != 0),
    )
    return rate


def coded(scale: float, bound: float, *derivatives: Values) -> Values:
    """
    Direction uphill and the rate along it, as one number; NaN where the gradient is weak.

    Parameters
    ----------
    scale : float
        Length over which the gradient changes [m], of any order of size.
    bound : float
        Gradients below are weak.
    derivatives : arrays
        As of :func:`uphill_rate`.
    """
    north, east = derivatives[:2]
    gradient = np.hypot(north, east)
    strong = (gradient >= bound) & (gradient > 0)
    rate = uphill_rate(*derivatives) * scale / np.where(strong, gradient, 1)
    sector = np.floor(np.arctan2(north, east) / (2 * np.pi) * SECTORS) % SECTORS
    return np.where(strong, sector + 0.5 + 0.49 * rate / (1 + np.abs(rate)), np.nan)


def crests(code: Values) -> npt.NDArray[np.bool_]:
    """
    Inner cells through which a crest of the gradient runs: (ny, nx) -> (ny - 2, nx - 2).

    Of two cells between which the rate falls through 0 on the way uphill, the one
    nearer to 0. *code* is that of :func:`coded`, rows from the north.
    """
    sector = np.floor(code)
    rate, angle = code - sector - 0.5, (sector + 0.5) * 2 * np.pi / SECTORS
    uphill = np.cos(angle), -np.sin(angle)  # to the right, and down the rows
    found = np.zeros(code.shape, bool)
    for step, here, there in (
        (uphill[0], np.s_[:, :-1], np.s_[:, 1:]),
        (uphill[1], np.s_[:-1], np.s_[1:]),
    ):
        along = step[here] + step[there]
        before, after = np.sign(along) * rate[here], np.sign(along) * rate[there]
        crossed = (before > 0) & (after <= 0) & (np.abs(along) > 2 * OBLIQUE)
        nearer = np.abs(rate[here]) <= np.abs(rate[there])
        found[here] |= crossed & nearer
        found[there] |= crossed & ~nearer
    return found[1:-1, 1:-1]
