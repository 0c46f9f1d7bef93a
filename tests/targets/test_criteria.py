from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, box

from geoprospect.errors import ContractError, DataError
from geoprospect.targets.criteria import CRITERIA, access, cost, ownership, uncertainty

NAMES = {
    "access", "cost", "coverage", "novelty", "ownership", "prospectivity", "size", "uncertainty",
}  # fmt: skip


@pytest.fixture
def targets(grid):
    return gpd.GeoDataFrame(
        {
            "mean_prospectivity": [0.8, 0.6],
            "spread": [0.2, 0.1],
            "nearest_deposit_m": [0.0, np.nan],
            "area_km2": [0.12, 0.04],
            "missing_share": [0.25, 0.0],
        },
        geometry=[
            box(500_000, 3_003_700, 500_400, 3_004_000),
            box(505_800, 3_000_000, 506_000, 3_000_200),
        ],
        crs=grid.crs.proj,
    )


def test_they_are_found_by_name():
    assert set(CRITERIA) == NAMES


@pytest.mark.parametrize(
    ("name", "values", "units", "higher"),
    [
        ("prospectivity", [0.8, 0.6], "1", True),
        ("uncertainty", [0.2, 0.1], "1", False),
        ("novelty", [0, np.nan], "m", True),
        ("size", [0.12, 0.04], "km2", True),
        ("coverage", [0.75, 1], "1", True),
    ],
)
def test_what_is_known_of_a_target_is_taken_from_its_columns(targets, name, values, units, higher):
    found = CRITERIA[name](targets=targets)
    np.testing.assert_allclose(found.values, values)
    assert (found.units, found.higher, found.counts) == (units, higher, True)


def test_attitudes_to_risk_turn_uncertainty_round():
    table = gpd.GeoDataFrame({"spread": [0.1]})
    told = {a: uncertainty(targets=table, attitude=a) for a in ("averse", "neutral", "seeking")}
    assert {a: (one.higher, one.counts) for a, one in told.items()} == {
        "averse": (False, True), "neutral": (False, False), "seeking": (True, True),
    }  # fmt: skip


def test_access_is_a_walk_over_flat_ground(targets, grid):
    road = LineString([(501_400, 2_990_000), (501_400, 3_010_000)])
    roads = gpd.GeoDataFrame(geometry=[road], crs=grid.crs.proj)
    found = access(roads, targets=targets, grid=grid)
    flat = 0.6 * 6 * np.exp(-3.5 * 0.05)  # Tobler, off paths: 3.02 km/h
    np.testing.assert_allclose(found.values, [1.0 / flat, 4.4 / flat])
    assert flat == pytest.approx(3.02, abs=0.01)
    assert (found.units, found.higher) == ("h", False)


def test_access_is_slower_on_steep_ground(targets, grid, layer):
    road = LineString([(501_400, 2_990_000), (501_400, 3_010_000)])
    roads = gpd.GeoDataFrame(geometry=[road], crs=grid.crs.proj)
    slope = np.zeros(grid.shape)
    slope[:3, :2], slope[:3, 2:4] = 10, 30  # a mean of 20 degrees in the west
    slope[0, 0] = np.nan
    found = access(roads, layer(slope, "degree"), targets=targets, grid=grid)
    tangent = np.tan(np.radians(np.nanmean(slope[:3, :4])))
    hours = [1 / (0.6 * 6 * np.exp(-3.5 * abs(t + 0.05))) for t in (tangent, -tangent)]
    assert found.values[0] == pytest.approx(np.mean(hours))
    assert found.values[1] == pytest.approx(4.4 / (0.6 * 6 * np.exp(-3.5 * 0.05)))


def test_a_slope_in_other_units_is_refused(targets, grid, layer):
    roads = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=grid.crs.proj)
    with pytest.raises(DataError, match="slope is in '%'; give it in degree"):
        access(roads, layer(0, "%"), targets=targets, grid=grid)
    with pytest.raises(ContractError, match="the roads is in EPSG:4326"):
        access(roads.set_crs("EPSG:4326", allow_override=True), targets=targets, grid=grid)


def test_without_roads_nobody_knows_how_to_get_there(targets, grid):
    found = access(gpd.GeoDataFrame(geometry=[], crs=grid.crs.proj), targets=targets, grid=grid)
    assert np.isnan(found.values).all()


def test_cost_is_the_mean_of_a_layer(targets, grid, layer):
    money = np.full(grid.shape, 5.0)
    money[0, :4] = [1, 2, np.nan, 3]
    found = cost(layer(money, "CNY km-2"), targets=targets, grid=grid)
    np.testing.assert_allclose(found.values, [(6 + 8 * 5) / 11, 5])
    assert (found.units, found.higher) == ("CNY km-2", False)


def test_ownership_is_the_share_that_nobody_else_holds(targets, grid):
    licences = gpd.GeoDataFrame(
        {"holder": ["我们", "Others", "Rivals"]},
        geometry=[
            box(500_000, 3_003_700, 500_200, 3_004_000),  # ours: the west half of the first
            box(500_200, 3_003_700, 500_300, 3_004_000),  # a quarter
            box(500_200, 3_003_700, 500_300, 3_003_850),  # inside the last: not twice
        ],
        crs=grid.crs.proj,
    )
    found = ownership(licences, targets=targets, grid=grid, column="holder", ours=["我们"])
    assert found.values.tolist() == pytest.approx([0.75, 1])
    with pytest.raises(DataError, match="no column 'holders'; did you mean 'holder'"):
        ownership(licences, targets=targets, grid=grid, column="holders", ours=[])
    with pytest.raises(DataError, match="never says 'Rival'; did you mean 'Rivals'"):
        ownership(licences, targets=targets, grid=grid, column="holder", ours=["Rival"])
