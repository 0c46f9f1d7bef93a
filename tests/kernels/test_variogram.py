import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from geoprospect.kernels import variogram
from geoprospect.kernels.variogram import Experimental, Variogram, experimental, fitted, stretched


def cloud(seed: int, count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1000, (count, 2)), rng.normal(size=count)


@pytest.mark.parametrize("robust", [False, True])
def test_bins_are_those_of_looking_at_every_pair(robust):
    places, values = cloud(1)
    found = experimental(places, values, max_lag=500.0, robust=robust, sectors=1, heads=len(values))
    away, apart = pdist(places), pdist(values[:, None])
    row = 0
    for k in range(20):
        inside = (away > 500 * (k / 20) ** 2) & (away <= 500 * ((k + 1) / 20) ** 2)
        n = inside.sum()
        if n < 30:
            continue
        gamma = np.mean(apart[inside] ** 2) / 2
        if robust:
            gamma = np.mean(apart[inside] ** 0.5) ** 4 / (2 * (0.457 + 0.494 / n))
        assert found.pairs[row] == n
        np.testing.assert_allclose(found.distance[row], away[inside].mean())
        np.testing.assert_allclose(found.gamma[row], gamma)
        row += 1
    assert row == len(found.pairs) > 10


def test_some_heads_make_their_pairs_once():
    places, values = cloud(2, 40)
    found = experimental(places, values, max_lag=5000.0, robust=False, sectors=1, heads=10)
    assert found.pairs.sum() <= sum(39 - i for i in range(10))
    every = experimental(places, values, max_lag=5000.0, robust=False, sectors=1, heads=40)
    assert every.pairs.sum() > 0.95 * 40 * 39 / 2  # bins of few pairs are left out


def test_sectors_part_pairs_by_direction():
    down, right = np.mgrid[0:12, 0:12] * 100.0
    places = np.stack([down.ravel(), right.ravel()], axis=1)
    values = right.ravel() / 100  # changes eastward, not northward
    found = experimental(places, values, max_lag=400.0, robust=False, sectors=6, heads=144)
    northward = np.minimum(found.azimuth, 180 - found.azimuth) < 1
    eastward = np.abs(found.azimuth - 90) < 1
    np.testing.assert_allclose(found.gamma[northward], 0, atol=1e-12)
    np.testing.assert_allclose(
        found.gamma[eastward], (found.distance[eastward] / 100) ** 2 / 2, rtol=0.05
    )


def measured(gamma, azimuths=(0.0,)) -> Experimental:
    away, azimuth = (one.ravel() for one in np.meshgrid(np.linspace(20, 1000, 25), azimuths))
    return Experimental(away, azimuth, gamma(away, azimuth), np.full(away.size, 100.0))


CURVES = {
    "spherical": lambda h: np.where(h < 1, 1.5 * h - 0.5 * h**3, 1),
    "exponential": lambda h: 1 - np.exp(-3 * h),
    "gaussian": lambda h: 1 - np.exp(-3 * h**2),
}


@given(
    st.sampled_from(variogram.MODELS),
    st.sampled_from([0.0, 0.4]),
    st.floats(100, 900),
    st.floats(0.01, 100),
)
@settings(max_examples=25, deadline=None)
def test_a_model_is_found_again(model, nugget, reach, scale):
    points = measured(lambda h, _: scale * (nugget + 1.6 * CURVES[model](h / reach)))
    found = fitted(points, model, max_lag=1000.0)
    np.testing.assert_allclose(found.range, reach, rtol=1e-2)
    np.testing.assert_allclose(found.sill, scale * (nugget + 1.6), rtol=1e-2)
    np.testing.assert_allclose(found.nugget, scale * nugget, atol=1e-2 * scale)


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0, 163.0])
def test_the_direction_of_the_longest_range_is_found_again(azimuth):
    def gamma(away, along):
        turn = np.radians(along - azimuth)
        return 0.2 + CURVES["spherical"](away * np.hypot(np.cos(turn), np.sin(turn) / 0.4) / 700)

    found = fitted(
        measured(gamma, np.arange(0, 180, 30)), "spherical", max_lag=1000.0, anisotropic=True
    )
    assert abs((found.azimuth - azimuth + 90) % 180 - 90) < 1
    np.testing.assert_allclose(found.ratio, 0.4, rtol=0.02)
    np.testing.assert_allclose(found.range, 700, rtol=0.02)


@pytest.mark.parametrize(
    "stated", [{"nugget": 0.5}, {"sill": 3.0}, {"range": 123.0}, {"nugget": 0.5, "sill": 3.0}]
)
def test_what_is_stated_is_kept(stated):
    points = measured(lambda h, _: 0.2 + 1.6 * CURVES["spherical"](h / 500))
    found = fitted(points, "spherical", max_lag=1000.0, **stated)
    assert {key: getattr(found, key) for key in stated} == pytest.approx(stated)
    assert 0 <= found.nugget <= found.sill


def test_values_that_never_change_have_no_variogram():
    points = measured(lambda h, _: 0 * h)
    found = fitted(points, "spherical", max_lag=1000.0)
    assert (found.nugget, found.sill) == (0, 0)


def test_a_place_along_the_azimuth_keeps_its_distance_and_one_across_it_grows():
    azimuth = np.radians(30)
    along = np.array([[-np.cos(azimuth), np.sin(azimuth)]])  # (down, right)
    across = np.array([[np.sin(azimuth), np.cos(azimuth)]])
    assert np.hypot(*stretched(along, 30.0, 0.25)[0]) == pytest.approx(1)
    assert np.hypot(*stretched(across, 30.0, 0.25)[0]) == pytest.approx(4)


def test_gamma_is_zero_at_zero_distance_and_jumps_by_the_nugget():
    found = Variogram("exponential", 0.5, 2.0, 300.0).gamma(np.array([0.0, 1e-9, 300.0, 1e6]))
    np.testing.assert_allclose(found, [0, 0.5, 0.5 + 1.5 * (1 - np.exp(-3)), 2.0])
