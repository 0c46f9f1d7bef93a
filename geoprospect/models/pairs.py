"""Deposits against background, pair by pair, each pair and its surroundings held out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError
from geoprospect.models import intervals

log = logging.getLogger("geoprospect.models")

Rows = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class Scorer(Protocol):
    """What is asked of a fitted model."""

    def scores(self, rows: Rows) -> Values:
        """Scores (members, cells)."""


Fit = Callable[[Rows, npt.NDArray[Any], npt.NDArray[Any]], Scorer]


def leave_pair_out(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    fit: Fit,
    *,
    distances: Sequence[float],
    pairs: int = 500,
    seed: int,
) -> dict[str, Any]:
    """
    How often a deposit outranks background, neither known nor anything near them [1].

    For each pair of a deposit and a background sample a model is fitted on all samples
    farther than a distance from both, and asked which of the two scores higher, ties
    counting half. Unlike folds this has no borders that fall here or there, and it is all
    but free of the bias of pooling scores [1]_; over growing distances it shows how much of
    the score is nearness [2]_. Each distance costs *pairs* fits: take a fast model
    (:func:`geoprospect.models.linear.ridge`), or few pairs.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at the samples.
    samples : GeoDataFrame
        With ``label`` and ``group``.
    fit : function of (rows, labels, groups)
        Everything that is fitted is fitted inside.
    distances : sequence of float
        Samples so near to either of a pair, or nearer, teach nothing; 0 holds out the pair
        alone [m].
    pairs : int
        Pairs drawn, the same at every distance; every deposit is drawn as often as any
        other, give or take one.
    seed : int
        Which pairs are drawn, and the resamples.

    Returns
    -------
    dict
        Ready for JSON: ``pairs`` and ``curve``, one entry for each distance with
        ``distance`` [m], ``auc``, its ``interval`` (95 %, over deposit clusters; None of
        fewer than 5) and ``pairs`` that left something to learn from; the others are
        left out, which is said. ``auc`` is None where none did.

    Raises
    ------
    DataError
        If there is no deposit or no background.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Airola, A., et al. (2011). An experimental comparison of cross-validation
       techniques for estimating the area under the ROC curve. Computational
       Statistics & Data Analysis 55, 1828-1844.
    .. [2] Airola, A., et al. (2019). The spatial leave-pair-out cross-validation method for
       reliable AUC estimation of spatial classifiers. Data Mining and Knowledge Discovery
       33, 730-747.
    """
    check(distances, pairs)
    labels, groups = samples["label"].to_numpy(), samples["group"].to_numpy()
    drawn = _drawn(labels, pairs, np.random.default_rng(seed))
    places = np.column_stack([samples.geometry.x, samples.geometry.y])
    curve = []
    for distance in distances:
        won = np.array([_won(pair, rows, labels, groups, places, fit, distance) for pair in drawn])
        curve.append(_told(won, groups[drawn[:, 0]], float(distance), seed))
    return {"pairs": len(drawn), "curve": curve}


def check(distances: Sequence[float], pairs: int = 1) -> None:
    """Raise a ValueError unless there are distances, none below 0 m, and a pair or more."""
    if pairs < 1:
        raise ValueError(f"pairs must be 1 or more, got {pairs}")
    if not len(distances) or not all(distance >= 0 for distance in distances):
        raise ValueError(f"distances must be 0 m or more, got {list(distances)} m")


def _drawn(labels: npt.NDArray[Any], pairs: int, generator: np.random.Generator) -> Index:
    """Pairs (deposit, background): deposits by turns in random order, background at random."""
    deposits, background = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    if not len(deposits) or not len(background):
        raise DataError(
            f"pairs need deposits and background; there are {len(deposits)} deposits and "
            f"{len(background)} background cells"
        )
    turns = -(-pairs // len(deposits))
    order = np.concatenate([generator.permutation(deposits) for _ in range(turns)])[:pairs]
    return np.column_stack([order, generator.choice(background, pairs)])


def _won(
    pair: Index,
    rows: Rows,
    labels: npt.NDArray[Any],
    groups: npt.NDArray[Any],
    places: Values,
    fit: Fit,
    distance: float,
) -> float:
    """1 where the deposit scores higher, 0.5 as high; NaN where nothing is left to learn from."""
    near = [np.hypot(*(places - places[one]).T) <= distance for one in pair]
    learnt = ~(near[0] | near[1])
    learnt[pair] = False
    if not 0 < labels[learnt].sum() < learnt.sum():
        return float("nan")
    fitted = fit(rows[learnt], labels[learnt], groups[learnt])
    deposit, background = fitted.scores(rows[pair]).mean(axis=0)
    return float(np.heaviside(deposit - background, 0.5))


def _told(won: Values, groups: Index, distance: float, seed: int) -> dict[str, Any]:
    known = ~np.isnan(won)
    if not known.all():
        log.warning(
            "within %.0f m of %d of %d pairs lies all that could be learnt from; they are left "
            "out", distance, (~known).sum(), len(won),
        )  # fmt: skip
    told: dict[str, Any] = {"distance": distance, "auc": None, "interval": None}
    if known.any():
        ends = intervals.interval([(won[known, None], groups[known])], seed=seed)
        told["auc"] = float(won[known].mean())
        told["interval"] = None if ends is None else ends[:, 0].tolist()
    return told | {"pairs": int(known.sum())}
