"""Ore and metal by simulation: published quantiles, formulas, and a brute-force double."""

import json
import logging

import numpy as np
import pytest

from geoprospect.resources import contained as module
from geoprospect.resources.contained import contained, moments, recovered
from geoprospect.resources.deposits import counted
from geoprospect.resources.experts import negative_binomial
from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.tonnage import Tonnage
from tests.resources.models import PIVOT, example
from tests.resources.test_elicited import PANEL, experts

SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
PUBLISHED = {
    "ore": (4.07e8, 8.39e8, 2.03e9, 4.33e9, 8.05e9, 1.31e10, 1.72e10),
    "Cu": (1.79e6, 3.79e6, 9.58e6, 2.10e7, 4.01e7, 6.69e7, 9.01e7),
    "Au": (153, 322, 818, 1792, 3428, 5765, 7724),
}


@pytest.fixture(scope="module")
def number():
    return negative_binomial(experts=experts(PANEL))


@pytest.fixture(scope="module")
def made(number):
    return contained(number, example(), seed=2)


def mild():
    """A model without long tails, so that a sample tells its fourth moments."""
    return GradeTonnage("mild", "", Tonnage(np.array([1.0]), 0.2), ("Cu", "Au"),
                        PIVOT @ np.log([0.1, 0.2, 0.7]), np.diag([0.03, 0.05]), 9, 9)  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_quantiles_are_the_published_ones(made, name):
    found = [made.quantity(name).quantiles[share] for share in SHARES]
    # the lowest lie where few trials do: their own sampling error is 2 %
    assert found[2:] == pytest.approx(PUBLISHED[name][2:], rel=0.03)
    assert found[:2] == pytest.approx(PUBLISHED[name][:2], rel=0.06)


def test_means_are_the_published_ones(made):
    for name, mean in (("ore", 6.07e9), ("Cu", 3.08e7), ("Au", 2.64e3)):
        told = made.told()["amounts"][name]
        assert told["mean"] == pytest.approx(mean, rel=0.04)
        assert told["formula_mean"] == pytest.approx(mean, rel=0.005)
    for name, sd in (("ore", 6.59e9), ("Cu", 3.76e7), ("Au", 3.14e3)):
        assert made.told()["amounts"][name]["formula_sd"] == pytest.approx(sd, rel=0.05)


def test_chances_are_the_published_ones(made):
    told = made.told()
    assert told["none"] == pytest.approx(0.0080, abs=2 * (0.008 / 20_000) ** 0.5)
    above = [told["amounts"][name]["above_mean"] for name in PUBLISHED]
    assert above == pytest.approx([0.362, 0.350, 0.349], abs=0.01)


def test_simulation_and_formula_agree_within_two_standard_errors(made):
    assert len(made.checks()) == 3 + 6
    assert all(row["holds"] for row in made.checks())
    assert max(abs(row["errors"]) for row in made.checks()) > 1e-4


def test_truncation_takes_a_quarter_off_every_mean(number):
    whole, cut = (moments(number, example(truncated=one))[0] for one in (False, True))
    np.testing.assert_allclose(cut / whole, 427 / 569, rtol=2e-3)


def test_the_formula_is_that_of_a_plain_double_loop():
    number = counted([0.2, 0.3, 0.1, 0.4], "made")
    model, rng = mild(), np.random.default_rng(8)
    totals = []
    for n in rng.choice(4, 60_000, p=number.p):
        ore = np.exp(rng.normal(1, 0.2, n))
        shares = np.exp(
            np.log([0.1, 0.2, 0.7])
            + (rng.standard_normal((n, 2)) * [0.03, 0.05] ** np.array(0.5)) @ PIVOT
        )
        shares = shares / shares.sum(axis=1, keepdims=True)
        totals.append([ore.sum(), ore @ shares[:, 0], ore @ shares[:, 1]])
    table = np.array(totals)
    mean, covariance, fourth = moments(number, model)
    np.testing.assert_allclose(table.mean(axis=0), mean, rtol=0.015)
    np.testing.assert_allclose(np.cov(table.T), covariance, rtol=0.02)
    away = table - table.mean(axis=0)
    np.testing.assert_allclose((away**2).T @ away**2 / len(away), fourth, rtol=0.04)


def test_a_drawn_total_is_the_sum_of_its_deposits(monkeypatch):
    number, model = counted([0.3, 0.3, 0.4], "made"), mild()
    whole = contained(number, model, seed=5, trials=1000)
    assert (whole.totals[whole.counts == 0] == 0).all()
    assert (whole.totals[whole.counts > 0] > 0).all()
    rng = np.random.default_rng(5)
    rng.random(1000)
    ends = np.cumsum(whole.counts)
    trial, ore, grades = next(module.drawn(model, whole.counts, rng))
    for k in (0, 1, 17, 999):
        mine = slice(ends[k] - whole.counts[k], ends[k])
        assert set(trial[mine]) <= {k}
        wanted = [ore[mine].sum(), *(ore[mine] @ grades[mine])]
        assert whole.totals[k] == pytest.approx(wanted)


def test_few_at_a_time_are_all_there(monkeypatch):
    number, model = counted([0.3, 0.3, 0.4], "made"), mild()
    monkeypatch.setattr(module, "AT_ONCE", 100)
    counts = contained(number, model, seed=5, trials=1000).counts
    pieces = list(module.drawn(model, counts, np.random.default_rng(1)))
    assert len(pieces) > 5
    trials = np.concatenate([piece[0] for piece in pieces])
    np.testing.assert_array_equal(trials, np.repeat(np.arange(1000), counts))


def test_the_same_seed_gives_the_same_bits(number):
    one, other, third = (contained(number, example(), seed=seed, trials=500) for seed in (1, 1, 2))
    assert one.totals.tobytes() == other.totals.tobytes() != third.totals.tobytes()


def test_a_filter_sees_the_same_deposits(number):
    whole = contained(number, example(), seed=9, trials=800)
    same = recovered(number, example(), lambda ore, grades, _: np.column_stack(
        [ore, ore[:, None] * grades]), seed=9, trials=800)  # fmt: skip
    assert same.totals.tobytes() == whole.totals.tobytes()
    assert same.checks() == []
    assert same.kept != whole.kept


def test_a_check_that_fails_is_a_warning(number, caplog, monkeypatch):
    right = example()
    wrong = np.array([7e9, 3e7, 2.6e3]), 1e19 * np.eye(3), 1e45 * np.ones((3, 3))
    monkeypatch.setattr(module, "moments", lambda *_: wrong)
    with caplog.at_level(logging.WARNING):
        contained(number, right, seed=2, trials=5000)
    assert "differ by more than two standard errors" in caplog.text
    assert "mean of ore -" in caplog.text


def test_it_goes_through_json_and_says_how_it_is_known(made):
    told = json.loads(json.dumps(made.told(), allow_nan=False))
    assert told["evidence_level"] == made.quantity("Cu").evidence_level == "predicted"
    assert len(told["amounts"]["Cu"]["curve"]) == 99
    assert told["amounts"]["Cu"]["curve"][49] == pytest.approx(made.quantity("Cu").quantiles[0.5])


def test_too_few_trials_are_refused(number):
    with pytest.raises(ValueError, match="trials must be 100 or more, got 5"):
        contained(number, example(), seed=1, trials=5)
