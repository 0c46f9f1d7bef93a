"""Gradient-boosted trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMClassifier
from scipy.special import expit

from geoprospect.errors import ModelError, did_you_mean, listing
from geoprospect.models.training import Floats, check_columns, check_layers
from geoprospect.registry import MODELS

STEADY = {
    "n_estimators": 100,
    "learning_rate": 0.1,
    "num_leaves": 8,
    "min_child_samples": 5,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "n_jobs": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
"""Small trees, held back, for tens to hundreds of deposits; the same bits each time."""
ALLOWED: dict[str, tuple[tuple[Any, ...], str]] = {
    "objective": (("binary",), "deposits are learnt against background"),
    "sigmoid": ((1,), "raw scores are log-odds"),
    "boosting_type": (("gbdt", "dart"), "the trees' scores must add up to log-odds"),
    "linear_tree": ((False,), "trees with linear leaves have no exact contributions"),
}
"""Settings that must keep one of these values, and why."""


WAYS = {"increasing": 1, "decreasing": -1}


@MODELS.register
def lightgbm(
    *,
    seed: int,
    monotone: dict[str, Literal["increasing", "decreasing"]] | None = None,
    interactions: list[list[str]] | None = None,
    **settings: Any,
) -> LightGBM:
    """
    LightGBM classifier, not yet fitted; *settings* go to it under any of their names.

    Trees take layers as they are: skewed, categorical, with gaps. Few deposits
    call for small trees and a firm hand, so the defaults are 100 trees of 8
    leaves on half of the layers each [1]_.

    What is known of the mineral system can hold them as well: that ore fades with
    distance from the fault that fed it, or that copper speaks together with molybdenum
    and not with the altitude.

    Parameters
    ----------
    seed : int
        The same seed gives the same trees.
    monotone : dict of layer to {"increasing", "decreasing"}, optional
        Layers whose value may only raise the score as it grows, or only lower it, all
        else being equal.
    interactions : list of lists of layers, optional
        Layers that may act together: a path of a tree keeps to the layers of one list.
        A layer in no list acts by itself.
    **settings
        Any parameter of LightGBM, for example ``n_estimators``, ``num_leaves``,
        ``min_data_in_leaf``.

    Returns
    -------
    LightGBM

    Raises
    ------
    ValueError
        If LightGBM has no such setting, two mean the same, or scores would not
        be log-odds with exact contributions.

    References
    ----------
    .. [1] Ke, G., et al. (2017). LightGBM: a highly efficient gradient boosting
       decision tree. Advances in Neural Information Processing Systems 30.
    """
    checked = _checked(settings)
    _check_stated(checked, monotone, interactions)
    return LightGBM(
        monotone=monotone, interactions=interactions, random_state=seed, **{**STEADY, **checked}
    )


class LightGBM(LGBMClassifier):  # type: ignore[misc]
    """
    LightGBM's classifier with constraints by layer; :func:`lightgbm` says more.

    Other settings are those of :class:`lightgbm.LGBMClassifier`.
    """

    raw_units = "log-odds"
    additive = True

    def __init__(
        self,
        *,
        monotone: Mapping[str, str] | None = None,
        interactions: Sequence[Sequence[str]] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.monotone = monotone
        self.interactions = interactions

    @property
    def layers_named(self) -> list[str]:
        """Layers that the settings name, and a cube must have."""
        together = [layer for layers in self.interactions or () for layer in layers]
        return [*(self.monotone or ()), *together]

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Any = "auto",
        categorical_feature: Any = "auto",
        **further: Any,
    ) -> LightGBM:
        """
        Train, with the constraints turned to LightGBM's own.

        Raises
        ------
        ModelError
            If a constraint names a layer that is not there, or an order among classes.
        """
        layers = [] if isinstance(feature_name, str) else list(feature_name)
        classes = [] if isinstance(categorical_feature, str) else list(categorical_feature)
        if layers:
            check_columns(np.asarray(X), layers, classes)
        self._constraints = constraints(self.monotone, self.interactions, layers, classes)
        super().fit(
            X,
            y,
            sample_weight=sample_weight,
            feature_name=feature_name,
            categorical_feature=categorical_feature,
            **further,
        )
        return self

    def predict_proba(self, X: npt.ArrayLike) -> Floats:
        """Of each row the scores of background and deposit [1], (rows, 2)."""
        score = self.link(self.booster_.predict(X, raw_score=True, num_threads=1))
        return np.column_stack([1 - score, score])

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The probability of log-odds."""
        score: Floats = expit(raw)
        return score

    def _process_params(self, stage: str) -> dict[str, Any]:
        """What LightGBM is told: its constraints are by number of column."""
        told: dict[str, Any] = super()._process_params(stage)
        del told["monotone"], told["interactions"]
        return told | self._constraints


