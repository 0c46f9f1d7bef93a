"""Sediments set against the rocks of their catchments, on valleys that can be counted by hand."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import ContractError, DataError
from geoprospect.features.catchment_background import catchment_residual
from tests.features.made import corner, frame, layer, small_grid
from tests.features.test_catchments import GRID, above, elevation, sampled

CATCHMENT = above(8, west=True)
"""Cells that drain to the sample at row 8 of the western valley."""


def rocks(*classes):
    """The grid in bands of three columns, each of the class named, from the west."""
    codes = np.repeat(np.arange(8), 3) % len(classes)
    names = sorted(set(classes))
    numbers = np.array([names.index(name) + 1.0 for name in classes])
    ground = np.broadcast_to(numbers[codes], GRID.shape)
    return layer(ground, GRID, units="1", meanings=dict(enumerate(names, 1)))


def parted(made, units, **settings):
    given = {"columns": ["Cu"], "snap": 0, "scale": "linear", "grid": GRID} | settings
    return catchment_residual(made, elevation(), units, **given)


def test_a_catchment_is_what_its_rocks_are_by_their_shares():
    """Counted cell by cell: shares of each catchment, means of each rock, their sum."""
    units = rocks("basalt", "slate")
    slate = units.values == 2
    valleys = [above(8, west=True), above(15, west=True), above(12, west=False)]
    copper = np.array([50.0, 80.0, 20.0])
    made = sampled((8, 5), (15, 5), (12, 17), Cu=list(copper))
    share = np.array([slate[one].mean() for one in valleys])
    of_slate = (copper * share).sum() / share.sum()
    of_basalt = (copper * (1 - share)).sum() / (1 - share).sum()
    expected = share * of_slate + (1 - share) * of_basalt
    found = parted(made, units)
    np.testing.assert_allclose(found["Cu_regional"], expected)
    np.testing.assert_allclose(found["Cu_residual"], copper - expected)
    np.testing.assert_allclose(found["catchment_area"], [0.01 * one.sum() for one in valleys])
    assert found.attrs["units"] == {
        "Cu": "ug/g", "Cu_regional": "ug/g", "Cu_residual": "ug/g", "catchment_area": "km2",
    }  # fmt: skip


def test_where_each_catchment_is_one_rock_it_is_the_mean_of_that_rock():
    west = np.arange(24) < 12
    ground = np.broadcast_to(np.where(west, 1.0, 2.0), GRID.shape)
    units = layer(ground, GRID, units="1", meanings={1: "granite", 2: "marble"})
    made = sampled((8, 5), (12, 5), (15, 5), (12, 17), (9, 17), Cu=[10.0, 20, 60, 1, 3])
    found = parted(made, units)
    np.testing.assert_allclose(found["Cu_regional"], [30, 30, 30, 2, 2])
    np.testing.assert_allclose(found["Cu_residual"], [-20, -10, 30, -1, 1])


def test_on_the_logarithmic_scale_the_residual_is_a_ratio():
    made = sampled((8, 5), (15, 5), Cu=[10.0, 1000.0])
    found = parted(made, rocks("granite"), scale="log10")
    np.testing.assert_allclose(found["Cu_regional"], [100, 100])
    np.testing.assert_allclose(found["Cu_residual"], [-1, 1])
    assert found.attrs["units"]["Cu_residual"] == "1"


@pytest.mark.parametrize("scale", ["linear", "log10"])
def test_what_is_thinned_on_its_way_is_told_undiluted(scale):
    """Hawkes: (Y - background) A over the ore's area, on top of the background."""
    made = sampled((8, 5), (15, 5), Cu=[10.0, 30.0])
    found = parted(made, rocks("granite"), anomalous_area=0.02, scale=scale)
    usual = {"linear": 20.0, "log10": np.sqrt(300)}[scale]
    cells = np.array([CATCHMENT.sum(), above(15, west=True).sum()])
    expected = usual + (np.array([10.0, 30.0]) - usual) * cells * 0.01 / 0.02
    np.testing.assert_allclose(found["Cu_undiluted"], expected)
    assert found.attrs["units"]["Cu_undiluted"] == "ug/g"


