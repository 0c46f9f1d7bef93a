"""Numbers of unlike coins against binomials, brute force, and themselves cut otherwise."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoprospect.kernels import poisson_binomial as pb

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=9)


def by_hand(chances):
    """Every outcome of every coin."""
    p = np.zeros(len(chances) + 1)
    for fallen in itertools.product((0, 1), repeat=len(chances)):
        p[sum(fallen)] += np.prod(
            [q if one else 1 - q for q, one in zip(chances, fallen, strict=True)]
        )
    return p


@given(CHANCES)
def test_it_is_what_all_outcomes_add_up_to(chances):
    np.testing.assert_allclose(pb.distribution(chances), by_hand(chances), atol=1e-14)


@given(CHANCES)
def test_the_way_of_many_cells_gives_the_same(chances):
    made = pb.of_parts(pb.parts(np.array(chances)))
    wanted = by_hand(chances)
    both = np.zeros((2, max(len(made), len(wanted))))
    both[0, : len(made)], both[1, : len(wanted)] = made, wanted
    np.testing.assert_allclose(*both, atol=1e-11)


@pytest.mark.parametrize(("cells", "chance"), [(1000, 0.003), (400, 0.3), (20000, 0.05), (50, 1.0)])
def test_like_coins_are_binomial(cells, chance):
    n = np.arange(cells + 1)
    wanted = stats.binom.pmf(n, cells, chance)
    for made in (pb.distribution(np.full(cells, chance)),
                 pb.of_parts(pb.parts(np.full(cells, chance)))):  # fmt: skip
        np.testing.assert_allclose(made, wanted[: len(made)], atol=1e-9)
        assert wanted[len(made) :].sum() < 1e-12


def test_mean_and_variance_are_sums():
    chances = np.random.default_rng(1).random(5000) ** 6
    known = pb.parts(chances)
    assert known.mean == pytest.approx(chances.sum(), abs=1e-9)
    assert known.variance == pytest.approx((chances * (1 - chances)).sum(), abs=1e-9)
    p = pb.of_parts(known)
    assert np.arange(len(p)) @ p == pytest.approx(chances.sum(), abs=1e-8)


@given(st.integers(0, 2**32), st.lists(st.integers(1, 99), max_size=6))
def test_how_cells_are_cut_changes_no_bit(seed, cuts):
    chances = np.random.default_rng(seed).random(100) ** 4
    pieces = np.split(chances, sorted(cuts))
    whole, joined = pb.parts(chances), pb.joined(pb.parts(piece) for piece in reversed(pieces))
    assert whole == joined
    assert pb.of_parts(whole).tobytes() == pb.of_parts(joined).tobytes()


def test_unknown_cells_count_nothing():
    chances = np.array([[0.2, np.nan], [0.01, 0.4]])
    assert pb.parts(chances) == pb.parts(np.array([0.01, 0.2, 0.4]))
    assert pb.whole(chances) == pb.whole(np.array([0.61]))


def test_more_than_two_million_cells_do_not_overflow():
    assert pb.whole(np.ones(3_000_000)) == 3_000_000 * int(pb.UNIT)


def test_long_counts_are_joined_by_fourier_as_by_hand():
    one = stats.poisson.pmf(np.arange(90), 20)
    other = stats.poisson.pmf(np.arange(130), 30)
    made = pb.convolved(one, other)
    np.testing.assert_allclose(made[:60], stats.poisson.pmf(np.arange(60), 50), atol=1e-15)
    assert (made >= 0).all()
    assert pb.distribution([]).tolist() == [1.0]
