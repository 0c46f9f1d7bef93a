"""Isolation forest: both readings, by scikit-learn's score, and what stands for unknown."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from geoprospect.errors import ModelError
from geoprospect.models.isolation import isolation_forest, path_length, surprise

from . import samples

NAMES = ["a", "b", "c", "d"]


def plain(count, seed):
    return np.delete(samples.rows(count, seed, gaps=0), [2, samples.ROCK], axis=1)


def named(names):
    return {"feature_name": names, "categorical_feature": []}


def sorted_rows(rows, labels):
    return rows[np.lexsort((labels, *rows.T[::-1]))]


def test_path_lengths_are_those_of_a_search_in_a_binary_tree():
    """By the harmonic numbers themselves, which the formula takes as logarithms."""
    np.testing.assert_array_equal(path_length([0, 1, 2]), [0, 0, 1])
    for n in (64, 256, 1000):
        exact = 2 * sum(1 / k for k in range(1, n)) - 2 * (n - 1) / n
        assert path_length(n) == pytest.approx(exact, abs=1 / (n - 1))
    assert path_length(256) == pytest.approx(10.2448, abs=5e-5)


def test_an_anomaly_score_is_scikit_learns():
    rows = plain(400, 1)
    labels = (np.arange(400) < 30).astype(int)
    ours = isolation_forest(seed=4, n_estimators=40).fit(rows, labels, **named(NAMES[:3]))
    theirs = IsolationForest(n_estimators=40, max_samples=256, random_state=4).fit(
        sorted_rows(rows, labels)
    )
    fresh = plain(300, 2)
    np.testing.assert_allclose(
        ours.predict_proba(fresh)[:, 1], -theirs.score_samples(fresh), rtol=0, atol=1e-12
    )


def test_one_class_learns_from_the_deposits_alone():
    rows = plain(400, 1)
    labels = (np.arange(400) < 90).astype(int)
    ours = isolation_forest(seed=4, reading="one_class", n_estimators=40)
    ours.fit(rows, labels, **named(NAMES[:3]))
    deposits = sorted_rows(rows[:90], labels[:90])
    theirs = IsolationForest(n_estimators=40, max_samples=90, random_state=4).fit(deposits)
    fresh = plain(300, 2)
    expected = 1 + theirs.score_samples(fresh)
    np.testing.assert_allclose(ours.predict_proba(fresh)[:, 1], expected, rtol=0, atol=1e-12)


def test_an_anomaly_does_not_depend_on_labels_or_weights():
    rows, labels = samples.labelled()
    other = np.random.default_rng(0).permutation(labels)
    heavy = np.where(labels == 1, 50.0, 1.0)
    one, two = (
        isolation_forest(seed=0, n_estimators=10).fit(rows, told, weights, **samples.NAMED)
        for told, weights in ((labels, None), (other, heavy))
    )
    np.testing.assert_array_equal(one.predict_proba(rows), two.predict_proba(rows))


def test_unknown_is_taken_at_the_median_and_it_is_said(caplog):
    rows, labels = samples.labelled(601)
    with caplog.at_level(logging.INFO):
        fitted = isolation_forest(seed=0, n_estimators=20).fit(rows, labels, **samples.NAMED)
    assert "takes what is unknown at the training's median, or commonest class: sig" in caplog.text
    codes = rows[:, samples.ROCK]
    usual = np.nanmedian(rows, axis=0).astype("float32")
    usual[samples.ROCK] = np.bincount(codes[~np.isnan(codes)].astype(int)).argmax()
    fresh = samples.rows(300, 9, gaps=0.4)
    filled = np.where(np.isnan(fresh), usual, fresh)
    np.testing.assert_array_equal(fitted.predict_proba(fresh), fitted.predict_proba(filled))


def test_classes_stand_at_the_logarithm_of_their_share():
    codes = np.array([3, 3, 3, 3, 8, 8, 1, 1, np.nan], "float32")
    found = surprise(codes)
    assert found == pytest.approx({3: np.log(2), 8: np.log(4), 1: np.log(4)})


def test_a_rare_class_is_unusual():
    random = np.random.default_rng(0)
    rock = np.where(np.arange(500) < 8, 3, random.choice([1, 2], 500))
    rows = np.column_stack([rock, random.normal(size=500)]).astype("float32")
    fitted = isolation_forest(seed=0).fit(
        rows, np.arange(500) % 2, feature_name=["rock", "x"], categorical_feature=["rock"]
    )
    score = fitted.predict_proba(np.array([[1, 0], [2, 0], [3, 0]], "float32"))[:, 1]
    assert score[2] > score[:2].max() + 0.1


def test_what_it_cannot_do_is_refused():
    with pytest.raises(ValueError, match="max_samples must be 2 or more, got 1"):
        isolation_forest(seed=0, max_samples=1)
    with pytest.raises(ValueError, match="n_estimators must be 1 or more, got 0"):
        isolation_forest(seed=0, n_estimators=0)
    rows = plain(10, 0)
    with pytest.raises(ModelError, match="learns from 2 samples or more, there is 1"):
        isolation_forest(seed=0, reading="one_class").fit(
            rows, np.arange(10) == 0, **named(NAMES[:3])
        )
