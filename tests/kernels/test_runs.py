import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from geoprospect.kernels import runs

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def blocks_of(chosen, side):
    return [
        runs.of_block(chosen[i : i + side, j : j + side], i, j)
        for i in range(0, chosen.shape[0], side)
        for j in range(0, chosen.shape[1], side)
    ]


def drawn(found, numbers, shape):
    labels = np.zeros(shape, int)
    for (row, start, stop), number in zip(found, numbers, strict=True):
        labels[row, start:stop] += number + 1
    return labels


@given(masks, st.integers(1, 13))
def test_patches_are_numbered_as_scipy_labels_them(chosen, side):
    found = runs.joined(reversed(blocks_of(chosen, side)))
    labels, _ = ndimage.label(chosen)
    np.testing.assert_array_equal(drawn(found, runs.patches(found), chosen.shape), labels)


@given(masks, st.integers(1, 13))
def test_runs_are_as_long_as_they_can_be_and_in_row_order(chosen, side):
    found = runs.joined(blocks_of(chosen, side))
    assert found.tolist() == runs.of_block(chosen, 0, 0).tolist()
    assert found.tolist() == sorted(found.tolist())
    assert (np.diff(found[:, 1:], axis=1) > 0).all()


@given(masks)
def test_burned_runs_are_the_cells(chosen):
    found = runs.of_block(chosen, 100, 50)
    if not len(found):
        return
    cells, top, left = runs.burned(found)
    again = np.zeros((112, 62), bool)
    again[top : top + cells.shape[0], left : left + cells.shape[1]] = cells
    np.testing.assert_array_equal(
        again[100 : 100 + chosen.shape[0], 50 : 50 + chosen.shape[1]], chosen
    )
    assert cells.any(axis=0)[[0, -1]].all()
    assert cells.any(axis=1)[[0, -1]].all()


def test_nothing_chosen_makes_no_run():
    nothing = runs.joined([])
    assert nothing.shape == (0, 3)
    assert runs.patches(nothing).tolist() == []


@pytest.mark.parametrize("width", [70_000, 200_000])
def test_keys_of_wide_rasters_do_not_overflow(width):
    found = np.array([[60_000, 5, width], [60_001, 0, 6], [60_002, 6, 9]], np.int32)
    assert runs.patches(found).tolist() == [0, 0, 1]
