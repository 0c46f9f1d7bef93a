"""Search levels counted cell by cell, and models that never meet."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, ModelError
from geoprospect.maps import predict, search
from tests.models import district

KNOWN = np.array([0.9, 0.4, 0.7, 0.4, 0.8, 0.6, 0.95, 0.3, 0.5, 0.85, 0.2, 0.65], "float32")


class Made:
    """Two members that score by one layer."""

    layers_ = ("signal", "rock")
    members_ = (0, 1)
    texts = ()

    def __init__(self, power):
        self.power = power

    def scores(self, rows):
        score = 1 / (1 + np.exp(-self.power * rows[:, 0].astype(float)))
        return np.stack([score, score])


def score_map():
    return predict.prospectivity(district.cube(), Made(1))["prospectivity"]


def counted(score, known):
    return (1 + sum(v <= score for v in known.tolist())) / (1 + len(known))


def test_a_cells_level_is_the_share_of_clusters_no_higher():
    level = search.search_level(score_map(), KNOWN)
    assert lazy.is_lazy(level)
    assert contract.layer_problems(level, district.GRID) == []
    scores = score_map().to_numpy()
    wanted = [np.nan if np.isnan(s) else counted(s, KNOWN) for s in scores.ravel().tolist()]
    np.testing.assert_allclose(level.to_numpy().ravel(), wanted, rtol=1e-6)


def test_each_cluster_is_compared_by_the_model_that_did_not_know_it():
    ensembles = {0: Made(1), 3: Made(-2), 7: Made(0.3)}
    model_of = np.array([0, 3, 0, 7] * 3)
    level = search.cross_search_level(district.cube(), ensembles, KNOWN, model_of).to_numpy()
    signal = district.cube().signal.to_numpy().astype(float)
    total = np.ones(signal.shape)
    for known, number in zip(KNOWN.tolist(), model_of.tolist(), strict=True):
        score = (1 / (1 + np.exp(-ensembles[number].power * signal))).astype("float32")
        total += score >= np.float32(known)
    wanted = np.where(np.isnan(district.cube().rock), np.nan, total / (len(KNOWN) + 1))
    np.testing.assert_allclose(level, wanted, rtol=1e-6)


def test_with_one_model_for_all_both_levels_agree():
    plain = search.search_level(score_map(), KNOWN).to_numpy()
    cross = search.cross_search_level(district.cube(), {4: Made(1)}, KNOWN, np.full(12, 4))
    np.testing.assert_allclose(cross, plain, rtol=1e-6)


def test_weights_count_old_finds_less():
    weights = np.linspace(0.1, 1, 12)
    level = search.search_level(score_map(), KNOWN, weights=weights).to_numpy()
    score = score_map().to_numpy()[20, 20]
    wanted = (1 + weights[score >= KNOWN].sum()) / (1 + weights.sum())
    assert level[20, 20] == pytest.approx(wanted)
    cross = search.cross_search_level(
        district.cube(), {0: Made(1), 1: Made(1)}, KNOWN, np.arange(12) % 2, weights=weights
    )
    np.testing.assert_allclose(cross, level, rtol=1e-6)


def domains(*codes):
    halves = np.where(np.arange(60) < 30, codes[0], codes[1]) * np.ones(district.GRID.shape)
    return contract.describe(
        contract.on_grid(halves.astype("float32"), district.GRID),
        long_name="domain", units="1", meanings={1: "arc", 2: "craton"},
    )  # fmt: skip


def test_each_domain_is_compared_with_its_own_clusters():
    known = np.concatenate([KNOWN, KNOWN / 2])
    of = np.repeat([1, 2], 12)
    level = search.search_level(score_map(), known, domain=domains(1, 2), domain_of=of)
    for half, mine in ((np.s_[:, :30], KNOWN), (np.s_[:, 30:], KNOWN / 2)):
        alone = search.search_level(score_map(), mine).to_numpy()
        np.testing.assert_array_equal(level.to_numpy()[half], alone[half])


def test_domains_with_few_clusters_are_compared_together_and_it_is_said(caplog):
    of = np.array([1] * 9 + [2] * 3)
    level = search.search_level(score_map(), KNOWN, domain=domains(1, 2), domain_of=of)
    np.testing.assert_array_equal(level, search.search_level(score_map(), KNOWN))
    assert "fewer than 9 deposit clusters: craton (3); all domains" in caplog.text


@pytest.mark.parametrize("chunk", [7, 33])
def test_chunking_changes_nothing(chunk):
    def both():
        models = {0: Made(1), 1: Made(2)}
        return (
            search.search_level(score_map(), KNOWN).to_numpy(),
            search.cross_search_level(district.cube(), models, KNOWN, np.arange(12) % 2).to_numpy(),
        )

    whole = both()
    with lazy.cut(chunk):
        again = both()
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_is_refused():
    score, cube = score_map(), district.cube()
    with pytest.raises(ModelError, match="there is no deposit cluster with a score"):
        search.search_level(score, [])
    with pytest.raises(ModelError, match="1 of 2 clusters have no score; leave them out"):
        search.search_level(score, [0.1, np.nan])
    with pytest.raises(ModelError, match=r"weights have shape \(2,\), and there are 12 clusters"):
        search.search_level(score, KNOWN, weights=[1, 1])
    for bad in (0, 1.5, np.nan):
        with pytest.raises(ValueError, match="weights must be above 0 and at most 1"):
            search.search_level(score, KNOWN, weights=np.full(12, bad))
    with pytest.raises(ModelError, match=r"domain_of has shape \(\), and there are 12"):
        search.search_level(score, KNOWN, domain=domains(1, 2), domain_of=1)
    with pytest.raises(ContractError, match="not on the target grid"):
        search.search_level(score, KNOWN, domain=domains(1, 2)[:10], domain_of=np.ones(12))
    with pytest.raises(ModelError, match="no ensemble is given for fold 2, which clusters"):
        search.cross_search_level(cube, {0: Made(1)}, KNOWN, [0, 2] * 6)
    with pytest.raises(ModelError, match=r"model_of has shape \(3,\), and there are 12 clusters"):
        search.cross_search_level(cube, {0: Made(1)}, KNOWN, [0, 0, 0])
    with pytest.raises(ModelError, match="the cube lacks rock"):
        search.cross_search_level(cube.drop_vars("rock"), {0: Made(1)}, KNOWN, [0] * 12)
