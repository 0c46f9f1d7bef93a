"""Normal scores: four grades by hand, the mean of the ground, there and back."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoprospect.errors import DataError
from geoprospect.resources.normal_scores import normal_scores

grades_drawn = st.lists(st.integers(0, 50), min_size=2, max_size=40).filter(
    lambda one: len(set(one)) > 1
)


def test_four_grades_by_hand():
    made = normal_scores([3, np.nan, 1, 10, 2], weights=np.ones(5), seed=0, limits=(0, 20))
    wanted = stats.norm.ppf([5 / 8, 1 / 8, 7 / 8, 3 / 8])
    np.testing.assert_allclose(made.samples[[0, 2, 3, 4]], wanted)
    assert np.isnan(made.samples[1])
    # halfway to the ends of the tails, and between the two middle grades
    np.testing.assert_allclose(made.back(stats.norm.ppf([1 / 16, 15 / 16, 0.5])), [0.5, 15, 2.5])


def test_weights_are_shares_of_the_ground():
    made = normal_scores([1, 2], weights=[3, 1], seed=0)
    np.testing.assert_allclose(stats.norm.cdf(made.samples), [3 / 8, 7 / 8])


@given(grades_drawn, st.integers(0, 5))
def test_there_and_back_whatever_the_ties(grades, seed):
    weights = 1 + np.arange(len(grades)) % 3
    made = normal_scores(grades, weights=weights, seed=seed)
    np.testing.assert_allclose(made.back(made.samples), grades, atol=1e-9)
    assert len(np.unique(made.samples)) == len(grades)


def test_what_is_drawn_has_the_declustered_mean():
    rng = np.random.default_rng(2)
    grades, weights = rng.lognormal(size=500), rng.uniform(0.2, 3, 500)
    made = normal_scores(grades, weights=weights, seed=0)
    drawn = made.back(stats.norm.ppf((np.arange(50_000) + 0.5) / 50_000))
    assert drawn.mean() == pytest.approx(np.average(grades, weights=weights), rel=0.01)


def test_ties_are_said(caplog):
    with caplog.at_level(logging.INFO):
        normal_scores([0, 0, 0, 1], weights=np.ones(4), seed=0)
    assert "2 grades equal another one" in caplog.text


@pytest.mark.parametrize(
    ("grades", "settings", "message"),
    [
        ([2, 2, np.nan], {}, "two grades that differ"),
        ([1, 2, 3], {"weights": [1, 0, 1]}, "weights must be positive"),
        ([1, 2, 3], {"limits": (0, 2.5)}, "run from 1 to 3, beyond the limits 0 to 2.5; cut them"),
    ],
)
def test_what_has_no_scores_is_refused(grades, settings, message):
    with pytest.raises(DataError, match=message):
        normal_scores(grades, **{"weights": np.ones(3), "seed": 0} | settings)
