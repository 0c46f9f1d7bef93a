"""Models beside one another, judged on the same folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError

log = logging.getLogger("geoprospect.models")

Values = npt.NDArray[np.float64]

SCORES = ("auc", "ausrc")
FIGURES = ("mean", "sd", "worst")
LEVEL = 0.95


def leaderboard(
    protocols_by_model: Mapping[str, Mapping[str, Any]], *, protocol: str = "spatial_blocks"
) -> dict[str, Any]:
    """
    Models ranked by their worst fold, and how sure each one's distance from the best is.

    A map is used where it is worst as well as where it is best, so the model whose worst
    piece of ground scores highest leads; of equal ones that with the higher mean.

    Differences are taken fold by fold, which removes what makes a fold hard for any model.
    Folds share most of what they learn from, so their differences vary less than those of
    new districts would, and a plain t interval is too short; the corrected resampled t
    [1]_ widens it by the ratio of tested to learnt deposits.

    Parameters
    ----------
    protocols_by_model : mapping of model to protocols
        Each as ``protocols`` of ``validation.json``: name of protocol to its summary.
    protocol : str
        The one to judge by.

    Returns
    -------
    dict
        Ready for JSON: ``protocol``; ``best``, the model that leads; ``models``, best
        first, each with ``model``, ``auc`` and ``ausrc`` (``mean``, ``sd``, ``worst``),
        ``folds`` (AUC of each scored fold) and ``behind``: for both scores the ``mean`` of
        the model's fold less the best's, the ``interval`` at ``level`` 0.95 (None of fewer
        than two folds) and whether it is ``clear`` of zero. The best has no ``behind``.

    Raises
    ------
    ModelError
        If there is no model, one lacks the protocol, or they were judged on other folds.

    References
    ----------
    .. [1] Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error.
       Machine Learning 52, 239-281.
    """
    told = {model: _told(model, every, protocol) for model, every in protocols_by_model.items()}
    if not told:
        raise ModelError("a leaderboard needs at least one model; none is given")
    scored = {model: _scored(summary) for model, summary in told.items()}
    _check_same(scored)
    order = sorted(
        told, key=lambda model: (-told[model]["auc"]["worst"], -told[model]["auc"]["mean"])
    )
    best = order[0]
    rows = [_row(model, told[model], scored[model], scored[best]) for model in order]
    del rows[0]["behind"]
    _say(rows, protocol)
    return {"protocol": protocol, "level": LEVEL, "best": best, "models": rows}


def corrected_interval(
    differences: npt.ArrayLike, *, tested: npt.ArrayLike, learnt: npt.ArrayLike
) -> tuple[float, float] | None:
    """
    Ends of the 95 % corrected resampled t interval of a mean over folds; None of one fold.

    Parameters
    ----------
    differences : (folds,)
        Of two models' scores in each fold.
    tested, learnt : (folds,)
        How many deposits each fold was tested on, and learnt from.
    """
    from scipy.stats import t

    some = np.asarray(differences, float)
    if len(some) < 2:
        return None
    ratio = float(np.sum(tested) / np.sum(learnt))
    error = np.sqrt((1 / len(some) + ratio) * some.var(ddof=1))
    reach = float(t.ppf((1 + LEVEL) / 2, len(some) - 1) * error)
    return float(some.mean()) - reach, float(some.mean()) + reach


def _told(model: str, protocols: Mapping[str, Any], protocol: str) -> Mapping[str, Any]:
    try:
        summary: Mapping[str, Any] = protocols[protocol]
    except KeyError:
        raise ModelError(
            f"model {model!r} was not judged by {protocol!r}; it has "
            f"{', '.join(protocols) or 'no protocol'}"
        ) from None
    return summary


def _scored(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [fold for fold in summary["folds"] if fold["auc"] is not None]


def _check_same(scored: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Raise a ModelError unless all models were judged on the same deposits, fold by fold."""
    keys = ("tiling", "fold", "deposits", "training_deposits")
    seen = {
        model: [tuple(fold.get(key) for key in keys) for fold in folds]
        for model, folds in scored.items()
    }
    first, *others = seen
    for other in others:
        if seen[other] != seen[first]:
            raise ModelError(
                f"models {first!r} and {other!r} were judged on other folds, so that their "
                "scores cannot be set side by side; judge both with one seed and one protocol"
            )


def _row(
    model: str,
    summary: Mapping[str, Any],
    mine: Sequence[Mapping[str, Any]],
    best: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "model": model,
        **{score: {key: summary[score][key] for key in FIGURES} for score in SCORES},
        "folds": [fold["auc"] for fold in mine],
        "behind": {score: _behind(mine, best, score) for score in SCORES},
    }


def _behind(
    mine: Sequence[Mapping[str, Any]], best: Sequence[Mapping[str, Any]], score: str
) -> dict[str, Any]:
    differences = [one[score] - other[score] for one, other in zip(mine, best, strict=True)]
    ends = corrected_interval(
        differences,
        tested=[fold["deposits"] for fold in mine],
        learnt=[fold["training_deposits"] for fold in mine],
    )
    return {
        "mean": float(np.mean(differences)),
        "interval": None if ends is None else list(ends),
        "clear": ends is not None and not ends[0] <= 0 <= ends[1],
    }


def _say(rows: Sequence[Mapping[str, Any]], protocol: str) -> None:
    best, *others = rows
    near = [row["model"] for row in others if not row["behind"]["auc"]["clear"]]
    log.info(
        "of %d models, %s does best in its worst fold of %s%s",
        len(rows), best["model"], protocol,
        f"; {', '.join(near)} cannot be told apart from it" if near else "",
    )  # fmt: skip
