from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from shapely.geometry import Point, box

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.targets import words, zonal
from geoprospect.targets.rank import cells_of, ranked

WEST = box(500_000, 3_003_700, 500_400, 3_004_000)  # rows 0-2, columns 0-3
EAST = box(505_800, 3_000_000, 506_000, 3_000_200)  # rows 38-39, columns 58-59


@pytest.fixture
def targets(grid):
    return gpd.GeoDataFrame(
        {"id": [1, 2], "threshold": [0.2, 0.2], "area_km2": [0.12, 0.04]},
        geometry=[WEST, EAST],
        crs=grid.crs.proj,
    )


@pytest.fixture
def scores(grid, layer):
    values = np.full(grid.shape, 0.1)
    values[:3, :4] = np.arange(12).reshape(3, 4) / 100 + 0.2
    values[38:, 58:] = [[0.5, 0.7], [0.9, np.nan]]
    return layer(values)


@pytest.fixture
def cube(grid, layer):
    distance = np.tile(np.arange(60) * 100.0, (40, 1))
    distance[0, 0] = np.nan
    rock = np.ones(grid.shape)
    rock[38:, 58:] = [[2, 2], [2, 1]]
    return xr.Dataset(
        {
            "fault_distance": layer(distance, "m", long_name="distance to fault"),
            "rock": layer(rock, long_name="lithology", meanings={1: "shale", 2: "花岗岩"}),
            "nearest_sample": layer(np.nan, "m", long_name="distance to sample", quality=True),
        }
    )


def nothing(rows):
    return np.zeros((len(rows), 3))


@pytest.fixture
def table(targets, scores, cube, deposits, grid, layer):
    contributions = np.zeros((16, 3))
    contributions[:12, 0] = np.linspace(0, 1, 12)
    contributions[:12, 1] = -1
    contributions[12:] = [-0.25, 0.5, -3]
    return ranked(
        targets,
        prospectivity=scores,
        spread=layer(np.tile(np.arange(60) / 100.0, (40, 1))),
        cube=cube,
        deposits=deposits,
        contributions=lambda rows: contributions,
        grid=grid,
    )


def test_cells_are_those_whose_centre_is_inside(grid):
    outlines = [Point(501_234, 3_001_777).buffer(812), box(505_840, 3_000_000, 507_000, 3_000_260)]
    found = gpd.GeoDataFrame(geometry=outlines, crs=grid.crs.proj)
    rows, columns, which = cells_of(found, grid=grid)
    x, y = 500_050 + 100 * np.arange(60), 3_003_950 - 100 * np.arange(40)
    for number, outline in enumerate(outlines):
        inside = shapely.contains_xy(outline, *np.meshgrid(x, y))
        assert set(zip(rows[which == number], columns[which == number], strict=True)) == set(
            zip(*np.nonzero(inside), strict=True)
        )


def test_targets_beyond_the_grid_have_no_cells(grid):
    away = gpd.GeoDataFrame(geometry=[box(0, 0, 50, 50)], crs=grid.crs.proj)
    assert [part.size for part in cells_of(away, grid=grid)] == [0, 0, 0]


def test_best_first_by_the_mean_of_the_cells(table):
    assert table["rank"].tolist() == [1, 2]
    assert table["label"].tolist() == ["T1", "T2"]
    assert table.geometry.tolist() == [EAST, WEST]
    assert table["score"].tolist() == pytest.approx([0.7, 0.255])
    assert table["mean_prospectivity"].tolist() == table["score"].tolist()
    assert table["max_prospectivity"].tolist() == pytest.approx([0.9, 0.31])
    assert table["spread"].tolist() == pytest.approx([0.585, 0.015])
    assert table["area_km2"].tolist() == [0.04, 0.12]


def test_missing_share_counts_cells_times_evidence_layers(table):
    assert table["missing_share"].tolist() == pytest.approx([0, 1 / 24])


def test_the_nearest_deposit_is_measured_from_the_edge_and_named(table):
    assert table["nearest_deposit"].tolist() == ["红旗", "Old Hope"]
    assert table["nearest_deposit_m"].tolist() == pytest.approx([0, np.hypot(150, 250)])


