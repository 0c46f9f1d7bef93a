"""Every known cell is in a tile, tiles are neighbours, batches too."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels.trees import tiles


@given(count=st.integers(1, 500))
def test_rows_are_in_order_and_the_last_fills_up(count):
    order = tiles.of_rows(count)
    assert order.shape[1] == tiles.CELLS
    np.testing.assert_array_equal(order.ravel()[:count], np.arange(count))
    assert (order.ravel()[count:] == count - 1).all()


@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_all_known_cells_are_in_tiles_of_neighbours(height, width, share, seed):
    known = np.random.default_rng(seed).random((height, width)) < share
    order = tiles.of_raster(known)
    held = np.zeros(known.size, bool)
    held[order.ravel()] = True
    assert held[known.ravel()].all()
    rows, columns = np.divmod(order, width)
    for places in (rows, columns):
        assert (places.max(axis=1) - places.min(axis=1) < tiles.SIDE).all()


def test_a_batch_of_a_wide_raster_is_a_square():
    order = tiles.of_raster(np.ones((512, 512), bool))
    first = next(tiles.batches(order))
    rows, columns = np.divmod(first, 512)
    assert rows.max() == columns.max() == 63
