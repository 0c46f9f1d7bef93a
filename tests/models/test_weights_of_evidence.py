"""The model against hand counts, its own public tables, and the conventions of estimators."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from geoprospect.errors import ModelError
from geoprospect.kernels import weights as kernel
from geoprospect.models.weighed import Classes, Cut, cut
from geoprospect.models.weights_of_evidence import WeightsOfEvidence, weights_of_evidence
from geoprospect.registry import MODELS

NAMES = ["signal", "noise", "rock", "gappy"]


def made(seed=0, deposits=60, background=1500):
    """High signal and rock 5 tell of deposits; noise tells nothing; gappy is low there."""
    rng = np.random.default_rng(seed)
    y = (np.arange(deposits + background) < deposits).astype(int)
    signal = rng.normal(1.2 * y, 1)
    rock = np.where(rng.random(len(y)) < 0.2 + 0.5 * y, 5, rng.choice([2, 9, 11], len(y)))
    gappy = rng.normal(-1.0 * y, 1)
    gappy[rng.random(len(y)) < 0.3] = np.nan
    X = np.stack([signal, rng.normal(size=len(y)), rock, gappy], axis=1).astype("float32")
    return X, y


def fitted(X, y, **settings):
    model = weights_of_evidence(seed=1, **settings)
    return model.fit(X, y, feature_name=NAMES, categorical_feature=["rock"])


@pytest.fixture(scope="module")
def model():
    return fitted(*made(), confidence=2.326)


def test_it_is_found_by_name():
    assert isinstance(MODELS["weights_of_evidence"](seed=3), WeightsOfEvidence)
    assert WeightsOfEvidence.raw_units == "log-odds"


def test_a_cut_counted_by_hand():
    # values 0 to 9; deposits at 7, 8, 9, 9, 2
    values = np.array([*range(10), 7, 8, 9, 9, 2], "float32")
    deposit = np.arange(15) >= 10
    found = cut(values, deposit, np.ones(15), number=10, rule="studentised", confidence=0.5)
    assert found.threshold == 6
    assert found.beyond == pytest.approx(math.log((4 / 5) / (3 / 10)))
    assert found.up_to == pytest.approx(math.log((1 / 5) / (7 / 10)))
    assert found.beyond_sd == pytest.approx(math.sqrt(1 / 4 + 1 / 3))
    assert found.weights(np.array([6, 6.5, np.nan], "float32")).tolist() == [
        found.up_to, found.beyond, 0,
    ]  # fmt: skip


@given(st.integers(0, 50), st.sampled_from(["contrast", "studentised"]))
def test_the_cut_is_the_best_of_all_between_quantiles_either_way(seed, rule):
    rng = np.random.default_rng(seed)
    deposit = np.arange(200) < 20
    values = rng.normal(np.where(deposit, 0.8, 0), 1).astype("float32")
    one = cut(values, deposit, np.ones(200), number=8, rule=rule, confidence=0.1)
    edges = np.unique(np.sort(values[~deposit])[np.arange(1, 8) * 180 // 8])
    side = np.searchsorted(edges, values, side="left")
    measure = []
    for place in range(len(edges)):
        for inside in (side <= place, side > place):
            told = kernel.weights(
                [np.sum(inside & deposit)], [np.sum(inside)], deposits=20, units=200
            )
            measure.append(getattr(told, rule)[0] if told.studentised[0] >= 0.1 else -9)
    assert getattr(one, rule) == pytest.approx(max(measure))


def test_layers_are_weighed_by_what_they_tell(model):
    signal, noise, rock, gappy = model.weighed_
    assert signal.beyond > 0 > signal.up_to
    assert gappy.up_to > 0 > gappy.beyond
    assert noise == Cut(None)
    assert dict(zip(rock.codes, rock.own, strict=True))[5]
    assert dict(zip(rock.codes, rock.weight, strict=True))[5] > 0


def test_classes_weigh_as_the_kernel_says():
    X, y = made()
    rock = fitted(X, y).weighed_[2]
    codes = np.unique(X[:, 2])
    on = np.array([(y[X[:, 2] == code] == 1).sum() for code in codes])
    units = np.array([(X[:, 2] == code).sum() for code in codes])
    own, weight, sd = kernel.pooled(on, units, deposits=60, units=1560, confidence=1.645)
    assert rock == Classes(tuple(codes.astype(int)), tuple(weight), tuple(sd), tuple(own))


def test_contributions_add_up_to_the_scores_to_the_bit(model):
    X, _ = made(7)
    told = model.contributions(X)
    assert told.shape == (len(X), 5)
    assert told.dtype == np.float64
    np.testing.assert_array_equal(told.sum(axis=1), model.raw_scores(X))
    assert set(told[:, -1]) == {told[0, -1]}
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], model.link(model.raw_scores(X)))
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X), model.raw_scores(X) > 0)


def test_a_row_scores_the_same_alone_and_in_any_batch(model, monkeypatch):
    X, _ = made(7)
    whole = model.contributions(X)
    monkeypatch.setattr("geoprospect.models.weights_of_evidence.BATCH", 29)
    np.testing.assert_array_equal(model.contributions(X), whole)
    np.testing.assert_array_equal(model.raw_scores(X), whole.sum(axis=1))
    assert model.raw_scores(X[:0]).shape == (0,)
    alone = np.concatenate([model.raw_scores(X[i : i + 1]) for i in range(50)])
    np.testing.assert_array_equal(alone, model.raw_scores(X)[:50])


def test_unknown_values_and_unseen_classes_weigh_nothing(model):
    X = np.array([[np.nan, np.nan, np.nan, np.nan], [np.nan, 0, 7, np.nan]], "float32")
    assert not model.contributions(X)[:, :-1].any()


def test_without_a_prior_scores_rank_only_and_it_is_told(caplog):
    X, y = made()
    with caplog.at_level("INFO"):
        assert fitted(X, y).prior_ == pytest.approx(60 / 1560)
    assert "have no prior, so their scores rank ground" in caplog.text
    caplog.clear()
    with caplog.at_level("INFO"):
        stated = fitted(X, y, prior=0.002)
    assert "no prior" not in caplog.text
    assert stated.contributions(X)[0, -1] == pytest.approx(math.log(0.002 / 0.998))


def test_a_stated_prior_is_recovered_where_layers_are_independent():
    """The mean score over the ground is the share of it that holds deposits."""
    X, y = made(3, deposits=3000, background=60_000)
    X[:, 3] = 0
    model = fitted(X, y, prior=0.004)
    rng = np.random.default_rng(4)
    deposits, barren = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    ground = np.concatenate([rng.choice(deposits, 240), rng.choice(barren, 59_760)])
    assert model.predict_proba(X[ground])[:, 1].mean() == pytest.approx(0.004, rel=0.1)


def test_balance_of_weights_does_not_matter_but_weights_among_deposits_do():
    X, y = made()
    settings = {"feature_name": NAMES, "categorical_feature": ["rock"]}
    plain = WeightsOfEvidence().fit(X, y, **settings)
    balanced = WeightsOfEvidence().fit(X, y, np.where(y == 1, 13.0, 0.5), **settings)
    assert [one.told() for one in balanced.weighed_] == [one.told() for one in plain.weighed_]
    assert balanced.prior_ == plain.prior_
    certain = np.where((y == 1) & (X[:, 2] == 5), 3.0, 1.0)
    weighed = WeightsOfEvidence().fit(X, y, certain, **settings)
    place = weighed.weighed_[2].codes.index(5)
    assert weighed.weighed_[2].weight[place] > plain.weighed_[2].weight[place]
    dropped = WeightsOfEvidence().fit(X, y, (np.arange(len(y)) % 3 > 0).astype(float), **settings)
    kept = np.arange(len(y)) % 3 > 0
    assert dropped.to_text() == WeightsOfEvidence().fit(X[kept], y[kept], **settings).to_text()


def test_it_ranks_unseen_ground_and_noise_it_does_not():
    from sklearn.metrics import roc_auc_score

    X, y = made(1)
    assert roc_auc_score(y, fitted(*made(2)).raw_scores(X)) > 0.75
    told = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(y)
        told.append(roc_auc_score(y, fitted(X, labels).raw_scores(X[rng.permutation(len(X))])))
    assert np.mean(told) == pytest.approx(0.5, abs=0.03)


def test_it_comes_back_from_its_text(model):
    text = model.to_text()
    back = WeightsOfEvidence.from_text(text)
    X, _ = made(9)
    np.testing.assert_array_equal(back.contributions(X), model.contributions(X))
    assert back.to_text() == text
    assert back.get_params() == model.get_params()
    assert (back.layers_, back.categorical_) == (NAMES, ["rock"])


def damaged(text, **changes):
    return json.dumps(json.loads(text) | changes)


def test_a_text_that_is_none_is_refused(model):
    text = model.to_text()
    for wrong in (
        "", "[]", "{}", "import os", damaged(text, format=9), damaged(text, weighed=[]),
        damaged(text, prior=2), damaged(text, settings={"classes": 1}),
        damaged(text, weighed=[{"kind": "pickle"}] * 4), damaged(text, settings={"shell": 1}),
        damaged(text, weighed=[{"kind": "cut", "threshold": float("inf")}] * 4),
        damaged(text, weighed=[
            {"kind": "classes", "codes": [1], "weight": [], "sd": [], "own": []}
        ] * 4),
    ):  # fmt: skip
        with pytest.raises(ModelError, match="this text is not of fitted weights of evidence"):
            WeightsOfEvidence.from_text(wrong)


def test_it_follows_the_conventions_of_estimators():
    model = WeightsOfEvidence(classes=7, prior=0.1, random_state=5)
    assert clone(model).get_params() == model.get_params()
    assert model.get_params()["random_state"] == 5
    X, y = made()
    one = fitted(X, y)
    assert one.to_text() == fitted(X, y).to_text()
    assert one.classes_.tolist() == [0, 1]
    assert one.n_features_in_ == 4


def test_order_of_samples_and_of_layers_does_not_matter():
    X, y = made()
    order = np.random.default_rng(0).permutation(len(y))
    assert fitted(X[order], y[order]).to_text() == fitted(X, y).to_text()
    turned = WeightsOfEvidence().fit(
        X[:, ::-1], y, feature_name=NAMES[::-1], categorical_feature=["rock"]
    )
    assert turned.weighed_[::-1] == fitted(X, y).weighed_


def test_layers_that_cannot_tell_weigh_nothing():
    X, y = made()
    X[:, 0] = 3  # constant
    X[y == 0, 1] = np.nan  # unknown on all background
    X[:, 2] = np.nan
    X[y == 1, 3] = np.nan  # unknown at all deposits
    model = fitted(X, y)
    assert not model.contributions(X)[:, :-1].any()
    assert WeightsOfEvidence.from_text(model.to_text()).to_text() == model.to_text()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": 1}, "classes must be 2 or more, got 1"),
        ({"rule": "best"}, "rule must be studentised or contrast, got 'best'"),
        ({"confidence": 0}, "confidence must be a positive studentised contrast, got 0"),
        ({"prior": 1.0}, "prior must be between 0 and 1 deposits per cell, got 1.0"),
        ({"prior": 0.0}, "prior must be between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        weights_of_evidence(seed=1, **settings)
    with pytest.raises(ValueError, match=message):
        WeightsOfEvidence(**settings).fit(*made(), feature_name=NAMES)


def test_samples_that_cannot_teach_are_refused():
    X, y = made()
    with pytest.raises(ModelError, match="need deposits to learn from, and there is none"):
        fitted(X, np.zeros_like(y))
    with pytest.raises(ModelError, match="need background to learn from"):
        fitted(X, np.ones_like(y))
    with pytest.raises(ModelError, match=r"rows are \(1560, 3\), but 4 layers are named"):
        fitted(X[:, :3], y)
    with pytest.raises(ModelError, match="sample weights must be zero or more, and known"):
        WeightsOfEvidence().fit(X, y, np.full(len(y), np.nan), feature_name=NAMES)


def test_scores_need_a_fitted_model_and_its_layers(model):
    X, _ = made()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        WeightsOfEvidence().raw_scores(X)
    with pytest.raises(ModelError, match=r"rows are \(1560, 3\), and the model knows 4 layers"):
        model.raw_scores(X[:, :3])
