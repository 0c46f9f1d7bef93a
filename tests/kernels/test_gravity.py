"""Attractions of ground and Earth against closed forms, quadrature and another library."""

import numpy as np
import pytest
from scipy.integrate import quad

from geoprospect.kernels import circles, gravity
from tests.features.fields import harmonica  # noqa: F401

CELL = (100.0, 100.0)


def test_a_slab_of_1000_kg_m3_pulls_0_0419_mgal_a_metre():
    assert gravity.slab(np.array(1.0), 1000.0) == pytest.approx(0.04193, abs=1e-5)
    assert gravity.slab(np.array(1.0), 2670.0) == pytest.approx(0.1119, abs=1e-4)


@pytest.mark.parametrize("height", [1.0, 500.0, 3000.0, 5000.0])
def test_the_bent_slab_is_its_shells_added_up(height):
    """Shell by shell of a spherical cap, each a closed form of the way to its ends."""
    inner, angle = gravity.EARTH, gravity.CAP / gravity.EARTH
    station = inner + height

    def shell(radius):
        nearest = station - radius
        farthest = np.sqrt(station**2 + radius**2 - 2 * station * radius * np.cos(angle))
        power = station**2 - radius**2
        gained = farthest - nearest - power / farthest + (station + radius)
        return radius / (2 * station**2) * gained

    thick = quad(shell, inner, station, epsrel=1e-12)[0]
    expected = gravity.slab(np.array(thick), 2670.0)
    assert gravity.cap(np.array(height), 2670.0) == pytest.approx(expected, rel=1e-7)
    assert gravity.cap(np.array(-height), 2670.0) == pytest.approx(-expected, rel=1e-7)


def test_normal_gravity_is_that_of_the_published_table():
    found = gravity.normal(np.array([0.0, 45.0, -45.0, 90.0]), np.zeros(4))
    published = [978032.677, 980619.920, 980619.920, 983218.637]  # GRS80, Moritz (2000)
    np.testing.assert_allclose(found, published, atol=1e-3)


@pytest.mark.parametrize("height", [100.0, 1000.0, 5000.0])
def test_above_the_pole_it_falls_as_the_zonal_harmonics_say(height):
    """On the axis nothing turns: GM and J2, J4, J6 of GRS80 give gravity at any height."""
    mass, equator, pole = 3_986_005e8, 6_378_137.0, 6_356_752.3141

    def on_axis(up):
        share = equator / (pole + up)
        harmonics = 3 * 108263e-8 * share**2 - 5 * 2.37091e-6 * share**4 + 7 * 6.08347e-9 * share**6
        return 1e5 * mass / (pole + up) ** 2 * (1 - harmonics)

    found = gravity.normal(np.array(90.0), np.array(height))
    assert found == pytest.approx(on_axis(height), abs=1e-3)


@pytest.mark.parametrize("latitude", [0.0, 28.0, 45.0, 71.0])
def test_a_little_higher_it_falls_as_the_second_order_formula_says(latitude):
    """Hinze et al. (2005), true to a few hundredths of a mGal in the first kilometre."""
    squared = np.sin(np.radians(latitude)) ** 2
    change = -(0.3087691 - 0.0004398 * squared) * 1000 + 7.2125e-8 * 1000**2
    found = np.diff(gravity.normal(np.array([latitude] * 2), np.array([0.0, 1000.0])))
    assert found == pytest.approx(change, abs=0.03)


def test_hills_and_valleys_near_by_are_prisms_to_the_last_digit(harmonica):  # noqa: F811
    """One cell after another, as harmonica's prism has it."""
    circle, near = circles.spans(900, CELL), circles.spans(800, CELL)
    for row, column, height in [(0, 1, 300), (3, -2, 40.0), (-8, 0, 900), (5, 5, -250)]:
        ground = np.zeros((19, 19))
        ground[9 + row, 9 + column] = height
        east, north = 100.0 * column, -100.0 * row
        low, high = sorted((0.0, height))
        prism = (east - 50, east + 50, north - 50, north + 50, low, high)
        expected = harmonica.prism_gravity((0, 0, 0), prism, 2670.0, field="g_z")
        found = 2670 * gravity.terrain(ground, circle, near, CELL)
        np.testing.assert_allclose(found, [[abs(expected)]], rtol=1e-9)


def test_hills_farther_off_are_true_to_six_parts_in_a_thousand(harmonica):  # noqa: F811
    circle, near = circles.spans(3000, CELL), circles.spans(800, CELL)
    for row, column, height in [(0, 9, 300), (9, 9, 40.0), (-20, 5, 2500), (28, -10, -250)]:
        ground = np.zeros((61, 61))
        ground[30 + row, 30 + column] = height
        low, high = sorted((0.0, height))
        east, north = 100.0 * column, -100.0 * row
        prism = (east - 50, east + 50, north - 50, north + 50, low, high)
        expected = harmonica.prism_gravity((0, 0, 0), prism, 1.0, field="g_z")
        found = gravity.terrain(ground, circle, near, CELL)
        np.testing.assert_allclose(found, [[abs(expected)]], rtol=6e-3)


@pytest.mark.parametrize("cell", [(20.0, 20.0), (10.0, 25.0)])
def test_in_the_middle_of_a_ring_it_is_the_closed_form(cell):
    """A plateau with a round hole about the station: two cylinders, seen from their axis."""
    inner, outer, height = 300.0, 2000.0, 400.0
    circle, near = circles.spans(outer, cell), circles.spans(8 * min(cell), cell)
    down, across = len(circle) - 1, circle[0]
    rows, columns = np.mgrid[-down : down + 1, -across : across + 1]
    ground = np.where(np.hypot(rows * cell[0], columns * cell[1]) > inner, height, 0.0)
    rims = outer - inner + np.hypot(inner, height) - np.hypot(outer, height)
    expected = 2 * np.pi * 6.6743e-6 * 2670 * rims
    found = 2670 * gravity.terrain(ground, circle, near, cell)
    np.testing.assert_allclose(found, [[expected]], rtol=5e-3)


def test_level_and_unknown_ground_take_nothing():
    circle, near = circles.spans(900, CELL), circles.spans(800, CELL)
    ground = np.full((19, 19), 1234.5)
    ground[2:5] = np.nan
    assert gravity.terrain(ground, circle, near, CELL) == 0
