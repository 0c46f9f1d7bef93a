"""Chance to meet a body: the closed form of circles, thrown ellipses, Bayes by counting."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.drilling.detection import after_barren, detection
from geoprospect.errors import DataError

CIRCLES = [(0.1, 0.0314), (0.3, 0.2827), (0.5, 0.7854), (0.6, 0.9509), (0.65, 0.9865),
           (0.7, 0.9998), (0.75, 1.0), (3.0, 1.0)]  # fmt: skip


@pytest.mark.parametrize(("radius", "wanted"), CIRCLES)
def test_circles(radius, wanted):
    assert detection(radius, radius, spacing=1) == pytest.approx(wanted, abs=5.1e-5)
    assert detection(50 * radius, 50 * radius, spacing=50, angle=17) == pytest.approx(
        wanted, abs=5.1e-5
    )


@given(st.floats(0.501, 0.707))
def test_circles_met_twice_have_a_closed_form(r):
    wanted = math.pi * r**2 - 4 * (r**2 * math.acos(0.5 / r) - 0.5 * math.sqrt(r**2 - 0.25))
    assert detection(r, r, spacing=1) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("angle", "wanted"), [(0, 0.4783), (90, 0.4783), (45, 0.6427)])
def test_worked_ellipses(angle, wanted):
    assert detection(1, 0.25, spacing=1, angle=angle) == pytest.approx(wanted, abs=5.1e-5)


def test_an_ellipse_of_unknown_trend():
    """The published 0.656 is a rough mean over angles; a million throws say 0.661."""
    found = detection(1, 0.25, spacing=1)
    assert found == pytest.approx(0.656, abs=0.006)
    rng = np.random.default_rng(0)
    east, north, turn = rng.random((3, 100_000))
    cos, sin = np.cos(np.pi * turn), np.sin(np.pi * turn)
    met = np.zeros(100_000, bool)
    for i in range(-1, 3):
        for j in range(-1, 3):
            u, v = i - east, j - north
            met |= (u * cos + v * sin) ** 2 + ((v * cos - u * sin) / 0.25) ** 2 <= 1
    assert abs(found - met.mean()) < 4 * math.sqrt(0.66 * 0.34 / 100_000)


@given(st.floats(0, 180))
def test_a_small_ellipse_is_met_once_whatever_its_trend(angle):
    assert detection(0.5, 0.25, spacing=1, angle=angle) == pytest.approx(0.3927, abs=5e-5)


@pytest.mark.parametrize(
    ("a", "b", "angle"), [(1, 0.25, 20), (2.5, 0.1, 33), (0.9, 0.5, 70), (4, 0.3, 10)]
)
def test_thrown_ellipses_are_met_as_often(a, b, angle):
    rng = np.random.default_rng(5)
    east, north = rng.random((2, 40_000))
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    met = np.zeros(40_000, bool)
    for i in range(-6, 7):
        for j in range(-6, 7):
            u, v = i - east, j - north
            met |= ((u * cos + v * sin) / a) ** 2 + ((v * cos - u * sin) / b) ** 2 <= 1
    error = math.sqrt(met.mean() * (1 - met.mean()) / 40_000) + 1e-4
    assert abs(detection(a, b, spacing=1, angle=angle) - met.mean()) < 4 * error


@given(st.floats(0.05, 3), st.floats(0.05, 1), st.floats(0, 90))
def test_mirrored_and_scaled_grids_meet_as_much(longer, part, angle):
    found = detection(longer, longer * part, spacing=1, angle=angle)
    assert 0 < found <= 1
    assert found == pytest.approx(detection(longer, longer * part, spacing=1, angle=-angle))
    assert found == pytest.approx(
        detection(30 * longer, 30 * longer * part, spacing=30, angle=angle + 90)
    )


def test_barren_holes_lower_the_chance_as_counting_says():
    rng = np.random.default_rng(8)
    there = rng.random(400_000) < 0.3
    # both holes barren: of deposits those that neither hole met
    neither = ~there | ((rng.random(400_000) >= 0.5) & (rng.random(400_000) >= 0.2))
    assert after_barren(0.3, [0.5, 0.2]) == pytest.approx(there[neither].mean(), abs=0.005)
    assert after_barren(0.3, [0.5, 0.2]) == pytest.approx(0.3 * 0.4 / (0.7 + 0.3 * 0.4))


@given(st.floats(0.01, 0.99), st.lists(st.floats(0, 1), max_size=5))
def test_holes_one_by_one_say_the_same_as_all_at_once(p, detections):
    step = p
    for d in detections:
        if step <= 0 or d == 1:
            return
        step = float(after_barren(step, d))
    assert after_barren(p, detections) == pytest.approx(step, abs=1e-12)
    assert step <= p + 1e-15


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="got 1, 2 and 50"):
        detection(1, 2, spacing=50)
    with pytest.raises(DataError, match="chance of a deposit is 1"):
        after_barren(1, [0.5])
    with pytest.raises(ValueError, match="to meet a deposit must be between 0 and 1"):
        after_barren(0.5, [1.5])
