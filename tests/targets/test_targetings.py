"""Which ground each targeting takes."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely import Point

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.kernels import fractal
from geoprospect.registry import TARGETS
from geoprospect.targets.conformal_area import conformal_area
from geoprospect.targets.crossing import prediction_area_crossing
from geoprospect.targets.fixed import fixed_threshold
from geoprospect.targets.fractal_class import concentration_area_class
from geoprospect.targets.rank import cells_of

PLAIN = {"minimum_area": 0.0, "smoothing": 0.0}
ALL = (
    "top_fraction", "prediction_area_crossing", "conformal_area", "concentration_area_class",
    "fixed_threshold",
)  # fmt: skip


@pytest.fixture
def ramp(grid, layer):
    """Every cell its own score, rising row by row."""
    count = grid.shape[0] * grid.shape[1]
    return layer((np.arange(count).reshape(grid.shape) + 1) / (count + 1))


def chosen(targets, grid):
    """Which cells lie in targets."""
    found = np.zeros(grid.shape, bool)
    rows, columns, _ = cells_of(targets, grid=grid)
    found[rows, columns] = True
    return found


def points(grid, rows, columns):
    x = [500_050 + 100 * c for c in columns]
    y = [3_003_950 - 100 * r for r in rows]
    return gpd.GeoDataFrame(geometry=[Point(p) for p in zip(x, y, strict=True)], crs=grid.crs.proj)


def test_all_are_found_by_name():
    assert set(TARGETS) == set(ALL)


def test_a_fixed_threshold_takes_what_reaches_it(grid, ramp, layer):
    found = fixed_threshold(ramp, grid=grid, exclusions=layer(0), threshold=0.75, **PLAIN)
    np.testing.assert_array_equal(chosen(found, grid), ramp.values >= 0.75)
    assert found["threshold"].tolist() == [0.75]


def test_a_threshold_that_nothing_reaches_is_said(grid, layer, caplog):
    found = fixed_threshold(layer(0.2), grid=grid, exclusions=layer(0), threshold=0.5, **PLAIN)
    assert found.empty
    assert "There are no targets at a threshold of 0.5" in caplog.text


def test_excluded_ground_is_in_no_target(grid, ramp, layer):
    away = np.zeros(grid.shape)
    away[30:, 20:40] = 1
    for name, more in (
        ("fixed_threshold", {"threshold": 0.5}),
        ("top_fraction", {"fraction": 0.3}),
    ):
        found = TARGETS[name](ramp, grid=grid, exclusions=layer(away), **more, **PLAIN)
        assert not (chosen(found, grid) & (away > 0)).any()


def test_a_conformal_area_takes_what_exceeds_alpha(grid, layer):
    level = np.full(grid.shape, 0.1)  # of nine clusters: 0.1, 0.2, ...
    level[5:10, 5:10] = 0.2
    level[6:8, 6:8] = 1.0
    found = conformal_area(layer(level), grid=grid, exclusions=layer(0), alpha=0.1, **PLAIN)
    np.testing.assert_array_equal(chosen(found, grid), level > 0.15)
    assert found["threshold"].isna().all()
    few = conformal_area(layer(level), grid=grid, exclusions=layer(0), alpha=0.2, **PLAIN)
    assert chosen(few, grid).sum() == 4


def test_a_conformal_area_of_everything_is_refused(grid, layer):
    with pytest.raises(DataError, match=r"at alpha 0.05 no ground can be left out"):
        conformal_area(layer(0.1), grid=grid, exclusions=layer(0), alpha=0.05, **PLAIN)
    with pytest.raises(DataError, match="no cell has a search level"):
        conformal_area(layer(np.nan), grid=grid, exclusions=layer(0), alpha=0.05, **PLAIN)


def test_a_fractal_class_begins_at_its_break(grid, layer):
    random = np.random.default_rng(2)
    area = np.geomspace(1, 1 / 2400, 2400)
    values = np.where(area > 0.1, 0.05 * area**-0.2, 0.05 * 0.1**-0.2 * (area / 0.1) ** -0.6)
    values = np.clip(values / values.max(), 0, 1)
    random.shuffle(values)
    scores = layer(values.reshape(grid.shape))
    curve = fractal.concentration_area(scores.values.ravel().astype(float), seed=1)
    names = fractal.CLASSES[len(curve.breaks)]
    for number, name in enumerate(names[1:]):
        found = concentration_area_class(
            scores, grid=grid, exclusions=layer(0), least=name, seed=1, **PLAIN
        )
        assert found["threshold"].iloc[0] == curve.breaks[number]
        expected = scores.values >= np.float32(curve.breaks[number])
        np.testing.assert_array_equal(chosen(found, grid), expected)


def test_a_class_that_is_not_there_is_refused(grid, layer):
    scores = layer(np.linspace(0.1, 1, 2400).reshape(grid.shape) ** 3)
    given = {"grid": grid, "exclusions": layer(0), "seed": 1, **PLAIN}
    if lazy.bends(scores, seed=1).curve is not None:
        with pytest.raises(DataError, match="no class 'hihg' above the background"):
            concentration_area_class(scores, least="hihg", **given)
    with pytest.raises(DataError, match="has no break"):
        concentration_area_class(layer(0.5), **given)


def test_the_crossing_is_where_both_shares_add_up(grid, ramp, layer, caplog):
    """Deposits at the 1st, 2nd, 3rd, ... best percent of 2,400 cells, by hand."""
    ranks = np.array([23, 47, 71, 95, 119, 240, 480, 960, 1440, 1920])  # from the best, from 0
    rows, columns = np.unravel_index(2399 - ranks, grid.shape)
    found = prediction_area_crossing(
        ramp, points(grid, rows, columns), grid=grid, exclusions=layer(0), **PLAIN
    )
    # the curve of deposits reaches 7/10 at 481 cells (0.2004) and 8/10 at 961 (0.4004): the
    # crossing lies where share + area = 1, that is at 0.3 of the ground with 0.7
    assert chosen(found, grid).sum() == pytest.approx(0.3 * 2400, abs=1)
    assert "deposits which the model has learnt" in caplog.text


def test_the_crossing_of_deposits_held_out_is_by_fold(grid, ramp, layer, caplog):
    fold = np.zeros(grid.shape)
    fold[:, 30:] = 1
    score = np.where(fold == 0, ramp.values, 0.5 * ramp.values)  # models of different scales
    held = xr.Dataset(
        {
            "score": layer(score),
            "fold": layer(fold, meanings={0: "fold 0", 1: "fold 1"}),
        }
    )
    rows, columns = [38, 36, 20, 38, 30, 10], [5, 10, 15, 35, 40, 45]
    found = prediction_area_crossing(
        ramp, points(grid, rows, columns), held, grid=grid, exclusions=layer(0), **PLAIN
    )
    shares = []
    for row, column in zip(rows, columns, strict=True):
        mine = score[fold == fold[row, column]]
        shares.append((mine >= score[row, column]).mean())
    area = chosen(found, grid).mean()
    captured = (np.array(shares) <= area).mean()
    assert captured - 1 / 6 - 1e-9 <= 1 - area <= captured + 1 / 6 + 1e-9
    assert "has learnt" not in caplog.text


def test_deposits_off_the_map_are_left_out_of_a_crossing(grid, ramp, layer, caplog):
    scores = ramp.copy(data=np.where(np.arange(60) < 5, np.nan, ramp.values).astype("float32"))
    deposits = points(grid, [38, 20, 10, 500], [20, 20, 2, 10])
    with caplog.at_level(logging.INFO, "geoprospect.targets"):
        prediction_area_crossing(scores, deposits, grid=grid, exclusions=layer(0), **PLAIN)
    assert "1 of 3 deposits lie on ground without a score" in caplog.text
    with pytest.raises(DataError, match="no deposit lies on ground with a score"):
        prediction_area_crossing(scores, deposits.iloc[2:], grid=grid, exclusions=layer(0), **PLAIN)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("fixed_threshold", {"threshold": 1.2}, r"threshold must lie in \(0, 1\], got 1.2"),
        ("conformal_area", {"alpha": 0}, "alpha must lie between 0 and 1, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(grid, layer, name, setting, message):
    with pytest.raises(ValueError, match=message):
        TARGETS[name](layer(0.5), grid=grid, exclusions=layer(0), **setting, **PLAIN)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("fixed_threshold", {"threshold": 0.5}),
        ("conformal_area", {"alpha": 0.5}),
        ("concentration_area_class", {"seed": 1}),
        ("prediction_area_crossing", {"deposits": gpd.GeoDataFrame(geometry=[], crs="EPSG:32648")}),
    ],
)
def test_a_map_on_another_grid_is_refused(grid, layer, name, more):
    other = contract.describe(
        contract.on_grid(np.zeros((4, 4), "float32"), grid[:4, :4]), long_name="score", units="1"
    )
    with pytest.raises(ContractError, match="breaks the data contract"):
        TARGETS[name](other, grid=grid, exclusions=layer(0), **more, **PLAIN)
