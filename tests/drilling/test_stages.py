"""Expected value, stages and ruin: counts of two real mines, and simulated programmes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.drilling.stages import (
    Stage,
    ahead,
    expected_values,
    holes_needed,
    passing,
    ruin,
)
from geoprospect.errors import DataError

GRANNY_SMITH = [290, 158, 27, 15, 13, 12]


def test_prospects_that_led_on_to_granny_smith():
    shares = passing(GRANNY_SMITH)
    np.testing.assert_allclose(shares, [0.545, 0.171, 0.556, 0.867, 0.923], atol=6e-4)
    assert shares.prod() == pytest.approx(0.0414, abs=5e-5)
    stages = [Stage(str(k), p, 1.0) for k, p in enumerate(shares)]
    found = ahead(stages, worth=1e6)
    assert found["success"].iloc[0] == pytest.approx(12 / 290)
    assert found["success"].iloc[2] == pytest.approx(12 / 27)
    assert found["reached"].tolist() == pytest.approx([n / 290 for n in GRANNY_SMITH[:-1]])


def test_going_on_is_worth_what_the_tree_says():
    found = ahead([Stage("scout", 0.2, 1), Stage("drill", 0.5, 30), Stage("prove", 0.8, 10)],
                  worth=100)  # fmt: skip
    assert found["value"].tolist() == pytest.approx([0.2 * 5 - 1, 0.5 * 70 - 30, 0.8 * 100 - 10])
    assert found["go"].tolist() == [False, True, True]


def test_a_stage_that_does_not_pay_is_dropped_not_paid_for():
    found = ahead([Stage("scout", 0.2, 1), Stage("drill", 0.5, 90)], worth=100)
    assert found["value"].tolist() == pytest.approx([-1, -40])


def test_ruin_and_holes_needed():
    assert 1 - ruin(0.05, budget=20, cost=1) == pytest.approx(0.6415, abs=5e-5)
    assert holes_needed(0.05, confidence=0.9) == pytest.approx(44.9, abs=0.05)
    assert ruin(0.05, budget=0.3, cost=0.1) == pytest.approx(0.95**3)
    assert ruin(0.05, budget=0.29, cost=0.1) == pytest.approx(0.95**2)


@given(st.floats(0.01, 0.9), st.floats(0.1, 0.99))
def test_as_many_tests_as_needed_are_enough(p, confidence):
    needed = int(np.ceil(holes_needed(p, confidence=confidence) - 1e-9))
    assert 1 - ruin(p, budget=needed, cost=1) >= confidence - 1e-9
    if needed > 1:
        assert 1 - ruin(p, budget=needed - 1, cost=1) < confidence + 1e-9


def test_expected_value_is_the_mean_of_simulated_programmes():
    rng = np.random.default_rng(3)
    worth = [rng.normal(50, 60, 400), rng.normal(20, 5, 400)]
    found = expected_values(["A", "B"], [0.3, 0.6], worth, [4, 15])
    for k, (p, cost) in enumerate([(0.3, 4), (0.6, 15)]):
        there = rng.random(200_000) < p
        brought = np.where(there, np.maximum(rng.choice(worth[k], 200_000), 0), 0) - cost
        error = brought.std() / np.sqrt(200_000)
        assert abs(brought.mean() - found["value"][k]) < 4 * error
        assert (brought < 0).mean() == pytest.approx(found["loss"][k], abs=0.005)
    assert found["value_per_cost"].tolist() == pytest.approx(
        (found["value"] / found["cost"]).tolist()
    )


def test_what_cannot_be_is_named():
    with pytest.raises(DataError, match=r"a deposit \(number 2 of 2\) is 1, and must lie"):
        expected_values(["A", "B"], [0.3, 1], [[1], [2]], [1, 1])
    with pytest.raises(DataError, match="there are 1 targets, 2 chances"):
        expected_values(["A"], [0.3, 0.4], [[1], [2]], [1, 1])
    with pytest.raises(DataError, match="target 'B': the worth of a deposit is not known"):
        expected_values(["A", "B"], [0.3, 0.4], [[1], [np.nan]], [1, 1])
    with pytest.raises(ValueError, match="cost of a test must be above 0, got 0"):
        expected_values(["A"], [0.3], [[1]], [0])
    with pytest.raises(DataError, match="budget of 1 must cover one test at least"):
        ruin(0.1, budget=1, cost=2)
    with pytest.raises(DataError, match="chance of success is 0"):
        holes_needed(0, confidence=0.9)
    with pytest.raises(DataError, match="got 3, 5, 2"):
        passing([3, 5, 2])
    with pytest.raises(ValueError, match="stage 'drill' must lead on"):
        Stage("drill", 0, 1)
