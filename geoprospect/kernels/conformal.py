"""How a score stands among those of deposits that the model had not known."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def levels(
    scores: npt.NDArray[np.float32],
    known: npt.NDArray[np.float32],
    weights: Values | None = None,
) -> Values:
    """
    Conformal p-value of each score: the weight of known ones that are no higher, and of one more.

    (1 + sum of w_i [known_i <= score]) / (1 + sum of w_i): were *score* that of one
    more deposit like the known, a level of alpha or less would befall it with
    probability alpha at most [1]_. Weights of at most 1 count old finds less [2]_.

    References
    ----------
    .. [1] Vovk, V., Gammerman, A., Shafer, G. (2005). Algorithmic Learning in a
       Random World. Springer.
    .. [2] Barber, R.F., Candès, E.J., Ramdas, A., Tibshirani, R.J. (2023). Conformal
       prediction beyond exchangeability. Annals of Statistics 51, 816-845.
    """
    order = np.argsort(known, kind="stable")
    weight = np.ones(len(known)) if weights is None else np.asarray(weights, float)[order]
    below = np.concatenate([[0.0], np.cumsum(weight)])
    place = np.searchsorted(known[order], scores, side="right")
    found: Values = (1 + below[place]) / (1 + below[-1])
    return found


def threshold(
    known: npt.NDArray[np.float32], alpha: float, weights: Values | None = None
) -> float | None:
    """
    The lowest of the known scores with a level above *alpha*; None: no ground can be left out.

    Of n unweighted scores the floor(alpha (n + 1))-th smallest.
    """
    least = levels(np.array([-np.inf], "float32"), known, weights)[0]
    if above(least, alpha):
        return None
    inside = above(levels(known, known, weights), alpha)
    return float(known[inside].min())


def above(level: npt.ArrayLike, alpha: float) -> npt.NDArray[np.bool_]:
    """Whether a level is above *alpha*, by more than rounding to float32 can make of it."""
    return np.asarray(np.asarray(level, float) > alpha + 1e-6)


def guarantee(alpha: float, clusters: int, models: int) -> float:
    """
    Least probability that a new deposit's level is above *alpha*, where models were refitted.

    1 - 2 alpha where each cluster was left out by itself; a little less where several
    were left out together (CV+), and never below 0 [1]_.

    References
    ----------
    .. [1] Barber, R.F., Candès, E.J., Ramdas, A., Tibshirani, R.J. (2021). Predictive
       inference with the jackknife+. Annals of Statistics 49, 486-507.
    """
    each = max(1.0, clusters / models)
    lost = min(2 * (1 - 1 / models) / (each + 1), (1 - 1 / each) / (models + 1))
    return max(0.0, 1 - 2 * alpha - lost)


def fewest(alpha: float) -> int:
    """Clusters below which nothing can be left out at *alpha*: 1/alpha - 1, rounded up."""
    return math.ceil(1 / alpha - 1 - 1e-9)
