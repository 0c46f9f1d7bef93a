"""The nearest of others: held against all distances, sorted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.kernels.others import nearest_of_others


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 6), st.floats(0.1, 4))
def test_they_are_those_of_all_distances_sorted(seed, count, neighbours, radius):
    rng = np.random.default_rng(seed)
    points, owners = rng.normal(size=(count, 3)), rng.integers(0, 4, count)
    places, own = rng.normal(size=(12, 3)), rng.integers(-1, 5, 12)
    away, found = nearest_of_others(
        points, owners, places, own, neighbours=neighbours, radius=radius
    )
    for i, place in enumerate(places):
        every = np.linalg.norm(points - place, axis=1)
        every[(owners == own[i]) | (every > radius)] = np.inf
        wanted = np.sort(np.append(every, np.full(neighbours, np.inf)))[:neighbours]
        np.testing.assert_allclose(away[i], wanted, rtol=1e-12)
        there = np.isfinite(away[i])
        np.testing.assert_allclose(every[found[i][there]], away[i][there], rtol=1e-12)


def test_one_owner_of_all_leaves_nobody():
    away, found = nearest_of_others(
        np.zeros((5, 3)), np.zeros(5, np.int64), np.ones((1, 3)), np.array([0]),
        neighbours=3, radius=np.inf,
    )  # fmt: skip
    assert np.isinf(away).all()
    assert (found == 0).all()


def test_no_points_leave_nobody():
    away, _ = nearest_of_others(
        np.empty((0, 3)), np.empty(0, np.int64), np.ones((2, 3)), np.array([-1, 0]),
        neighbours=2, radius=1.0,
    )  # fmt: skip
    assert np.isinf(away).all()
