"""Clusters held out with all around them; years; nothing held out. Distances by shapely."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect.errors import DataError
from geoprospect.labels.background import uniform
from geoprospect.labels.holdouts import leave_cluster_out, resubstitution
from geoprospect.labels.years import time_split
from geoprospect.registry import FOLDS

from .conftest import layer, points


@pytest.fixture
def samples(deposits, grid, area, exclusions):
    return uniform(
        deposits, grid=grid, area=area, exclusions=exclusions, count=400, cluster_distance=500,
        seed=1,
    )  # fmt: skip


@pytest.fixture
def given_to_all(grid, area):
    return {"grid": grid, "area": area, "seed": 1}


def test_each_cluster_is_held_out_once_and_whole(samples, given_to_all):
    folds = leave_cluster_out(samples, **given_to_all, radius=600, cluster_distance=500)
    deposits = (samples.label == 1).to_numpy()
    assert (folds.of_samples[~deposits] == -1).all()
    pairs = set(zip(folds.of_samples[deposits], samples.group[deposits], strict=True))
    assert len(pairs) == samples.group[deposits].nunique() == len(folds.training)
    assert folds.blocks is None
    assert (folds.judged, folds.size) == ("clusters", 600)


@pytest.mark.parametrize("radius", [150, 600, 1100])
def test_all_within_the_radius_of_a_held_out_deposit_is_dropped_and_nothing_else(
    samples, given_to_all, radius
):
    folds = leave_cluster_out(samples, **given_to_all, radius=radius, cluster_distance=500)
    for fold, learnt in enumerate(folds.training):
        held = samples[folds.of_samples == fold].union_all()
        np.testing.assert_array_equal(learnt, samples.distance(held).to_numpy() > radius)
    assert set(samples.label) == {0, 1}


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(200, 900))
def test_clusters_are_those_of_single_linkage(seed, distance):
    from scipy.cluster.hierarchy import fcluster, linkage

    grid = GeoBox.from_bbox((0, 0, 20_000, 20_000), crs="EPSG:32648", resolution=100)
    xy = np.random.default_rng(seed).uniform(0, 20_000, (40, 2))
    frame = points([(0.5, 0.5), *map(tuple, xy)], grid, label=[0] + [1] * 40, group=-1)
    folds = leave_cluster_out(
        frame, grid=grid, area=layer(np.ones(grid.shape), grid), radius=0.1,
        cluster_distance=distance, seed=0,
    )  # fmt: skip
    oracle = fcluster(linkage(xy, "single"), distance, "distance")
    found = folds.of_samples[1:]
    assert len(set(zip(found, oracle, strict=True))) == len(set(oracle)) == len(set(found))


def test_by_default_all_but_the_loneliest_deposits_have_a_neighbour_in_their_cluster(
    samples, given_to_all, caplog
):
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        leave_cluster_out(samples, **given_to_all, radius=200)
    deposits = samples[samples.label == 1].geometry
    nearest = [min(one.distance(o) for o in deposits if o is not one) for one in deposits]
    assert f"within {np.percentile(nearest, 95):.0f} m of each other are held out" in caplog.text


def test_clusters_go_by_the_name_of_their_first_deposit_else_by_where_they_are(
    samples, given_to_all
):
    named = leave_cluster_out(samples, **given_to_all, radius=200, cluster_distance=500)
    sizes = samples[samples.label == 1].groupby("group").size().to_numpy()
    assert named.names[0] == f"d0 and {sizes[0] - 1} more"
    bare = leave_cluster_out(
        samples.drop(columns=["name", "Deposit_Name"]),
        **given_to_all,
        radius=200,
        cluster_distance=500,
    )
    middle = samples[named.of_samples == 0].geometry
    assert bare.names[0] == f"{sizes[0]} at E {middle.x.mean():.0f}, N {middle.y.mean():.0f}"


def test_of_many_clusters_some_are_drawn_and_that_is_said(samples, given_to_all, caplog):
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        folds = leave_cluster_out(samples, **given_to_all, radius=200, cluster_distance=500, most=4)
    count = samples.group[samples.label == 1].nunique()
    assert f"4 of {count} deposit clusters, drawn at random, are held out" in caplog.text
    assert len(folds.names) == len(folds.training) == folds.of_samples.max() + 1 == 4
    again = leave_cluster_out(samples, **given_to_all, radius=200, cluster_distance=500, most=4)
    np.testing.assert_array_equal(folds.of_samples, again.of_samples)


def test_two_clusters_are_not_validatable(samples, given_to_all):
    with pytest.raises(DataError, match=r"not validatable, the deposits make 1 cluster at steps"):
        leave_cluster_out(samples, **given_to_all, radius=200, cluster_distance=9_000)


def test_a_radius_that_leaves_nothing_is_refused_with_the_cluster_named(samples, given_to_all):
    with pytest.raises(DataError, match=r"with all within 90000 m of d0 .* dropped, 0 deposits"):
        leave_cluster_out(samples, **given_to_all, radius=90_000, cluster_distance=500)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius": 0}, "radius must be positive, got 0 m"),
        ({"radius": "auto"}, "radius is auto, and no ranges are given"),
        ({"radius": 9, "cluster_distance": -1}, "cluster_distance must be 0 m or more, got -1 m"),
        ({"radius": 9, "most": 2}, "most must be 3 clusters or more, got 2"),
    ],
)
def test_bad_settings_are_refused_by_name(samples, given_to_all, wrong, message):
    with pytest.raises(ValueError, match=message):
        leave_cluster_out(samples, **given_to_all, **wrong)


# --- years ----------------------------------------------------------------------------------


@pytest.fixture
def dated(samples):
    years = np.where(samples.label == 1, 1900 + 3.0 * np.arange(len(samples)), np.nan)
    return samples.assign(year=years)


def test_what_was_known_foretells_what_was_found_later(dated, grid):
    folds = time_split(dated, grid=grid, year=1945, dead_zone=0)
    late = (dated.year > 1945).to_numpy()
    np.testing.assert_array_equal(folds.of_samples, np.where(late, 0, -1))
    np.testing.assert_array_equal(folds.training, [~late])
    assert folds.names == ("found after 1945",)


def test_later_deposits_beside_an_earlier_one_are_neither_foretold_nor_learnt_from(
    dated, grid, caplog
):
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        folds = time_split(dated, grid=grid, year=1940, dead_zone=700)
    late = (dated.year > 1940).to_numpy()
    early = dated[dated.year <= 1940].union_all()
    away = dated.distance(early).to_numpy() >= 700
    np.testing.assert_array_equal(folds.of_samples == 0, late & away)
    assert not folds.training[0][late].any()
    assert 0 < (late & ~away).sum() < late.sum()
    assert f"{(late & ~away).sum()} of {late.sum()} deposits found after 1940" in caplog.text


def test_years_may_be_dates_or_texts_and_the_unknown_take_no_part(dated, grid, caplog):
    texts = dated.year.map(lambda y: "" if np.isnan(y) else f"{y:.0f}-05-17")
    texts[0] = "before the war"
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        folds = time_split(
            dated.assign(found=texts), grid=grid, year=1945, column="found", dead_zone=0
        )
    plain = time_split(dated, grid=grid, year=1945, dead_zone=0)
    np.testing.assert_array_equal(folds.of_samples[1:], plain.of_samples[1:])
    np.testing.assert_array_equal(folds.training[:, 1:], plain.training[:, 1:])
    assert folds.of_samples[0] == -1
    assert not folds.training[0, 0]
    assert "1 of 27 deposits have no year of discovery" in caplog.text
    stamps = pd.to_datetime(texts, errors="coerce", format="mixed")
    same = time_split(dated.assign(found=stamps), grid=grid, year=1945, column="found", dead_zone=0)
    np.testing.assert_array_equal(same.training, folds.training)


def test_without_years_or_on_one_side_only_the_remedy_is_told(dated, grid):
    with pytest.raises(
        DataError, match=r"no column 'year' .* they have .*label, group.*; name it with"
    ):
        time_split(dated.drop(columns="year"), grid=grid, year=1945, dead_zone=0)
    with pytest.raises(DataError, match=r"discovered after 2100; of 27 .* run from 1900 to 1978"):
        time_split(dated, grid=grid, year=2100, dead_zone=0)
    with pytest.raises(DataError, match="no deposit was discovered by 1800"):
        time_split(dated, grid=grid, year=1800, dead_zone=0)
    with pytest.raises(DataError, match="found after 1945 lie within 90000 m of one known before"):
        time_split(dated, grid=grid, year=1945, dead_zone=90_000)
    with pytest.raises(ValueError, match="dead_zone must be 0 m or more, got -1 m"):
        time_split(dated, grid=grid, year=1945, dead_zone=-1)
    with pytest.raises(DataError, match="27 deposits 0 have a year and none has one"):
        time_split(dated.assign(year=np.nan), grid=grid, year=1945, dead_zone=0)


def test_resubstitution_tests_on_what_it_learns_from(samples):
    folds = resubstitution(samples)
    assert folds.training.all()
    assert (folds.of_samples == 0).all()


def test_protocols_are_found_by_name():
    assert {"leave_cluster_out", "time_split", "resubstitution"} <= set(FOLDS)


def test_samples_are_left_as_they_were(samples, given_to_all):
    before = samples.copy()
    leave_cluster_out(samples, **given_to_all, radius=200, cluster_distance=500)
    assert gpd.GeoDataFrame.equals(samples, before)
