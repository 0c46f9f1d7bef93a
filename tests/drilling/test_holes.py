"""Holes and planes: cases worked by hand, and distances that must come out the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.drilling.holes import (
    Plane,
    aimed,
    core_angle,
    direction,
    pierced,
    true_thickness,
)
from geoprospect.errors import DataError

VEIN = Plane((100, 0, -100), dip_direction=270, dip=70)
azimuths, dips = st.floats(0, 359.9), st.floats(-89, -1)


def test_the_worked_case():
    hole = direction(90, -60)
    assert abs(hole @ VEIN.pole) == pytest.approx(0.7660444, abs=5e-8)
    assert core_angle(hole, VEIN) == pytest.approx(50)
    assert true_thickness(10, hole, VEIN) == pytest.approx(7.660, abs=5e-4)
    depth, point = pierced((0, 0, 0), hole, VEIN)
    assert depth == pytest.approx(167.3157, abs=5e-5)
    assert point == pytest.approx([83.6579, 0, -144.8997], abs=5e-5)


def test_the_worked_aim():
    assert aimed((0, 0, 0), (120, 80, -200)) == pytest.approx(
        (56.3099, -54.2042, 246.5766), abs=5e-5
    )


def test_a_hole_straight_down_has_azimuth_0():
    assert aimed((5, 5, 10), (5, 5, -90)) == pytest.approx((0, -90, 100))


@given(azimuths, dips, st.floats(1, 1000))
def test_aim_undoes_direction(azimuth, dip, length):
    found = aimed((3, -4, 5), np.array([3, -4, 5]) + length * direction(azimuth, dip))
    assert found[1:] == pytest.approx((dip, length), abs=1e-6)
    assert direction(*found[:2]) == pytest.approx(direction(azimuth, dip), abs=1e-9)


@given(azimuths, st.floats(0, 90), azimuths, dips)
def test_a_plane_holds_its_own_lines(to, dip, azimuth, hole_dip):
    plane = Plane((1, 2, 3), to, dip)
    assert plane.pole @ plane.down_dip == pytest.approx(0, abs=1e-12)
    assert plane.pole @ plane.along_strike == pytest.approx(0, abs=1e-12)
    hole = direction(azimuth, hole_dip)
    # thickness is the distance between two parallel planes, by another way
    ends = np.array([[0, 0, 0], hole * 10])
    apart = (ends - plane.through) @ plane.pole
    assert true_thickness(10, hole, plane) == pytest.approx(abs(apart[1] - apart[0]), abs=1e-9)


def test_angles_of_many_holes_at_once():
    found = core_angle(direction([90, 270, 0], [-60, -20, 0]), VEIN)
    assert found == pytest.approx([50, 50, 0], abs=1e-6)


def test_what_never_meets_is_told():
    with pytest.raises(DataError, match="runs along the plane"):
        pierced((0, 0, 0), VEIN.down_dip, VEIN)
    with pytest.raises(DataError, match=r"lies 167\.3 m behind its collar"):
        pierced((0, 0, 0), -direction(90, -60), VEIN)
    with pytest.raises(DataError, match="no hole to aim"):
        aimed((1, 1, 1), (1, 1, 1))
    with pytest.raises(ValueError, match="upright\\) degrees, got 100"):
        Plane((0, 0, 0), 0, 100)
