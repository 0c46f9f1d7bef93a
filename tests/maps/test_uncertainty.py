"""Uncertainty against entropies worked out by hand and by scipy.stats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from geoprospect import contract, lazy
from geoprospect.errors import ModelError
from geoprospect.maps import predict, uncertainty
from tests.models import district

SCORES = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 5)),
    elements=st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1)),
)


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


def test_members_that_all_toss_a_coin_and_members_that_disagree_are_told_apart():
    coin, quarrel, sure = [0.5] * 4, [0, 1, 0, 1], [1.0] * 4
    total, within, between, _ = uncertainty.parts(np.array([coin, quarrel, sure]).T)
    np.testing.assert_allclose(total, [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(within, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(between, [0, 1, 0], atol=1e-12)


def test_a_quarter_and_three_quarters_worked_by_hand():
    # H(1/4) = 2 - 3/4 log2(3); the mean is a coin's toss; log-odds are -ln 3 and ln 3
    total, within, between, spread = uncertainty.parts(np.array([[0.25], [0.75]]))[:, 0]
    assert total == pytest.approx(1)
    assert within == pytest.approx(2 - 0.75 * np.log2(3))
    assert between == pytest.approx(0.75 * np.log2(3) - 1)
    assert spread == pytest.approx(np.sqrt(2) * np.log(3))


@settings(max_examples=40)
@given(SCORES)
def test_entropies_are_scipys_and_the_parts_are_never_negative_and_add_up(scores):
    found = uncertainty.parts(scores)
    mean = scores.mean(axis=0)
    np.testing.assert_allclose(found[0], stats.entropy([mean, 1 - mean], base=2), atol=1e-9)
    each = stats.entropy(np.stack([scores, 1 - scores]), base=2).mean(axis=0)
    np.testing.assert_allclose(found[1], each, atol=1e-9)
    np.testing.assert_allclose(found[0], found[1] + found[2], atol=1e-12)
    assert (found >= 0).all()
    assert (found[:3] <= 1 + 1e-12).all()
    np.testing.assert_allclose(uncertainty.parts(scores[::-1]), found, atol=1e-9)


def test_maps_are_those_of_the_members_and_the_score_is_unchanged(ensemble):
    cube = district.cube()
    maps = uncertainty.uncertainty(cube, ensemble)
    plain = predict.prospectivity(cube, ensemble)
    for name in plain:
        np.testing.assert_array_equal(maps[name], plain[name])
    rows = np.stack([cube[name].to_numpy().ravel() for name in ensemble.layers_], axis=1)
    members = np.stack([member.predict(rows) for member in ensemble.members_])
    each = stats.entropy(np.stack([members, 1 - members]), base=2).mean(axis=0)
    known = ~np.isnan(cube.signal.to_numpy())
    found = maps["aleatoric"].to_numpy()
    np.testing.assert_allclose(found[known], each.reshape(known.shape)[known], atol=1e-6)
    odds = np.log(members / (1 - members)).std(axis=0, ddof=1).reshape(known.shape)
    np.testing.assert_allclose(maps["logit_spread"].to_numpy()[known], odds[known], rtol=1e-5)
    assert np.isnan(found[~known]).all()


def test_all_maps_come_from_one_scoring(ensemble, monkeypatch):
    asked = []
    scores = type(ensemble).scores
    monkeypatch.setattr(
        ensemble, "scores", lambda rows: asked.append(len(rows)) or scores(ensemble, rows)
    )
    maps = uncertainty.uncertainty(district.cube(), ensemble)
    lazy.compute(*(layer.data for layer in maps.values()))
    assert 40 * 60 - 45 <= sum(asked) < 1.2 * 40 * 60  # batches are filled up


@pytest.mark.parametrize("chunk", [7, 33])
def test_chunks_change_nothing(ensemble, chunk):
    whole = uncertainty.uncertainty(district.cube(), ensemble).compute()
    with lazy.cut(chunk):
        assert whole.equals(uncertainty.uncertainty(district.cube(), ensemble).compute())


def test_maps_are_lazy_and_say_what_they_are(ensemble, monkeypatch):
    monkeypatch.setattr(ensemble, "scores", lambda rows: pytest.fail("computed too early"))
    maps = uncertainty.uncertainty(district.cube(16), ensemble)
    for layer in maps.values():
        assert contract.layer_problems(layer, district.GRID) == []
    assert list(maps)[2:] == ["total_entropy", "aleatoric", "epistemic", "logit_spread"]
    with pytest.raises(ModelError, match="the cube lacks rock, which the model was trained on"):
        uncertainty.uncertainty(district.cube().drop_vars("rock"), ensemble)