def test_reasons_are_said_in_words(table):
    east, west = table.itertuples()
    assert east.driver_1 == "lithology: 花岗岩 (75 % of its cells), +0.50 log-odds"
    assert east.driver_2 == ""
    assert west.driver_1 == "distance to fault 200 m (low, 4th percentile) +0.50 log-odds"
    assert west.driver_2 == west.driver_3 == ""


def test_reasons_are_told_in_the_unit_of_the_contributions(
    targets, scores, cube, deposits, grid, layer
):
    told = ranked(
        targets,
        prospectivity=scores,
        spread=layer(np.zeros(grid.shape)),
        cube=cube,
        deposits=deposits,
        contributions=lambda rows: np.tile([0.0625, 0.5, 1], (len(rows), 1)),
        grid=grid,
        units="1",
    )
    assert told["driver_2"].str.endswith(" +0.062 of 1").all()
    assert told["driver_1"][0] == "lithology: 花岗岩 (75 % of its cells), +0.500 of 1"


def test_places_are_inside_and_in_degrees(table, grid):
    for row in table.itertuples():
        assert row.geometry.contains(Point(row.x, row.y))
    assert table["longitude"].tolist() == pytest.approx([105.0595, 105.0020], abs=0.0001)
    assert table["latitude"].between(27.1, 27.2).all()


def test_a_crescent_is_placed_inside(grid, layer, cube, deposits, scores):
    ring = Point(503_000, 3_002_000).buffer(900) - Point(503_200, 3_002_000).buffer(700)
    crescent = gpd.GeoDataFrame(
        {"id": [1], "threshold": [0.1], "area_km2": [ring.area / 1e6]},
        geometry=[ring],
        crs=grid.crs.proj,
    )
    table = ranked(
        crescent,
        prospectivity=scores,
        spread=scores,
        cube=cube,
        deposits=deposits.iloc[:0],
        contributions=nothing,
        grid=grid,
    )
    assert ring.contains(Point(table.loc[0, "x"], table.loc[0, "y"]))
    assert np.isnan(table.loc[0, "nearest_deposit_m"])


@pytest.mark.parametrize(("side", "at_once"), [(7, 10**6), (512, 5), (2, 3)])
def test_blocks_and_pieces_change_nothing(
    targets, scores, cube, deposits, grid, layer, monkeypatch, side, at_once
):
    def effects(rows):
        return np.nan_to_num(rows[:, [0, 1, 1]] * [1e-3, 0.1, 0])

    settings = {"cube": cube, "deposits": deposits, "contributions": effects, "grid": grid}
    spread = layer(np.tile(np.arange(60) / 100.0, (40, 1)))
    whole = ranked(targets, prospectivity=scores, spread=spread, **settings)
    monkeypatch.setattr(zonal, "AT_ONCE", at_once)
    with lazy.cut(side):
        pieces = ranked(targets, prospectivity=scores, spread=spread, **settings)
    assert whole["driver_1"].tolist() == [
        "distance to fault 5,850 m (high, 98th percentile) +5.85 log-odds",
        "distance to fault 200 m (low, 4th percentile) +0.15 log-odds",
    ]
    assert pieces.drop(columns="geometry").equals(whole.drop(columns="geometry")) or (
        pieces.select_dtypes("object").equals(whole.select_dtypes("object"))
        and np.allclose(pieces.select_dtypes("number"), whole.select_dtypes("number"), rtol=1e-12)
    )


def test_no_targets_make_an_empty_table(targets, scores, cube, deposits, grid):
    table = ranked(
        targets.iloc[:0],
        prospectivity=scores,
        spread=scores,
        cube=cube,
        deposits=deposits,
        contributions=nothing,
        grid=grid,
    )
    assert len(table) == 0
    assert {"rank", "driver_3", "nearest_deposit_m", "geometry"} <= set(table.columns)
    assert table.crs == grid.crs.proj


def test_contributions_of_another_shape_are_refused(targets, scores, cube, deposits, grid):
    with pytest.raises(ContractError, match=r"came as \(15, 3\), but \(16, 3\) was asked for"):
        ranked(
            targets,
            prospectivity=scores,
            spread=scores,
            cube=cube,
            deposits=deposits,
            contributions=lambda rows: np.zeros((15, 3)),
            grid=grid,
        )


