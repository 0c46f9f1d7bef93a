"""The leaderboard: by the worst fold; paired differences that cover the truth."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
import pytest

from geoprospect.errors import ModelError
from geoprospect.models.leaderboard import corrected_interval, leaderboard


def protocols(scores: list[float], **more: Any) -> dict[str, Any]:
    folds = [
        {"fold": n, "auc": auc, "ausrc": auc - 0.01, "deposits": 6, "training_deposits": 24, **more}
        for n, auc in enumerate(scores)
    ]
    told = {
        name: {
            "mean": float(np.mean([fold[name] for fold in folds])),
            "sd": float(np.std([fold[name] for fold in folds], ddof=1)),
            "worst": min(fold[name] for fold in folds),
        }
        for name in ("auc", "ausrc")
    }
    return {"spatial_blocks": told | {"folds": folds}}


MODELS = {
    "steady": protocols([0.70, 0.72, 0.71, 0.69, 0.73]),
    "brilliant": protocols([0.90, 0.95, 0.92, 0.55, 0.93]),
    "poor": protocols([0.52, 0.55, 0.53, 0.50, 0.55]),
}


def test_the_best_is_that_whose_worst_fold_is_best():
    told = leaderboard(MODELS)
    assert told["best"] == "steady"
    assert [row["model"] for row in told["models"]] == ["steady", "brilliant", "poor"]
    assert told["models"][1]["auc"]["worst"] == 0.55
    assert "behind" not in told["models"][0]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_of_equally_bad_worst_folds_the_mean_decides():
    told = leaderboard({"one": protocols([0.6, 0.7]), "two": protocols([0.6, 0.8])})
    assert told["best"] == "two"


def test_differences_are_taken_fold_by_fold():
    told = leaderboard(MODELS)["models"]
    brilliant, poor = told[1]["behind"]["auc"], told[2]["behind"]["auc"]
    assert brilliant["mean"] == pytest.approx(np.mean([0.20, 0.23, 0.21, -0.14, 0.20]))
    assert not brilliant["clear"]
    assert poor["clear"]
    assert poor["interval"][1] < 0


def test_the_interval_is_nadeau_and_bengios_by_hand():
    # five differences, 6 deposits tested to 24 learnt: t(4, 0.975) = 2.776445
    differences = [0.02, 0.05, -0.01, 0.04, 0.05]
    variance = sum((d - 0.03) ** 2 for d in differences) / 4
    reach = 2.776445 * np.sqrt((1 / 5 + 6 / 24) * variance)
    found = corrected_interval(differences, tested=[6] * 5, learnt=[24] * 5)
    assert found == pytest.approx((0.03 - reach, 0.03 + reach), rel=1e-6)
    assert corrected_interval([0.1], tested=[6], learnt=[24]) is None


def test_it_covers_the_truth_where_folds_share_what_they_learn_from():
    # differences of 25 folds (five tilings) that correlate as their shared samples make them
    rng = np.random.default_rng(1)
    tested, learnt, truth, repeats = 20, 80, 0.03, 2000
    alike = tested / (tested + learnt)
    corrected = plain = 0
    for _ in range(repeats):
        common, own = rng.normal(size=1), rng.normal(size=25)
        some = truth + 0.05 * (np.sqrt(alike) * common + np.sqrt(1 - alike) * own)
        low, high = corrected_interval(some, tested=[tested] * 25, learnt=[learnt] * 25)
        corrected += low <= truth <= high
        half = 2.063899 * some.std(ddof=1) / 5
        plain += abs(some.mean() - truth) <= half
    error = 3 * np.sqrt(0.95 * 0.05 / repeats)
    assert corrected / repeats == pytest.approx(0.95, abs=error)
    assert plain / repeats < 0.75


def test_models_judged_on_other_folds_are_not_set_side_by_side():
    other = protocols([0.70, 0.72, 0.71, 0.69, 0.73], deposits=7)
    with pytest.raises(ModelError, match="models 'one' and 'two' were judged on other folds"):
        leaderboard({"one": MODELS["steady"], "two": other})
    with pytest.raises(
        ModelError, match="model 'one' was not judged by 'random'; it has spatial_b"
    ):
        leaderboard({"one": MODELS["steady"]}, protocol="random")
    with pytest.raises(ModelError, match="needs at least one model"):
        leaderboard({})


def test_folds_without_deposits_are_left_out():
    empty = {"fold": 5, "auc": None, "ausrc": None, "deposits": 0, "training_deposits": 30}
    holed = {
        name: {"spatial_blocks": told["spatial_blocks"] | {
            "folds": [*told["spatial_blocks"]["folds"], empty]
        }}
        for name, told in MODELS.items()
    }  # fmt: skip
    assert leaderboard(holed) == leaderboard(MODELS)


def test_a_single_fold_has_a_difference_and_no_interval():
    few = {"a": protocols([0.8, 0.7]), "b": protocols([0.6, 0.7])}
    for told in few.values():
        told["spatial_blocks"]["folds"] = told["spatial_blocks"]["folds"][:1]
    (_, other) = leaderboard(few)["models"]
    assert other["behind"]["auc"] == {"mean": pytest.approx(-0.2), "interval": None, "clear": False}


def test_what_cannot_be_told_apart_is_said(caplog):
    with caplog.at_level(logging.INFO, "geoprospect.models"):
        leaderboard(MODELS)
    assert "of 3 models, steady does best in its worst fold of spatial_blocks" in caplog.text
    assert "; brilliant cannot be told apart from it" in caplog.text
