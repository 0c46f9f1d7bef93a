"""How near points lie to other places, and how many: by a search tree, place by place."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

Places = npt.NDArray[np.float64]

BATCH = 10_000
"""Places asked about at once: each may have many points about it."""


def nearest(points: Places, places: Places) -> npt.NDArray[np.float64]:
    """Distance from each place to the nearest point, in the units of both: (n, 2) -> (n,)."""
    found: npt.NDArray[np.float64] = KDTree(points).query(places)[0]
    return found


def quartic_density(points: Places, places: Places, bandwidth: float) -> npt.NDArray[np.float64]:
    """
    Density of points about each place by a quartic kernel [km-2]; places in metres.

    Sum of 3 / (pi h^2) (1 - d^2 / h^2)^2 over points nearer than h [1]_.

    References
    ----------
    .. [1] Silverman, B.W. (1986). Density Estimation for Statistics and Data
       Analysis. Chapman and Hall. Equation 4.5.
    """
    tree = KDTree(points)
    density = np.zeros(len(places))
    for start in range(0, len(places), BATCH):
        batch = places[start : start + BATCH]
        pairs = KDTree(batch).sparse_distance_matrix(tree, bandwidth, output_type="ndarray")
        shares = (1 - (pairs["v"] / bandwidth) ** 2) ** 2
        density[start : start + BATCH] = np.bincount(pairs["i"], shares, minlength=len(batch))
    return density * 3e6 / (math.pi * bandwidth**2)


def neighbour_distances(places: Places) -> npt.NDArray[np.float64]:
    """Distance from each place to the nearest other one; there are two or more."""
    found: npt.NDArray[np.float64] = KDTree(places).query(places, k=2)[0][:, 1]
    return found
