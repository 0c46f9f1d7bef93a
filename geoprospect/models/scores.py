"""The scores of a validation protocol: of each fold, and over the folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.errors import DataError, ModelError
from geoprospect.kernels import ranking
from geoprospect.models import intervals

log = logging.getLogger("geoprospect.models")

SHARES = (1, 2, 5, 10, 20)
"""Best-scoring shares of the area at which captured deposits are told [%]."""

CAPTURES = (50, 80, 90, 95)
"""Shares of the deposits for which the area needed is told [%]."""

CURVE = np.concatenate([np.linspace(0, 0.1, 41), np.linspace(0.11, 1, 90)])
"""Shares of the area at which the capture curve is drawn [1]."""


@dataclass(frozen=True)
class Fold:
    """
    What one fold showed.

    ``above`` and ``at_or_above`` count, for each of its deposits, the cells that
    score higher, and at least as high, of the ``cells`` it was ranked among.
    """

    number: int
    above: ranking.Counts
    at_or_above: ranking.Counts
    cells: int
    clusters: int
    training_deposits: int
    training_background: int
    groups: ranking.Counts | None = None
    """Cluster of each deposit; None where each is its own."""
    fitted: bool = False
    """Whether a deposit that it was tested on was learnt from."""
    name: str = ""


def summary(*tilings: Sequence[Fold], seed: int | None = None) -> dict[str, Any]:
    """
    The scores of a protocol, ready for JSON: over the folds, and of each.

    ``auc`` and ``ausrc`` have ``mean``, ``sd`` (over folds, n - 1) and ``worst``;
    ``capture`` is the mean share of a fold's deposits in the best 1, 2, 5, 10 and
    20 % of its area, ``area_needed`` the mean share of area for 50 to 95 % of
    them; ``lift`` is capture over area; ``curve`` draws capture against area, and ``rate``
    says what it may be called (:func:`rate`). Each deposit counts for one cell: of several
    in a cell one was kept. A fold without deposits has null scores and enters no mean.

    With a *seed*, ``interval`` has the 95 % intervals of ``auc``, ``ausrc`` and ``capture``
    by a bootstrap over deposit clusters, and ``curve`` its ``low`` and ``high``; of fewer
    than 5 clusters there are none, which is said.

    Several tilings are told over the folds of all, with ``sd_between_tilings``, the
    standard deviation of the tilings' means; each fold then says its ``tiling``, and
    ``tilings`` has the scores of each.
    """
    several = len(tilings) > 1
    told = [
        [({"tiling": number} if several else {}) | _told(fold) for fold in tiling]
        for number, tiling in enumerate(tilings)
    ]
    entries = [entry for tiling in told for entry in tiling]
    _say_empty(entries)
    scored = [fold for tiling in tilings for fold in tiling if len(fold.above)]
    found = _scores(entries) | {"rate": rate(scored), "curve": _curve(scored), "folds": entries}
    if seed is not None:
        intervals.add(found, [piece(fold) for fold in scored], SHARES, seed=seed)
    if several:
        found["tilings"] = [{"tiling": n} | _scores(tiling) for n, tiling in enumerate(told)]
        for name in ("auc", "ausrc"):
            means = [tiling[name]["mean"] for tiling in found["tilings"]]
            found[name]["sd_between_tilings"] = _over(means)["sd"]
    return found


def rate(folds: Sequence[Fold], name: str | None = None) -> str:
    """
    What a curve of capture against area is called: by whether its deposits were learnt from.

    A *success rate* says how well a model fits the deposits it was given, and only a
    *prediction rate* how well it finds others [1]_. With *name* it is checked.

    Raises
    ------
    ModelError
        If *name* is the other of the two, or some folds' deposits were learnt from and
        others' were not.

    References
    ----------
    .. [1] Chung, C.F., Fabbri, A.G. (2003). Validation of spatial prediction models
       for landslide hazard mapping. Natural Hazards 30, 451-472.
    """
    fitted = {fold.fitted for fold in folds}
    if len(fitted) > 1:
        numbers = ", ".join(str(fold.number) for fold in folds if fold.fitted)
        raise ModelError(
            f"deposits of fold {numbers} were learnt from and those of others were not; their "
            "curve is neither a success_rate nor a prediction_rate: hold out all, or none"
        )
    is_fitted = fitted == {True}
    earned = "success_rate" if is_fitted else "prediction_rate"
    if name not in {None, earned}:
        were = "were learnt from" if is_fitted else "were held out"
        raise ModelError(f"these deposits {were}: their curve is a {earned}, not a {name}")
    return earned


def piece(fold: Fold) -> intervals.Piece:
    """What each deposit counts for: of AUC, AUSRC, capture at some shares, and the curve."""
    counts = fold.above, fold.at_or_above, fold.cells
    place = 1 - (fold.above + fold.at_or_above) / 2 / fold.cells
    others = np.array([ranking.auc(one, len(place), fold.cells) for one in place])
    shares = np.concatenate([np.array(SHARES) / 100, CURVE])
    values = np.column_stack([others, place, ranking.captured(*counts, shares)])
    groups = np.arange(len(place)) if fold.groups is None else fold.groups
    return values, groups


def _say_empty(entries: Sequence[Mapping[str, Any]]) -> None:
    empty = [
        f"{entry['fold']} of tiling {entry['tiling']}" if "tiling" in entry else f"{entry['fold']}"
        for entry in entries
        if not entry["deposits"]
    ]
    if len(empty) == len(entries):
        raise DataError("no fold holds a deposit, so nothing can be validated")
    if empty:
        log.warning("fold %s has no deposit to be tested on and has no score", ", ".join(empty))


def _scores(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The scores over some folds."""
    captured = _means([entry["capture"] for entry in entries])
    return {
        "auc": _over([entry["auc"] for entry in entries]),
        "ausrc": _over([entry["ausrc"] for entry in entries]),
        "capture": captured,
        "lift": {share: 100 * value / int(share) for share, value in captured.items()},
        "area_needed": _means([entry["area_needed"] for entry in entries]),
    }


