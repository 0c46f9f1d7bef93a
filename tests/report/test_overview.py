from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.report.overview import overview
from tests.report.conftest import make_layer


@pytest.fixture
def slope(grid):
    rows, columns = np.mgrid[:40, :60]
    return make_layer(rows * 100 + columns, grid, "slope", "1")


def test_a_small_layer_stays_as_it_is(slope):
    assert overview(slope, 60).identical(slope)


def test_coarse_cells_hold_the_mean_of_their_known_cells(slope, grid):
    slope[0, 0] = np.nan
    slope[4:8, 4:8] = np.nan
    coarse = overview(slope, 15)
    assert coarse.shape == (10, 15)
    for (r, c), value in np.ndenumerate(coarse.values):
        cells = slope.values[4 * r : 4 * r + 4, 4 * c : 4 * c + 4]
        if (r, c) == (1, 1):
            assert np.isnan(value)
        else:
            assert value == pytest.approx(cells[~np.isnan(cells)].mean())
    there = contract.grid_of(coarse)
    assert there.boundingbox == grid.boundingbox
    assert (coarse.attrs["long_name"], coarse.attrs["units"]) == ("slope", "1")


def test_the_rim_is_not_lost_where_cells_do_not_divide(slope):
    coarse = overview(slope, 9)
    assert coarse.shape == (6, 9)
    assert coarse.values[-1, -1] == pytest.approx(slope.values[35:, 56:].mean())


def test_classes_stay_classes(grid):
    codes = np.random.default_rng(0).integers(1, 4, grid.shape)
    classes = make_layer(codes, grid, "rock", "1", meanings={1: "a", 2: "b", 3: "c"})
    coarse = overview(classes, 12)
    assert np.array_equal(coarse.values, codes[2::5, 2::5])
    assert contract.is_categorical(coarse)


def test_chunking_changes_nothing(slope):
    whole = overview(slope, 25)
    assert overview(slope.chunk({"y": 7, "x": 11}), 25).identical(whole)
