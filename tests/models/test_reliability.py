"""Reliability by hand, on probabilities that are true, and on such as are known to be off."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.models import reliability as judged
from geoprospect.models.reliability import reliability


def made(seed=0, samples=6000):
    rng = np.random.default_rng(seed)
    truth = expit(rng.normal(-1, 1.5, samples))
    return truth, (rng.random(samples) < truth).astype(int), np.arange(samples)


def test_true_probabilities_are_reliable():
    truth, label, groups = made()
    found = reliability(truth, label, groups, seed=0)
    assert found["slope"] == pytest.approx(1, abs=0.1)
    assert found["intercept"] == pytest.approx(0, abs=0.1)
    assert found["ratio"] == pytest.approx(1, abs=0.05)
    assert found["bins"]["samples"] == [600] * 10
    assert json.loads(json.dumps(found)) == found


def test_bars_hold_the_truth_about_as_often_as_they_say():
    inside = []
    for seed in range(20):
        bins = reliability(*made(seed, 2000), seed=seed)["bins"]
        ends = zip(bins["low"], bins["told"], bins["high"], strict=True)
        inside += [low <= told <= high for low, told, high in ends]
    assert 0.9 <= np.mean(inside) <= 0.99


def test_two_bins_by_hand():
    told = [0.1, 0.2, 0.3, 0.6, 0.8, 0.7]
    label = [0, 0, 1, 1, 1, 0]
    found = reliability(told, label, np.arange(6), bins=2, seed=0)
    assert found["bins"]["told"] == pytest.approx([0.2, 0.7])
    assert found["bins"]["true"] == pytest.approx([1 / 3, 2 / 3])
    assert found["bins"]["deposits"] == [1, 2]
    brier = (0.01 + 0.04 + 0.49 + 0.16 + 0.04 + 0.49) / 6
    assert found["brier"] == pytest.approx(brier) == pytest.approx(brier_score_loss(label, told))
    assert found["brier_skill"] == pytest.approx(1 - brier / 0.25)
    assert found["ratio"] == pytest.approx(2.7 / 3)


def test_too_extreme_and_too_low_probabilities_are_told_apart():
    truth, label, groups = made()
    extreme = reliability(expit(2 * logit(truth)), label, groups, seed=0)
    assert extreme["slope"] == pytest.approx(0.5, abs=0.05)
    low = reliability(expit(logit(truth) - 1), label, groups, seed=0)
    assert low["slope"] == pytest.approx(1, abs=0.1)
    assert low["intercept"] == pytest.approx(1, abs=0.1)
    assert low["ratio"] < 0.8
    true = reliability(truth, label, groups, seed=0)
    assert max(extreme["brier_skill"], low["brier_skill"]) < true["brier_skill"]


def test_a_stated_prior_weighs_the_samples_as_the_ground_has_them():
    truth, label, groups = made(samples=40_000)
    kept = np.flatnonzero((label == 1) | (np.random.default_rng(1).random(len(label)) < 0.2))
    prior = float(truth.mean())
    found = reliability(truth[kept], label[kept], groups[kept], prior=prior, seed=0)
    assert found["intercept"] == pytest.approx(0, abs=0.1)
    assert found["ratio"] == pytest.approx(1, abs=0.05)
    assert found["observed"] / len(kept) == pytest.approx(prior)
    bins = found["bins"]
    assert bins["true"][-3:] == pytest.approx(bins["told"][-3:], rel=0.2)
    assert bins["low"][-1] < bins["true"][-1] < bins["high"][-1]
    plain = reliability(truth[kept], label[kept], groups[kept], seed=0)
    assert plain["intercept"] > 1  # fivefold odds


def test_deposits_of_one_cluster_widen_the_bars():
    truth, label, groups = made(samples=1000)

    def width(of):
        bins = reliability(truth, label, of, seed=0)["bins"]
        return np.mean(np.subtract(bins["high"], bins["low"]))

    alike = np.argsort(np.argsort(truth)) // 40  # deposits of a cluster are told the same
    assert width(alike) > 1.3 * width(groups)


def test_one_thing_told_of_all_has_no_slope():
    found = reliability(np.full(10, 0.3), np.arange(10) < 5, np.arange(10), seed=0)
    assert found["slope"] is None
    assert found["intercept"] == pytest.approx(-logit(0.3))
    assert found["bins"]["told"] == pytest.approx([0.3])


def test_the_same_seed_gives_the_same_bars():
    truth, label, groups = made(samples=500)
    one, same, other = (reliability(truth, label, groups, seed=s)["bins"] for s in (1, 1, 2))
    assert one == same
    assert one["low"] != other["low"]


def test_a_map_expects_the_sum_of_its_probabilities(grid):
    values = np.full(grid.shape, 0.01, "float32")
    values[:, 0] = np.nan
    layer = contract.describe(contract.on_grid(values, grid), long_name="p", units="1")
    assert judged.expected_deposits(layer) == pytest.approx(0.01 * 40 * 59)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(DataError, match="needs deposits and background with a probability"):
        reliability([0.1, np.nan], [0, 1], [1, 2], seed=0)
    with pytest.raises(ValueError, match="bins must be 2 or more, got 1"):
        reliability([0.1, 0.2], [0, 1], [1, 2], bins=1, seed=0)
