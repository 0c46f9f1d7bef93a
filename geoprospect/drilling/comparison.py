"""Whether one ranking finds the same discoveries with fewer holes than another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]

FEWEST = 5
"""Discoveries below which nothing can be decided: five pairs reach p = 1 / 32 at best."""

EXACT = 20
"""Discoveries up to which every change of signs is tried; beyond, so many by chance:"""
FLIPS = 100_000

DRAWS = 10_000
"""Times that discoveries are drawn anew for an interval."""


@dataclass(frozen=True)
class Comparison:
    """
    One ranking against another, over the same discoveries.

    ``factor`` times fewer cells until a discovery, in the geometric mean [1], with its interval
    ``low`` to ``high`` at ``confidence``; ``p`` is the one-sided chance of as much if neither
    were better. ``reduction`` of the cells drilled until half of the discoveries are made
    [1], as an interval from ``least`` to ``most``. With fewer than five discoveries only
    ``factor`` and ``reduction`` are numbers, and not ``decidable``.
    """

    discoveries: int
    factor: float
    low: float
    high: float
    p: float
    reduction: float
    least: float
    most: float
    confidence: float

    @property
    def decidable(self) -> bool:
        """Whether there are discoveries enough to decide."""
        return self.discoveries >= FEWEST

    @property
    def said(self) -> str:
        """The comparison in one guarded sentence."""
        if not self.decidable:
            return (
                f"not decidable: {self.discoveries} later discoveries, and fewer than {FEWEST} "
                "decide nothing"
            )
        verdict = "saves none for certain"
        if self.low > 1 or self.high < 1:
            verdict = "saves cells" if self.low > 1 else "costs cells"
        return (
            f"{verdict}: the other drills {self.factor:.2f} times as many to a discovery "
            f"({self.confidence:.0%} interval {self.low:.2f} to {self.high:.2f}, p {self.p:.2g}); "
            f"until half of {self.discoveries} discoveries are made this one drills "
            f"{self.reduction:.0%} fewer ({self.least:.0%} to {self.most:.0%})"
        )


def compared(
    ranks: npt.ArrayLike, baseline: npt.ArrayLike, *, seed: int, confidence: float = 0.9
) -> Comparison:
    """
    How many fewer cells a ranking drills to the same discoveries than a baseline.

    Discoveries are clusters, taken as they come together: intervals draw them anew with both
    their ranks, and the test changes the sign of each logarithm of rank ratios [1]_, all
    2**n ways up to 20 discoveries.

    Parameters
    ----------
    ranks, baseline : (n,)
        Rank of each discovery, 1 the first cell to be drilled, in both rankings.
    seed : int
        Of the interval, and of the test beyond 20 discoveries.
    confidence : float
        Of intervals [1].

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If there is no discovery, the two are not of the same, or a rank is below 1.

    References
    ----------
    .. [1] Good, P. (2005). Permutation, Parametric, and Bootstrap Tests of Hypotheses,
       3rd ed. Springer.
    """
    mine, theirs = np.asarray(ranks, float), np.asarray(baseline, float)
    if mine.shape != theirs.shape or mine.ndim != 1 or not mine.size:
        raise DataError(
            f"both rankings must rank the same discoveries, one at least; got {mine.size} and "
            f"{theirs.size} ranks"
        )
    if not ((mine >= 1) & (theirs >= 1)).all():
        raise DataError("ranks of discoveries must be known and count from 1, the first drilled")
    ratios = np.log(theirs / mine)
    unknown = (math.nan, math.nan)
    decided = len(mine) >= FEWEST
    low, high = _factors(ratios, seed, confidence) if decided else unknown
    least, most = _reductions(mine, theirs, seed, confidence) if decided else unknown
    return Comparison(
        len(mine), float(np.exp(ratios.mean())), low, high,
        sign_flips(ratios, seed=seed) if decided else math.nan,
        reduction(mine, theirs, half(len(mine))), least, most, confidence,
    )  # fmt: skip


def half(discoveries: int) -> int:
    """Number of discoveries that make half of them, rounded up."""
    return -(-discoveries // 2)


def reduction(ranks: npt.ArrayLike, baseline: npt.ArrayLike, discoveries: int) -> float:
    """Cells saved until so many discoveries are made, as a share of the baseline's [1]."""
    mine, theirs = np.sort(np.asarray(ranks, float)), np.sort(np.asarray(baseline, float))
    return float(1 - mine[discoveries - 1] / theirs[discoveries - 1])


def sign_flips(differences: npt.ArrayLike, *, seed: int) -> float:
    """
    One-sided chance of so large a mean if each difference were as likely of either sign [1].

    Exact up to 20 differences; beyond, of 100,000 changes of signs, the given ones included.

    Parameters
    ----------
    differences : (n,)
        Above 0 where the one that is judged is better.
    seed : int
        Used beyond 20.
    """
    d = np.asarray(differences, float)
    if len(d) <= EXACT:
        sums = np.zeros(1)
        for one in d:
            sums = np.concatenate([sums + one, sums - one])
        return float((sums >= d.sum() - _rounding(d)).mean())
    rng = np.random.default_rng(seed)
    reached = 1
    for _ in range(10):
        signs = rng.integers(0, 2, (FLIPS // 10, len(d))) * 2.0 - 1
        reached += int((signs @ d >= d.sum() - _rounding(d)).sum())
    return reached / (FLIPS + 1)


def _rounding(differences: Values) -> float:
    """What sums of the same numbers in another order may differ by."""
    return 1e-12 * float(abs(differences).sum())


def _factors(ratios: Values, seed: int, confidence: float) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).integers(0, len(ratios), (DRAWS, len(ratios)))
    ends = np.quantile(ratios[drawn].mean(axis=1), _ends(confidence))
    return float(np.exp(ends[0])), float(np.exp(ends[1]))


def _reductions(
    ranks: Values, baseline: Values, seed: int, confidence: float
) -> tuple[float, float]:
    n, place = len(ranks), half(len(ranks)) - 1
    drawn = np.random.default_rng(seed).integers(0, n, (DRAWS, n))
    mine, theirs = np.sort(ranks[drawn], axis=1), np.sort(baseline[drawn], axis=1)
    ends = np.quantile(1 - mine[:, place] / theirs[:, place], _ends(confidence))
    return float(ends[0]), float(ends[1])


def _ends(confidence: float) -> tuple[float, float]:
    return (1 - confidence) / 2, (1 + confidence) / 2
