"""Raw scores of trees are LightGBM's, to the bit."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings

from geoprospect.kernels.trees import codes, models, scores, tiles
from tests.kernels.trees import made


def scored(boosters, values) -> np.ndarray:
    ready = scores.scorer(models.forests(tuple(b.model_to_string() for b in boosters)))
    assert ready is not None
    return scores.raw_scores(ready, values.T, tiles.of_rows(len(values)))


@settings(max_examples=40, deadline=None)
@given(kind=made.kinds)
def test_raw_scores_are_lightgbms_to_the_bit(kind):
    booster, values = made.trained(**kind), made.rows(300, kind["seed"])
    np.testing.assert_array_equal(
        scored([booster], values)[0], booster.predict(values, raw_score=True)
    )


def test_members_are_scored_together_as_each_by_itself():
    members = [made.trained(20, seed=seed, num_leaves=31) for seed in range(12)]
    values = made.rows(500, 1)
    found = scored(members, values)
    ready = scores.scorer(models.forests(tuple(b.model_to_string() for b in members)))
    assert len(ready.parts) > 1, "so many thresholds do not fit in bytes at once"
    for member, own in zip(members, found, strict=True):
        np.testing.assert_array_equal(own, member.predict(values, raw_score=True))


def test_doubles_fall_by_thresholds_that_no_float32_tells_apart():
    data = 1 + np.arange(2000)[:, None] * 1e-10 * np.ones((1, made.LAYERS))
    booster = made.trained(data=data, categorical=False, num_leaves=4, min_data_in_bin=1)
    assert len(np.unique(booster.predict(data, raw_score=True))) > 1
    np.testing.assert_array_equal(scored([booster], data)[0], booster.predict(data, raw_score=True))


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, -1e300, 1e-36, -1e-36, 2e-35, 0.0, -0.0])
@pytest.mark.parametrize("zero_as_missing", [False, True])
def test_extreme_values_go_where_lightgbm_sends_them(value, zero_as_missing):
    booster = made.trained(zero_as_missing=zero_as_missing, categorical=False)
    values = np.full((70, made.LAYERS), value)
    np.testing.assert_array_equal(
        scored([booster], values)[0], booster.predict(values, raw_score=True)
    )


@pytest.mark.parametrize("value", [-0.5, -1.0, -7.0, 2.7, 29.0, 30.0, 1e6, 3e9, np.inf, np.nan])
def test_unseen_and_broken_categories_go_where_lightgbm_sends_them(value):
    booster, values = made.trained(), made.rows(70, 3).astype("float64")
    values[:, made.CATEGORICAL] = value
    np.testing.assert_array_equal(
        scored([booster], values)[0], booster.predict(values, raw_score=True)
    )


def test_a_raster_is_scored_as_its_cells_are():
    booster, cube = made.trained(num_leaves=31), made.smooth(75, 0)
    ready = scores.scorer(models.forests((booster.model_to_string(),)))
    known = ~np.isnan(cube[0])
    found = scores.raw_scores(ready, cube.reshape(made.LAYERS, -1), tiles.of_raster(known))
    expected = booster.predict(cube.reshape(made.LAYERS, -1).T, raw_score=True)
    np.testing.assert_array_equal(found[0][known.ravel()], expected[known.ravel()])
    far = np.zeros_like(known)
    far[:8, :8] = True
    assert not known[far].any()
    assert np.isnan(found[0][far.ravel()]).all()


def test_a_saved_model_scores_the_same(tmp_path):
    booster, values = made.trained(num_leaves=31), made.rows(200, 2)
    booster.save_model(tmp_path / "model.txt")
    loaded = lightgbm.Booster(model_file=tmp_path / "model.txt")
    np.testing.assert_array_equal(scored([booster], values), scored([loaded], values))


def test_trees_without_a_split_count():
    data = made.rows(100, 1)
    booster = made.trained(3, data=data, min_data_in_leaf=99)
    assert [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]] == [1]
    np.testing.assert_array_equal(scored([booster], data)[0], booster.predict(data, raw_score=True))


def test_linear_leaves_and_too_many_thresholds_are_left_to_lightgbm():
    linear = made.trained(linear_tree=True, categorical=False)
    assert scores.scorer(models.forests((linear.model_to_string(),))) is None
    data = np.repeat(made.rows(1500, 5, gaps=0), 2, axis=0)
    wide = made.trained(
        1, data=data, num_leaves=1200, max_bin=1000, min_data_in_leaf=1, min_data_in_bin=1,
        min_sum_hessian_in_leaf=0, categorical=False,
    )  # fmt: skip
    (tree,) = models.forests((wide.model_to_string(),))[0].trees
    asked = max(len(np.unique(tree.thresholds[tree.layers == n])) for n in range(made.LAYERS))
    ready = scores.scorer(models.forests((wide.model_to_string(),)))
    assert (ready is None) == (asked > codes.MOST_BOUNDS)


def test_more_categories_than_bytes_can_tell_are_shared_out_over_runs():
    random = np.random.default_rng(0)
    data = random.normal(size=(6000, 3))
    data[:, 0] = random.integers(0, 900, 6000) * 7
    label = random.random(900)[(data[:, 0] / 7).astype(int)] + data[:, 1]
    booster = lightgbm.train(
        {"verbosity": -1, "num_leaves": 15, "min_data_per_group": 1, "cat_smooth": 0.1,
         "min_data_in_leaf": 1, "max_cat_threshold": 400},
        lightgbm.Dataset(data, label, categorical_feature=[0], params={"verbosity": -1}), 40,
    )  # fmt: skip
    ready = scores.scorer(models.forests((booster.model_to_string(),)))
    assert ready is not None
    assert len(ready.parts) > 1
    np.testing.assert_array_equal(scored([booster], data)[0], booster.predict(data, raw_score=True))
