"""
How well models rank deposits that they have not seen.

Each fold is judged by itself, on the ranks of its deposits among its own ground;
scores of different folds come from different models and are never pooled [1]_.

References
----------
.. [1] Airola, A., et al. (2011). An experimental comparison of cross-validation
   techniques for estimating the area under the ROC curve. Computational
   Statistics & Data Analysis 55, 1828-1844.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError, ModelError
from geoprospect.kernels import ranking
from geoprospect.models.judging import judged
from geoprospect.models.scores import Fold, summary

__all__ = [
    "Fold",
    "cross_validated",
    "folds_on_map",
    "folds_on_sample",
    "judged",
    "summary",
    "unseen_categories",
]

log = logging.getLogger("geoprospect.models")

Rows = npt.NDArray[np.float32]
Fit = Callable[..., contract.Ensemble]
"""Fits an ensemble on rows, labels, groups and, if there are any, weights of samples."""


def cross_validated(
    rows: Rows, samples: gpd.GeoDataFrame, folds: contract.Folds, fit: Fit
) -> dict[int, contract.Ensemble]:
    """
    One ensemble for each fold, fitted on what that fold may learn from.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at the samples.
    samples : GeoDataFrame
        With ``label`` and ``group``.
    folds : Folds
    fit : function of (rows, labels, groups)
        Everything that is fitted is fitted inside.

    Raises
    ------
    ModelError
        If a fold is left without deposits or background to learn from.
    """
    labels, *others = learnt_from(samples)
    fitted = {}
    for number, learnt in enumerate(folds.training):
        if not 0 < labels[learnt].sum() < learnt.sum():
            raise ModelError(
                f"fold {number} has {labels[learnt].sum()} deposits and "
                f"{(labels[learnt] == 0).sum()} background cells to learn from; use smaller "
                "blocks, a narrower dead zone or more background"
            )
        fitted[number] = fit(rows[learnt], labels[learnt], *(one[learnt] for one in others))
    return fitted


def learnt_from(samples: gpd.GeoDataFrame) -> list[npt.NDArray[Any]]:
    """What a fit takes of samples beside their evidence: labels, groups, weights if any."""
    columns = [name for name in ("label", "group", "weight") if name in samples]
    return [samples[name].to_numpy() for name in columns]


def folds_on_map(
    out_of_fold: xr.Dataset, samples: gpd.GeoDataFrame, folds: contract.Folds
) -> list[Fold]:
    """
    Each fold's deposits ranked among all cells of that fold's own ground.

    Parameters
    ----------
    out_of_fold : Dataset (score, fold)
        Each cell's score from the models that did not see it. Computed on purpose.
    samples : GeoDataFrame
    folds : Folds

    Raises
    ------
    DataError
        If no deposit lies on a cell with a score.
    """
    where = (samples["label"] == 1).to_numpy()
    deposits = samples[where]
    scores = lazy.sample(out_of_fold, ["score"], deposits["row"], deposits["column"])[:, 0]
    of_deposits = np.where(np.isnan(scores), -1, folds.of_samples[where])
    _say_unscored(np.isnan(scores))
    wanted = [scores[of_deposits == number] for number in range(len(folds.training))]

    def block_ranks(score: Any, fold: Any) -> npt.NDArray[np.int64]:
        parts = []
        for number, thresholds in enumerate(wanted):
            values = score[(fold == number) & ~np.isnan(score)]
            parts += [[values.size], *ranking.ranks(values, thresholds)]
        return np.concatenate(parts).astype(np.int64)

    counted = lazy.summed(block_ranks, out_of_fold["score"], out_of_fold["fold"])
    sizes = [size for thresholds in wanted for size in (1, len(thresholds), len(thresholds))]
    pieces = iter(np.split(counted, np.cumsum(sizes)[:-1]))
    return [
        _fold(
            number, (int(next(pieces)[0]), next(pieces), next(pieces)), samples, folds, of_deposits
        )
        for number in range(len(wanted))
    ]


def folds_on_sample(
    ensembles: Mapping[int, contract.Ensemble],
    rows: Rows,
    area_rows: Rows,
    samples: gpd.GeoDataFrame,
    folds: contract.Folds,
    *,
    of_cells: npt.NDArray[np.int64] | None = None,
) -> list[Fold]:
    """
    Each fold's deposits ranked among cells that stand for its own ground, or for the area.

    Parameters
    ----------
    ensembles : mapping of fold to fitted ensemble
    rows : (samples, layers) float32
        Evidence at the samples.
    area_rows : (cells, layers) float32
        Evidence at cells drawn evenly over the study area.
    samples : GeoDataFrame
    folds : Folds
    of_cells : (cells,), optional
        Fold in which each of the cells is held out; None where no ground is, so that
        all of them stand for every fold.
    """
    deposits = (samples["label"] == 1).to_numpy()
    known: npt.NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(rows), axis=1)
    ground: npt.NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(area_rows), axis=1)
    _say_unscored(~known[deposits])
    of_deposits = np.where(known, folds.of_samples, -1)[deposits]
    told = []
    for number, ensemble in ensembles.items():
        mine = rows[deposits][of_deposits == number]
        theirs = ground if of_cells is None else ground & (of_cells == number)
        both = np.concatenate([mine, area_rows[theirs]])
        scores = ensemble.scores(both).mean(axis=0).astype("float32")
        _say_silent(np.isnan(scores))
        scores[np.isnan(scores)] = -1
        counts = ranking.ranks(scores, scores[: len(mine)])
        told.append(_fold(number, (len(both), *counts), samples, folds, of_deposits))
    return told


def unseen_categories(cube: xr.Dataset, rows: Rows) -> dict[str, dict[str, float]]:
    """
    Classes that occur on the map but in no training row, with their share of its cells [1].

    There the model says of the class only that it is none of those it knows.

    Parameters
    ----------
    cube : Dataset
    rows : (samples, layers) float32
        Evidence of the cube at all that was learnt from.

    Returns
    -------
    dict of layer id to dict of class to share
        Only layers with unseen classes. Computed on purpose; also said.
    """
    found: dict[str, dict[str, float]] = {}
    for column, name in enumerate(contract.evidence(cube)):
        if not contract.is_categorical(cube[name]):
            continue
        shares = _unseen(cube[name], rows[:, column])
        if shares:
            found[name] = shares
            log.warning(
                "layer %s has classes that no training sample lies on: %s; scores there do not "
                "know them",
                name, ", ".join(f"{text} ({share:.1%} of cells)" for text, share in shares.items()),
            )  # fmt: skip
    return found


def _unseen(layer: xr.DataArray, seen: Rows) -> dict[str, float]:
    meanings = contract.meanings(layer)
    codes = np.array(list(meanings))

    def block_counts(block: Any) -> npt.NDArray[np.int64]:
        return np.array([np.count_nonzero(block == code) for code in codes], np.int64)

    counts = lazy.summed(block_counts, layer)
    return {
        meanings[int(code)]: float(count / counts.sum())
        for code, count in zip(codes, counts, strict=True)
        if count and not (seen == code).any()
    }


def _say_silent(silent: npt.NDArray[np.bool_]) -> None:
    """A model that has no score for ground with evidence, as fuzzy logic may, ranks it last."""
    if silent.any():
        log.warning(
            "the model has no score for %d of %d cells with evidence; they rank last",
            silent.sum(), len(silent),
        )  # fmt: skip


def _say_unscored(unscored: npt.NDArray[np.bool_]) -> None:
    if unscored.all():
        raise DataError("no deposit lies on a cell with evidence, so nothing can be validated")
    if unscored.any():
        log.warning(
            "%d of %d deposits lie where there is no evidence; they are left out of validation",
            unscored.sum(), len(unscored),
        )  # fmt: skip


def _fold(
    number: int,
    counts: tuple[int, ranking.Counts, ranking.Counts],
    samples: gpd.GeoDataFrame,
    folds: contract.Folds,
    of_deposits: npt.NDArray[np.int64],
) -> Fold:
    deposits = (samples["label"] == 1).to_numpy()
    learnt = folds.training[number]
    labels = samples["label"].to_numpy()[learnt]
    tested = of_deposits == number
    groups = samples["group"].to_numpy()[deposits][tested]
    return Fold(
        number=number,
        cells=counts[0],
        above=counts[1],
        at_or_above=counts[2],
        clusters=len(np.unique(groups)),
        training_deposits=int((labels == 1).sum()),
        training_background=int((labels == 0).sum()),
        groups=groups,
        fitted=bool(learnt[deposits][tested].any()),
        name=folds.names[number] if folds.names else "",
    )
