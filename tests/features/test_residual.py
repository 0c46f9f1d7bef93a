"""Regional and residual: planes, quadrics and medians worked out otherwise."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import ContractError, DataError
from geoprospect.features.residual import group_residual, median_residual, trend_residual
from tests.features.made import corner, frame

RANDOM = np.random.default_rng(6)
EAST, DOWN = RANDOM.uniform(0, 30_000, (2, 80))


def sampled(values, units="ug/g"):
    points = [shapely.Point(*corner(x, y)) for x, y in zip(EAST, DOWN, strict=True)]
    made = frame(*points[: len(values)], Cu=list(values))
    made.attrs["units"] = {"Cu": units}
    return made


@given(st.integers(1, 3), st.integers(0, 100))
def test_a_polynomial_surface_leaves_nothing_and_a_bump_on_it_stays(degree, seed):
    weights = np.random.default_rng(seed).normal(size=(4, 4))
    x, y = EAST / 1e4, DOWN / 1e4
    surface = sum(
        weights[i, j] * x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)
    )
    made = sampled(surface)
    found = trend_residual(made, columns=["Cu"], degree=degree, scale="linear")
    np.testing.assert_allclose(found["Cu_regional"], surface, atol=1e-8)
    np.testing.assert_allclose(found["Cu_residual"], 0, atol=1e-8)


def test_the_trend_is_that_of_verde():
    verde = pytest.importorskip("verde")
    values = RANDOM.normal(size=80)
    made = sampled(values)
    places = (EAST / 1e4, DOWN / 1e4)  # the same surface, in numbers that verde can square
    trend = verde.Trend(degree=2).fit(places, values).predict(places)
    found = trend_residual(made, columns=["Cu"], degree=2, scale="linear")
    np.testing.assert_allclose(found["Cu_regional"], trend, atol=1e-6)


@pytest.mark.parametrize("scale", ["linear", "log10"])
def test_the_median_about_each_sample(scale, caplog):
    values = RANDOM.lognormal(size=80)
    values[7] = np.nan
    with caplog.at_level(logging.INFO):
        found = median_residual(sampled(values), columns=["Cu"], radius=6000, scale=scale)
    on_scale = np.log10(values) if scale == "log10" else values
    away = np.hypot(EAST[:, None] - EAST, DOWN[:, None] - DOWN)
    expected = np.array([np.nanmedian(on_scale[row <= 6000]) for row in away])
    expected[7] = np.nan
    np.testing.assert_allclose(found["Cu_residual"], on_scale - expected)
    regional = 10**expected if scale == "log10" else expected
    np.testing.assert_allclose(found["Cu_regional"], regional)
    assert found.attrs["units"] == {
        "Cu": "ug/g", "Cu_regional": "ug/g", "Cu_residual": "1" if scale == "log10" else "ug/g",
    }  # fmt: skip
    assert "of the variance of column 'Cu' is left in the residual" in caplog.text


def test_the_median_of_the_catchment():
    made = sampled([1.0, 2, 4, 8, 16, 30, 50, 100, 200, 300])
    made["basin"] = ["a"] * 5 + ["b"] * 5
    found = group_residual(made, columns=["Cu"], by="basin")
    np.testing.assert_allclose(found["Cu_regional"], [4] * 5 + [100] * 5)
    np.testing.assert_allclose(found["Cu_residual"][[0, 4, 9]], np.log10([0.25, 4, 3]))


def test_lonely_samples_are_said(caplog):
    with caplog.at_level(logging.WARNING):
        median_residual(sampled(RANDOM.lognormal(size=80)), columns=["Cu"], radius=10)
    assert "80 of 80 samples have fewer than 5 samples within 10 m" in caplog.text


def test_what_cannot_be_meant_is_refused():
    made = sampled([1.0, 2, 3, 4, 5, 6])
    with pytest.raises(ValueError, match="radius must be positive and finite, got 0 m"):
        median_residual(made, columns=["Cu"], radius=0)
    with pytest.raises(ValueError, match="degree must be 1 to 3, got 4"):
        trend_residual(made, columns=["Cu"], degree=4)
    with pytest.raises(DataError, match="has 6 values, too few for a surface of degree 2"):
        trend_residual(made, columns=["Cu"], degree=2)
    with pytest.raises(ContractError, match="projected CRS in metres, and these are in EPSG:4326"):
        median_residual(made.to_crs(4326), columns=["Cu"], radius=5)
    made.loc[0, "Cu"] = 0.0
    with pytest.raises(DataError, match="'Cu' has 1 values at or below zero"):
        median_residual(made, columns=["Cu"], radius=5)
