"""Swaths: counted by hand, by pandas, and along a turned grid."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError
from geoprospect.resources.swath import swaths

GRID = BlockGrid((100.0, 200.0, -20.0), (10.0, 10.0, 5.0), (5, 3, 2), "EPSG:32633")


def samples(count=60, seed=4):
    rng = np.random.default_rng(seed)
    local = rng.random((count, 3)) * np.array(GRID.size) * GRID.counts
    x, y, z = GRID.from_axes(local).T
    return pd.DataFrame({"x": x, "y": y, "z": z, "Cu": rng.random(count)})


def test_slices_of_two_blocks_by_hand(caplog):
    some = pd.DataFrame(
        {"x": [101.0, 125, 119, 999], "y": 205.0, "z": -18.0, "Cu": [1, 3, np.nan, 50]}
    )
    with caplog.at_level(logging.INFO):
        made = swaths(some, np.arange(30.0), grid=GRID, grade="Cu", weights=[1, 1, 1, 1],
                      thickness=(2, 3, 1))  # fmt: skip
    x = made[made["axis"] == "x"]
    assert x["begin"].tolist() == [100, 120, 140]
    assert x["end"].tolist() == [120, 140, 150]
    assert x["samples"].tolist() == [1, 1, 0]
    np.testing.assert_array_equal(x["sample_mean"], [1, 3, np.nan])
    assert x["blocks"].tolist() == [12, 12, 6]
    # of 0 to 29, those whose rest after division by five is 0 or 1; 2 or 3; 4
    assert x["block_mean"].tolist() == [13, 15, 16.5]
    z = made[made["axis"] == "z"]
    assert z[["begin", "end", "block_mean"]].to_numpy().tolist() == [[-20, -15, 7], [-15, -10, 22]]
    assert made[made["axis"] == "y"]["block_mean"].tolist() == [14.5]
    assert "1 samples lie outside the blocks" in caplog.text


def test_weights_weigh_as_pandas_says():
    some = samples()
    weights = np.random.default_rng(1).random(60) + 0.1
    made = swaths(some, np.ones(30), grid=GRID, grade="Cu", weights=weights, thickness=(1, 1, 1))
    column = np.floor((some["y"] - 200) / 10)
    wanted = (some["Cu"] * weights).groupby(column).sum() / pd.Series(weights).groupby(column).sum()
    np.testing.assert_allclose(made[made["axis"] == "y"]["sample_mean"], wanted)


def test_unknown_blocks_count_for_nothing():
    blocks = np.where(np.arange(30) < 15, np.nan, 2.0)
    made = swaths(
        samples(), blocks, grid=GRID, grade="Cu", weights=np.ones(60), thickness=(1, 1, 1)
    )
    z = made[made["axis"] == "z"]
    assert z["blocks"].tolist() == [0, 15]
    np.testing.assert_array_equal(z["block_mean"], [np.nan, 2])


def test_turning_grid_and_samples_together_changes_only_where_it_begins():
    plain = samples()
    turned_grid = replace(GRID, azimuth=30.0)
    x, y, z = turned_grid.from_axes(GRID.to_axes(plain[["x", "y", "z"]])).T
    settings = {"grade": "Cu", "weights": np.ones(60), "thickness": (1, 1, 1)}
    one = swaths(plain, np.arange(30.0), grid=GRID, **settings)
    other = swaths(plain.assign(x=x, y=y, z=z), np.arange(30.0), grid=turned_grid, **settings)
    same = ["axis", "samples", "sample_mean", "blocks", "block_mean"]
    pd.testing.assert_frame_equal(one[same], other[same])
    assert other["begin"].tolist()[:5] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"grade": "cu"}, DataError, "no column 'cu'; known: Cu, x, y, z"),
        ({"blocks": np.ones(3)}, ValueError, "3 estimates do not fit 30 blocks"),
        ({"weights": [1]}, ValueError, "1 weights do not fit 60 samples"),
        ({"thickness": (1, 0, 1)}, ValueError, "one block thick or more"),
        ({"samples": samples().assign(x=0.0)}, DataError, "no sample with a Cu lies in the grid"),
    ],
)
def test_what_makes_no_swath_is_refused(changes, error, message):
    given = {"samples": samples(), "blocks": np.ones(30), "grade": "Cu", "weights": np.ones(60),
             "thickness": (1, 1, 1), **changes}  # fmt: skip
    with pytest.raises(error, match=message):
        swaths(given.pop("samples"), given.pop("blocks"), grid=GRID, **given)
