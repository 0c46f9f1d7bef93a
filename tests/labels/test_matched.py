"""Folds by matched distances: every distance by brute force, and the right kind of folds."""

from __future__ import annotations

import logging
import re

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from scipy.stats import wasserstein_distance

from geoprospect.errors import DataError
from geoprospect.labels.background import area_sample
from geoprospect.labels.folds import random
from geoprospect.labels.matched import distances, knndm
from geoprospect.registry import FOLDS

from .conftest import layer, points

GRID = GeoBox.from_bbox((0, 0, 40_000, 40_000), crs="EPSG:32648", resolution=400)
AREA = layer(np.ones(GRID.shape), GRID)


def samples_at(deposits: np.ndarray, seed: int = 0) -> gpd.GeoDataFrame:
    ground = np.random.default_rng(seed).uniform(0, 40_000, (300, 2))
    label = (np.arange(len(deposits) + 300) < len(deposits)).astype(int)
    xy = list(map(tuple, np.concatenate([deposits, ground])))
    return points(xy, GRID, label=label, group=np.where(label, np.arange(len(label)), -1))


def clustered(seed: int) -> np.ndarray:
    """Sixty deposits in eight camps in the west of the area."""
    rng = np.random.default_rng(seed)
    camps = rng.uniform((0, 0), (15_000, 40_000), (8, 2))
    return camps[rng.integers(0, 8, 60)] + rng.normal(0, 250, (60, 2))


def even(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 40_000, (60, 2))


def misses(deposits: np.ndarray, fold: np.ndarray, seed: int = 1) -> float:
    """Between the distances of ground to deposits and of folds to the others, pair by pair."""
    cells = area_sample(grid=GRID, area=AREA, count=2000, seed=seed).geometry
    ground = np.column_stack([cells.x, cells.y])
    wanted = np.hypot(*(ground[:, None] - deposits[None]).transpose(2, 0, 1)).min(axis=1)
    away = np.hypot(*(deposits[:, None] - deposits[None]).transpose(2, 0, 1))
    away[fold[:, None] == fold[None]] = np.inf
    return wasserstein_distance(wanted, away.min(axis=1))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_distances_are_those_of_comparing_every_pair(seed, folds):
    rng = np.random.default_rng(seed)
    places, fold = rng.uniform(0, 1000, (30, 2)), rng.permutation(np.arange(30) % folds)
    away = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    away[fold[:, None] == fold[None]] = np.inf
    np.testing.assert_allclose(distances(places, fold), away.min(axis=1))


@pytest.mark.parametrize("seed", range(4))
def test_of_deposits_in_camps_whole_camps_are_held_out(seed):
    deposits = clustered(seed)
    samples = samples_at(deposits)
    found = knndm(samples, grid=GRID, area=AREA, seed=1)
    fold, shuffled = (some.of_samples[:60] for some in (found, random(samples, folds=5, seed=1)))
    assert np.median(distances(deposits, fold)) > 5 * np.median(distances(deposits, shuffled))
    assert misses(deposits, fold) < 0.75 * misses(deposits, shuffled)


def test_of_deposits_all_over_the_area_folds_are_as_good_as_random():
    deposits = even(3)
    found = knndm(samples_at(deposits), grid=GRID, area=AREA, seed=1)
    fold = found.of_samples[:60]
    shuffled = [np.random.default_rng(seed).permutation(np.arange(60) % 5) for seed in range(20)]
    assert misses(deposits, fold) <= np.mean([misses(deposits, some) for some in shuffled])
    assert np.median(distances(deposits, fold)) < 4000


def test_background_goes_with_the_deposit_nearest_to_it_and_each_sample_is_tested_once():
    samples = samples_at(clustered(1))
    found = knndm(samples, grid=GRID, area=AREA, folds=4, seed=1)
    deposits = samples[samples.label == 1]
    for number, where in enumerate(samples.geometry):
        nearest = deposits.distance(where).idxmin()
        assert found.of_samples[number] == found.of_samples[nearest]
    np.testing.assert_array_equal(found.training.sum(axis=0), 3)
    assert not found.training[found.of_samples, np.arange(len(samples))].any()
    assert set(found.of_samples) == {0, 1, 2, 3}
    assert np.bincount(found.of_samples[:60]).max() <= 30


def test_how_well_distances_match_is_said(caplog):
    deposits = clustered(2)
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        found = knndm(samples_at(deposits), grid=GRID, area=AREA, seed=1)
    told = re.search(r"mean difference of the two curves (\d+) m", caplog.text)
    assert int(told[1]) == pytest.approx(misses(deposits, found.of_samples[:60]), abs=1)


def test_too_few_deposits_or_folds_are_refused():
    samples = samples_at(even(1)[:9])
    with pytest.raises(DataError, match="knndm: 9 deposits are too few for 5 folds"):
        knndm(samples, grid=GRID, area=AREA, seed=1)
    with pytest.raises(ValueError, match="folds must be 2 or more, got 1"):
        knndm(samples, grid=GRID, area=AREA, folds=1, seed=1)


def test_it_is_found_by_name():
    assert "knndm" in FOLDS
