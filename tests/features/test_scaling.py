import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import preprocessing

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import sources
from geoprospect.features.scaling import scaled, winsorised
from tests.features import made
from tests.features.made import small_grid, values
from tests.features.test_transform import patchy


@given(st.integers(0, 1000), st.integers(1, 20))
@settings(max_examples=15)
def test_winsorised_has_its_extremes_at_the_percentiles_whatever_the_chunks(seed, side):
    field = patchy(seed)
    source = made.layer(field, small_grid(13, 17)).chunk({"y": side, "x": side})
    found = values(winsorised(source, lower=10, upper=80))
    known = np.sort(field[~np.isnan(field)])
    place = 0.8 * (known.size - 1)  # linear between neighbours, by hand
    below = int(place)
    high = known[below] + (place - below) * (known[below + 1] - known[below])
    np.testing.assert_allclose(np.nanmax(found), high, rtol=1e-6)
    kept = ~np.isnan(field) & (found == field.astype("f4"))
    assert kept.sum() >= 0.65 * known.size
    assert np.array_equal(np.isnan(found), np.isnan(field))


def test_winsorised_says_its_limits(caplog):
    caplog.set_level("INFO", "geoprospect.features")
    field = np.arange(101.0).reshape(1, 101)
    source = made.layer(field, small_grid(1, 101), units="ng g-1", long_name="Au")
    found = values(winsorised(source, lower=0, upper=95))
    np.testing.assert_array_equal(found[0, :96], field[0, :96])
    assert (found[0, 95:] == 95).all()
    told = "values below 0 and above 95 ng g-1 (5 % of cells) are drawn in"
    assert told in caplog.text


def test_winsorised_refuses_what_are_no_percentiles():
    source = made.layer(np.ones((1, 2)), small_grid(1, 2))
    for lower, upper in ((5, 5), (-1, 99), (1, 101), (float("nan"), 99)):
        with pytest.raises(ValueError, match=r"0 <= lower < upper <= 100, got .* and"):
            winsorised(source, lower=lower, upper=upper)


METHODS = {
    "robust": preprocessing.RobustScaler(),
    "standard": preprocessing.StandardScaler(),
    "minmax": preprocessing.MinMaxScaler(),
}


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(0, 1000), st.integers(1, 20))
@settings(max_examples=6)
def test_scaled_is_scikit_learns_whatever_the_chunks(method, seed, side):
    field = patchy(seed)
    source = made.layer(field, small_grid(13, 17)).chunk({"y": side, "x": side})
    found = values(scaled(source, method=method)).reshape(-1, 1)
    expected = METHODS[method].fit_transform(field.reshape(-1, 1))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_study_area_sets_the_scale_and_minmax_sees_every_cell(monkeypatch):
    monkeypatch.setattr(sources, "MOST", 4)
    field = np.arange(12.0).reshape(3, 4)
    field[1, 3] = 100
    grid = small_grid(3, 4)
    assert values(scaled(made.layer(field, grid), method="minmax")).max() == 1
    inside = made.layer(np.where(field <= 6, 1.0, np.nan), grid)
    found = values(scaled(made.layer(field, grid), method="minmax", area=inside))
    np.testing.assert_allclose(found[:2, :3].ravel(), np.array([0, 1, 2, 4, 5, 6]) / 6)


def test_what_does_not_spread_is_refused_and_what_is_unknown_stays_so():
    grid = small_grid(3, 4)
    for method in METHODS:
        with pytest.raises(DataError, match=f"'made' cannot be scaled by {method}: its values"):
            scaled(made.layer(np.full((3, 4), 2.0), grid), method=method)
        nothing = made.layer(np.full((3, 4), np.nan), grid)
        assert np.isnan(values(scaled(nothing, method=method))).all()
    assert np.isnan(values(winsorised(nothing, lower=1, upper=99))).all()


def test_scaled_and_winsorised_take_sets_and_say_what_they_are():
    grid = small_grid(13, 17)
    cu = made.layer(patchy(1), grid, units="mg kg-1", long_name="Cu")
    several = xr.Dataset({"cu": cu, "distance": made.layer(patchy(2), grid, quality=True)})
    for found, attrs in (
        (scaled(several, method="robust"), {"long_name": "Cu, scaled", "units": "1"}),
        (
            winsorised(several, lower=1, upper=99),
            {"long_name": "Cu, winsorised", "units": "mg kg-1"},
        ),
    ):
        assert list(found.data_vars) == ["cu"]
        assert found["cu"].attrs == attrs
        assert lazy.is_lazy(found["cu"])
        contract.check_layer(found["cu"], grid, "cu")
    classes = made.layer(np.ones((13, 17)), grid, long_name="units", meanings={1: "a"})
    for refused in (
        lambda: scaled(classes, method="robust"),
        lambda: winsorised(classes, lower=1, upper=99),
    ):
        with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
            refused()
