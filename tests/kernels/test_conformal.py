"""Conformal levels counted by hand, and their promise kept on made deposits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from geoprospect.kernels import conformal

SCORES = arrays("float32", st.integers(1, 40), elements=st.sampled_from([0, 0.1, 0.3, 0.5, 0.9]))
REPEATS = 200


def test_three_clusters_by_hand():
    known = np.array([0.2, 0.8, 0.5], "float32")
    found = conformal.levels(np.array([0.1, 0.2, 0.6, 0.9], "float32"), known)
    assert found.tolist() == [0.25, 0.5, 0.75, 1.0]
    weighted = conformal.levels(
        np.array([0.1, 0.2, 0.6], "float32"), known, np.array([0.5, 1, 0.25])
    )
    np.testing.assert_allclose(weighted, np.array([1, 1.5, 1.75]) / 2.75)


@given(SCORES, st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.5, 0.7]))
def test_the_threshold_is_the_one_of_that_rank(known, alpha):
    rank = math.floor(alpha * (len(known) + 1) + 1e-9)
    found = conformal.threshold(known, alpha)
    assert found == (np.sort(known)[rank - 1] if rank else None)
    assert (found is None) == (len(known) < conformal.fewest(alpha))


@given(SCORES, SCORES, st.sampled_from([0.1, 0.2, 0.5]))
def test_ground_above_the_threshold_is_ground_with_a_level_above_alpha(known, scores, alpha):
    found = conformal.threshold(known, alpha)
    inside = conformal.above(conformal.levels(scores, known).astype("float32"), alpha)
    np.testing.assert_array_equal(inside, scores >= (-np.inf if found is None else found))


def test_nine_clusters_are_the_least_for_nine_in_ten():
    assert [conformal.fewest(a) for a in (0.5, 0.2, 0.1, 0.05)] == [1, 4, 9, 19]
    known = np.arange(9, dtype="float32")
    assert conformal.threshold(known, 0.1) == 0
    assert conformal.threshold(known[:8], 0.1) is None


def test_rounding_to_float32_moves_no_level_over_alpha():
    level = conformal.levels(np.array([-1.0], "float32"), np.arange(9, dtype="float32"))
    assert float(level.astype("float32")[0]) > 0.1
    assert not conformal.above(level.astype("float32"), 0.1)[0]


def test_what_is_proved_of_refitted_models():
    assert conformal.guarantee(0.1, clusters=20, models=20) == pytest.approx(0.8)
    # min(2 (1 - 1/5) / (20/5 + 1), (1 - 5/20) / (5 + 1)) = min(0.32, 0.125)
    assert conformal.guarantee(0.1, clusters=20, models=5) == pytest.approx(0.675)
    assert conformal.guarantee(0.1, clusters=3, models=5) == pytest.approx(0.8)  # two left none
    assert conformal.guarantee(0.5, clusters=20, models=20) == 0


@pytest.mark.parametrize(("clusters", "alpha"), [(9, 0.1), (19, 0.1), (24, 0.2), (30, 0.35)])
def test_a_new_deposit_is_inside_as_often_as_is_said(clusters, alpha):
    rng = np.random.default_rng(clusters)
    scores = rng.beta(2, 3, (REPEATS, clusters + 1)).astype("float32")
    inside = sum(
        bool(conformal.above(conformal.levels(one[-1:], one[:-1]), alpha)[0]) for one in scores
    )
    exact = 1 - math.floor(alpha * (clusters + 1) + 1e-9) / (clusters + 1)
    low, high = stats.binom.interval(0.999, REPEATS, exact)
    assert exact >= 1 - alpha - 1e-9
    assert low <= inside <= high


def fitted_level(clusters, new):
    """Level of a new cluster by leave-one-out; a model scores likeness to the mean it learnt."""
    level = 1
    for n, one in enumerate(clusters):
        mean = np.delete(clusters, n, axis=0).mean(axis=0)
        level += np.linalg.norm(one - mean) >= np.linalg.norm(new - mean)
    return level / (len(clusters) + 1)


@pytest.mark.parametrize("alpha", [0.1, 0.2])
def test_with_models_fitted_anew_coverage_keeps_to_what_is_proved_and_near_what_is_usual(alpha):
    rng = np.random.default_rng(5)
    places = rng.standard_t(4, (REPEATS, 20, 3))
    inside = sum(bool(conformal.above(fitted_level(p[:-1], p[-1]), alpha)) for p in places)
    low, high = stats.binom.interval(0.999, REPEATS, 1 - alpha)
    assert inside >= low - 0.02 * REPEATS
    assert inside <= high
    assert inside / REPEATS >= conformal.guarantee(alpha, 19, 19)
