"""Levelling: surveys that differ by a shift and a stretch come to lie on each other."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.errors import DataError
from geoprospect.features.levelling import levelled
from tests.features.test_composition import table

TRUTH = arrays("float64", 20, elements=st.integers(1, 10**6).map(lambda n: n / 100), unique=True)


def two(one, other):
    made = table(Cu=[*one, *other])
    made["survey"] = ["A"] * len(one) + ["B"] * len(other)
    return made


@given(TRUTH, st.floats(0.1, 20), st.floats(0.2, 3))
def test_a_power_and_a_factor_are_taken_away(truth, factor, power):
    made = two(truth, factor * truth**power)
    found = levelled(made, columns=["Cu"], by="survey", method="median_mad", to="A")["Cu"]
    np.testing.assert_allclose(found[:20], truth, rtol=1e-9)
    np.testing.assert_allclose(found[20:], truth, rtol=1e-6)


@given(TRUTH, st.floats(-50, 50), st.floats(0.2, 3))
def test_a_shift_and_a_stretch_are_taken_away_on_a_linear_scale(truth, shift, stretch):
    made = two(truth, shift + stretch * truth)
    found = levelled(
        made, columns=["Cu"], by="survey", method="median_mad", to="A", scale="linear"
    )["Cu"]
    np.testing.assert_allclose(found[20:], truth, rtol=1e-6, atol=1e-6)


@given(TRUTH)
def test_any_rising_distortion_is_taken_away_by_rank(truth):
    made = two(truth, np.sqrt(truth) + 5 * (truth > np.median(truth)))
    found = levelled(made, columns=["Cu"], by="survey", method="quantile", to="A")["Cu"]
    np.testing.assert_allclose(found[20:], truth, rtol=1e-9)


def test_without_a_reference_all_meet_in_the_middle(caplog):
    made = two([1.0, 2, 3, 4, 5], [10.0, 20, 30, 40, 50])
    with caplog.at_level(logging.INFO):
        found = levelled(made, columns=["Cu"], by="survey", method="quantile")["Cu"]
    np.testing.assert_allclose(found[:5], found[5:])
    pooled = [1, 2, 3, 4, 5, 10, 20, 30, 40, 50]
    assert found[2] == pytest.approx(10 ** np.log10([5, 10]).mean())
    assert min(pooled) < found[0] < found[4] < max(pooled)
    assert (
        "in 2 groups of survey lay between 3 and 30 ug/g, and now lie between 7.071" in caplog.text
    )


def test_missing_values_and_small_groups_stay_out(caplog):
    made = two([1.0, 2, np.nan, 4, 5, 6], [10.0, 20])
    with caplog.at_level(logging.WARNING):
        found = levelled(made, columns=["Cu"], by="survey", method="median_mad")
    assert np.isnan(found["Cu"]).tolist() == [False, False, True, False, False, False, True, True]
    assert "groups of survey with fewer than 5 values are left out: B (2)" in caplog.text
    assert made["Cu"].iloc[6] == 10.0


def test_limits_that_no_longer_hold_are_taken_out():
    made = two([1.0, 2, 3, 4, 5], [10.0, 20, 30, 40, 50])
    made["Cu_below_limit"], made["Cu_censored"] = np.nan, False
    found = levelled(made, columns=["Cu"], by="survey", method="median_mad")
    assert "Cu_below_limit" not in found
    assert "Cu_censored" in found
    assert found.attrs["units"] == made.attrs["units"]


def test_what_cannot_be_levelled_is_said():
    made = two([1.0, 1, 1, 1, 5], [10.0, 20, 30, 40, 50])
    with pytest.raises(DataError, match=r"half the values of column 'Cu' in survey A.*quantile"):
        levelled(made, columns=["Cu"], by="survey", method="median_mad")
    with pytest.raises(DataError, match="no group of survey with values enough is called 'C'"):
        levelled(made, columns=["Cu"], by="survey", method="quantile", to="C")
    made.loc[0, "Cu"] = 0.0
    with pytest.raises(DataError, match=r"'Cu' has 1 values at or below zero.*scale: linear"):
        levelled(made, columns=["Cu"], by="survey", method="quantile")
    with pytest.raises(DataError, match="no column 'lab'"):
        levelled(made, columns=["Cu"], by="lab", method="quantile", scale="linear")
