"""How far replicate analyses of one sample differ, as a share and by concentration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

TO_DEVIATION = 1 / (0.6744897501960817 * np.sqrt(2))
"""Standard deviation over the median absolute difference of two normal values: 1.0484."""

GROUP = 11
LEAST_PAIRS = 50


@dataclass(frozen=True)
class ThompsonHowarth:
    """Standard deviation of one analysis, *intercept* + *slope* times its concentration."""

    intercept: float
    slope: float

    def precision(self, concentration: float) -> float:
        """Two standard deviations over the concentration [1]."""
        return 2 * (self.intercept / concentration + self.slope)

    @property
    def detection_limit(self) -> float:
        """The concentration at which precision is 1; NaN where there is none above zero."""
        room = 1 - 2 * self.slope
        return 2 * self.intercept / room if self.intercept > 0 and room > 0 else float("nan")


def thompson_howarth(one: Values, other: Values) -> ThompsonHowarth | None:
    """
    The line of Thompson and Howarth through the differences of pairs; None below 50 pairs.

    Pairs are sorted by their mean and taken eleven by eleven (the last ones go with
    the group before); the medians of the absolute differences are regressed on the
    means, and turned into standard deviations.
    """
    if len(one) < LEAST_PAIRS:
        return None
    means = (one + other) / 2
    order = np.argsort(means, kind="stable")
    starts = np.arange(0, len(one) - GROUP + 1, GROUP)
    means, differences = means[order], np.abs(one - other)[order]
    groups = np.split(np.arange(len(one)), starts[1:])
    x = np.array([means[rows].mean() for rows in groups])
    y = np.array([np.median(differences[rows]) for rows in groups])
    slope, intercept = np.polyfit(x, y, 1)
    return ThompsonHowarth(float(intercept * TO_DEVIATION), float(slope * TO_DEVIATION))


def coefficient_of_variation(deviations: Values, means: Values) -> float:
    """Root mean square of relative standard deviations of sets of replicates [1]."""
    return float(np.sqrt(np.mean(np.square(deviations / means))))
