"""Weights, years and polygons of deposits: what they become, and what is refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, box

from geoprospect.errors import DataError
from geoprospect.labels.background import buffered, uniform
from geoprospect.labels.occurrences import occurrences

from .conftest import layer, points


@pytest.fixture
def given_to_all(grid):
    return {"grid": grid, "area": layer(np.ones(grid.shape), grid), "cluster_distance": 150}


@pytest.fixture
def row_of_deposits(grid):
    """Seven in a row, a kilometre or less apart; the last shares its cell with the sixth."""
    xy = [(500_550 + 700 * i, 3_002_050) for i in range(6)] + [(500_560 + 700 * 5, 3_002_055)]
    return points(
        xy, grid, tonnage=[1.0, 2, 3, 4, 5, 6, 12], found=[1900, None, 1950, 1999, 2001, 2010, 1970]
    )


def test_weights_are_one_on_average_and_the_largest_of_a_cell(row_of_deposits, given_to_all):
    samples = occurrences(row_of_deposits, **given_to_all, weight="tonnage")
    assert samples.weight.mean() == pytest.approx(1)
    np.testing.assert_allclose(samples.weight, np.array([1, 2, 3, 4, 5, 12]) / 27 * 6)
    assert samples.tonnage.tolist() == [1, 2, 3, 4, 5, 6]


def test_years_are_kept_the_earliest_of_a_cell(row_of_deposits, given_to_all):
    samples = occurrences(row_of_deposits, **given_to_all, year="found")
    np.testing.assert_array_equal(samples.year, [1900, np.nan, 1950, 1999, 2001, 1970])


@pytest.mark.parametrize("dtype", ["texts", "dates"])
def test_years_are_read_from_texts_and_dates(row_of_deposits, given_to_all, dtype):
    years = [1900, 1905, 1950, 1999, 2001, 2010, 1970]
    made = {
        "texts": [str(year) if year != 1905 else "" for year in years],
        "dates": pd.to_datetime([f"{y}-05-01" if y != 1905 else None for y in years]),
    }[dtype]
    samples = occurrences(row_of_deposits.assign(year=made), **given_to_all, year="year")
    np.testing.assert_array_equal(samples.year, [1900, np.nan, 1950, 1999, 2001, 1970])
    assert "source_year" in samples


def test_without_being_asked_for_there_are_neither(row_of_deposits, given_to_all):
    samples = occurrences(row_of_deposits, **given_to_all)
    assert not {"weight", "year", "_site"} & set(samples)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_positive_is_refused(row_of_deposits, given_to_all, bad):
    row_of_deposits.loc[3, "tonnage"] = bad
    with pytest.raises(DataError, match="weight: 1 of 7 deposits have no positive number in 'ton"):
        occurrences(row_of_deposits, **given_to_all, weight="tonnage")


def test_columns_that_are_not_there_and_years_that_are_none_are_refused(
    row_of_deposits, given_to_all
):
    with pytest.raises(DataError, match="no column 'tonage'; did you mean 'tonnage'"):
        occurrences(row_of_deposits, **given_to_all, weight="tonage")
    for bad in ("soon", 19.5, 3000):
        wrong = row_of_deposits.assign(found=[bad, *row_of_deposits.found[1:]])
        with pytest.raises(DataError, match=rf"year: 1 of 7 .* no year in 'found' \(first: {bad}"):
            occurrences(wrong, **given_to_all, year="found")


def test_background_weighs_one(row_of_deposits, given_to_all, grid):
    none = layer(np.zeros(grid.shape), grid)
    samples = uniform(
        row_of_deposits, **given_to_all, exclusions=none, count=30, weight="tonnage",
        year="found", seed=1,
    )  # fmt: skip
    drawn = samples[samples.label == 0]
    assert (drawn.weight == 1).all()
    assert drawn.year.isna().all()
    assert (samples.policy == "uniform").all()


# --- polygons -------------------------------------------------------------------------------


@pytest.fixture
def bodies(grid):
    """A large body, two parts of one deposit far apart, a sliver, a line, two points."""
    shapes = [
        box(500_420, 3_001_420, 500_980, 3_001_680),
        MultiPolygon([box(502_010, 3_003_010, 502_190, 3_003_090),
                      box(504_010, 3_003_010, 504_090, 3_003_190)]),
        box(503_110, 3_001_010, 503_130, 3_001_030),
        LineString([(504_310, 3_001_010), (504_390, 3_001_010)]),
        Point(505_050, 3_002_050),
        Point(505_250, 3_002_050),
    ]  # fmt: skip
    return gpd.GeoDataFrame({"size": [6.0, 1, 1, 1, 1, 2]}, geometry=shapes, crs=grid.crs.proj)


def test_all_cells_of_a_polygon_are_one_cluster(bodies, given_to_all, grid):
    samples = occurrences(bodies, **given_to_all, cells="all")
    centres = [
        (row, column, grid[row, column].extent.geom.centroid)
        for row, column in np.ndindex(tuple(grid.shape))
    ]
    for group, shape in enumerate(bodies.geometry[:2]):
        mine = samples[samples.group == group]
        expected = {(r, c) for r, c, centre in centres if shape.contains(Point(centre.x, centre.y))}
        assert set(zip(mine.row, mine.column, strict=True)) == expected
    assert samples.group.nunique() == 6
    assert samples.groupby("group").size().tolist()[2:] == [1, 1, 1, 1]


def test_a_deposit_counts_as_one_however_many_cells_it_has(bodies, given_to_all):
    plain = occurrences(bodies, **given_to_all, cells="all")
    totals = plain.groupby("group").weight.sum()
    np.testing.assert_allclose(totals, totals.iloc[0])
    assert plain.weight.mean() == pytest.approx(1)
    weighed = occurrences(bodies, **given_to_all, cells="all", weight="size")
    totals = weighed.groupby("group").weight.sum()
    np.testing.assert_allclose(totals / totals.sum(), np.array([6, 1, 1, 1, 1, 2]) / 12)


def test_polygons_linked_by_near_cells_are_one_cluster(bodies, given_to_all):
    near = occurrences(bodies, **given_to_all | {"cluster_distance": 250}, cells="all")
    assert near.group.nunique() == 5  # the two points, 200 m apart


def test_one_point_of_a_polygon_is_the_rule(bodies, given_to_all):
    assert len(occurrences(bodies, **given_to_all)) == 6


def test_cells_do_not_make_up_for_too_few_deposits(bodies, given_to_all):
    with pytest.raises(DataError, match="at least 5 are needed"):
        occurrences(bodies[:3], **given_to_all, cells="all")


def test_a_buffer_goes_round_every_cell_of_a_body(bodies, given_to_all, grid):
    none = layer(np.zeros(grid.shape), grid)
    samples = buffered(
        bodies, **given_to_all, exclusions=none, count=10**6, exclusion=150, cells="all", seed=1
    )
    held, drawn = samples[samples.label == 1], samples[samples.label == 0]
    away = [drawn.distance(point).min() for point in held.geometry]
    assert min(away) > 150
