"""Grades made normal, so that they can be simulated, and back again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalScores:
    """
    A distribution of grades as steps: ``grades`` that rise and the shares ``below`` them [1].

    ``samples`` are the scores of the samples it was made of, NaN without a grade.
    """

    grades: Values = field(repr=False)
    below: Values = field(repr=False)
    samples: Values = field(repr=False)

    def back(self, scores: npt.ArrayLike) -> Values:
        """Grades of scores; between the steps they rise in proportion to the share below."""
        shares = ndtr(np.asarray(scores, np.float64))
        return np.asarray(np.interp(shares, self.below, self.grades))


def normal_scores(
    grades: npt.ArrayLike,
    *,
    weights: npt.ArrayLike,
    seed: int,
    limits: tuple[float, float] | None = None,
) -> NormalScores:
    """
    Standard normal scores of grades, rank by rank [1].

    Grades are skewed, with a long tail of rich samples, and fields of such grades have no
    simple law; those of scores may. With declustering weights the scores are those of the
    ground and not of the drilling, so that what is simulated has the ground's mean [1]_.

    Parameters
    ----------
    grades : array (samples,)
        NaN is unknown.
    weights : array (samples,)
        Declustering weights.
    seed : int
        Breaks ties between equal grades.
    limits : (low, high), optional
        The least and the greatest grade that the ground can have; those of the samples if
        not given. The tails reach there in proportion.

    Returns
    -------
    NormalScores

    Raises
    ------
    DataError
        If fewer than two grades differ, a weight is not positive, or a grade lies beyond the
        limits.

    References
    ----------
    .. [1] Deutsch, C.V., Journel, A.G. (1998). GSLIB: Geostatistical Software Library and
       User's Guide, 2nd ed. Oxford, sections V.2.1 and VI.2.5 (programs sgsim, nscore).
    """
    values = np.asarray(grades, np.float64).ravel()
    heavy = np.asarray(weights, np.float64).ravel()
    known = np.flatnonzero(~np.isnan(values))
    low, high = _checked(values[known], heavy[known], limits)
    shuffled = np.random.default_rng(seed).permutation(known)
    order = shuffled[np.argsort(values[shuffled], kind="stable")]
    passed = np.cumsum(heavy[order])
    middle = (passed - heavy[order] / 2) / passed[-1]
    scores = np.full(len(values), np.nan)
    scores[order] = ndtri(middle)
    ties = len(known) - len(np.unique(values[known]))
    if ties:
        log.info("%d grades equal another one; which of them scores more is drawn by lot.", ties)
    return NormalScores(
        np.concatenate([[low], values[order], [high]]),
        np.concatenate([[0.0], middle, [1.0]]),
        scores,
    )


def _checked(
    values: Values, weights: Values, limits: tuple[float, float] | None
) -> tuple[float, float]:
    if len(np.unique(values)) < 2:
        raise DataError("normal scores need two grades that differ; there is nothing to simulate")
    if not (weights > 0).all():
        raise DataError("weights must be positive where there is a grade")
    least, greatest = float(values.min()), float(values.max())
    low, high = (least, greatest) if limits is None else limits
    if not (low <= least and greatest <= high):
        raise DataError(
            f"grades run from {least:g} to {greatest:g}, beyond the limits {low:g} to {high:g}; "
            "cut them first, or widen the limits"
        )
    return low, high
