import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.geomagnetic import (
    convergence,
    pseudogravity,
    reduction_to_pole,
    reference_field,
)
from geoprospect.features.potential_field import vertical_derivative
from tests.features import made
from tests.features.fields import harmonica, inner, middle, places, way  # noqa: F401
from tests.features.made import small_grid, values

GRID = middle()
PRISM = (-1800.0, 1500.0, -1200.0, 2000.0, -1900.0, -700.0)
YEAR = 2020.0

both = pytest.mark.parametrize(
    "feature", [reduction_to_pole, lambda f, **s: pseudogravity(f, ratio=100, **s)]
)


def anomaly(field, grid=GRID, units="nT"):
    return made.layer(field, grid, units=units, long_name="anomaly")


def of_dipoles(harmonica, grid, field, rocks, dipoles):  # noqa: F811
    """Total-field anomaly of dipoles under a field, by harmonica."""
    east, north = places(grid)
    at = (east.ravel(), north.ravel(), np.zeros(east.size))
    total = 0
    for place, moment in dipoles:
        vector = harmonica.magnetic_angles_to_vec(moment, *rocks)
        b = harmonica.dipole_magnetic(at, place, vector, field="b")
        total = total + harmonica.total_field_anomaly(b, *field)
    return np.asarray(total).reshape(grid.shape)


DIPOLES = [
    ((-2000.0, 1500.0, -1000.0), 2e10),
    ((3000.0, -1500.0, -1300.0), -3e10),
    ((1000.0, 2500.0, -800.0), 1e10),
]


def share(found, truth, rim=40):
    return np.abs(inner(found - truth, rim)).max() / np.ptp(inner(truth, rim))


# --- reduction to the pole --------------------------------------------------------------


@pytest.mark.parametrize("field", [(65.0, 12.0), (-58.0, -20.0), (35.0, 150.0)])
def test_dipoles_are_reduced_to_those_of_a_vertical_field(way, harmonica, field):  # noqa: F811
    source = of_dipoles(harmonica, GRID, field, field, DIPOLES)
    truth = of_dipoles(harmonica, GRID, (90, 0), (90, 0), DIPOLES)
    found = reduction_to_pole(anomaly(source), inclination=field[0], declination=field[1])
    assert share(values(found), truth) < (0.02 if abs(field[0]) > 50 else 0.04)


def test_rocks_magnetised_otherwise_are_reduced_too(way, harmonica):  # noqa: F811
    source = of_dipoles(harmonica, GRID, (60, 10), (-40, 80), DIPOLES)
    truth = of_dipoles(harmonica, GRID, (90, 0), (90, 0), DIPOLES)
    found = reduction_to_pole(
        anomaly(source),
        inclination=60,
        declination=10,
        magnetization_inclination=-40,
        magnetization_declination=80,
    )
    assert share(values(found), truth) < 0.03


def test_the_anomaly_comes_to_lie_over_its_body(way, harmonica):  # noqa: F811
    """North is up: in the northern hemisphere the anomaly lies to the south, and moves north."""
    body = [((4000.0, 3000.0, -900.0), 1e10)]
    source = of_dipoles(harmonica, GRID, (45, 0), (45, 0), body)
    east, north = places(GRID)
    found = values(reduction_to_pole(anomaly(source), inclination=45, declination=0))
    assert north.flat[source.argmax()] < 2900
    peak = east.flat[found.argmax()], north.flat[found.argmax()]
    assert peak == pytest.approx((4000, 3000), abs=51)


def test_a_flat_field_is_held_and_said(way, harmonica, caplog):  # noqa: F811
    source = of_dipoles(harmonica, GRID, (8, 0), (8, 0), DIPOLES[:1])
    noise = np.random.default_rng(1).normal(scale=0.02 * np.ptp(source), size=source.shape)
    with caplog.at_level(logging.WARNING, "geoprospect.features"):
        held, free = (
            values(
                reduction_to_pole(
                    anomaly(source + noise), inclination=8, declination=0, least_inclination=least
                )
            )
            for least in (20, 5)
        )
    assert "an inclination of 8.0 degrees is flatter than 20" in caplog.text
    assert caplog.text.count("flatter") == 1
    assert np.std(inner(held, 40)) < 0.5 * np.std(inner(free, 40))
    east, north = places(GRID)
    assert abs(east.flat[held.argmax()] + 2000) < 300
    assert abs(north.flat[held.argmax()] - 1500) < 600


