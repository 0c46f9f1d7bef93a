"""Tracts together: the published fixture, and brute force."""

import itertools
import logging

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.deposits import DepositNumber, counted
from geoprospect.resources.tracts import aggregated

P = (
    *(0.0102861623, 0.0383954552, 0.0782806334, 0.1153978909, 0.1375352172, 0.1406217571),
    *(0.1278973426, 0.1060076974, 0.0814512691, 0.0587507033, 0.0401652669, 0.0262221843),
    *(0.0164463342, 0.0099578372, 0.0058438560, 0.0033352482, 0.0018564366, 0.0010101909),
    0.0005385170,
)
"""The U.S. Geological Survey's sample input: the same for each of seven tracts."""


@pytest.fixture(scope="module")
def tracts():
    return [counted(P, "sample")] * 7


def ends(one):
    return [one.at_least(share) for share in (0.9, 0.5, 0.1, 0.05, 0.01)]


def test_one_tract_is_the_published_one(tracts):
    assert tracts[0].mean == pytest.approx(5.68952, abs=5e-6)
    assert tracts[0].sd == pytest.approx(2.92984, abs=5e-6)


@pytest.mark.parametrize(
    ("correlation", "sd", "wanted"),
    [(0.0, 7.7516, [30, 40, 50, 53, 59]), (1.0, 20.5089, [14, 35, 70, 77, 98])],
)
def test_the_exact_ends_are_the_published_ones(tracts, correlation, sd, wanted):
    made = aggregated(tracts, correlation=correlation, seed=1)
    assert made.mean == pytest.approx(39.8266, abs=1e-4)
    assert made.sd == pytest.approx(sd, abs=1e-4)
    assert ends(made) == wanted
    assert "exact" in made.provenance["how"]


def test_between_them_the_spread_lies_between_and_the_mean_stays(tracts):
    made = aggregated(tracts, correlation=0.75, seed=1)
    assert made.mean == pytest.approx(39.8266, abs=0.003)
    assert 7.7516 < made.sd < 20.5089
    assert made.provenance["sd_of_counts"] == pytest.approx(18.18, abs=0.005)
    assert made.sd == pytest.approx(18.18, rel=0.03), "ranks correlate almost as numbers do"
    wide, narrow = ends(made), ends(aggregated(tracts, correlation=0.0, seed=1))
    assert (wide[2] - wide[0]) / (narrow[2] - narrow[0]) == pytest.approx(2.5, abs=0.2)


def test_simulated_independence_is_near_the_exact(tracts):
    nearly = aggregated(tracts, correlation=1e-9, seed=3)
    assert nearly.sd == pytest.approx(7.7516, rel=0.03)
    assert nearly.provenance["how"] == "simulated"


def test_unlike_tracts_added_by_brute_force():
    one, other = (
        counted([0.2, 0.5, 0.3], "a"),
        DepositNumber(np.array([1, 4]), np.array([0.6, 0.4]), "b"),
    )
    made = aggregated([one, other], correlation=0.0, seed=1)
    wanted = np.zeros(7)
    for (n, p), (m, q) in itertools.product(zip(one.n, one.p, strict=True),
                                            zip(other.n, other.p, strict=True)):  # fmt: skip
        wanted[n + m] += p * q
    np.testing.assert_allclose(made.p, wanted, atol=1e-15)
    together = aggregated([one, other], correlation=1.0, seed=1)
    # 0 to 0.2: 0 and 1; to 0.6: 1 and 1; to 0.7: 1 and 4; to 1: 2 and 4
    np.testing.assert_allclose(together.p, [0, 0.2, 0.4, 0, 0, 0.1, 0.3], atol=1e-12)
    against = aggregated([one, other], correlation=-0.9, seed=1)
    assert against.sd < made.sd
    assert against.mean == pytest.approx(made.mean, abs=1e-3)


def test_correlations_that_cannot_be_are_brought_near_and_told(tracts, caplog):
    matrix = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with caplog.at_level(logging.WARNING):
        made = aggregated(tracts[:3], correlation=matrix, seed=1)
    assert "no numbers can have these correlations (smallest eigenvalue -0.8)" in caplog.text
    assert made.mean == pytest.approx(3 * 5.68952, abs=0.003)


@pytest.mark.parametrize(
    ("count", "correlation"),
    [(1, 0.5), (3, 1.2), (2, np.eye(3)), (2, np.array([[1, 0.5], [0.4, 1]])),
     (2, np.array([[2, 0.5], [0.5, 1]]))],
)  # fmt: skip
def test_what_is_no_correlation_is_refused(tracts, count, correlation):
    with pytest.raises(DataError, match=f"{count} tracts need a correlation in"):
        aggregated(tracts[:count], correlation=correlation, seed=1)


def test_the_same_seed_gives_the_same_bits(tracts):
    one, other = (aggregated(tracts, correlation=0.5, seed=4) for _ in "ab")
    assert one.p.tobytes() == other.p.tobytes()
