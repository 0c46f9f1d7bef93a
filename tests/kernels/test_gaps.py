import numpy as np
import pytest

from geoprospect.kernels import gaps


def smooth(n: int = 64) -> np.ndarray:
    y, x = np.mgrid[:n, :n] * 2 * np.pi / n
    return np.cos(x) + np.sin(2 * y + x)


def test_known_cells_stay_as_they_are():
    field = np.random.default_rng(1).normal(size=(32, 48))
    field[5:9, 7:20] = np.nan
    found = gaps.filled(field, 4)
    known = ~np.isnan(field)
    assert np.array_equal(found[known], field[known])
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("side", "most"), [(2, 0.005), (6, 0.08), (12, 0.3)])
def test_a_hole_in_a_smooth_field_is_filled_smoothly(side, most):
    field = smooth()
    hole = np.zeros(field.shape, bool)
    hole[30 : 30 + side, 41 : 41 + side] = True
    found = gaps.filled(np.where(hole, np.nan, field), 4)
    assert np.abs(found - field)[hole].max() < most


def test_a_hole_in_a_slope_is_filled_by_the_slope():
    y, x = np.mgrid[:64, :64]
    slope = np.where((abs(x - 32) < 28) & (abs(y - 32) < 28), 0.3 * x - 0.2 * y, 0.0)
    holed = slope.copy()
    holed[25:39, 28:40] = np.nan
    assert np.abs(gaps.filled(holed, 4) - slope).max() < 0.01 * np.ptp(slope)


def test_a_hole_over_the_rim_is_filled_from_the_opposite_one():
    field = smooth()
    holed = field.copy()
    holed[:3, 20:26] = holed[-3:, 20:26] = np.nan
    assert np.abs(gaps.filled(holed, 4) - field).max() < 0.1


def test_where_nothing_is_known_there_is_zero():
    assert not gaps.filled(np.full((16, 16), np.nan), 3).any()


def test_far_from_all_that_is_known_there_is_zero():
    field = np.full((64, 64), np.nan)
    field[:4, :4] = 1.0
    assert gaps.filled(field, 2)[32, 32] == pytest.approx(0, abs=1e-9)


def test_a_slope_goes_on_beyond_the_edge_and_fades():
    field = np.add.outer(np.zeros(8), np.arange(10.0))
    wide = gaps.reflected(field, [(0, 0), (4, 6)], [1, 100])
    assert np.array_equal(wide[:, 4:14], field)
    np.testing.assert_allclose(wide[0, :4], [-4, -3, -2, -1], rtol=0.01)
    np.testing.assert_allclose(wide[0, 14:], [10, 11, 12, 13, 14, 15], rtol=0.01)
    short = gaps.reflected(field, [(3, 3), (4, 6)], [3, 4])
    assert np.abs(short[:, [0, *range(17, 20)]]).max() < 1e-12
    assert np.abs(short[[0, -1]]).max() < 1e-12