def test_a_field_measured_at_the_pole_stays(way):  # noqa: F811
    field = np.random.default_rng(0).normal(size=GRID.shape).cumsum(0).cumsum(1)
    found = values(reduction_to_pole(anomaly(field), inclination=90, declination=0))
    assert share(found, field) < 0.01


# --- pseudogravity ----------------------------------------------------------------------


@pytest.mark.parametrize("field", [(90.0, 0.0), (55.0, -15.0)])
def test_pseudogravity_of_a_prism_is_its_gravity(harmonica, field, way):  # noqa: F811
    """Density 500 kg m-3 and magnetisation 2 A m-1: 250 kg m-3 per A m-1."""
    east, north = places(GRID)
    at = (east.ravel(), north.ravel(), np.zeros(east.size))
    g_z = harmonica.prism_gravity(at, PRISM, 500.0, field="g_z").reshape(GRID.shape)
    magnetization = harmonica.magnetic_angles_to_vec(2.0, *field)
    b = harmonica.prism_magnetic(at, PRISM, magnetization, field="b")
    source = np.asarray(harmonica.total_field_anomaly(b, *field)).reshape(GRID.shape)
    found = values(
        pseudogravity(anomaly(source), ratio=250, inclination=field[0], declination=field[1])
    )
    level = inner(found - g_z, 40)
    assert np.ptp(level) < 0.12 * np.ptp(g_z)  # level and slopes are not known
    rate = values(vertical_derivative(anomaly(found)))
    g_zz = harmonica.prism_gravity(at, PRISM, 500.0, field="g_zz").reshape(GRID.shape) * 1e-4
    assert share(rate, g_zz) < 0.05


# --- directions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitude", "longitude", "inclination", "declination"),
    [(80, 0, 83.14, -1.28), (0, 120, -15.42, 0.16), (-80, 240, -72.20, 69.36)],
)
def test_the_reference_field_is_near_the_published_world_magnetic_model(
    latitude, longitude, inclination, declination
):
    """Test values that come with the WMM2020, another model of the same field, at sea level."""
    crs = f"+proj=laea +lat_0={latitude} +lon_0={longitude} +ellps=WGS84 +units=m"
    grid = GeoBox.from_bbox((-500, -500, 500, 500), crs=crs, resolution=100)
    found = reference_field(grid, YEAR)
    assert found == pytest.approx((inclination, declination), abs=0.06)


def test_a_year_gives_what_its_directions_give(caplog):
    field = np.random.default_rng(0).normal(size=GRID.shape)
    with caplog.at_level(logging.INFO, "geoprospect.features"):
        by_year = values(reduction_to_pole(anomaly(field), year=YEAR))
    inclination, declination = reference_field(GRID, YEAR)
    by_hand = values(
        reduction_to_pole(anomaly(field), inclination=inclination, declination=declination)
    )
    np.testing.assert_array_equal(by_year, by_hand)
    assert "the Earth's field in 2020.0 at the middle of the grid: inclination" in caplog.text


def test_an_uneven_field_is_said(caplog):
    wide = GeoBox.from_bbox((-3e5, 2e6, 3e5, 4e6), crs="EPSG:32648", resolution=2e4)
    with caplog.at_level(logging.WARNING, "geoprospect.features"):
        reference_field(wide, YEAR)
    assert "the field's inclination is" in caplog.text
    assert "part the area if that matters" in caplog.text


