"""Statistics of samples some of which are only known to lie below a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def plotting_positions(values: Values, below: Flags) -> Values:
    """
    Share of the population below each value, where some stand for limits (*below*).

    By Hirsch and Stedinger: the probability of exceeding each limit is built up from
    the highest down, out of the measured values between it and the next one; those
    between two limits, and those below one, are spread evenly.
    """
    limits = np.unique(values[below])
    edges = np.concatenate([[-np.inf], limits])
    measured, censored = values[~below], values[below]
    exceeding = np.zeros(len(edges) + 1)
    between = np.zeros(len(edges), "int64")
    for j in range(len(edges) - 1, -1, -1):
        upper = edges[j + 1] if j + 1 < len(edges) else np.inf
        between[j] = np.count_nonzero((measured >= edges[j]) & (measured < upper))
        under = np.count_nonzero(measured < edges[j]) + np.count_nonzero(censored <= edges[j])
        share = between[j] / (between[j] + under) if between[j] else 0.0
        exceeding[j] = exceeding[j + 1] + share * (1 - exceeding[j + 1])
    exceeding[0] = 1.0
    found = np.empty(len(values))
    for flags, side in ((below, "left"), (~below, "right")):
        where = np.flatnonzero(flags)
        interval = np.searchsorted(edges, values[where], side="right") - 1
        rank = _ranks(values[where], interval)
        low = 1 - exceeding[interval]
        if side == "left":
            count = np.bincount(interval, minlength=len(edges))[interval]
            found[where] = low * rank / (count + 1)
        else:
            width = exceeding[interval] - exceeding[interval + 1]
            found[where] = low + width * rank / (between[interval] + 1)
    return found


def _ranks(values: Values, group: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rank of each value within its group, from 1."""
    order = np.lexsort((values, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    within = np.arange(len(values)) - np.repeat(starts, np.diff([*starts, len(values)]))
    ranks = np.empty(len(values), "int64")
    ranks[order] = within + 1
    return ranks


def order_statistics(values: Values, below: Flags) -> Values:
    """
    *values*, those *below* a limit estimated by regression on order statistics.

    The logarithms of the measured values are regressed on the normal scores of
    their plotting positions; the others are read off that line at theirs.
    """
    scores = stats.norm.ppf(plotting_positions(values, below))
    line = stats.linregress(scores[~below], np.log(values[~below]))
    return np.where(below, np.exp(line.intercept + line.slope * scores), values)


@dataclass(frozen=True)
class KaplanMeier:
    """The distribution of a sample as steps: *values* ascending, and the mass at each."""

    values: Values
    mass: Values

    @property
    def mean(self) -> float:
        """Mean; what lies below the lowest limit counts as that limit."""
        return float(self.values @ self.mass)

    @property
    def deviation(self) -> float:
        """Standard deviation about the mean."""
        return float(np.sqrt(self.mass @ (self.values - self.mean) ** 2))

    def quantile(self, share: float) -> float:
        """The lowest value up to which at least so large a *share* lies."""
        reached = np.cumsum(self.mass) >= share - 1e-12
        return float(self.values[min(int(np.argmax(reached)), len(self.values) - 1)])


def kaplan_meier(values: Values, below: Flags) -> KaplanMeier:
    """
    The Kaplan-Meier estimate of the distribution, which assumes no shape of it.

    Values below a limit are turned round into lifetimes beyond one.
    """
    turned = stats.CensoredData(uncensored=-values[~below], right=-values[below])
    steps = stats.ecdf(turned).sf
    lasting = np.concatenate([[1.0], steps.probabilities])
    mass = -np.diff(lasting)
    places = -steps.quantiles
    if lasting[-1] > 0:  # the lowest value is a limit: what lies below it is laid there
        mass[-1] += lasting[-1]
    there = mass > 0
    return KaplanMeier(places[there][::-1], mass[there][::-1])
