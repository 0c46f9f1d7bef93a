"""Logistic regression."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from geoprospect.errors import ModelError
from geoprospect.models.training import Floats, Rows, Training, training
from geoprospect.registry import MODELS

Term = dict[str, Any]
"""How one layer enters: its kind, what was fitted to it, and what its columns are."""


@MODELS.register
def logistic_regression(*, seed: int, C: float = 1.0, fewest: int = 5) -> Logistic:
    """
    Logistic regression, not yet fitted: each layer adds to the log-odds by itself.

    The plainest model that weighs layers against each other, and the one whose
    weights can be read [1]_. Measured layers are standardised by mean and standard
    deviation of the samples, so that coefficients compare; take logarithms or ranks in
    the features where values are skewed.

    What is unknown is taken at the median, and, where the training has gaps, adds a
    coefficient of its own. Each class has a coefficient; rare ones share one, and a
    class not seen in training adds none.

    Parameters
    ----------
    seed : int
        Not used: nothing is drawn. Every model takes one.
    C : float
        Variance that a coefficient is expected to have [log-odds squared]: the smaller,
        the more they are held back (L2). Not chosen inside, since deposits drawn more
        than once would praise the weakest hold. A deposit counts as one sample whatever
        the weights, background in proportion.
    fewest : int
        Classes with fewer samples than this share a coefficient.

    Returns
    -------
    Logistic

    Raises
    ------
    ValueError
        If a setting is out of its range.

    References
    ----------
    .. [1] Agterberg, F.P., Bonham-Carter, G.F. (1999). Logistic regression and weights of
       evidence modeling in mineral exploration. Proceedings of APCOM 1999, 483-490.
    """
    if not C > 0:
        raise ValueError(f"C must be above 0, got {C}")
    if fewest < 1:
        raise ValueError(f"fewest must be 1 or more, got {fewest}")
    return Logistic(C=C, fewest=fewest, random_state=seed)


class Logistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """
    Logistic regression under scikit-learn's conventions; :func:`logistic_regression` says more.

    Attributes
    ----------
    terms_ : list of dict
        Of each layer how it enters, and its coefficients [log-odds].
    base_ : float
        Mean log-odds of the background, which stands for the ground.
    """

    raw_units = "log-odds"
    additive = True
    terms_: list[Term]
    base_: float

    def __init__(self, *, C: float = 1.0, fewest: int = 5, random_state: int | None = None) -> None:
        self.C = C
        self.fewest = fewest
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Sequence[str],
        categorical_feature: Sequence[str] = (),
    ) -> Logistic:
        """
        Fit medians, scales, classes and coefficients.

        Raises
        ------
        ModelError
            If rows, labels and layers do not fit each other.
        """
        learnt = training(X, y, sample_weight, feature_name, categorical_feature)
        terms = [self._term(learnt, column) for column in range(len(learnt.layers))]
        parts = [_columns(term, learnt.rows[:, i]) for i, term in enumerate(terms)]
        intercept, found = self._solved(np.concatenate(parts, axis=1), learnt)
        ground = learnt.labels == 0
        self.base_ = intercept
        edges = np.cumsum([part.shape[1] for part in parts])[:-1]
        for term, part, own in zip(terms, parts, np.split(found, edges), strict=True):
            term["coefficients"] = own.tolist()
            term["centre"] = float(_added(part, own)[ground].mean())
            self.base_ += term["centre"]
        return self._known(terms)

    def predict_proba(self, X: npt.ArrayLike) -> Floats:
        """Of each row the scores of background and deposit [1], (rows, 2)."""
        score = self.link(self.raw_scores(X))
        return np.column_stack([1 - score, score])

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """1 where the score is above a half, else 0."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.int64)

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The probability of log-odds."""
        score: Floats = expit(raw)
        return score

    def raw_scores(self, X: npt.ArrayLike) -> Floats:
        """Score of each row [log-odds], (rows,): the sum of its contributions."""
        total: Floats = self.contributions(X).sum(axis=1)
        return total

    def contributions(self, X: npt.ArrayLike) -> Floats:
        """
        How much each layer adds to each row's score [log-odds], (rows, layers + 1).

        Coefficients times what the row has beyond the mean of the background; the base
        value in the last column is the background's mean score. For a sum of layers
        these are the Shapley values.
        """
        rows = np.asarray(X, np.float32)
        made = np.empty((len(rows), len(self.terms_) + 1))
        for column, term in enumerate(self.terms_):
            own = np.array(term["coefficients"])
            made[:, column] = _added(_columns(term, rows[:, column]), own) - term["centre"]
        made[:, -1] = self.base_
        return made

    def to_text(self) -> str:
        """All that is needed to have the fitted model back, as JSON."""
        told = {
            "model": "logistic_regression",
            "settings": self.get_params(),
            "base": self.base_,
            "layers": self.terms_,
        }
        return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Logistic:
        """
        The fitted model back, to the bit.

        Raises
        ------
        ModelError
            If the text is of something else.
        """
        told = json.loads(text)
        if not isinstance(told, dict) or told.get("model") != "logistic_regression":
            raise ModelError("this text is not of a logistic regression; train the model anew")
        made = cls(**told["settings"])
        made.base_ = told["base"]
        return made._known(told["layers"])

    def _known(self, terms: list[Term]) -> Logistic:
        self.terms_ = terms
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(terms)
        return self

    def _term(self, learnt: Training, column: int) -> Term:
        values = learnt.rows[:, column]
        known = values[~np.isnan(values)].astype("f8")
        term: Term = {"layer": learnt.layers[column], "gaps": len(known) < len(values)}
        if column in learnt.classes:
            return term | {"groups": _groups(known, self.fewest)}
        deviation = float(known.std()) if known.size else 0.0
        return term | {
            "median": float(np.median(known)) if known.size else 0.0,
            "mean": float(known.mean()) if known.size else 0.0,
            "deviation": deviation if deviation > 0 else 1.0,
        }

    def _solved(self, columns: Floats, learnt: Training) -> tuple[float, Floats]:
        """Intercept and coefficients."""
        from sklearn.linear_model import LogisticRegression

        weights = learnt.weights / learnt.weights[learnt.labels == 1].mean()
        solver = LogisticRegression(C=self.C, solver="newton-cholesky", tol=1e-8, max_iter=200)
        solver.fit(columns, learnt.labels, sample_weight=weights)
        return float(solver.intercept_[0]), solver.coef_[0]


def _groups(codes: Floats, fewest: int) -> list[list[int]]:
    """Codes that have a coefficient together: each its own, then the rare ones."""
    found, counts = np.unique(codes, return_counts=True)
    rare = [int(code) for code in found[counts < fewest]]
    return [[int(code)] for code in found[counts >= fewest]] + ([rare] if rare else [])


def _columns(term: Mapping[str, Any], values: Rows) -> Floats:
    """What a layer's coefficients are of: (rows, coefficients)."""
    unknown = np.isnan(values)
    if "groups" in term:
        made = [np.isin(values, codes) for codes in term["groups"]]
    else:
        filled = np.where(unknown, term["median"], values.astype("f8"))
        made = [(filled - term["mean"]) / term["deviation"]]
    if term["gaps"]:
        made.append(unknown)
    return np.column_stack([np.zeros((len(values), 0)), *made]).astype("f8")


def _added(columns: Floats, coefficients: Floats) -> Floats:
    """Each row's sum, added alike in whatever company: a product of matrices would not be."""
    total: Floats = (columns * coefficients).sum(axis=1)
    return total
