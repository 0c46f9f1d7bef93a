"""Drifting holes: against integration, and back to the target they were aimed at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from geoprospect.drilling.drift import STRAIGHT, Drift, started
from geoprospect.drilling.holes import aimed, direction
from geoprospect.errors import DataError

rates = st.floats(-1.5, 1.5)
azimuths, dips = st.floats(0, 359.9), st.floats(-85, -20)


@given(azimuths, dips, rates, rates, st.floats(1, 600))
def test_the_trace_is_the_integral_of_the_direction(azimuth, dip, lift, swing, depth):
    def along(s, axis):
        return direction(azimuth + swing * s / 30, dip + lift * s / 30)[axis]

    wanted = [integrate.quad(along, 0, depth, args=(axis,))[0] for axis in range(3)]
    assert Drift(lift, swing).trace(azimuth, dip, depth) == pytest.approx(wanted, abs=1e-6)


def test_a_hole_of_400_m_ends_48_m_off():
    drift = Drift(lift=1, swing=0.5)
    off = drift.trace(0, -60, 400) - STRAIGHT.trace(0, -60, 400)
    assert np.linalg.norm(off) == pytest.approx(48, abs=0.5)


@given(azimuths, dips, rates, rates, st.floats(50, 500))
def test_a_started_hole_hits(azimuth, dip, lift, swing, length):
    collar = np.array([500_000, 4_000_000, 1200.0])
    target = collar + length * direction(azimuth, dip)
    drift = Drift(lift, swing)
    start = started(collar, target, drift)
    assert collar + drift.trace(*start) == pytest.approx(target, abs=1e-3)
    assert start[2] >= length - 1e-3


def test_without_drift_holes_are_aimed_straight():
    assert started((0, 0, 0), (120, 80, -200)) == aimed((0, 0, 0), (120, 80, -200))


def test_bearings_turn_with_depth():
    found = Drift(lift=1, swing=-2).bearing(100, -60, [0, 30, 60])
    assert found == pytest.approx(direction([100, 98, 96], [-60, -59, -58]))


def test_a_hole_that_bends_back_is_told():
    with pytest.raises(DataError, match="no hole that lifts 90 and swings 0 degrees per 30 m"):
        started((0, 0, 0), (0, 500, -500), Drift(lift=90))
