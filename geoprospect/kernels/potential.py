"""
Transforms of gravity and magnetic fields, by their effect on waves.

Wavenumbers are in radians per unit of length, to the north and to the east. Derivatives
downward are positive over positive sources, as the field grows towards them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geoprospect.kernels.wavenumber import Plane, Transform, Values

Response = npt.NDArray[np.number]


def kept(plane: Plane) -> Plane:
    """A plane as it is."""
    return plane


def dropped(plane: Plane) -> Plane:
    """No plane: level and slopes are gone."""
    return 0.0, 0.0, 0.0


def _northward(plane: Plane) -> Plane:
    return plane[1], 0.0, 0.0


def _eastward(plane: Plane) -> Plane:
    return plane[2], 0.0, 0.0


# --- derivatives ----------------------------------------------------------------------------


def derivative(*, north: int = 0, east: int = 0, down: int = 0) -> Transform:
    """So many derivatives to the north, to the east and downward (Blakely 1995, ch. 12)."""

    def response(n: Values, e: Values) -> Response:
        found: Response = (1j * n) ** north * (1j * e) ** east * np.hypot(n, e) ** down
        return found

    if (north, east, down) == (1, 0, 0):
        return Transform(response, _northward)
    if (north, east, down) == (0, 1, 0):
        return Transform(response, _eastward)
    return Transform(response, dropped)


# --- continuation, regional and residual ------------------------------------------------------


def upward(height: float) -> Transform:
    """The field at a greater height."""
    return Transform(lambda n, e: np.exp(-height * np.hypot(n, e)), kept)


def at_height(height: float, then: Transform) -> Transform:
    """A transform of the field at a greater height."""
    higher = upward(height)
    return Transform(lambda n, e: higher.response(n, e) * then.response(n, e), then.plane)


def downward(height: float, shortest: float) -> Transform:
    """The field nearer to its sources; waves shorter than *shortest* fade out to half of it."""

    def response(n: Values, e: Values) -> Response:
        k = np.hypot(n, e)
        beyond = np.clip(k * shortest / (2 * np.pi) - 1, 0, 1)
        return np.exp(height * np.minimum(k, 4 * np.pi / shortest)) * (
            0.5 + 0.5 * np.cos(np.pi * beyond)
        )

    return Transform(response, kept)


def less_upward(height: float) -> Transform:
    """The field less itself at a greater height (Jacobsen 1987)."""
    return Transform(lambda n, e: -np.expm1(-height * np.hypot(n, e)), dropped)


def less_gaussian(wavelength: float) -> Transform:
    """The field less its Gaussian mean, which keeps exp(-1/2) of waves of this length."""
    scale = wavelength / (2 * math.pi)
    return Transform(lambda n, e: -np.expm1(-((n**2 + e**2) * scale**2) / 2), dropped)


# --- direction of the field ---------------------------------------------------------------------


def pole(directions: tuple[tuple[float, float], ...], least: float) -> Transform:
    """
    The field as if it and the magnetisation were vertical (Blakely 1995, ch. 12).

    Parameters
    ----------
    directions : ((inclination, declination), ...)
        Of the main field and of the magnetisation, from the grid's north, downward positive
        [degree].
    least : float
        No direction amplifies waves more than one of this inclination does [degree].
    """
    return Transform(lambda n, e: _to_pole(n, e, directions, least), kept)


def pseudogravity(
    directions: tuple[tuple[float, float], ...], least: float, ratio: float
) -> Transform:
    """
    Gravity of the magnetic sources if density went with magnetisation (Baranov 1957).

    *ratio* is the gravity [unit of the result] of unit field [per m of wavelength over 2 pi].
    """

    def response(n: Values, e: Values) -> Response:
        k = np.hypot(n, e)
        found: Response = np.divide(
            ratio * _to_pole(n, e, directions, least), k, out=np.zeros(k.shape, complex),
            where=k > 0,
        )  # fmt: skip
        return found

    return Transform(response, dropped)


def _to_pole(
    n: Values, e: Values, directions: tuple[tuple[float, float], ...], least: float
) -> Response:
    """Product over the directions of 1 / theta; its level for the level of the field."""
    k = np.hypot(n, e)
    long = np.where(k > 0, k, 1)
    found = np.ones(k.shape, complex)
    for inclination, declination in np.radians(directions):
        along = (np.cos(declination) * n + np.sin(declination) * e) / long
        theta = np.sin(inclination) + 1j * np.cos(inclination) * along
        bound = max(abs(inclination), math.radians(least))
        gentle = np.hypot(np.sin(bound), np.cos(bound) * along)
        size = np.abs(theta)
        found *= np.divide(theta.conj(), size * gentle, out=np.zeros_like(theta), where=size > 0)
    return np.where(k > 0, found, 1)
