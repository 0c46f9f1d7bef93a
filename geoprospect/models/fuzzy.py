"""Fuzzy logic: an expert's knowledge of the mineral system, written down."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

from geoprospect.errors import ModelError, did_you_mean, listing
from geoprospect.kernels.fuzzy import FROM_ZERO, logistic_between
from geoprospect.models import inference
from geoprospect.models.training import Floats, Rows, Training, check_layers, training
from geoprospect.registry import MODELS

log = logging.getLogger("geoprospect.models")

Meanings = Mapping[str, Mapping[int, str]]


@MODELS.register
def fuzzy_logic(
    *,
    seed: int,
    membership: dict[str, dict[str, Any]],
    tree: str | dict[str, Any],
    gamma: float = 0.85,
    gaps: Literal["left_out", "unknown"] = "left_out",
) -> FuzzyLogic:
    """
    Fuzzy logic: memberships of layers, joined by an inference tree an expert states.

    Where deposits are too few to learn from, knowledge of the mineral system makes the
    map: how far each value speaks for ore, and how the parts of the system must meet
    [1]_ [2]_. Any of the pathways will do (or, sum), but source, pathway and trap must
    come together (and, product, gamma). It learns nothing from deposits, so they are a
    fair test of it::

        fuzzy_logic:
          membership:
            magnetics:      {large: {midpoint: 200, spread: 4}}
            fault_distance: {small: {midpoint: 800, spread: 3}}
            copper:         {fitted: rising}
            lithology:      {classes: {granite: 0.8, marble: 0.6}, other: 0.1}
          tree:
            gamma:
              source:  {or: [magnetics, copper]}
              pathway: fault_distance
              trap:    lithology

    Parameters
    ----------
    seed : int
        Not used: nothing is drawn. Every model takes one.
    membership : dict of layer to {form: parameters}
        The forms of :func:`fuzzy_membership` (near, gaussian, large, small, logistic) with
        ``midpoint`` and ``spread``; ``linear`` with ``zero`` and ``one``; ``fitted: rising``
        or ``falling``, a logistic curve that is 0.01 at one end of the training's values
        and 0.99 at the other [3]_; ``classes``, a membership [1] for each class by its
        name or code, and ``other`` for the rest (0.01). All are kept within 0.01 and 0.99.
    tree : layer, or {operator: parts}
        Operators are those of :func:`fuzzy_overlay`: and, or, product, sum, gamma. Parts
        are a list, or named, and each is a tree again.
    gamma : float
        Power of the operator gamma: 0 the product, 1 the sum; 0.7 to 0.95 are usual [1].
    gaps : {"left_out", "unknown"}
        Parts that are unknown are left out (product and sum raised to the power of all
        parts over known ones), or make the whole unknown. Where nothing is known there
        is no score.

    Returns
    -------
    FuzzyLogic

    Raises
    ------
    ValueError
        Listing all that is wrong with memberships and tree, with the place of each.

    References
    ----------
    .. [1] An, P., Moon, W.M., Rencz, A. (1991). Application of fuzzy set theory for
       integration of geological, geophysical and remote sensing data. Canadian
       Journal of Exploration Geophysics 27, 1-11.
    .. [2] Bonham-Carter, G.F. (1994). Geographic Information Systems for Geoscientists:
       Modelling with GIS. Pergamon.
    .. [3] Yousefi, M., Nykanen, V. (2016). Data-driven logistic-based weighting of
       geochemical and geological evidence layers in mineral prospectivity mapping.
       Journal of Geochemical Exploration 164, 94-106.
    """
    problems = inference.problems(membership, tree)
    if not 0 <= gamma <= 1:
        problems.append(f"gamma must be from 0 to 1, got {gamma}")
    if problems:
        raise ValueError(listing("the fuzzy model cannot be understood:", problems))
    return FuzzyLogic(
        membership=inference.by_text(membership),
        tree=tree,
        gamma=gamma,
        gaps=gaps,
        random_state=seed,
    )


class FuzzyLogic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """
    Fuzzy logic under scikit-learn's conventions; :func:`fuzzy_logic` says more.

    Attributes
    ----------
    layers_ : list of str
        The columns of the rows.
    membership_ : dict of layer to membership
        Fitted curves and codes of classes in place of what stood for them; None for a
        layer that was constant in training and says nothing.
    """

    raw_units = "1"
    additive = False
    layers_: list[str]
    membership_: dict[str, dict[str, Any] | None]

    def __init__(
        self,
        *,
        membership: dict[str, dict[str, Any]],
        tree: str | dict[str, Any],
        gamma: float = 0.85,
        gaps: str = "left_out",
        random_state: int | None = None,
    ) -> None:
        self.membership = membership
        self.tree = tree
        self.gamma = gamma
        self.gaps = gaps
        self.random_state = random_state

    @property
    def layers_named(self) -> list[str]:
        """Layers that the settings name, and a cube must have."""
        return list(self.membership)

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Sequence[str],
        categorical_feature: Sequence[str] = (),
        feature_meanings: Meanings | None = None,
    ) -> FuzzyLogic:
        """
        Fit the curves that are to be fitted to the span of the rows; nothing else is learnt.

        Labels and weights are not looked at. *feature_meanings* says of layers of classes
        what each code means, so that memberships can be stated by name.

        Raises
        ------
        ModelError
            If a layer or class is not there, or a layer of classes is given a curve.
        """
        learnt = training(X, y, sample_weight, feature_name, categorical_feature)
        check_layers(self.layers_named, learnt.layers, "the fuzzy model")
        problems, fitted = [], {}
        for layer, stated in self.membership.items():
            try:
                fitted[layer] = _fitted(layer, stated, learnt, feature_meanings or {})
            except ModelError as error:
                problems.append(str(error))
        if problems:
            raise ModelError(listing("the fuzzy model does not fit its layers:", problems))
        return self._known(learnt.layers, fitted)

    def predict_proba(self, X: npt.ArrayLike) -> Floats:
        """Of each row the scores of background and deposit [1], (rows, 2); NaN for unknown."""
        score = self.link(self.raw_scores(X))
        return np.column_stack([1 - score, score])

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """1 where the score is above a half, else 0."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.int64)

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The membership is the score."""
        return raw

    def raw_scores(self, X: npt.ArrayLike) -> Floats:
        """Membership of each row in favourable ground [1], (rows,); NaN where unknown."""
        rows = np.asarray(X, np.float32)
        members = {
            layer: inference.member(stated, rows[:, self.layers_.index(layer)])
            if stated is not None
            else np.full(len(rows), np.nan)
            for layer, stated in self.membership_.items()
        }
        return inference.inferred(self.tree, members, self.gamma, left_out=self.gaps == "left_out")

    def to_text(self) -> str:
        """All that is needed to have the fitted model back, as JSON."""
        told = {
            "model": "fuzzy_logic",
            "settings": self.get_params(),
            "layers": self.layers_,
            "membership": self.membership_,
        }
        return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> FuzzyLogic:
        """
        The fitted model back, to the bit.

        Raises
        ------
        ModelError
            If the text is of something else.
        """
        told = json.loads(text)
        if not isinstance(told, dict) or told.get("model") != "fuzzy_logic":
            raise ModelError("this text is not of a fuzzy model; train the model anew")
        return cls(**told["settings"])._known(told["layers"], told["membership"])

    def _known(self, layers: list[str], membership: dict[str, dict[str, Any] | None]) -> FuzzyLogic:
        self.layers_ = layers
        self.membership_ = membership
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(layers)
        return self


def _fitted(
    layer: str, stated: Mapping[str, Any], learnt: Training, meanings: Meanings
) -> dict[str, Any] | None:
    """A membership with fitted curves and codes of classes."""
    column = learnt.layers.index(layer)
    if (column in learnt.classes) != (inference.CLASSES in stated):
        holds, takes = ("classes", "classes") if column in learnt.classes else ("values", "a curve")
        raise ModelError(f"layer {layer!r} holds {holds}; state {takes} for it")
    if inference.CLASSES in stated:
        codes = _codes(layer, stated[inference.CLASSES], meanings.get(layer, {}))
        return {**stated, inference.CLASSES: codes}
    known = learnt.rows[:, column]
    known = known[~np.isnan(known)]
    if inference.FITTED in stated:
        return _curve(layer, known, rising=stated[inference.FITTED] == "rising")
    _say_below_zero(layer, stated, known)
    return dict(stated)


def _codes(
    layer: str, classes: Mapping[str, float], meanings: Mapping[int, str]
) -> dict[str, float]:
    """Memberships by code."""
    of_names = {name: code for code, name in meanings.items()}
    made = {}
    for name, membership in classes.items():
        if name in of_names:
            made[str(of_names[name])] = membership
        elif name.isdecimal() and (not meanings or int(name) in meanings):
            made[name] = membership
        elif meanings:
            nearest = did_you_mean(name, of_names)
            raise ModelError(f"layer {layer!r} has no class {name!r}{nearest}")
        else:
            raise ModelError(
                f"layer {layer!r}: class {name!r} is stated by name, but what its codes mean is "
                "not known here; state codes"
            )
    return made


def _curve(layer: str, known: Rows, *, rising: bool) -> dict[str, Any] | None:
    least, greatest = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if least == greatest:
        log.warning(
            "layer %s has no two values in training, so no curve can be fitted to it; the fuzzy "
            "model takes it as unknown",
            layer,
        )
        return None
    midpoint, spread = logistic_between(least, greatest, inference.LEAST)
    return {"logistic": {"midpoint": midpoint, "spread": spread if rising else -spread}}


def _say_below_zero(layer: str, stated: Mapping[str, Any], known: Rows) -> None:
    lost = int((known < 0).sum()) if FROM_ZERO & stated.keys() else 0
    if lost:
        log.warning(
            "layer %s: %d of %d samples are below 0 and have no such membership; the fuzzy model "
            "takes them as unknown (logistic takes values of any sign)",
            layer, lost, len(known),
        )  # fmt: skip
