"""The study area in bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.labels.extent import extent


def area_of(inside, grid):
    values = np.where(inside, 1.0, np.nan).astype("float32")
    return contract.on_grid(values, grid)


@given(st.integers(0, 99), st.sampled_from([7, 8, 13, 60]))
def test_its_rows_are_those_of_a_mask_however_the_area_is_cut(seed, side):
    from odc.geo.geobox import GeoBox

    grid = GeoBox.from_bbox((0, 0, 3700, 2900), crs="EPSG:32648", resolution=100)
    inside = np.random.default_rng(seed).random(grid.shape) < 0.3
    found = extent(lazy.chunked(area_of(inside, grid), side))
    assert found.shape == inside.shape
    np.testing.assert_array_equal(found.rows(5, 21), inside[5:21])
    np.testing.assert_array_equal(found.rows(0, 29), inside)


def test_its_sides_reach_from_the_first_to_the_last_cell(grid):
    inside = np.zeros(grid.shape, bool)
    inside[3, 11] = inside[9, 50] = inside[30, 20] = True
    found = extent(area_of(inside, grid))
    assert found.sides() == (28, 40)
    assert found.bits.nbytes == pytest.approx(inside.nbytes / 8, rel=0.1)
