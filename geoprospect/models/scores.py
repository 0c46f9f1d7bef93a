"""The scores of a validation protocol: of each fold, and over the folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.errors import DataError
from geoprospect.kernels import ranking

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


def summary(*tilings: Sequence[Fold]) -> dict[str, Any]:
    """
    The scores of a protocol, ready for JSON: over the folds, and of each.

    ``auc`` and ``ausrc`` have ``mean``, ``sd`` (over folds, n - 1) and ``worst``;
    ``capture`` is the mean share of a fold's deposits in the best 1, 2, 5, 10 and
    20 % of its area, ``area_needed`` the mean share of area for 50 to 95 % of
    them; ``curve`` draws capture against area. A fold without deposits has null
    scores and enters no mean.

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
    found = _scores(entries) | {"curve": _curve(scored), "folds": entries}
    if several:
        found["tilings"] = [{"tiling": n} | _scores(tiling) for n, tiling in enumerate(told)]
        for name in ("auc", "ausrc"):
            means = [tiling[name]["mean"] for tiling in found["tilings"]]
            found[name]["sd_between_tilings"] = _over(means)["sd"]
    return found


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
    return {
        "auc": _over([entry["auc"] for entry in entries]),
        "ausrc": _over([entry["ausrc"] for entry in entries]),
        "capture": _means([entry["capture"] for entry in entries]),
        "area_needed": _means([entry["area_needed"] for entry in entries]),
    }


def _told(fold: Fold) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "fold": fold.number,
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
            "capture": _keyed(SHARES, ranking.capture(*counts, np.array(SHARES) / 100)),
            "area_needed": _keyed(CAPTURES, ranking.area_needed(*counts, np.array(CAPTURES) / 100)),
        }
    return entry


def _keyed(keys: Sequence[int], values: ranking.Shares) -> dict[str, float]:
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
