"""Deposits as samples: what is kept, what is said, which cluster."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, single
from scipy.spatial.distance import pdist
from shapely.geometry import LineString, Point, Polygon

from geoprospect.errors import ContractError, DataError
from geoprospect.labels.occurrences import clusters, occurrences

from .conftest import points


def test_each_deposit_knows_its_cell_counted_from_the_north_west(deposits, grid, area):
    samples = occurrences(deposits, grid=grid, area=area, cluster_distance=500)
    for _, sample in samples.iterrows():
        assert grid[sample.row, sample.column].extent.geom.contains(sample.geometry)
    first = samples.iloc[0]
    assert first.column == int((first.geometry.x - 500_000) // 100)
    assert first.row == int((3_004_000 - first.geometry.y) // 100)
    assert (samples.label == 1).all()
    assert samples.crs == grid.crs.proj


def test_deposits_outside_the_area_or_the_grid_are_left_out_and_counted(
    deposits, grid, area, caplog
):
    wedge, beyond = Point(500_050, 3_003_950), Point(499_000, 3_001_000)
    more = gpd.GeoDataFrame(
        {"Deposit_Name": ["wedge", "beyond"]}, geometry=[wedge, beyond], crs=deposits.crs
    )
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        samples = occurrences(
            gpd.GeoDataFrame(pd.concat([deposits, more], ignore_index=True), crs=deposits.crs),
            grid=grid, area=area, cluster_distance=500,
        )  # fmt: skip
    assert "2 of 32 deposits lie outside the study area" in caplog.text
    assert not {"wedge", "beyond"} & set(samples.name)


def test_one_deposit_to_a_cell_is_kept_and_the_rest_counted(grid, area, caplog):
    xy = [(502_010 + 1000 * i, 3_001_010) for i in range(3)] + [(503_010, 3_002_010 + 500 * i)
          for i in range(3)]  # fmt: skip
    twins = points([*xy, xy[0], (502_090, 3_001_090)], grid, name=list("abcdefgh"))
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        samples = occurrences(twins, grid=grid, area=area, cluster_distance=10)
    assert "2 of 8 deposits share their cell with another (1 at the very same point)" in caplog.text
    assert samples.name.tolist() == list("abcdef")


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, max_size=40, unique=True
    ),
    st.integers(1, 40),
)
def test_clusters_are_those_of_single_linkage(spots, distance):
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*spots, strict=True)))
    found = clusters(frame, distance + 0.5)
    theirs = fcluster(single(pdist(np.array(spots, float))), distance + 0.5, "distance")
    same = found[:, None] == found[None, :]
    np.testing.assert_array_equal(same, theirs[:, None] == theirs[None, :])
    firsts = [found.tolist().index(cluster) for cluster in range(found.max() + 1)]
    assert firsts == sorted(firsts)


def test_by_default_a_cluster_reaches_as_far_as_the_middling_neighbour(grid, area, caplog):
    near = [(501_550 + 150 * i, 3_001_050) for i in range(5)]
    far = [(502_550 + 1000 * i, 3_003_050) for i in range(3)]
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        samples = occurrences(points(near + far, grid), grid=grid, area=area)
    assert "deposits within 150 m of each other count as one cluster" in caplog.text
    assert samples.group.tolist() == [0, 0, 0, 0, 0, 1, 2, 3]


def test_shapes_are_replaced_by_a_point_inside_them(deposits, grid, area, caplog):
    shapes = deposits.copy()
    # the centroid of this horseshoe is not in it
    x, y = 503_000, 3_002_000
    horseshoe = Polygon(
        [(x, y), (x + 900, y), (x + 900, y + 100), (x + 100, y + 100), (x + 100, y + 800),
         (x + 900, y + 800), (x + 900, y + 900), (x, y + 900)]
    )  # fmt: skip
    shapes.loc[0, "geometry"] = horseshoe
    shapes.loc[1, "geometry"] = LineString([(x + 2000, y), (x + 2100, y)])
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        samples = occurrences(shapes, grid=grid, area=area, cluster_distance=500)
    assert "of 2 deposits drawn as shapes, a point inside is used" in caplog.text
    assert horseshoe.contains(samples.geometry.iloc[0])
    assert (samples.geom_type == "Point").all()


def test_deposits_without_a_place_are_left_out_and_counted(deposits, grid, area, caplog):
    holed = deposits.copy()
    holed.loc[4, "geometry"] = None
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        samples = occurrences(holed, grid=grid, area=area, cluster_distance=500)
    assert "1 of 30 deposits have no place" in caplog.text
    assert "d4" not in set(samples.name)


def test_columns_are_kept_a_name_is_found_and_clashes_step_aside(deposits, grid, area):
    labelled = deposits.assign(Label="big", tonnage=1.5)
    samples = occurrences(labelled, grid=grid, area=area, cluster_distance=500)
    assert samples.name.iloc[0] == "d0"
    for column in ("SITE", "Name", "矿床名称"):
        called = deposits.rename(columns={"Deposit_Name": column})
        found = occurrences(called, grid=grid, area=area, cluster_distance=500)
        assert found["name"].equals(samples["name"])
        assert found.columns.str.lower().is_unique
    assert (samples.source_Label == "big").all()
    assert (samples.tonnage == 1.5).all()
    assert list(labelled.columns) == ["Deposit_Name", "geometry", "Label", "tonnage"]


def test_fewer_than_five_deposits_are_refused_with_the_count(deposits, grid, area):
    few = deposits.iloc[[0, 3, 6, 9, 9]]
    message = (
        r"4 usable .* left of 5 read: 0 lie outside .* 1 share a cell .* at least 5 are needed"
    )
    with pytest.raises(DataError, match=message):
        occurrences(few, grid=grid, area=area, cluster_distance=500)


def test_when_none_is_inside_the_message_says_where_they_are(deposits, grid, area):
    swapped = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(deposits.geometry.y, deposits.geometry.x), crs=deposits.crs
    )
    with pytest.raises(DataError, match=r"0 usable .* the grid 500000 to 506000 m east.*swapped"):
        occurrences(swapped, grid=grid, area=area, cluster_distance=500)


def test_another_crs_and_a_negative_distance_are_refused(deposits, grid, area):
    with pytest.raises(ContractError, match="the deposit table is in EPSG:4326"):
        occurrences(deposits.to_crs(4326), grid=grid, area=area, cluster_distance=500)
    with pytest.raises(ValueError, match="cluster_distance must be 0 m or more, got -1 m"):
        occurrences(deposits, grid=grid, area=area, cluster_distance=-1)
