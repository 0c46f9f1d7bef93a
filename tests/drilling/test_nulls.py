"""The exact nulls: worked numbers, and every order of a small case."""

import itertools

import numpy as np
import pytest

from geoprospect.drilling.nulls import chance_of_hits, expected_rank, rank_variance


def test_worked_ranks():
    assert expected_rank(1, cells=1000, discoveries=7) == 125.125
    assert expected_rank(3, cells=1000, discoveries=7) == 375.375
    assert rank_variance(1, cells=1000, discoveries=7) == pytest.approx(12_079.8, abs=0.05)


def test_worked_hits():
    assert chance_of_hits(4, drilled=100, cells=1000, discoveries=7) == pytest.approx(
        0.0026065, abs=5e-8
    )
    found = [chance_of_hits(1, drilled=n, cells=10_000, discoveries=12) for n in (100, 500, 1000)]
    assert found == pytest.approx([0.1137, 0.4598, 0.7178], abs=5e-5)


def test_ranks_over_every_place_of_three_in_nine():
    places = np.array(list(itertools.combinations(range(1, 10), 3)))
    for which in (1, 2, 3):
        ranks = places[:, which - 1]
        assert expected_rank(which, cells=9, discoveries=3) == pytest.approx(ranks.mean())
        assert rank_variance(which, cells=9, discoveries=3) == pytest.approx(ranks.var())
        assert chance_of_hits(which, drilled=4, cells=9, discoveries=3) == pytest.approx(
            (ranks <= 4).mean()
        )


def test_what_cannot_be_is_named():
    with pytest.raises(ValueError, match=r"at least 2 discoveries .* got 1 in 10 cells"):
        expected_rank(2, cells=10, discoveries=1)
    with pytest.raises(ValueError, match=r"between 0 and all 10, .* got 11 and 1"):
        chance_of_hits(1, drilled=11, cells=10, discoveries=2)
