import numpy as np
import pytest

from geoprospect.kernels.terrain import gradient, steepness


def test_horn_counted_by_hand():
    field = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0], [8.0, 7.0, 1.0]])
    east = ((4 + 2 * 9 + 1) - (1 + 2 * 3 + 8)) / (8 * 10)
    south = ((8 + 2 * 7 + 1) - (1 + 2 * 2 + 4)) / (8 * 20)
    assert steepness(field, (20.0, 10.0))[0, 0] == pytest.approx(np.hypot(east, south))


def test_central_differences_counted_by_hand():
    field = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0], [8.0, 7.0, 1.0]])
    assert gradient(field, (20.0, 10.0))[0, 0] == pytest.approx(np.hypot(6 / 20, 5 / 40))


@pytest.mark.parametrize("measure", [steepness, gradient])
def test_a_plane_is_as_steep_beside_holes_and_edges_as_anywhere(measure):
    rows, columns = np.mgrid[:8, :9].astype(float)
    plane = 3 * rows - 4 * columns
    plane[[0, -1]], plane[:, [0, -1]] = np.nan, np.nan
    plane[3, 4] = np.nan
    found = measure(plane, (1.0, 1.0))
    hole = np.isnan(plane[1:-1, 1:-1])
    assert hole.sum() == 1
    assert np.isnan(found[hole]).all()
    np.testing.assert_allclose(found[~hole], 5.0, rtol=1e-12)


def test_a_bowl_has_the_gradient_that_calculus_gives():
    rows, columns = np.mgrid[:9, :11].astype(float)
    bowl = (rows * 30) ** 2 + 2 * (columns * 20) ** 2
    expected = np.hypot(2 * rows * 30, 4 * columns * 20)[1:-1, 1:-1]
    np.testing.assert_allclose(gradient(bowl, (30.0, 20.0)), expected)
    np.testing.assert_allclose(steepness(bowl, (30.0, 20.0)), expected)


@pytest.mark.parametrize("measure", [steepness, gradient])
def test_a_cell_alone_among_unknown_ones_has_no_slope(measure):
    alone = np.full((3, 3), np.nan)
    alone[1, 1] = 7.0
    assert np.isnan(measure(alone, (1.0, 1.0))).all()
