"""Hole after hole: which tells most of what the ground holds, and when no idea of it fits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Renew = Callable[[Index, np.random.Generator], tuple[Values, Values]]
"""Of the parents of new realisations: their ``ground`` and ``value``, changed a little."""

COLLAPSED = 0.1
"""Share of realisations that still count below which they are drawn anew."""

SURPRISING = 0.01
"""Chance of a result below which a hypothesis is falsified."""


@dataclass(frozen=True, eq=False)
class Belief:
    """
    Realisations of the ground that may be true, each with its weight.

    ``ground`` (realisations, holes) is what each hole would measure in each, ``value``
    (realisations,) the quantity that the decision hangs on (tons of ore, the value of a
    mine), ``hypothesis`` (realisations,) the geological idea it was drawn from. ``noise`` is
    the standard deviation of a measurement about its realisation, in the units of ``ground``.
    Weights start even and sum to 1.
    """

    ground: Values = field(repr=False)
    value: Values = field(repr=False)
    hypothesis: npt.NDArray[np.generic] = field(repr=False)
    noise: float
    weight: Values = field(default_factory=lambda: np.empty(0), repr=False)

    def __post_init__(self) -> None:
        n = len(self.ground)
        if np.ndim(self.ground) != 2 or not n or len(self.value) != n or len(self.hypothesis) != n:
            raise DataError(
                f"ground must have a row for each realisation; it has shape "
                f"{np.shape(self.ground)}, for {len(self.value)} values and "
                f"{len(self.hypothesis)} hypotheses"
            )
        if not (np.isfinite(self.ground).all() and np.isfinite(self.value).all()):
            raise DataError("every realisation must be known at every hole, and its value too")
        if not self.noise > 0:
            raise ValueError(f"noise must be above 0, got {self.noise:g}: no assay is exact")
        if not self.weight.size:
            object.__setattr__(self, "weight", np.full(n, 1 / n))

    @property
    def effective(self) -> float:
        """Number of realisations that still count: 1 over the sum of squared weights."""
        return float(1 / (self.weight**2).sum())

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(self.weight @ self.value)

    @property
    def variance(self) -> float:
        """Variance of the value."""
        return float(self.weight @ (self.value - self.mean) ** 2)


def gains(belief: Belief) -> Values:
    """
    How much variance of the value each hole is expected to take away: (holes,).

    Cov(value, hole)**2 / (Var(hole) + noise**2), weighted: exact where all is normal, a good
    order elsewhere. A hole where much is expected need not tell much: to drill the highest
    is worse than an even grid for knowing how much there is.

    Parameters
    ----------
    belief : Belief

    Returns
    -------
    ndarray (holes,) float64
        In the square of the value's units.
    """
    w = belief.weight
    apart = belief.ground - w @ belief.ground
    together = (w * (belief.value - belief.mean)) @ apart
    gained: Values = together**2 / (w @ apart**2 + belief.noise**2)
    return gained


def next_hole(belief: Belief, *, cost: npt.ArrayLike, drilled: Flags) -> int:
    """
    The hole that tells most for its cost, of those not drilled.

    Parameters
    ----------
    belief : Belief
    cost : (holes,)
        Of each hole [currency], or its length [m].
    drilled : (holes,) bool

    Returns
    -------
    int
        The first of equals.

    Raises
    ------
    DataError
        If all are drilled.
    ValueError
        If a hole costs nothing or less.
    """
    costs = np.asarray(cost, float)
    if not (costs > 0).all():
        raise ValueError(f"cost of a hole must be above 0, got {costs.min():g}")
    if drilled.all():
        raise DataError("all holes are drilled, so there is none to plan; add candidates")
    return int(np.where(drilled, -1.0, gains(belief) / costs).argmax())


def learnt(
    belief: Belief, hole: int, measured: float, *, seed: int, renew: Renew | None = None
) -> Belief:
    """
    The belief after a hole: weights by Bayes' rule, and realisations drawn anew if few count.

    After a handful of holes a few realisations carry all weight, and would plan on as if they
    were the truth. When less than a tenth counts, all are drawn anew by weight [1]_. Copies
    tell nothing new: *renew* changes them a little, in keeping with the holes drilled.

    Parameters
    ----------
    belief : Belief
    hole : int
    measured : float
        In the units of ``ground``.
    seed : int
        Of drawing anew.
    renew : function, optional
        Of the parents' numbers and a random generator: ``ground`` and ``value`` of their
        children. Without it they are copies, which is said.

    Returns
    -------
    Belief

    Raises
    ------
    DataError
        If the measurement is not known.

    References
    ----------
    .. [1] Doucet, A., de Freitas, N., Gordon, N. (2001). Sequential Monte Carlo Methods in
       Practice. Springer.
    """
    if not np.isfinite(measured):
        raise DataError(f"hole {hole} measured {measured}: leave out a hole that was not assayed")
    apart = (measured - belief.ground[:, hole]) / belief.noise
    with np.errstate(divide="ignore"):
        logs = np.log(belief.weight) - apart**2 / 2
    now = replace(belief, weight=special.softmax(logs))
    if now.effective >= COLLAPSED * len(now.value):
        return now
    return _drawn_anew(now, np.random.default_rng(seed), renew)


def surprise(belief: Belief, hole: int, measured: float) -> dict[str, float]:
    """
    How far out a measurement is under each hypothesis: two-sided chance of as much [1].

    To be asked before :func:`learnt`, which takes for granted that one of them is true.

    Returns
    -------
    dict of str to float
        By hypothesis, sorted; 0 for one that no weight is left for.
    """
    below = special.ndtr((measured - belief.ground[:, hole]) / belief.noise)
    above = special.ndtr((belief.ground[:, hole] - measured) / belief.noise)
    found = {}
    for one in np.unique(belief.hypothesis):
        of = belief.weight * (belief.hypothesis == one)
        tail = min(of @ below, of @ above) / of.sum() if of.sum() > 0 else 0.0
        found[str(one)] = min(1.0, 2 * float(tail))
    return found


def falsified(surprises: dict[str, float], *, below: float = SURPRISING) -> bool:
    """Whether no hypothesis makes a measurement likelier than *below* [1]: stop, think anew."""
    fits = [one for one, chance in surprises.items() if chance >= below]
    if not fits:
        log.warning(
            "the hole fits no hypothesis (%s): the truth is none of them; stop and think anew",
            ", ".join(f"{one} {chance:.2g}" for one, chance in surprises.items()),
        )
    return not fits


def _drawn_anew(belief: Belief, rng: np.random.Generator, renew: Renew | None) -> Belief:
    """As many realisations, by weight, at even steps from one random start."""
    n = len(belief.value)
    steps = (np.arange(n) + rng.random()) / n
    parents = np.minimum(np.searchsorted(np.cumsum(belief.weight), steps), n - 1)
    if renew is None:
        log.warning("of %d realisations %d are left, copied", n, len(np.unique(parents)))
        ground, value = belief.ground[parents], belief.value[parents]
    else:
        ground, value = renew(parents, rng)
    return Belief(ground, value, belief.hypothesis[parents], belief.noise)
