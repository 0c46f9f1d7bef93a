"""Likeness of columns: as pandas and plain least squares have it, and by closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import average, fcluster
from scipy.spatial.distance import squareform

from geoprospect.kernels import likeness


def table(seed: int, gaps: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(200, 5))
    values[:, 1] = values[:, 0] ** 3 + rng.normal(0, 0.1, 200)
    values[:, 2] = -values[:, 0] + rng.normal(0, 1, 200)
    values[:, 3] = rng.integers(0, 4, 200)
    values[rng.random(values.shape) < gaps] = np.nan
    return values


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.8]))
def test_correlations_are_those_of_pandas(seed, gaps):
    values = table(seed, gaps)
    theirs = pd.DataFrame(values).corr(method="spearman", min_periods=30).to_numpy(copy=True)
    np.fill_diagonal(theirs, 1)
    np.testing.assert_allclose(likeness.spearman(values), theirs, atol=1e-12)


def test_a_rising_transform_changes_nothing():
    values = table(1)
    np.testing.assert_allclose(likeness.spearman(np.exp(values)), likeness.spearman(values))


def test_columns_without_enough_in_common_or_without_spread_are_not_compared():
    values = np.random.default_rng(0).normal(size=(100, 3))
    values[:, 1] = 7
    values[29:, 2] = np.nan
    found = likeness.spearman(values)
    assert np.isnan(found[0, 1])
    assert np.isnan(found[0, 2])
    assert (np.diag(found) == 1).all()


def test_groups_are_those_of_average_linkage_by_hand():
    """a-b 0.9 apart from c: the mean of 0.85 and 0.76 is 0.805, above 0.8 and below 0.81."""
    found = np.array([[1, 0.9, 0.85, 0.1], [0.9, 1, -0.76, 0], [0.85, -0.76, 1, 0], [0.1, 0, 0, 1]])
    assert len(set(likeness.linked(found, 0.8)[1][:3])) == 1
    assert len(set(likeness.linked(found, 0.81)[1][:3])) == 2
    order, group = likeness.linked(found, 0.8)
    assert sorted(order) == [0, 1, 2, 3]
    assert group[3] not in group[:3]
    theirs = fcluster(average(squareform(1 - np.abs(found), checks=False)), 0.2, "distance")
    assert len(np.unique(np.stack([theirs, group]), axis=1).T) == 2


def test_a_pair_right_at_the_limit_is_together():
    found = np.array([[1, 0.8], [0.8, 1]])
    assert len(set(likeness.linked(found, 0.8)[1])) == 1


@pytest.mark.parametrize("r", [0.0, 0.5, -0.95])
def test_inflation_of_two_columns_is_one_over_one_less_r_squared(r):
    rng = np.random.default_rng(2)
    one, other = np.linalg.qr(rng.normal(size=(500, 3)) - 0)[0][:, :2].T
    one, other = one - one.mean(), other - other.mean()
    other = other - (other @ one) / (one @ one) * one
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    both = np.stack([one, r * one + np.sqrt(1 - r**2) * other], axis=1)
    np.testing.assert_allclose(likeness.inflation(both), 1 / (1 - r**2), rtol=1e-9)


def test_inflation_is_the_diagonal_of_the_inverse_correlation():
    values = table(3, gaps=0)
    values[:, 1] = values[:, 0] + 0.3 * values[:, 1] ** (1 / 3 * 3) / 10
    expected = np.diag(np.linalg.inv(np.corrcoef(values.T)))
    np.testing.assert_allclose(likeness.inflation(values), expected, rtol=1e-6)
    units = values * [1, 1000, 1e-3, 5, 2] + [0, 4, 1, 0, 9]
    np.testing.assert_allclose(likeness.inflation(units), expected, rtol=1e-6)


def test_a_sum_of_the_others_is_infinite_and_a_constant_has_none():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(2, 100))
    values = np.stack([one, other, one + other, np.full(100, 3.0)], axis=1)
    found = likeness.inflation(values)
    assert np.isinf(found[:3]).all()
    assert np.isnan(found[3])
    assert np.isnan(likeness.inflation(values[:5])).all()
