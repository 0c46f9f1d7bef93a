"""Nearness and density of points, against every pair."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from geoprospect.kernels import nearness

RNG = np.random.default_rng(1)
POINTS = RNG.uniform(0, 10_000, (60, 2))
PLACES = RNG.uniform(-1000, 11_000, (500, 2))


def test_the_nearest_is_the_least_of_all_distances():
    found = nearness.nearest(POINTS, PLACES)
    np.testing.assert_allclose(found, cdist(PLACES, POINTS).min(axis=1))


@pytest.mark.parametrize("bandwidth", [300.0, 2500.0])
def test_density_is_the_sum_of_the_kernel(bandwidth, monkeypatch):
    monkeypatch.setattr(nearness, "BATCH", 123)
    away = cdist(PLACES, POINTS) / bandwidth
    expected = 3e6 / (np.pi * bandwidth**2) * np.where(away < 1, (1 - away**2) ** 2, 0).sum(axis=1)
    np.testing.assert_allclose(nearness.quartic_density(POINTS, PLACES, bandwidth), expected)


def test_a_points_kernel_adds_up_to_one():
    x = np.arange(-2000, 2001, 25.0)
    places = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    density = nearness.quartic_density(np.zeros((1, 2)), places, 1500)
    assert density.sum() * 0.025**2 == pytest.approx(1, rel=1e-3)


def test_neighbours_are_others():
    away = cdist(POINTS, POINTS)
    np.fill_diagonal(away, np.inf)
    np.testing.assert_allclose(nearness.neighbour_distances(POINTS), away.min(axis=1))
