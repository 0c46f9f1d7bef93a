"""Scores into probabilities, where a prior is stated; without one they are favourability."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

from geoprospect.errors import ModelError

log = logging.getLogger("geoprospect.models")

Values = npt.NDArray[np.float64]
Method: TypeAlias = Literal["platt", "beta", "isotonic"]

FEW, MANY = 50, 200
"""Deposits below which two numbers are all that can be told, and above which a staircase."""

IN_A_BIN = 10
"""Deposits that each step of the staircase holds at least."""

SUREST = 1e-6
"""Scores nearer to 0 or 1 than this count as this: they have no log-odds."""


@dataclass(frozen=True)
class Calibration:
    """
    How scores become probabilities; ready for JSON by :func:`dataclasses.asdict`.

    ``slopes`` and ``intercept`` are of Platt's and the beta curve: log-odds are
    ``slopes[0] * ln(s) - slopes[1] * ln(1 - s) + intercept``. ``scores`` and ``log_odds``
    are the corners of the isotonic curve, straight between them and level beyond.
    ``share`` is that of deposits among the samples it was fitted to.
    """

    method: Method
    deposits: int
    share: float
    slopes: tuple[float, ...] = ()
    intercept: float = 0.0
    scores: tuple[float, ...] = ()
    log_odds: tuple[float, ...] = ()


def fitted(
    scores: npt.ArrayLike, labels: npt.ArrayLike, *, method: Method | None = None
) -> Calibration:
    """
    The curve from out-of-fold scores to the odds of a deposit among the samples.

    Scores of samples that the model had learnt from would flatter it. With under 50
    deposits Platt's curve [1]_, a straight line in log-odds; to 200 the beta
    curve [2]_, which may bend, both with slopes that are not negative; with more a rising
    staircase of bins of 10 deposits or more, made smooth between their middles.

    Parameters
    ----------
    scores : (samples,)
        Out of fold, in spatial blocks; NaN where there is none, left out.
    labels : (samples,)
        1 deposit, 0 background.
    method : {"platt", "beta", "isotonic"}, optional
        Otherwise by the number of deposits.

    Raises
    ------
    ModelError
        If there are no deposits or no background with a score, scores beyond [0, 1], or
        fewer than 20 deposits for a staircase.

    References
    ----------
    .. [1] Platt, J.C. (2000). Probabilities for SV machines. In Advances in Large
       Margin Classifiers. MIT Press, 61-74.
    .. [2] Kull, M., Silva Filho, T., Flach, P. (2017). Beta calibration. Proceedings of
       Machine Learning Research 54, 623-631.
    """
    score, label = _checked(scores, labels)
    deposits = int(label.sum())
    chosen = method or ("platt" if deposits < FEW else "beta" if deposits <= MANY else "isotonic")
    share = deposits / len(label)
    if chosen == "isotonic":
        corners, odds = _staircase(score, label)
        return Calibration(chosen, deposits, share, scores=corners, log_odds=odds)
    left, right = _logarithms(score)
    columns = [left + right] if chosen == "platt" else [left, right]
    *slopes, intercept = _line(np.stack(columns, axis=1), label)
    if chosen == "platt":
        slopes = slopes * 2
    return Calibration(chosen, deposits, share, slopes=tuple(slopes), intercept=intercept)


def calibrated(
    scores: npt.ArrayLike, calibration: Calibration, *, prior: float | None = None
) -> Values:
    """
    Probability of a deposit [1] in a cell with each of *scores*.

    Samples hold far more deposits than the ground does; the odds are brought from
    the samples' share to *prior* [1]_. Without a prior they are the odds among the
    samples: favourability on a scale that means the same everywhere, and no probability.

    Parameters
    ----------
    scores : array
        NaN stays NaN.
    calibration : Calibration
    prior : float, optional
        Expected deposits to a cell, known and unknown, in (0, 1).

    Raises
    ------
    ValueError
        If *prior* is not in (0, 1).

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. Proceedings of
       IJCAI 2001, 973-978.
    """
    score = np.asarray(scores, float)
    if calibration.method == "isotonic":
        odds = np.interp(score, calibration.scores, calibration.log_odds)
    else:
        left, right = _logarithms(score)
        odds = calibration.slopes[0] * left + calibration.slopes[1] * right + calibration.intercept
    if prior is not None:
        odds = odds + logit(checked_prior(prior)) - logit(calibration.share)
    probability: Values = expit(odds)
    return probability


def called(prior: float | None) -> str:
    """What calibrated scores may be called: a probability only where a prior is stated."""
    return "relative favourability" if prior is None else "probability of a deposit in a cell"


def checked_prior(prior: float) -> float:
    """*prior*, if it is one; raises a ValueError that says what it has to be."""
    if not 0 < prior < 1:
        raise ValueError(
            f"prior must lie between 0 and 1, got {prior:g}: it is the expected number of "
            "deposits, known and unknown, over the number of cells"
        )
    return float(prior)


def cross_calibrated(
    scores: npt.ArrayLike, labels: npt.ArrayLike, folds: npt.ArrayLike, *, prior: float | None
) -> Values:
    """
    Each sample's probability by a curve fitted to the other folds, for judging calibration.

    Parameters
    ----------
    scores, labels : (samples,)
    folds : (samples,)
        Fold in which each is tested; negative: none.
    prior : float, optional

    Returns
    -------
    (samples,) float64
        NaN in no fold, without a score, or where the other folds cannot tell a curve,
        which is said.
    """
    score, label, fold = np.asarray(scores, float), np.asarray(labels), np.asarray(folds)
    found = np.full(len(score), np.nan)
    method = fitted(score, label).method
    for number in np.unique(fold[fold >= 0]):
        mine, others = fold == number, (fold != number) & (fold >= 0)
        try:
            curve = fitted(score[others], label[others], method=method)
        except ModelError as problem:
            log.warning("calibration cannot be judged in fold %s: %s", number, problem)
            continue
        found[mine] = calibrated(score[mine], curve, prior=prior)
    return found


def from_json(told: Mapping[str, Any]) -> Calibration:
    """The curve that :func:`dataclasses.asdict` told of, by way of JSON."""
    return Calibration(
        method=told["method"],
        deposits=told["deposits"],
        share=told["share"],
        slopes=tuple(told["slopes"]),
        intercept=told["intercept"],
        scores=tuple(told["scores"]),
        log_odds=tuple(told["log_odds"]),
    )


def _checked(scores: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Values, Values]:
    score, label = np.asarray(scores, float), np.asarray(labels, float)
    if score.shape != label.shape:
        raise ModelError(f"there are {score.size} scores and {label.size} labels")
    known = ~np.isnan(score)
    if not known.all():
        log.info("%d of %d samples have no score out of fold and calibrate nothing",
                 (~known).sum(), len(known))  # fmt: skip
    score, label = score[known], label[known]
    if ((score < 0) | (score > 1)).any():
        raise ModelError("scores to be calibrated must lie in [0, 1]")
    if not 0 < label.sum() < len(label):
        raise ModelError(
            f"calibration needs deposits and background with out-of-fold scores; there are "
            f"{label.sum():.0f} deposits and {(label == 0).sum()} background cells"
        )
    return score, label


def _logarithms(score: Values) -> tuple[Values, Values]:
    """Logarithms: ln s and -ln(1 - s)."""
    inside = np.clip(score, SUREST, 1 - SUREST)
    return np.log(inside), -np.log1p(-inside)


def _line(columns: Values, label: Values) -> list[float]:
    """Slopes, not negative, and intercept of the most likely log-odds."""
    deposits = label.sum()
    # Platt's targets: samples that can be parted would ask for an infinite slope
    target = np.where(label == 1, (deposits + 1) / (deposits + 2), 1 / (len(label) - deposits + 2))
    table = np.column_stack([columns, np.ones(len(label))])

    def loss(line: Values) -> tuple[float, Values]:
        odds = table @ line
        return (
            float(np.mean(np.logaddexp(0, odds) - target * odds)),
            table.T @ (expit(odds) - target) / len(odds),
        )

    start = np.zeros(table.shape[1])
    start[-1] = logit(target.mean())
    bounds = [(0.0, None)] * columns.shape[1] + [(None, None)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    return [float(value) for value in found.x]


def _staircase(score: Values, label: Values) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Middles of bins of 10 deposits or more, and their log-odds, made rising."""
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(-score, kind="stable")
    score, label = score[order], label[order]
    bins = _bins(score, label)
    count = np.bincount(bins)
    middle = np.bincount(bins, weights=score) / count
    # half a deposit and half a barren cell more, so that no bin is certain
    share = (np.bincount(bins, weights=label) + 0.5) / (count + 1)
    rising = IsotonicRegression().fit_transform(
        middle[::-1], share[::-1], sample_weight=count[::-1]
    )
    return tuple(middle[::-1].tolist()), tuple(logit(rising).tolist())


def _bins(score: Values, label: Values) -> npt.NDArray[np.int64]:
    """Bins from the best score down, each of 10 deposits or more, equal scores together."""
    deposits = np.cumsum(label)
    if deposits[-1] < 2 * IN_A_BIN:
        raise ModelError(
            f"a staircase needs {2 * IN_A_BIN} deposits at least, and there are "
            f"{deposits[-1]:.0f}; use platt"
        )
    last = np.flatnonzero(np.diff(score, append=-1.0))  # of each run of equal scores
    ends: list[int] = []
    before = 0.0
    for end in last:
        if deposits[end] - before >= IN_A_BIN and deposits[-1] - deposits[end] >= IN_A_BIN:
            ends.append(int(end))
            before = deposits[end]
    return np.searchsorted(ends, np.arange(len(score)), side="left")
