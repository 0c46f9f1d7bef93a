import logging

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import wavenumber
from geoprospect.features.potential_field import (
    downward_continuation,
    residual,
    upward_continuation,
    vertical_derivative,
)
from tests.features import made
from tests.features.fields import inner, middle, places, point_mass, way  # noqa: F401
from tests.features.made import small_grid, values

MASSES = [
    (-2500.0, 1800.0, 900.0, 1.0),
    (3100.0, -900.0, 1400.0, -1.5),
    (900.0, 3000.0, 700.0, 0.6),
]
GRID = middle()

cases = pytest.mark.parametrize(
    "make",
    [
        lambda f: upward_continuation(f, height=300),
        lambda f: downward_continuation(f, height=100, shortest=600),
        lambda f: vertical_derivative(f, order=1),
        lambda f: vertical_derivative(f, order=2),
        lambda f: residual(f, height=800),
        lambda f: residual(f, wavelength=1500),
    ],
    ids=["upward", "downward", "first", "second", "residual_height", "residual_wavelength"],
)


def attraction(grid=GRID, **more):
    return 1e6 * sum(m * point_mass(grid, e, n, z, **more) for e, n, z, m in MASSES)


def gravity(field=None, grid=GRID):
    field = attraction(grid) if field is None else field
    return made.layer(field, grid, units="mGal", long_name="Bouguer anomaly")


def rough(seed: int, rows: int = 61, columns: int = 83) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = 300 + 50 * rng.normal(size=(rows, columns)).cumsum(axis=0).cumsum(axis=1) / 20
    field[rng.random((rows, columns)) < 0.05] = np.nan
    field[20:30, 40:52] = np.nan
    return field


def error(found, truth, rim=30):
    """Greatest difference within a rim, as a share of the truth's range."""
    return np.abs(inner(found - truth, rim)).max() / np.ptp(inner(truth, rim))


# --- closed forms -----------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2])
def test_vertical_derivatives_of_point_masses_are_those_of_calculus(way, order):  # noqa: F811
    found = values(vertical_derivative(gravity(), order=order))
    assert error(found, attraction(order=order)) < 0.005


def test_the_field_higher_up_is_that_of_deeper_masses(way):  # noqa: F811
    found = values(upward_continuation(gravity(), height=600))
    assert error(found, attraction(up=600)) < 0.01


def test_the_field_lower_down_is_that_of_shallower_masses(way):  # noqa: F811
    found = values(downward_continuation(gravity(), height=200, shortest=500))
    assert error(found, attraction(up=-200)) < 0.02


def test_the_residual_is_the_field_less_that_of_deeper_masses(way):  # noqa: F811
    found = values(residual(gravity(), height=600))
    assert error(found, attraction() - attraction(up=600)) < 0.01


def test_a_gaussian_residual_keeps_its_share_of_a_wave(way):  # noqa: F811
    east, north = places(GRID)
    wave = np.cos(2 * np.pi * (0.6 * east + 0.8 * north) / 2000)
    found = values(residual(gravity(wave), wavelength=2000))
    assert error(found, (1 - np.exp(-0.5)) * wave, rim=40) < 0.02


# --- tiles ------------------------------------------------------------------------------


@cases
def test_tiles_agree_with_the_whole_and_leave_no_seams(make, monkeypatch):
    grid = middle(300, 330)
    source = gravity(attraction(grid), grid)
    whole = values(make(source))
    monkeypatch.setattr(wavenumber, "WHOLE", 8000)
    monkeypatch.setattr(wavenumber, "TILE", 64)
    assert wavenumber.coarseness(grid.shape) == 4
    tiles = values(make(source))
    differ = inner(tiles - whole, 40) / np.ptp(whole)
    assert np.abs(differ).max() < 0.01
    for turned in (differ, differ.T):
        bends = np.abs(np.diff(turned, 2, axis=0)).max(axis=1)
        border = np.isin(np.arange(41, 41 + bends.size) % 64, (63, 0))
        assert bends[border].max() <= bends[~border].max()


@cases
@given(st.integers(0, 100), st.integers(7, 90), st.integers(7, 90))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chunking_changes_nothing(make, way, seed, down, right):  # noqa: F811
    source = gravity(rough(seed), small_grid(61, 83))
    whole = values(make(source))
    with made.chunks_of(right):
        cut = values(make(source.chunk({"y": down, "x": right})))
    np.testing.assert_array_equal(whole, cut)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (50, 2), (300, 3)])
def test_narrow_grids_have_values_too(shape, way):  # noqa: F811
    field = 5 + np.random.default_rng(1).normal(size=shape)
    found = values(upward_continuation(gravity(field, small_grid(*shape)), height=100))
    assert np.isfinite(found).all()
    assert np.abs(found - 5).max() < 5


# --- orientation, gaps, planes ----------------------------------------------------------


def test_north_is_up(way):  # noqa: F811
    grid = middle()
    one = 1e6 * point_mass(grid, 4000, 5000, 800)
    found = values(vertical_derivative(gravity(one, grid)))
    row, column = np.unravel_index(found.argmax(), found.shape)
    east, north = places(grid)
    assert (east[row, column], north[row, column]) == pytest.approx((4000, 5000), abs=51)


