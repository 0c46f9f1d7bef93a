"""Calibration recovers distortions and priors that were put in, and agrees with scikit-learn."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from geoprospect.errors import ModelError
from geoprospect.models import calibration
from geoprospect.models.calibration import Calibration, calibrated, fitted


def ground(cells=400_000, seed=0):
    """True probabilities of a deposit on the ground, and the deposits."""
    rng = np.random.default_rng(seed)
    truth = expit(-5 + 1.5 * rng.normal(size=cells))
    return truth, rng.random(cells) < truth


def drawn(truth, deposit, ratio, seed=1):
    """All deposits and so many times as many background cells; places."""
    rng = np.random.default_rng(seed)
    barren = rng.choice(np.flatnonzero(~deposit), ratio * deposit.sum(), replace=False)
    return np.concatenate([np.flatnonzero(deposit), barren])


@pytest.mark.parametrize("method", ["platt", "beta", "isotonic"])
def test_a_known_prior_and_a_known_logistic_distortion_are_recovered(method):
    truth, deposit = ground()
    places = drawn(truth, deposit, 10)
    distorted = expit(0.4 * logit(truth) + 1.2)
    curve = fitted(distorted[places], deposit[places], method=method)
    found = calibrated(distorted, curve, prior=float(truth.mean()))
    assert found.mean() == pytest.approx(truth.mean(), rel=0.05)
    usual = (truth > 0.002) & (truth < 0.2)
    assert np.abs(logit(found) - logit(truth))[usual].max() < 0.35
    assert np.abs(logit(found) - logit(truth))[usual].mean() < 0.1


def test_the_slope_of_platts_curve_undoes_the_distortion():
    truth, deposit = ground()
    places = drawn(truth, deposit, 10)
    curve = fitted(expit(0.4 * logit(truth[places]) + 1.2), deposit[places], method="platt")
    assert curve.slopes[0] == curve.slopes[1] == pytest.approx(1 / 0.4, rel=0.05)
    # log-odds among the samples: 1/0.4 (x - 1.2) shifted by the odds of being drawn
    shift = logit(curve.share) - logit(deposit.mean())
    assert curve.intercept == pytest.approx(-1.2 / 0.4 + shift, abs=0.15)


def test_the_lines_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    score = rng.beta(2, 2, 4000)
    label = rng.random(4000) < expit(2 * np.log(score) - 0.7 * np.log(1 - score) + 0.3)
    deposits, barren = label.sum(), (~label).sum()
    yes, no = (deposits + 1) / (deposits + 2), 1 / (barren + 2)
    table = np.stack([np.log(score), -np.log(1 - score)], axis=1)
    for method, columns in (("beta", table), ("platt", table.sum(axis=1, keepdims=True))):
        target = np.where(label, yes, no)
        oracle = LogisticRegression(C=1e12, tol=1e-10, max_iter=10_000).fit(
            np.vstack([columns, columns]), np.repeat([1, 0], 4000),
            sample_weight=np.concatenate([target, 1 - target]),
        )  # fmt: skip
        curve = fitted(score, label, method=method)
        wanted = oracle.coef_[0] if method == "beta" else np.repeat(oracle.coef_[0], 2)
        np.testing.assert_allclose(curve.slopes, wanted, rtol=1e-3)
        assert curve.intercept == pytest.approx(oracle.intercept_[0], abs=1e-3)


def test_a_slope_is_never_negative():
    rng = np.random.default_rng(0)
    score = rng.random(2000)
    upside_down = rng.random(2000) < 1 - score
    for method in ("platt", "beta"):
        curve = fitted(score, upside_down, method=method)
        assert curve.slopes == pytest.approx((0, 0), abs=1e-6)
        assert calibrated([0.2], curve)[0] == pytest.approx(upside_down.mean(), abs=0.01)


def test_a_staircase_by_hand():
    # 40 barren below, then 10 deposits of 20, then 10 of 10
    score = np.concatenate([np.full(40, 0.1), np.full(20, 0.5), np.full(10, 0.9)])
    label = np.concatenate([np.zeros(40), np.tile([0, 1], 10), np.ones(10)])
    curve = fitted(score, label, method="isotonic")
    # the barren ones go with the second bin of ten deposits
    assert curve.scores == pytest.approx(((40 * 0.1 + 20 * 0.5) / 60, 0.9))
    assert curve.log_odds == pytest.approx((logit(10.5 / 61), logit(10.5 / 11)))
    assert calibrated([0.0, 1.0], curve) == pytest.approx([10.5 / 61, 10.5 / 11])


@settings(max_examples=25)
@given(st.integers(0, 999), st.sampled_from(["platt", "beta", "isotonic"]), st.floats(0.001, 0.9))
def test_higher_scores_are_never_less_probable(seed, method, prior):
    rng = np.random.default_rng(seed)
    score = np.round(rng.random(300), 2)
    label = rng.random(300) < 0.2 + 0.5 * score
    curve = fitted(score, label, method=method)
    found = calibrated(np.linspace(0, 1, 101), curve, prior=prior)
    assert (np.diff(found) >= -1e-12).all()
    assert ((found > 0) & (found < 1)).all()


def test_the_method_follows_from_the_number_of_deposits():
    rng = np.random.default_rng(0)

    def method(deposits):
        label = np.arange(1000) < deposits
        return fitted(rng.random(1000), label).method

    assert [method(n) for n in (49, 50, 200, 201)] == ["platt", "beta", "beta", "isotonic"]


def test_samples_that_can_be_parted_ask_for_no_infinite_slope():
    curve = fitted([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert max(curve.slopes) < 10
    assert 0.5 < calibrated([0.9], curve)[0] < 0.9


def test_a_prior_moves_the_odds_and_nothing_else():
    curve = Calibration("platt", 10, 0.2, slopes=(1.0, 1.0), intercept=0.0)
    plain = calibrated([0.3, np.nan, 0.0, 1.0], curve)
    moved = calibrated([0.3, np.nan, 0.0, 1.0], curve, prior=0.01)
    assert plain[0] == pytest.approx(0.3)
    assert np.isnan(plain[1])
    assert moved[0] == pytest.approx(expit(logit(0.3) + logit(0.01) - logit(0.2)))
    assert np.isfinite(moved[[2, 3]]).all()
    assert calibrated([0.3], curve, prior=0.2)[0] == pytest.approx(0.3)


def test_only_with_a_prior_is_it_called_a_probability():
    assert calibration.called(None) == "relative favourability"
    assert calibration.called(0.001) == "probability of a deposit in a cell"


@pytest.mark.parametrize("prior", [0, 1, -0.1, 1.5, float("nan")])
def test_a_prior_that_is_none_is_refused(prior):
    curve = Calibration("platt", 10, 0.2, slopes=(1.0, 1.0))
    with pytest.raises(ValueError, match=r"prior must lie between 0 and 1, got .*expected number"):
        calibrated([0.5], curve, prior=prior)


@pytest.mark.parametrize("method", ["platt", "beta", "isotonic"])
def test_json_brings_the_curve_back(method):
    rng = np.random.default_rng(0)
    curve = fitted(rng.random(300), rng.random(300) < 0.3, method=method)
    text = json.dumps(dataclasses.asdict(curve))
    assert calibration.from_json(json.loads(text)) == curve


def test_each_fold_is_calibrated_by_the_others(caplog):
    rng = np.random.default_rng(0)
    score, fold = rng.random(600), np.arange(600) % 3
    label = rng.random(600) < score
    fold[:6] = -1
    found = calibration.cross_calibrated(score, label, fold, prior=0.1)
    assert np.isnan(found[:6]).all()
    others = (fold != 1) & (fold >= 0)
    curve = fitted(score[others], label[others], method="isotonic")
    assert fitted(score, label).method == "isotonic"
    np.testing.assert_array_equal(found[fold == 1], calibrated(score[fold == 1], curve, prior=0.1))
    label[fold != 2] = False
    lone = calibration.cross_calibrated(score, label, fold, prior=None)
    assert np.isnan(lone[fold == 2]).all()
    assert np.isfinite(lone[fold == 0]).all()
    assert "calibration cannot be judged in fold 2: calibration needs deposits" in caplog.text


def test_what_cannot_calibrate_is_refused():
    with pytest.raises(ModelError, match="there are 2 scores and 3 labels"):
        fitted([0.1, 0.2], [0, 1, 1])
    with pytest.raises(ModelError, match=r"scores to be calibrated must lie in \[0, 1\]"):
        fitted([0.1, 1.2], [0, 1])
    with pytest.raises(ModelError, match="there are 0 deposits and 2 background cells"):
        fitted([0.1, 0.2, np.nan], [0, 0, 1])
    with pytest.raises(ModelError, match="a staircase needs 20 deposits at least, and there are 1"):
        fitted([0.1, 0.2], [0, 1], method="isotonic")
