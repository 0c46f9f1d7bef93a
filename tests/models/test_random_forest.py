"""Random forest: the order of its classes, its settings, what it does with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from geoprospect.models.random_forest import random_forest, ranks
from geoprospect.models.training import training

from . import samples


def of_classes(codes, labels, weights=None):
    rows = np.array(codes, "float32")[:, None]
    return training(rows, labels, weights, ["rock"], ["rock"])


def test_classes_stand_in_the_order_of_their_share_of_deposits():
    learnt = of_classes([5, 5, 2, 2, 2, 9, 9, np.nan], [1, 1, 0, 0, 1, 0, 0, 1])
    assert ranks(learnt, 0, 0.0) == {9: 0, 2: 1, 5: 2}


def test_a_rare_class_does_not_stand_at_the_end_by_chance():
    """Class 1: one deposit of one sample. Class 2: eight of ten. The average is a half."""
    codes = [1] + [2] * 10 + [3] * 9
    labels = [1] + [1] * 8 + [0] * 2 + [1] + [0] * 8
    learnt = of_classes(codes, labels)
    assert ranks(learnt, 0, 0.0) == {3: 0, 2: 1, 1: 2}
    # with ten average samples each: 6/11, 13/20 and 6/19
    assert ranks(learnt, 0, 10.0) == {3: 0, 1: 1, 2: 2}


def test_weights_count_in_the_order():
    learnt = of_classes([1, 1, 2, 2], [1, 0, 1, 0], [1, 3, 3, 1])
    assert ranks(learnt, 0, 0.0) == {1: 0, 2: 1}


def test_without_classes_it_is_scikit_learns_forest_on_sorted_rows():
    rows, labels = samples.labelled()
    plain = np.delete(rows, samples.ROCK, axis=1)
    order = np.lexsort((labels, *plain.T[::-1]))
    theirs = RandomForestClassifier(
        20, min_samples_leaf=4, max_leaf_nodes=40, max_features=0.5, random_state=9
    ).fit(plain[order], labels[order], sample_weight=np.ones(len(labels)))
    ours = random_forest(
        seed=9, n_estimators=20, min_samples_leaf=4, max_leaf_nodes=40, max_features=0.5
    ).fit(plain, labels, feature_name=["a", "b", "c", "d"])
    fresh = np.delete(samples.rows(200, 8), samples.ROCK, axis=1)
    np.testing.assert_allclose(ours.predict_proba(fresh), theirs.predict_proba(fresh), atol=1e-14)


def test_weights_reach_the_trees():
    rows, labels = samples.labelled()
    even = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    plain, balanced = (
        random_forest(seed=1, n_estimators=20).fit(rows, labels, weights, **samples.NAMED)
        for weights in (None, even)
    )
    fresh = samples.rows(300, 8)
    assert plain.predict_proba(fresh)[:, 1].mean() == pytest.approx(labels.mean(), abs=0.05)
    assert balanced.predict_proba(fresh)[:, 1].mean() > 1.5 * labels.mean()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"n_estimators": 0}, "n_estimators must be 1 or more, got 0"),
        ({"min_samples_leaf": 0}, "min_samples_leaf must be 1 or more, got 0"),
        ({"max_leaf_nodes": 1}, "max_leaf_nodes must be 2 or more, got 1"),
        ({"max_features": 1.5}, "max_features must be above 0 and at most 1, got 1.5"),
        ({"smoothing": -1}, "smoothing must be 0 or more, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(setting, told):
    with pytest.raises(ValueError, match=told):
        random_forest(seed=0, **setting)
