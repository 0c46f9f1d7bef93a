"""Values at places from samples scattered about them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]
Values = npt.NDArray[np.float64]


def merged(places: Places, values: Values) -> tuple[Places, Values]:
    """
    Samples at one place made one, the mean of their values: (n, 2), (n, m) -> (k, 2), (k, m).

    Sorted by place, so that the order in which samples come never matters.
    """
    unique, whose = np.unique(places, axis=0, return_inverse=True)
    whose = whose.reshape(-1)
    known = ~np.isnan(values)
    means = np.full((len(unique), values.shape[1]), np.nan)
    for m in range(values.shape[1]):
        rows = np.lexsort((values[:, m], whose))
        rows = rows[known[rows, m]]
        count = np.bincount(whose[rows], minlength=len(unique))
        total = np.bincount(whose[rows], values[rows, m], minlength=len(unique))
        means[count > 0, m] = total[count > 0] / count[count > 0]
    return unique, means


def weights(distances: Values, power: float) -> Values:
    """
    Share of each neighbour by inverse distance: (cells, k) -> (cells, k).

    Neighbours out of reach are at infinity. A cell at a sample's very place is
    all that sample; a cell without neighbours gets NaN.
    """
    nearest = distances[:, :1]
    at_sample = nearest == 0
    scaled = np.where(np.isinf(nearest) | at_sample, 1.0, nearest) / np.where(
        at_sample, 1.0, distances
    )
    raw = np.where(at_sample, distances == 0, scaled**power)
    total = raw.sum(axis=1, keepdims=True)
    shares = raw / np.where(total > 0, total, 1.0)
    return np.where(np.isinf(nearest), np.nan, shares)


def inverse_distance(
    tree: Any, values: Values, cells: Places, *, neighbours: int, radius: float, power: float
) -> Values:
    """
    Means of the nearest samples, weighted by distance to the minus *power*.

    (k samples, m) at the places of *tree*, a cKDTree, and (n, 2) cells -> (n, m);
    NaN where no sample is within *radius*. One neighbour gives the nearest value.
    """
    ranks = list(range(1, min(neighbours, len(values)) + 1))
    distances, found = tree.query(cells, k=ranks, distance_upper_bound=np.nextafter(radius, np.inf))
    shares = weights(distances, power)
    found = np.where(np.isinf(distances), 0, found)
    columns = [np.sum(shares * column[found], axis=1) for column in values.T]
    return np.stack(columns, axis=1)
