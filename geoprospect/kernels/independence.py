"""Whether layers of evidence, given deposits, tell the same thing twice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Overall:
    """
    Deposits that a sum of weights predicts, against those there are.

    *ratio* is *deposits* over *predicted*; *sd* the standard deviation of *predicted*,
    *z* how many of them it is too many, *p* the chance of as many or more where
    layers are independent (one-sided).
    """

    deposits: float
    predicted: float
    ratio: float
    sd: float
    z: float
    p: float


@dataclass(frozen=True)
class Pair:
    """
    Whether two layers' classes go together at the deposits.

    *least* is the smallest number of deposits expected in a field of the table; below
    5 the probability *p* is rough.
    """

    chi_squared: float
    freedom: int
    p: float
    least: float
    deposits: float


def overall(
    posterior: npt.ArrayLike, sd: npt.ArrayLike, units: npt.ArrayLike, *, deposits: float
) -> Overall:
    """
    The omnibus ratio and the test of Agterberg and Cheng [1]_.

    Layers that repeat one another count their evidence twice, and the posterior
    then adds up to more deposits than there are. Cells of one unique condition share one
    estimate, so that the variance of the sum is the sum over conditions of
    (units x standard deviation)^2. A ratio below 0.85 is suspicious [2]_.

    Parameters
    ----------
    posterior, sd : (conditions,)
        Posterior probability of each unique condition, and its standard deviation [1].
    units : (conditions,)
        Area of each [unit cells].
    deposits : float

    References
    ----------
    .. [1] Agterberg, F.P., Cheng, Q. (2002). Conditional independence test for
       weights-of-evidence modeling. Natural Resources Research 11, 249-255.
    .. [2] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    area = np.asarray(units, float)
    predicted = float((area * np.asarray(posterior, float)).sum())
    deviation = float(np.sqrt(np.square(area * np.asarray(sd, float)).sum()))
    z = (predicted - deposits) / deviation
    chance = math.erfc(z / math.sqrt(2)) / 2
    return Overall(deposits, predicted, deposits / predicted, deviation, z, chance)


def pairwise(counts: npt.ArrayLike) -> Pair:
    """
    Chi-squared test of two layers at the deposits, with Yates's correction where both are binary.

    *counts* has the deposits by class of one layer and of the other. Classes without a
    deposit are left out; where fewer than two are left there is nothing to test and
    *p* is 1 [1]_.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    table = np.asarray(counts, float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    total = float(table.sum())
    freedom = max(0, table.shape[0] - 1) * max(0, table.shape[1] - 1)
    if not freedom:
        return Pair(0.0, 0, 1.0, float("nan"), total)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    away = np.abs(table - expected)
    if freedom == 1:
        away = np.maximum(away - 0.5, 0)
    found = float((away**2 / expected).sum())
    return Pair(found, freedom, float(chdtrc(freedom, found)), float(expected.min()), total)
