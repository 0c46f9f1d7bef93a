"""Which holes to drill for a budget, when several of them would find the same deposit."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, sparse

from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

How = Literal["exact", "greedy", "ranked"]

ROUNDING = 1e-9
"""Share of a budget by which sums of costs may pass it, as rounding makes them."""


@dataclass(frozen=True)
class Candidates:
    """
    Holes or targets to choose from, and what each would find.

    Parameters
    ----------
    finds : (n, m) bool
        Whether candidate i would find deposit j. Deposits are drawn ones: each of many
        realisations of the ground adds those it holds, so that candidates which hang on the
        same geology find the same deposits, and are not paid for twice.
    worth : (m,)
        Of finding each, times the chance of its realisation [currency]; not below 0.
    cost : (n,)
        Of each candidate [currency].
    budget : float
        For all [currency].

    Raises
    ------
    DataError
        If lengths differ, a worth is below 0 or unknown, a cost not above 0, or the budget
        is below the cheapest candidate.
    """

    finds: Flags = field(repr=False)
    worth: Values = field(repr=False)
    cost: Values = field(repr=False)
    budget: float

    def __post_init__(self) -> None:
        found, worth, cost = np.shape(self.finds), np.asarray(self.worth), np.asarray(self.cost)
        if len(found) != 2 or found != (cost.size, worth.size) or not cost.size:
            raise DataError(
                f"finds must have a row for each candidate and a column for each deposit; it has "
                f"shape {found}, for {cost.size} costs and {worth.size} worths"
            )
        if not (worth >= 0).all() or not np.isfinite(worth).all():
            raise DataError("the worth of every deposit must be known and not below 0")
        if not (cost > 0).all() or not np.isfinite(cost).all():
            raise DataError(f"every candidate must cost more than 0, got {cost.min():g}")
        if not self.budget >= cost.min():
            raise DataError(
                f"the budget of {self.budget:g} is below the cheapest hole, which costs "
                f"{cost.min():g}; raise it, or add shorter holes"
            )

    def value(self, chosen: Flags) -> float:
        """Expected worth of what *chosen* candidates find together [currency]."""
        return float(self.worth[self.finds[chosen].any(axis=0)].sum())

    @property
    def alone(self) -> Values:
        """Expected worth of what each finds on its own [currency]."""
        own: Values = self.finds @ self.worth
        return own

    @property
    def limit(self) -> float:
        """The budget, and as much as rounding takes."""
        return self.budget * (1 + ROUNDING)


def exact(candidates: Candidates) -> Flags:
    """
    The candidates that find most for the budget, by mixed-integer programming (HiGHS).

    Deposits that the same candidates find count as one. Hundreds of candidates with
    thousands of deposits take seconds; for more use :func:`greedy`.

    Returns
    -------
    ndarray (n,) bool

    Raises
    ------
    DataError
        If HiGHS cannot solve it.
    """
    patterns, place = np.unique(candidates.finds, axis=1, return_inverse=True)
    worth = np.bincount(place.ravel(), candidates.worth, patterns.shape[1])
    n, m = patterns.shape
    # found <= number of chosen candidates that find it, and at most 1
    rows = sparse.hstack([-sparse.csr_array(patterns.T.astype(float)), sparse.eye_array(m)])
    spent = np.concatenate([candidates.cost, np.zeros(m)])
    solved = optimize.milp(
        np.concatenate([np.zeros(n), -worth]),
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        bounds=optimize.Bounds(0, 1),
        constraints=[optimize.LinearConstraint(rows, ub=0),
                     optimize.LinearConstraint(spent[None], ub=candidates.budget)],
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if not solved.success:
        raise DataError(f"HiGHS cannot choose the holes ({solved.message}); choose them greedily")
    picked: Flags = solved.x[:n] > 0.5
    return picked


def greedy(candidates: Candidates) -> Flags:
    """
    Candidates chosen one by one, each time the one that adds most for its cost.

    What a candidate adds can only shrink as others are chosen, so most are not looked at
    again. Of that choice and the best single candidate the better is taken, which finds at
    least (1 - 1/e) / 2, 32 %, of the most that can be found [1]_, and mostly all but a little.

    Returns
    -------
    ndarray (n,) bool

    References
    ----------
    .. [1] Leskovec, J., Krause, A., Guestrin, C., Faloutsos, C., VanBriesen, J., Glance, N.
       (2007). Cost-effective outbreak detection in networks. KDD 2007, 420-429.
    """
    chosen, left = _one_by_one(candidates), candidates.alone
    left = np.where(candidates.cost <= candidates.limit, left, -1.0)
    single = np.arange(len(left)) == left.argmax()
    return single if candidates.value(single) > candidates.value(chosen) else chosen


def _one_by_one(candidates: Candidates) -> Flags:
    chosen = np.zeros(len(candidates.cost), bool)
    open_, left = candidates.worth.astype(float), candidates.limit
    rates = candidates.alone / candidates.cost
    queue = [(-rate, i, 0) for i, rate in enumerate(rates.tolist())]
    heapq.heapify(queue)
    while queue:
        rate, i, known = heapq.heappop(queue)
        if candidates.cost[i] > left or rate >= 0:
            continue
        if known < chosen.sum():
            adds = float(candidates.finds[i] @ open_ / candidates.cost[i])
            heapq.heappush(queue, (-adds, i, int(chosen.sum())))
            continue
        chosen[i] = True
        left -= candidates.cost[i]
        open_ = np.where(candidates.finds[i], 0.0, open_)
    return chosen


def ranked(candidates: Candidates) -> Flags:
    """
    Candidates in the order of what each finds alone for its cost, while the budget lasts.

    What a ranked list of targets amounts to: it pays again for what is found already.
    Stands beside the others to show what that loses.

    Returns
    -------
    ndarray (n,) bool
    """
    chosen, left = np.zeros(len(candidates.cost), bool), candidates.limit
    rate = candidates.alone / candidates.cost
    for i in np.argsort(-rate, kind="stable"):
        if candidates.cost[i] <= left and rate[i] > 0:
            chosen[i] = True
            left -= candidates.cost[i]
    return chosen


def compared(candidates: Candidates, *, exactly: bool) -> pd.DataFrame:
    """
    What each way of choosing finds, and what it loses against the best of them.

    Parameters
    ----------
    candidates : Candidates
    exactly : bool
        Whether the exact choice is made too: seconds for hundreds of candidates.

    Returns
    -------
    DataFrame
        By ``how``: ``holes``, ``cost``, ``value`` [currency], ``lost`` (share of the best value
        [1]).
    """
    ways = {"exact": exact, "greedy": greedy, "ranked": ranked}
    chosen = {how: way(candidates) for how, way in ways.items() if exactly or how != "exact"}
    value = np.array([candidates.value(one) for one in chosen.values()])
    best = value.max()
    return pd.DataFrame(
        {"holes": [int(one.sum()) for one in chosen.values()],
         "cost": [float(candidates.cost[one].sum()) for one in chosen.values()],
         "value": value, "lost": 1 - value / best if best > 0 else np.zeros(len(value))},
        index=pd.Index(chosen, name="how"),
    )  # fmt: skip


def marginal(candidates: Candidates, chosen: Flags) -> Values:
    """
    What each candidate adds to the other chosen ones [currency]: (n,).

    A chosen one adds what would be lost without it, another what it would bring on top.
    """
    times = candidates.finds[chosen].sum(axis=0)
    others = times[None] - (candidates.finds & chosen[:, None])
    added: Values = (candidates.finds & (others == 0)) @ candidates.worth
    return added
