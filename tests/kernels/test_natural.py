"""Natural neighbours against ground counted cell by cell, and planes that they must meet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geoprospect.kernels.natural import natural_neighbour, net


def estimated(places, values, cells, radius=np.inf):
    return natural_neighbour(cKDTree(places), values, cells, triangles=net(places), radius=radius)


def by_counting(places, values, cell, side=1000.0, steps=800):
    """Of fine squares: which samples would lose how many of them to the cell."""
    line = (np.arange(steps) + 0.5) * side / steps
    squares = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    distance, nearest = cKDTree(places).query(squares)
    taken = ((squares - cell) ** 2).sum(axis=1) < distance**2
    lost = np.bincount(nearest[taken], minlength=len(places))
    return lost @ values / lost.sum()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weights_are_the_ground_that_each_sample_loses(seed):
    rng = np.random.default_rng(seed)
    places, values = rng.uniform(0, 1000, (60, 2)), rng.normal(size=(60, 2))
    cells = rng.uniform(350, 650, (8, 2))
    expected = [by_counting(places, values, cell) for cell in cells]
    np.testing.assert_allclose(estimated(places, values, cells), expected, atol=0.01)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(3, 60))
def test_a_plane_is_met_wherever_samples_lie(seed, count):
    rng = np.random.default_rng(seed)
    places, cells = rng.uniform(0, 1000, (count, 2)), rng.uniform(0, 1000, (50, 2))
    plane = np.array([[3.0], [-2.0]])
    found = estimated(places, places @ plane + 5, cells)
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], (cells @ plane + 5)[known], atol=0.02)


def test_a_lattice_of_samples_on_one_circle_is_met_on_its_edges_and_diagonals():
    line = np.arange(6) * 100.0
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    fine = np.arange(25, 500, 25.0)
    cells = np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2)
    plane = np.array([[2.0], [1.0]])
    np.testing.assert_allclose(estimated(places, places @ plane, cells), cells @ plane, atol=1e-3)


def test_a_sample_keeps_its_value_and_beyond_the_outline_nothing_is_known():
    places = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100], [40, 60]])
    values = np.arange(5.0)[:, None]
    cells = np.array([[40.0, 60], [-1, 50], [50, 200], [50, 50]])
    found = estimated(places, values, cells)[:, 0]
    assert found[0] == 4
    assert np.isnan(found[1:3]).all()
    assert 0 < found[3] < 4
    assert np.isnan(estimated(places, values, cells[3:], radius=5)).all()


def test_the_estimate_is_between_its_neighbours_and_the_same_in_any_company():
    rng = np.random.default_rng(4)
    places, values = rng.uniform(0, 1000, (200, 2)), rng.uniform(size=(200, 1))
    cells = rng.uniform(0, 1000, (500, 2))
    whole = estimated(places, values, cells)
    known = whole[~np.isnan(whole)]
    assert known.min() >= values.min() - 1e-9
    assert known.max() <= values.max() + 1e-9
    for part in (slice(0, 7), slice(100, 400), slice(499, 500)):
        np.testing.assert_array_equal(estimated(places, values, cells[part]), whole[part])


def test_samples_on_one_line_have_no_triangles():
    assert net(np.array([[0.0, 0], [1, 1]])) is None
    assert net(np.array([[0.0, 0], [1, 1], [2, 2], [5, 5]])) is None
