"""The nearest points that belong to somebody else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geoprospect.kernels import interpolation

Places = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

BATCH = 100_000
"""Places looked at together: each has several neighbours."""


def inverse_distance_of_others(
    points: Places,
    owners: Index,
    values: Places,
    places: Places,
    own: Index,
    *,
    neighbours: int,
    radius: float,
    power: float,
) -> tuple[Places, Places]:
    """
    Means of the nearest points of others, weighted by distance to the minus *power*.

    As :func:`nearest_of_others`, with *values* (points,); returns (places,) means, NaN where
    no such point is within *radius*, and distances to the nearest one, however far.
    """
    means, nearest = np.full(len(places), np.nan), np.full(len(places), np.inf)
    for start in range(0, len(places), BATCH):
        part = slice(start, start + BATCH)
        away, found = nearest_of_others(
            points, owners, places[part], own[part], neighbours=neighbours, radius=np.inf
        )
        shares = interpolation.weights(np.where(away <= radius, away, np.inf), power)
        means[part], nearest[part] = np.sum(shares * values[found], axis=1), away[:, 0]
    return means, nearest


def nearest_of_others(
    points: Places, owners: Index, places: Places, own: Index, *, neighbours: int, radius: float
) -> tuple[Places, Index]:
    """
    The nearest points to each place, none of which has the place's own owner.

    Parameters
    ----------
    points : (points, dimensions)
    owners : (points,) int
        Such as the drill hole of each.
    places : (places, dimensions)
    own : (places,) int
        Whose points do not count there; -1 for nobody's.
    neighbours : int
        How many.
    radius : float
        Points farther than this do not count.

    Returns
    -------
    distances, found : (places, neighbours)
        Rising, in the unit of the places; infinite, and 0, where there are no more.
    """
    distances = np.full((len(places), neighbours), np.inf)
    found = np.zeros((len(places), neighbours), np.int64)
    if not len(points):
        return distances, found
    tree, reach = cKDTree(points), np.nextafter(radius, np.inf)
    left, asked = np.arange(len(places)), neighbours
    while len(left):
        asked = min(asked, len(points))
        ranks = list(range(1, asked + 1))
        away, which = tree.query(places[left], k=ranks, distance_upper_bound=reach)
        beyond = np.isinf(away)
        others = beyond | (owners[np.where(beyond, 0, which)] != own[left, None])
        done = (others.sum(axis=1) >= neighbours) | beyond[:, -1] | (asked == len(points))
        first = np.argsort(~others[done], axis=1, kind="stable")[:, :neighbours]
        kept = np.take_along_axis(np.where(others, away, np.inf)[done], first, axis=1)
        distances[left[done], : kept.shape[1]] = kept
        near = np.take_along_axis(which[done], first, axis=1)
        found[left[done], : kept.shape[1]] = np.where(np.isinf(kept), 0, near)
        left, asked = left[~done], 2 * asked
    return distances, found
