"""Gradient-boosted trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoprospect.errors import did_you_mean
from geoprospect.registry import MODELS

if TYPE_CHECKING:
    from lightgbm import LGBMClassifier

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


@MODELS.register
def lightgbm(*, seed: int, **settings: Any) -> LGBMClassifier:
    """
    LightGBM classifier, not yet fitted; *settings* go to it under any of their names.

    Trees take layers as they are: skewed, categorical, with gaps. Few deposits
    call for small trees and a firm hand, so the defaults are 100 trees of 8
    leaves on half of the layers each [1]_.

    Parameters
    ----------
    seed : int
        The same seed gives the same trees.
    **settings
        Any parameter of LightGBM, for example ``n_estimators``, ``num_leaves``,
        ``min_data_in_leaf``.

    Returns
    -------
    LGBMClassifier

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
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=seed, **{**STEADY, **_checked(settings)})


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
    from lightgbm import LGBMClassifier
    from lightgbm.basic import _ConfigAliases  # LightGBM tells its parameters nowhere else

    interface = LGBMClassifier().get_params()
    spellings = {name: name for name in interface}
    for parameter, aliases in _ConfigAliases._get_all_param_aliases().items():
        names = {parameter, *aliases}
        chosen = next((name for name in sorted(names) if name in interface), parameter)
        spellings |= dict.fromkeys(names, chosen)
    return spellings
