"""Circles about cells, held against cells counted one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels import circles

STATISTICS = {
    "mean": circles.mean,
    "standard_deviation": circles.standard_deviation,
    "extent": circles.extent,
    "number": lambda values, circle: circles.number(np.rint(values), range(-4, 5), circle),
    "shannon": lambda values, circle: circles.shannon(np.rint(values), range(-4, 5), circle),
}


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 7))
def test_a_circle_holds_the_centres_within_its_radius(radius, height, width):
    spans = circles.spans(radius, (height, width))
    rows, columns = np.mgrid[-45:46, -45:46]
    inside = (rows * height) ** 2 + (columns * width) ** 2 <= radius**2  # whole numbers: exact
    counted = sum((2 * span + 1) * (2 if row else 1) for row, span in enumerate(spans))
    assert counted == inside.sum()
    assert spans == [inside[45 + row].sum() // 2 for row in range(len(spans))]


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("reach", [1, 2, 7])
def test_where_the_block_begins_changes_not_a_bit(name, reach):
    statistic, circle = STATISTICS[name], circles.spans(reach, (1, 1))
    values = np.random.default_rng(reach).normal(size=(31, 37)) * np.logspace(-3, 3, 37)
    values[values > 500] = np.nan
    whole = statistic(values, circle)
    part = statistic(values[5:, 11:30], circle)
    np.testing.assert_array_equal(part, whole[5:, 11 : 11 + part.shape[1]])


def test_sums_of_parts_are_those_of_the_whole_in_any_order():
    spans = circles.spans(9, (1, 1))
    whole = np.random.default_rng(2).integers(0, 9, (1, 40, 45))
    found = circles.merged(whole, np.add, spans)[0]
    rows, columns = np.mgrid[-9:10, -9:10]
    circle = rows**2 + columns**2 <= 81
    windows = np.lib.stride_tricks.sliding_window_view(whole[0], (19, 19))
    np.testing.assert_array_equal(found, (windows * circle).sum(axis=(2, 3)))


def test_more_classes_than_bits_in_a_word_are_told_apart():
    codes = np.arange(150, dtype="f4").reshape(10, 15)
    circle = circles.spans(4, (1, 1))
    cells = (2 * np.array(circle) + 1) @ np.r_[1, np.full(len(circle) - 1, 2)]
    assert (circles.number(codes, range(150), circle) == cells).all()
    assert (circles.number(codes, range(64), circle)[:, 0] <= 64).all()
    index = circles.shannon(codes, range(150), circle)
    np.testing.assert_allclose(index, np.log(cells))


def test_ground_without_classes_has_no_index():
    codes = np.full((9, 9), np.nan)
    circle = circles.spans(2, (1, 1))
    assert np.isnan(circles.shannon(codes, [1, 2], circle)).all()
    assert np.isnan(circles.mean(codes, circle)).all()
    assert np.isnan(circles.extent(codes, circle)).all()
    assert np.isnan(circles.standard_deviation(codes, circle)).all()
    assert not circles.number(codes, [1, 2], circle).any()
