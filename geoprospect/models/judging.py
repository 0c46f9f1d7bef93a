"""What a protocol showed, told in the way that its folds ask for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geoprospect import contract
from geoprospect.kernels import ranking
from geoprospect.models import intervals
from geoprospect.models.scores import CAPTURES, CURVE, SHARES, Fold, keyed, piece, summary

Shown = Sequence[Sequence[Fold]]
"""What each fold showed, for each way of parting: the first and the further ones."""

WORST = 5
"""Clusters named as those found worst."""


def judged(parted: contract.Folds, shown: Shown, *, seed: int | None = None) -> dict[str, Any]:
    """
    The scores of any protocol, ready for JSON.

    Whatever the protocol there are the keys of :func:`summary`; those of clusters also have
    ``clusters``, ``by_deposit`` and ``worst_clusters``, those of a sweep ``levels``. ``size``
    is that of blocks or of what is held out around a cluster [m], and ``ranges`` the table
    that it was found from, where it was.

    Parameters
    ----------
    parted : Folds
        As the protocol parted the samples.
    shown : sequence of sequences of Fold
        What its folds showed, then those of each of ``further``.
    seed : int, optional
        With one, there are bootstrap intervals over deposit clusters.
    """
    found = JUDGES[parted.judged](parted, shown, seed)
    if parted.size is not None:
        found.setdefault("size", parted.size)
    if parted.ranges is not None:
        table = parted.ranges.astype(object)
        found["ranges"] = table.where(table.notna(), None).to_dict("records")
    return found


def _of_folds(parted: contract.Folds, shown: Shown, seed: int | None) -> dict[str, Any]:
    return summary(*shown, seed=seed)


def _of_clusters(parted: contract.Folds, shown: Shown, seed: int | None) -> dict[str, Any]:
    """
    Each cluster counts alike in the headline, each deposit alike in ``by_deposit``.

    A deposit's place is the share of the area that scores higher, half of what ties with
    it; ``percentile`` of a cluster is the mean over its deposits [1].
    """
    (folds,) = shown
    seen = [fold for fold in folds if len(fold.above)]
    found = summary(folds, seed=None)
    told = [_cluster(entry) for entry in found["folds"]]
    found["folds"] = told
    found["clusters"] = len(seen)
    known = [entry for entry in told if entry["percentile"] is not None]
    found["worst_clusters"] = [
        {key: entry[key] for key in ("name", "deposits", "percentile")}
        for entry in sorted(known, key=lambda entry: -entry["percentile"])[:WORST]
    ]
    found["by_deposit"] = _by_deposit(seen)
    if seed is not None:
        _add_intervals(found, seen, seed)
    return found


def _cluster(entry: dict[str, Any]) -> dict[str, Any]:
    area = entry["ausrc"]
    return entry | {"clusters": 1, "percentile": None if area is None else 1 - area}


def _by_deposit(folds: Sequence[Fold]) -> dict[str, Any]:
    """Scores in which each deposit counts alike, whichever its cluster; of shares of area."""
    low = np.concatenate([fold.above / fold.cells for fold in folds])
    high = np.concatenate([fold.at_or_above / fold.cells for fold in folds])
    curve = ranking.capture(low, high, 1, CURVE)
    return {
        "deposits": len(low),
        "ausrc": ranking.ausrc(low, high, 1),
        "capture": keyed(SHARES, ranking.capture(low, high, 1, np.array(SHARES) / 100)),
        "area_needed": keyed(CAPTURES, ranking.area_needed(low, high, 1, np.array(CAPTURES) / 100)),
        "curve": {"area": CURVE.tolist(), "mean": curve.tolist()},
    }


def _add_intervals(found: dict[str, Any], folds: Sequence[Fold], seed: int) -> None:
    """Intervals of both weightings: whole clusters drawn anew, each fold one of them."""
    values = [piece(fold)[0] for fold in folds]
    number = np.arange(len(folds))
    alike = np.array([one.mean(axis=0) for one in values]), number
    each = np.concatenate(values), np.repeat(number, [len(one) for one in values])
    intervals.add(found, [alike], SHARES, seed=seed)
    intervals.add(found["by_deposit"], [each], SHARES, seed=seed)


def _of_sweep(parted: contract.Folds, shown: Shown, seed: int | None) -> dict[str, Any]:
    """The scores at the size asked for, and ``levels`` with those of every size."""
    ways = list(zip((parted, *parted.further), shown, strict=True))
    levels = []
    for label, group in itertools.groupby(ways, key=lambda way: way[0].label):
        members = list(group)
        scores = summary(*(folds for _, folds in members), seed=seed)
        levels.append({"label": label, "size": members[0][0].size} | scores)
    headline = next((level for level in levels if level["label"] == HEADLINE), levels[-1])
    kept = ("label", "size", "auc", "ausrc", "capture", "interval")
    return {key: value for key, value in headline.items() if key != "label"} | {
        "levels": [
            {key: level[key] for key in kept if key in level} | {"folds": len(level["folds"])}
            for level in levels
        ]
    }


HEADLINE = "L"
"""The way of a sweep whose scores stand for it."""

JUDGES: dict[str, Callable[[contract.Folds, Shown, int | None], dict[str, Any]]] = {
    "folds": _of_folds,
    "clusters": _of_clusters,
    "sweep": _of_sweep,
}
"""How each kind of protocol is told of, by ``Folds.judged``."""
