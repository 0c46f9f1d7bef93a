import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.fuzzy import fuzzy_linear, fuzzy_membership
from geoprospect.kernels.fuzzy import CURVES
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)


def row(*numbers):
    return made.layer(np.array([numbers]), small_grid(1, len(numbers)))


# Worked out by hand from the formulas of Tsoukalas and Uhrig (1997), as fractions.
BY_HAND = [
    ("near", 10, 0.01, {10: 1, 20: 1 / 2, 0: 1 / 2, 40: 1 / 10, -20: 1 / 10}),
    ("gaussian", 10, 0.01, {10: 1, 20: 0.36787944, 0: 0.36787944, 30: 0.01831564}),
    ("large", 50, 5, {50: 1 / 2, 100: 32 / 33, 25: 1 / 33, 0: 0, 150: 243 / 244}),
    ("small", 50, 5, {50: 1 / 2, 100: 1 / 33, 25: 32 / 33, 0: 1, 150: 1 / 244}),
    ("logistic", 2, np.log(9), {2: 1 / 2, 3: 9 / 10, 1: 1 / 10, 4: 81 / 82, -1: 1 / 730}),
    ("logistic", 2, -np.log(9), {3: 1 / 10, 1: 9 / 10}),
]


@pytest.mark.parametrize(("form", "midpoint", "spread", "expected"), BY_HAND)
def test_values_by_hand(form, midpoint, spread, expected):
    found = fuzzy_membership(row(*expected), form=form, midpoint=midpoint, spread=spread)
    np.testing.assert_allclose(values(found)[0], list(expected.values()), rtol=1e-6, atol=1e-12)


def test_the_linear_form_by_hand_both_ways():
    source = row(0, 2, 3, 6, 9, np.nan)
    np.testing.assert_allclose(
        values(fuzzy_linear(source, zero=2, one=6))[0], [0, 0, 0.25, 1, 1, np.nan]
    )
    np.testing.assert_allclose(
        values(fuzzy_linear(source, zero=6, one=2))[0], [1, 1, 0.75, 0, 0, np.nan]
    )


@pytest.mark.parametrize("form", CURVES)
@given(st.integers(0, 1000), st.integers(1, 20), st.floats(0.5, 40), st.floats(0.01, 8))
@settings(max_examples=8)
def test_members_lie_between_0_and_1_whatever_the_chunks(form, seed, side, midpoint, spread):
    rng = np.random.default_rng(seed)
    field = rng.lognormal(2, 3, (13, 17))
    field[rng.random(field.shape) < 0.2] = np.nan
    source = made.layer(field, GRID)
    whole = values(fuzzy_membership(source, form=form, midpoint=midpoint, spread=spread))
    cut = source.chunk({"y": side, "x": side})
    np.testing.assert_array_equal(
        whole, values(fuzzy_membership(cut, form=form, midpoint=midpoint, spread=spread))
    )
    assert np.array_equal(np.isnan(whole), np.isnan(field))
    assert np.nanmin(whole) >= 0
    assert np.nanmax(whole) <= 1


def test_large_and_small_are_each_others_complement():
    source = row(*np.linspace(0, 200, 41))
    large, small = (
        values(fuzzy_membership(source, form=form, midpoint=30, spread=3))
        for form in ("large", "small")
    )
    np.testing.assert_allclose(large + small, 1, rtol=1e-6)


def test_values_below_zero_become_unknown_and_it_is_said(caplog):
    found = values(fuzzy_membership(row(-1, -2, 4), form="large", midpoint=4, spread=2))
    np.testing.assert_array_equal(found, [[np.nan, np.nan, 0.5]])
    assert "fuzzy large of 'made': values below 0 have none and become unknown" in caplog.text
    assert "(2 cells of the first block that has any)" in caplog.text


def test_lazy_on_the_grid_and_say_what_they_are():
    source = made.layer(np.ones((13, 17)), GRID, units="mg kg-1", long_name="Cu")
    near = fuzzy_membership(source, form="near", midpoint=1, spread=1)
    linear = fuzzy_linear(source, zero=0, one=3)
    assert near.attrs == {"long_name": "fuzzy near of Cu", "units": "1"}
    assert linear.attrs == {"long_name": "fuzzy linear of Cu", "units": "1"}
    for found in (near, linear):
        assert lazy.is_lazy(found)
        contract.check_layer(found, GRID, "cu")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (("near", np.nan, 1), "midpoint and spread must be finite, got nan and 1"),
        (("large", 0, 1), "midpoint of 'large' must be above 0, got 0"),
        (("gaussian", 0, -1), "spread of 'gaussian' must be above 0, got -1"),
        (("logistic", 0, 0), "spread of 'logistic' must not be 0, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(stated, told):
    form, midpoint, spread = stated
    with pytest.raises(ValueError, match=told):
        fuzzy_membership(row(1), form=form, midpoint=midpoint, spread=spread)


def test_a_line_needs_two_ends_and_classes_are_refused():
    with pytest.raises(ValueError, match="zero and one must be two finite values, got 2 and 2"):
        fuzzy_linear(row(1), zero=2, one=2)
    classes = made.layer(np.ones((1, 1)), small_grid(1, 1), long_name="rock", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'rock' holds codes"):
        fuzzy_linear(classes, zero=0, one=1)
    with pytest.raises(ContractError, match="needs measured values, and 'rock' holds codes"):
        fuzzy_membership(classes, form="near", midpoint=1, spread=1)
