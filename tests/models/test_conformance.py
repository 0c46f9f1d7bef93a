"""What every registered model keeps to, whoever wrote it."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from geoprospect.errors import ModelError
from geoprospect.explain import shapley
from geoprospect.registry import MODELS

from . import samples

SETTINGS = {
    "lightgbm": {"n_estimators": 30},
    "random_forest": {"n_estimators": 30},
    "isolation_forest": {"n_estimators": 50},
    "fuzzy_logic": {
        "membership": {
            "signal": {"fitted": "rising"},
            "distance": {"small": {"midpoint": 800, "spread": 3}},
            "rock": {"classes": {7: 0.9, 2: 0.4}, "other": 0.2},
        },
        "tree": {"gamma": {"source": "signal", "trap": {"or": ["distance", "rock"]}}},
    },
}
"""What a model must be told, or what makes it quick."""


def model(name, seed=3):
    return MODELS[name](seed=seed, **SETTINGS.get(name, {}))


def learnt(name, seed=3):
    return model(name, seed).fit(*samples.labelled(), **samples.NAMED)


def raw(fitted, rows):
    if hasattr(fitted, "booster_"):
        return fitted.booster_.predict(rows, raw_score=True)
    return fitted.raw_scores(rows)


def text(fitted):
    return fitted.booster_.model_to_string() if hasattr(fitted, "booster_") else fitted.to_text()


@pytest.fixture(scope="module", params=list(MODELS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def fitted(name):
    return learnt(name)


ROWS = samples.rows(300, 7)


def test_scores_lie_between_0_and_1_and_are_the_link_of_raw_scores(fitted):
    scores = fitted.predict_proba(ROWS)
    assert scores.shape == (300, 2)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores[:, 1], type(fitted).link(raw(fitted, ROWS)))
    known = scores[~np.isnan(scores[:, 1])]
    assert len(known) >= 295
    np.testing.assert_allclose(known.sum(axis=1), 1)
    assert known.min() >= 0
    assert known.max() <= 1


def test_a_higher_raw_score_is_a_higher_score(fitted):
    scores, raws = fitted.predict_proba(ROWS)[:, 1], raw(fitted, ROWS)
    assert (np.diff(scores[np.argsort(raws)][: (~np.isnan(raws)).sum()]) >= 0).all()
    assert len(np.unique(scores)) > 50


def test_it_ranks_ground_it_has_not_seen(fitted):
    rows, labels = samples.labelled(2000, 50, gaps=0)
    assert samples.area_under_curve(labels, fitted.predict_proba(rows)[:, 1]) > 0.65


def test_it_finds_nothing_where_there_is_nothing(name):
    """Labels of pure noise, judged on fresh rows: the standard error is 0.018."""
    random = np.random.default_rng(5)
    rows, labels = samples.rows(600, 60), (random.random(600) < 0.2).astype(int)
    fitted = model(name).fit(rows, labels, **samples.NAMED)
    fresh, noise = samples.rows(1000, 61), random.integers(0, 2, 1000)
    score = np.nan_to_num(fitted.predict_proba(fresh)[:, 1], nan=0.5)
    assert abs(samples.area_under_curve(noise, score) - 0.5) < 0.07


def test_a_copy_has_the_same_settings_and_nothing_of_what_was_learnt(name):
    told = model(name).get_params()
    fitted = learnt(name)
    copy = clone(fitted)
    assert fitted.get_params() == told == copy.get_params()
    assert not hasattr(copy, "n_features_in_") or hasattr(type(copy), "n_features_in_")
    assert copy.set_params(random_state=11).get_params()["random_state"] == 11
    json.dumps(told)  # the card keeps them


def test_the_seed_decides_to_the_bit(name, fitted):
    assert text(learnt(name)) == text(fitted)


def test_the_order_of_the_samples_decides_nothing(name, fitted):
    rows, labels = samples.labelled()
    order = np.random.default_rng(0).permutation(len(rows))
    again = model(name).fit(rows[order], labels[order], **samples.NAMED)
    np.testing.assert_allclose(raw(again, ROWS), raw(fitted, ROWS), rtol=0, atol=1e-9)


def test_a_row_scores_the_same_to_the_bit_in_whatever_company(fitted):
    whole, order = raw(fitted, ROWS), np.random.default_rng(1).permutation(len(ROWS))
    np.testing.assert_array_equal(raw(fitted, ROWS[order]), whole[order])
    for row in range(0, 300, 37):
        np.testing.assert_array_equal(raw(fitted, ROWS[row : row + 1]), whole[row : row + 1])


def test_it_comes_back_from_its_text_to_the_bit(fitted):
    from lightgbm import Booster

    written = text(fitted)
    if hasattr(fitted, "booster_"):
        back = Booster(model_str=written)
        np.testing.assert_array_equal(back.predict(ROWS, raw_score=True), raw(fitted, ROWS))
        assert back.model_to_string() == written
        assert back.feature_name() == samples.LAYERS
    else:
        back = type(fitted).from_text(written)
        np.testing.assert_array_equal(back.raw_scores(ROWS), raw(fitted, ROWS))
        assert back.to_text() == written
        assert back.get_params() == fitted.get_params()
        with pytest.raises(ModelError, match="this text is not of"):
            type(fitted).from_text('{"model": "another"}')


def test_it_travels_to_workers(fitted):
    back = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(back.predict_proba(ROWS), fitted.predict_proba(ROWS))


def test_contributions_add_up_to_the_raw_score(fitted):
    assert fitted.raw_units in ("log-odds", "1")
    if not fitted.additive:
        assert not hasattr(fitted, "contributions")
        return
    if hasattr(fitted, "booster_"):
        many = np.tile(ROWS, (8, 1))  # enough for the kernels
        parts = shapley.contributions(fitted.booster_, many)
        np.testing.assert_allclose(parts.sum(axis=1), raw(fitted, many), rtol=0, atol=2e-6)
    else:
        parts = fitted.contributions(ROWS)
        np.testing.assert_array_equal(parts.sum(axis=1), raw(fitted, ROWS))
    assert parts.shape[1] == len(samples.LAYERS) + 1
    assert np.unique(parts[:, -1]).size == 1


def test_layers_without_a_value_or_without_two_do_no_harm(name):
    rows, labels = samples.labelled()
    rows[:, 1], rows[:, 2] = np.nan, 4
    fitted = model(name).fit(rows, labels, **samples.NAMED)
    assert np.isfinite(fitted.predict_proba(rows[~np.isnan(rows[:, 0])])).all()


def test_unknown_everywhere_and_unknown_classes_have_a_score_or_none(fitted):
    asked = np.full((2, len(samples.LAYERS)), np.nan, "float32")
    asked[1] = [0, 0, 0, 99, 500]
    scores = fitted.predict_proba(asked)[:, 1]
    assert 0 <= scores[1] <= 1
    assert 0 <= scores[0] <= 1 or np.isnan(scores[0])


@pytest.mark.parametrize(
    ("layers", "classes", "told"),
    [
        (samples.LAYERS[:4], ["rock"], r"rows are \(500, 5\), but 4 layers are named"),
        ([*samples.LAYERS[:4], "signal"], ["rock"], "two layers are called signal; rename one"),
        (samples.LAYERS, ["rocks"], "no layer is called 'rocks'; did you mean 'rock'"),
    ],
)
def test_names_that_do_not_fit_the_rows_are_refused(name, layers, classes, told):
    rows, labels = samples.labelled()
    with pytest.raises(ModelError, match=told):
        model(name).fit(rows, labels, feature_name=layers, categorical_feature=classes)
