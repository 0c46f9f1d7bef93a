"""Gravity reduced for height and ground, where anyone can reckon what is left."""

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.gravity import bouguer_anomaly, free_air_anomaly, terrain_correction
from tests.features.fields import harmonica  # noqa: F401
from tests.features.made import chunks_of, frame, layer, small_grid, values

ROCK = 2670.0
GRID = small_grid()


def hills(seed=0, grid=GRID):
    rng = np.random.default_rng(seed)
    return layer(rng.normal(800, 200, grid.shape), grid, units="m", long_name="elevation")


def free_air(field, grid=GRID):
    return layer(field, grid, units="mGal", long_name="free-air anomaly")


# --- Bouguer anomaly ------------------------------------------------------------------------


def test_what_a_plateau_pulls_is_taken_away():
    height = np.full(GRID.shape, 1000.0)
    found = bouguer_anomaly(free_air(height * 0.1119), layer(height, GRID), density=ROCK)
    np.testing.assert_allclose(values(found), 0.0, atol=0.1)
    assert found.attrs["units"] == "mGal"
    assert found.attrs["long_name"] == "simple Bouguer anomaly, 2670 kg m-3"
    assert lazy.is_lazy(found)


def test_bent_as_the_earth_is_it_is_a_mgal_or_so_less():
    height = layer(np.full(GRID.shape, 2000.0), GRID)
    plane = values(bouguer_anomaly(free_air(height), height, density=ROCK))
    bent = values(bouguer_anomaly(free_air(height), height, density=ROCK, spherical=True))
    polynomial = 1.464139e-3 * 2000 - 3.533047e-7 * 2000**2 + 1.002709e-13 * 2000**3
    np.testing.assert_allclose(plane - bent, polynomial, atol=2e-3)  # after Whitman (1991)


def test_the_complete_anomaly_is_the_simple_one_and_the_terrain():
    ground, field = hills(), free_air(np.full(GRID.shape, 50.0))
    simple = bouguer_anomaly(field, ground, density=ROCK)
    complete = bouguer_anomaly(field, ground, density=ROCK, radius=700)
    terrain = terrain_correction(ground, density=ROCK, radius=700)
    np.testing.assert_allclose(values(complete), values(simple + terrain), rtol=1e-5)
    assert complete.attrs["long_name"] == "Bouguer anomaly, terrain within 700 m, 2670 kg m-3"


# --- terrain correction -----------------------------------------------------------------------


def test_each_cell_is_corrected_for_all_prisms_about_it(harmonica):  # noqa: F811
    """Every cell of a small mountain, prism by prism, by another library."""
    grid = small_grid(11, 13)
    ground = hills(3, grid)
    found = values(terrain_correction(ground, density=ROCK, radius=600))
    east, north = np.meshgrid(ground.x.values, ground.y.values)
    up = ground.values.astype("f8")
    for row, column in [(0, 0), (5, 6), (10, 3)]:
        station = east[row, column], north[row, column], up[row, column]
        away = np.hypot(east - station[0], north - station[1])
        near = (away <= 600) & (away > 0)
        low, high = np.minimum(up, station[2]), np.maximum(up, station[2])
        prisms = np.stack([east - 50, east + 50, north - 50, north + 50, low, high], axis=-1)[near]
        pulls = [abs(harmonica.prism_gravity(station, one, ROCK, field="g_z")) for one in prisms]
        assert found[row, column] == pytest.approx(sum(pulls), rel=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 40), st.integers(100, 4000), st.integers(0, 99))
def test_chunking_changes_nothing(side, radius, seed):
    ground = hills(seed)
    whole = values(terrain_correction(ground, density=ROCK, radius=radius))
    with chunks_of(side):
        cut = values(terrain_correction(ground.chunk(side), density=ROCK, radius=radius))
    np.testing.assert_array_equal(cut, whole)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.floats(-500, 500), st.integers(1000, 3500))
