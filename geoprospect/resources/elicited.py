"""What experts say of the number of undiscovered deposits, turned into distributions."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import minimize, minimize_scalar

from geoprospect.errors import DataError, listing
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import DepositNumber, counted

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

REACHED = (0.9, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001)
"""P(N >= threshold) that the thresholds of Mark3 stand for, in their order."""

CUT = 0.001
"""Probability of the upper tail that a fitted distribution is cut off at."""

NODES = 40
"""Means, and variances, among which the fit starts."""

NEARLY_POISSON = 0.99
"""Mean over variance above which a negative binomial tells no more than a Poisson."""


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
    _check_monotone({"the panel": [float(one) for one in thresholds]})
    p = np.zeros(thresholds[-1] + 1)
    _spread_first(p, thresholds[0])
    for k in range(1, len(thresholds)):
        _spread(p, thresholds[k - 1], thresholds[k], REACHED[k - 1] - REACHED[k])
    p[thresholds[-1]] += REACHED[len(thresholds) - 1]
    told = {"thresholds": list(thresholds), "closed_form": closed_form(thresholds)}
    caveats: tuple[str, ...] = ()
    if thresholds[0] == 0:
        caveats = ("N90 is 0, so P(N >= 1) falls below 90 % by Mark3's own rule.",)
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


@ESTIMATORS.register
def negative_binomial(*, experts: dict[str, dict[str, float]]) -> DepositNumber:
    """
    Number of undiscovered deposits that fits what several experts say, each with a weight.

    The negative binomial distribution whose quantiles lie nearest to all N90, N50 and N10:
    the sum of weighted distances is least, so that one outlying expert does not draw
    it far [1]_. Where experts leave no more doubt than chance alone would, a Poisson
    distribution is fitted instead, which is said. Cut off at the upper 0.1 %; what is as
    unlikely at the low end goes too.

    Parameters
    ----------
    experts : dict of name to dict
        ``n90``, ``n50``, ``n10``, none below the one before it, and ``weight`` above 0.

    Returns
    -------
    DepositNumber

    Raises
    ------
    DataError
        If an answer is not monotone, negative, missing, or without a weight above 0.

    References
    ----------
    .. [1] Ellefsen, K.J. (2017). User's guide for MapMark4. USGS Techniques and
       Methods 7-C18.
    """
    weights, wanted = _table(experts)
    cost = _cost(weights, wanted)
    start = _start(cost, weights, wanted)
    told: dict[str, Any] = {"experts": {name: dict(answer) for name, answer in experts.items()}}
    if start is None:
        rate = _poisson_rate(weights, wanted)
        log.warning(
            "the experts' answers leave no more doubt than a Poisson distribution (mean %.3g), "
            "so that is fitted instead of a negative binomial", rate,
        )  # fmt: skip
        frozen = stats.poisson(rate)
        return _cut(frozen, CUT, "poisson", told | {"rate": rate, "cost": cost(frozen.ppf)})
    p, r = minimize(
        lambda at: cost(stats.nbinom(at[1], at[0]).ppf) if 0 < at[0] < 1 and at[1] > 0 else np.inf,
        start, method="Nelder-Mead",
    ).x  # fmt: skip
    if p > NEARLY_POISSON:
        log.warning("the fitted negative binomial (p = %.3f) tells no more than a Poisson "
                    "distribution would", p)  # fmt: skip
    frozen = stats.nbinom(r, p)
    told |= {"p": float(p), "r": float(r), "cost": cost(frozen.ppf)}
    return _cut(frozen, CUT, "negative_binomial", told)


def named(*, mean: float, sd: float | None = None, tail: float = CUT) -> DepositNumber:
    """
    A Poisson (without *sd*) or negative binomial distribution of a stated mean.

    Parameters
    ----------
    mean : float
        Expected number of deposits, above 0.
    sd : float, optional
        Standard deviation; its square must exceed the mean.
    tail : float
        Probability of the upper tail that is cut off.

    Returns
    -------
    DepositNumber

    Raises
    ------
    ValueError
        If no such distribution has these.
    """
    if not mean > 0:
        raise ValueError(f"mean must be above 0 deposits, got {mean:g}")
    if sd is None:
        return _cut(stats.poisson(mean), tail, "poisson", {"mean": mean})
    if sd**2 <= mean:
        raise ValueError(
            f"a negative binomial needs a variance above its mean, and {sd:g} squared is not above "
            f"{mean:g}; leave sd out for a Poisson distribution"
        )
    p = mean / sd**2
    frozen = stats.nbinom(mean * p / (1 - p), p)
    return _cut(frozen, tail, "negative_binomial", {"mean": mean, "sd": sd})


def _table(experts: Mapping[str, Mapping[str, float]]) -> tuple[Values, Values]:
    """Weights (experts,) and their N90, N50, N10 (experts, 3)."""
    asked = {"weight", "n90", "n50", "n10"}
    problems = [
        f"{name}: needs weight, n90, n50 and n10, got {', '.join(sorted(answer)) or 'nothing'}"
        for name, answer in experts.items()
        if set(answer) != asked
    ]
    problems += [
        f"{name}: weight must be above 0, got {answer['weight']:g}"
        for name, answer in experts.items()
        if not answer.get("weight", 1) > 0
    ]
    if problems or not experts:
        raise DataError(listing("the experts' table is unusable:", problems or ["it is empty"]))
    _check_monotone({k: [v["n90"], v["n50"], v["n10"]] for k, v in experts.items()})
    rows = list(experts.values())
    return (
        np.array([row["weight"] for row in rows], float),
        np.array([[row["n90"], row["n50"], row["n10"]] for row in rows], float),
    )


def _check_monotone(answers: Mapping[str, Sequence[float]]) -> None:
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


def _cost(weights: Values, wanted: Values) -> Callable[[Callable[[Values], Values]], float]:
    ends = np.array([0.1, 0.5, 0.9])

    def cost(quantile: Callable[[Values], Values]) -> float:
        return float(weights @ np.abs(quantile(ends) - wanted).sum(axis=1))

    return cost


def _start(
    cost: Callable[[Callable[[Values], Values]], float], weights: Values, wanted: Values
) -> Values | None:
    """The best p and r among means and variances that the answers allow; None: there are none."""
    low, _, high = np.average(wanted, axis=0, weights=weights)
    top = (high - low) ** 2
    found: list[tuple[float, float, float]] = []
    for mean in np.linspace(low + 0.01, high, NODES):
        for variance in np.linspace(mean + 0.01, top, NODES) if top > mean + 0.01 else ():
            p = mean / variance
            r = mean * p / (1 - p)
            found.append((round(cost(stats.nbinom(r, p).ppf), 9), p, r))
    # quantiles are whole numbers, so many fit alike: of those the one with the least mean
    return np.array(min(found, key=lambda one: one[0])[1:]) if found else None


def _poisson_rate(weights: Values, wanted: Values) -> float:
    cost = _cost(weights, wanted)
    high = max(1.0, float(wanted.max()))
    rates = np.linspace(high / 200, high, 200)
    first = rates[np.argmin([cost(stats.poisson(rate).ppf) for rate in rates])]
    middle = float(np.average(wanted[:, 1], weights=weights))
    # the cost is level between steps: of the best rates, the nearest to the mean of N50
    near = minimize_scalar(
        lambda rate: cost(stats.poisson(rate).ppf) + 1e-6 * abs(rate - middle),
        bounds=(max(1e-3, first - high / 200), first + high / 200), method="bounded",
    )  # fmt: skip
    return float(near.x)


def _cut(frozen: stats.rv_frozen, tail: float, name: str, told: Mapping[str, Any]) -> DepositNumber:
    """Without the upper tail, nor what is as unlikely at the low end."""
    last = int(frozen.ppf(1 - tail))
    n = np.arange(last + 1)
    p = frozen.pmf(n)
    first = int(np.argmax(p >= p[-1]))
    kept = p[first:] / p[first:].sum()
    return DepositNumber(n[first:], kept, name, {**told, "tail": tail})
