"""Settings are searched for inside the training folds, in bounded time, and it goes on."""

from __future__ import annotations

import json
import logging
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from geoprospect.errors import ModelError
from geoprospect.models import nested, searching, tuning
from geoprospect.registry import MODELS

from . import benches

pytest.importorskip("optuna", reason="the extra 'tuning' is not installed")

SPACE = {"turn": (0.0, 3.1), "many": (1, 64)}


def crest(where, rng):
    """The answer lies in the direction of the first axis of two."""
    return np.stack([np.sin(where[:, 0] / 600), rng.normal(size=len(where))], axis=1)


@pytest.fixture(scope="module")
def bench():
    where = np.random.default_rng(40).uniform(0, benches.SIDE, (2000, 2))
    best = where[np.argsort(-np.sin(where[:, 0] / 600))[:40]]
    return benches.make(crest, ["crest", "noise"], deposits=best)


def turned(settings):
    """Fits nothing: scores along a direction that the settings say."""
    direction = np.array([np.cos(settings["turn"]), np.sin(settings["turn"])])
    return lambda *given: SimpleNamespace(
        layers_=["crest", "noise"], scores=lambda rows: (rows @ direction)[None]
    )


def search(bench, **more):
    inner = bench.folds["spatial_blocks"]
    given = {"space": SPACE, "seed": 4, "trials": 25} | more
    return tuning.tuned(bench.rows, bench.samples, inner, turned, **given)


def test_the_direction_that_matters_is_found(bench, caplog):
    with caplog.at_level(logging.DEBUG, "geoprospect.models"):
        found = search(bench)
    assert len(found.trials) == 25
    assert len({trial["settings"]["turn"] for trial in found.trials}) == 25
    assert found.settings["turn"] < 0.4
    assert found.value == max(trial["value"] for trial in found.trials)
    assert isinstance(found.settings["many"], int)
    assert "of 25 trials the best has AUSRC" in caplog.text


def test_the_value_is_the_mean_or_the_worst_of_the_folds_by_hand(bench):
    folds = bench.folds["spatial_blocks"]
    by_mean, by_worst = search(bench, trials=3), search(bench, trials=3, objective="worst")
    for found, over in ((by_mean, np.mean), (by_worst, np.min)):
        for trial in found.trials:
            turn = trial["settings"]["turn"]
            scores = bench.rows @ np.array([np.cos(turn), np.sin(turn)])
            each = []
            for fold in range(3):
                held = folds.of_samples == fold
                mine = scores[held & (bench.labels == 1)][:, None]
                others = scores[held]
                share = (others > mine).mean(axis=1) + 0.5 * (others == mine).mean(axis=1)
                each.append(1 - share.mean())
            np.testing.assert_allclose(trial["folds"], each, atol=1e-6)
            assert trial["value"] == pytest.approx(over(each), abs=1e-6)


def test_a_search_that_goes_on_makes_the_trials_of_one_in_one_go(bench):
    kept = []
    whole = search(bench, trials=14, keep=kept.append)
    assert len(kept) == 14
    for stopped in (1, 7, 12):
        again = search(bench, trials=14, state=kept[stopped - 1])
        assert again == whole
    assert json.loads(whole.state)["trials"] == list(whole.trials)
    assert search(bench, trials=14, state=whole.state) == whole
    assert search(bench, trials=14, seed=5) != whole


def test_seconds_bound_a_search_and_one_trial_is_always_made(bench):
    began = time.monotonic()
    found = search(bench, trials=None, seconds=1e-9)
    assert len(found.trials) == 1
    assert time.monotonic() - began < 60


def test_each_fold_searches_among_its_own_training_samples(bench):
    folds, seen = bench.folds["spatial_blocks"], []

    def inner_of(samples):
        seen.append(samples)
        return benches.parted(np.arange(len(samples)) % 2)

    ensembles, searches = nested.nested(
        bench.rows, bench.samples, folds, inner_of, turned, space=SPACE, trials=4, seed=1
    )
    assert list(ensembles) == list(searches) == [0, 1, 2]
    for mine, may in zip(seen, folds.training, strict=True):
        assert mine.geometry.tolist() == bench.samples[may].geometry.tolist()
    rows = bench.rows.copy()
    rows[~folds.training[0]] = 1e6  # held-out evidence changes nothing of fold 0
    _, other = nested.nested(
        rows, bench.samples, folds, inner_of, turned, space=SPACE, trials=4, seed=1
    )
    assert other[0] == searches[0]
    assert other[1] != searches[1]


def test_a_nested_search_goes_on_fold_by_fold(bench):
    kept = {}
    given = (bench.rows, bench.samples, bench.folds["spatial_blocks"])
    halves = lambda samples: benches.parted(np.arange(len(samples)) % 2)  # noqa: E731
    _, whole = nested.nested(
        *given, halves, turned, space=SPACE, trials=3, seed=1, keep=kept.__setitem__
    )
    assert kept == {fold: one.state for fold, one in whole.items()}
    _, again = nested.nested(
        *given, halves, turned, space=SPACE, trials=3, seed=1, states={1: kept[1]}
    )
    assert again == whole