def test_the_grids_north_is_taken_for_what_it_is():
    """Off the central meridian of a transverse Mercator its tangent is tan(dlon) sin(lat)."""
    from pyproj import Transformer

    grid = GeoBox.from_bbox((700000, 5800000, 720000, 5820000), crs="EPSG:32648", resolution=200)
    to_degrees = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    longitude, latitude = np.radians(to_degrees.transform(710000, 5810000))
    expected = np.arctan(np.tan(longitude - np.radians(105)) * np.sin(latitude))
    assert convergence(grid) == pytest.approx(np.degrees(expected), abs=0.01)
    assert convergence(GRID) == pytest.approx(0, abs=1e-6)


def test_declination_is_from_true_north(harmonica):  # noqa: F811
    """On a grid turned by its convergence, the anomaly is still reduced to its body."""
    grid = GeoBox.from_bbox((730000, 7000000, 750000, 7016000), crs="EPSG:32648", resolution=100)
    turned = convergence(grid)
    assert turned > 4
    source = of_dipoles(harmonica, grid, (55, 30 - turned), (55, 30 - turned), DIPOLES)
    truth = of_dipoles(harmonica, grid, (90, 0), (90, 0), DIPOLES)
    found = values(reduction_to_pole(anomaly(source, grid), inclination=55, declination=30))
    assert share(found, truth) < 0.02


# --- what they keep to and refuse -------------------------------------------------------


@both
@given(st.integers(0, 100), st.integers(7, 90), st.integers(7, 90))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chunking_changes_nothing(feature, way, seed, down, right):  # noqa: F811
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(61, 83)).cumsum(axis=0).cumsum(axis=1)
    field[rng.random(field.shape) < 0.05] = np.nan
    source = anomaly(field, small_grid(61, 83))
    whole = values(feature(source, inclination=40, declination=-5))
    with made.chunks_of(right):
        cut = feature(source.chunk({"y": down, "x": right}), inclination=40, declination=-5)
        np.testing.assert_array_equal(whole, values(cut))
    assert np.array_equal(np.isnan(whole), np.isnan(field.astype("float32")))


def test_lazy_on_the_grid_and_says_what_it_is():
    source = anomaly(np.zeros(GRID.shape))
    pole = reduction_to_pole(source, inclination=60, declination=5)
    gravity = pseudogravity(source, inclination=60, declination=5, ratio=100)
    assert pole.attrs == {"long_name": "anomaly reduced to the pole", "units": "nT"}
    assert gravity.attrs == {"long_name": "pseudogravity of anomaly", "units": "mGal"}
    for found in (pole, gravity):
        assert lazy.is_lazy(found)
        contract.check_layer(found, GRID, "derived")


@both
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give either year, or inclination and declination; got year None"),
        ({"inclination": 60}, "got year None, inclination 60, declination None"),
        ({"year": YEAR, "inclination": 60, "declination": 5}, "got year 2020.0, inclination 60"),
        ({"year": 1850}, "the reference field covers 1900 to 2030"),
        ({"inclination": 95, "declination": 0}, "inclination must be within 90 degrees of 0"),
        ({"inclination": 60, "declination": 400}, "declination must be within 360 degrees of 0"),
        (
            {"inclination": 60, "declination": 4, "magnetization_inclination": 5},
            "give both magnetization_inclination and magnetization_declination, or neither",
        ),
        (
            {
                "inclination": 60,
                "declination": 4,
                "magnetization_inclination": 100,
                "magnetization_declination": 5,
            },
            "magnetization_inclination must be within 90 degrees",
        ),
        (
            {"inclination": 60, "declination": 4, "least_inclination": 0},
            "least_inclination must be above 0",
        ),
    ],
)
def test_directions_that_make_no_sense_are_refused(feature, given, message):
    with pytest.raises(ValueError, match=message):
        feature(anomaly(np.zeros(GRID.shape)), **given)


def test_other_units_and_a_ratio_of_nothing_are_refused():
    gravity = anomaly(np.zeros(GRID.shape), units="mGal")
    with pytest.raises(ContractError, match="needs a magnetic anomaly in nT, and 'anomaly' is in"):
        reduction_to_pole(gravity, inclination=60, declination=5)
    with pytest.raises(ValueError, match="ratio must be positive and finite, got 0 kg m-3"):
        pseudogravity(anomaly(np.zeros(GRID.shape)), ratio=0, inclination=60, declination=5)
