"""Unlikeness, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.kernels import dissimilarity

NONE = np.nan
CLASSES = np.array([False, False, True])


def test_it_is_the_root_mean_square_over_what_both_have():
    scales = np.array([2.0, 10.0, 0.5])
    known = np.array([[0, 0, 1], [8, NONE, 2]], "f4")
    rows = np.array([[2, 10, 1], [8, 30, 2], [NONE, NONE, 3], [NONE, NONE, NONE]], "f4")
    expected = [
        np.sqrt((1 + 1 + 0) / 3),  # from the first: one deviation in two of three
        0.0,  # the second, whose middle is unknown
        np.sqrt((1 / 0.5) ** 2),  # a class of its own
        np.nan,
    ]
    np.testing.assert_allclose(dissimilarity.nearest(rows, known, scales, CLASSES), expected)


def test_a_layer_without_scale_is_not_looked_at():
    rows = np.array([[1, 5, 1]], "f4")
    known = np.array([[1, 9, 1]], "f4")
    scales = np.array([1.0, NONE, 1.0])
    assert dissimilarity.nearest(rows, known, scales, CLASSES)[0] == 0


def test_scales_are_standard_deviations_and_of_classes_their_own():
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(5, 3, 4000), np.full(4000, 7), rng.integers(1, 5, 4000)], 1)
    rows[:100, 0] = np.nan
    scales = dissimilarity.scale_of(rows.astype("f4"), CLASSES)
    assert scales[0] == pytest.approx(rows[100:, 0].std(), rel=1e-5)
    assert np.isnan(scales[1])
    one, other = rng.permutation(rows[:, 2]), rng.permutation(rows[:, 2])
    assert scales[2] == pytest.approx(np.sqrt((one != other).mean() / 2), abs=0.01)
