"""Independence of evidence against scipy, plain loops, and made layers whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import chi2_contingency, norm

from geoprospect.kernels import independence
from geoprospect.kernels import weights as kernel


@given(
    hnp.arrays(
        np.int64,
        st.tuples(st.integers(2, 4), st.integers(2, 4)),
        elements=st.integers(1, 60),
    )
)
def test_pairs_are_tested_as_scipy_does(counts):
    found = independence.pairwise(counts)
    wanted = chi2_contingency(counts)
    assert found.chi_squared == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-12)
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-9)
    assert found.freedom == wanted.dof
    assert found.least == pytest.approx(wanted.expected_freq.min())
    assert found.deposits == counts.sum()


def test_a_table_with_yates_counted_by_hand():
    # 20 deposits: 8 on both patterns, 2 and 4 on one, 6 on neither
    found = independence.pairwise([[8, 2], [4, 6]])
    assert found.chi_squared == pytest.approx(20 * (8 * 6 - 2 * 4 - 10) ** 2 / (10 * 10 * 12 * 8))
    assert found.least == 4


def test_classes_without_deposits_are_not_in_the_table():
    bare = independence.pairwise([[8, 2], [4, 6]])
    assert independence.pairwise([[8, 0, 2], [0, 0, 0], [4, 0, 6]]) == bare


@pytest.mark.parametrize("counts", [[[5, 0], [0, 0]], [[5, 4], [0, 0]], [[0, 0], [0, 0]]])
def test_one_class_alone_cannot_be_tested(counts):
    found = independence.pairwise(counts)
    assert (found.p, found.freedom) == (1, 0)
    assert math.isnan(found.least)


def test_the_overall_test_counted_by_hand():
    found = independence.overall([0.1, 0.4], [0.02, 0.1], [100, 20], deposits=12)
    assert found.predicted == pytest.approx(18)
    assert found.ratio == pytest.approx(12 / 18)
    assert found.sd == pytest.approx(math.sqrt(2**2 + 2**2))
    assert found.z == pytest.approx(6 / math.sqrt(8))
    assert found.p == pytest.approx(norm.sf(6 / math.sqrt(8)))


def judged(layers: np.ndarray, deposit: np.ndarray) -> tuple[independence.Overall, list]:
    """Both tests on binary layers (layers, cells), all weights told from these cells."""
    units, count = layers.shape[1], int(deposit.sum())
    found = kernel.weights(
        layers[:, deposit].sum(axis=1), layers.sum(axis=1), deposits=count, units=units
    )
    evidence = [
        kernel.Evidence(np.array([m, p]), np.array([ms, ps]), np.array([0.5, 0.5]))
        for m, p, ms, ps in zip(found.minus, found.plus, found.minus_sd, found.plus_sd, strict=True)
    ]
    conditions, cells = np.unique(layers.astype(int), axis=1, return_counts=True)
    posterior, sd = kernel.response(conditions, evidence, prior=count / units, deposits=count)
    pairs = []
    for one in range(len(layers)):
        for other in range(one):
            table = np.zeros((2, 2))
            np.add.at(
                table, (layers[one, deposit].astype(int), layers[other, deposit].astype(int)), 1
            )
            pairs.append(independence.pairwise(table))
    return independence.overall(posterior, sd, cells, deposits=count), pairs


def made_ground(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three layers that are independent given deposits, and given none."""
    deposit = np.zeros(6000, bool)
    deposit[rng.choice(6000, 120, replace=False)] = True
    chances = np.where(deposit, [[0.7], [0.6], [0.5]], [[0.2], [0.25], [0.15]])
    return rng.random(chances.shape) < chances, deposit


def test_independent_layers_pass_and_a_duplicate_fails_over_200_repeats():
    rng = np.random.default_rng(11)
    passed, pair_p, repeated = [], [], []
    for _ in range(200):
        layers, deposit = made_ground(rng)
        overall, pairs = judged(layers, deposit)
        passed.append(overall.p)
        pair_p += [pair.p for pair in pairs]
        repeated.append(judged(layers[[0, 0, 1, 2]], deposit))
    # at most 5 % wrongly rejected, and some three deviations of luck
    assert np.mean(np.array(passed) < 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    assert np.mean(np.array(pair_p) < 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)
    assert all(overall.p < 0.05 and overall.ratio < 0.85 for overall, _ in repeated)
    assert all(pairs[0].p < 1e-12 for _, pairs in repeated)


def test_conditions_that_are_parted_would_hide_the_variance():
    """Cells of one condition share one estimate: parted into single cells they would not."""
    together = independence.overall([0.1], [0.02], [100], deposits=5)
    parted = independence.overall([0.1] * 100, [0.02] * 100, [1] * 100, deposits=5)
    assert together.predicted == pytest.approx(parted.predicted)
    assert together.sd == pytest.approx(10 * parted.sd)
