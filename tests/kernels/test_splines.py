import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from geoprospect.kernels.splines import thin_plate


def call(places, values, cells, *, neighbours=50, radius=np.inf):
    tree = cKDTree(places)
    return thin_plate(
        tree, np.asarray(values, float), np.asarray(cells, float),
        neighbours=neighbours, radius=radius,
    )  # fmt: skip


def cloud(seed, count):
    rng = np.random.default_rng(seed)
    places = 3e6 + rng.uniform(0, 1000, (count, 2))
    return places, rng.normal(size=(count, 2)), 3e6 + rng.uniform(0, 1000, (200, 2))


@pytest.mark.parametrize("neighbours", [5, 12, 40])
def test_plates_are_those_of_scipy(neighbours):
    places, values, cells = cloud(neighbours, 40)
    other = RBFInterpolator(places, values, neighbors=neighbours, kernel="thin_plate_spline")
    found = call(places, values, cells, neighbours=neighbours)
    np.testing.assert_allclose(found, other(cells), rtol=1e-5, atol=1e-6)


def test_samples_are_met_and_a_plane_stays_one():
    places, values, cells = cloud(1, 30)
    np.testing.assert_allclose(call(places, values, places), values, atol=1e-8)
    plane = (places - 3e6) @ [[0.3], [-0.1]] + 7
    expected = (cells - 3e6) @ [[0.3], [-0.1]] + 7
    np.testing.assert_allclose(call(places, plane, cells, neighbours=9), expected, rtol=1e-6)


def test_across_a_line_of_samples_the_plate_is_level():
    line = np.stack([np.arange(6) * 50.0, np.arange(6) * 120.0], axis=1)
    across = np.array([120.0, -50.0]) / 13
    values = np.array([[1.0], [2], [2], [3], [1], [0]])
    found = call(line, values, np.vstack([line, line + across, line - across]))
    np.testing.assert_allclose(found[:6], values, atol=1e-6)
    np.testing.assert_allclose(found[6:12], found[12:], atol=1e-6)


def test_one_sample_is_a_level_plate_and_none_is_unknown():
    found = call([[0.0, 0.0]], [[4.0]], [[3.0, 4.0], [30.0, 40.0]], radius=5.0)
    np.testing.assert_array_equal(found, [[4.0], [np.nan]])


def test_a_cells_height_does_not_depend_on_the_cells_before_it():
    places, values, cells = cloud(2, 30)
    found = call(places, values, cells, neighbours=7)
    mixed = np.random.default_rng(0).permutation(200)
    np.testing.assert_array_equal(call(places, values, cells[mixed], neighbours=7), found[mixed])
