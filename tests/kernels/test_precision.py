"""Thompson and Howarth's line, against differences that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.kernels.precision import (
    TO_DEVIATION,
    coefficient_of_variation,
    thompson_howarth,
)


@pytest.mark.parametrize("count", [50, 55, 66, 70])
def test_differences_on_a_line_give_that_line(count):
    means = np.arange(1.0, count + 1)
    half = (0.4 + 0.1 * means) / 2
    order = np.random.default_rng(1).permutation(count)
    found = thompson_howarth((means - half)[order], (means + half)[order])
    # the factor of Stanley and Lawie (2007) from median differences to deviations
    assert abs(TO_DEVIATION - 1.04836) < 2e-5
    assert found.intercept == pytest.approx(1.04836 * 0.4, rel=1e-4)
    assert found.slope == pytest.approx(1.04836 * 0.1, rel=1e-4)
    assert found.precision(10) == pytest.approx(2 * 1.04836 * (0.04 + 0.1), rel=1e-4)
    limit = found.detection_limit
    assert found.precision(limit) == pytest.approx(1)


def test_the_deviation_of_made_analyses_is_found():
    random = np.random.default_rng(2)
    truth = random.uniform(5, 200, 4000)
    deviation = 1.5 + 0.06 * truth
    one, other = truth + deviation * random.normal(size=(2, 4000))
    found = thompson_howarth(one, other)
    assert found.intercept == pytest.approx(1.5, rel=0.25)
    assert found.slope == pytest.approx(0.06, rel=0.1)


def test_fewer_than_fifty_pairs_tell_no_line():
    assert thompson_howarth(np.arange(49.0), np.arange(49.0) + 1) is None


def test_a_line_that_meets_zero_below_zero_has_no_detection_limit():
    means = np.arange(10.0, 76.0)
    half = (0.2 * means - 1) / 2
    found = thompson_howarth(means - half, means + half)
    assert np.isnan(found.detection_limit)


def test_variation_is_the_formula_of_pairs():
    """Stanley and Lawie (2007): sqrt(2 / N sum((a - b)^2 / (a + b)^2))."""
    a, b = np.array([10.0, 20, 5]), np.array([12.0, 15, 5])
    by_formula = np.sqrt(2 / 3 * np.sum((a - b) ** 2 / (a + b) ** 2))
    pairs = np.stack([a, b])
    assert coefficient_of_variation(pairs.std(axis=0, ddof=1), pairs.mean(axis=0)) == pytest.approx(
        by_formula
    )
