from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from geoprospect.kernels import nearest as kernel
from geoprospect.kernels.nearest import nearest


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 600), st.integers(1, 5), st.integers(0, 99), st.data())
def test_distances_and_counts_are_those_of_all_pairs(places, points, dimensions, seed, data):
    rng = np.random.default_rng(seed)
    # whole numbers, so that ties and distances of exactly the radius are common
    one, other = (rng.integers(-3, 4, (n, dimensions)).astype(float) for n in (places, points))
    first = data.draw(st.integers(0, points))
    radius = data.draw(st.sampled_from([0.0, 1.0, 2.0, 3.5]))
    away, own, near = nearest(one, other, first=first, radius=radius)
    pairs = cdist(one, other)
    np.testing.assert_allclose(away, pairs.min(axis=1), atol=1e-12)
    np.testing.assert_allclose(own, pairs[:, :first].min(axis=1, initial=np.inf), atol=1e-12)
    np.testing.assert_array_equal(near, (pairs < radius).sum(axis=1))


def test_what_else_is_asked_for_changes_no_bit():
    rng = np.random.default_rng(0)
    places, points = rng.normal(size=(50, 9)), rng.normal(size=(kernel.TILE + 3, 9))
    whole = nearest(places, points, first=7, radius=2)
    parts = [nearest(part, points, first=7, radius=2) for part in np.array_split(places, 7)]
    for n, one in enumerate(whole):
        np.testing.assert_array_equal(one, np.concatenate([part[n] for part in parts]))
    np.testing.assert_array_equal(nearest(places, points)[0], whole[0])


def test_a_point_is_no_distance_from_itself():
    points = np.random.default_rng(1).normal(size=(300, 4))
    away, own, near = nearest(points, points, radius=1e-9)
    assert (away == 0).all()
    assert (own == np.inf).all()
    assert near.tolist() == [1] * 300


def test_one_dimension_by_hand():
    away, own, near = nearest(
        np.array([[7.0]]), np.array([[0], [2], [4], [10.0]]), first=2, radius=5
    )
    assert (away[0], own[0], near[0]) == pytest.approx((3, 5, 2))
