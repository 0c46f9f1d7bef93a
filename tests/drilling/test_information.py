"""The value of holes: a worked case to the last figure, decision trees written out."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from geoprospect.drilling.information import (
    Accuracy,
    Prospect,
    best_batch,
    of_a_hole,
    of_batches,
    of_holes,
    preposterior,
)
from geoprospect.errors import DataError

chances = st.floats(0.01, 0.99)
PROSPECT = Prospect(0.1, deposit=80, barren=-20)


def test_the_worked_case():
    found = of_a_hole(PROSPECT, Accuracy(0.9, 0.95))
    assert found.show == pytest.approx(0.135)
    assert found.shown == pytest.approx(2 / 3)
    assert found.barren == pytest.approx(0.0115607, abs=5e-8)
    assert found.sample == pytest.approx(6.3)
    assert found.perfect == pytest.approx(8.0)


def by_tree(prospect, test, holes):
    """Every sequence of results one by one, with the better decision at the end of each."""
    total = 0.0
    for results in itertools.product([True, False], repeat=holes):
        there, absent = prospect.probability, 1 - prospect.probability
        for show in results:
            there *= test.sensitivity if show else 1 - test.sensitivity
            absent *= 1 - test.specificity if show else test.specificity
        total += max(0.0, there * prospect.deposit + absent * prospect.barren)
    without = prospect.probability * prospect.deposit + (1 - prospect.probability) * prospect.barren
    return total - max(0.0, without)


@given(chances, chances, chances, st.integers(1, 5))
def test_holes_are_worth_what_the_decision_tree_says(p, sensitivity, specificity, holes):
    prospect, test = Prospect(p, 80, -20), Accuracy(sensitivity, specificity)
    found = of_holes(prospect, test, holes)
    assert found == pytest.approx(by_tree(prospect, test, holes), abs=1e-9)
    assert 0 <= found <= of_a_hole(prospect, test).perfect + 1e-9


@given(chances)
def test_a_perfect_hole_is_worth_perfect_knowledge_and_a_blind_one_nothing(p):
    prospect = Prospect(p, 80, -20)
    perfect = of_a_hole(prospect, Accuracy(1, 1))
    assert perfect.sample == pytest.approx(perfect.perfect, abs=1e-9)
    assert of_a_hole(prospect, Accuracy(0.3, 0.7)).sample == pytest.approx(0, abs=1e-9)


def test_one_hole_may_be_worth_nothing_and_eight_pay():
    table = of_batches(PROSPECT, Accuracy(0.3, 0.9), cost=0.02)
    assert table["holes"].tolist() == [1, 2, 4, 8]
    assert table["value"].iloc[0] == pytest.approx(0.6)
    weak = of_batches(PROSPECT, Accuracy(0.3, 0.8), cost=0.02)
    assert weak["value"].iloc[0] == 0
    assert weak["gain"].iloc[0] < 0 < weak["gain"].iloc[3]
    assert best_batch(weak) == 8


def test_drilling_stops_when_no_batch_gains():
    assert best_batch(of_batches(PROSPECT, Accuracy(0.3, 0.8), cost=5)) == 0


@given(st.floats(-5, 5), st.floats(0.1, 5))
def test_the_gaussian_value_is_the_integral(mean, spread):
    density = stats.norm(mean, spread).pdf
    wanted, _ = integrate.quad(lambda v: v * density(v), 0, max(mean, 0) + 12 * spread)
    assert preposterior(mean, spread) == pytest.approx(wanted - max(mean, 0), abs=1e-7)


def test_data_tell_most_where_the_decision_hangs():
    assert preposterior(0, 2) == pytest.approx(2 / np.sqrt(2 * np.pi))
    values = preposterior([-3, 0, 3], 2)
    assert values[0] == pytest.approx(values[2])
    assert values[1] > values[0]
    assert preposterior([1, -1, 0], 0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("p", [0, 1, -0.1, np.nan])
def test_what_is_certain_is_refused(p):
    with pytest.raises(DataError, match=rf"chance of a deposit is {p:g}, and must lie above 0"):
        Prospect(p, 80, -20)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="got 80 and 20"):
        Prospect(0.1, 80, 20)
    with pytest.raises(ValueError, match=r"specificity must be between 0 and 1, got 1\.2"):
        Accuracy(0.9, 1.2)
    with pytest.raises(ValueError, match="cost of a hole must be above 0, got 0"):
        of_batches(PROSPECT, Accuracy(0.9, 0.9), cost=0)
    with pytest.raises(ValueError, match="holes must be 1 or more, got 0"):
        of_holes(PROSPECT, Accuracy(0.9, 0.9), 0)
    with pytest.raises(ValueError, match="spread must not be negative, got -1"):
        preposterior(0, -1)


def test_a_hole_that_always_or_never_shows_says_so():
    assert np.isnan(of_a_hole(PROSPECT, Accuracy(0, 1)).shown)
    assert np.isnan(of_a_hole(PROSPECT, Accuracy(1, 0)).barren)
