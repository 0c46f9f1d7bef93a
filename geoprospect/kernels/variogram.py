"""
How unlike values are by the distance between them: variograms, measured and fitted.

Places are (down, right) [m]: the first axis runs south. Azimuths are degrees
clockwise from north. A range is the distance at which a spherical model reaches its
sill and at which the others come to 95 % of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, nnls

Values = npt.NDArray[np.float64]

MODELS = ("spherical", "exponential", "gaussian")
LAGS = 20
"""Bins of distance."""
SECTORS = 6
"""Bins of direction, where range and direction go together."""
FEWEST_PAIRS = 30
"""A bin with fewer pairs says nothing [Journel and Huijbregts 1978]."""
RANGES = 48
AZIMUTHS = 12
STEPS = np.array([-0.1, 8.0, -0.2])
"""First steps of the search from the best of the grid: log range, azimuth [degree], log ratio."""
RATIOS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)


class Variogram(NamedTuple):
    """
    A model of half the mean square difference of values by their distance.

    *sill* is the whole of it, nugget included; *range* [m] is that along *azimuth*
    [degree], and *ratio* times as long across it.
    """

    model: str
    nugget: float
    sill: float
    range: float
    azimuth: float = 0.0
    ratio: float = 1.0

    @property
    def code(self) -> int:
        """The model as a number, for compiled code."""
        return MODELS.index(self.model)

    def gamma(self, distances: Values) -> Values:
        """Half the mean square difference at *distances* along the azimuth [m]."""
        rise = 1 - correlations(distances / self.range, self.code)
        return np.where(distances > 0, self.nugget + (self.sill - self.nugget) * rise, 0.0)


class Experimental(NamedTuple):
    """Bins of pairs: mean distance [m], mean direction [degree], gamma, and how many pairs."""

    distance: Values
    azimuth: Values
    gamma: Values
    pairs: Values


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def correlation(distance: float, code: int) -> float:
    """Correlation, the nugget apart, at a distance in parts of the range."""
    if code == 0:
        return 1 - distance * (1.5 - 0.5 * distance * distance) if distance < 1 else 0.0
    if code == 1:
        return float(np.exp(-3 * distance))
    return float(np.exp(-3 * distance * distance))


@numba.vectorize(cache=True)  # type: ignore[untyped-decorator]
def correlations(distance: float, code: int) -> float:
    """Correlation, the nugget apart, at each of many distances in parts of the range."""
    return correlation(distance, code)  # type: ignore[no-any-return]


def stretched(places: Values, azimuth: float, ratio: float) -> Values:
    """Places (n, 2) turned and stretched so that the range is the same in all directions [m]."""
    north, east = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    down, right = places[:, 0], places[:, 1]
    along, across = east * right - north * down, north * right + east * down
    return np.ascontiguousarray(np.stack([along, across / ratio], axis=1))


def experimental(
    places: Values, values: Values, *, max_lag: float, robust: bool, sectors: int, heads: int
) -> Experimental:
    """
    The variogram that samples show, from the pairs that the first *heads* of them make.

    Bins of distance widen outwards, as squares of whole numbers do. *robust* takes
    Cressie and Hawkins' estimator in place of Matheron's.
    """
    edges = max_lag * (np.arange(LAGS + 1) / LAGS) ** 2
    sums = _pair_sums(places, values, min(heads, len(values)), edges, sectors)
    count, distance, down, right, squares, roots = (part.ravel() for part in sums)
    kept = count >= FEWEST_PAIRS
    if not kept.any():
        kept = count > 0
    n = count[kept]
    gamma = squares[kept] / (2 * n)
    if robust:
        gamma = (roots[kept] / n) ** 4 / (2 * (0.457 + 0.494 / n))
    azimuth = np.degrees(np.arctan2(right[kept], -down[kept])) % 180
    return Experimental(distance[kept] / n, azimuth, gamma, n)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pair_sums(places: Values, values: Values, heads: int, edges: Values, sectors: int) -> Values:
    """Sums over pairs: (count, distance, down, right, squares, roots) x lags x sectors."""
    lags = len(edges) - 1
    sums = np.zeros((6, lags, sectors))
    for i in range(heads):
        for j in range(i + 1, len(values)):
            down, right = places[j, 0] - places[i, 0], places[j, 1] - places[i, 1]
            distance = np.hypot(down, right)
            if distance == 0 or distance > edges[-1]:
                continue
            lag = min(int(lags * np.sqrt(distance / edges[-1])), lags - 1)
            sector = 0
            if sectors > 1:
                sector = int(np.floor(np.arctan2(right, -down) / np.pi * sectors + 0.5))
            sign = 1.0 if sector % (2 * sectors) < sectors else -1.0
            apart = abs(values[i] - values[j])
            told = (1.0, distance, sign * down, sign * right, apart * apart, np.sqrt(apart))
            for k in range(6):
                sums[k, lag, sector % sectors] += told[k]
    return sums


def fitted(
    measured: Experimental,
    model: str,
    *,
    max_lag: float,
    nugget: float | None = None,
    sill: float | None = None,
    range: float | None = None,  # noqa: A002  (the field's word)
    azimuth: float = 0.0,
    ratio: float = 1.0,
    anisotropic: bool = False,
) -> Variogram:
    """
    The model nearest to a measured variogram, by least squares weighted by pairs / distance^2.

    What is stated is kept. For each range and direction the best nugget and sill are
    found exactly, so that only range, azimuth and ratio have to be searched for: over a
    grid first and from its best point on. Ranges are at most *max_lag*.
    """

    def misfit(shape: Values) -> float:
        return _heights(measured, model, shape, nugget, sill)[2]

    starts = _starts(measured, max_lag, range, None if anisotropic else (azimuth, ratio))
    best = min(starts, key=misfit)
    low, high = float(np.log(measured.distance.min() / 2)), float(np.log(max_lag))
    bounds = [(low, high), (None, None), (np.log(RATIOS[0]), 0.0)]
    free = np.array([range is None, anisotropic, anisotropic])
    if free.any():
        found = minimize(
            lambda some: misfit(_put(best, free, some)),
            best[free],
            method="Nelder-Mead",
            bounds=[bound for bound, one in zip(bounds, free, strict=True) if one],
            options={
                "xatol": 1e-4,
                "fatol": 1e-9 * max(misfit(best), 1e-30),
                "initial_simplex": best[free]
                + np.vstack([np.zeros(free.sum()), np.diag(STEPS[free])]),
            },
        )
        best = _put(best, free, found.x)
    low_nugget, high_sill, _ = _heights(measured, model, best, nugget, sill)
    return Variogram(
        model,
        low_nugget,
        high_sill,
        float(np.exp(best[0])),
        float(best[1] % 180),
        float(np.exp(best[2])),
    )


def misfit(measured: Experimental, made: Variogram) -> float:
    """How far a model is from a measured variogram: what :func:`fitted` makes least."""
    shape = np.array([np.log(made.range), made.azimuth, np.log(made.ratio)])
    return _heights(measured, made.model, shape, made.nugget, made.sill)[2]


def _starts(
    measured: Experimental,
    max_lag: float,
    stated: float | None,
    direction: tuple[float, float] | None,
) -> list[Values]:
    """Shapes to begin with: (log range, azimuth, log ratio)."""
    ranges = np.geomspace(measured.distance.min(), max_lag, RANGES)
    if stated is not None:
        ranges = np.array([stated])
    ways = [direction] if direction else []
    if not ways:
        ways = [(180 / AZIMUTHS * k, one) for k in np.arange(AZIMUTHS) for one in RATIOS]
    return [
        np.array([np.log(one), azimuth, np.log(ratio)]) for one in ranges for azimuth, ratio in ways
    ]


def _put(shape: Values, free: npt.NDArray[np.bool_], some: Values) -> Values:
    whole = shape.copy()
    whole[free] = some
    return whole


def _heights(
    measured: Experimental, model: str, shape: Values, nugget: float | None, sill: float | None
) -> tuple[float, float, float]:
    """Best nugget and sill for a range and direction, and the misfit left."""
    reach, ratio = np.exp(shape[0]), np.exp(shape[2])
    turn = np.radians(measured.azimuth - shape[1])
    away = measured.distance * np.hypot(np.cos(turn), np.sin(turn) / ratio)
    rise = 1 - correlations(away / reach, MODELS.index(model))
    weight = np.sqrt(measured.pairs) / measured.distance
    low, high = _levels(rise, measured.gamma, weight, nugget, sill)
    left = weight * (low + (high - low) * rise - measured.gamma)
    return low, high, float(left @ left)


def _levels(
    rise: Values, gamma: Values, weight: Values, nugget: float | None, sill: float | None
) -> tuple[float, float]:
    """Nugget and sill of gamma = nugget + (sill - nugget) * rise, what is stated kept."""
    if nugget is not None and sill is not None:
        return nugget, sill
    if nugget is not None:
        return nugget, nugget + max(0.0, _slope(weight * rise, weight * (gamma - nugget)))
    if sill is not None:
        low = _slope(weight * (1 - rise), weight * (gamma - sill * rise))
        return min(max(low, 0.0), sill), sill
    scale = gamma.max() or 1.0
    both, _ = nnls(np.stack([weight, weight * rise], axis=1), weight * gamma / scale)
    return float(both[0] * scale), float(both.sum() * scale)


def _slope(x: Values, y: Values) -> float:
    return float(x @ y / (x @ x or 1.0))
