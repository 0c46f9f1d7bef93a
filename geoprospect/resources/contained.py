"""Ore and metal that a tract may hold: numbers of deposits times their sizes and grades."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.language import marked
from geoprospect.quantities import EvidenceLevel, Quantity
from geoprospect.resources.deposits import DepositNumber
from geoprospect.resources.grade_tonnage import GradeTonnage

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

TRIALS = 20_000
AT_ONCE = 250_000
"""Deposits that are drawn at one time."""
CURVE = tuple(k / 100 for k in range(1, 100))
"""Shares whose quantiles draw a curve."""
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FARTHEST = 2.0
"""Standard errors that simulation and formula may lie apart."""

IN_THE_GROUND, AT_A_PROFIT = marked("in the ground"), marked("recovered at a profit")
"""What was counted, of all deposits or of those that pay."""

Kept = Callable[[Values, Values, np.random.Generator], Values]
"""Of ore [t] (n,) and grades (n, metals) of deposits: what counts of both [t] (n, 1 + metals)."""


@dataclass(frozen=True, eq=False)
class Contained:
    """
    Ore and metals [t] in undiscovered deposits, trial by trial: ``totals`` (trials, 1 + metals).

    ``mean`` and ``covariance`` are the same by formula, ``fourth`` the formula's
    E[(x - mean x)^2 (y - mean y)^2], from which the simulation's error follows; None where an
    economic filter came between. ``kept`` says what was counted.
    """

    names: tuple[str, ...]
    totals: Values = field(repr=False)
    counts: Index = field(repr=False)
    seed: int
    mean: Values | None = None
    covariance: Values | None = field(default=None, repr=False)
    fourth: Values | None = field(default=None, repr=False)
    kept: str = IN_THE_GROUND
    evidence_level: EvidenceLevel = field(default="predicted", init=False)

    def quantity(self, name: str) -> Quantity:
        """One of ``names`` as a quantity [t]; quantiles are of P(amount <= q)."""
        of = self.totals[:, self.names.index(name)]
        ends = dict(zip(SHARES, np.quantile(of, SHARES).tolist(), strict=True))
        return Quantity(f"{name} {self.kept}", "t", self.evidence_level, float(of.mean()),
                        float(of.std(ddof=1)), ends, "Monte Carlo simulation")  # fmt: skip

    def checks(self) -> list[dict[str, Any]]:
        """
        Simulation against formula: means and covariances, and their distance in standard errors.

        With N deposits of ore and metals Y, all independent: E[S] = E[N] E[Y] and
        Cov[S] = E[N] Cov[Y] + Var[N] E[Y] E[Y]'. Standard errors are the formula's too: the
        tails are so long that a sample would call itself surer than it is.
        """
        if self.mean is None or self.covariance is None or self.fourth is None:
            return []
        root = np.sqrt(len(self.totals))
        spread = np.sqrt(np.diag(self.covariance))
        rows = [
            _row("mean", (name,), found, told, error)
            for name, found, told, error in zip(
                self.names, self.totals.mean(axis=0), self.mean, spread / root, strict=True
            )
        ]
        apart = self.totals - self.mean
        for i, one in enumerate(self.names):
            for j, other in enumerate(self.names[: i + 1]):
                product = apart[:, i] * apart[:, j]
                what, of = ("covariance", (other, one)) if i != j else ("variance", (one,))
                error = np.sqrt(self.fourth[i, j] - self.covariance[i, j] ** 2) / root
                rows.append(_row(what, of, product.mean(), self.covariance[i, j], error))
        return rows

    def told(self) -> dict[str, Any]:
        """All that a report says of it, ready for JSON."""
        quantities = {name: self.quantity(name) for name in self.names}
        return {
            "evidence_level": self.evidence_level, "kept": self.kept, "trials": len(self.totals),
            "seed": self.seed, "none": float((self.counts == 0).mean()),
            "nothing": float((self.totals[:, 0] == 0).mean()),
            "amounts": {
                name: {"mean": one.mean, "sd": one.sd,
                       "quantiles": {f"{share:g}": q for share, q in one.quantiles.items()},
                       "curve": np.quantile(self.totals[:, k], CURVE).tolist(),
                       "above_mean": float((self.totals[:, k] > one.mean).mean()),
                       "formula_mean": None if self.mean is None else float(self.mean[k]),
                       "formula_sd": None if self.covariance is None
                       else float(np.sqrt(self.covariance[k, k]))}
                for k, (name, one) in enumerate(quantities.items())
            },
            "checks": self.checks(),
        }  # fmt: skip


def contained(
    number: DepositNumber, model: GradeTonnage, *, seed: int, trials: int = TRIALS
) -> Contained:
    """
    Ore and metal in undiscovered deposits [t], by Monte Carlo simulation.

    In each trial a number of deposits is drawn, and for each its ore and its grades [1]_. The
    same means and covariances follow from a formula; where the two lie more than two
    standard errors apart, a warning says so. One such check in twenty fails by chance.

    Parameters
    ----------
    number : DepositNumber
        Undiscovered deposits of the type.
    model : GradeTonnage
        Of the same type.
    seed : int
    trials : int
        20,000 is what three-part assessments take.

    Returns
    -------
    Contained

    Raises
    ------
    ValueError
        If there are fewer than 100 trials.

    References
    ----------
    .. [1] Root, D.H., Menzie, W.D., Scott, W.A. (1992). Computer Monte Carlo simulation in
       quantitative resource estimation. Nonrenewable Resources 1, 125-138.
    """
    counts, totals = _totals(number, model, seed, trials, _in_the_ground)
    made = Contained(("ore", *model.metals), totals, counts, seed, *moments(number, model))
    far = [row for row in made.checks() if not row["holds"]]
    if far:
        log.warning(
            "simulation and formula differ by more than two standard errors (one check in twenty "
            "does by chance): %s", "; ".join(f"{row['what']} {row['errors']:+.1f}" for row in far),
        )  # fmt: skip
    return made


def moments(number: DepositNumber, model: GradeTonnage) -> tuple[Values, Values, Values]:
    """
    Mean, covariance and E[(x - mean x)^2 (y - mean y)^2] of ore and metals [t], by formula.

    A total less its mean is W + M mu: W the sum of N deposits less their means, M = N - E[N].
    """
    mean, spread = model.moments()
    third = _central(model, mean, 2, 1)
    n, p = number.n, number.p
    off = n - number.mean
    pairs = p @ (n * (n - 1.0))
    squares, own = np.outer(mean**2, mean**2), np.diag(spread)
    fourth = (
        number.mean * _central(model, mean, 2, 2)
        + pairs * (np.outer(own, own) + 2 * spread**2)
        + 2 * (p @ (n * off)) * (third * mean + (third * mean).T)
        + (p @ (n * off**2))
        * (np.outer(own, mean**2) + np.outer(mean**2, own) + 4 * spread * np.outer(mean, mean))
        + (p @ off**4.0) * squares
    )
    covariance = number.mean * spread + number.variance * np.outer(mean, mean)
    return number.mean * mean, covariance, fourth


def _central(model: GradeTonnage, mean: Values, one: int, other: int) -> Values:
    """E[(y_i - mean_i) ** one (y_j - mean_j) ** other] of one deposit's ore and metals."""
    total = np.zeros((len(mean), len(mean)))
    for a in range(one + 1):
        for b in range(other + 1):
            raised = model.tonnage.moment(a + b) * model.mixed(a, b)
            left = np.outer((-mean) ** (one - a), (-mean) ** (other - b))
            total += math.comb(one, a) * math.comb(other, b) * raised * left
    return total


