"""Distances to contacts and faults: planes, spheres and boxes, whose distances are formulas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from scipy.spatial import ConvexHull

from geoprospect import contract
from geoprospect.errors import ContractError, DataError
from geoprospect.features.voxels.proximity import fault_distance, signed_distance
from geoprospect.features.voxels.surface import Surface, of_elevation, through_points
from tests.features.voxels.made import BLOCKS, CRS, TURNED, middle, plane

slopes = st.floats(-0.6, 0.6)


@settings(max_examples=15)
@given(slopes, slopes, st.sampled_from([BLOCKS, TURNED]))
def test_the_distance_to_a_plane_is_exact(east, north, blocks):
    normal = np.array([east, north, 1.0]) / np.sqrt(1 + east**2 + north**2)
    contact = through_points(plane(normal, middle(blocks)), name="contact")
    found = signed_distance(contact, blocks=blocks)["value"].to_numpy().ravel()
    np.testing.assert_allclose(found, (blocks.centres() - middle(blocks)) @ normal, atol=1e-4)


def ball(radius=60.0):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4000, 3))
    points = middle() + radius * points / np.linalg.norm(points, axis=1, keepdims=True)
    return Surface(points, ConvexHull(points).simplices.astype(np.int64), "ore body")


def test_inside_a_ball_is_negative():
    made = signed_distance(ball(), blocks=BLOCKS)["value"].to_numpy().ravel()
    wanted = np.linalg.norm(BLOCKS.centres() - middle(), axis=1) - 60
    np.testing.assert_allclose(made, wanted, atol=0.6)
    assert ball().closed
    assert (made < 0).any()


def test_beyond_the_outline_of_an_open_surface_sides_are_unknown(caplog):
    flat = pd.DataFrame({"x": [0, 90, 0, 90], "y": [0, 0, 200, 200], "z": [0.0] * 4})
    flat = flat.assign(x=flat["x"] + BLOCKS.origin[0], y=flat["y"] + BLOCKS.origin[1])
    with caplog.at_level("INFO"):
        made = signed_distance(through_points(flat, name="floor"), blocks=BLOCKS)["value"]
    known = ~np.isnan(made).any("z")
    assert known.sum("x").to_numpy().tolist() == [4] * 7
    np.testing.assert_allclose(made[:, 3, 1], BLOCKS.origin[2] + BLOCKS.along(2))
    assert "55.6 % of the columns of blocks lie beyond the outline of floor" in caplog.text


def test_a_raster_of_elevations_is_the_same_plane():
    grid = GeoBox.from_bbox((499_000, 2_999_000, 501_500, 3_001_500), crs=CRS, resolution=50)
    rows, columns = np.indices(grid.shape)
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    x0, y0, z0 = middle()
    height = z0 + 0.2 * (x - x0) - 0.3 * (y - y0)
    raster = contract.on_grid(height, grid)
    normal = np.array([-0.2, 0.3, 1]) / np.sqrt(1.13)
    made = signed_distance(of_elevation(raster, name="roof"), blocks=BLOCKS)["value"]
    wanted = (BLOCKS.centres() - middle()) @ normal
    np.testing.assert_allclose(made.to_numpy().ravel(), wanted, atol=1e-4)
    holed = raster.where(np.hypot(x - x0, y - y0) > 60)
    beyond = signed_distance(of_elevation(holed, name="roof"), blocks=BLOCKS)["value"]
    unknown = np.isnan(beyond.to_numpy()).any(axis=0)
    assert unknown[3, 4]
    assert not unknown[0, 0]


def test_the_distance_to_data_is_to_where_the_surface_was_met():
    contact = through_points(plane([0, 0, 1], middle()), name="contact")
    met = BLOCKS.centres()[[5, 77]]
    seen = pd.DataFrame(met, columns=["x", "y", "z"])
    made = signed_distance(contact, seen, blocks=BLOCKS)["distance"].to_numpy().ravel()
    wanted = np.linalg.norm(BLOCKS.centres()[:, None] - met, axis=2).min(axis=1)
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


def line(*places, **columns):
    return gpd.GeoDataFrame(
        {key: [value] for key, value in columns.items()}, geometry=[shapely.LineString(places)],
        crs=CRS,
    )  # fmt: skip


@settings(max_examples=15)
@given(st.floats(20, 90), st.floats(0, 360), st.sampled_from([BLOCKS, TURNED]))
def test_a_fault_is_followed_down_its_dip(dip, towards, blocks):
    turn, tilt = np.radians(towards), np.radians(dip)
    x, y, _ = middle(blocks)
    along = 6000 * np.array([np.cos(turn), -np.sin(turn)])
    top = 2000.0
    back = (top - middle(blocks)[2]) / np.tan(tilt) if dip < 90 else 0.0
    x, y = x - back * np.sin(turn), y - back * np.cos(turn)
    trace = line((x - along[0], y - along[1]), (x + along[0], y + along[1]), dip=dip, to=towards)
    made = fault_distance(
        trace, blocks=blocks, down=6000, dip="dip", direction="to", elevation=top
    )["value"]
    normal = np.array([np.sin(tilt) * np.sin(turn), np.sin(tilt) * np.cos(turn), np.cos(tilt)])
    wanted = np.abs((blocks.centres() - [x, y, top]) @ normal)
    np.testing.assert_allclose(made.to_numpy().ravel(), wanted, atol=2e-3)


def test_below_its_lower_edge_a_fault_has_ended():
    x, y, _ = middle()
    trace = line((x, y - 5000, 50), (x, y + 5000, 50))
    made = fault_distance(trace, blocks=BLOCKS, down=100)
    east, up = BLOCKS.centres()[:, 0] - x, BLOCKS.centres()[:, 2]
    wanted = np.hypot(east, np.maximum(-50 - up, 0))
    np.testing.assert_allclose(made["value"].to_numpy().ravel(), wanted, atol=1e-3)
    away = made["distance"].to_numpy().ravel()
    np.testing.assert_allclose(away, np.hypot(east, up - 50), atol=1e-3)


@pytest.mark.parametrize(
    ("faults", "settings_", "message"),
    [
        (line((0, 0), (1, 1)), {}, "no elevations; state one for all: elevation"),
        (line((0, 0, 1), (1, 1, 1), dip=60.0), {"dip": "dip"}, "1 faults dip, and where to"),
        (line((0, 0, 1), (1, 1, 1), dip=0.0), {"dip": "dip"}, "1 faults have a dip that is not"),
        (line((0, 0, 1), (1, 1, 1)), {"dip": "Dip"}, "dip: faults have no column 'Dip'"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS), {}, "faults are lines, and"),
    ],
)
def test_faults_that_lead_nowhere_are_refused(faults, settings_, message):
    with pytest.raises(DataError, match=message):
        fault_distance(faults, blocks=BLOCKS, down=100, **settings_)


def test_another_crs_and_no_depth_are_refused():
    trace = line((0, 0, 1), (1, 1, 1))
    with pytest.raises(ContractError, match="faults are in EPSG:4326 and the blocks in EPSG:32648"):
        fault_distance(trace.set_crs(4326, allow_override=True), blocks=BLOCKS, down=100)
    with pytest.raises(ValueError, match="down must be positive and finite, got 0 m"):
        fault_distance(trace, blocks=BLOCKS, down=0)


def test_what_is_no_surface_is_refused():
    with pytest.raises(ContractError, match="beyond the 3 there are"):
        Surface(np.zeros((3, 3)), np.array([[0, 1, 3]]), "roof")
    with pytest.raises(ContractError, match="must be finite"):
        Surface(np.full((3, 3), np.nan), np.array([[0, 1, 2]]))
    row = pd.DataFrame({"x": [0, 1, 2], "y": [0, 1, 2], "z": [0, 0, 0]})
    for few in (row, row[:2]):
        with pytest.raises(DataError, match="span no surface; it takes three or more"):
            through_points(few, name="roof")
    raster = contract.on_grid(
        np.full((3, 3), np.nan), GeoBox.from_bbox((0, 0, 3, 3), crs=CRS, resolution=1)
    )
    with pytest.raises(DataError, match="roof: no cells side by side have an elevation"):
        of_elevation(raster, name="roof")


def test_points_above_each_other_are_their_mean_and_said(caplog):
    twice = pd.DataFrame({"x": [0, 0, 9, 0], "y": [0, 0, 0, 9], "z": [1.0, 3.0, 0, 0]})
    made = through_points(twice, name="roof")
    assert sorted(made.vertices[:, 2]) == [0, 0, 2]
    assert "1 points of roof lie above others" in caplog.text
