"""Small models for trials by the hundred; none of them is ever mapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from geoprospect.errors import ModelError
from geoprospect.models.boosting import lightgbm
from geoprospect.models.validate import Fit, Rows

Scores = npt.NDArray[np.float64]

NEAREST = 5
"""Samples that a neighbour model asks."""
DRAWS = 20
"""Draws of background that a neighbour model averages."""


class Trees:
    """One LightGBM classifier, deposits and background of the same weight in total."""

    def __init__(self, booster: Any, layers: Sequence[str]) -> None:
        self.layers_ = list(layers)
        self.members_ = [booster]

    def scores(self, rows: Rows) -> Scores:
        """Score of each row [1], (1, cells)."""
        found: Scores = self.members_[0].predict(rows, num_threads=1)[None]
        return found


class Neighbours:
    """
    Share of deposits among the nearest samples, over draws of background.

    Each draw takes as many background samples as there are deposits; of all of them the
    nearest would nearly always be background.
    """

    members_: list[Any]

    def __init__(self, draws: Sequence[tuple[KDTree, Scores]], layers: Sequence[str]) -> None:
        self.layers_ = list(layers)
        self.members_ = list(draws)

    def scores(self, rows: Rows) -> Scores:
        """Each draw's share [1], (draws, cells)."""
        return np.stack([_share(tree, labels, rows) for tree, labels in self.members_])


def trees(layers: Sequence[str], *, categorical: Sequence[str] = (), seed: int) -> Fit:
    """A fit of 30 small trees to all samples at once: some hundredths of a second."""

    def fit(
        rows: Rows,
        labels: npt.NDArray[Any],
        groups: npt.NDArray[Any],
        weights: npt.NDArray[Any] | None = None,
    ) -> Trees:
        check_spread(rows, layers)
        model = lightgbm(seed=seed, n_estimators=30, class_weight="balanced")
        model.fit(
            rows, labels, sample_weight=weights, feature_name=list(layers),
            categorical_feature=list(categorical),
        )  # fmt: skip
        return Trees(model.booster_, layers)

    return fit


def neighbours(layers: Sequence[str], *, seed: int) -> Fit:
    """A fit of :class:`Neighbours` by Euclidean distance between rows; samples vote alike."""

    def fit(
        rows: Rows,
        labels: npt.NDArray[Any],
        groups: npt.NDArray[Any],
        weights: npt.NDArray[Any] | None = None,
    ) -> Neighbours:
        known = ~np.isnan(rows).any(axis=1)
        deposits = np.flatnonzero(known & (labels == 1))
        background = np.flatnonzero(known & (labels == 0))
        count = min(len(deposits), len(background))
        generator = np.random.default_rng(seed)
        drawn = (generator.choice(background, count, replace=False) for _ in range(DRAWS))
        chosen = [np.concatenate([deposits, some]) for some in drawn]
        return Neighbours(
            [(KDTree(rows[one]), labels[one].astype(float)) for one in chosen], layers
        )

    return fit


def check_spread(rows: Rows, layers: Sequence[str]) -> None:
    """Raise a ModelError if no layer has two values among the rows."""
    if rows.size and not any(varies(column) for column in rows.T):
        raise ModelError(
            f"all {len(layers)} layers are constant or unknown among the {len(rows)} samples to "
            "learn from; use larger folds, or layers that vary there"
        )


def varies(values: npt.NDArray[Any]) -> bool:
    """Whether known values are not all one."""
    known = values[~np.isnan(values)]
    return bool(known.size and (known != known[0]).any())


def _share(tree: KDTree, labels: Scores, rows: Rows) -> Scores:
    """Share of deposits among the samples nearest to each row."""
    count = min(NEAREST, len(labels))
    _, nearest = tree.query(rows, k=range(1, count + 1))
    share: Scores = labels[nearest].mean(axis=1)
    return share
