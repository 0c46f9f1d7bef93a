import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.radiometrics import (
    DOSE,
    dose_rate,
    f_parameter,
    radioelement_ratio,
    ternary_bands,
)
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)
UNITS = {"potassium": "%", "thorium": "mg kg-1", "uranium": "mg kg-1"}


def bands(units=None, **fields):
    units = units or UNITS
    shape = np.shape(next(iter(fields.values())))
    return xr.Dataset(
        {
            name: made.layer(np.array(field, float), small_grid(*shape), units=units[name],
                             long_name=name)
            for name, field in fields.items()
        }
    )  # fmt: skip


def survey(seed=0):
    rng = np.random.default_rng(seed)
    k, th, u = rng.lognormal(size=(3, 13, 17)) * np.array([1.5, 9, 2]).reshape(3, 1, 1)
    k[rng.random(k.shape) < 0.1] = np.nan
    return bands(potassium=k, thorium=th, uranium=u)


def test_the_dose_rate_of_the_average_crust():
    # 2 % K, 2.7 ppm U and 9 ppm Th: 26.2, 15.3 and 22.4 nGy/h by the IAEA's table, 63.9 together.
    crust = bands(potassium=[[2, 0, 1, 0]], thorium=[[9, 0, 0, 1]], uranium=[[2.7, 1, 0, 0]])
    found = values(dose_rate(crust))
    np.testing.assert_allclose(found, [[63.925, 5.675, 13.078, 2.494]], atol=1e-3)


def test_ratios_and_the_f_parameter_by_hand():
    rocks = bands(potassium=[[2, 4, 3]], thorium=[[10, 8, 0.5]], uranium=[[3, 2, 1]])
    found = values(radioelement_ratio(rocks, numerator="potassium", denominator="thorium", floor=1))
    np.testing.assert_allclose(found, [[0.2, 0.5, np.nan]], rtol=1e-6)
    found = values(radioelement_ratio(rocks, numerator="uranium", denominator="thorium", floor=0.5))
    np.testing.assert_allclose(found, [[0.3, 0.25, 2]], rtol=1e-6)
    np.testing.assert_allclose(values(f_parameter(rocks, floor=1)), [[0.6, 1, np.nan]], rtol=1e-6)


def test_what_is_below_the_floor_is_said_once(caplog):
    rocks = bands(potassium=[[2, 4, 3]], thorium=[[0, -1, 5]], uranium=[[1, 1, 1]])
    with made.chunks_of(1):
        values(f_parameter(rocks, floor=2))
    assert len(caplog.records) == 1
    assert "F-parameter: thorium below 2 mg kg-1 is too little to divide by" in caplog.text


FEATURES = [
    dose_rate,
    lambda s: f_parameter(s, floor=2),
    lambda s: radioelement_ratio(s, numerator="uranium", denominator="potassium", floor=0.5),
    lambda s: ternary_bands(s)["red"],
]


def test_each_radioelement_doses_as_its_activity_does():
    """UNSCEAR (2000): nGy/h per Bq/kg of K-40, U-238 and Th-232; Bq/kg per % or mg/kg, IAEA."""
    per_activity = {"potassium": 0.0417, "uranium": 0.462, "thorium": 0.604}
    activity = {"potassium": 313.0, "uranium": 12.35, "thorium": 4.06}
    for name, dose in DOSE.items():
        assert dose == pytest.approx(per_activity[name] * activity[name], rel=0.02)


@pytest.mark.parametrize("feature", FEATURES)
@given(st.integers(0, 100), st.integers(2, 20))
@settings(max_examples=4)
def test_chunking_changes_nothing(feature, seed, side):
    source = survey(seed)
    whole = values(feature(source))
    with made.chunks_of(side):
        np.testing.assert_array_equal(whole, values(feature(source)))
    assert np.isnan(whole)[np.isnan(source["potassium"].values)].all()


def test_bands_of_an_image_run_from_0_to_1_between_the_percentiles():
    k = np.arange(101.0).reshape(1, 101)
    found = ternary_bands(bands(potassium=k, thorium=k * 3, uranium=k[:, ::-1]), lower=10, upper=60)
    assert list(found.data_vars) == ["red", "green", "blue"]
    expected = np.clip((k - 10) / 50, 0, 1)
    np.testing.assert_allclose(values(found["red"]), expected, atol=1e-6)
    np.testing.assert_allclose(values(found["green"]), expected, atol=1e-6)
    np.testing.assert_allclose(values(found["blue"]), expected[:, ::-1], atol=1e-6)
    assert found["blue"].attrs == {"long_name": "uranium as blue", "units": "1"}


def test_layers_may_go_by_other_names():
    k, th, u = survey().values()
    one = values(dose_rate([u, k, th], names=["uranium", "potassium", "thorium"]))
    np.testing.assert_array_equal(one, values(dose_rate(survey())))
    with pytest.raises(ContractError, match="needs the layers potassium, thorium, uranium, and th"):
        dose_rate(survey().rename(uranium="u"))


def test_units_are_asked_for(caplog):
    per_gram = survey()
    per_gram["potassium"].attrs["units"] = "mg kg-1"
    with pytest.raises(
        ContractError, match="takes potassium in %, and 'potassium' is in 'mg kg-1'"
    ):
        dose_rate(per_gram)
    per_gram["potassium"].attrs["units"] = "1"
    dose_rate(per_gram)
    assert "dose_rate takes it that potassium is in %, which state no units" in caplog.text


def test_lazy_on_the_grid_and_say_what_they_are():
    ratio = radioelement_ratio(survey(), numerator="potassium", denominator="thorium", floor=1)
    same = radioelement_ratio(survey(), numerator="uranium", denominator="thorium", floor=1)
    assert same.attrs["units"] == "1"
    for found, attrs in (
        (dose_rate(survey()), {"long_name": "gamma dose rate", "units": "nGy h-1"}),
        (f_parameter(survey(), floor=1), {"long_name": "F-parameter", "units": "%"}),
        (ratio, {"long_name": "potassium over thorium", "units": "% / (mg kg-1)"}),
    ):
        assert lazy.is_lazy(found)
        assert found.attrs == attrs
        contract.check_layer(found, GRID, "derived")


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="must be two of potassium, thorium, uranium, got 'k' and"):
        radioelement_ratio(survey(), numerator="k", denominator="thorium", floor=1)
    with pytest.raises(ValueError, match=r"must be two of .*, got 'uranium' and 'uranium'"):
        radioelement_ratio(survey(), numerator="uranium", denominator="uranium", floor=1)
    with pytest.raises(ValueError, match="floor must be positive and finite, got 0 mg kg-1"):
        f_parameter(survey(), floor=0)
    with pytest.raises(ValueError, match="0 <= lower < upper <= 100"):
        ternary_bands(survey(), lower=60, upper=40)
    flat = bands(potassium=np.ones((2, 2)), thorium=np.ones((2, 2)), uranium=np.ones((2, 2)))
    with pytest.raises(
        DataError, match="'potassium' cannot be stretched: its percentiles 2 and 98"
    ):
        ternary_bands(flat)
