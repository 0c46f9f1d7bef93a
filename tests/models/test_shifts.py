"""Deposits shifted over a map: exact ranks, rigid steps, a p value that minds clustering."""

from __future__ import annotations

import json
import logging

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter
from scipy.stats import kstest

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.models import shifts

from . import district

SHAPE = district.GRID.shape


def at(rows: np.ndarray, columns: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"label": 1, "row": rows, "column": columns})


def scored(values: np.ndarray, *, folds: bool = False, chunk: int | None = None) -> xr.Dataset:
    made = {"score": contract.on_grid(values.astype("float32"), district.GRID)}
    if folds:
        made["fold"] = district.fold_layer().where(made["score"].notnull())
    whole = xr.Dataset(made)
    return whole if chunk is None else lazy.chunked(whole, chunk)


@pytest.fixture
def values() -> np.ndarray:
    """Coarse, so that ties abound; unknown in a corner."""
    made = np.random.default_rng(2).integers(0, 40, SHAPE) / 40.0
    made[:8, :9] = np.nan
    return made


@pytest.fixture
def deposits() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    return at(rng.integers(12, 40, 15), rng.integers(12, 60, 15))


def share_above(values: np.ndarray, row: int, column: int, ground: np.ndarray) -> float:
    known = values[ground & ~np.isnan(values)]
    mine = values[row, column]
    return ((known > mine).sum() + 0.5 * (known == mine).sum()) / known.size


@pytest.mark.parametrize("folds", [False, True])
def test_every_shift_reads_as_counting_cells_one_by_one(values, deposits, folds):
    told = shifts.shifted(scored(values, folds=folds), deposits, count=19, seed=4)
    east = np.broadcast_to(np.arange(SHAPE[1]) >= 30, SHAPE)
    everywhere = np.ones(SHAPE, bool)
    stepped = np.random.default_rng(4).integers(0, SHAPE, size=(19, 2))
    by_hand = []
    for down, across in [(0, 0), *stepped]:
        places = [
            ((r + down) % SHAPE[0], (c + across) % SHAPE[1])
            for r, c in zip(deposits.row, deposits.column, strict=True)
        ]
        shares = [
            share_above(values, r, c, (east == east[r, c]) if folds else everywhere)
            for r, c in places
            if not np.isnan(values[r, c])
        ]
        by_hand.append(1 - np.mean(shares))
    np.testing.assert_allclose([told["ausrc"], *told["null"]], by_hand, atol=1e-9)
    as_high = sum(v >= by_hand[0] - 1e-12 for v in by_hand[1:])
    assert told["p"] == pytest.approx((1 + as_high) / 20)


@pytest.mark.parametrize("chunk", [7, 64])
def test_chunking_changes_nothing(values, deposits, chunk):
    whole = shifts.shifted(scored(values, folds=True), deposits, count=19, seed=4)
    cut = shifts.shifted(scored(values, folds=True, chunk=chunk), deposits, count=19, seed=4)
    assert whole == cut
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def test_a_shift_onto_unknown_ground_is_drawn_anew(deposits):
    half = np.random.default_rng(5).random(SHAPE)
    half[:, :30] = np.nan
    east = deposits[deposits.column >= 30]
    told = shifts.shifted(scored(half), east, count=30, kept=0.9, seed=1)
    assert told["shifts"] == 30


def test_deposits_where_the_map_says_so_are_no_accident():
    high = gaussian_filter(np.random.default_rng(6).normal(size=SHAPE), 2)
    best = np.argsort(-high.ravel())[:20]
    told = shifts.shifted(scored(high), at(*np.divmod(best, SHAPE[1])), count=99, seed=1)
    assert told["p"] == pytest.approx(0.01)
    assert not told["alarming"]
    assert "does not explain the score" in told["words"]


def test_one_lucky_cluster_may_be_an_accident_though_its_deposits_are_many():
    """Twenty deposits side by side, in the best quarter: alone each chance is 1 in 4."""
    wave = np.broadcast_to(np.sin(np.arange(SHAPE[1]) * 2 * np.pi / 60), SHAPE)
    rows, columns = np.divmod(np.arange(20), 5)
    told = shifts.shifted(scored(wave), at(rows + 10, columns + 18), count=199, seed=1)
    assert told["ausrc"] > 0.8
    assert told["p"] > 0.05
    assert told["alarming"]
    assert "their clustering alone may explain the score" in told["words"]


@pytest.mark.slow
def test_p_is_uniform_for_clustered_deposits_that_ignore_the_map():
    values = []
    for repeat in range(200):
        rng = np.random.default_rng(repeat)
        smooth = gaussian_filter(rng.normal(size=SHAPE), 4, mode="wrap")
        centre = rng.integers(0, SHAPE, 2)
        spots = (centre + rng.integers(-3, 4, (12, 2))) % SHAPE
        told = shifts.shifted(scored(smooth), at(*spots.T), count=39, seed=repeat)
        values.append(told["p"])
    assert kstest(np.array(values) - 1 / 80, "uniform").pvalue > 0.01


def test_too_few_shifts_give_no_p(deposits, caplog):
    little = np.full(SHAPE, np.nan)
    mine = deposits.row, deposits.column
    little[mine] = np.arange(len(deposits))
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        told = shifts.shifted(scored(little), deposits, count=30, kept=1.0, seed=1)
    assert told["p"] is None
    assert told["alarming"]
    assert f"only {told['shifts']} of 30 shifts keep enough" in caplog.text


def test_bad_settings_and_unknown_ground_are_refused(values, deposits):
    with pytest.raises(ValueError, match="count must be 1 shift or more, got 0"):
        shifts.shifted(scored(values), deposits, count=0, seed=1)
    with pytest.raises(ValueError, match="kept must be above 0 and at most 1, got 0"):
        shifts.shifted(scored(values), deposits, kept=0, seed=1)
    with pytest.raises(DataError, match="no deposit lies on a cell with a score"):
        shifts.shifted(scored(np.full(SHAPE, np.nan)), deposits, seed=1)
