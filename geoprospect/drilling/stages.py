"""What a target is worth before it is drilled, how many stages lie ahead, and ruin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.drilling.chances import checked
from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]


def expected_values(
    names: Sequence[str],
    probability: Sequence[float],
    worth: Sequence[npt.ArrayLike],
    cost: Sequence[float],
) -> pd.DataFrame:
    """
    Expected value of testing each target [currency], and the chance to lose by it [1].

    A deposit is mined only if it pays, so that of its net present values those below 0
    count as 0; a target is worth its chance of a deposit times their mean, less what the test
    costs. Most targets lose, however well chosen: the table says how likely.

    Parameters
    ----------
    names : sequence of str
    probability : sequence of float
        Chance of a deposit in each [1].
    worth : sequence of (n,)
        Draws of the net present value of a deposit in each [currency], as
        :func:`geoprospect.resources.economics.worth` values simulated ones.
    cost : sequence of float
        Of the test of each [currency].

    Returns
    -------
    DataFrame
        In the order given: ``target``, ``probability``, ``pays`` (chance that a deposit pays
        [1]), ``worth`` (mean of a deposit, those that do not pay as 0), ``cost``, ``value``,
        ``value_per_cost`` [1], ``loss`` (chance that the test brings less than it costs [1]).

    Raises
    ------
    DataError
        If a chance is 0 or 1, a worth is unknown, or the lengths differ.
    ValueError
        If a test costs nothing or less.
    """
    p, costs = checked(probability, "a deposit"), np.asarray(cost, float)
    if not len(names) == len(p) == len(worth) == len(costs):
        raise DataError(
            f"there are {len(names)} targets, {len(p)} chances, {len(worth)} worths and "
            f"{len(costs)} costs; give one of each for every target"
        )
    if not (costs > 0).all():
        raise ValueError(f"cost of a test must be above 0, got {costs.min():g}")
    draws = [np.atleast_1d(np.asarray(one, float)) for one in worth]
    for name, of in zip(names, draws, strict=True):
        if not of.size or np.isnan(of).any():
            raise DataError(f"target {name!r}: the worth of a deposit is not known in every draw")
    mined = np.array([np.maximum(of, 0).mean() for of in draws])
    repaid = [(of > one).mean() for of, one in zip(draws, costs, strict=True)]
    value = p * mined - costs
    return pd.DataFrame(
        {"target": [*names], "probability": p, "pays": [(of > 0).mean() for of in draws],
         "worth": mined, "cost": costs, "value": value, "value_per_cost": value / costs,
         "loss": 1 - p * repaid}
    )  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """One stage: its ``probability`` to lead on [1], and its ``cost`` a prospect [currency]."""

    name: str
    probability: float
    cost: float

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1 or not self.cost >= 0:
            raise ValueError(
                f"stage {self.name!r} must lead on with a chance above 0 and up to 1 and cost 0 "
                f"or more, got {self.probability:g} and {self.cost:g}"
            )


def passing(counts: Sequence[int]) -> Values:
    """
    Share of prospects that led on from each stage to the next [1].

    Parameters
    ----------
    counts : sequence of int
        Prospects that reached each stage, and at the end mines.

    Raises
    ------
    DataError
        If more prospects leave a stage than reach it, or none is left before the last.
    """
    reached = np.asarray(counts, float)
    if len(reached) < 2 or (np.diff(reached) > 0).any() or not (reached[:-1] > 0).all():
        raise DataError(
            f"numbers of prospects must fall from stage to stage, and only the last may be 0; got "
            f"{', '.join(f'{n:g}' for n in reached)}"
        )
    shares: Values = reached[1:] / reached[:-1]
    return shares


def ahead(stages: Sequence[Stage], *, worth: float) -> pd.DataFrame:
    """
    Chance to get through from each stage on [1], and the value of going on [currency].

    A prospect may be dropped before any stage, so a value is that of the better choice
    from there on, rolled back from the end [1]_.

    Parameters
    ----------
    stages : sequence of Stage
        The next one first.
    worth : float
        Of a prospect that has led through them all [currency].

    Returns
    -------
    DataFrame
        A row for each: ``stage``, ``reached`` (chance to come to it [1]), ``success`` (chance
        to get through from it on [1]), ``value`` of going on (what is below 0 is better
        dropped), ``go``.

    References
    ----------
    .. [1] Newendorp, P.D., Schuyler, J.R. (2000). Decision Analysis for Petroleum
       Exploration. Planning Press.
    """
    shares = np.array([stage.probability for stage in stages])
    values, later = [], worth
    for stage in reversed(stages):
        value = stage.probability * max(later, 0.0) - stage.cost
        values.append(value)
        later = value
    found = np.array(values[::-1])
    return pd.DataFrame(
        {"stage": [stage.name for stage in stages],
         "reached": np.concatenate([[1.0], np.cumprod(shares[:-1])]),
         "success": np.cumprod(shares[::-1])[::-1], "value": found, "go": found > 0}
    )  # fmt: skip


def ruin(probability: float, *, budget: float, cost: float) -> float:
    """
    Chance that a budget is spent before the first success [1]: (1 - p) ** tests.

    Parameters
    ----------
    probability : float
        Of success in one test, whatever the others gave [1].
    budget, cost : float
        Of the programme and of one test [currency].

    Raises
    ------
    DataError
        If the chance is 0 or 1, or the budget is below the cost of one test.
    """
    p = float(checked(probability, "success"))
    if not 0 < cost <= budget:
        raise DataError(
            f"the budget of {budget:g} must cover one test at least, at a cost above 0; one is "
            f"{cost:g}: raise it or test more cheaply"
        )
    # a budget of 0.3 is three tests of 0.1, though 0.3 / 0.1 is below 3
    return (1 - p) ** math.floor(budget / cost * (1 + 1e-12))


def holes_needed(probability: float, *, confidence: float) -> float:
    """
    Holes, or tests, until one success at least is as sure as *confidence*; to be rounded up.

    Parameters
    ----------
    probability : float
        Of success in one test, whatever the others gave [1].
    confidence : float
        Wanted chance of one success or more [1].
    """
    p = float(checked(probability, "success"))
    return math.log1p(-float(checked(confidence, "one success"))) / math.log1p(-p)
