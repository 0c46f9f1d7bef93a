"""Enrichment and concentration-area classes of layers."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract
from geoprospect.errors import ContractError, DataError
from geoprospect.features.enrichment import concentration_area, enrichment
from tests.features.made import chunks_of, layer, small_grid, values
from tests.kernels.test_fractal import power_law

GRID = small_grid(12, 10)
FIELD = np.random.default_rng(3).lognormal(2, 1, GRID.shape).astype("float32")
FIELD[0, :3] = np.nan
ROCKS = np.where(np.arange(10) < 6, 1.0, 2.0) * np.ones(GRID.shape)
ROCKS[5, 5] = np.nan
ROCKS[0, 9] = 7.0


def copper():
    return layer(FIELD, GRID, units="ug g-1", long_name="Cu")


def rocks():
    return layer(ROCKS, GRID, units="1", meanings={1: "basalt", 2: "granite", 7: "dyke"})


def test_a_value_over_the_median_of_all():
    found = enrichment(copper(), over="median", seed=1)
    np.testing.assert_allclose(values(found), FIELD / np.nanmedian(FIELD), rtol=1e-6)
    assert found.attrs == {"long_name": "Cu over its median", "units": "1"}
    assert contract.layer_problems(found, GRID) == []


def test_only_the_study_area_bears_on_the_threshold():
    inside = np.where(np.arange(12)[:, None] < 6, 1.0, np.nan) * np.ones(GRID.shape)
    found = enrichment(copper(), over="median", area=layer(inside, GRID), seed=1)
    np.testing.assert_allclose(values(found), FIELD / np.nanmedian(FIELD[:6]), rtol=1e-6)


def test_each_class_has_its_own_background(caplog):
    with caplog.at_level(logging.WARNING):
        found = values(enrichment(copper(), rocks(), over="median", seed=1))
    for code in (1, 2):
        held = code == ROCKS
        np.testing.assert_allclose(found[held], FIELD[held] / np.nanmedian(FIELD[held]), rtol=1e-6)
    assert np.isnan(found[(ROCKS == 7) | np.isnan(ROCKS)]).all()
    assert "classes with fewer than 5 known values are unknown: dyke" in caplog.text


@settings(max_examples=8)
@given(st.integers(1, 13))
def test_chunking_changes_nothing(side):
    whole = values(enrichment(copper(), rocks(), over="median_2mad", seed=1))
    classes = values(concentration_area(copper(), seed=1))
    with chunks_of(side):
        cut = enrichment(copper().chunk(side), rocks().chunk(side), over="median_2mad", seed=1)
        np.testing.assert_array_equal(values(cut), whole)
        cut = concentration_area(copper().chunk(side), seed=1)
        np.testing.assert_array_equal(values(cut), classes)


def test_classes_lie_between_the_breaks_of_a_made_curve(caplog):
    grid = small_grid(200, 200)
    field = np.random.default_rng(1).permutation(power_law([10.0, 100.0], [0.5, 1.0, 3.0]))
    field = field.reshape(grid.shape)
    field[0, 0] = 0.0
    with caplog.at_level(logging.INFO):
        found = concentration_area(layer(field, grid, units="ng g-1", long_name="Au"), seed=1)
    codes = values(found)
    clear = (np.abs(np.log(field.clip(1) / 10)) > 0.1) & (np.abs(np.log(field.clip(1) / 100)) > 0.1)
    np.testing.assert_array_equal(codes[clear], np.searchsorted([10, 100], field)[clear])
    assert contract.is_categorical(found)
    meanings = list(contract.meanings(found).values())
    assert [text.split(" (")[0] for text in meanings] == ["background", "moderate", "high"]
    assert meanings[0].startswith("background (below ")
    assert meanings[0].endswith(" ng g-1)")
    assert found.attrs["long_name"] == "concentration-area class of Au"
    assert "concentration-area of 'Au': break at" in caplog.text


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(ContractError, match="enrichment: units holds no classes"):
        enrichment(copper(), copper(), over="median", seed=1)
    with pytest.raises(ContractError, match="needs measured values"):
        enrichment(rocks(), over="median", seed=1)
    with pytest.raises(ContractError, match="needs measured values"):
        concentration_area(rocks(), seed=1)
    with pytest.raises(ValueError, match="percentile must be between 0 and 100"):
        enrichment(copper(), over="percentile", seed=1)
    flat = layer(np.full(GRID.shape, -2.0), GRID, units="ug g-1", long_name="Cu")
    with pytest.raises(DataError, match="the median of 'Cu' is -2 ug g-1"):
        enrichment(flat, over="median", seed=1)
    with pytest.raises(DataError, match="has no break that can be told"):
        concentration_area(flat, seed=1)
    few = layer(np.where(ROCKS == 7, 1.0, np.nan), GRID)
    with pytest.raises(DataError, match="no class has values enough"):
        enrichment(few, rocks(), over="median", seed=1)