def recovered(
    number: DepositNumber, model: GradeTonnage, keep: Kept, *, seed: int, trials: int = TRIALS
) -> Contained:
    """
    Ore and metal [t] that an economic filter leaves of the same trials as :func:`contained`.

    Parameters
    ----------
    number : DepositNumber
    model : GradeTonnage
    keep : function
        Of ore, grades and a random generator of its own; see :mod:`.economics`.
    seed, trials : int
        As there: the same deposits are drawn.
    """
    counts, totals = _totals(number, model, seed, trials, keep)
    return Contained(("ore", *model.metals), totals, counts, seed, kept=AT_A_PROFIT)


def drawn(
    model: GradeTonnage, counts: Index, rng: np.random.Generator
) -> Iterator[tuple[Index, Values, Values]]:
    """Deposits of all trials, some at a time: trial, ore [t] and grades [mass fraction] of each."""
    ends = np.cumsum(counts)
    batch = (ends - 1) // AT_ONCE
    for one in np.unique(batch[counts > 0]):
        mine = np.flatnonzero((batch == one) & (counts > 0))
        trial = np.repeat(mine, counts[mine])
        ore = model.tonnage.drawn(*rng.random((2, len(trial))))
        yield trial, ore, model.grades(rng.standard_normal((len(trial), len(model.metals))))


def _totals(
    number: DepositNumber, model: GradeTonnage, seed: int, trials: int, keep: Kept
) -> tuple[Index, Values]:
    if trials < 100:
        raise ValueError(f"trials must be 100 or more, got {trials}")
    rng = np.random.default_rng(seed)
    at = np.searchsorted(np.cumsum(number.p), rng.random(trials), side="right")
    counts = number.n[np.minimum(at, len(number.n) - 1)]
    totals = np.zeros((trials, 1 + len(model.metals)))
    beside = np.random.default_rng([seed, 1])
    for trial, ore, grades in drawn(model, counts, rng):
        for k, amount in enumerate(keep(ore, grades, beside).T):
            totals[:, k] += np.bincount(trial, weights=amount, minlength=trials)
    return counts, totals


def _in_the_ground(ore: Values, grades: Values, _: np.random.Generator) -> Values:
    return np.column_stack([ore, ore[:, None] * grades])


def _row(
    moment: str, of: tuple[str, ...], found: float, told: float, error: float
) -> dict[str, Any]:
    errors = float((found - told) / error)
    return {"what": f"{moment} of {' and '.join(of)}", "moment": moment, "of": list(of),
            "simulated": float(found), "formula": float(told), "errors": errors,
            "holds": abs(errors) <= FARTHEST}  # fmt: skip
