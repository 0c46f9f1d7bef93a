import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.potential_edges import (
    analytic_signal,
    horizontal_gradient_of_tilt,
    local_wavenumber,
    theta_map,
    tilt_angle,
    total_horizontal_gradient,
)
from tests.features import made
from tests.features.fields import inner, middle, places, point_mass, way  # noqa: F401
from tests.features.made import small_grid, values

GRID = middle()
EVERY = [
    total_horizontal_gradient,
    analytic_signal,
    tilt_angle,
    horizontal_gradient_of_tilt,
    theta_map,
    local_wavenumber,
]
every = pytest.mark.parametrize("feature", EVERY)


def magnetics(field, grid=GRID):
    return made.layer(field, grid, units="nT", long_name="anomaly")


def across(strike):
    """Distance across a strike through the middle, clockwise from north [m]."""
    east, north = places(GRID)
    angle = np.radians(strike)
    return east * np.cos(angle) - north * np.sin(angle)


def contact(depth, strike=20.0):
    """Distance across the edge of a half-space with its top at a depth, and the field over it."""
    x = across(strike)
    return x, 1000 * np.arctan(x / depth)


def close(found, truth, where, share):
    difference = np.abs(found - truth)[where].max()
    assert difference < share * np.ptp(truth[where]), difference / np.ptp(truth[where])


# --- two-dimensional bodies, by closed forms --------------------------------------------------


@pytest.mark.parametrize("depth", [600.0, 900.0])
def test_over_a_contact_each_is_what_calculus_gives(way, depth):  # noqa: F811
    x, field = contact(depth)
    source = magnetics(field)
    near = (np.abs(x) < 2 * depth) & (np.abs(across(110)) < 3000)
    rate = depth / (x**2 + depth**2)
    close(values(total_horizontal_gradient(source)), 1000 * rate, near, 0.01)
    close(values(analytic_signal(source)), 1000 / np.hypot(x, depth), near, 0.05)
    close(values(tilt_angle(source)), np.degrees(np.arctan(x / depth)), near, 0.02)
    close(values(theta_map(source)), depth / np.hypot(x, depth), near, 0.06)
    close(values(horizontal_gradient_of_tilt(source)), rate, near, 0.04)
    close(values(local_wavenumber(source)), rate, near, 0.04)


@pytest.mark.parametrize(("body", "index"), [("sheet", 2), ("pipe", 3)])
@pytest.mark.parametrize("dip", [0.0, 50.0])
def test_the_local_wavenumber_knows_sheets_and_pipes_at_any_dip(way, body, index, dip):  # noqa: F811
    depth, x = 800.0, across(-35)
    field = ((depth + 1j * x) ** -(index - 1) * np.exp(1j * np.radians(dip))).real
    found = values(local_wavenumber(magnetics(1e6 * field)))
    truth = index * depth / (x**2 + depth**2)
    near = (np.abs(x) < 1.5 * depth) & (np.abs(across(55)) < 4000)
    assert np.abs(found - truth)[near].max() < 0.06 * index / depth


def test_a_point_mass_has_the_gradient_that_calculus_gives(way):  # noqa: F811
    east, north = places(GRID)
    field = 1e6 * point_mass(GRID, 1200, -700, 900)
    r2 = (east - 1200) ** 2 + (north + 700) ** 2 + 900**2
    level = 1e6 * 3 * 900 * np.hypot(east - 1200, north + 700) / r2**2.5
    down = 1e6 * point_mass(GRID, 1200, -700, 900, order=1)
    near = (np.abs(east) < 6000) & (np.abs(north) < 5000)
    close(values(total_horizontal_gradient(magnetics(field))), level, near, 0.01)
    close(values(analytic_signal(magnetics(field))), np.hypot(level, down), near, 0.01)


def test_the_tilt_is_positive_over_a_body_and_negative_around_it():
    tilt = values(tilt_angle(magnetics(1e6 * point_mass(GRID, 0, 0, 900))))
    assert tilt[80, 100] > 80
    assert tilt[80, 100 + 30] < 0


# --- what all keep to --------------------------------------------------------------------------


@every
def test_the_strength_of_the_field_sets_the_lengths_alone(feature):
    field = 1e6 * point_mass(GRID, 500, 0, 900)
    one, eight = (values(feature(magnetics(k * field))) for k in (1, 8))
    share = 8 if feature in {total_horizontal_gradient, analytic_signal} else 1
    differ = inner(eight - share * one, 45) / np.ptp(inner(eight, 45))
    assert np.abs(differ).max() < 1e-5


@every
@given(st.integers(0, 100), st.integers(7, 90), st.integers(7, 90))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chunking_changes_nothing(feature, way, seed, down, right):  # noqa: F811
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(61, 83)).cumsum(axis=0).cumsum(axis=1)
    field[rng.random(field.shape) < 0.05] = np.nan
    source = magnetics(field, small_grid(61, 83))
    whole = values(feature(source))
    with made.chunks_of(right):
        cut = values(feature(source.chunk({"y": down, "x": right})))
    np.testing.assert_array_equal(whole, cut)


@every
def test_gaps_stay_and_nothing_else_is_unknown(feature, way):  # noqa: F811
    field = contact(900.0)[1]
    hole = np.zeros(GRID.shape, bool)
    hole[60:72, 90:100] = hole[:15, :40] = True
    found = values(feature(magnetics(np.where(hole, np.nan, field))))
    assert np.array_equal(np.isnan(found), hole)


@every
def test_north_is_up(feature, way):  # noqa: F811
    """A body in the north-east: turned upside down, the result turns with it."""
    field = 1e6 * (point_mass(GRID, 4000, 3000, 900) - 0.5 * point_mass(GRID, 1500, 4500, 1300))
    found = values(feature(magnetics(field)))
    turned = values(feature(magnetics(field[::-1])))[::-1]
    differ, mirrored = (
        np.linalg.norm(inner(found - other, 45)) / np.linalg.norm(inner(found, 45))
        for other in (turned, turned[::-1])
    )
    assert differ < 0.02
    assert mirrored > 0.2


@pytest.mark.parametrize(
    ("feature", "name", "units"),
    [
        (total_horizontal_gradient, "total horizontal gradient of anomaly", "nT m-1"),
        (analytic_signal, "analytic signal of anomaly", "nT m-1"),
        (tilt_angle, "tilt angle of anomaly", "degree"),
        (
            horizontal_gradient_of_tilt,
            "horizontal gradient of the tilt angle of anomaly",
            "rad m-1",
        ),
        (theta_map, "theta map of anomaly", "1"),
        (local_wavenumber, "local wavenumber of anomaly", "rad m-1"),
    ],
)
def test_lazy_on_the_grid_and_says_what_it_is(feature, name, units):
    found = feature(magnetics(contact(900.0)[1]))
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": name, "units": units}
    contract.check_layer(found, GRID, "derived")


def test_a_level_field_has_no_gradient(way):  # noqa: F811
    level = magnetics(np.full(GRID.shape, 100.0))
    for feature in (total_horizontal_gradient, analytic_signal):
        assert np.abs(values(feature(level))).max() < 1e-9


@every
def test_classes_are_refused(feature):
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        feature(classes)
