"""Whether probabilities come true: as many deposits as were expected, at every level."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.optimize import minimize
from scipy.special import expit, logit

from geoprospect import lazy
from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]

DRAWS = 500
SUREST = 1e-12


def prior_weights(labels: npt.ArrayLike, prior: float) -> Values:
    """Weights [1] that make deposits *prior* of the samples, as they are of the ground."""
    label = np.asarray(labels)
    share = float((label == 1).mean())
    weights: Values = np.where(label == 1, prior / share, (1 - prior) / (1 - share))
    return weights


def reliability(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    prior: float | None = None,
    bins: int = 10,
    seed: int,
) -> dict[str, Any]:
    """
    Told and true shares of deposits, bin by bin, and how far they agree; ready for JSON.

    Parameters
    ----------
    probabilities : (samples,)
        By curves that the samples did not fit (``cross_calibrated``); NaN is left out.
    labels : (samples,)
        1 deposit, 0 background.
    groups : (samples,)
        Cluster of each deposit; clusters are drawn whole, background cells by themselves.
    prior : float, optional
        Share of deposits on the ground that the probabilities are for; samples are
        weighted so that they have it. Without one, the samples' own.
    bins : int
        Of equal numbers of samples.
    seed : int
        For 500 bootstrap draws.

    Returns
    -------
    dict
        ``bins``: ``told`` (mean probability), ``true`` (share of deposits), ``low`` and ``high``
        (2.5 and 97.5 % points over draws), ``samples``, ``deposits``. ``brier``, and
        ``brier_skill`` against telling the prior everywhere (1 perfect, 0 no better) [1]_.
        ``slope`` (1: as spread as they should be; below: too extreme) and ``intercept`` (0; above:
        too low as a whole) of the logistic line through told log-odds [2]_. ``expected``
        over ``observed`` deposits among the samples, ``ratio``.

    Raises
    ------
    DataError
        If no deposit, or no background, has a probability.
    ValueError
        If *bins* is below 2.

    References
    ----------
    .. [1] Brier, G.W. (1950). Verification of forecasts expressed in terms of
       probability. Monthly Weather Review 78, 1-3.
    .. [2] Cox, D.R. (1958). Two further applications of a model for binary regression.
       Biometrika 45, 562-565.
    """
    if bins < 2:
        raise ValueError(f"bins must be 2 or more, got {bins}")
    told, label = np.asarray(probabilities, float), np.asarray(labels, float)
    known = ~np.isnan(told)
    told, label, group = told[known], label[known], np.asarray(groups)[known]
    if not 0 < label.sum() < len(label):
        raise DataError("reliability needs deposits and background with a probability")
    share = float(label.mean()) if prior is None else prior
    weight = np.ones(len(label)) if prior is None else prior_weights(label, prior)
    which = _equal(told, bins)
    slope, intercept = _recalibration(told, label, weight)
    brier = float(np.average((told - label) ** 2, weights=weight))
    expected, observed = float(weight @ told), float(weight @ label)
    return {
        "bins": _bars(told, label, group, weight, which, seed),
        "prior": share,
        "brier": brier,
        "brier_skill": 1 - brier / (share * (1 - share)),
        "slope": slope,
        "intercept": intercept,
        "expected": expected,
        "observed": observed,
        "ratio": expected / observed,
    }


def expected_deposits(probability: xr.DataArray) -> float:
    """
    Number of deposits that a map of probabilities expects.

    Their sum over all cells; held against those known, it tells what is left to find, or
    that the prior is wrong. Computed on purpose, block by block.
    """
    return float(lazy.summed(lambda block: np.nansum(block, dtype="float64"), probability))


def _equal(told: Values, bins: int) -> npt.NDArray[np.int64]:
    """Bins of as equal numbers as ties allow, from the lowest."""
    edges = np.unique(np.quantile(told, np.linspace(0, 1, bins + 1)[1:-1]))
    _, which = np.unique(np.searchsorted(edges, told, side="left"), return_inverse=True)
    return which.ravel()


def _bars(
    told: Values,
    label: Values,
    group: npt.NDArray[Any],
    weight: Values,
    which: npt.NDArray[np.int64],
    seed: int,
) -> dict[str, list[float]]:
    """Told and true shares of each bin, with intervals over draws of clusters."""
    size = int(which.max()) + 1

    def shares(times: Values) -> Values:
        counted = np.bincount(which, weights=times * weight, minlength=size)
        deposits = np.bincount(which, weights=times * weight * label, minlength=size)
        share: Values = np.divide(deposits, counted, out=np.full(size, np.nan), where=counted > 0)
        return share

    # a background cell is a cluster of its own
    clusters, of = np.unique(group[label == 1], return_inverse=True)
    unit = np.empty(len(label), np.int64)
    unit[label == 1] = of.ravel()
    unit[label == 0] = len(clusters) + np.arange(int((label == 0).sum()))
    random = np.random.default_rng(seed)
    draws = np.empty((DRAWS, size))
    for n in range(DRAWS):
        drawn = np.concatenate(
            [_redrawn(len(clusters), random), _redrawn(int((label == 0).sum()), random)]
        )
        draws[n] = shares(drawn[unit].astype(float))
    low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    return {
        "told": (np.bincount(which, told * weight) / np.bincount(which, weight)).tolist(),
        "true": shares(np.ones(len(label))).tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "samples": np.bincount(which).tolist(),
        "deposits": np.bincount(which, label).tolist(),
    }


def _redrawn(count: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """How often each of *count* is drawn, with replacement."""
    return np.bincount(random.integers(0, count, count), minlength=count)


def _recalibration(told: Values, label: Values, weight: Values) -> tuple[float | None, float]:
    """
    Slope of the logistic line through the told log-odds; intercept where the slope is 1.

    There is no slope where one thing is told of all.
    """
    odds = logit(np.clip(told, SUREST, 1 - SUREST))

    def fit(columns: Values, offset: Values) -> Values:
        def loss(line: Values) -> tuple[float, Values]:
            told = offset + columns @ line
            left = weight * (np.logaddexp(0, told) - label * told)
            return float(left.mean()), columns.T @ (weight * (expit(told) - label)) / len(told)

        start = np.zeros(columns.shape[1])
        found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9})
        return np.asarray(found.x, float)

    ones = np.ones((len(odds), 1))
    intercept = float(fit(ones, odds)[0])
    if np.ptp(odds) == 0:
        return None, intercept
    return float(fit(np.column_stack([odds, ones]), np.zeros(len(odds)))[0]), intercept
