"""The ensemble: what each member saw, that the seed decides, and what scores are."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from geoprospect import lazy
from geoprospect.errors import ModelError
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled

from . import district


class Witness(BaseEstimator):
    """Remembers what it was shown, in place of learning."""

    seen: list = []  # noqa: RUF012

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, rows, labels, *, sample_weight, feature_name, categorical_feature):
        Witness.seen.append((rows[:, 0].astype(int), labels, sample_weight, self.random_state))
        self.booster_ = None


@pytest.fixture
def shown():
    """What 40 members see of 12 deposits in 4 clusters and 100 background cells."""
    Witness.seen = []
    rows = np.arange(112, dtype="float32")[:, None]
    labels = (np.arange(112) < 12).astype(int)
    groups = np.where(labels, np.arange(112) // 3, -1)
    PositiveUnlabelled(Witness(), members=40, ratio=5, seed=1).fit(
        rows, labels, groups, layers=["a"]
    )
    return Witness.seen


def test_every_member_draws_whole_clusters_of_deposits_with_replacement(shown):
    drawn = []
    for cells, labels, _, _ in shown:
        counts = np.bincount(cells[labels == 1], minlength=12).reshape(4, 3)
        assert (counts == counts[:, :1]).all()
        assert counts[:, 0].sum() == 4
        drawn.append(tuple(counts[:, 0]))
    assert len(set(drawn)) > 10
    # a cluster is left out of a draw of 4 from 4 with probability (3/4)^4
    left_out = np.mean(np.array(drawn) == 0)
    assert left_out == pytest.approx(0.316, abs=0.08)


def test_every_member_draws_its_own_background_without_replacement(shown):
    for cells, labels, _, _ in shown:
        background = cells[labels == 0]
        assert len(background) == 5 * 12
        assert len(set(background)) == len(background)
        assert background.min() >= 12
    assert len({tuple(sorted(cells[labels == 0])) for cells, labels, _, _ in shown}) == 40
    assert len({seed for _, _, _, seed in shown}) == 40


def test_deposits_and_background_weigh_the_same(shown):
    for _, labels, weights, _ in shown:
        assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
        assert weights.mean() == pytest.approx(1)


def test_where_background_is_short_all_of_it_is_drawn():
    Witness.seen = []
    labels = np.array([1] * 10 + [0] * 7)
    PositiveUnlabelled(Witness(), members=20, ratio=20, seed=1).fit(
        np.arange(17, dtype="float32")[:, None], labels, np.arange(17), layers=["a"]
    )
    assert all((labels == 0).sum() == 7 for _, labels, _, _ in Witness.seen)


def test_the_seed_decides_to_the_bit_whatever_the_threads():
    with lazy.threads(1):
        one = [member.model_to_string() for member in district.ensemble().members_]
    with lazy.threads(4):
        four = [member.model_to_string() for member in district.ensemble().members_]
    assert one == four
    assert len(set(one)) == 20


def test_raw_scores_are_those_of_each_member_and_scores_their_logistic():
    fitted = district.ensemble()
    rows = district.table(district.samples())
    raw = fitted.raw_scores(rows)
    assert raw.shape == (20, len(rows))
    assert raw.dtype == np.float64
    for member, scores in zip(fitted.members_, raw, strict=True):
        np.testing.assert_array_equal(scores, member.predict(rows, raw_score=True))
        np.testing.assert_allclose(
            1 / (1 + np.exp(-scores)), member.predict(rows), rtol=0, atol=1e-15
        )
    np.testing.assert_allclose(fitted.scores(rows), 1 / (1 + np.exp(-raw)), rtol=1e-12)


def test_scoring_from_several_threads_gives_the_same_bits():
    fitted = district.ensemble()
    rows = np.random.default_rng(0).normal(size=(4000, 4)).astype("float32")
    alone = fitted.raw_scores(rows)
    with lazy.threads(8):
        together = lazy.compute(*(lazy.later(fitted.raw_scores, rows) for _ in range(16)))
    for scores in together:
        np.testing.assert_array_equal(scores, alone)


def test_it_learns_what_the_ground_says():
    from sklearn.metrics import roc_auc_score

    fitted = district.ensemble()
    frame = district.samples()
    score = fitted.scores(district.table(frame)).mean(axis=0)
    assert roc_auc_score(frame.label, score) > 0.85
    gain = np.mean([m.feature_importance("gain") for m in fitted.members_], axis=0)
    assert fitted.layers_[gain.argmax()] == "signal"


def test_classes_are_split_as_sets_not_as_numbers():
    rng = np.random.default_rng(0)
    rock = rng.integers(0, 9, 2000)
    labels = np.isin(rock, [1, 4, 8]) & (rng.random(2000) < 0.3)
    rows = np.column_stack([rock, rng.normal(size=2000)]).astype("float32")
    model = lightgbm(seed=0, n_estimators=3, num_leaves=3, colsample_bytree=1.0)
    fitted = PositiveUnlabelled(model, members=20, seed=1).fit(
        rows, labels.astype(int), np.arange(2000), layers=["rock", "noise"], categorical=["rock"]
    )
    assert "decision_type=1" in fitted.members_[0].model_to_string()
    codes = np.column_stack([np.arange(9), np.zeros(9)]).astype("float32")
    score = fitted.scores(codes).mean(axis=0)
    assert set(np.argsort(score)[-3:]) == {1, 4, 8}


def test_few_members_are_said_and_one_is_refused(caplog):
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        PositiveUnlabelled(lightgbm(seed=1), members=5, seed=1)
    assert "an ensemble of 5 members tells little about its spread" in caplog.text
    with pytest.raises(ValueError, match="members must be 2 or more, got 1"):
        PositiveUnlabelled(lightgbm(seed=1), members=1, seed=1)
    with pytest.raises(ValueError, match=r"ratio must be 1 or more, got 0\.5"):
        PositiveUnlabelled(lightgbm(seed=1), ratio=0.5, seed=1)


def test_samples_that_teach_nothing_are_refused():
    rows = np.zeros((4, 2), "float32")
    blank = PositiveUnlabelled(lightgbm(seed=1), seed=1)
    with pytest.raises(ModelError, match="there are 0 deposits and 4 background cells"):
        blank.fit(rows, [0] * 4, [0] * 4, layers=["a", "b"])
    with pytest.raises(ModelError, match="there are 4 deposits and 0 background cells"):
        blank.fit(rows, [1] * 4, [0] * 4, layers=["a", "b"])
    with pytest.raises(ModelError, match=r"rows are \(4, 2\), but there are 4 labels.* 1 layers"):
        blank.fit(rows, [1] * 4, [0] * 4, layers=["a"])
    with pytest.raises(ModelError, match=r"categorical layers \['c'\] are not among"):
        blank.fit(rows, [1, 1, 0, 0], [0] * 4, layers=["a", "b"], categorical=["c"])