def test_tuning_without_time_is_refused(bench):
    with pytest.raises(ValueError, match=r"tuning without time: state trials, seconds \[s\]"):
        search(bench, trials=None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "trials must be 1 or more, got 0"),
        ({"seconds": 0}, "seconds must be positive, got 0 s"),
        ({"objective": "best"}, "objective must be one of mean, worst, got 'best'"),
        ({"space": {}}, "space is empty"),
        ({"space": {"turn": (3, 1)}}, r"space: turn must be \[lowest, highest\], got \[3, 1\]"),
    ],
)
def test_bad_settings_are_refused_by_name(bench, settings, message):
    with pytest.raises(ValueError, match=message):
        search(bench, **settings)


def test_another_searchs_state_is_refused(bench):
    state = search(bench, trials=1).state
    with pytest.raises(ModelError, match="the state is of a search with another seed"):
        search(bench, state=state, seed=9)
    with pytest.raises(ModelError, match="cannot be read; start it anew"):
        search(bench, state="{")


def test_folds_that_cannot_test_are_refused(bench):
    nothing = benches.parted((np.arange(len(bench.samples)) < 40).astype(int))
    with pytest.raises(ModelError, match="no inner fold has deposits and background both"):
        tuning.tuned(bench.rows, bench.samples, nothing, turned, space=SPACE, trials=1, seed=1)


def test_without_optuna_the_message_says_how_to_install_it(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModelError, match=r'pip install "geoprospect\[tuning\]"'):
        search(bench)


def test_the_default_spaces_are_of_settings_that_the_models_know():
    for model, space in searching.SPACES.items():
        for end in (0, 1):
            MODELS[model](seed=0, **{name: ends[end] for name, ends in space.items()})


# --- a search as a pipeline states it -----------------------------------------------------


def made(settings):
    return MODELS["lightgbm"](seed=0, **settings)


def test_a_search_has_a_space_of_its_own_or_the_models():
    own = searching.search(made, "lightgbm", trials=3)
    assert own.space == searching.SPACES["lightgbm"]
    assert (own.trials, own.seconds, own.objective, own.folds) == (3, None, "mean", 3)
    stated = searching.search(made, "lightgbm", seconds=60, space={"num_leaves": [2, 9]})
    assert stated.space == {"num_leaves": [2, 9]}


@pytest.mark.parametrize(
    ("called", "settings", "message"),
    [
        ("lightgbm", {}, r"tuning without time: state trials, seconds \[s\]"),
        ("lightgbm", {"trials": 0}, "trials must be 1 or more, got 0"),
        ("lightgbm", {"seconds": 0}, "seconds must be positive, got 0 s"),
        ("lightgbm", {"trials": 1, "folds": 1}, "folds must be 2 or more, got 1"),
        ("weights_of_evidence", {"trials": 1}, "no space is known for weights_of_evidence"),
        ("fuzzy_logic", {"trials": 1, "model": "mine"}, "no space is known for model 'mine'"),
        ("lightgbm", {"trials": 1, "space": {"num_leafs": [2, 3]}}, "no setting 'num_leafs'"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_before_it_begins(called, settings, message):
    with pytest.raises(ValueError, match=message):
        searching.search(made, called, **settings)


def test_a_search_without_optuna_is_refused_before_it_begins(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModelError, match=r'pip install "geoprospect\[tuning\]"'):
        searching.search(made, "lightgbm", trials=3)


def test_time_spent_before_counts_and_makes_no_two_finds_differ(bench, monkeypatch):
    clock = iter(np.arange(0, 1000, 0.5))
    monkeypatch.setattr(tuning.time, "monotonic", lambda: float(next(clock)))
    kept = []
    whole = search(bench, trials=None, seconds=20, keep=kept.append)
    spent = [json.loads(text)["seconds"] for text in kept]
    assert 1 < len(whole.trials) < 30
    assert spent == sorted(spent)
    assert spent[-1] < 20 + 1.5
    again = search(bench, trials=None, seconds=20, state=whole.state)
    assert again.trials == whole.trials, "its time was up"
    more = search(bench, trials=None, seconds=30, state=whole.state)
    assert len(whole.trials) < len(more.trials) < 2 * len(whole.trials)


def test_folds_whose_samples_cannot_be_parted_keep_the_stated_settings(bench, caplog):
    def inner_of(samples):
        if len(samples) == len(bench.samples[bench.folds["spatial_blocks"].training[1]]):
            raise ModelError("all deposits fall into one block")
        return benches.parted(np.arange(len(samples)) % 2)

    tried = []

    def fits(settings):
        tried.append(settings)
        return turned({"turn": 0.0} | settings)

    folds = bench.folds["spatial_blocks"]
    ensembles, searches = nested.nested(
        bench.rows, bench.samples, folds, inner_of, fits, space=SPACE, trials=2, seed=1
    )
    lost = [fold for fold, one in searches.items() if one is None]
    assert 1 in lost
    assert len(ensembles) == 3
    assert tried.count({}) == len(lost)
    assert "the samples of fold 1 cannot be parted once more" in caplog.text
    assert "stay as stated: all deposits fall into one block" in caplog.text
