"""Fans of holes: every hole meets its point, and what speaks against one is said."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoprospect.drilling.drift import Drift
from geoprospect.drilling.fan import Limits, against_collars, fan, points_on
from geoprospect.drilling.holes import Plane
from geoprospect.errors import ContractError

VEIN = Plane((100, 0, -100), dip_direction=270, dip=70)
DRIFT = Drift(lift=1, swing=0.5)


def test_points_lie_on_the_plane_at_even_distances():
    points = points_on(VEIN, spacing=40, along_strike=3, down_dip=2)
    assert points.shape == (6, 3)
    assert points.mean(axis=0) == pytest.approx(VEIN.through)
    assert (points - VEIN.through) @ VEIN.pole == pytest.approx(np.zeros(6), abs=1e-9)
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(40)
    assert np.linalg.norm(points[2] - points[0]) == pytest.approx(40)
    assert (points[1] - points[0])[2] == pytest.approx(-40 * np.sin(np.radians(70)))


def test_every_hole_of_a_fan_hits_its_point():
    points = points_on(VEIN, spacing=40, along_strike=3, down_dip=3)
    holes = fan((-50, 0, 20), points, plane=VEIN, limits=Limits(longest=400), drift=DRIFT)
    for hole in holes.itertuples():
        end = np.array([-50, 0, 20]) + DRIFT.trace(hole.azimuth, hole.dip, hole.length)
        assert end == pytest.approx([hole.easting, hole.northing, hole.elevation], abs=1e-3)
        # the core's axis where it meets the plane, from the last metre of the trace
        before = np.array([-50, 0, 20]) + DRIFT.trace(hole.azimuth, hole.dip, hole.length - 1)
        angle = np.degrees(np.arcsin(abs((end - before) @ VEIN.pole)))
        assert hole.core_angle == pytest.approx(angle, abs=0.05)
    assert holes[["easting", "northing", "elevation"]].to_numpy() == pytest.approx(points)


def test_the_worked_hole_is_in_its_fan():
    holes = fan((0, 0, 0), [[83.6579, 0, -144.8997]], plane=VEIN, limits=Limits(longest=200))
    hole = holes.iloc[0]
    assert (hole["azimuth"], hole["dip"], hole["length"], hole["core_angle"]) == pytest.approx(
        (90, -60, 167.3157, 50), abs=1e-3
    )
    assert not hole["against"]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(longest=150), "167 m long, and 150 m is the most"),
        (Limits(longest=200, steepest=-55), "starts at a dip of -60 degrees, beyond -55 to -45"),
        (Limits(longest=200, core_angle=55), "meets the plane at 50 degrees, less than 55"),
    ],
)
def test_what_speaks_against_a_hole_is_said(limits, told):
    holes = fan((0, 0, 0), [[83.6579, 0, -144.8997]], plane=VEIN, limits=limits)
    assert holes["against"].tolist() == [told]


def test_a_point_out_of_reach_stays_in_the_table():
    holes = fan((0, 0, 0), [[0, 500, -500], [83.7, 0, -145]], plane=VEIN,
                limits=Limits(longest=900), drift=Drift(lift=90))  # fmt: skip
    assert "no hole that lifts 90" in holes["against"][0]
    assert np.isnan(holes["length"][0])


def collars(crs="EPSG:32633"):
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 5, 10, 20], [0, 0, 0, 0]), crs=crs)


def boxes(*bounds, crs="EPSG:32633"):
    return gpd.GeoDataFrame(geometry=[shapely.box(*one) for one in bounds], crs=crs)


def test_collars_keep_to_pads_and_off_no_go_areas():
    found = against_collars(collars(), pads=boxes((-1, -1, 10, 1)), no_go=boxes((4, -1, 6, 1),
                            (19, -1, 21, 1)))  # fmt: skip
    assert found.tolist() == ["", "in a no-go area", "", "on no pad; in a no-go area"]
    assert against_collars(collars()).tolist() == [""] * 4


def test_bad_settings_are_named():
    with pytest.raises(ContractError, match="the pads are in EPSG:32634 and the collars in EPSG"):
        against_collars(collars(), pads=boxes((0, 0, 1, 1), crs="EPSG:32634"))
    with pytest.raises(ValueError, match="spacing must be above 0 m"):
        points_on(VEIN, spacing=0, along_strike=1, down_dip=1)
    with pytest.raises(ValueError, match="longest must be above 0 m, got 0"):
        Limits(longest=0)
    with pytest.raises(ValueError, match="downward is below 0"):
        Limits(longest=100, steepest=90, flattest=45)
