from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, box

from geoprospect import lazy
from geoprospect.targets.exclusions import cut, lost
from geoprospect.targets.extract import top_fraction
from geoprospect.targets.fixed import fixed_threshold


def frame(grid, *shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=grid.crs.proj)


def test_excluded_polygons_are_cut_out_exactly(grid):
    one, other = box(0, 0, 1000, 1000), box(5000, 0, 6000, 1000)
    targets = frame(grid, one, other, area_km2=[1.0, 1.0], id=[1, 2])
    lake = Point(1000, 500).buffer(300)
    found = cut(targets, [frame(grid, lake), frame(grid, box(400, 400, 600, 600))])
    expected = one.difference(lake).difference(box(400, 400, 600, 600))
    assert found.geometry[0].equals(expected)
    assert found["area_km2"].tolist() == pytest.approx([expected.area / 1e6, 1.0])
    assert found.geometry[1].equals(other)


def test_a_target_that_is_all_excluded_is_dropped_and_said(grid, caplog):
    targets = frame(grid, box(0, 0, 10, 10), box(20, 0, 30, 10), area_km2=[1e-4, 1e-4], id=[1, 2])
    found = cut(targets, [frame(grid, box(-5, -5, 15, 15))])
    assert found["id"].tolist() == [2]
    assert "1 targets lie wholly on excluded ground" in caplog.text


def test_a_road_cuts_nothing(grid):
    targets = frame(grid, box(0, 0, 10, 10), area_km2=[1e-4])
    assert cut(targets, [frame(grid, Point(5, 5))]).equals(targets)
    assert cut(targets, []) is targets


@pytest.fixture
def ground(grid, layer):
    """
    Rows 10 to 13 are high from column 5 to 24, parted by a lake at 12 to 15; a patch of 2 by 2 in
    a park is lost whole; the park touches the long one's west end, and the lake, too.
    """
    scores = np.zeros(grid.shape)
    scores[10:14, 5:25] = scores[30:32, 50:52] = 1
    lake, park = np.zeros(grid.shape), np.zeros(grid.shape)
    lake[8:20, 12:16] = 1
    park[25:35, 45:55] = park[10, 5:7] = park[11, 12] = 1
    return layer(scores), layer(lake), layer(park), layer(np.maximum(lake, park))


def test_what_is_lost_is_counted_by_cell(grid, ground):
    scores, lake, park, both = ground
    targets = fixed_threshold(
        scores, grid=grid, exclusions=both, threshold=0.5, minimum_area=0, smoothing=0
    )
    area, told = lost(
        scores, 0.5, targets, exclusions=both, each={"lake": lake, "park": park}, grid=grid
    )
    assert targets["area_km2"].tolist() == pytest.approx([0.26, 0.36])
    # 16 cells of the lake and 2 of the park, shared by 26 and 36 cells
    assert area.tolist() == pytest.approx([0.18 * 26 / 62, 0.18 * 36 / 62])
    assert told == [
        {"name": "lake", "area_km2": pytest.approx(0.16), "share": pytest.approx(16 / 84),
         "patches": 0},
        {"name": "park", "area_km2": pytest.approx(0.07), "share": pytest.approx(7 / 84),
         "patches": 1},
    ]  # fmt: skip


def test_blocks_change_nothing(grid, ground):
    scores, lake, park, both = ground
    targets = top_fraction(
        scores, grid=grid, exclusions=both, fraction=0.02, minimum_area=0, smoothing=0
    )
    given = {"exclusions": both, "each": {"lake": lake, "park": park}, "grid": grid}
    whole = lost(scores, 0.5, targets, **given)
    with lazy.cut(7):
        pieces = lost(scores, 0.5, targets, **given)
    np.testing.assert_array_equal(whole[0], pieces[0])
    assert whole[1] == pieces[1]


def test_nothing_chosen_is_nothing_lost(grid, ground):
    scores, lake, _, both = ground
    none = frame(grid, area_km2=[]).astype({"area_km2": float})
    area, told = lost(scores, 2.0, none, exclusions=both, each={"lake": lake}, grid=grid)
    assert len(area) == 0
    assert told == [{"name": "lake", "area_km2": 0, "share": None, "patches": 0}]
