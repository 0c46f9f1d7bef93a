"""The best linear estimate of a value from samples about a place, and its standard deviation."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.variogram import Values, Variogram, correlation

REDUNDANT = 1e-9
"""Share of a sample's variance, not known from nearer ones, below which it gets no weight."""


def kriged(
    places: Values,
    values: Values,
    near: npt.NDArray[np.intp],
    distances: Values,
    variogram: Variogram,
    mean: float = np.nan,
) -> Values:
    """
    Estimate and kriging standard deviation at each cell: (n, k) -> (n, 2).

    Parameters
    ----------
    places : (samples, 2)
        Stretched so that the range is the same in all directions [m].
    values : (samples,)
    near, distances : (cells, k)
        Each cell's samples, nearest first, and how far they are [m]; at infinity
        where there are no more.
    variogram : Variogram
    mean : float
        Known mean (simple kriging); NaN where each cell's samples have a mean of
        their own (ordinary kriging).
    """
    share = variogram.nugget / variogram.sill if variogram.sill > 0 else 0.0
    found: Values = _kriged(
        places, values, near, distances, variogram.code, variogram.range, 1 - share, mean
    )
    found[:, 1] *= np.sqrt(variogram.sill)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _kriged(
    places: Values,
    values: Values,
    near: npt.NDArray[np.intp],
    distances: Values,
    code: int,
    reach: float,
    structured: float,
    mean: float,
) -> Values:
    """
    As :func:`kriged`, for a sill of 1 of which *structured* is not nugget.

    With C = L L', the correlations c of samples with the cell, ones 1 and values z: all
    that is asked for are dot products of u = L^-1 c, v = L^-1 1 and w = L^-1 z, which
    grow row by row with L, so that nothing has to be solved backwards.
    """
    cells, most = near.shape
    found = np.full((cells, 2), np.nan)
    lower = np.empty((most, most))
    taken = np.empty(most, np.intp)
    u, v, w = np.empty(most), np.empty(most), np.empty(most)
    for cell in range(cells):
        m = 0
        for k in range(most):
            if not np.isfinite(distances[cell, k]):
                break
            one = near[cell, k]
            away = distances[cell, k]
            free = 1.0
            c = 1.0 if away == 0 else structured * correlation(away / reach, code)
            ones, z = 1.0, values[one]
            for i in range(m):
                down = places[one, 0] - places[taken[i], 0]
                right = places[one, 1] - places[taken[i], 1]
                away = np.sqrt(down * down + right * right)
                total = structured * correlation(away / reach, code)
                for j in range(i):
                    total -= lower[m, j] * lower[i, j]
                total /= lower[i, i]
                lower[m, i] = total
                free -= total * total
                c -= total * u[i]
                ones -= total * v[i]
                z -= total * w[i]
            if free < REDUNDANT:
                continue
            pivot = np.sqrt(free)
            lower[m, m] = pivot
            taken[m], u[m], v[m], w[m] = one, c / pivot, ones / pivot, z / pivot
            m += 1
        if m > 0:
            found[cell] = _estimate(u[:m], v[:m], w[:m], mean)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _estimate(u: Values, v: Values, w: Values, mean: float) -> tuple[float, float]:
    """Estimate and standard deviation, for a sill of 1; *mean* NaN is taken from the samples."""
    known, one, ahead = 0.0, 0.0, 0.0
    vv, vw = 0.0, 0.0
    for i in range(len(u)):
        known += u[i] * u[i]
        one += u[i] * v[i]
        vv += v[i] * v[i]
        vw += v[i] * w[i]
    variance = 1 - known
    if np.isnan(mean):
        mean = vw / vv
        variance += (1 - one) ** 2 / vv
    for i in range(len(u)):
        ahead += u[i] * (w[i] - mean * v[i])
    return mean + ahead, np.sqrt(max(variance, 0.0))
