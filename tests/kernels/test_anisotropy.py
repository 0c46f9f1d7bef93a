"""Ellipsoids turned in space: unit vectors one can point at, other conventions, and round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels.anisotropy import Orientation, from_axes, from_plane, isotropic

EAST, NORTH, UP = np.eye(3)
angles = st.builds(
    Orientation, st.floats(-360, 720), st.floats(-90, 90), st.floats(-180, 180)
)  # fmt: skip
planes = st.tuples(st.floats(0, 90), st.floats(0, 360), st.floats(0, 180))


def alike(one, other, atol=1e-7):
    """Axes that point the same way or the opposite one."""
    return np.allclose(np.abs(np.sum(one * other, axis=-1)), 1, atol=atol)


def setrot(ang1, ang2, ang3):
    """The matrix of GSLIB's subroutine of this name, without its anisotropy factors."""
    a, b, t = np.radians([90 - ang1, -ang2, ang3])
    return np.array(
        [
            [np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), -np.sin(b)],
            [
                -np.cos(t) * np.sin(a) + np.sin(t) * np.sin(b) * np.cos(a),
                np.cos(t) * np.cos(a) + np.sin(t) * np.sin(b) * np.sin(a),
                np.sin(t) * np.cos(b),
            ],
            [
                np.sin(t) * np.sin(a) + np.cos(t) * np.sin(b) * np.cos(a),
                -np.sin(t) * np.cos(a) + np.cos(t) * np.sin(b) * np.sin(a),
                np.cos(t) * np.cos(b),
            ],
        ]
    )


@pytest.mark.parametrize(
    ("orientation", "major", "semi", "minor"),
    [
        ((0, 0, 0), NORTH, EAST, UP),
        ((90, 0, 0), EAST, NORTH, UP),
        ((45, 0, 0), (NORTH + EAST) / np.sqrt(2), (NORTH - EAST) / np.sqrt(2), UP),
        ((0, -90, 0), UP, EAST, NORTH),
        ((0, -45, 0), (NORTH - UP) / np.sqrt(2), EAST, (NORTH + UP) / np.sqrt(2)),
        ((0, 0, 90), NORTH, UP, EAST),
        # looking north the plane falls to the right, that is to the east
        ((0, 0, 30), NORTH, [np.cos(np.pi / 6), 0, -0.5], [0.5, 0, np.cos(np.pi / 6)]),
    ],
)
def test_axes_point_where_the_words_say(orientation, major, semi, minor):
    assert alike(Orientation(*orientation).axes, np.array([major, semi, minor]))


@pytest.mark.parametrize(
    ("plane", "major", "minor"),
    [
        ((0, 90, 0), NORTH, UP),
        # a plane falling 60 to the east: pitch 0 along strike, 90 down the dip
        ((60, 90, 0), NORTH, [np.sin(np.pi / 3), 0, 0.5]),
        ((60, 90, 90), [0.5, 0, -np.sin(np.pi / 3)], [np.sin(np.pi / 3), 0, 0.5]),
        # pitch grows from the strike that has the dip on its right: north for a dip to the east
        ((90, 90, 30), [0, np.cos(np.pi / 6), -0.5], EAST),
        ((90, 90, 150), [0, np.cos(np.pi / 6), 0.5], EAST),
        ((90, 180, 30), [np.cos(np.pi / 6), 0, -0.5], NORTH),
    ],
)
def test_planes_and_pitches_point_where_the_words_say(plane, major, minor):
    axes = from_plane(*plane).axes
    assert alike(axes[[0, 2]], np.array([major, minor]))


def about(axis, degrees):
    """Turn about a coordinate axis, clockwise for who looks from its positive end."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    made = np.eye(3)
    made[i, i] = made[j, j] = c
    made[i, j], made[j, i] = s, -s
    return made


@given(planes)
def test_a_plane_is_the_three_turns_of_the_published_schema(plane):
    """Clockwise about z by the dip azimuth, x by the dip, z by the pitch; the major axis from x."""
    dip, azimuth, pitch = plane
    turned = (about(2, azimuth) @ about(0, dip) @ about(2, pitch)).T
    assert alike(from_plane(*plane).axes, turned)


@given(angles)
def test_angles_are_those_of_gslib(orientation):
    np.testing.assert_allclose(orientation.axes, setrot(*orientation), atol=1e-9)


@given(angles)
def test_axes_stand_upright_on_each_other(orientation):
    axes = orientation.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


@given(angles, st.tuples(*[st.sampled_from([-1, 1])] * 3))
def test_angles_come_back_from_axes_whatever_their_signs(orientation, signs):
    axes = orientation.axes * np.array(signs)[:, None]
    found = from_axes(axes)
    assert alike(found.axes, axes)
    assert 0 <= found.azimuth < 360 + 1e-9
    assert -90 <= found.dip <= 0
    assert -90 <= found.roll <= 90


@given(angles)
def test_angles_come_back_from_the_plane(orientation):
    plane = orientation.plane
    assert 0 <= plane.dip <= 90
    assert alike(from_plane(*plane).axes, orientation.axes, atol=1e-6)


@given(st.floats(1, 89), st.floats(0, 359), st.floats(1, 179))
def test_a_plane_comes_back_from_its_angles(dip, azimuth, pitch):
    found = from_plane(dip, azimuth, pitch).plane
    assert found.dip == pytest.approx(dip, abs=1e-6)
    assert np.cos(np.radians(found.dip_azimuth - azimuth)) == pytest.approx(1)
    assert found.pitch == pytest.approx(pitch, abs=1e-6)


@given(angles)
def test_the_ends_of_an_ellipsoid_become_unit_vectors(orientation):
    ranges = (300.0, 200.0, 50.0)
    ends = orientation.axes * np.array(ranges)[:, None]
    matrix = isotropic(orientation, ranges)
    np.testing.assert_allclose(ends @ matrix.T, np.eye(3), atol=1e-12)
