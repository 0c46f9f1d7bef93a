"""Deposits of several tracts together: tracts of one belt are good or bad together."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError
from geoprospect.kernels.poisson_binomial import convolved
from geoprospect.resources.deposits import DepositNumber, counted

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

TRIALS = 20_000


def aggregated(
    tracts: Sequence[DepositNumber], *, correlation: Values | float, seed: int, trials: int = TRIALS
) -> DepositNumber:
    """
    Number of undiscovered deposits in several tracts together.

    Geologists who were wrong about one tract of a belt were likely wrong about its
    neighbour. Added as if independent, tracts seem much surer than they are; the mean
    is the same whatever the dependence [1]_. Independent tracts (0) and fully dependent
    ones (1) are added exactly. Between, each tract's numbers are laid out evenly over its
    distribution and put in the order of correlated random numbers.

    Parameters
    ----------
    tracts : sequence of DepositNumber
        Two or more.
    correlation : float or (tracts, tracts)
        Of ranks, one for all pairs or a matrix with 1 on its diagonal.
    seed : int
    trials : int
        Of the layout between 0 and 1.

    Returns
    -------
    DepositNumber

    Raises
    ------
    DataError
        If there are fewer than two tracts, or the matrix is not square and symmetric with
        1 on its diagonal and values in [-1, 1].

    References
    ----------
    .. [1] Schuenemeyer, J.H., Zientek, M.L., Box, S.E. (2011). Aggregation of estimated
       numbers of undiscovered deposits: an R-script approach. USGS Scientific
       Investigations Report 2010-5090-B.
    """
    matrix = _matrix(len(tracts), correlation)
    mean = float(matrix[~np.eye(len(tracts), dtype=bool)].mean())
    told: dict[str, Any] = {"tracts": len(tracts), "correlation": mean,
            "sd_of_counts": spread(tracts, matrix)}  # fmt: skip
    if (matrix == np.eye(len(tracts))).all():
        p = functools.reduce(convolved, (_from_none(one) for one in tracts))
        return counted(p, "aggregated", provenance=told | {"how": "independent, exact"})
    if (matrix == 1).all():
        p = _together(tracts)
        return counted(p, "aggregated", provenance=told | {"how": "fully dependent, exact"})
    p = np.bincount(_summed(tracts, _definite(matrix), seed, trials)) / trials
    told |= {"how": "simulated", "trials": trials, "seed": seed}
    return counted(p, "aggregated", provenance=told)


def spread(tracts: Sequence[DepositNumber], correlation: Values) -> float:
    """Standard deviation of the sum if the numbers themselves had this correlation."""
    each = np.array([one.sd for one in tracts])
    return float(np.sqrt(each @ correlation @ each))


def _matrix(count: int, correlation: Values | float) -> Values:
    given = np.asarray(correlation, float)
    made = np.full((count, count), given) if given.ndim == 0 else given.copy()
    if given.ndim == 0:
        np.fill_diagonal(made, 1.0)
    sound = made.shape == (count, count) and bool(
        (made == made.T).all() and (np.diag(made) == 1).all() and (np.abs(made) <= 1).all()
    )
    if count < 2 or not sound:
        raise DataError(
            f"{count} tracts need a correlation in [-1, 1], or a symmetric {count} by {count} "
            "matrix of such with 1 on its diagonal; two tracts at least"
        )
    return made


def _definite(matrix: Values) -> Values:
    """The matrix, or one near it that a set of numbers can have."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > 1e-10:
        return matrix
    lifted = (vectors * (values + abs(values[0]) + 0.001)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    log.warning(
        "no numbers can have these correlations (smallest eigenvalue %.3g): the nearest that can "
        "are taken, up to %.3g away", values[0],
        np.abs(lifted / np.outer(scale, scale) - matrix).max(),
    )  # fmt: skip
    made: Values = lifted / np.outer(scale, scale)
    return made


def _from_none(one: DepositNumber) -> Values:
    p = np.zeros(int(one.n[-1]) + 1)
    p[one.n] = one.p
    return p


def _together(tracts: Sequence[DepositNumber]) -> Values:
    """All tracts at the same point of their distributions."""
    steps = np.unique(np.concatenate([np.cumsum(one.p) for one in tracts]).clip(0, 1))
    edges = np.concatenate([[0.0], steps[steps < 1 - 1e-12], [1.0]])
    middle = (edges[1:] + edges[:-1]) / 2
    total = np.sum([_at(one, middle) for one in tracts], axis=0)
    p: Values = np.bincount(total, weights=np.diff(edges)).astype(float)
    return p


def _summed(
    tracts: Sequence[DepositNumber], matrix: Values, seed: int, trials: int
) -> npt.NDArray[np.int64]:
    """The total of each trial."""
    even = (np.arange(trials) + 0.5) / trials
    drawn = np.random.default_rng(seed).uniform(-1, 1, (trials, len(tracts)))
    order = (drawn @ np.linalg.cholesky(matrix).T).argsort(axis=0).argsort(axis=0)
    columns = [_at(one, even)[order[:, k]] for k, one in enumerate(tracts)]
    total: npt.NDArray[np.int64] = np.sum(columns, axis=0)
    return total


def _at(one: DepositNumber, chance: Values) -> npt.NDArray[np.int64]:
    """The numbers at these points of the distribution."""
    at = np.searchsorted(np.cumsum(one.p), chance, side="left")
    return one.n[np.minimum(at, len(one.n) - 1)]
