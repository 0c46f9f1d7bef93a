"""Weights of evidence as a model that learns from samples, beside all others."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from geoprospect.errors import ModelError
from geoprospect.kernels import weights as kernel
from geoprospect.models.training import check_columns
from geoprospect.models.weighed import Classes, Cut, Weighed, classes, cut, restored
from geoprospect.registry import MODELS

log = logging.getLogger("geoprospect.models")

Rows = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]

FORMAT = 1

BATCH = 4096
"""Cells weighed at once: as many as stay near the processor."""


@MODELS.register
def weights_of_evidence(
    *,
    seed: int,
    classes: int = 20,
    rule: kernel.Rule = "studentised",
    confidence: float = 1.645,
    prior: float | None = None,
) -> WeightsOfEvidence:
    """
    Weights of evidence, not yet fitted: each layer adds or takes log-odds by its class.

    The method of the field since 1988: every weight can be read, and argued with [1]_.
    It adds layers up as if, given deposits, each brought news; where they repeat one
    another its probabilities are too high, though ranks may still be good.

    Parameters
    ----------
    seed : int
        Taken as all models take it; nothing here is drawn by chance.
    classes : int
        Classes that measured layers are cut into, by quantiles of the training
        background, before the best cut between them is chosen.
    rule : {"studentised", "contrast"}
        Whether the cut of highest studentised contrast or of highest contrast is taken.
        The latter is found where one side holds next to no deposit, and ranks unseen
        ground worse.
    confidence : float
        Studentised contrast from which a cut, or a class, is sure: 1.282 is 90 %, 1.645
        95 %, 1.96 97.5 % and 2.326 99 %, one-sided. A layer without one weighs nothing; classes
        that are not sure are weighed together.
    prior : float, optional
        Deposits per unit cell of ground, in (0, 1). Background is a draw and tells no
        prior: without one the share of deposits among the samples is taken, and
        scores rank only.

    Returns
    -------
    WeightsOfEvidence

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Bonham-Carter, G.F., Agterberg, F.P., Wright, D.F. (1988). Integration of
       geological datasets for gold exploration in Nova Scotia. Photogrammetric
       Engineering and Remote Sensing 54, 1585-1592.
    """
    made = WeightsOfEvidence(
        classes=classes, rule=rule, confidence=confidence, prior=prior, random_state=seed
    )
    made.check_settings()
    if prior is None:
        log.info(
            "weights of evidence have no prior, so their scores rank ground and are no "
            "probabilities; state prior: deposits per unit cell, if there is one"
        )
    return made


class WeightsOfEvidence(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """
    Sum of the weights of each layer's class and of the prior [log-odds].

    Measured layers are cut in two, where the rule says and the way up or down that
    tells more; layers of classes weigh by class. Unknown values, and classes that
    training never met, weigh 0. Sample weights count within deposits and within
    background; how the two are balanced does not matter.

    Parameters
    ----------
    classes, rule, confidence, prior
        See :func:`weights_of_evidence`.
    random_state : int
        Not used.

    Attributes
    ----------
    layers_, categorical_ : list of str
    weighed_ : list of Cut or Classes
        Of each layer, its classes and their weights.
    prior_ : float
        Deposits per unit cell, or their share among the samples.
    """

    raw_units = "log-odds"
    additive = True

    layers_: list[str]
    categorical_: list[str]
    weighed_: list[Weighed]
    prior_: float

    def __init__(
        self,
        *,
        classes: int = 20,
        rule: kernel.Rule = "studentised",
        confidence: float = 1.645,
        prior: float | None = None,
        random_state: int | None = None,
    ) -> None:
        self.classes = classes
        self.rule = rule
        self.confidence = confidence
        self.prior = prior
        self.random_state = random_state

    def check_settings(self) -> None:
        """Raise a ValueError if a setting is out of range."""
        if self.classes < 2:
            raise ValueError(f"classes must be 2 or more, got {self.classes}")
        if self.rule not in ("studentised", "contrast"):
            raise ValueError(f"rule must be studentised or contrast, got {self.rule!r}")
        if not self.confidence > 0:
            raise ValueError(
                f"confidence must be a positive studentised contrast, got {self.confidence}"
            )
        if self.prior is not None and not 0 < self.prior < 1:
            raise ValueError(f"prior must be between 0 and 1 deposits per cell, got {self.prior}")

    def fit(
        self,
        X: Rows,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Sequence[str],
        categorical_feature: Sequence[str] = (),
    ) -> WeightsOfEvidence:
        """
        Choose cuts and tell weights, from these samples alone.

        Parameters
        ----------
        X : (samples, layers) float32
            NaN where unknown; whole numbers in categorical layers.
        y : (samples,)
            1 deposit, 0 background drawn evenly from the ground.
        sample_weight : (samples,), optional
        feature_name : sequence of str
        categorical_feature : sequence of str

        Returns
        -------
        WeightsOfEvidence
            Itself.

        Raises
        ------
        ModelError
            If there is no deposit or no background, or shapes do not fit.
        ValueError
            If a setting is out of range.
        """
        self.check_settings()
        labels = np.asarray(y)
        check_columns(X, feature_name, categorical_feature)
        counts = _counts(X, labels, sample_weight)
        self.layers_, self.categorical_ = list(feature_name), list(categorical_feature)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = X.shape[1]
        deposits, background = (float(counts[labels == label].sum()) for label in (1, 0))
        self.prior_ = deposits / (deposits + background) if self.prior is None else self.prior
        self.weighed_ = [
            self._weighed(X[:, number], labels, counts, name in self.categorical_)
            for number, name in enumerate(self.layers_)
        ]
        return self

    def contributions(self, X: Rows) -> Scores:
        """
        Weight of each layer's class, and last the prior [log-odds]: (cells, layers + 1).

        Raises
        ------
        ModelError
            If *X* has not a column for each layer.
        """
        check_is_fitted(self, "weighed_")
        if X.ndim != 2 or X.shape[1] != len(self.layers_):
            raise ModelError(f"rows are {X.shape}, and the model knows {len(self.layers_)} layers")
        told = np.empty((len(X), len(self.layers_) + 1))
        told[:, -1] = logit(self.prior_)
        for start in range(0, len(X), BATCH):
            here = slice(start, start + BATCH)
            for number, layer in enumerate(self.weighed_):
                told[here, number] = layer.weights(X[here, number])
        return told

    def raw_scores(self, X: Rows) -> Scores:
        """Sum of weights and prior [log-odds], (cells,)."""
        total = np.empty(len(X))
        for start in range(0, max(len(X), 1), BATCH):
            here = slice(start, start + BATCH)
            self.contributions(X[here]).sum(axis=1, out=total[here])
        return total

    @staticmethod
    def link(raw: npt.ArrayLike) -> Scores:
        """Log-odds as a score in [0, 1]."""
        score: Scores = expit(np.asarray(raw, float))
        return score

    def predict_proba(self, X: Rows) -> Scores:
        """Score of background and of deposit, (cells, 2) [1]."""
        score = self.link(self.raw_scores(X))
        return np.column_stack([1 - score, score])

    def predict(self, X: Rows) -> npt.NDArray[np.int64]:
        """1 where a deposit is likelier than not, else 0."""
        return (self.raw_scores(X) > 0).astype(np.int64)

    def to_text(self) -> str:
        """All that is needed to have the fitted model back, as JSON."""
        return json.dumps(
            {
                "format": FORMAT,
                "model": "weights_of_evidence",
                "settings": self.get_params(),
                "layers": self.layers_,
                "categorical": self.categorical_,
                "prior": self.prior_,
                "weighed": [layer.told() for layer in self.weighed_],
            },
            ensure_ascii=False,
            allow_nan=False,
        )

    @classmethod
    def from_text(cls, text: str) -> WeightsOfEvidence:
        """
        The fitted model back from its text.

        Raises
        ------
        ModelError
            If the text is not one that :meth:`to_text` wrote.
        """
        try:
            told = json.loads(text)
            if (told["format"], told["model"]) != (FORMAT, "weights_of_evidence"):
                raise ValueError(f"{told['model']} of format {told['format']}")
            made = cls(**told["settings"])
            made.check_settings()
            made.layers_, made.categorical_ = list(told["layers"]), list(told["categorical"])
            made.prior_ = float(told["prior"])
            made.weighed_ = [restored(each) for each in told["weighed"]]
            made.classes_, made.n_features_in_ = np.array([0, 1]), len(made.layers_)
            if len(made.weighed_) != len(made.layers_) or not 0 < made.prior_ < 1:
                raise ValueError("layers and weights do not fit")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"this text is not of fitted weights of evidence ({error}); train the model anew"
            ) from error
        return made

    def _weighed(
        self,
        values: Rows,
        labels: npt.NDArray[Any],
        counts: Scores,
        categorical: bool,
    ) -> Weighed:
        known = ~np.isnan(values)
        samples = values[known], labels[known] == 1, counts[known]
        if categorical:
            return classes(*samples, confidence=self.confidence)
        return cut(*samples, number=self.classes, rule=self.rule, confidence=self.confidence)


def _counts(
    X: Rows,
    labels: npt.NDArray[Any],
    sample_weight: npt.ArrayLike | None,
) -> Scores:
    """What each sample counts: its weight, 1 on average among its own kind."""
    weight = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, float)
    if len(X) != len(labels) or weight.shape != labels.shape:
        raise ModelError(f"there are {len(X)} rows, {len(labels)} labels and {len(weight)} weights")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ModelError("sample weights must be zero or more, and known")
    counts = np.zeros(len(labels))
    for label, kind in ((1, "deposits"), (0, "background")):
        mine = labels == label
        if not weight[mine].sum() > 0:
            raise ModelError(f"weights of evidence need {kind} to learn from, and there is none")
        counts[mine] = weight[mine] * np.count_nonzero(weight[mine]) / weight[mine].sum()
    return counts


__all__ = ["Classes", "Cut", "WeightsOfEvidence", "weights_of_evidence"]
