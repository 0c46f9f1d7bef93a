"""How much ore deposits of one type hold: a log-normal distribution, or a kernel estimate."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

FEW = 50
"""Deposits below which two numbers describe their tonnages, and a kernel would wriggle."""


@dataclass(frozen=True, eq=False)
class Tonnage:
    """
    Distribution of ln(ore tonnage [t]): normal curves of one width about *centres*, cut off.

    One centre is a log-normal distribution, many are a kernel estimate.
    """

    centres: Values
    width: float
    low: float = -np.inf
    high: float = np.inf

    def moment(self, power: int) -> float:
        """E[T ** power], exactly."""
        mean, shift = self.centres, power * self.width
        inside = self._mass(mean)
        raised = np.exp(power * mean + shift**2 / 2) * self._mass(mean + shift * self.width)
        return float(raised.sum() / inside.sum())

    def drawn(self, chance: npt.NDArray[np.float64], which: npt.NDArray[np.float64]) -> Values:
        """Tonnages [t] at two uniform numbers each: place within a curve, and which curve."""
        mass = np.cumsum(self._mass(self.centres))
        at = np.searchsorted(mass, which * mass[-1], side="right")
        centre = self.centres[np.minimum(at, len(self.centres) - 1)]
        below = ndtr((self.low - centre) / self.width)
        above = ndtr((self.high - centre) / self.width)
        made: Values = np.exp(centre + self.width * ndtri(below + chance * (above - below)))
        return made

    def _mass(self, centres: Values) -> Values:
        mass: Values = ndtr((self.high - centres) / self.width) - ndtr(
            (self.low - centres) / self.width
        )
        return mass


def tonnage_of(logs: Values, shape: str, truncated: bool) -> Tonnage:
    """The distribution of these logarithms, ``lognormal`` or a ``kernel`` estimate."""
    ends = (float(logs.min()), float(logs.max())) if truncated else (-np.inf, np.inf)
    if shape == "lognormal":
        return Tonnage(np.array([logs.mean()]), float(logs.std(ddof=1)), *ends)
    if len(logs) < FEW:
        raise DataError(
            f"{len(logs)} deposits are too few for a kernel estimate, which follows chance below "
            f"{FEW}; use lognormal"
        )
    return Tonnage(np.sort(logs), bandwidth(logs), *ends)


def bandwidth(values: Values) -> float:
    """Silverman's rule: 0.9 n^(-1/5) times the lesser of sd and interquartile range / 1.34."""
    quarter, three = np.percentile(values, [25, 75])
    spread = min(values.std(ddof=1), (three - quarter) / 1.34) or values.std(ddof=1)
    return float(0.9 * spread * len(values) ** -0.2)


def means_of(logs: Values, fitted: Tonnage) -> dict[str, float]:
    """A deposit's mean ore [t]: with and without the tails, and of the sample."""
    cut = Tonnage(fitted.centres, fitted.width, float(logs.min()), float(logs.max()))
    return {
        "untruncated": Tonnage(fitted.centres, fitted.width).moment(1),
        "truncated": cut.moment(1),
        "sample": float(np.exp(logs).mean()),
    }


def warn_of_tails(name: str, means: Mapping[str, float]) -> None:
    """Say what tonnages beyond any that was ever seen add to a deposit's mean."""
    log.warning(
        "%s: tonnages are not truncated; a deposit's mean ore is then %.3g Mt, against %.3g Mt "
        "between the smallest and the largest known, and %.3g Mt of these themselves",
        name, means["untruncated"] / 1e6, means["truncated"] / 1e6, means["sample"] / 1e6,
    )  # fmt: skip
