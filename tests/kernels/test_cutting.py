from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from geoprospect.kernels import cutting


def test_a_bar_is_as_long_as_it_is():
    position, length = cutting.along(np.ones((1, 12), bool), (100.0, 100.0))
    assert length == pytest.approx(1200)
    assert np.diff(position).tolist() == pytest.approx([200 * np.sign(np.diff(position)[0])] * 11)


def test_a_diagonal_staircase_is_walked_aslant():
    chosen = np.eye(8, dtype=bool) | np.eye(8, k=1, dtype=bool)
    _, length = cutting.along(chosen, (1.0, 1.0))
    assert length == pytest.approx(7 * np.sqrt(2) + 1)


def test_cells_that_are_not_square_have_their_own_steps():
    _, length = cutting.along(np.ones((5, 1), bool), (30.0, 120.0))
    assert length == pytest.approx(4 * 30 + 60)


def test_a_group_that_bends_is_walked_round_the_bend():
    ring = np.zeros((9, 9), bool)
    ring[0], ring[:, 0], ring[8] = True, True, True  # a C: its ends are near, the way is long
    position, length = cutting.along(ring, (1.0, 1.0))
    assert length == pytest.approx(6 + 2 * np.sqrt(2) + 2 * 7 + 1, abs=0.5)
    rows, columns = np.nonzero(ring)
    ends = {(int(rows[i]), int(columns[i])) for i in (position.argmin(), position.argmax())}
    assert ends == {(0, 8), (8, 8)}


def test_a_bar_is_cut_straight_across():
    chosen = np.ones((1, 12), bool)
    labels = cutting.cut(chosen, np.arange(12.0), 3)
    assert labels.tolist() == [[1] * 4 + [2] * 4 + [3] * 4]


@given(seed=st.integers(0, 10**6), pieces=st.integers(2, 5))
def test_pieces_are_connected_and_hold_every_cell(seed, pieces):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).random((20, 25)), 1.5)
    groups, _ = ndimage.label(rough > np.median(rough))
    chosen = groups == np.bincount(groups.ravel())[1:].argmax() + 1
    position, _ = cutting.along(chosen, (1.0, 1.0))
    labels = cutting.cut(chosen, position, pieces)
    np.testing.assert_array_equal(labels > 0, chosen)
    assert set(np.unique(labels[chosen])) == set(range(1, pieces + 1))
    for piece in range(1, pieces + 1):
        assert ndimage.label(labels == piece)[1] == 1
