"""Sums of waves: the covariance they are to have, and the fields that follow."""

import numpy as np
import pytest

from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.spectral import waves
from geoprospect.kernels.structures import Nested, Structure

LIES = Orientation(30, -20, 10)


def nested(*models):
    return Nested(0.2, tuple(Structure(one, 0.8 / len(models), 90, 60, 20, LIES) for one in models))


def offsets(count=300):
    rng = np.random.default_rng(5)
    away = rng.normal(size=(count, 3))
    return away / np.linalg.norm(away, axis=1)[:, None] * rng.uniform(0, 120, (count, 1))


@pytest.mark.parametrize("model", ["spherical", "exponential", "gaussian"])
def test_waves_have_the_covariance_of_the_model(model):
    variogram = nested(model)
    errors = [
        waves(variogram.coded, seed=seed, count=4096).covariance(offsets())
        - variogram.structured(offsets())
        for seed in range(4)
    ]
    assert np.abs(errors).max() < 0.04
    assert np.std(errors) < 0.8 * 0.012  # independent draws: 1 / sqrt(2 * 4096) of the sill
    assert abs(np.mean(errors)) < 0.002


def test_waves_of_structures_add_up_to_the_sill_without_nugget():
    made = waves(nested("spherical", "gaussian").coded, seed=1)
    assert len(made.vectors) == 4096
    assert made.covariance(np.zeros((1, 3)))[0] == pytest.approx(0.8)


def test_fields_have_the_covariance_that_waves_say():
    made = waves(nested("exponential").coded, seed=2, count=256)
    places = np.array([[0.0, 0, 0], [10, 5, 0], [0, 0, 8], [500, 0, 0]])
    rng = np.random.default_rng(3)
    fields = made.basis(places) @ rng.standard_normal((512, 20_000))
    found = np.cov(fields)
    wanted = made.covariance((places[:, None] - places[None]).reshape(-1, 3)).reshape(4, 4)
    np.testing.assert_allclose(found, wanted, atol=0.03)


def test_large_coordinates_keep_their_waves():
    made = waves(nested("gaussian").coded, seed=2)
    far = np.array([[400_000.0, 5_000_000, 300]])
    exact = np.cos(far @ made.vectors.T) * made.amplitudes
    np.testing.assert_allclose(made.basis(far)[:, :2048], exact, atol=1e-6)


def test_a_seed_is_a_set_of_waves():
    one, same, other = (waves(nested("spherical").coded, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.vectors, same.vectors)
    assert not np.array_equal(one.vectors, other.vectors)
