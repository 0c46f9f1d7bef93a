"""What a panel of experts says of the number of undiscovered deposits, as a distribution."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError, listing
from geoprospect.language import marked
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import DepositNumber, counted

Values = npt.NDArray[np.float64]

REACHED = (0.9, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001)
"""P(N >= threshold) that the thresholds of Mark3 stand for, in their order."""


@ESTIMATORS.register
def mark3(*, thresholds: list[int]) -> DepositNumber:
    """
    Number of undiscovered deposits from one panel's N90, N50, N10 and perhaps more.

    Between two thresholds the probability is spread evenly, half of it at the ends: the
    rule of the Mark3 and EMINERS simulators [1]_. With N90 = 0 the probability of at
    least one deposit falls below 90 % by that rule; that is how it was published.

    Parameters
    ----------
    thresholds : list of int
        Numbers reached with a probability of 90, 50 and 10 % and, if stated, 5, 1, 0.5
        and 0.1 %; none below the one before it.

    Returns
    -------
    DepositNumber

    Raises
    ------
    DataError
        If there are fewer than three or more than seven, or they are not monotone.

    References
    ----------
    .. [1] Root, D.H., Menzie, W.D., Scott, W.A. (1992). Computer Monte Carlo simulation in
       quantitative resource estimation. Nonrenewable Resources 1, 125-138.
    """
    if not 3 <= len(thresholds) <= len(REACHED):
        raise DataError(f"mark3 takes 3 to {len(REACHED)} thresholds, got {len(thresholds)}")
    check_monotone({"the panel": [float(one) for one in thresholds]})
    p = np.zeros(thresholds[-1] + 1)
    _spread_first(p, thresholds[0])
    for k in range(1, len(thresholds)):
        _spread(p, thresholds[k - 1], thresholds[k], REACHED[k - 1] - REACHED[k])
    p[thresholds[-1]] += REACHED[len(thresholds) - 1]
    told = {"thresholds": list(thresholds), "closed_form": closed_form(thresholds)}
    caveats: tuple[str, ...] = ()
    if thresholds[0] == 0:
        caveats = (marked("N90 is 0, so P(N >= 1) falls below 90 % by Mark3's own rule."),)
    return counted(p, "mark3", provenance=told, caveats=caveats)


def closed_form(thresholds: Sequence[int]) -> dict[str, float]:
    """
    Singer and Menzie's approximate mean and standard deviation, for comparison.

    Missing N05 and N01 are taken to be the last threshold, as published; the distribution
    itself is the truth.
    """
    n = [*thresholds[:5], *[thresholds[-1]] * max(0, 5 - len(thresholds))]
    return {
        "mean": float(np.dot([0.233, 0.4, 0.225, 0.045, 0.03], n)),
        "sd": float(0.121 + np.dot([-0.237, -0.093, 0.183, 0.073, 0.123], n)),
    }


def _spread_first(p: Values, first: int) -> None:
    if first == 0:
        p[0] = 1 - REACHED[0]
        return
    part = (1 - REACHED[0]) / (2 * first + 1)
    p[:first] += 2 * part
    p[first] += part


def _spread(p: Values, low: int, high: int, probability: float) -> None:
    """Half a share at each end, a whole one at each number between."""
    if low == high:
        p[low] += probability
        return
    part = probability / (2 * (high - low))
    p[[low, high]] += part
    p[low + 1 : high] += 2 * part


def check_monotone(answers: Mapping[str, Sequence[float]]) -> None:
    """Raise a DataError that lists the answers in which a number falls below the one before."""
    wrong = [
        f"{name}: {', '.join(f'{one:g}' for one in given)}"
        for name, given in answers.items()
        if min(given) < 0 or any(b < a for a, b in itertools.pairwise(given))
    ]
    if wrong:
        raise DataError(
            listing(
                "an elicitation is not monotone: N90 <= N50 <= N10 must hold, none below 0 (N90 is "
                "the number reached with a probability of 90 %, so the low one):", wrong,
            )
        )  # fmt: skip
