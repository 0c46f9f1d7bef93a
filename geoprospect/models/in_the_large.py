"""Calibration in the large: maps that expect as many deposits as there are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit

from geoprospect.errors import ModelError

WIDEST = 60.0
"""Change of log-odds that is looked for at most."""


def expected(
    log_odds: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
    *,
    share: float,
    prior: float,
    maps: int = 1,
) -> float:
    """
    Deposits that maps expect, on average, under a prior.

    Parameters
    ----------
    log_odds, counts : (bins,)
        Log-odds among the samples, and how many cells of all *maps* have them.
    share : float
        Share of deposits among the samples, in (0, 1).
    prior : float
        Expected deposits to a cell, in (0, 1).
    maps : int
        How many maps the counts are of.
    """
    return float(counts @ expit(log_odds + logit(prior) - logit(share))) / maps


def prior_expecting(
    known: float,
    log_odds: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
    *,
    share: float,
    maps: int = 1,
) -> float:
    """
    The prior under which maps expect as many deposits, on average, as are known.

    A curve that is right for an ensemble's mean expects too many of its members: their
    scores scatter, and the curve bends upwards. One shift of the log-odds of all cells mends
    that and leaves their order, and the members' disagreement, as they are [1]_.

    Parameters
    ----------
    known : float
        Cells that hold a known deposit, more than 0 and fewer than cells.
    log_odds, counts, share, maps
        As for :func:`expected`.

    Returns
    -------
    float
        In (0, 1).

    Raises
    ------
    ModelError
        If no prior does: nothing is known, or every cell holds a deposit.

    References
    ----------
    .. [1] Steyerberg, E.W. (2019). Clinical Prediction Models, 2nd ed. Springer, 362-367.
    """
    cells = counts.sum() / maps
    if not 0 < known < cells:
        raise ModelError(
            f"{known:g} of {cells:g} cells hold a known deposit; deposits can be counted by a map "
            "only where some cells hold one and others none"
        )
    start = logit(known / cells) - logit(share)

    def too_many(shift: float) -> float:
        return float(counts @ expit(log_odds + start + shift)) / maps - known

    shift = brentq(too_many, -WIDEST, WIDEST, xtol=1e-12)
    return float(expit(start + shift + logit(share)))
