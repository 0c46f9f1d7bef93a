import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.overlay import fuzzy_overlay
from geoprospect.kernels.fuzzy import OPERATORS
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)


def pixel(*members):
    grid = small_grid(1, 1)
    return xr.Dataset(
        {f"m{k}": made.layer(np.array([[m]]), grid, units="1") for k, m in enumerate(members)}
    )


def several(seed=0, count=3):
    rng = np.random.default_rng(seed)
    fields = rng.random((count, 13, 17))
    fields[rng.random(fields.shape) < 0.1] = np.nan
    return xr.Dataset({f"m{k}": made.layer(field, GRID) for k, field in enumerate(fields)})


def overlay(source, operator, gaps="unknown", gamma=None):
    gamma = 0.8 if operator == "gamma" and gamma is None else gamma
    return fuzzy_overlay(source, operator=operator, gaps=gaps, gamma=gamma)


@pytest.mark.parametrize(
    ("operator", "gamma", "expected"),
    [
        ("and", None, 0.5),
        ("or", None, 0.75),
        ("product", None, 0.375),
        ("sum", None, 0.875),
        ("gamma", 0.0, 0.375),
        ("gamma", 0.1, 0.408),
        ("gamma", 0.7, 0.679),
        ("gamma", 0.95, 0.839),
        ("gamma", 1.0, 0.875),
    ],
)
def test_the_example_of_bonham_carter(operator, gamma, expected):
    """0.75 and 0.5, in Geographic Information Systems for Geoscientists, chapter 9."""
    found = values(overlay(pixel(0.75, 0.5), operator, gamma=gamma))
    assert found[0, 0] == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("and", 0.5), ("or", 0.8), ("product", 0.4**1.5), ("sum", 1 - 0.1**1.5)],
)
def test_gaps_may_be_left_out_without_making_better_ground(operator, expected):
    with_gap = pixel(0.5, np.nan, 0.8)
    assert np.isnan(values(overlay(with_gap, operator))[0, 0])
    found = values(overlay(with_gap, operator, gaps="left_out"))[0, 0]
    assert found == pytest.approx(expected, rel=1e-6)
    nothing = pixel(np.nan, np.nan)
    assert np.isnan(values(overlay(nothing, operator, gaps="left_out"))[0, 0])


@pytest.mark.parametrize("operator", OPERATORS)
def test_equal_members_with_a_gap_are_as_good_as_without(operator):
    whole = values(overlay(pixel(0.6, 0.6, 0.6), operator, gaps="left_out"))
    gap = values(overlay(pixel(0.6, np.nan, 0.6), operator, gaps="left_out"))
    np.testing.assert_allclose(whole, gap, rtol=1e-6)


@pytest.mark.parametrize("operator", OPERATORS)
@given(st.integers(0, 500), st.integers(1, 20), st.sampled_from(["unknown", "left_out"]))
@settings(max_examples=5)
def test_chunks_and_order_change_nothing_and_it_stays_a_membership(operator, seed, side, gaps):
    source = several(seed)
    whole = values(overlay(source, operator, gaps))
    with made.chunks_of(side):
        np.testing.assert_array_equal(whole, values(overlay(source, operator, gaps)))
    turned = xr.Dataset({name: source[name] for name in reversed(list(source.data_vars))})
    np.testing.assert_allclose(values(overlay(turned, operator, gaps)), whole, rtol=1e-6)
    assert np.nanmin(whole) >= 0
    assert np.nanmax(whole) <= 1


def test_lazy_on_the_grid_and_says_what_it_is():
    told = several(count=2).assign(far=made.layer(np.full((13, 17), 900.0), GRID, quality=True))
    found = overlay(told, "gamma", gamma=0.85)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "fuzzy gamma 0.85 of m0, m1", "units": "1"}
    contract.check_layer(found, GRID, "overlay")
    a, b = several(count=2).values()
    listed = fuzzy_overlay([a, b], operator="or", gaps="unknown", names=["a", "b"])
    assert listed.attrs["long_name"] == "fuzzy or of a, b"


def test_what_is_no_membership_is_refused():
    with pytest.raises(
        DataError, match=r"'m1' has the value 1\.5, and a membership lies between 0"
    ):
        values(overlay(pixel(0.5, 1.5), "and"))
    with pytest.raises(ValueError, match="joins two or more layers, got 1"):
        overlay(pixel(0.5), "and")
    with pytest.raises(ValueError, match="needs gamma between 0 and 1, got None"):
        fuzzy_overlay(pixel(0, 1), operator="gamma", gaps="unknown")
    with pytest.raises(ValueError, match="needs gamma between 0 and 1, got 2"):
        overlay(pixel(0, 1), "gamma", gamma=2)
    with pytest.raises(ValueError, match="the operator 'and' takes no gamma; remove it"):
        overlay(pixel(0, 1), "and", gamma=0.5)
    classes = pixel(0, 1).assign(rock=made.layer([[1]], small_grid(1, 1), meanings={1: "a"}))
    with pytest.raises(ContractError, match="needs measured values"):
        overlay(classes, "or")
