"""LightGBM by its settings: any of its names, no other, and the same bits each time."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.models.boosting import lightgbm
from geoprospect.registry import MODELS


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
