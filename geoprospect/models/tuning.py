"""
Settings of a model searched for, on folds inside the folds.

Settings chosen by the score on held-out ground have seen that ground. Here each fold
searches among its own training samples, parted once more, and its held-out ground stays
unseen to the end [1]_.

References
----------
.. [1] Varma, S., Simon, R. (2006). Bias in error estimation when using cross-validation
   for model selection. BMC Bioinformatics 7, 91.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import geopandas as gpd
import numpy as np

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.kernels import ranking
from geoprospect.models.validate import Fit, Rows, learnt_from

log = logging.getLogger("geoprospect.models")

SPACE: dict[str, tuple[float, float]] = {
    "n_estimators": (50, 300),
    "learning_rate": (0.02, 0.3),
    "num_leaves": (4, 32),
    "min_child_samples": (3, 30),
    "colsample_bytree": (0.3, 1.0),
    "reg_lambda": (0.1, 50.0),
}
"""Settings of LightGBM worth searching where deposits are few, and between what."""

Settings = dict[str, Any]
FitsWith = Callable[[Settings], Fit]
"""A fit with some settings."""
Space = Mapping[str, Sequence[float]]
Objective = Literal["mean", "worst"]
OVER: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: float(np.mean(values)),
    "worst": lambda values: float(min(values)),
}


@dataclass(frozen=True)
class Tuned:
    """
    What a search found.

    ``settings`` are the best, ``value`` their score, ``trials`` one record each (``settings``,
    ``value``, ``folds``: AUSRC of each inner fold with deposits). ``state`` is a text from
    which the same search goes on.
    """

    settings: Settings
    value: float
    trials: tuple[Mapping[str, Any], ...]
    state: str


def tuned(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    inner: contract.Folds,
    fits: FitsWith,
    *,
    space: Space = SPACE,
    trials: int | None = None,
    seconds: float | None = None,
    objective: Objective = "mean",
    seed: int,
    state: str = "",
    keep: Callable[[str], Any] | None = None,
) -> Tuned:
    """
    The settings that rank held-out deposits highest on some folds, by TPE [1]_.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at the samples to learn from.
    samples : GeoDataFrame
        With ``label``, ``group`` and, if there are any, ``weight``.
    inner : Folds
        Of these samples alone, best spatial blocks.
    fits : function of settings
    space : mapping of setting to (lowest, highest)
        Whole numbers where both ends are; by their logarithm where they span a factor of
        10 or more.
    trials : int, optional
        Stop after so many, those of *state* included.
    seconds : float, optional
        Begin no further trial after so long [s]; one is always made. How many there are
        then hangs on the machine. One of *trials* and *seconds* is needed.
    objective : {"mean", "worst"}
        Over the inner folds, of the area under the curve of captured deposits against
        share of held-out samples [1].
    seed : int
        The same seed makes the same trials, in one go or in several.
    state : str, optional
        What an earlier call left, to go on from.
    keep : function of a text, optional
        Called with the state after every trial, so that a killed search loses one at most.

    Returns
    -------
    Tuned

    Raises
    ------
    ModelError
        If Optuna is not installed, *state* is of another search, or no inner fold holds a
        deposit and background.
    ValueError
        If neither *trials* nor *seconds* is stated, or one or *space* makes no sense.

    References
    ----------
    .. [1] Bergstra, J., Bardenet, R., Bengio, Y., Kegl, B. (2011). Algorithms for
       hyper-parameter optimization. Advances in Neural Information Processing Systems 24.
    """
    _check(space, trials, seconds, objective)
    optuna = _optuna()
    told = {"seed": seed, "objective": objective, "space": {k: list(v) for k, v in space.items()}}
    done = _resumed(state, told)
    began = time.monotonic()
    with _hushed(optuna):
        while not done or not _over(len(done), trials, time.monotonic() - began, seconds):
            settings = _suggested(optuna, space, done, seed)
            scores = _scores(rows, samples, inner, fits(settings))
            record = {"settings": settings, "value": OVER[objective](scores), "folds": scores}
            done = [*done, record]
            if keep is not None:
                keep(_text(told, done))
    best = max(done, key=lambda record: record["value"])
    log.info(
        "of %d trials the best has AUSRC %.3f (%s over inner folds): %s", len(done),
        best["value"], objective, _listed(best["settings"]),
    )  # fmt: skip
    return Tuned(best["settings"], best["value"], tuple(done), _text(told, done))


def nested(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    folds: contract.Folds,
    inner_of: Callable[[gpd.GeoDataFrame], contract.Folds],
    fits: FitsWith,
    *,
    seed: int,
    states: Mapping[int, str] | None = None,
    keep: Callable[[int, str], Any] | None = None,
    **search: Any,
) -> tuple[dict[int, contract.Ensemble], dict[int, Tuned]]:
    """
    One ensemble for each fold, with the settings found among its training samples alone.

    Parameters
    ----------
    rows : (samples, layers) float32
    samples : GeoDataFrame
    folds : Folds
        By which the tuned model is judged.
    inner_of : function of samples that returns Folds
        Parts a fold's training samples once more, for example by ``spatial_blocks``.
    fits : function of settings
    seed : int
    states : mapping of fold to text, optional
        What an earlier call left of each fold.
    keep : function of fold and text, optional
    **search
        ``space``, ``trials``, ``seconds`` (of each fold), ``objective`` of :func:`tuned`.

    Returns
    -------
    ensembles, searches
        By fold; the first as :func:`geoprospect.models.validate.cross_validated` gives them.
    """
    ensembles, searches = {}, {}
    for number, may in enumerate(folds.training):
        mine = samples[may].reset_index(drop=True)
        searches[number] = tuned(
            rows[may], mine, inner_of(mine), fits,
            seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]),
            state=(states or {}).get(number, ""),
            keep=None if keep is None else _kept(keep, number),
            **search,
        )  # fmt: skip
        fit = fits(searches[number].settings)
        ensembles[number] = fit(rows[may], *learnt_from(mine))
    return ensembles, searches


def _kept(keep: Callable[[int, str], Any], number: int) -> Callable[[str], Any]:
    return lambda text: keep(number, text)


def _check(space: Space, trials: int | None, seconds: float | None, objective: str) -> None:
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


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        raise ModelError(
            'tuning needs Optuna, which is not installed: pip install "geoprospect[tuning]"'
        ) from None
    return optuna


@contextlib.contextmanager
def _hushed(optuna: ModuleType) -> Iterator[None]:
    """Within the block Optuna tells of no study and no trial; the log does."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _over(done: int, trials: int | None, elapsed: float, seconds: float | None) -> bool:
    return (trials is not None and done >= trials) or (seconds is not None and elapsed >= seconds)