def _told(fold: Fold) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "fold": fold.number,
        **({"name": fold.name} if fold.name else {}),
        "deposits": len(fold.above),
        "clusters": fold.clusters,
        "cells": fold.cells,
        "training_deposits": fold.training_deposits,
        "training_background": fold.training_background,
        "auc": None,
        "ausrc": None,
        "capture": None,
        "area_needed": None,
    }
    if len(fold.above):
        counts = fold.above, fold.at_or_above, fold.cells
        area = ranking.ausrc(*counts)
        auc = ranking.auc(area, len(fold.above), fold.cells)
        entry |= {
            "auc": None if np.isnan(auc) else auc,
            "ausrc": area,
            "capture": keyed(SHARES, ranking.capture(*counts, np.array(SHARES) / 100)),
            "area_needed": keyed(CAPTURES, ranking.area_needed(*counts, np.array(CAPTURES) / 100)),
        }
    return entry


def keyed(keys: Sequence[int], values: ranking.Shares) -> dict[str, float]:
    """Values under their keys as texts, as JSON wants them."""
    return {str(key): float(value) for key, value in zip(keys, values, strict=True)}


def _over(values: Sequence[float | None]) -> dict[str, float | None]:
    known = np.array([value for value in values if value is not None])
    return {
        "mean": float(known.mean()),
        "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
        "worst": float(known.min()),
    }


def _means(entries: Sequence[dict[str, float] | None]) -> dict[str, float]:
    known = [entry for entry in entries if entry is not None]
    return {key: float(np.mean([entry[key] for entry in known])) for key in known[0]}


def _curve(folds: Sequence[Fold]) -> dict[str, list[float]]:
    """Capture against share of area: the mean over folds, the worst fold's and the best's."""
    curves = [ranking.capture(f.above, f.at_or_above, f.cells, CURVE) for f in folds]
    order = np.argsort([ranking.ausrc(f.above, f.at_or_above, f.cells) for f in folds])
    drawn = {
        "area": CURVE,
        "mean": np.mean(curves, axis=0),
        "worst": curves[order[0]],
        "best": curves[order[-1]],
    }
    return {name: [float(value) for value in values] for name, values in drawn.items()}
