"""Settings of a model searched for on some folds, in bounded time, and so that it can go on."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.kernels import ranking
from geoprospect.models import searching
from geoprospect.models.searching import OVER, Objective, Settings, Space
from geoprospect.models.validate import Fit, Rows, learnt_from

log = logging.getLogger("geoprospect.models")

FitsWith = Callable[[Settings], Fit]
"""A fit with some settings."""


@dataclass(frozen=True)
class Tuned:
    """
    What a search found.

    ``settings`` are the best, ``value`` their score, ``trials`` one record each (``settings``,
    ``value``, ``folds``: AUSRC of each inner fold with deposits). ``state`` is a text from
    which the same search goes on; two finds are equal whatever time they took.
    """

    settings: Settings
    value: float
    trials: tuple[Mapping[str, Any], ...]
    state: str = field(compare=False)


def tuned(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    inner: contract.Folds,
    fits: FitsWith,
    *,
    space: Space,
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
        Begin no further trial after so long, the time of *state* included; one is always
        made. How many there are then hangs on the machine. One of *trials* and *seconds* is
        needed [s].
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
    searching.check(space, trials, seconds, objective)
    optuna = searching.optuna()
    told = {"seed": seed, "objective": objective, "space": {k: list(v) for k, v in space.items()}}
    done, before = _resumed(state, told)
    began = time.monotonic()

    def spent() -> float:
        return before + time.monotonic() - began

    def text() -> str:
        return _text(told, done, None if seconds is None else spent())

    with _hushed(optuna):
        while not done or not _over(len(done), trials, spent(), seconds):
            settings = _suggested(optuna, space, done, seed)
            scores = _scores(rows, samples, inner, fits(settings))
            record = {"settings": settings, "value": OVER[objective](scores), "folds": scores}
            done = [*done, record]
            if keep is not None:
                keep(text())
    best = max(done, key=lambda record: record["value"])
    log.debug(
        "of %d trials the best has AUSRC %.3f (%s over inner folds): %s", len(done),
        best["value"], objective, _listed(best["settings"]),
    )  # fmt: skip
    return Tuned(best["settings"], best["value"], tuple(done), text())


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
    scores = []
    for may, held in telling(rows, samples, inner):
        fitted = fit(rows[may], labels[may], *(one[may] for one in others))
        found = np.nan_to_num(fitted.scores(rows[held]).mean(axis=0), nan=-1)  # silent: last
        above, at_or_above = ranking.ranks(found, found[labels[held] == 1])
        scores.append(ranking.ausrc(above, at_or_above, len(found)))
    return scores


def telling(
    rows: Rows, samples: gpd.GeoDataFrame, inner: contract.Folds
) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """
    Which samples each inner fold learns from and is tested on, of folds that can do both.

    Raises
    ------
    ModelError
        If no fold has deposits and background both to learn from and to be tested on.
    """
    labels = samples["label"].to_numpy()
    known = ~np.isnan(rows).all(axis=1)
    both = [
        (may, known & (inner.of_samples == number)) for number, may in enumerate(inner.training)
    ]
    found = [
        (may, held)
        for may, held in both
        if all(0 < labels[some].sum() < some.sum() for some in (may, held))
    ]
    if not found:
        raise ModelError(
            "no inner fold has deposits and background both to learn from and to be tested on; "
            "make inner blocks smaller"
        )
    return found


def _resumed(state: str, told: Mapping[str, Any]) -> tuple[list[dict[str, Any]], float]:
    """Trials made and seconds spent before."""
    if not state:
        return [], 0.0
    try:
        kept = json.loads(state)
        trials, search = list(kept["trials"]), {name: kept[name] for name in told}
        before = float(kept.get("seconds", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelError("the state of the search cannot be read; start it anew") from None
    if search != dict(told):
        changed = ", ".join(name for name in told if search[name] != told[name])
        raise ModelError(f"the state is of a search with another {changed}; start it anew")
    return trials, before


def _text(told: Mapping[str, Any], done: Sequence[Mapping[str, Any]], seconds: float | None) -> str:
    spent = {} if seconds is None else {"seconds": round(seconds, 3)}
    return json.dumps({**told, **spent, "trials": list(done)}, indent=1)


def _listed(settings: Settings) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in settings.items())
