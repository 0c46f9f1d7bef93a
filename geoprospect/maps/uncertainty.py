"""What a score rests on: doubt within the members, and doubt between them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import entr, logit

from geoprospect.contract import Ensemble
from geoprospect.maps import predict

Scores = npt.NDArray[np.float64]

SUREST = 1e-6
"""In log-odds a member counts as no surer than this, either way: 0 and 1 have none."""

NAMES = {
    "total_entropy": "uncertainty of prospectivity, in all",
    "aleatoric": "uncertainty within the members",
    "epistemic": "uncertainty between the members",
    "logit_spread": "spread of prospectivity in log-odds",
}


def uncertainty(cube: xr.Dataset, ensemble: Ensemble) -> xr.Dataset:
    """
    Mean score and spread, and the doubt in them parted by where it comes from [1].

    A score of one half may mean that every member says one half: ground that is
    like deposits and like barren ground at once, and more members will not help
    (aleatoric). Or half the members say yes and half no: they were shown
    different deposits and background, and more data would settle it (epistemic).
    Entropies are to base 2, so that 1 is the doubt about a coin's toss; the first
    is the sum of the other two [1]_.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Ensemble
        Fitted; 50 members or more tell the epistemic part well.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``prospectivity`` and ``spread`` as :func:`predict.prospectivity` has them,
        ``total_entropy`` H(mean p), ``aleatoric`` mean H(p), ``epistemic`` their
        difference, and ``logit_spread``, the standard deviation (n - 1) of the log-odds.
        All from one scoring of each cell. NaN where all evidence is missing.

    Raises
    ------
    ModelError
        If the cube lacks a layer of the ensemble.

    References
    ----------
    .. [1] Depeweg, S., et al. (2018). Decomposition of uncertainty in Bayesian deep
       learning for efficient and risk-sensitive learning. Proceedings of Machine
       Learning Research 80, 1184-1193.
    """
    return predict.of_members(cube, ensemble, _all, predict.NAMES | NAMES)


def parts(scores: Scores) -> Scores:
    """
    Total, aleatoric and epistemic uncertainty [bit] and spread of the log-odds: (4, cells).

    Parameters
    ----------
    scores : (members, cells) float64
        In [0, 1].
    """
    total = _entropy(scores.mean(axis=0))
    within = np.minimum(_entropy(scores).mean(axis=0), total)  # by rounding it may exceed it
    odds = logit(np.clip(scores, SUREST, 1 - SUREST))
    return np.stack([total, within, total - within, odds.std(axis=0, ddof=1)])


def _all(scores: Scores) -> Scores:
    return np.concatenate([predict.mean_and_spread(scores), parts(scores)])


def _entropy(share: Scores) -> Scores:
    """Of a yes with this probability [bit]."""
    entropy: Scores = (entr(share) + entr(1 - share)) / math.log(2)
    return entropy
