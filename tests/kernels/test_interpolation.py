import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geoprospect.kernels.interpolation import inverse_distance, merged


def brute(places, values, cells, *, neighbours, radius, power):
    """One cell at a time, with every sample looked at."""
    found = np.full((len(cells), values.shape[1]), np.nan)
    for i, cell in enumerate(cells):
        away = np.hypot(*(places - cell).T)
        near = [k for k in np.argsort(away, kind="stable")[:neighbours] if away[k] <= radius]
        if near and away[near[0]] == 0:
            found[i] = values[near[0]]
        elif near:
            weight = away[near] ** -power
            found[i] = weight @ values[near] / weight.sum()
    return found


@given(
    st.integers(0, 10_000),
    st.integers(1, 8),
    st.floats(5, 200),
    st.sampled_from([0.5, 1.0, 2.0, 3.7]),
)
def test_means_are_those_of_looking_at_every_sample(seed, neighbours, radius, power):
    rng = np.random.default_rng(seed)
    places, values = rng.uniform(0, 100, (6, 2)), rng.normal(size=(6, 3))
    cells = np.vstack([rng.uniform(-20, 120, (20, 2)), places[:2]])
    settings = {"neighbours": neighbours, "radius": radius, "power": power}
    found = inverse_distance(cKDTree(places), values, cells, **settings)
    np.testing.assert_allclose(found, brute(places, values, cells, **settings), rtol=1e-10)


def test_a_huge_power_does_not_overflow():
    places, values = np.array([[0.0, 0.0], [900.0, 0.0]]), np.array([[3.0], [5.0]])
    found = inverse_distance(
        cKDTree(places), values, np.array([[1e-9, 0.0]]), neighbours=2, radius=1e4, power=60.0
    )
    assert found[0, 0] == pytest.approx(3.0)


def test_the_radius_itself_is_within_reach():
    places, values = np.array([[0.0, 0.0]]), np.array([[3.0]])
    cells = np.array([[30.0, 40.0], [30.0, 40.001]])
    found = inverse_distance(cKDTree(places), values, cells, neighbours=1, radius=50.0, power=2.0)
    assert found[0, 0] == 3.0
    assert np.isnan(found[1, 0])


def test_samples_at_one_place_become_their_mean_column_by_column():
    places = np.array([[5.0, 1.0], [0.0, 2.0], [5.0, 1.0], [5.0, 1.0]])
    values = np.array([[1.0, np.nan], [7.0, np.nan], [2.0, 4.0], [np.nan, 8.0]])
    where, means = merged(places, values)
    assert where.tolist() == [[0.0, 2.0], [5.0, 1.0]]
    np.testing.assert_array_equal(means, [[7.0, np.nan], [1.5, 6.0]])


@given(st.permutations(range(11)))
def test_the_order_of_samples_changes_not_a_bit(order):
    rng = np.random.default_rng(1)
    places, values = rng.integers(0, 2, (11, 2)).astype(float), rng.lognormal(0, 9, (11, 2))
    one, other = merged(places, values), merged(places[order], values[order])
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
