import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.kernels.lines import lengths_in_circles, points_in_circles

CELL = (100.0, 100.0)
place = st.one_of(
    st.integers(-5, 16).map(float), st.integers(-5_000, 16_000).map(lambda n: n / 997)
)
edges = st.lists(st.tuples(place, place, place, place), min_size=1, max_size=4).map(np.array)


def test_a_line_through_the_centre_is_cut_to_a_diameter():
    line = np.array([[1.5, -50.0, 1.5, 60.0]])
    assert lengths_in_circles(line, (1, 3, 1, 1), CELL, 250.0)[0, 0] == pytest.approx(500.0)


def test_a_line_that_passes_aside_is_cut_to_a_chord():
    line = np.array([[4.5, -50.0, 4.5, 60.0]])  # 300 m below the cell's centre
    assert lengths_in_circles(line, (1, 3, 1, 1), CELL, 500.0)[0, 0] == pytest.approx(800.0)


def test_a_line_that_ends_within_counts_as_far_as_it_goes():
    line = np.array([[1.5, 3.5, 1.5, 3.5 + 30.0]])
    assert lengths_in_circles(line, (1, 3, 1, 1), CELL, 250.0)[0, 0] == pytest.approx(250.0)
    inside = np.array([[1.5, 3.0, 2.5, 3.0]])
    assert lengths_in_circles(inside, (1, 3, 1, 1), CELL, 250.0)[0, 0] == pytest.approx(100.0)


@given(edges, st.floats(60, 700))
@settings(max_examples=60)
def test_lengths_are_those_of_lines_clipped_by_shapelys_circles(lines, radius):
    height, width = 60.0, 110.0  # oblong cells
    found = lengths_in_circles(lines, (0, 0, 5, 6), (height, width), radius)
    rows, columns = np.mgrid[:5, :6] + 0.5
    circles = shapely.buffer(shapely.points(columns * width, rows * height), radius, quad_segs=256)
    ends = (lines * (height, width, height, width))[:, [1, 0, 3, 2]].reshape(-1, 2, 2)
    expected = sum(
        shapely.length(shapely.intersection(line, circles)) for line in shapely.linestrings(ends)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.01 * radius)


@given(edges, st.integers(-3, 6), st.integers(-3, 6))
def test_a_window_changes_not_a_bit_of_a_length(lines, top, left):
    whole = lengths_in_circles(lines, (-3, -3, 14, 14), CELL, 330.0)
    part = lengths_in_circles(lines, (top, left, 3, 4), CELL, 330.0)
    assert np.array_equal(part, whole[top + 3 : top + 6, left + 3 : left + 7])


def test_an_edge_of_no_length_adds_nothing():
    assert not lengths_in_circles(np.array([[1.5, 1.5, 1.5, 1.5]]), (0, 0, 3, 3), CELL, 200.0).any()


points = st.lists(st.tuples(place, place), min_size=1, max_size=12).map(np.array)


@given(points, st.sampled_from([100.0, 200.0, 500.0, 333.3]))
def test_points_are_those_no_farther_than_the_radius(there, radius):
    found = points_in_circles(there, (0, 0, 6, 7), CELL, radius)
    rows, columns = np.mgrid[:6, :7] + 0.5
    away = np.hypot(rows[..., None] - there[:, 0], columns[..., None] - there[:, 1]) * 100
    sure = np.abs(away - radius).min(axis=-1) > 1e-6
    assert np.array_equal(found[sure], (away <= radius).sum(axis=-1)[sure])


def test_the_rim_of_the_circle_counts():
    found = points_in_circles(np.array([[0.5, 0.5]]), (0, 0, 5, 6), CELL, 500.0)
    assert found[3, 4] == 1  # 300 m down and 400 m across
    assert found[0, 5] == 1
    assert found[4, 4] == 0
    assert math.hypot(4, 4) > 5
