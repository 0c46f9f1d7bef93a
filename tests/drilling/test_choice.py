"""Choosing holes for a budget: every choice tried on small cases, and a made case of 300."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.drilling.choice import (
    Candidates,
    compared,
    exact,
    greedy,
    marginal,
    ranked,
)
from geoprospect.errors import DataError


def made(seed, n=7, m=12, share=0.3):
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 6, n).astype(float)
    return Candidates(rng.random((n, m)) < share, rng.integers(0, 9, m).astype(float), cost,
                      float(rng.integers(cost.min(), cost.sum() + 1)))  # fmt: skip


def best_of_all(candidates):
    """Every set of candidates one by one."""
    n = len(candidates.cost)
    sets = (np.array(one) for one in itertools.product([False, True], repeat=n))
    return max(candidates.value(one) for one in sets
               if candidates.cost[one].sum() <= candidates.budget)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_exact_choice_is_the_best_of_all(seed):
    candidates = made(seed)
    chosen = exact(candidates)
    assert candidates.cost[chosen].sum() <= candidates.budget
    assert candidates.value(chosen) == pytest.approx(best_of_all(candidates))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.7))
def test_the_greedy_choice_keeps_its_bound(seed, share):
    candidates = made(seed, share=share)
    for way in (greedy, ranked):
        assert candidates.cost[way(candidates)].sum() <= candidates.budget
    bound = (1 - 1 / np.e) / 2 * best_of_all(candidates)
    assert candidates.value(greedy(candidates)) >= bound - 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_lazy_looking_chooses_as_looking_at_all(seed):
    rng = np.random.default_rng(seed)
    candidates = Candidates(rng.random((12, 40)) < 0.3, rng.random(40), 1 + rng.random(12), 6.0)
    chosen, left = np.zeros(12, bool), 6.0
    while True:
        before = candidates.value(chosen)
        rates = [
            (candidates.value(chosen | (np.arange(12) == i)) - before) / candidates.cost[i]
            if candidates.cost[i] <= left and not chosen[i]
            else -1.0
            for i in range(12)
        ]
        if max(rates) <= 1e-12:
            break
        i = int(np.argmax(rates))
        chosen[i] = True
        left -= candidates.cost[i]
    assert greedy(candidates).tolist() == chosen.tolist()


def test_one_dear_hole_may_beat_a_cheap_one():
    finds = np.array([[True, False], [False, True]])
    candidates = Candidates(finds, np.array([2.0, 100.0]), np.array([1.0, 60.0]), 60.0)
    assert greedy(candidates).tolist() == [False, True]
    assert ranked(candidates).tolist() == [True, False]


def test_a_list_of_targets_pays_twice_for_one_deposit():
    finds = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    candidates = Candidates(finds, np.array([5.0, 4.0, 3.0]), np.ones(3), 2.0)
    assert ranked(candidates).tolist() == [True, True, False]
    found = compared(candidates, exactly=True)
    assert found["value"].to_dict() == {"exact": 12, "greedy": 12, "ranked": 9}
    assert found["lost"]["ranked"] == pytest.approx(0.25)
    assert compared(candidates, exactly=False).index.tolist() == ["greedy", "ranked"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_what_a_hole_adds_is_the_value_with_it_less_without(seed):
    candidates = made(seed)
    chosen = ranked(candidates)
    for i, adds in enumerate(marginal(candidates, chosen)):
        with_it, without = chosen.copy(), chosen.copy()
        with_it[i], without[i] = True, False
        assert adds == pytest.approx(candidates.value(with_it) - candidates.value(without))


def district():
    """300 holes in clusters over 2,000 drawn deposits: a cluster's holes find the same ones."""
    rng = np.random.default_rng(7)
    camps = rng.random((40, 2)) * 100
    holes = camps[rng.integers(0, 40, 300)] + rng.normal(0, 2, (300, 2))
    rich = rng.gamma(0.7, size=40)
    deposits = camps[rng.choice(40, 2000, p=rich / rich.sum())] + rng.normal(0, 3, (2000, 2))
    apart = np.hypot(*(holes[:, None] - deposits[None]).transpose(2, 0, 1))
    return Candidates(apart < 2.5, rng.random(2000) + 0.5, 1 + rng.random(300), 40.0)


def test_in_a_made_district_the_list_loses_much_and_the_greedy_choice_little():
    found = compared(district(), exactly=True)
    assert found["value"]["exact"] == pytest.approx(896.83, abs=0.01)
    assert found["lost"]["greedy"] == pytest.approx(0.024, abs=0.001)
    assert found["lost"]["ranked"] == pytest.approx(0.235, abs=0.001)


def test_independent_targets_are_a_knapsack():
    rng = np.random.default_rng(4)
    candidates = Candidates(np.eye(9, dtype=bool), rng.random(9), rng.random(9) + 0.1, 1.5)
    assert candidates.value(exact(candidates)) == pytest.approx(best_of_all(candidates))


def test_ten_tenths_make_one():
    candidates = Candidates(np.eye(10, dtype=bool), np.ones(10), np.full(10, 0.1), 1.0)
    for way in (exact, greedy, ranked):
        assert way(candidates).all()


def test_what_cannot_be_chosen_is_named():
    one = np.ones((1, 1), bool)
    with pytest.raises(DataError, match=r"budget of 5 is below the cheapest hole, which costs 8"):
        Candidates(one, np.ones(1), np.array([8.0]), 5)
    with pytest.raises(DataError, match=r"shape \(1, 1\), for 2 costs and 1 worths"):
        Candidates(one, np.ones(1), np.ones(2), 5)
    with pytest.raises(DataError, match="worth of every deposit must be known"):
        Candidates(one, np.array([np.nan]), np.ones(1), 5)
    with pytest.raises(DataError, match="must cost more than 0, got 0"):
        Candidates(one, np.ones(1), np.zeros(1), 5)
