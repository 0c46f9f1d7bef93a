"""Several experts' answers as one distribution of the number of undiscovered deposits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import minimize, minimize_scalar

from geoprospect.errors import DataError, listing
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import DepositNumber
from geoprospect.resources.elicited import check_monotone

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

CUT = 0.001
"""Probability of the upper tail that a fitted distribution is cut off at."""

NODES = 40
"""Means, and variances, among which the fit starts."""

NEARLY_POISSON = 0.99
"""Mean over variance above which a negative binomial tells no more than a Poisson."""


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
    check_monotone({k: [v["n90"], v["n50"], v["n10"]] for k, v in experts.items()})
    rows = list(experts.values())
    return (
        np.array([row["weight"] for row in rows], float),
        np.array([[row["n90"], row["n50"], row["n10"]] for row in rows], float),
    )


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
