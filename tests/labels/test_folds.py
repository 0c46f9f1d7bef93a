"""Folds: what is held out, what is left to learn from, and that it is shared out fairly."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from geoprospect.labels.background import uniform
from geoprospect.labels.folds import fold_layer, held_out, random, spatial_blocks
from geoprospect.labels.tiling import Tiling, _shared_out
from geoprospect.registry import FOLDS

from .conftest import layer, points

SETTINGS = {"size": 1000, "folds": 4, "dead_zone": 250, "seed": 4}


@pytest.fixture
def samples(deposits, grid, area, exclusions):
    return uniform(
        deposits, grid=grid, area=area, exclusions=exclusions, count=400, cluster_distance=500,
        seed=1,
    )  # fmt: skip


def test_blocks_are_squares_of_whole_cells_that_tile_the_area(samples, grid, area):
    folds = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    blocks = folds.blocks
    west, south, east, north = blocks.bounds.to_numpy().T
    np.testing.assert_allclose([east - west, north - south], 1000)
    assert not ((west - 500_000) % 100).any()
    assert not ((3_004_000 - north) % 100).any()
    overlaps = gpd.sjoin(blocks, blocks, predicate="overlaps")
    assert overlaps.empty
    assert blocks.cells.sum() == int((~np.isnan(area.values)).sum())


def test_block_contents_are_counted_as_shapely_counts_them(samples, grid, area):
    blocks = spatial_blocks(samples, grid=grid, area=area, **SETTINGS).blocks
    rows, columns = np.nonzero(~np.isnan(area.values))
    centres = gpd.points_from_xy(500_050 + 100 * columns, 3_003_950 - 100 * rows)
    known = samples[samples.label == 1].geometry
    for block in blocks.itertuples():
        assert block.cells == centres.within(block.geometry).sum()
        assert block.deposits == known.within(block.geometry).sum()


def test_every_sample_is_in_the_fold_of_the_block_around_it(samples, grid, area):
    folds = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    joined = gpd.sjoin(samples, folds.blocks[["fold", "geometry"]], predicate="within")
    np.testing.assert_array_equal(folds.of_samples, joined["fold"].loc[samples.index])


def test_nothing_within_the_dead_zone_of_a_held_out_block_is_learnt_from(samples, grid, area):
    folds = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    for fold, learnt in enumerate(folds.training):
        held = folds.blocks[folds.blocks.fold == fold].union_all()
        distance = samples.distance(held).to_numpy()
        np.testing.assert_array_equal(learnt, distance > 250)


def test_without_a_dead_zone_neighbours_are_learnt_from(samples, grid, area):
    near = spatial_blocks(samples, grid=grid, area=area, **{**SETTINGS, "dead_zone": 0})
    far = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    assert near.training.sum() > far.training.sum()
    np.testing.assert_array_equal(near.of_samples, far.of_samples)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_clusters_are_shared_out_evenly(seed, count):
    grid = GeoBox.from_bbox((0, 0, 6_000, 4_000), crs="EPSG:32648", resolution=100)
    area = layer(np.ones(grid.shape), grid)
    rng = np.random.default_rng(seed)
    cells = rng.choice(2400, 30, replace=False)
    rows, columns = np.divmod(cells, 60)
    samples = points(
        list(zip(50.0 + 100 * columns, 3950.0 - 100 * rows, strict=True)), grid,
        label=1, group=np.arange(30), row=rows, column=columns,
    )  # fmt: skip
    folds = spatial_blocks(
        samples, grid=grid, area=area, size=500, folds=count, dead_zone=0, seed=seed
    )
    in_fold = folds.blocks.groupby("fold")[["clusters", "cells"]].sum()
    assert in_fold.clusters.sum() == 30
    most_in_a_block = folds.blocks.clusters.max()
    assert in_fold.clusters.max() - in_fold.clusters.min() <= most_in_a_block
    assert in_fold.cells.max() - in_fold.cells.min() <= 0.35 * in_fold.cells.mean()


def test_a_cluster_across_a_border_counts_once_where_most_of_it_lies(grid, area):
    xy = [(500_000 + x, 3_002_050) for x in (2250, 2350, 2450, 2950, 3050)]
    loners = [(501_550 + 900 * i, 3_000_950) for i in range(4)]
    samples = points(xy + loners, grid, label=1, group=[0, 0, 0, 1, 1, 2, 3, 4, 5])
    columns, rows = ~grid.affine * (samples.geometry.x.to_numpy(), samples.geometry.y.to_numpy())
    samples = samples.assign(row=np.floor(rows).astype(int), column=np.floor(columns).astype(int))
    blocks = spatial_blocks(
        samples, grid=grid, area=area, size=300, folds=2, dead_zone=0, seed=0
    ).blocks
    assert blocks.clusters.sum() == 6
    most = blocks[blocks.intersects(box(500_000 + 2200, 3_002_000, 500_000 + 2500, 3_002_100))]
    assert most.loc[most.deposits.idxmax(), "clusters"] >= 1


def test_too_few_clusters_for_so_many_folds_are_said(samples, grid, area, caplog):
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        folds = spatial_blocks(
            samples, grid=grid, area=area, size=3000, folds=9, dead_zone=100, seed=1
        )
    assert "the deposits fall into too few blocks for 9 folds; there are" in caplog.text
    assert 2 <= len(folds.training) < 9


def test_a_fold_with_a_single_cluster_is_said(grid, area, caplog):
    loners = [(501_550 + 900 * i, 3_000_950) for i in range(4)]
    samples = points(loners, grid, label=1, group=range(4), row=30, column=[15, 24, 33, 42])
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        spatial_blocks(samples, grid=grid, area=area, size=800, folds=4, dead_zone=0, seed=1)
    assert "a fold has only 1 cluster of deposits" in caplog.text


def test_a_block_larger_than_the_area_is_refused(samples, grid, area):
    one_spot = samples[samples.group == 0]
    with pytest.raises(ValueError, match="all 2 deposits are one cluster"):
        spatial_blocks(one_spot, grid=grid, area=area, size=40_000, dead_zone=0, seed=1)
    apart = one_spot.assign(group=range(len(one_spot)))
    with pytest.raises(ValueError, match="all 2 deposits fall into one block of 400 x 400 cells"):
        spatial_blocks(apart, grid=grid, area=area, size=40_000, dead_zone=0, seed=1)


def test_the_seed_decides_where_blocks_lie(samples, grid, area):
    one = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    again = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    other = spatial_blocks(samples, grid=grid, area=area, **{**SETTINGS, "seed": 5})
    assert one.blocks.equals(again.blocks)
    assert not one.blocks.geometry.equals(other.blocks.geometry)


def test_the_fold_layer_shows_each_cells_fold(samples, grid, area):
    folds = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    shown = fold_layer(folds.blocks, grid=grid)
    assert shown.attrs["units"] == "1"
    assert shown.attrs["flag_meanings"] == [f"fold {k}" for k in range(4)]
    values = shown.values
    np.testing.assert_array_equal(values[samples.row, samples.column], folds.of_samples)
    rows, columns = np.indices(grid.shape)
    centres = gpd.GeoDataFrame(
        {"cell": np.arange(rows.size)},
        geometry=gpd.points_from_xy(
            500_050 + 100 * columns.ravel(), 3_003_950 - 100 * rows.ravel()
        ),
        crs=grid.crs.proj,
    )
    joined = gpd.sjoin(centres, folds.blocks, how="left", predicate="within")
    np.testing.assert_array_equal(values.ravel(), joined["fold"].to_numpy("float32"))


def test_the_fold_layer_is_the_same_in_small_chunks(samples, grid, area, monkeypatch):
    from geoprospect import lazy

    blocks = spatial_blocks(samples, grid=grid, area=area, **SETTINGS).blocks
    whole = fold_layer(blocks, grid=grid).values
    small = lambda function, window: from_grid(function, window, chunk=7)  # noqa: E731
    from_grid = lazy.from_grid
    monkeypatch.setattr("geoprospect.labels.folds.lazy.from_grid", small)
    np.testing.assert_array_equal(fold_layer(blocks, grid=grid).values, whole)


def test_blocks_drawn_by_hand_make_folds_too(samples, grid):
    halves = gpd.GeoDataFrame(
        {"fold": [0, 1]},
        geometry=[box(500_000, 3_000_000, 503_000, 3_004_000),
                  box(503_000, 3_000_000, 506_000, 3_004_000)],
        crs=grid.crs.proj,
    )  # fmt: skip
    folds = held_out(samples, halves, grid=grid, dead_zone=500)
    x = samples.geometry.x.to_numpy()
    np.testing.assert_array_equal(folds.of_samples, (x >= 503_000).astype(int))
    np.testing.assert_array_equal(folds.training[0], x > 503_500)
    np.testing.assert_array_equal(folds.training[1], x < 502_500)
    assert folds.blocks.attrs["dead_zone"] == 500
    assert "dead_zone" not in halves.attrs


def test_random_folds_share_out_deposits_and_background_and_each_is_tested_once(samples):
    folds = random(samples, folds=5, seed=3)
    assert folds.blocks is None
    for label in (0, 1):
        counts = np.bincount(folds.of_samples[samples.label == label])
        assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(folds.training.sum(axis=0), 4)
    np.testing.assert_array_equal(folds.of_samples, random(samples, folds=5, seed=3).of_samples)
    assert (folds.of_samples != random(samples, folds=5, seed=4).of_samples).any()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "size must be positive, got 0 m"),
        ({"folds": 1}, "folds must be 2 or more, got 1"),
        ({"dead_zone": -5}, "dead_zone must be 0 m or more, got -5 m"),
        ({"offsets": 0}, "offsets must be 1 or more, got 0"),
        ({"tilings": 0}, "tilings must be 1 or more, got 0"),
    ],
)
def test_bad_settings_are_refused_by_name(samples, grid, area, wrong, message):
    with pytest.raises(ValueError, match=message):
        spatial_blocks(samples, grid=grid, area=area, **{**SETTINGS, **wrong})


def test_protocols_are_found_by_name():
    assert set(FOLDS) >= {"spatial_blocks", "random"}


def test_blocks_rich_in_clusters_are_given_out_first():
    clusters = np.array([1, 1, 4, 1, 1, 0, 0])
    cells = np.array([5, 5, 5, 5, 5, 30, 40])
    nothing = np.zeros(7, np.int64)
    blocks = Tiling(
        edge=(1, 1), tops=nothing, lefts=nothing, deposits=clusters, clusters=clusters,
        cells=cells, fold=nothing, folds=1,
    )  # fmt: skip
    shared = _shared_out(blocks, 2)
    assert np.bincount(shared.fold, weights=clusters).tolist() == [4, 4]
    # empty ground evens out the area: 40 to the smaller fold, 30 to the other
    assert sorted(np.bincount(shared.fold, weights=cells)) == [45, 50]


def test_further_tilings_are_shifted_and_leave_the_first_as_it_is(samples, grid, area):
    one = spatial_blocks(samples, grid=grid, area=area, **SETTINGS)
    several = spatial_blocks(samples, grid=grid, area=area, tilings=4, **SETTINGS)
    assert one.further == ()
    assert several.blocks.equals(one.blocks)
    np.testing.assert_array_equal(several.training, one.training)
    corners = {tuple(parted.blocks.total_bounds) for parted in (several, *several.further)}
    assert len(several.further) == 3
    assert len(corners) == 4


def test_every_further_tiling_holds_its_blocks_out_whole_with_a_dead_zone(samples, grid, area):
    several = spatial_blocks(samples, grid=grid, area=area, tilings=3, **SETTINGS)
    for parted in several.further:
        assert parted.blocks.cells.sum() == int((~np.isnan(area.values)).sum())
        joined = gpd.sjoin(samples, parted.blocks[["fold", "geometry"]], predicate="within")
        np.testing.assert_array_equal(parted.of_samples, joined["fold"].loc[samples.index])
        assert parted.blocks.groupby("fold").clusters.sum().min() >= 2
        for fold, learnt in enumerate(parted.training):
            held = parted.blocks[parted.blocks.fold == fold].union_all()
            np.testing.assert_array_equal(learnt, samples.distance(held).to_numpy() > 250)
