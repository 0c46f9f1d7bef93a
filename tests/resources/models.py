"""The worked example of the MapMark4 guide, from what it published."""

from __future__ import annotations

import numpy as np

from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.tonnage import Tonnage

LN_MEAN, LN_SD, LN_LEAST, LN_GREATEST = 19.0492, 1.49057, 15.124, 22.202
CENTRE = np.array([0.00442609, 3.75632e-7, 0.995574])
"""Compositional mean of Cu, Au and gangue."""
VARIATION = np.array([[0, 0.510, 0.278], [0.510, 0, 0.301], [0.278, 0.301, 0]])
"""Variances of log-ratios."""
PIVOT = np.array([[np.sqrt(2 / 3), -np.sqrt(1 / 6), -np.sqrt(1 / 6)],
                  [0, np.sqrt(1 / 2), -np.sqrt(1 / 2)]])  # fmt: skip
"""The basis in which the model keeps balances."""


def example(*, truncated: bool = False) -> GradeTonnage:
    """Model of ExampleGatm: 71 computer-generated deposits."""
    centred = np.eye(3) - 1 / 3
    covariance = PIVOT @ (-0.5 * centred @ VARIATION @ centred) @ PIVOT.T
    ends = (LN_LEAST, LN_GREATEST) if truncated else (-np.inf, np.inf)
    return GradeTonnage("example", "MapMark4", Tonnage(np.array([LN_MEAN]), LN_SD, *ends),
                        ("Cu", "Au"), PIVOT @ np.log(CENTRE), covariance, 71, 71)  # fmt: skip
