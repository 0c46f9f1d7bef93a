"""What a survey could change, with an ensemble whose scores can be told by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import box

from geoprospect import lazy
from geoprospect.targets import next_data as module
from geoprospect.targets.next_data import Survey, next_data


def cells(row, column):
    """A square of 2 by 2 cells."""
    x, y = 500_000 + 100 * column, 3_004_000 - 100 * row
    return box(x, y - 200, x + 200, y)


@pytest.fixture
def targets(grid):
    return gpd.GeoDataFrame(
        {"rank": [1, 2, 3], "mean_prospectivity": [0.5, 0.45, 0.4]},
        geometry=[cells(2, 2), cells(2, 10), cells(20, 30)],
        crs=grid.crs.proj,
    )


@pytest.fixture
def cube(grid, layer):
    """Copper of 0 to 1 over the columns, unknown in the first target; a class; gravity known."""
    copper = np.tile(np.linspace(0, 1, 60), (40, 1))
    copper[2:4, 2:4] = np.nan
    rock = np.ones(grid.shape)
    rock[:, 40:] = 2
    rock[0, :10] = 3  # ten cells of 2,400: nothing that a survey would plausibly find
    distance = np.zeros(grid.shape)
    distance[20:22, 30:32] = 900
    return xr.Dataset(
        {
            "copper": layer(copper, "mg kg-1", long_name="copper"),
            "gravity": layer(np.full(grid.shape, 0.3), "mGal", long_name="gravity"),
            "rock": layer(rock, long_name="rock", meanings={1: "slate", 2: "marble", 3: "tuff"}),
            "far": layer(distance, "m", long_name="distance to sample", quality=True),
        }
    )


SURVEYS = {
    "sediments": Survey("stream sediments", ("copper",), "far"),
    "gravity": Survey("gravity", ("gravity",)),
    "geology": Survey("geology", ("rock",)),
}


def scores(rows):
    """Two members around 0.2 + 0.6 copper + 0.1 where marble; half of copper if unknown."""
    copper = np.nan_to_num(rows[:, 0], nan=0.5)
    mean = 0.2 + 0.6 * copper + 0.1 * (rows[:, 2] == 2) + 0.05 * np.isnan(rows[:, 1])
    return np.stack([mean - 0.05, mean + 0.05])


def by_score(targets):
    """Ranks by mean score alone."""

    def rank(values):
        own = targets["mean_prospectivity"].to_numpy()
        mine = np.where(np.isnan(values), own, values)
        return np.array([1 + sum(np.delete(own, n) > v) for n, v in enumerate(mine)])

    return rank


def told(targets, cube, grid, **more):
    given = {
        "cube": cube, "surveys": SURVEYS, "scores": scores, "rank_if": by_score(targets),
        "grid": grid,
    }  # fmt: skip
    return next_data(targets, **given | more)


def test_a_missing_survey_is_told_with_what_it_could_change(targets, cube, grid):
    """Copper at 0.5 while unknown; 0.1 and 0.9 of the district are common, so -0.24 and +0.24."""
    text = told(targets, cube, grid)[0]
    assert text == (
        "Stream sediments: unknown in 100% of the target. Values common in the district would "
        "take its score from 0.50 to between 0.26 and 0.74, its rank from 1 to between 1 and 3."
    )


def test_distant_samples_are_told_with_their_distance(targets, cube, grid):
    text = told(targets, cube, grid)[2]
    here = np.linspace(0, 1, 60)[30:32].mean()
    low, high = 0.4 + 0.6 * (0.1 - here), 0.4 + 0.6 * (0.9 - here)
    assert text.startswith("Stream sediments: samples lie 900 m away.")
    assert f"from 0.40 to between {low:.2f} and {high:.2f}, its rank from 3 to" in text
    assert text.endswith("to between 1 and 3.")


def test_where_nothing_is_missing_it_says_what_the_score_rests_on(targets, cube, grid):
    text = told(targets, cube, grid)[1]
    rise = 0.45 + 0.6 * (0.5 - np.linspace(0, 1, 60)[10:12].mean())
    assert text == (
        "No survey is missing or distant here. The score rests most on stream sediments: without "
        f"it the score would be {rise:.2f} and not 0.45, the rank 1 and not 2; confirm that first."
    )


def test_only_unknown_cells_are_filled_in(targets, cube, grid):
    copper = cube["copper"].copy()
    copper[2, 2:4] = 0.5  # half of the first target is known
    text = told(targets, cube.assign(copper=copper), grid)[0]
    assert "unknown in 50% of the target" in text
    assert "between 0.38 and 0.62" in text


def test_of_classes_the_common_ones_are_tried(targets, cube, grid):
    rock = cube["rock"].copy()
    rock[2:4, 2:4] = np.nan
    copper = cube["copper"].copy()
    copper[2:4, 2:4] = 0.5
    text = told(targets, cube.assign(rock=rock, copper=copper), grid)[0]
    assert text.startswith("Geology: unknown in 100% of the target.")
    assert "from 0.50 to between 0.50 and 0.60" in text, "marble adds, slate and tuff nothing"


def test_layers_of_one_survey_move_together(targets, cube, grid):
    gravity = cube["gravity"].copy()
    gravity[:] = cube["copper"].values
    both = {"all": Survey("one survey", ("copper", "gravity"))}

    def joined(rows):
        return 0.5 + 0.2 * (np.nan_to_num(rows[:, :2], nan=0.5).sum(axis=1) - 1)[None]

    text = told(targets, cube.assign(gravity=gravity), grid, surveys=both, scores=joined)[0]
    assert "between 0.34 and 0.66" in text, "0.2 times twice 0.4 either way"


def test_others_that_are_missing_are_named(targets, cube, grid):
    gravity = cube["gravity"].copy()
    gravity[2:4, 2:4] = np.nan
    text = told(targets, cube.assign(gravity=gravity), grid)[0]
    assert text.startswith("Stream sediments: unknown")
    assert text.endswith(" Also missing or distant: gravity.")


def test_what_moves_nothing_is_said(targets, cube, grid):
    even = told(targets, cube, grid, scores=lambda rows: np.full((2, len(rows)), 0.4))
    assert even[1] == module.FIRM


def test_targets_far_down_and_without_cells_are_left_out(targets, cube, grid, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    assert told(targets, cube, grid)[2] == ""
    away = targets.set_geometry([cells(2, 2), box(0, 0, 10, 10), cells(20, 30)], crs=targets.crs)
    found = told(away, cube, grid)
    assert found[0]
    assert found[1:] == ["", ""]
    assert told(targets.iloc[:0], cube, grid) == []


def test_blocks_change_nothing(targets, cube, grid):
    with lazy.cut(7):
        pieces = told(targets, cube.chunk(7), grid)
    assert pieces == told(targets, cube, grid)
