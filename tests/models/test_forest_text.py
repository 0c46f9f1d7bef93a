"""Forests as text: scikit-learn's own scores, gaps and thresholds included; shap's values."""

from __future__ import annotations

import warnings

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest, RandomForestClassifier

from geoprospect.explain import shapley
from geoprospect.kernels.trees import models, tiles
from geoprospect.kernels.trees.scores import raw_scores
from geoprospect.models import isolation, random_forest
from geoprospect.models.forest_text import Grown, model_text
from geoprospect.models.training import numbered

NAMES = ["a", "b", "c", "rock"]
ROCK = 3
NUMBERS = {ROCK: {0: 2.0, 3: 0.0, 4: 1.0, 7: 5.0, 31: 3.0, 32: 4.0, 70: 6.0}}
"""Numbers that stand for classes, in an order that is not that of their codes."""


@pytest.fixture(scope="module")
def shap():
    with warnings.catch_warnings():  # of its colours, which matplotlib will not have much longer
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap


def made(count: int, seed: int, *, gaps: float = 0.15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with classes as codes, few enough values for ties, labels and weights."""
    random = np.random.default_rng(seed)
    rows = np.round(random.normal(size=(count, 4)), 1).astype("float32")
    rows[:, ROCK] = random.choice(list(NUMBERS[ROCK]), count)
    rows[random.random(rows.shape) < gaps] = np.nan
    favour = np.nan_to_num(rows[:, 0]) + np.isin(rows[:, ROCK], [3, 7, 70]) + np.isnan(rows[:, 1])
    labels = (favour + random.normal(size=count) > 1).astype(int)
    labels[:2] = 0, 1
    return rows, labels, random.uniform(0.2, 3, count)


def grown(rows, labels, weights, **more):
    more = {"n_estimators": 6, "random_state": 0} | more
    return RandomForestClassifier(**more).fit(
        numbered(rows, NUMBERS), labels, sample_weight=weights
    )


def booster(forest, rows) -> lightgbm.Booster:
    text = model_text(random_forest.trees_of(forest), NAMES, rows, NUMBERS)
    return lightgbm.Booster(model_str=text)


def at_thresholds(forest) -> np.ndarray:
    """Rows that are, in float32, right at thresholds of the trees, just below and just above."""
    trees = [one.tree_ for one in forest.estimators_]
    bounds = np.concatenate([t.threshold[(t.feature >= 0) & (t.feature < ROCK)] for t in trees])
    near = bounds[np.isfinite(bounds)].astype("float32")
    near = np.concatenate([near, np.nextafter(near, -np.inf), np.nextafter(near, np.inf)])
    near[np.abs(near) < 1e-35] = 0  # as LightGBM takes them
    random = np.random.default_rng(0)
    rows = random.choice(near, (600, 4)) if near.size else np.zeros((600, 4), "float32")
    rows[:, ROCK] = random.choice(list(NUMBERS[ROCK]), 600)
    return rows


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**20),
    leaves=st.sampled_from([None, 2, 9, 60]),
    smallest=st.integers(1, 6),
    gaps=st.sampled_from([0.0, 0.2, 0.6]),
    features=st.sampled_from([0.3, 1.0]),
)
def test_scores_are_scikit_learns_whatever_the_forest(seed, leaves, smallest, gaps, features):
    rows, labels, weights = made(150, seed, gaps=gaps)
    forest = grown(
        rows, labels, weights, max_leaf_nodes=leaves, min_samples_leaf=smallest,
        max_features=features, random_state=seed,
    )  # fmt: skip
    ours = booster(forest, rows)
    fresh, _, _ = made(400, seed + 1, gaps=0.3)
    asked = np.concatenate([rows, fresh, at_thresholds(forest)])
    expected = forest.predict_proba(numbered(asked, NUMBERS))[:, 1]
    found = ours.predict(asked, raw_score=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    ready = models.scorer((ours.model_to_string(),))
    by_kernels = raw_scores(ready, asked.T, tiles.of_rows(len(asked)))[0]
    np.testing.assert_array_equal(by_kernels, found)


def test_a_class_not_seen_goes_where_unknown_goes():
    rows, labels, weights = made(300, 5)
    forest = grown(rows, labels, weights, max_features=1.0)
    asked, _, _ = made(200, 6)
    asked[:, ROCK] = np.nan
    unseen = asked.copy()
    unseen[:, ROCK] = np.resize([1, 2, 33, 69, 71, 5000], 200)
    ours = booster(forest, rows)
    assert any(tree.categories for tree in models.forests((ours.model_to_string(),))[0].trees)
    np.testing.assert_array_equal(ours.predict(unseen), ours.predict(asked))
    expected = forest.predict_proba(numbered(asked, NUMBERS))[:, 1]
    np.testing.assert_allclose(ours.predict(unseen), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_contributions_are_those_of_shap(weighted, shap):
    """shap takes no classes and no gaps of these forests, so there are none here."""
    rows, labels, weights = made(300, 7, gaps=0)
    rows = np.random.default_rng(1).normal(size=rows.shape).astype("float32")
    forest = RandomForestClassifier(20, min_samples_leaf=4, random_state=0).fit(
        rows, labels, sample_weight=weights if weighted else None
    )
    text = model_text(random_forest.trees_of(forest), NAMES, rows, {})
    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    asked = np.random.default_rng(2).normal(size=(2100, 4)).astype("float32")
    expected = explainer.shap_values(asked, check_additivity=False)[..., 1]
    ours = shapley.contributions(lightgbm.Booster(model_str=text), asked, exact=True)
    np.testing.assert_allclose(ours[:, :-1], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours[:, -1], explainer.expected_value[1], rtol=0, atol=1e-6)


def test_contributions_with_gaps_and_classes_are_lightgbms_own():
    rows, labels, weights = made(400, 8)
    ours = booster(grown(rows, labels, weights, min_samples_leaf=3), rows)
    asked, _, _ = made(2100, 9)
    expected = ours.predict(asked, pred_contrib=True)
    np.testing.assert_allclose(shapley.contributions(ours, asked), expected, rtol=0, atol=1e-6)


def test_the_worth_of_splits_is_scikit_learns_importance():
    rows, labels, weights = made(400, 10)
    forest = grown(rows, labels, weights)
    found = booster(forest, rows).feature_importance("gain")
    np.testing.assert_allclose(found, forest.feature_importances_, rtol=1e-6)


def test_an_isolation_forest_is_scikit_learns_with_gaps_at_the_median():
    rows, _, _ = made(300, 11)
    values = numbered(rows, NUMBERS)
    usual = np.array([*np.nanmedian(values[:, :ROCK], axis=0), 3], "float32")
    forest = IsolationForest(n_estimators=20, max_samples=64, random_state=0).fit(
        np.where(np.isnan(values), usual, values)
    )
    text = model_text(isolation.trees_of(forest, usual, -1.0), NAMES, rows, NUMBERS)
    asked, _, _ = made(500, 12, gaps=0.4)
    filled = np.where(np.isnan(asked), usual, numbered(asked, NUMBERS))
    found = lightgbm.Booster(model_str=text).predict(asked, raw_score=True)
    np.testing.assert_allclose(np.exp2(found), -forest.score_samples(filled), rtol=0, atol=1e-12)


def test_an_isolation_forests_contributions_are_those_of_shap(shap):
    random = np.random.default_rng(3)
    rows = random.normal(size=(300, 4)).astype("float32")
    forest = IsolationForest(n_estimators=20, max_samples=64, random_state=0).fit(rows)
    forest.estimators_features_ = [np.arange(4)] * 20  # none was left out, nor their order changed
    text = model_text(isolation.trees_of(forest, rows[0], -1.0), NAMES, rows, {})
    asked = random.normal(size=(50, 4)).astype("float32")
    expected = shap.TreeExplainer(forest).shap_values(asked, check_additivity=False)
    ours = shapley.contributions(lightgbm.Booster(model_str=text), asked)
    unit = -isolation.path_length(64)
    np.testing.assert_allclose(ours[:, :-1] * unit, expected, rtol=0, atol=1e-6)


def test_a_tree_by_hand():
    """Root asks b <= 0.5 (unknown right), then rock among {3, 4}, then leaves of 1, 2 and 4."""
    tree = Grown(
        left=np.array([1, 3, -1, -1, -1]),
        right=np.array([2, 4, -1, -1, -1]),
        layers=np.array([1, ROCK, -2, -2, -2]),
        thresholds=np.array([0.5, 1.5, -2, -2, -2]),
        unknown_left=np.array([False, True, False, False, False]),
        values=np.array([0, 0, 1.0, 2.0, 4.0]),
        weights=np.array([10, 6, 4, 1, 5.0]),
        gains=np.array([1, 1, 0, 0, 0.0]),
    )
    rows = np.zeros((1, 4), "float32")
    text = model_text([tree], NAMES, rows, NUMBERS)
    ours = lightgbm.Booster(model_str=text)
    asked = np.zeros((8, 4))
    asked[:, 1] = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, np.nan]
    asked[:, ROCK] = [3, 4, 0, 70, np.nan, 9, 3, 3]
    np.testing.assert_array_equal(ours.predict(asked), [2, 2, 4, 4, 2, 2, 1, 1])
    # the base value is the mean over the training: (4 * 1 + 1 * 2 + 5 * 4) / 10
    assert ours.predict(asked, pred_contrib=True)[0, -1] == pytest.approx(2.6)


def test_a_forest_that_found_nothing_to_split_scores_its_share():
    rows, labels = np.zeros((40, 4), "float32"), np.arange(40) % 4 == 0
    forest = RandomForestClassifier(3, random_state=0).fit(rows, labels)
    ours = lightgbm.Booster(model_str=model_text(random_forest.trees_of(forest), NAMES, rows, {}))
    expected = forest.predict_proba(rows[:1])[0, 1]
    assert ours.predict(rows[:1])[0] == pytest.approx(expected, abs=1e-15)
    np.testing.assert_allclose(ours.predict(rows[:1], pred_contrib=True)[0], [0, 0, 0, 0, expected])
