import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from geoprospect.kernels.kriging import kriged
from geoprospect.kernels.variogram import Variogram

GAMMA = {
    "spherical": lambda h: np.where(h < 1, 1.5 * h - 0.5 * h**3, 1),
    "exponential": lambda h: 1 - np.exp(-3 * h),
    "gaussian": lambda h: 1 - np.exp(-3 * h**2),
}


def call(places, values, cells, model: Variogram, **more):
    """All samples are neighbours of every cell."""
    away = cdist(cells, places)
    near = np.argsort(away, axis=1, kind="stable")
    return kriged(
        places, np.asarray(values, float), near, np.take_along_axis(away, near, 1), model, **more
    )


def gamma(away, one: Variogram):
    rise = GAMMA[one.model](away / one.range)
    return np.where(away > 0, one.nugget + (one.sill - one.nugget) * rise, 0.0)


@given(
    st.integers(0, 10_000),
    st.integers(1, 14),
    st.sampled_from(
        [("spherical", 0.0), ("exponential", 0.0), ("gaussian", 0.2), ("spherical", 1)]
    ),
    st.floats(50, 3000),
)
@settings(max_examples=40, deadline=None)
def test_ordinary_kriging_is_that_of_the_bordered_system(seed, count, kind, reach):
    rng = np.random.default_rng(seed)
    places, cells = rng.uniform(0, 1000, (count, 2)), rng.uniform(0, 1000, (6, 2))
    values, model = rng.normal(5, 2, count), Variogram(kind[0], kind[1], 2.0, reach)
    system = np.ones((count + 1, count + 1))
    system[:count, :count], system[-1, -1] = gamma(cdist(places, places), model), 0
    right = np.vstack([gamma(cdist(places, cells), model), np.ones(6)])
    weights = np.linalg.solve(system, right)
    found = call(places, values, cells, model)
    np.testing.assert_allclose(found[:, 0], values @ weights[:count], rtol=1e-7, atol=1e-7)
    variance = np.sum(weights * right, axis=0)
    np.testing.assert_allclose(found[:, 1] ** 2, variance, rtol=1e-6, atol=1e-7)


def test_isaaks_and_srivastava_chapter_12():
    """Seven samples of Walker Lake about 65E 137N: 592.7, error variance 8.96 (their p. 294)."""
    east = [61, 63, 64, 68, 71, 73, 75]
    north = [139, 140, 129, 128, 140, 141, 128]
    values = [477, 696, 227, 646, 606, 791, 783]
    places = np.stack([-np.array(north, float), east], axis=1)
    model = Variogram("exponential", 0.0, 10.0, 10.0)
    found = call(places, values, np.array([[-137.0, 65.0]]), model)
    assert found[0, 0] == pytest.approx(592.7, abs=0.15)
    assert found[0, 1] ** 2 == pytest.approx(8.96, abs=0.01)


def test_two_samples_alike_far_share_by_halves():
    model = Variogram("spherical", 0.0, 4.0, 100.0)
    found = call(np.array([[0.0, 0], [0, 60]]), [2.0, 6.0], np.array([[0.0, 30]]), model)
    half, whole = gamma(30, model), gamma(60, model)
    np.testing.assert_allclose(found[0], [4, np.sqrt(2 * half - whole / 2)])


def test_simple_kriging_of_one_sample():
    model = Variogram("exponential", 1.0, 4.0, 100.0)
    rho = 0.75 * np.exp(-3 * 0.2)
    found = call(np.zeros((1, 2)), [10.0], np.array([[12.0, 16.0]]), model, mean=6.0)
    np.testing.assert_allclose(found[0], [6 + 4 * rho, 2 * np.sqrt(1 - rho**2)])


def test_out_of_range_simple_kriging_is_the_mean_and_ordinary_that_of_its_samples():
    model = Variogram("spherical", 0.0, 4.0, 10.0)
    places, far = np.array([[0.0, 0], [0, 60], [80, 0]]), np.array([[500.0, 500]])
    np.testing.assert_allclose(call(places, [1, 2, 6], far, model, mean=9.0)[0], [9, 2])
    np.testing.assert_allclose(call(places, [1, 2, 6], far, model)[0], [3, 2 * np.sqrt(1 + 1 / 3)])


@pytest.mark.parametrize("model", ["spherical", "exponential", "gaussian"])
def test_a_sample_at_the_cell_is_the_estimate_even_with_a_nugget(model):
    rng = np.random.default_rng(3)
    places, values = rng.uniform(0, 100, (20, 2)), rng.normal(size=20)
    found = call(places, values, places, Variogram(model, 0.5, 2.0, 80.0))
    np.testing.assert_allclose(found[:, 0], values, rtol=1e-9)
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-6)


def test_samples_that_add_nothing_get_no_weight():
    """A gaussian variogram without a nugget makes near samples all but the same."""
    places = np.array([[0.0, 10.0], [0.0, 10.0 + 1e-6], [0.0, -14.0]])
    model = Variogram("gaussian", 0.0, 1.0, 1000.0)
    cell = np.zeros((1, 2))
    one = call(places[[0, 2]], [1.0, 3.0], cell, model)
    np.testing.assert_allclose(call(places, [1.0, 900.0, 3.0], cell, model), one)


def test_equal_values_are_estimated_as_that_value():
    rng = np.random.default_rng(4)
    places, cells = rng.uniform(0, 100, (16, 2)), rng.uniform(0, 100, (30, 2))
    found = call(places, np.full(16, 7.0), cells, Variogram("spherical", 0.0, 0.0, 50.0))
    np.testing.assert_allclose(found, np.tile([7.0, 0.0], (30, 1)))


def test_a_cell_without_samples_is_unknown():
    near, away = np.array([[0, 2], [2, 2]]), np.array([[5.0, np.inf], [np.inf, np.inf]])
    model = Variogram("spherical", 0.0, 1.0, 50.0)
    found = kriged(np.zeros((2, 2)), np.array([3.0, 4.0]), near, away, model)
    assert found[0, 0] == 3
    assert np.isnan(found[1]).all()