def _suggested(
    optuna: ModuleType, space: Space, done: Sequence[Mapping[str, Any]], seed: int
) -> Settings:
    """The next settings; they hang on the seed and the trials before alone, however resumed."""
    own = int(np.random.SeedSequence([seed, len(done)]).generate_state(1)[0])
    ranges = {name: _range(optuna, *ends) for name, ends in space.items()}
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=own))
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=record["settings"], distributions=ranges, value=record["value"]
            )
            for record in done
        ]
    )
    return dict(study.ask(ranges).params)


def _range(optuna: ModuleType, low: float, high: float) -> Any:
    wide = low > 0 and high / low >= 10
    if float(low).is_integer() and float(high).is_integer() and not _written_as_float(low, high):
        return optuna.distributions.IntDistribution(int(low), int(high), log=wide)
    return optuna.distributions.FloatDistribution(float(low), float(high), log=wide)


def _written_as_float(*ends: float) -> bool:
    return any(isinstance(end, float) for end in ends)


def _scores(rows: Rows, samples: gpd.GeoDataFrame, inner: contract.Folds, fit: Fit) -> list[float]:
    """AUSRC of each inner fold that has both kinds to learn from and to be tested on [1]."""
    labels, *others = learnt_from(samples)
    known = ~np.isnan(rows).all(axis=1)
    scores = []
    for number, may in enumerate(inner.training):
        held = known & (inner.of_samples == number)
        if any(not 0 < labels[some].sum() < some.sum() for some in (may, held)):
            continue
        found = (
            fit(rows[may], labels[may], *(one[may] for one in others))
            .scores(rows[held])
            .mean(axis=0)
        )
        above, at_or_above = ranking.ranks(found, found[labels[held] == 1])
        scores.append(ranking.ausrc(above, at_or_above, len(found)))
    if not scores:
        raise ModelError(
            "no inner fold has deposits and background both to learn from and to be tested on; "
            "make inner blocks smaller"
        )
    return scores


def _resumed(state: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not state:
        return []
    try:
        kept = json.loads(state)
        trials, search = list(kept["trials"]), {name: kept[name] for name in told}
    except (ValueError, KeyError, TypeError):
        raise ModelError("the state of the search cannot be read; start it anew") from None
    if search != dict(told):
        changed = ", ".join(name for name in told if search[name] != told[name])
        raise ModelError(f"the state is of a search with another {changed}; start it anew")
    return trials


def _text(told: Mapping[str, Any], done: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({**told, "trials": list(done)}, indent=1)


def _listed(settings: Settings) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in settings.items())
