"""Estimators whose trees are kept as a LightGBM model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

from geoprospect.models.forest_text import Grown, model_text
from geoprospect.models.training import Floats, Numbers, Training

if TYPE_CHECKING:
    from lightgbm import Booster


class Trees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """
    What such estimators share: a booster, and scores from it.

    Attributes
    ----------
    booster_ : lightgbm.Booster
        Its raw prediction is the model's raw score.
    classes_ : (2,)
        Background and deposit.
    """

    raw_units = "1"
    additive = True
    booster_: Booster

    def predict_proba(self, X: npt.ArrayLike) -> Floats:
        """Of each row the scores of background and deposit [1], (rows, 2)."""
        rows = np.asarray(X, np.float32)
        score = self.link(self.booster_.predict(rows, raw_score=True, num_threads=1))
        return np.column_stack([1 - score, score])

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """1 where the score is above a half, else 0."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.int64)

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The score in [0, 1] of a raw score."""
        raise NotImplementedError

    def _keep(
        self, trees: Iterable[Grown], learnt: Training, numbers: Mapping[int, Numbers]
    ) -> Any:
        """The estimator itself, fitted to be these trees."""
        from lightgbm import Booster

        text = model_text(trees, learnt.layers, learnt.rows, numbers)
        self.booster_ = Booster(model_str=text)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(learnt.layers)
        return self