def constraints(
    monotone: Mapping[str, str] | None,
    interactions: Sequence[Sequence[str]] | None,
    layers: Sequence[str],
    classes: Sequence[str],
) -> dict[str, Any]:
    """
    Constraints by layer as LightGBM's settings, by column; none for what is not stated.

    Raises
    ------
    ModelError
        If a layer is not there, or one of *classes* is to be monotone.
    """
    made: dict[str, Any] = {}
    if monotone:
        check_layers(list(monotone), layers, "monotone")
        unordered = [f"layer {name!r} holds classes" for name in monotone if name in classes]
        if unordered:
            raise ModelError(listing("monotone asks for an order that is not there:", unordered))
        made["monotone_constraints"] = [WAYS.get(monotone.get(name, ""), 0) for name in layers]
    if interactions:
        named = [name for together in interactions for name in together]
        check_layers(named, layers, "interactions")
        alone = [[name] for name in layers if name not in named]
        columns = {name: column for column, name in enumerate(layers)}
        made["interaction_constraints"] = [
            [columns[name] for name in together] for together in [*interactions, *alone]
        ]
    return made


def _check_stated(
    settings: Mapping[str, Any],
    monotone: Mapping[str, str] | None,
    interactions: Sequence[Sequence[str]] | None,
) -> None:
    for name, by_layer in (("monotone", monotone), ("interaction", interactions)):
        own = f"{name}_constraints"
        if by_layer is not None and own in settings:
            raise ValueError(f"{own!r} constrains the model a second time; state layers only")
    for layer, way in (monotone or {}).items():
        if way not in WAYS:
            raise ValueError(f"monotone.{layer} must be increasing or decreasing, got {way!r}")
    if any(not together for together in interactions or ()):
        raise ValueError("interactions holds an empty list; name the layers that act together")


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings under the names that scikit-learn's interface uses."""
    known = _spellings()
    checked: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            raise ValueError(f"LightGBM has no setting {name!r}{did_you_mean(name, known)}")
        if known[name] in checked:
            raise ValueError(f"{name!r} and another setting both mean {known[name]!r}; keep one")
        checked[known[name]] = value
    if "random_state" in checked:
        raise ValueError("the seed is stated once, as 'seed', not among the model's settings")
    for name, (allowed, why) in ALLOWED.items():
        if name in checked and checked[name] not in allowed:
            values = " or ".join(str(value) for value in allowed)
            raise ValueError(f"{name} is {checked[name]!r} and must be {values}: {why}")
    return checked


def _spellings() -> dict[str, str]:
    """Every name of every LightGBM setting, and the one scikit-learn's interface uses."""
    from lightgbm.basic import _ConfigAliases  # LightGBM tells its parameters nowhere else

    interface = LGBMClassifier().get_params()
    spellings = {name: name for name in interface}
    for parameter, aliases in _ConfigAliases._get_all_param_aliases().items():
        names = {parameter, *aliases}
        chosen = next((name for name in sorted(names) if name in interface), parameter)
        spellings |= dict.fromkeys(names, chosen)
    return spellings