def test_polygons_serve_as_well_as_a_layer_of_classes():
    made = sampled((8, 5), (15, 5), (12, 17), Cu=[50.0, 80, 20])
    bands = [shapely.box(*corner(300 * i, 2000), *corner(300 * i + 300, 0)) for i in range(8)]
    polygons = frame(*bands, lith=["basalt", "slate"] * 4)
    by_polygons = parted(made, polygons, column="lith")
    by_layer = parted(made, rocks("basalt", "slate"))
    np.testing.assert_allclose(by_polygons["Cu_regional"], by_layer["Cu_regional"])


@settings(max_examples=15)
@given(st.lists(st.floats(1, 1000), min_size=4, max_size=4), st.floats(0.1, 10), st.integers(1, 3))
def test_units_scale_the_result_and_background_stays_between_the_values(copper, factor, kinds):
    made = sampled((8, 5), (15, 5), (12, 17), (16, 17), Cu=copper)
    twice = sampled((8, 5), (15, 5), (12, 17), (16, 17), Cu=[factor * one for one in copper])
    units = rocks(*["basalt", "slate", "tuff"][:kinds])
    found = parted(made, units)
    np.testing.assert_allclose(
        parted(twice, units)["Cu_residual"], factor * found["Cu_residual"], atol=1e-6
    )
    assert found["Cu_regional"].between(min(copper) - 1e-9, max(copper) + 1e-9).all()


def test_unmapped_ground_is_left_out_and_unknown_samples_stay_unknown():
    units = rocks("granite")
    ground = units.values.copy()
    ground[:, 12:] = np.nan
    units = layer(ground, GRID, units="1", meanings={1: "granite"})
    made = sampled((8, 5), (12, 17), (15, 5), (40, 5), Cu=[10.0, 5.0, np.nan, 7.0])
    found = parted(made, units)
    np.testing.assert_allclose(found["Cu_regional"], [10, np.nan, np.nan, np.nan])
    assert found["catchment_area"].isna().tolist() == [False, False, False, True]


def test_what_weakens_a_background_is_said(caplog):
    made = sampled((8, 5), (40, 5), Cu=[10.0, 7.0])
    with caplog.at_level(logging.INFO):
        parted(made, rocks("basalt", "slate"))
    assert "1 of 2 samples lie beyond the grid" in caplog.text
    assert "1 of 1 catchments reach the edge of the elevation" in caplog.text
    assert "these units fill fewer than 5 catchments together" in caplog.text
    assert "0 of 1 samples were moved into their stream" in caplog.text


def test_what_cannot_be_parted_is_refused():
    made, units = sampled((8, 5), Cu=[10.0]), rocks("granite")
    with pytest.raises(ValueError, match="snap must be zero or more and finite, got -1 m"):
        parted(made, units, snap=-1)
    with pytest.raises(ValueError, match="anomalous_area must be positive and finite, got 0 km2"):
        parted(made, units, anomalous_area=0)
    with pytest.raises(ContractError, match="in EPSG:4326 and the grid in EPSG:32648"):
        parted(made.to_crs(4326), units)
    with pytest.raises(DataError, match="has no column 'Zn'"):
        parted(made, units, columns=["Zn"])
    elsewhere = layer(np.ones((5, 6)), small_grid(5, 6), units="1", meanings={1: "granite"})
    with pytest.raises(ContractError, match="the geology does not fit:"):
        parted(made, elsewhere)
    nothing = layer(np.full(GRID.shape, np.nan), GRID)
    with pytest.raises(DataError, match="the elevation is unknown on the whole grid"):
        catchment_residual(made, nothing, units, grid=GRID, columns=["Cu"], snap=0)
    with pytest.raises(DataError, match="none of 1 samples lies on the grid"):
        parted(sampled((40, 5), Cu=[1.0]), units)
