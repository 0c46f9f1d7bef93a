"""Are places near each other more alike than any two?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Values = npt.NDArray[np.float64]

NEIGHBOURS = 4
"""Nearest places that each is compared with."""


def ratio(at: Values, scores: Values) -> tuple[float, float]:
    """
    Mean square difference of each sample and its nearest ones over that of any two, and its error.

    Parameters
    ----------
    at : (n, 3)
        Places [m].
    scores : (n,)
        Normal values; for others the standard error is rough.

    Returns
    -------
    (float, float)
        The ratio [1], 1 where places say nothing, and its standard error then [1]_.

    References
    ----------
    .. [1] Cliff, A.D., Ord, J.K. (1981). Spatial Processes: Models and Applications. Pion.
    """
    n, near = len(scores), min(NEIGHBOURS, len(scores) - 1)
    found = cKDTree(at).query(at, k=list(range(1, near + 2)))[1]
    own = found == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True
    others = found[~own].reshape(n, near)
    total = n * near
    squares = (scores[others] - scores[:, None]) ** 2
    found_ratio = squares.sum() / total * (n - 1) / (2 * ((scores - scores.mean()) ** 2).sum())
    one_way = {*zip(np.repeat(np.arange(n), near).tolist(), others.ravel().tolist(), strict=True)}
    mutual = sum((j, i) in one_way for i, j in one_way)
    s1 = total + mutual
    s2 = ((near + np.bincount(others.ravel(), minlength=n)) ** 2).sum()
    variance = ((2 * s1 + s2) * (n - 1) - 4 * total**2) / (2 * (n + 1) * total**2)
    return float(found_ratio), float(np.sqrt(variance))
