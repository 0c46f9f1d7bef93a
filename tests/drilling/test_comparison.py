"""Two rankings of the same discoveries: the worked example, and every sign one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoprospect.drilling.comparison import compared, reduction, sign_flips
from geoprospect.errors import DataError

MODEL = [12, 40, 95, 120, 300, 410, 800, 1500, 2300, 3100, 4000, 7000]
BASELINE = [60, 55, 300, 900, 700, 1200, 1500, 2500, 2100, 5000, 4500, 8000]


def test_the_worked_example():
    """Its published p, 0.00035, was drawn; of 4,096 changes of signs exactly two reach it."""
    found = compared(MODEL, BASELINE, seed=1)
    assert found.factor == pytest.approx(2.081, abs=5e-4)
    assert found.p == 2 / 4096
    assert (found.low, found.high) == pytest.approx((1.59, 2.82), abs=0.06)
    assert found.reduction == pytest.approx(1 - 410 / 1200)
    assert found.said.startswith(
        "saves cells: the other drills 2.08 times as many to a discovery (90%"
    )


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=9))
def test_flips_are_counted_one_by_one(differences):
    d = np.array(differences)
    sums = [np.dot(signs, d) for signs in itertools.product([1, -1], repeat=len(d))]
    wanted = np.mean(np.array(sums) >= d.sum() - 1e-12 * abs(d).sum())
    assert sign_flips(d, seed=0) == pytest.approx(wanted, abs=1e-12)


def test_flips_are_those_of_scipy():
    d = np.log(np.array(BASELINE) / MODEL)
    found = stats.permutation_test(
        (d,), np.mean, permutation_type="samples", alternative="greater", n_resamples=np.inf
    )
    assert sign_flips(d, seed=0) == pytest.approx(found.pvalue)


def test_beyond_twenty_flips_are_drawn_and_near_the_exact():
    d = np.random.default_rng(2).normal(0.3, 1, 40)
    wanted = stats.norm.sf(d.sum() / np.sqrt((d**2).sum()))
    assert sign_flips(d, seed=0) == pytest.approx(wanted, abs=0.01)
    assert sign_flips(d, seed=0) == sign_flips(d, seed=0)


def test_a_ranking_against_itself_saves_nothing():
    found = compared(MODEL, MODEL, seed=1)
    assert (found.factor, found.low, found.high, found.p, found.reduction) == (1, 1, 1, 1, 0)
    assert found.said.startswith("saves none for certain")


def test_the_worse_ranking_is_called_so():
    assert compared(BASELINE, MODEL, seed=1).said.startswith("costs cells: the other drills 0.48")


def test_below_five_discoveries_nothing_is_decided():
    found = compared(MODEL[:4], BASELINE[:4], seed=1)
    assert not found.decidable
    assert found.said == ("not decidable: 4 later discoveries, and fewer than 5 decide nothing")
    assert np.isnan([found.p, found.low, found.least]).all()
    assert compared(MODEL[:5], BASELINE[:5], seed=1).decidable


def test_intervals_hold_the_truth_at_their_rate():
    rng = np.random.default_rng(11)
    held = 0
    for seed in range(60):
        base = rng.integers(500, 5000, 25)
        mine = base / np.exp(rng.normal(0.5, 0.8, 25))
        found = compared(mine, base, seed=seed)
        held += found.low <= np.exp(0.5) <= found.high
    assert 45 <= held <= 60


def test_the_interval_of_the_reduction_is_that_of_every_redraw():
    mine, base = np.array([5, 40, 90, 100, 700]), np.array([50, 30, 300, 900, 400])
    redraws = np.array(list(itertools.product(range(5), repeat=5)))
    saved = 1 - np.median(mine[redraws], axis=1) / np.median(base[redraws], axis=1)
    found = compared(mine, base, seed=3)
    low, high = np.quantile(saved, [0.05, 0.95])
    assert (found.least, found.most) == pytest.approx((low, high), abs=0.02)


def test_reduction_is_of_the_nth_found_not_of_the_nth_discovery():
    assert reduction([30, 10], [20, 40], 1) == pytest.approx(0.5)
    assert reduction([30, 10], [20, 40], 2) == pytest.approx(0.25)


def test_what_cannot_be_compared_is_named():
    with pytest.raises(DataError, match="same discoveries, one at least; got 2 and 1 ranks"):
        compared([1, 2], [1], seed=0)
    with pytest.raises(DataError, match="known and count from 1"):
        compared([0.0], [1], seed=0)
