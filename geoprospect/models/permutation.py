"""Labels shuffled by cluster: what does the way of learning score where nothing is to be learnt?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.language import kept, marked, say
from geoprospect.models.bench import Bench, auc
from geoprospect.models.validate import Fit, Rows

Labels = npt.NDArray[np.int64]

ALARM = 0.05
TRIES = 200
"""Shuffles tried for one that leaves every fold deposits to learn from and some to test."""


def permuted(
    bench: Bench, fit: Fit, protocol: str, *, count: int = 99, seed: int
) -> dict[str, Any]:
    """
    How often deposits put elsewhere among the samples score as high as where they are.

    Each cluster of deposits moves as one to a sample drawn at random and those nearest
    to it, so that shuffled labels are as clustered as the real ones [1]_; then models
    are fitted and judged anew. A p value that is not small means that chance alone
    scores so.

    Parameters
    ----------
    bench : Bench
    fit : function of (rows, labels, groups)
        Fitted *count* times in every fold, without the samples' weights: these belong to
        the deposits, not to where chance puts them.
    protocol : str
        One of the bench's; deposits are ranked among the held-out background samples.
    count : int
        Shuffles.
    seed : int
        The same seed gives the same shuffles.

    Returns
    -------
    dict
        ``protocol``, ``auc`` (mean over folds), ``null`` (one mean a shuffle), ``mean``
        and ``highest`` of these, ``p`` = (1 + those as high) / (1 + count), ``words``
        and ``alarming``; ready for JSON.

    Raises
    ------
    ModelError
        If no shuffle leaves every fold something to learn from.
    ValueError
        If *count* is less than 1.

    References
    ----------
    .. [1] Ojala, M., Garriga, G.C. (2010). Permutation tests for studying classifier
       performance. Journal of Machine Learning Research 11, 1833-1863.
    """
    if count < 1:
        raise ValueError(f"count must be 1 shuffle or more, got {count}")
    known = ~np.isnan(bench.rows).all(axis=1)
    rows, labels = bench.rows[known], bench.labels[known]
    groups = bench.samples["group"].to_numpy()[known]
    whole = bench.folds[protocol]
    folds = contract.Folds(whole.of_samples[known], whole.training[:, known])
    if not _usable(labels, folds):
        raise ModelError(
            f"a fold of {protocol} has no deposits or no background to learn from; use smaller "
            "blocks, a narrower dead zone or more background"
        )
    found = _score(rows, labels, groups, folds, fit)
    where = bench.samples.geometry.get_coordinates().to_numpy()[known]
    sizes = np.unique(groups[labels == 1], return_counts=True)[1]
    generator = np.random.default_rng(seed)
    null = [
        _score(rows, *_shuffled(where, sizes, folds, generator), folds, fit) for _ in range(count)
    ]
    return _told(protocol, found, null)


def _shuffled(
    where: npt.NDArray[np.float64],
    sizes: Labels,
    folds: contract.Folds,
    generator: np.random.Generator,
) -> tuple[Labels, Labels]:
    """Labels and groups with the same clusters elsewhere."""
    for _ in range(TRIES):
        groups = elsewhere(where, sizes, generator)
        labels = (groups >= 0).astype(np.int64)
        if _usable(labels, folds):
            return labels, groups
    raise ModelError(
        f"none of {TRIES} ways to shuffle {len(sizes)} clusters of deposits leaves every fold "
        "some to learn from; use fewer folds"
    )


def elsewhere(
    where: npt.NDArray[np.float64], sizes: Labels, generator: np.random.Generator
) -> Labels:
    """
    Group of each sample, -1 for background: clusters of these sizes at random places.

    A cluster is a sample drawn among those still free, and the free ones nearest to it.
    """
    groups = np.full(len(where), -1, np.int64)
    for group, size in enumerate(generator.permutation(sizes)):
        free = np.flatnonzero(groups < 0)
        away = np.hypot(*(where[free] - where[generator.choice(free)]).T)
        groups[free[np.argsort(away, kind="stable")[:size]]] = group
    return groups


def _usable(labels: Labels, folds: contract.Folds) -> bool:
    """Whether every fold has both kinds to learn from, and one at least both to be tested on."""
    taught = all(0 < labels[may].sum() < may.sum() for may in folds.training)
    return taught and any(
        0 < labels[held].sum() < held.sum()
        for held in (folds.of_samples == number for number in range(len(folds.training)))
    )


def _score(rows: Rows, labels: Any, groups: Any, folds: contract.Folds, fit: Fit) -> float:
    """Mean over folds of the AUC of held-out deposits among held-out background [1]."""
    scores = []
    for number, may in enumerate(folds.training):
        held = folds.of_samples == number
        if not 0 < labels[held].sum() < held.sum():
            continue
        ensemble = fit(rows[may], labels[may], groups[may])
        scores.append(auc(ensemble.scores(rows[held]).mean(axis=0), labels[held]))
    return float(np.mean(scores))


def _told(protocol: str, found: float, null: list[float]) -> dict[str, Any]:
    as_high = sum(value >= found - 1e-12 for value in null)
    p = (1 + as_high) / (1 + len(null))
    message = (
        marked(
            "deposits put elsewhere at random, in the same clusters, teach as much {as_high} of "
            "{count} times (p = {p:.2g}): what the model has learnt may be chance"
        )
        if p > ALARM
        else marked(
            "deposits put elsewhere at random, in the same clusters, teach as much only {as_high} "
            "of {count} times (p = {p:.2g}): what the model has learnt is not chance"
        )
    )
    return {
        "protocol": protocol,
        "auc": found,
        "null": null,
        "mean": float(np.mean(null)),
        "highest": max(null),
        "p": p,
        **kept(lambda: say(message, as_high=as_high, count=len(null), p=p)),
        "alarming": p > ALARM,
    }