@cases
def test_gaps_stay_and_hardly_spoil_what_is_around(make, way):  # noqa: F811
    field = attraction()
    hole = np.zeros(GRID.shape, bool)
    hole[60:72, 90:100] = hole[100, 20:30] = hole[:15, :40] = True
    clean = values(make(gravity()))
    found = values(make(gravity(np.where(hole, np.nan, field))))
    assert np.array_equal(np.isnan(found), hole)
    far = ~hole & (np.abs(found - clean) > 0.01 * np.ptp(clean))
    from scipy.ndimage import distance_transform_edt

    assert distance_transform_edt(~hole)[far].max(initial=0) <= 3


def test_a_plane_goes_up_as_it_is_and_has_no_vertical_rate(way):  # noqa: F811
    east, north = places(GRID)
    plane = gravity(500 + 0.02 * east - 0.03 * north)
    scale = np.ptp(plane.values)
    np.testing.assert_allclose(
        values(upward_continuation(plane, height=1000)), plane.values, atol=1e-4 * scale
    )
    for found in (vertical_derivative(plane), residual(plane, height=1000)):
        assert np.abs(values(found)).max() < 1e-4 * scale


def test_nothing_known_gives_nothing(way):  # noqa: F811
    found = values(vertical_derivative(gravity(np.full(GRID.shape, np.nan))))
    assert np.isnan(found).all()


def test_the_share_that_was_filled_is_said(way, caplog):  # noqa: F811
    field = attraction()
    field[:16] = np.nan
    with caplog.at_level(logging.INFO, "geoprospect.features"):
        values(upward_continuation(gravity(field), height=100))
    assert "Bouguer anomaly: 10.0 % of the grid is unknown; filled for the transform" in caplog.text


def test_a_field_in_steps_is_said(way, caplog):  # noqa: F811
    stepped = np.kron(attraction()[::2, ::2], np.ones((2, 2)))
    with caplog.at_level(logging.WARNING, "geoprospect.features"):
        values(vertical_derivative(gravity()))
        assert not caplog.records
        values(vertical_derivative(gravity(stepped)))
    assert "Bouguer anomaly goes in steps: 5" in caplog.text
    assert "take upward_continuation by a cell or two of it first" in caplog.text


# --- what they say of themselves, and refuse --------------------------------------------


@pytest.mark.parametrize(
    ("found", "name", "units"),
    [
        (upward_continuation(gravity(), height=500), "Bouguer anomaly, 500 m higher", "mGal"),
        (
            downward_continuation(gravity(), height=50, shortest=500),
            "Bouguer anomaly, 50 m lower",
            "mGal",
        ),
        (vertical_derivative(gravity()), "vertical derivative of Bouguer anomaly", "mGal m-1"),
        (
            vertical_derivative(gravity(), order=2),
            "second vertical derivative of Bouguer anomaly",
            "mGal m-2",
        ),
        (
            residual(gravity(), height=500),
            "Bouguer anomaly less its regional 500 m higher",
            "mGal",
        ),
        (
            residual(gravity(), wavelength=5000),
            "Bouguer anomaly less its regional by waves of 5000 m",
            "mGal",
        ),
    ],
)
def test_lazy_on_the_grid_and_says_what_it_is(found, name, units):
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": name, "units": units}
    contract.check_layer(found, GRID, "derived")


def test_rates_of_pure_numbers_are_per_metre():
    ratio = made.layer(attraction(), GRID, units="1")
    assert vertical_derivative(ratio, order=2).attrs["units"] == "m-2"


@cases
def test_classes_and_sets_of_layers_are_refused(make):
    grid = small_grid(2, 2)
    classes = made.layer(np.ones((2, 2)), grid, long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        make(classes)
    with pytest.raises(ContractError, match="takes one layer, and this is a set of them: k, th"):
        make(xr.Dataset({"k": classes, "th": classes}))


def test_a_grid_in_degrees_is_refused():
    grid = GeoBox.from_bbox((100, 27, 101, 28), crs="EPSG:4326", resolution=0.1)
    with pytest.raises(ContractError, match="its CRS EPSG:4326 is geographic"):
        vertical_derivative(made.layer(np.ones(grid.shape), grid))


@pytest.mark.parametrize("bad", [0, -5, float("nan"), float("inf")])
def test_heights_and_wavelengths_are_positive(bad):
    for make in (
        lambda: upward_continuation(gravity(), height=bad),
        lambda: downward_continuation(gravity(), height=bad, shortest=500),
        lambda: residual(gravity(), height=bad),
    ):
        with pytest.raises(ValueError, match="height must be positive and finite"):
            make()
    with pytest.raises(ValueError, match="wavelength must be positive and finite"):
        residual(gravity(), wavelength=bad)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="order must be 1 or 2, got 3"):
        vertical_derivative(gravity(), order=3)
    for settings_ in ({}, {"height": 100, "wavelength": 100}):
        with pytest.raises(ValueError, match="residual needs one of height"):
            residual(gravity(), **settings_)
    with pytest.raises(ValueError, match="shortest is 150 m, and cells of 100 m hold no waves"):
        downward_continuation(gravity(), height=10, shortest=150)
    with pytest.raises(ValueError, match=r"grow 1.9e\+05 times.*make shortest 910 m or longer"):
        downward_continuation(gravity(), height=1000, shortest=517)


def test_how_much_the_shortest_waves_grow_is_said(caplog):
    with caplog.at_level(logging.INFO, "geoprospect.features"):
        downward_continuation(gravity(), height=100, shortest=500)
    assert "100 m lower, waves of 500 m grow 3.51 times" in caplog.text
