import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.terrain import horizontal_gradient, slope
from tests.features import made
from tests.features.made import small_grid, values

both = pytest.mark.parametrize("feature", [slope, horizontal_gradient])


def rough(seed: int, rows: int = 13, columns: int = 17) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(rows, columns)) * 50
    field[rng.random((rows, columns)) < 0.15] = np.nan
    return field


@both
@given(st.integers(0, 1000), st.integers(3, 20))
@settings(max_examples=12)
def test_chunking_changes_nothing(feature, seed, side):
    source = made.layer(rough(seed), small_grid(13, 17))
    whole = values(feature(source))
    cut = values(feature(source.chunk({"y": side, "x": side})))
    np.testing.assert_array_equal(whole, cut)


def test_a_plane_has_one_slope_to_the_very_edge_and_beside_holes():
    grid = small_grid(8, 9)
    x, y = np.meshgrid(np.arange(9) * 100.0, np.arange(8) * -100.0)
    plane = 0.3 * x - 0.4 * y
    plane[3, 5] = np.nan
    found = values(slope(made.layer(plane, grid)))
    assert np.isnan(found[3, 5])
    assert np.isnan(found).sum() == 1
    np.testing.assert_allclose(found[~np.isnan(found)], np.degrees(np.arctan(0.5)), rtol=1e-4)
    found = values(horizontal_gradient(made.layer(plane, grid, units="nT")))
    np.testing.assert_allclose(found[~np.isnan(found)], 0.5, rtol=1e-4)


def test_a_quadratic_has_the_gradient_that_calculus_gives():
    x, y = np.meshgrid(np.arange(20) * 100.0, np.arange(15) * -100.0)
    field = 1e-4 * (x**2 + 3 * x * y)
    expected = 1e-4 * np.hypot(2 * x + 3 * y, 3 * x)
    found = values(horizontal_gradient(made.layer(field, small_grid(15, 20))))
    np.testing.assert_allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], rtol=1e-3, atol=1e-5)


@both
def test_the_unknown_stays_unknown_and_does_not_spread(feature):
    field = np.random.default_rng(5).normal(size=(13, 17))
    holes = [2, 6, 6, 7], [0, 4, 5, 12]
    field[holes] = np.nan
    found = values(feature(made.layer(field, small_grid(13, 17))))
    assert np.array_equal(np.isnan(found), np.isnan(field))


@both
def test_north_is_up(feature):
    step = np.zeros((6, 8))
    step[:2] = 10.0  # high ground along the top edge
    found = values(feature(made.layer(step, small_grid(6, 8))))
    assert (found[1:3] > 0).all()
    assert not found[3:].any()
    assert not found[0].any()


@both
def test_turning_the_field_upside_down_changes_nothing(feature):
    source = made.layer(rough(3), small_grid(13, 17))
    negative = source.copy(data=-source.values)
    np.testing.assert_array_equal(values(feature(source)), values(feature(negative)))


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid, units="nT", long_name="total field")
    found = horizontal_gradient(source)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "horizontal gradient of total field", "units": "nT m-1"}
    assert horizontal_gradient(made.layer(rough(1), grid, units="1")).attrs["units"] == "m-1"
    steep = slope(made.layer(rough(1), grid))
    assert lazy.is_lazy(steep)
    assert steep.attrs == {"long_name": "slope", "units": "degree"}
    for layer in (found, steep):
        contract.check_layer(layer, grid, "derived")


def test_elevation_in_other_units_is_refused():
    feet = made.layer(rough(1), small_grid(13, 17), units="ft", long_name="height")
    with pytest.raises(ContractError, match=r"elevation in metres, and 'height' is in 'ft'; state"):
        slope(feet)


@both
def test_classes_and_sets_of_layers_are_refused(feature):
    grid = small_grid(2, 2)
    classes = made.layer(np.ones((2, 2)), grid, long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        feature(classes)
    with pytest.raises(ContractError, match="takes one layer, and this is a set of them: k, th"):
        feature(xr.Dataset({"k": classes, "th": classes}))
