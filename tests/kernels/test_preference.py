from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from geoprospect.kernels import preference

TABLES = arrays(float, st.tuples(st.integers(1, 25), st.integers(1, 4)),
                elements=st.integers(0, 4).map(lambda n: n / 4))  # fmt: skip


def test_a_utility_is_a_straight_line_held_at_its_ends():
    found = preference.utility([0, 5, 10, 20, -3, np.nan], 0, 10, higher=True)
    assert found.tolist() == [0, 0.5, 1, 1, 0, 0]
    found = preference.utility([0, 5, 10, 20, -3, np.nan], 0, 10, higher=False)
    assert found.tolist() == [1, 0.5, 0, 0, 1, 0]


def test_what_tells_nothing_apart_gives_all_the_same():
    assert preference.utility([3, 3, np.nan], 3, 3, higher=False).tolist() == [1, 1, 0]


def test_ends_are_those_of_what_is_known():
    assert preference.ends([np.nan, 4, -1]) == (-1, 4)
    assert np.isnan(preference.ends([np.nan])).all()
    assert np.isnan(preference.ends([])).all()


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), higher=st.booleans())
def test_a_utility_keeps_the_order(values, higher):
    found = preference.utility(values, *preference.ends(values), higher=higher)
    assert ((found >= 0) & (found <= 1)).all()
    by_value = np.argsort(values, kind="stable")[:: 1 if higher else -1]
    assert (np.diff(found[by_value]) >= 0).all()


def test_a_weighted_sum_by_hand():
    found = preference.weighted(np.array([[1, 0.5], [0, 1]]), [3, 1])
    assert found.tolist() == [0.875, 0.25]


def test_ties_go_to_the_next_key_and_the_unknown_comes_last():
    scores = np.array([0.5, np.nan, 0.5, 0.9])
    assert preference.order(scores, np.array([1, 9, 2, 0])).tolist() == [3, 2, 0, 1]


@given(TABLES)
def test_the_front_is_what_nothing_beats(table):
    expected = [
        not any((other >= row).all() and (other > row).any() for other in table) for row in table
    ]
    assert preference.pareto(table).tolist() == expected


@given(table=TABLES, weights=st.lists(st.floats(0.1, 5), min_size=4, max_size=4))
def test_the_best_by_any_weights_is_on_the_front(table, weights):
    scores = preference.weighted(table, weights[: table.shape[1]])
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    assert preference.pareto(table)[best].any()


def test_among_the_first_is_counted_by_column():
    scores = np.array([[0.9, 0.1, 0.5], [0.5, 0.5, 0.5], [0.1, 0.9, 0.5]])
    found = preference.among_first(scores, 2, np.array([0.0, 1.0, 2.0]))
    assert found.tolist() == pytest.approx([1 / 3, 1, 2 / 3])


def test_weights_are_drawn_as_a_beta_distribution_says():
    drawn = preference.drawn_weights([3, 1, 0], draws=20_000, concentration=20, seed=4)
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert (drawn[:, 2] == 0).all()
    assert stats.kstest(drawn[:, 0], stats.beta(15, 5).cdf).pvalue > 0.01
    assert drawn[:, 0].var() == pytest.approx(0.75 * 0.25 / 21, rel=0.05)
    again = preference.drawn_weights([3, 1, 0], draws=20_000, concentration=20, seed=4)
    np.testing.assert_array_equal(drawn, again)
