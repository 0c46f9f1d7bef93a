"""Whether samples and folds can teach and test at all, said before anything is fitted."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.errors import DataError, ModelError, listing
from geoprospect.language import marked
from geoprospect.models import quick
from geoprospect.models.validate import Rows

log = logging.getLogger("geoprospect.models")

Remark = tuple[str, tuple[Any, ...]]
"""A message of the log, and what fills its places."""


def check_folds(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    folds: contract.Folds,
    *,
    layers: Sequence[str],
    meanings: Mapping[str, Mapping[int, str]] | None = None,
) -> list[str]:
    """
    Raise if folds cannot be fitted or mean nothing; say what weakens them.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at the samples, NaN where unknown.
    samples : GeoDataFrame
        With ``label`` and ``group``.
    folds : Folds
    layers : sequence of str
        Ids of the columns.
    meanings : mapping of layer id to mapping of code to text, optional
        Of the layers that hold classes.

    Returns
    -------
    list of str
        What was said: folds with no deposit to be tested on, more folds than clusters of
        deposits, classes that occur only where a fold is tested.

    Raises
    ------
    DataError
        If no background sample, or no deposit, lies where any layer is known, or all
        deposits are one cluster.
    ModelError
        Listing the folds that have no deposits or no background to learn from, and those
        in which no layer has two values.
    """
    labels = samples["label"].to_numpy()
    _check_evidence(rows, labels)
    _check_clusters(samples, labels)
    problems = list(_problems(rows, labels, folds, layers))
    if problems:
        raise ModelError(
            listing(
                "these folds cannot be learnt from; use larger blocks, a narrower dead zone or "
                "more background:",
                problems,
            )
        )
    found = [*_weaknesses(samples, folds), *_unseen(rows, folds, layers, meanings or {})]
    for message, values in found:
        log.warning(message, *values)
    return [message % values for message, values in found]


def _check_evidence(rows: Rows, labels: npt.NDArray[Any]) -> None:
    known: npt.NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(rows), axis=1)
    for label, kind in ((0, "background samples"), (1, "deposits")):
        count = int((labels == label).sum())
        if count and not known[labels == label].any():
            raise DataError(
                f"none of the {count} {kind} lies where any layer is known; draw them where "
                "the evidence is, or check that the layers cover the study area"
            )


def _check_clusters(samples: gpd.GeoDataFrame, labels: npt.NDArray[Any]) -> None:
    deposits = samples[labels == 1]
    if len(deposits) > 1 and deposits["group"].nunique() == 1:
        raise DataError(
            f"all {len(deposits)} deposits are one cluster, so that a model would be tested next "
            "to where it learnt; state a smaller cluster_distance if they are several events, "
            "else this district cannot be validated"
        )


def _problems(
    rows: Rows, labels: npt.NDArray[Any], folds: contract.Folds, layers: Sequence[str]
) -> Iterator[str]:
    for number, may in enumerate(folds.training):
        deposits, background = int((labels[may] == 1).sum()), int((labels[may] == 0).sum())
        if not deposits or not background:
            yield (
                f"fold {number} has {deposits} deposits and {background} background cells to "
                "learn from"
            )
        elif not any(quick.varies(column) for column in rows[may].T):
            yield (
                f"fold {number}: all {len(layers)} layers are constant or unknown among its "
                f"{may.sum()} training samples"
            )


def _weaknesses(samples: gpd.GeoDataFrame, folds: contract.Folds) -> Iterator[Remark]:
    deposits = (samples["label"] == 1).to_numpy()
    clusters, count = samples["group"][deposits].nunique(), len(folds.training)
    if clusters < count:
        message = marked(
            "%d clusters of deposits are too few for %d folds: some test nothing; use %d or fewer"
        )
        yield message, (clusters, count, max(2, clusters))
    tested = np.unique(folds.of_samples[deposits])
    for number in sorted(set(range(count)) - set(tested.tolist())):
        yield marked("fold %d has no deposit to be tested on and will have no score"), (number,)


def _unseen(
    rows: Rows,
    folds: contract.Folds,
    layers: Sequence[str],
    meanings: Mapping[str, Mapping[int, str]],
) -> Iterator[Remark]:
    message = marked(
        "layer %s: %s occurs only where fold %d is tested (%d samples); its models do not know "
        "what to make of it"
    )
    for name, texts in meanings.items():
        values = rows[:, list(layers).index(name)]
        for number, may in enumerate(folds.training):
            held = values[folds.of_samples == number]
            new, count = np.unique(
                held[~np.isnan(held) & ~np.isin(held, values[may])], return_counts=True
            )
            if new.size:
                told = ", ".join(repr(texts.get(int(code), f"{code:g}")) for code in new)
                yield message, (name, told, number, int(count.sum()))
