"""The number of undiscovered deposits: a distribution, never a single number."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError
from geoprospect.quantities import EvidenceLevel, Quantity

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

TAIL = 1e-6
"""Probability beyond which a long tail is cut off, where a method names none."""


@dataclass(frozen=True, eq=False)
class DepositNumber:
    """
    How many undiscovered deposits of one type there may be: P(N = n) = p.

    ``n`` rises, ``p`` sums to 1. N90 is the number that is reached with a probability of
    90 %, P(N >= N90) >= 0.9: the *low* end, as in three-part assessments [1]_. ``estimator``
    made it, of ``provenance`` (ready for JSON); ``caveats`` are to be read before it is
    believed, and one that is ``optional`` enters no pool unless it is given a weight.

    References
    ----------
    .. [1] Singer, D.A., Menzie, W.D. (2010). Quantitative Mineral Resource Assessments.
       Oxford University Press.
    """

    n: npt.NDArray[np.int64] = field(repr=False)
    p: Values = field(repr=False)
    estimator: str
    provenance: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    caveats: tuple[str, ...] = ()
    optional: bool = False
    evidence_level: EvidenceLevel = field(default="predicted", init=False)

    def __post_init__(self) -> None:
        n, p = np.asarray(self.n), np.asarray(self.p, float)
        if n.shape != p.shape or n.ndim != 1:
            raise DataError(f"{self.estimator}: there are {n.size} numbers and {p.size} chances")
        if (n < 0).any() or (np.diff(n) <= 0).any() or not np.isclose(p.sum(), 1, atol=1e-9):
            raise DataError(
                f"{self.estimator}: numbers of deposits must rise from 0 or more, and their "
                f"probabilities sum to 1, not {p.sum():.9g}"
            )
        if (p < 0).any() or (p > 0).sum() < 2:
            raise DataError(
                f"{self.estimator} gives the single number {n[p.argmax()]}; nobody knows how many "
                "deposits are undiscovered, so state a distribution: two or more numbers, each "
                "with its probability"
            )

    @property
    def mean(self) -> float:
        """Expected number of deposits."""
        return float(self.n @ self.p)

    @property
    def variance(self) -> float:
        """Variance of the number."""
        return float((self.n - self.mean) ** 2 @ self.p)

    @property
    def sd(self) -> float:
        """Standard deviation of the number."""
        return math.sqrt(self.variance)

    @property
    def mode(self) -> int:
        """Likeliest number."""
        return int(self.n[self.p.argmax()])

    @property
    def entropy(self) -> float:
        """Doubt about the number [nat]."""
        known = self.p[self.p > 0]
        return float(-(known * np.log(known)).sum())

    def at_least(self, probability: float) -> int:
        """The largest n with P(N >= n) >= *probability*: 0.9 gives N90, 0.1 gives N10."""
        reached = np.cumsum(self.p[::-1])[::-1] >= probability - 1e-9
        return int(self.n[np.flatnonzero(reached)[-1]]) if reached.any() else 0

    def chance_of(self, least: int) -> float:
        """P(N >= *least*)."""
        return float(self.p[self.n >= least].sum())

    @property
    def quantity(self) -> Quantity:
        """The same as a quantity; quantiles are of P(N <= q)."""
        ends = {round(1 - one, 2): float(self.at_least(one)) for one in (0.9, 0.5, 0.1)}
        return Quantity("undiscovered deposits", "1", self.evidence_level, self.mean, self.sd, ends,
                        self.estimator)  # fmt: skip

    def told(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "estimator": self.estimator, "evidence_level": self.evidence_level,
            "n": self.n.tolist(), "p": self.p.tolist(), "mean": self.mean, "sd": self.sd,
            "n90": self.at_least(0.9), "n50": self.at_least(0.5), "n10": self.at_least(0.1),
            "none": self.chance_of(0) - self.chance_of(1), "provenance": dict(self.provenance),
            "caveats": list(self.caveats), "optional": self.optional,
        }  # fmt: skip


def counted(p: npt.ArrayLike, estimator: str, **more: Any) -> DepositNumber:
    """A distribution over 0, 1, 2, ..., divided by its sum."""
    chances = np.asarray(p, float)
    return DepositNumber(np.arange(len(chances)), chances / chances.sum(), estimator, **more)


def pooled(
    numbers: Sequence[DepositNumber], *, weights: Sequence[float] | None = None
) -> DepositNumber:
    """
    Several estimates as one: the weighted mean of their distributions.

    A linear opinion pool [1]_ keeps disagreement between methods as doubt, where
    averaging N90, N50 and N10 would hide it.

    Parameters
    ----------
    numbers : sequence of DepositNumber
        Of one deposit type and one tract.
    weights : sequence of float, optional
        One for each, none negative; otherwise all alike, optional ones left out.

    Returns
    -------
    DepositNumber

    Raises
    ------
    ValueError
        If weights do not fit, are negative or all 0.

    References
    ----------
    .. [1] Stone, M. (1961). The opinion pool. Annals of Mathematical Statistics 32,
       1339-1342.
    """
    given = [float(not one.optional) for one in numbers] if weights is None else list(weights)
    if len(given) != len(numbers) or min(given, default=0) < 0 or not sum(given) > 0:
        raise ValueError(
            f"weights must be one for each of the {len(numbers)} estimates, none negative and "
            f"one positive at least, got {given}"
        )
    share = np.array(given) / sum(given)
    p = np.zeros(max(int(one.n[-1]) for one in numbers) + 1)
    for one, weight in zip(numbers, share, strict=True):
        p[one.n] += weight * one.p
    names = [f"{k} {one.estimator}" for k, one in enumerate(numbers, start=1)]
    told = {"weights": dict(zip(names, share.tolist(), strict=True))}
    caveats = [text for one, w in zip(numbers, share, strict=True) if w for text in one.caveats]
    return counted(p, "pooled", provenance=told, caveats=tuple(dict.fromkeys(caveats)))
