"""Indicators of classification: spacings of square grids, boxes by hand, and words not used."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError
from geoprospect.quantities import REFUSED
from geoprospect.resources import classification
from geoprospect.resources.classification import (
    by_production,
    by_spacing,
    indicators,
    shares,
    smoothed,
)
from geoprospect.resources.spacing import hole_spacing, spacing_table, table_limits

GRID = BlockGrid((0.0, 0.0, 0.0), (10.0, 10.0, 5.0), (8, 8, 2), "EPSG:32633")


def square_grid(spacing, depth=60):
    """Vertical holes on a square grid, a sample each metre."""
    x, y, z = np.meshgrid(
        np.arange(5) * spacing, np.arange(5) * spacing, -np.arange(depth) - 0.5, indexing="ij"
    )
    hole = np.repeat(np.arange(25), depth)
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "z": z.ravel(), "hole": hole})


@pytest.mark.parametrize("spacing", [25.0, 80.0])
def test_the_spacing_of_a_square_grid_is_its_own(spacing):
    middle = [[1.5 * spacing, 2.5 * spacing, -30.5]]
    # the fourth hole is as far: which three they are does not matter
    assert hole_spacing(square_grid(spacing), middle)[0] == pytest.approx(spacing)


def test_spacing_is_that_of_brute_force():
    rng = np.random.default_rng(4)
    samples = pd.DataFrame(rng.uniform(0, 50, (400, 3)), columns=["x", "y", "z"])
    samples["hole"] = np.where(np.arange(400) < 300, "long", rng.integers(0, 6, 400).astype(str))
    places = rng.uniform(-20, 70, (50, 3))
    away = pd.DataFrame(cdist(places, samples[["x", "y", "z"]]).T).groupby(samples["hole"]).min()
    wanted = np.sort(away.to_numpy(), axis=0)[:3].mean(axis=0) * np.sqrt(2)
    np.testing.assert_allclose(hole_spacing(samples, places), wanted)


def test_levels_by_spacing_have_their_limits_in_them():
    spacing = [10, 25, 25.1, 50, 100, 100.1, np.nan]
    assert by_spacing(spacing, limits=(25, 50, 100)).tolist() == [1, 1, 2, 2, 3, 0, 0]


def test_the_table_halves_and_doubles_and_can_be_edited():
    table = spacing_table({"I": (200, 200), "II": (160, 90)})
    assert table_limits(table, of_type="I") == (100, 200, 400)
    assert table_limits(table, of_type="II") == pytest.approx((60, 120, 240))
    table.loc[(table["type"] == "II") & (table["level"] == 3), ["along", "down"]] = 200.0
    assert table_limits(table, of_type="II") == pytest.approx((60, 120, 200))
    with pytest.raises(DataError, match="no levels 1, 2, 3 of type 'III'; it has I, II"):
        table_limits(table, of_type="III")
    with pytest.raises(DataError, match="must grow from level 1 to 3"):
        table_limits(table.assign(along=50.0, down=50.0), of_type="I")


def noisy(spread, together=False, seed=1):
    """Realisations about a grade of 1 %, blocks by themselves or all as one."""
    shape = (400, 1 if together else GRID.blocks)
    drawn = 1 + spread * np.random.default_rng(seed).standard_normal(shape)
    return np.broadcast_to(drawn, (400, GRID.blocks)).astype(np.float32)


def test_larger_volumes_are_known_better_where_errors_are_their_own():
    # 90 % of means of n blocks lie within 1.645 * spread / sqrt(n): 8 blocks to 15 %
    # from a spread of 0.258 down, 32 to 0.516
    volumes = {"grid": GRID, "quarter": 8 * 500, "year": 32 * 500, "cut_off": -9.0}
    for spread, level in ((0.2, 1), (0.39, 2), (0.8, 3)):
        assert set(by_production(noisy(spread), **volumes).tolist()) == {level}
    assert stats.norm.ppf(0.95) * 0.258 / np.sqrt(8) == pytest.approx(0.15, abs=1e-3)


def test_errors_that_go_together_do_not_average_out():
    volumes = {"grid": GRID, "quarter": 16 * 500, "year": 64 * 500, "cut_off": -9.0}
    assert set(by_production(noisy(0.2, together=True), **volumes).tolist()) == {3}
    assert set(by_production(noisy(0.07, together=True), **volumes).tolist()) == {1}


def test_boxes_are_said_and_unknown_blocks_have_no_level(caplog):
    drawn = noisy(0.1).copy()
    drawn[:, :10] = np.nan
    with caplog.at_level(logging.INFO):
        found = by_production(drawn, grid=GRID, quarter=2000, year=16_000, cut_off=0.2)
    assert "2000 m3 is taken as 6 x 5 x 1 boxes of 4.27 blocks, 2.13e+03 m3" in caplog.text
    assert "16000 m3 is taken as 2 x 2 x 1 boxes of 32 blocks, 1.6e+04 m3" in caplog.text
    assert (found[:10] == 0).all()
    assert (found[10:] > 0).all()


def test_ground_below_the_cut_off_is_never_well_known():
    drawn = noisy(0.01).copy()
    half = np.unravel_index(np.arange(GRID.blocks), GRID.shape)[2] < 4
    drawn[:, half] -= 0.9
    found = by_production(drawn, grid=GRID, quarter=8 * 500, year=32 * 500, cut_off=0.5)
    assert set(found[half].tolist()) == {3}
    assert set(found[~half].tolist()) == {1}


def test_a_lone_block_follows_its_neighbours_and_the_unknown_stay():
    levels = np.full(GRID.shape, 2, np.int8)
    levels[0, 3, 3] = 1
    levels[1, 6:, :] = 0
    found = smoothed(levels, grid=GRID).reshape(GRID.shape)
    assert found[0, 3, 3] == 2
    assert (found == 0).tolist() == (levels == 0).tolist()
    assert smoothed(np.zeros(GRID.blocks), grid=GRID).max() == 0
    sides = np.ones(GRID.shape, np.int8)
    sides[:, :, 4:] = 3
    np.testing.assert_array_equal(smoothed(sides, grid=GRID), sides.ravel())


def test_between_levels_the_lesser_known_is_taken():
    pair = BlockGrid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (2, 1, 1), "EPSG:32633")
    assert smoothed([1, 2], grid=pair).tolist() == [2, 2]


def test_indicators_stand_side_by_side_for_estimated_blocks():
    estimated = np.arange(GRID.blocks) >= 8
    samples = square_grid(20).assign(z=lambda some: some["z"] + 40)
    production = np.where(estimated, 2, 0)
    table = indicators(samples, grid=GRID, estimated=estimated, production=production,
                       limits={"spacing": (5, 40, 80), "table": (1, 2, 3)})  # fmt: skip
    assert table.columns.tolist() == ["hole_spacing", "by_spacing", "by_table", "by_production"]
    assert table["hole_spacing"].isna().sum() == 8
    assert set(table["by_spacing"][estimated]) == {2}
    told = shares(table).set_index(["indicator", "level"])
    assert told.loc[("by_spacing", 2)].tolist() == [120, 1]
    assert told.loc[("by_table", 0)].tolist() == [120, 1]
    assert told.loc[("by_production", 3), "blocks"] == 0
    nowhere = indicators(samples, grid=GRID, estimated=~np.ones(128, bool), limits={})
    assert nowhere["hole_spacing"].isna().all()


def test_no_word_of_it_is_one_of_classification():
    told = " ".join([classification.LABEL, *classification.NAMES.values(), classification.CAVEAT])
    assert not REFUSED.search(told)
    assert not any(word in told.lower() for word in ("measured", "indicated", "inferred"))
    assert "no classification" in classification.CAVEAT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"realisations": np.ones((3, 4))}, r"\(3, 4\) are not those of 128 blocks"),
        ({"quarter": 0}, "quarter's volume must be positive"),
        ({"year": 100}, "below a year's, got 8000 and 100 m3"),
        ({"confidence": 1}, "must be shares, got 0.15 and 1"),
    ],
)
def test_what_makes_no_indicator_is_refused(changes, message):
    given = {"realisations": noisy(0.1), "grid": GRID, "quarter": 8000, "year": 32_000,
             "cut_off": 0.2, **changes}  # fmt: skip
    with pytest.raises(ValueError, match=message):
        by_production(given.pop("realisations"), **given)


def test_bad_spacings_are_refused():
    with pytest.raises(ValueError, match="three spacings that grow"):
        by_spacing([1.0], limits=(50, 25, 100))
    with pytest.raises(ValueError, match="spacings must be positive"):
        spacing_table({"I": (0, 5)})
    with pytest.raises(DataError, match="spacing needs 3 holes, and there are 2"):
        hole_spacing(square_grid(10).query("hole < 2"), [[0, 0, 0]])
    with pytest.raises(DataError, match="no column 'hole'"):
        hole_spacing(square_grid(10).drop(columns="hole"), [[0, 0, 0]])
