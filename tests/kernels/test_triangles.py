"""Triangles: held against least squares with shares, and hulls told by barycentric coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from scipy.spatial import ConvexHull, Delaunay

from geoprospect.kernels.triangles import LEAF, crossings, distances, tree

seeds = st.integers(0, 10_000)


def nearest(place, corners):
    """Least squares with shares of the corners that are positive and sum to one."""
    heavy = 1e5
    system = np.vstack([corners.T - place[:, None], np.full(3, heavy)])
    shares = nnls(system, np.array([0, 0, 0, heavy]))[0]
    return np.linalg.norm(corners.T @ (shares / shares.sum()) - place)


@settings(max_examples=15)
@given(seeds, st.integers(1, 40), st.floats(0.1, 5))
def test_distances_are_those_of_least_squares(seed, count, size):
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(count, 1, 3)) + size * rng.normal(size=(count, 3, 3))
    places = 3 * rng.normal(size=(4, 3))
    wanted = [min(nearest(place, one) for one in corners) for place in places]
    np.testing.assert_allclose(distances(tree(corners), places), wanted, rtol=1e-6, atol=1e-6)


def test_corner_edge_and_face_by_hand():
    one = np.array([[[0, 0, 0], [4, 0, 0], [0, 3, 0]]], float)
    places = np.array([[1, 1, 5], [-3, -4, 0], [2, -2, 0], [4, 3, 0], [1, 1, 0], [7, 0, 4]], float)
    np.testing.assert_allclose(distances(tree(one), places), [5, 5, 2, 2.4, 0, 5], atol=1e-12)


def test_a_triangle_without_area_is_the_line_or_point_it_is():
    thin = np.array([[[0, 0, 0], [2, 0, 0], [1, 0, 0]], [[9, 9, 9]] * 3], float)
    places = np.array([[1, 1, 0], [3, 0, 0], [9, 9, 7]], float)
    np.testing.assert_allclose(distances(tree(thin), places), [1, 1, 2], atol=1e-12)


@settings(max_examples=10)
@given(seeds, st.integers(1, 90))
def test_neither_order_nor_company_changes_a_bit(seed, count):
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(count, 3, 3))
    places = 2 * rng.normal(size=(30, 3))
    found = distances(tree(corners), places)
    assert np.array_equal(found[::-1], distances(tree(corners), places[::-1]))
    one_by_one = [distances(tree(corners), place[None])[0] for place in places]
    assert np.array_equal(found, one_by_one)
    assert np.array_equal(found, distances(tree(corners[rng.permutation(count)]), places))


@settings(max_examples=15)
@given(seeds, st.integers(4, 30))
def test_an_odd_number_lies_above_what_is_inside_a_hull(seed, count):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 9, (count, 3))
    corners = points[ConvexHull(points).simplices]
    above = crossings(corners, (9, 8, 7), np.array([1.3, 1.1, 1.0]))
    steps = (size * (np.arange(count) + 0.5) for count, size in ((9, 1.0), (8, 1.1), (7, 1.3)))
    z, y, x = np.meshgrid(*steps, indexing="ij")
    middles = np.column_stack([part.ravel() for part in (x, y, z)])
    inside = Delaunay(points[ConvexHull(points).vertices]).find_simplex(middles) >= 0
    assert np.array_equal(above.ravel() % 2 == 1, inside)


def test_edges_through_the_middles_of_blocks_count_once():
    low, high = 1.5, 4.5
    points = np.array([[x, y, z] for x in (low, high) for y in (low, high) for z in (low, high)])
    corners = points[ConvexHull(points).simplices]
    above = crossings(corners, (6, 6, 6), np.ones(3))
    counts = np.unique((above % 2).sum(axis=0), return_counts=True)
    assert counts[0].tolist() == [0, 3]
    assert counts[1].tolist() == [27, 9]


@pytest.mark.parametrize("count", [1, LEAF, LEAF + 1, 37])
def test_every_triangle_is_in_the_tree(count):
    corners = np.random.default_rng(1).normal(size=(count, 3, 3))
    made = tree(corners)
    assert {one.tobytes() for one in made.corners} == {one.tobytes() for one in corners}
    assert len(made.corners) == made.width * (len(made.lowest) + 1) // 2
