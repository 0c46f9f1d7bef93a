"""LightGBM by its settings: any of its names, no other, and the same bits each time."""

from __future__ import annotations

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import clone

from geoprospect.errors import ModelError
from geoprospect.models.boosting import STEADY, lightgbm
from geoprospect.registry import MODELS

from . import samples


def test_settings_go_through_under_any_of_lightgbms_names():
    assert lightgbm(seed=1, min_data_in_leaf=7).min_child_samples == 7
    assert lightgbm(seed=1, num_round=9).n_estimators == 9
    assert lightgbm(seed=1, lambda_l2=0.5).reg_lambda == 0.5
    assert lightgbm(seed=1, cat_smooth=33).get_params()["cat_smooth"] == 33
    assert lightgbm(seed=4).random_state == 4


def test_a_stated_setting_reaches_the_trees():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(400, 3)), np.arange(400) % 2
    model = lightgbm(seed=1, n_iter=7, max_leaf=3).fit(rows, labels)
    text = model.booster_.model_to_string()
    assert model.booster_.num_trees() == 7
    assert text.count("num_leaves=3\n") == 7
    assert "[num_leaves: 3]" in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_leafs": 8}, "LightGBM has no setting 'num_leafs'; did you mean 'num_leaf'"),
        ({"n_estimators": 5, "num_trees": 6}, "both mean 'n_estimators'; keep one"),
        ({"random_state": 5}, "the seed is stated once"),
        ({"linear_tree": True}, "linear_tree is True and must be False"),
        ({"boosting": "rf"}, "boosting_type is 'rf' and must be gbdt or dart"),
        ({"objective": "regression"}, "objective is 'regression' and must be binary"),
    ],
)
def test_settings_it_cannot_have_are_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        lightgbm(seed=1, **settings)


def test_it_is_found_by_name():
    assert "lightgbm" in MODELS


def paths(booster):
    """The layers on the way to each leaf, as LightGBM itself tells its trees."""

    def walked(node, above):
        if "split_feature" not in node:
            yield above
            return
        for child in ("left_child", "right_child"):
            yield from walked(node[child], above | {booster.feature_name()[node["split_feature"]]})

    return [
        path
        for tree in booster.dump_model()["tree_info"]
        for path in walked(tree["tree_structure"], frozenset())
    ]


def constrained(**settings):
    rows, labels = samples.labelled()
    model = lightgbm(seed=1, n_estimators=40, colsample_bytree=1.0, **settings)
    return model.fit(rows, labels, **samples.NAMED)


def test_without_constraints_it_is_lightgbms_own_to_the_bit():
    rows, labels = samples.labelled()
    theirs = LGBMClassifier(random_state=1, **{**STEADY, "n_estimators": 40})
    text = theirs.fit(rows, labels, **samples.NAMED).booster_.model_to_string()
    ours = lightgbm(seed=1, n_estimators=40).fit(rows, labels, **samples.NAMED)
    assert ours.booster_.model_to_string() == text


@pytest.mark.parametrize(("way", "sign"), [("increasing", 1), ("decreasing", -1)])
def test_a_monotone_layer_moves_scores_one_way_only(way, sign):
    asked = samples.rows(200, 3).repeat(30, axis=0)
    asked[:, 4] = np.tile(np.linspace(0, 3000, 30), 200)

    def steps(model):
        return np.diff(model.booster_.predict(asked, raw_score=True).reshape(200, 30), axis=1)

    free = steps(constrained())
    assert free.min() < 0 < free.max()
    held = sign * steps(constrained(monotone={"distance": way}))
    assert held.min() >= 0


def test_layers_act_together_only_within_their_lists():
    groups = [{"signal", "distance"}, {"gappy", "noise"}, {"rock"}]
    free = paths(constrained().booster_)
    assert any(not any(path <= group for group in groups) for path in free)
    held = paths(constrained(interactions=[["signal", "distance"], ["gappy", "noise"]]).booster_)
    assert all(any(path <= group for group in groups) for path in held)
    assert frozenset({"rock"}) in held  # in no list, so by itself
    assert frozenset({"signal", "distance"}) in held


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"monotone": {"distnce": "decreasing"}},
            "no layer is called 'distnce'; did you mean 'dis",
        ),
        ({"monotone": {"rock": "increasing"}}, "layer 'rock' holds classes"),
        ({"interactions": [["signal", "x"]]}, "interactions names layers .*\n  - no layer .* 'x'"),
    ],
)
def test_constraints_of_layers_that_cannot_have_them_are_refused(settings, told):
    with pytest.raises(ModelError, match=told):
        constrained(**settings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"monotone": {"a": "up"}}, "monotone.a must be increasing or decreasing, got 'up'"),
        ({"interactions": [[]]}, "interactions holds an empty list"),
        ({"monotone": {"a": "increasing"}, "mc": [1]}, "'monotone_constraints' constrains the mod"),
    ],
)
def test_constraints_that_cannot_be_meant_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        lightgbm(seed=1, **settings)


def test_constraints_are_settings_like_others():
    model = lightgbm(seed=1, monotone={"a": "increasing"}, interactions=[["a", "b"]])
    assert model.layers_named == ["a", "a", "b"]
    assert clone(model).get_params() == model.get_params()
    assert clone(model).get_params()["monotone"] == {"a": "increasing"}
