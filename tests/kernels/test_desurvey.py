"""Traces of drill holes: against a published case, circles, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation, Slerp

from geoprospect.kernels.desurvey import along, bend, direction, traces


def one_hole(depths, azimuth, dip):
    stations = [np.asarray(part, float) for part in (depths, azimuth, dip)]
    return traces(np.zeros(len(depths), int), *stations)


def at(traced, depths):
    depths = np.atleast_1d(np.asarray(depths, float))
    return along(traced, np.zeros(len(depths), int), depths)


def test_the_textbook_stretch_has_its_published_length_north_east_and_down():
    # 3500 to 3600 m, inclination 15 to 25 degrees, azimuth 20 to 45 degrees
    traced = one_hole([3500, 3600], [20, 45], [15 - 90, 25 - 90])
    east, north, up = traced.offsets[1] - traced.offsets[0]
    assert [north, east, -up] == pytest.approx([27.22, 19.45, 94.01], abs=0.005)


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 217.0])
def test_a_quarter_circle_from_vertical_to_level_is_one_all_along(azimuth):
    radius = 200.0
    length = radius * np.pi / 2
    traced = one_hole([0, length], [azimuth, azimuth], [-90, 0])
    angle = np.linspace(0, np.pi / 2, 13)
    places, tangents = at(traced, radius * angle)
    out = radius * (1 - np.cos(angle))
    level = np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
    np.testing.assert_allclose(places[:, :2], out[:, None] * level, atol=1e-9)
    np.testing.assert_allclose(places[:, 2], -radius * np.sin(angle), atol=1e-9)
    np.testing.assert_allclose(tangents[:, 2], -np.cos(angle), atol=1e-12)


def test_a_straight_hole_goes_on_above_and_below_its_stations():
    traced = one_hole([30, 80, 120], [90, 90, 90], [-60, -60, -60])
    depths = np.array([0.0, 10, 30, 55, 80, 119, 120, 400])
    places, tangents = at(traced, depths)
    straight = np.array([0.5, 0, -np.sqrt(3) / 2])
    np.testing.assert_allclose(places, depths[:, None] * straight, atol=1e-10)
    np.testing.assert_allclose(tangents, np.broadcast_to(straight, (8, 3)), atol=1e-12)


def test_below_the_last_station_a_bent_hole_goes_straight_on():
    traced = one_hole([0, 100], [10, 40], [-80, -55])
    places, tangents = at(traced, [100, 150])
    np.testing.assert_allclose(places[1] - places[0], 50 * tangents[0], atol=1e-10)
    np.testing.assert_allclose(tangents[0], direction(np.array(40.0), np.array(-55.0)), atol=1e-12)


def test_places_within_an_arc_are_those_of_integrated_turning_tangents():
    azimuth, dip = np.array([350.0, 25.0]), np.array([-70.0, -40.0])
    traced = one_hole([50, 170], azimuth, dip)
    first, last = direction(azimuth, dip)
    axis = np.cross(first, last)
    turn = np.arccos(first @ last)
    whole = Rotation.from_rotvec(axis / np.linalg.norm(axis) * turn)
    turned = Slerp([0, 1], Rotation.concatenate([Rotation.identity(), whole]))
    depths = np.array([61.0, 99.5, 143.0, 170.0])
    solved = solve_ivp(
        lambda depth, _: turned((depth - 50) / 120).apply(first), (50, 170), 50 * first,
        t_eval=depths, rtol=1e-10, atol=1e-10,
    )  # fmt: skip
    np.testing.assert_allclose(at(traced, depths)[0], solved.y.T, atol=1e-6)


azimuths = st.floats(0, 360)
dips = st.floats(-90, -20)
stations = st.lists(st.tuples(st.floats(5, 60), azimuths, dips), min_size=2, max_size=6)


def parts(drawn):
    steps, azimuth, dip = np.array(drawn).T
    return np.cumsum(steps), azimuth, dip


@given(stations, st.floats(0, 360))
def test_turning_all_azimuths_turns_the_trace(drawn, angle):
    depths, azimuth, dip = parts(drawn)
    asked = np.linspace(0, depths[-1] + 20, 17)
    plain, _ = at(one_hole(depths, azimuth, dip), asked)
    turned, _ = at(one_hole(depths, azimuth + angle, dip), asked)
    expected = Rotation.from_euler("z", -angle, degrees=True).apply(plain)
    np.testing.assert_allclose(turned, expected, atol=1e-8)


@given(stations, st.floats(0.1, 7))
def test_feet_or_metres_change_only_the_scale(drawn, scale):
    depths, azimuth, dip = parts(drawn)
    asked = np.linspace(0, depths[-1] + 20, 17)
    plain, _ = at(one_hole(depths, azimuth, dip), asked)
    scaled, _ = at(one_hole(depths * scale, azimuth, dip), asked * scale)
    np.testing.assert_allclose(scaled, plain * scale, atol=1e-8)


@given(stations, st.floats(0.05, 0.95))
def test_a_station_put_on_the_arc_changes_nothing(drawn, share):
    depths, azimuth, dip = parts(drawn)
    new = depths[0] + share * (depths[1] - depths[0])
    traced = one_hole(depths, azimuth, dip)
    _, tangents = at(traced, [new])
    east, north, up = tangents[0]
    more = [np.degrees(np.arctan2(east, north)), np.degrees(np.arcsin(np.clip(up, -1, 1)))]
    finer = one_hole(
        np.insert(depths, 1, new), np.insert(azimuth, 1, more[0]), np.insert(dip, 1, more[1])
    )
    asked = np.linspace(0, depths[-1] + 20, 17)
    np.testing.assert_allclose(at(finer, asked)[0], at(traced, asked)[0], atol=1e-5)


@given(stations)
def test_a_hole_is_as_long_as_its_depth(drawn):
    depths, azimuth, dip = parts(drawn)
    fine = np.linspace(0, depths[-1], 4001)
    places, tangents = at(one_hole(depths, azimuth, dip), fine)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).sum() == pytest.approx(
        depths[-1], rel=1e-5
    )
    np.testing.assert_allclose(np.linalg.norm(tangents, axis=1), 1, atol=1e-12)


def test_other_holes_change_not_a_bit():
    rng = np.random.default_rng(5)
    holes = np.repeat(np.arange(4), 5)
    depths = np.tile(np.arange(5) * 40.0 + 3, 4)
    azimuth, dip = rng.uniform(0, 360, 20), rng.uniform(-90, -40, 20)
    together = traces(holes, depths, azimuth, dip)
    asked = rng.uniform(0, 220, 60)
    of = rng.integers(0, 4, 60)
    places, _ = along(together, of, asked)
    for hole in range(4):
        here = holes == hole
        alone = one_hole(depths[here], azimuth[here], dip[here])
        assert np.array_equal(at(alone, asked[of == hole])[0], places[of == hole])


def test_small_bends_keep_their_digits():
    one = direction(np.array(0.0), np.array(0.0))
    other = direction(np.array(np.degrees(1e-9)), np.array(0.0))
    assert bend(one, other) == pytest.approx(1e-9, rel=1e-6)
    traced = one_hole([0, 100], [0, np.degrees(1e-9)], [0, 0])
    assert np.isfinite(at(traced, [50])[0]).all()


def test_a_hole_that_turns_back_is_refused():
    with pytest.raises(ValueError, match="turns back on itself below the station at 20 m"):
        one_hole([0, 20, 40], [0, 0, 180], [0, 0, 0])


def test_stations_out_of_order_are_refused():
    with pytest.raises(ValueError, match="each deeper than the one before"):
        one_hole([0, 40, 20], [0, 0, 0], [-60, -60, -60])


def test_a_hole_without_stations_is_refused():
    with pytest.raises(ValueError, match="without a gap"):
        traces(np.array([0, 2]), np.zeros(2), np.zeros(2), np.full(2, -60.0))
