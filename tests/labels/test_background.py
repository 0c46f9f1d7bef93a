"""Background: drawn evenly, from where it may be, the same for the same seed."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare
from shapely.geometry import Point

from geoprospect import lazy
from geoprospect.errors import DataError
from geoprospect.labels.background import area_sample, buffered, uniform
from geoprospect.registry import LABELS

from .conftest import layer, points


@pytest.fixture
def given_to_all(grid, area, exclusions):
    return {"grid": grid, "area": area, "exclusions": exclusions, "cluster_distance": 500}


def background(samples):
    return samples[samples.label == 0]


def test_background_lies_in_open_ground_away_from_deposit_cells(deposits, given_to_all, area):
    samples = uniform(deposits, **given_to_all, count=100_000, seed=1)
    drawn = background(samples)
    cells = set(zip(drawn.row, drawn.column, strict=True))
    held = samples[samples.label == 1]
    expected = {
        (row, column)
        for row, column in zip(*np.nonzero(~np.isnan(area.values)), strict=True)
        if row < 30
    } - set(zip(held.row, held.column, strict=True))
    assert cells == expected
    assert len(drawn) == len(expected)


def test_background_points_are_the_centres_of_their_cells(deposits, given_to_all):
    drawn = background(uniform(deposits, **given_to_all, count=50, seed=1))
    np.testing.assert_allclose(drawn.geometry.x, 500_000 + 100 * (drawn.column + 0.5))
    np.testing.assert_allclose(drawn.geometry.y, 3_004_000 - 100 * (drawn.row + 0.5))
    assert (drawn.group == -1).all()


def test_when_there_are_too_few_cells_all_are_taken_and_that_is_said(
    deposits, given_to_all, caplog
):
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        uniform(deposits, **given_to_all, count=100_000, seed=1)
    assert "100000 were asked for" in caplog.text


def test_every_cell_is_as_likely_as_any_other(grid, area):
    seen = np.zeros(grid.shape)
    for seed in range(200):
        drawn = area_sample(grid=grid, area=area, count=60, seed=seed)
        seen[drawn.row, drawn.column] += 1
    hits = seen[~np.isnan(area.to_numpy())]
    assert hits.sum() == 200 * 60
    assert chisquare(hits).pvalue > 0.001


def test_the_seed_decides_and_chunking_does_not(deposits, given_to_all):
    one = uniform(deposits, **given_to_all, count=60, seed=5)
    near = buffered(deposits, **given_to_all, count=60, exclusion=340, seed=5)
    for side in (7, 16):
        with lazy.cut(side):
            assert one.equals(uniform(deposits, **given_to_all, count=60, seed=5))
            again = buffered(deposits, **given_to_all, count=60, exclusion=340, seed=5)
            assert near.equals(again)
    assert not one.equals(uniform(deposits, **given_to_all, count=60, seed=6))


@pytest.mark.parametrize("radius", [40, 100, 333, 1200])
def test_a_buffer_is_exactly_as_wide_as_it_says(deposits, given_to_all, radius):
    samples = buffered(deposits, **given_to_all, count=100_000, exclusion=radius, seed=1)
    everywhere = background(uniform(deposits, **given_to_all, count=100_000, seed=1))
    spots = list(deposits.geometry)
    expected = {
        (row, column)
        for row, column, centre in zip(
            everywhere.row, everywhere.column, everywhere.geometry, strict=True
        )
        if min(centre.distance(spot) for spot in spots) > radius
    }
    drawn = background(samples)
    assert set(zip(drawn.row, drawn.column, strict=True)) == expected


def test_a_deposit_beyond_the_edge_keeps_its_buffer(deposits, given_to_all, grid):
    outside = points([(503_050, 2_999_900)], grid, Deposit_Name=["beyond"])
    both = pd.concat([deposits, outside], ignore_index=True)
    open_ground = {**given_to_all, "exclusions": layer(np.zeros(grid.shape), grid)}
    drawn = background(buffered(both, **open_ground, count=100_000, exclusion=400, seed=1))
    assert drawn.distance(Point(503_050, 2_999_900)).min() > 400
    plain = background(uniform(both, **open_ground, count=100_000, seed=1))
    assert plain.distance(Point(503_050, 2_999_900)).min() < 200


def test_no_ground_left_is_an_error_that_says_so(deposits, given_to_all):
    with pytest.raises(DataError, match="no cell is left for background"):
        buffered(deposits, **given_to_all, count=10, exclusion=50_000, seed=1)


def test_bad_settings_are_refused_by_name(deposits, given_to_all):
    with pytest.raises(ValueError, match="count must be 1 cell or more, got 0"):
        uniform(deposits, **given_to_all, count=0, seed=1)
    with pytest.raises(ValueError, match="exclusion must be positive, got 0 m"):
        buffered(deposits, **given_to_all, count=10, exclusion=0, seed=1)


def test_the_area_sample_is_all_of_a_small_area_and_only_that(grid, area):
    everything = area_sample(grid=grid, area=area, count=10**6, seed=2)
    assert len(everything) == int((~np.isnan(area.values)).sum())
    few = area_sample(grid=grid, area=area, count=100, seed=2)
    assert len(few) == 100
    assert not np.isnan(area.to_numpy()[few.row, few.column]).any()
    assert not few.duplicated(["row", "column"]).any()


def test_labellings_are_found_by_name():
    assert {"uniform", "buffered"} <= set(LABELS)
