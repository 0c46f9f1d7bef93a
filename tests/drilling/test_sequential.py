"""Hole after hole: normal worlds with a closed form, and a made world of two ideas."""

import logging

import numpy as np
import pytest

from geoprospect.drilling.sequential import (
    Belief,
    falsified,
    gains,
    learnt,
    next_hole,
    surprise,
)
from geoprospect.errors import DataError

HERE = np.arange(12.0)
SPREAD = np.exp(-((HERE[:, None] - HERE) ** 2) / 8) + 1e-9 * np.eye(12)
PART = np.r_[np.ones(6), np.zeros(6)]


def world(n=40_000, noise=0.3, seed=1):
    """Grades along a line, normal and alike where near; value is the sum of the first six."""
    ground = np.random.default_rng(seed).multivariate_normal(np.ones(12), SPREAD, n)
    return Belief(ground, ground @ PART, np.array(["one"] * n), noise)


def test_gains_are_the_closed_form_of_a_normal_world():
    wanted = (SPREAD @ PART) ** 2 / (np.diag(SPREAD) + 0.3**2)
    np.testing.assert_allclose(gains(world()), wanted, rtol=0.05, atol=0.05)


def test_a_hole_leaves_mean_and_variance_as_the_closed_form_says():
    belief = world()
    after = learnt(belief, 2, 1.8, seed=0)
    with_value = SPREAD[2] @ PART
    mean = 6 + with_value / (1 + 0.09) * 0.8
    assert after.mean == pytest.approx(mean, abs=0.1)
    left = PART @ SPREAD @ PART - with_value**2 / 1.09
    assert after.variance == pytest.approx(left, rel=0.05)
    assert belief.weight.max() == belief.weight.min()


def test_weights_are_bayes_rule_by_hand():
    belief = Belief(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]), np.array(["a", "b"]), 0.5)
    after = learnt(belief, 0, 0.75, seed=0)
    wanted = np.exp(-((np.array([0.75, 0.25]) / 0.5) ** 2) / 2)
    assert after.weight == pytest.approx(wanted / wanted.sum())
    assert after.effective == pytest.approx(1 / ((wanted / wanted.sum()) ** 2).sum())


def test_the_next_hole_tells_most_for_its_cost_and_is_not_drilled():
    belief, cost, drilled = world(), np.ones(12), np.zeros(12, bool)
    first = next_hole(belief, cost=cost, drilled=drilled)
    assert first == gains(belief).argmax()
    assert PART[first] == 1
    drilled[first] = True
    assert next_hole(belief, cost=cost, drilled=drilled) != first
    assert next_hole(belief, cost=np.where(first == HERE, 9, 1.0), drilled=~PART.astype(bool)) != (
        first
    )


def test_planned_holes_tell_more_than_random_ones():
    truths = world(60, seed=9)
    rng = np.random.default_rng(3)
    missed = {"planned": [], "random": []}
    for ground, value in zip(truths.ground, truths.value, strict=True):
        for how, errors in missed.items():
            belief, drilled = world(2000), np.zeros(12, bool)
            for step in range(2):
                hole = (next_hole(belief, cost=np.ones(12), drilled=drilled) if how == "planned"
                        else int(rng.choice(np.flatnonzero(~drilled))))  # fmt: skip
                drilled[hole] = True
                measured = ground[hole] + 0.3 * rng.normal()
                belief = learnt(belief, hole, measured, seed=step)
            errors.append(abs(belief.mean - value))
    assert np.mean(missed["planned"]) < 0.8 * np.mean(missed["random"])


def test_a_collapsed_belief_is_drawn_anew_by_weight(caplog):
    belief = world(500, noise=0.01)
    after = learnt(belief, 0, float(belief.ground[7, 0]), seed=4)
    assert after.effective == pytest.approx(500)
    assert "of 500 realisations" in caplog.text
    again = learnt(belief, 0, float(belief.ground[7, 0]), seed=4)
    np.testing.assert_array_equal(after.ground, again.ground)
    assert abs(after.ground[:, 0] - belief.ground[7, 0]).max() < 0.05


def test_children_are_changed_by_renewal(caplog):
    belief = world(500, noise=0.01)

    def renew(parents, rng):
        ground = belief.ground[parents] + 0.01 * rng.normal(size=(len(parents), 12))
        return ground, ground @ PART

    after = learnt(belief, 0, 1.0, seed=4, renew=renew)
    assert len(np.unique(after.value)) == 500
    assert "copied" not in caplog.text


def two_ideas():
    middle = np.repeat([0.0, 6.0], 1000)[:, None]
    ground = middle + np.random.default_rng(5).normal(size=(2000, 1))
    return Belief(ground, ground[:, 0], np.repeat(["flat", "steep"], 1000), 0.5)


def test_surprise_is_told_by_hypothesis_and_falsifies_all_or_none(caplog):
    belief = two_ideas()
    near = surprise(belief, 0, 6.0)
    assert near["steep"] > 0.9
    assert near["flat"] < 1e-4
    assert not falsified(near)
    with caplog.at_level(logging.WARNING):
        assert falsified(surprise(belief, 0, 14.0))
    assert "fits no hypothesis (flat" in caplog.text
    # a normal of variance 1 + 0.25, two-sided
    assert surprise(belief, 0, 1.96 * np.sqrt(1.25))["flat"] == pytest.approx(0.05, abs=0.01)


def test_what_cannot_be_planned_is_named():
    belief = two_ideas()
    with pytest.raises(DataError, match="all holes are drilled"):
        next_hole(belief, cost=[1], drilled=np.array([True]))
    with pytest.raises(ValueError, match="cost of a hole must be above 0, got 0"):
        next_hole(belief, cost=[0], drilled=np.array([False]))
    with pytest.raises(DataError, match="hole 0 measured nan"):
        learnt(belief, 0, np.nan, seed=0)
    with pytest.raises(DataError, match=r"shape \(2, 1\), for 3 values and 2 hypotheses"):
        Belief(np.ones((2, 1)), np.ones(3), np.array(["a", "b"]), 1)
    with pytest.raises(DataError, match="known at every hole"):
        Belief(np.array([[np.nan]]), np.ones(1), np.array(["a"]), 1)
    with pytest.raises(ValueError, match="noise must be above 0, got 0"):
        Belief(np.ones((1, 1)), np.ones(1), np.array(["a"]), 0)
