from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from geoprospect.errors import ContractError, DataError
from geoprospect.targets import areas as module
from geoprospect.targets.areas import survey_areas, within


@pytest.fixture
def areas(grid):
    return gpd.GeoDataFrame(
        {
            "block_no": ["far", "slanting", "甲 block"],
            "holder": ["Nobody", "A & Co", None],
            "rank": [9, 8, 7],
        },
        geometry=[
            box(600_000, 3_000_000, 601_000, 3_001_000),
            Polygon([(501_010, 3_001_030), (503_333, 3_000_440), (502_220, 3_003_210)]),
            box(504_950, 3_003_000, 506_500, 3_004_500),
        ],
        crs=grid.crs.proj,
    )


@pytest.fixture
def scores(grid, layer):
    rows, columns = np.mgrid[:40, :60]
    values = (columns + 2.0 * rows) / 200
    values[10:15, 20:22] = np.nan
    return layer(values)


def by_hand(area, scores, grid):
    """Share of each cell inside the area, by cutting every cell with shapely."""
    x, y = np.meshgrid(500_000 + 100 * np.arange(60), 3_004_000 - 100 * np.arange(40))
    cells = shapely.box(x, y - 100, x + 100, y)
    share = shapely.area(shapely.intersection(cells, area)) / 1e4
    return np.where(np.isnan(scores.values), 0, share), np.nan_to_num(scores.values)


def test_statistics_weigh_cells_by_the_part_inside(areas, scores, deposits, grid):
    table = survey_areas(
        areas,
        prospectivity=scores,
        spread=scores,
        grid=grid,
        deposits=deposits,
        label="block_no",
        threshold=0.3,
    ).set_index("label")
    for name, area in zip(areas["block_no"][1:], areas.geometry[1:], strict=True):
        share, values = by_hand(area, scores, grid)
        row = table.loc[name]
        assert row["mean_prospectivity"] == pytest.approx(np.average(values, weights=share))
        assert row["spread"] == pytest.approx(row["mean_prospectivity"])
        assert row["max_prospectivity"] == pytest.approx(values[share > 0].max())
        assert row["coverage"] == pytest.approx(share.sum() * 1e4 / area.area)
        assert row["area_km2"] == pytest.approx(area.area / 1e6)
        wanted = np.average(values >= np.float32(0.3), weights=share)
        assert row["target_share"] == pytest.approx(wanted)
        assert values[share > 0].min() < row["q90_prospectivity"] < values[share > 0].max()


def test_best_first_and_those_outside_last_and_said(areas, scores, deposits, grid, caplog):
    table = survey_areas(
        areas,
        prospectivity=scores,
        spread=scores,
        grid=grid,
        deposits=deposits,
        label="block_no",
    )
    assert table["label"].tolist() == ["slanting", "甲 block", "far"]
    assert table["rank"].iloc[:2].tolist() == [1, 2]
    last = table.iloc[-1]
    assert last[["rank", "mean_prospectivity", "spread", "target_share"]].isna().all()
    assert (last["coverage"], last["area_km2"]) == (0, 1)
    assert "1 of 3 survey areas have no score inside them" in caplog.text
    assert "far" in caplog.text


def test_deposits_are_counted_where_they_lie(areas, scores, grid):
    points = [Point(505_000, 3_003_500), Point(505_500, 3_003_500), Point(500_100, 3_000_100)]
    deposits = gpd.GeoDataFrame(geometry=points, crs=grid.crs.proj)
    table = survey_areas(
        areas,
        prospectivity=scores,
        spread=scores,
        grid=grid,
        deposits=deposits,
        label="block_no",
    ).set_index("label")
    assert table["deposits"].to_dict() == {"slanting": 0, "甲 block": 2, "far": 0}


def test_the_other_columns_stay_and_clashes_are_renamed(areas, scores, deposits, grid):
    table = survey_areas(
        areas, prospectivity=scores, spread=scores, grid=grid, deposits=deposits, label="block_no"
    )
    assert table["holder"].iloc[0] == "A & Co"
    assert table["rank_given"].tolist() == [8, 7, 9]


def test_chunking_changes_nothing(areas, scores, deposits, grid, monkeypatch):
    settings = {"grid": grid, "deposits": deposits, "label": "block_no"}
    whole = survey_areas(areas, prospectivity=scores, spread=scores, **settings)
    monkeypatch.setattr(module, "AT_ONCE", 100)  # so that each area is read by itself
    lazy = scores.chunk(7)
    assert survey_areas(areas, prospectivity=lazy, spread=lazy, **settings).equals(whole)


def test_an_unknown_label_is_refused(areas, scores, deposits, grid):
    with pytest.raises(DataError, match="no column 'block_nr'; did you mean 'block_no'"):
        survey_areas(
            areas,
            prospectivity=scores,
            spread=scores,
            grid=grid,
            deposits=deposits,
            label="block_nr",
        )


def test_areas_in_another_crs_are_refused(areas, scores, deposits, grid):
    with pytest.raises(ContractError, match="the survey areas is in EPSG:4326"):
        survey_areas(
            areas.to_crs("EPSG:4326"),
            prospectivity=scores,
            spread=scores,
            grid=grid,
            deposits=deposits,
            label="block_no",
        )


def test_expected_deposits_are_the_sum_of_probabilities_by_the_part_inside(
    areas, scores, deposits, grid
):
    settings = {"spread": scores, "grid": grid, "deposits": deposits, "label": "block_no"}
    table = survey_areas(areas, prospectivity=scores, probability=scores, **settings)
    for name, area in zip(areas["block_no"][1:], areas.geometry[1:], strict=True):
        share, values = by_hand(area, scores, grid)
        found = table.set_index("label").loc[name, "expected_deposits"]
        assert found == pytest.approx((share * values).sum())
    assert table["expected_deposits"].isna().tolist() == [False, False, True]
    without = survey_areas(areas, prospectivity=scores, **settings)
    assert without["expected_deposits"].isna().all()


def test_areas_beyond_the_study_area_are_left_out(areas, grid, layer):
    inside = np.zeros(grid.shape)
    inside[:10, 55:] = 1
    kept = within(areas, area=layer(inside), grid=grid)
    assert kept["block_no"].tolist() == ["甲 block"]
    assert kept.index.tolist() == [0]
