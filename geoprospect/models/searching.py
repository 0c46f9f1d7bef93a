"""How a model's settings are to be searched for: between what, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np

from geoprospect.errors import ModelError

SPACES: dict[str, dict[str, list[int | float]]] = {
    "lightgbm": {
        "n_estimators": [50, 300],
        "learning_rate": [0.02, 0.3],
        "num_leaves": [4, 32],
        "min_child_samples": [3, 30],
        "colsample_bytree": [0.3, 1.0],
        "reg_lambda": [0.1, 50.0],
    },
    "logistic_regression": {"C": [0.001, 10.0]},
}
"""By model: settings worth searching where deposits are few, and between what."""

Settings = dict[str, Any]
Space = Mapping[str, Sequence[float]]
Objective = Literal["mean", "worst"]
OVER: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: float(np.mean(values)),
    "worst": lambda values: float(min(values)),
}
"""What is made of the scores of the inner folds."""


@dataclass(frozen=True)
class Search:
    """A search that can be begun: its settings as :func:`search` takes them, checked."""

    space: Space
    trials: int | None
    seconds: float | None
    objective: Objective
    folds: int


def search(
    made: Callable[[Settings], object],
    called: str,
    *,
    trials: int | None = None,
    seconds: float | None = None,
    objective: Objective = "mean",
    space: dict[str, list[int | float]] | None = None,
    folds: int = 3,
    model: str | None = None,
) -> Search:
    """
    Settings of a model to be searched for inside the folds that judge it [1]_.

    Each fold searches among its own training samples, parted once more into spatial
    blocks, and the model of the map among all samples; no score comes from ground that
    a search has looked at.

    Parameters
    ----------
    made : function of settings
        Makes the unfitted model with some settings beside its own; it is tried at both ends
        of *space*, so that a setting which the model refuses shows at once.
    called : str
        Name of the model's function, by which *space* is chosen where it is not stated.
    trials : int, optional
        Settings to try in each search. One of *trials* and *seconds* is needed.
    seconds : float, optional
        For all searches together; each may take an equal part, and makes one trial at
        least. How many there are then hangs on the machine [s].
    objective : {"mean", "worst"}
        Over the inner folds, of the area under the capture curve of held-out deposits [1].
    space : dict of setting to [lowest, highest], optional
        Whole numbers where both ends are; by their logarithm where they span a factor of 10
        or more. There is one for ``lightgbm`` and ``logistic_regression``.
    folds : int
        Into how many inner folds training samples are parted.
    model : str, optional
        Which of several models; a pipeline looks it up.

    Raises
    ------
    ModelError
        If Optuna is not installed.
    ValueError
        If neither *trials* nor *seconds* is stated, or a setting makes no sense.

    References
    ----------
    .. [1] Varma, S., Simon, R. (2006). Bias in error estimation when using cross-validation
       for model selection. BMC Bioinformatics 7, 91.
    """
    which = f"model {model!r}" if model else called
    if space is None and called not in SPACES:
        raise ValueError(
            f"no space is known for {which}: state between what to search which of its settings, "
            "as space: {setting: [lowest, highest]}"
        )
    wanted = SPACES[called] if space is None else space
    check(wanted, trials, seconds, objective)
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, got {folds}")
    optuna()
    for end in (0, 1):
        made({name: ends[end] for name, ends in wanted.items()})
    return Search(wanted, trials, seconds, objective, folds)


def check(space: Space, trials: int | None, seconds: float | None, objective: str) -> None:
    """
    Refuse a search that has no time, nowhere to go, or no aim.

    Raises
    ------
    ValueError
        Naming the setting and its value.
    """
    if trials is None and seconds is None:
        raise ValueError("tuning without time: state trials, seconds [s], or both")
    if trials is not None and trials < 1:
        raise ValueError(f"trials must be 1 or more, got {trials}")
    if seconds is not None and not seconds > 0:
        raise ValueError(f"seconds must be positive, got {seconds} s")
    if objective not in OVER:
        raise ValueError(f"objective must be one of {', '.join(OVER)}, got {objective!r}")
    if not space:
        raise ValueError("space is empty: state a setting and between what to search it")
    for name, ends in space.items():
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise ValueError(f"space: {name} must be [lowest, highest], got {list(ends)}")


def optuna() -> ModuleType:
    """
    Optuna, which is an extra.

    Raises
    ------
    ModelError
        If it is not installed.
    """
    try:
        import optuna as found
    except ImportError:
        raise ModelError(
            'tuning needs Optuna, which is not installed: pip install "geoprospect[tuning]"'
        ) from None
    return found