def test_it_is_above_zero_and_knows_neither_up_from_down_nor_sea_level(seed, shift, density):
    ground = hills(seed)
    found = values(terrain_correction(ground, density=density, radius=1500))
    assert (found > 0).all()
    turned = layer(shift - ground.values, GRID)
    upside_down = values(terrain_correction(turned, density=density, radius=1500))
    np.testing.assert_allclose(upside_down, found, rtol=1e-4)


def test_unknown_ground_stays_unknown_and_counts_as_level(caplog):
    ground = hills().values.copy()
    ground[5, 5] = np.nan
    with caplog.at_level(logging.INFO):
        found = terrain_correction(layer(ground, GRID), density=ROCK, radius=1000)
    assert np.argwhere(np.isnan(values(found))).tolist() == [[5, 5]]
    assert "within 1000 m of the edge the correction is too small" in caplog.text
    assert found.attrs["units"] == "mGal"
    assert contract.grid_of(found) == GRID


# --- stations ---------------------------------------------------------------------------------


def stations(*places, crs="EPSG:4326", **columns):
    return frame(*(shapely.Point(*place) for place in places), crs=crs, **columns)


def test_a_station_with_normal_gravity_has_no_anomaly():
    made = stations((100, 45), (100, 45), g=[980619.920, 980619.920 - 308.55 + 25], z=[0.0, 1000.0])
    found = free_air_anomaly(made, observed="g", height="z")
    np.testing.assert_allclose(found["free_air_anomaly"], [0, 25], atol=0.1)
    assert found.attrs["units"]["free_air_anomaly"] == "mGal"
    assert "free_air_anomaly" not in made


def test_latitudes_come_from_any_crs():
    made = stations((102, 28), (102.5, 28.5), g=[979000.0, 979010.0], z=[500.0, 600.0])
    moved = made.to_crs("EPSG:4543")
    np.testing.assert_allclose(
        free_air_anomaly(moved, observed="g", height="z")["free_air_anomaly"],
        free_air_anomaly(made, observed="g", height="z")["free_air_anomaly"],
        atol=1e-3,
    )


def test_gravity_that_is_not_absolute_is_said(caplog):
    made = stations((100, 45), g=[123.4], z=[100.0])
    free_air_anomaly(made, observed="g", height="z")
    assert "1 of 1 stations depart by more than 1000 mGal from normal" in caplog.text


# --- what cannot be reduced -------------------------------------------------------------------


def test_other_units_and_grids_are_refused():
    ground = hills()
    nt = layer(ground.values, GRID, units="nT", long_name="free-air anomaly")
    with pytest.raises(ContractError, match="'free-air anomaly' is in 'nT'; convert it, or state"):
        bouguer_anomaly(nt, ground, density=ROCK)
    with pytest.raises(ContractError, match="bouguer_anomaly needs elevation in metres"):
        bouguer_anomaly(free_air(ground), free_air(ground), density=ROCK)
    with pytest.raises(ContractError, match="gravity and the elevation are not on one grid"):
        bouguer_anomaly(free_air(ground), hills(0, small_grid(5, 6)), density=ROCK)
    with pytest.raises(ValueError, match="density must be positive and finite, got 0 kg m-3"):
        bouguer_anomaly(free_air(ground), ground, density=0)
    with pytest.raises(ValueError, match="density must be positive and finite, got -1 kg m-3"):
        terrain_correction(ground, density=-1, radius=500)
    with pytest.raises(ValueError, match="radius is 50 m and reaches no neighbour"):
        terrain_correction(ground, density=ROCK, radius=50)


def test_stations_that_cannot_be_reduced_are_told_why():
    made = stations((100, 45), g=[980000.0], z=[100.0])
    made.attrs["units"] = {"z": "ft"}
    with pytest.raises(ContractError, match="column 'z' is in 'ft'; convert it"):
        free_air_anomaly(made, observed="g", height="z")
    with pytest.raises(DataError, match="has no column 'h'"):
        free_air_anomaly(made, observed="g", height="h")
    nowhere = stations((100, 45), crs=None, g=[980000.0], z=[100.0])
    with pytest.raises(ContractError, match="the stations have no CRS"):
        free_air_anomaly(nowhere, observed="g", height="z")
