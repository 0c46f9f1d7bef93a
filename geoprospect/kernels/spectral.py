"""Random fields that have a given variogram, as sums of many waves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import sici
from scipy.stats import chi, qmc

from geoprospect.kernels.structures import Coded

Values = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

TURN = 2 * np.pi

WAVES = 2048
"""Waves for each structure; a power of two, so that they are spread evenly."""
STEPS = 20_000
"""Nodes at which a distribution of wave numbers is inverted."""
FARTHEST = 500.0
"""Wave number up to which that of spherical models is tabulated [rad in half a range]."""


class Waves(NamedTuple):
    """Wave vectors (waves, 3) [rad m-1], and what each adds to the standard deviation (waves,)."""

    vectors: Values
    amplitudes: Values

    def basis(self, places: Values) -> Singles:
        """
        Cosines and sines of each wave at each place: (n, 3) -> (n, 2 waves).

        Times standard normal numbers (2 waves, realisations) that is a field for each
        realisation. The costly part, the waves themselves, is made once for all of them.
        """
        phase = places @ self.vectors.T
        phase -= TURN * np.rint(phase / TURN)  # in double precision, for many are large
        small = phase.astype(np.float32)
        scale = self.amplitudes.astype(np.float32)
        return np.concatenate([np.cos(small) * scale, np.sin(small) * scale], axis=1)

    def covariance(self, offsets: Values) -> Values:
        """What the fields' covariance is exactly over *offsets* (n, 3)."""
        return np.asarray(np.cos(offsets @ self.vectors.T) @ self.amplitudes**2)


def waves(model: Coded, *, seed: int, count: int = WAVES) -> Waves:
    """
    Waves whose sum has the covariance of a nested model, its nugget left out.

    By Bochner's theorem a covariance is the Fourier transform of how wave vectors are
    distributed [1]_; they are drawn from that distribution. Drawn evenly (Sobol's points,
    scrambled) instead of independently they come far nearer to the covariance.

    Parameters
    ----------
    model : Coded
        Of :class:`geoprospect.kernels.structures.Nested`.
    seed : int
    count : int
        Waves for each structure.

    References
    ----------
    .. [1] Emery, X., Arroyo, D., Porcu, E. (2016). An improved spectral turning-bands
       algorithm for simulating stationary vector Gaussian random fields. Stochastic
       Environmental Research and Risk Assessment 30, 1863-1873.
    """
    rng = np.random.default_rng(seed)
    vectors, amplitudes = [np.empty((0, 3))], [np.empty(0)]
    for code, sill, matrix in zip(model.codes, model.sills, model.matrices, strict=True):
        even = qmc.Sobol(3, rng=rng).random(count)
        level = 2 * even[:, 1] - 1
        turn = TURN * even[:, 2]
        flat = np.sqrt(1 - level**2)
        directions = np.stack([flat * np.cos(turn), flat * np.sin(turn), level], axis=1)
        numbers = NUMBERS[int(code)](even[:, 0])
        vectors.append((numbers[:, None] * directions) @ matrix)
        amplitudes.append(np.full(count, np.sqrt(sill / count)))
    return Waves(np.concatenate(vectors), np.concatenate(amplitudes))


def _spherical(shares: Values) -> Values:
    """
    Wave numbers [rad in a range] of a spherical covariance, by their quantiles.

    It is the overlap of two balls of half a range, so its transform is the square of a
    ball's: (sin p - p cos p)**2 / p**4 over the wave number p in half a range, which
    integrates in closed form.
    """
    p = np.linspace(0, FARTHEST, STEPS + 1)[1:]
    below = (
        -(np.sin(p) ** 2) / (3 * p**3) + np.sin(2 * p) / (3 * p**2) - 1 / (2 * p)
        + np.cos(2 * p) / (6 * p) + sici(2 * p)[0] / 3
    ) * 6 / np.pi  # fmt: skip
    near = np.interp(shares, np.append(0.0, below), np.append(0.0, p))
    far = 3 / (np.pi * np.maximum(1 - shares, 1e-12))  # what is left beyond p, on the whole
    return np.asarray(2 * np.where(shares <= below[-1], near, np.maximum(far, FARTHEST)))


def _exponential(shares: Values) -> Values:
    """The same of exp(-3 h), whose wave vectors have Cauchy's distribution."""
    angles = np.linspace(0, np.pi / 2, STEPS + 1)
    below = (2 * angles - np.sin(2 * angles)) / np.pi  # of numbers up to tan(angle)
    return np.asarray(3 * np.tan(np.minimum(np.interp(shares, below, angles), np.pi / 2 - 1e-9)))


def _gaussian(shares: Values) -> Values:
    """The same of exp(-3 h**2), whose wave vectors are normal."""
    return np.asarray(np.sqrt(6) * chi.ppf(shares, 3))


NUMBERS = (_spherical, _exponential, _gaussian)
"""By the number of the model, as :data:`geoprospect.kernels.variogram.MODELS` has them."""