def test_deposits_in_another_crs_are_refused(targets, scores, cube, deposits, grid):
    with pytest.raises(ContractError, match="the deposits is in EPSG:4326 and the grid"):
        ranked(
            targets,
            prospectivity=scores,
            spread=scores,
            cube=cube,
            deposits=deposits.to_crs("EPSG:4326"),
            contributions=nothing,
            grid=grid,
        )


@pytest.mark.parametrize(
    ("number", "units", "told"),
    [
        (240.4, "m", "240 m"),
        (1250, "m", "1,250 m"),
        (0.08214, "1", "0.0821"),
        (-3.456, "nT", "-3.46 nT"),
        (0, "mg kg-1", "0 mg kg-1"),
        (4.2e-7, "SI", "4.2e-07 SI"),
    ],
)
def test_numbers_are_told_to_three_figures(number, units, told):
    assert words.value(number, units) == told


def test_ordinals():
    told = [words.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 93)]
    assert told == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "93rd"]


def test_a_percentile_counts_ties_half():
    assert words.percentile(2, np.array([1, 2, 2, 3, np.nan], "float32")) == 50
    assert np.isnan(words.percentile(2, np.array([np.nan], "float32")))


def test_a_driver_without_data_says_so():
    attrs = {"long_name": "copper", "units": "mg kg-1"}
    nothing = np.full(5, np.nan, "float32")
    told = words.driver(attrs, nothing, np.arange(5, dtype="float32"), 0.3)
    assert told == "copper: mostly without data here, +0.30 log-odds"


def test_the_maps_are_checked_at_the_border(targets, scores, cube, deposits, grid):
    nameless = contract.on_grid(scores.values, grid)
    with pytest.raises(ContractError, match="layer 'spread' breaks the data contract"):
        ranked(
            targets,
            prospectivity=scores,
            spread=nameless,
            cube=cube,
            deposits=deposits,
            contributions=nothing,
            grid=grid,
        )


def believed(targets, scores, cube, deposits, grid, **more):
    return ranked(
        targets,
        prospectivity=scores,
        spread=scores,
        cube=cube,
        deposits=deposits,
        contributions=nothing,
        grid=grid,
        **more,
    )


def test_a_target_all_outside_applicability_is_kept_and_flagged(
    targets, scores, cube, deposits, grid, layer, caplog
):
    inside = np.zeros(grid.shape)
    inside[0, 0] = 1  # one cell of the west
    table = believed(targets, scores, cube, deposits, grid, applicability=layer(inside))
    assert table["outside_applicability"].tolist() == [1, 0], "the east comes first"
    assert "1 of 2 targets lie wholly on ground unlike any" in caplog.text
    unknown = believed(targets, scores, cube, deposits, grid)
    assert unknown["outside_applicability"].isna().all()
    nowhere = believed(targets, scores, cube, deposits, grid, applicability=layer(np.nan))
    assert nowhere["outside_applicability"].tolist() == [0, 0], "unknown is not outside"


def test_expected_deposits_are_the_sum_over_the_cells(targets, scores, cube, deposits, grid, layer):
    chance = np.full(grid.shape, 0.01)
    chance[0, :2] = [0.5, np.nan]
    table = believed(targets, scores, cube, deposits, grid, probability=layer(chance))
    assert table["expected_deposits"].tolist() == pytest.approx([0.04, 0.5 + 10 * 0.01])
    assert believed(targets, scores, cube, deposits, grid)["expected_deposits"].isna().all()


@pytest.mark.parametrize("at_once", [10**6, 5])
def test_members_are_averaged_over_known_cells(targets, scores, cube, grid, monkeypatch, at_once):
    monkeypatch.setattr(zonal, "AT_ONCE", at_once)

    def members(rows):
        distance = np.nan_to_num(rows[:, 0], nan=1000)
        return np.stack([distance / 1e4, np.full(len(rows), 0.25)])

    with lazy.cut(7):
        found = zonal.member_means(targets, scores, cube, members, grid)
    west = np.tile([0, 100, 200, 300], (3, 1)).astype(float)
    west[0, 0] = 1000
    east = np.array([5800, 5900, 5800])  # the fourth has no score
    np.testing.assert_allclose(found, [[west.mean() / 1e4, 0.25], [east.mean() / 1e4, 0.25]])
