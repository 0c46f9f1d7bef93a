"""How many of many independent yes-or-no events come true, each with its own probability."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import next_fast_len
from scipy.signal import fftconvolve

Values = npt.NDArray[np.float64]

LIKELY = 0.1
"""Events likelier than this are kept one by one; of the others, sums of powers are enough."""

ORDER = 20
"""Powers that are summed: what is left out is below 1e-16 of an event."""

ROUNDING = 1e-13
"""A probability below this is what Fourier's rounding leaves, and taken to be 0."""

UNIT = 2.0**40
"""Powers are summed as whole numbers of such parts, so that no order of summing shows."""


def distribution(chances: npt.ArrayLike) -> Values:
    """
    P(0), P(1), ... of the number of events that come true, by exact convolution [1]_.

    References
    ----------
    .. [1] Hong, Y. (2013). On computing the distribution function for the Poisson
       binomial distribution. Computational Statistics and Data Analysis 59, 41-51.
    """
    parts = [np.array([1 - q, q]) for q in np.asarray(chances, float).ravel()] or [np.ones(1)]
    while len(parts) > 1:
        joined = [convolved(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = joined + parts[len(parts) - len(parts) % 2 :]
    return parts[0]


def convolved(one: Values, other: Values) -> Values:
    """Distribution of the sum of two independent counts."""
    if min(len(one), len(other)) < 64:
        return np.convolve(one, other)
    # Fourier's rounding may leave -1e-18 where a probability is next to nothing
    both: Values = np.maximum(fftconvolve(one, other), 0.0)
    return both


@dataclass(frozen=True)
class Parts:
    """
    What the distribution needs to know of very many events: little, and it adds up.

    ``sums`` are those of (q / LIKELY) ** j over events with q <= LIKELY, j from 1, in whole
    parts of UNIT; ``likely`` the other probabilities, sorted.
    """

    sums: tuple[int, ...]
    likely: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Expected number."""
        return LIKELY * self.sums[0] / UNIT + math.fsum(self.likely)

    @property
    def variance(self) -> float:
        """Variance of the number, sum of q (1 - q)."""
        squares = LIKELY**2 * self.sums[1] / UNIT + math.fsum(q * q for q in self.likely)
        return self.mean - squares


def parts(chances: Values) -> Parts:
    """What is to be known of these events (NaN: left out), in any number and shape."""
    known = chances[~np.isnan(chances)]
    rare = known[known <= LIKELY] / LIKELY
    power, sums = np.ones_like(rare), []
    for _ in range(ORDER):
        power = power * rare
        sums.append(whole(power))
    return Parts(tuple(sums), tuple(np.sort(known[known > LIKELY]).tolist()))


def joined(several: Iterable[Parts]) -> Parts:
    """The parts of all events together, the same in whatever order they come."""
    given = list(several)
    sums = tuple(sum(column) for column in zip(*(one.sums for one in given), strict=True))
    return Parts(sums, tuple(sorted(q for one in given for q in one.likely)))


def of_parts(known: Parts) -> Values:
    """
    P(0), P(1), ... from the characteristic function at as many angles as there are numbers [1]_.

    The logarithm of 1 + q (exp(i t) - 1) is a series in powers of q, so sums of powers are
    enough for rare events. Numbers beyond ten standard deviations and thirty are left out:
    their probability is below 1e-19, as are numbers less likely than rounding.

    References
    ----------
    .. [1] Hong, Y. (2013). Computational Statistics and Data Analysis 59, 41-51.
    """
    support = next_fast_len(math.ceil(known.mean + 10 * math.sqrt(max(known.variance, 0)) + 31))
    turn = np.exp(2j * np.pi * np.arange(support // 2 + 1) / support) - 1
    order = np.arange(1, ORDER + 1)
    weights = -((-LIKELY) ** order) / order * np.array([one / UNIT for one in known.sums])
    logarithm = np.polynomial.polynomial.polyval(turn, np.concatenate([[0.0], weights]))
    for chunk in np.array_split(np.array(known.likely), max(1, len(known.likely) // 1000)):
        factors = 1 + chunk[:, None] * turn
        # a product of a thousand numbers of length 1 or less may vanish, its logarithm not
        logarithm = logarithm + np.log(np.where(factors == 0, 1e-300, factors)).sum(axis=0)
    made: Values = np.fft.irfft(np.conj(np.exp(logarithm)), support)
    made[made < ROUNDING] = 0.0
    kept = np.flatnonzero(made)[-1] + 1
    shares: Values = made[:kept] / made[:kept].sum()
    return shares


def whole(values: Values) -> int:
    """Sum of the known values, each 1 at most, in whole parts; in pieces that 64 bits hold."""
    counts = np.rint(values[~np.isnan(values)] * UNIT).astype(np.int64)
    starts = np.arange(0, len(counts), 1 << 20)
    return sum(np.add.reduceat(counts, starts).tolist()) if len(counts) else 0
