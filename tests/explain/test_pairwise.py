"""Interactions: by their definition, in closed form, and the parts of the contributions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import lightgbm
import numpy as np
import pytest

from geoprospect.errors import ModelError
from geoprospect.explain import interactions, interactions_at, pairwise, shapley
from tests.explain.test_shapley import expected_score
from tests.models import district

pytestmark = pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")  # shap's plots


@dataclass
class Members:
    """The least that is an ensemble."""

    layers_: list[str]
    members_: list[lightgbm.Booster]
    trees: bool = True

    @property
    def texts(self):
        return tuple(member.model_to_string() for member in self.members_)


def learnt(rows, target, rounds=1, categorical=(), **settings):
    """One member that takes what it is taught at its word."""
    plain = {"verbosity": -1, "min_data_in_leaf": 1, "min_data_in_bin": 1, "learning_rate": 1.0,
             "min_sum_hessian_in_leaf": 0, "num_threads": 1, "seed": 0}  # fmt: skip
    data = lightgbm.Dataset(rows, target, categorical_feature=list(categorical))
    return lightgbm.train({**plain, **settings}, data, rounds)


def alone(booster):
    return Members([f"layer_{i}" for i in range(booster.num_feature())], [booster])


def by_definition(booster, row: np.ndarray, layers: int) -> np.ndarray:
    """Shapley interaction index over all coalitions, halved as SHAP has it; the rest alone."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    subsets = [
        frozenset(known)
        for size in range(layers + 1)
        for known in itertools.combinations(range(layers), size)
    ]
    value = {known: sum(expected_score(t, row, known) for t in trees) for known in subsets}
    found = np.zeros((layers, layers))
    for i, j in itertools.permutations(range(layers), 2):
        for known in subsets:
            if i in known or j in known:
                continue
            weight = math.factorial(len(known)) * math.factorial(layers - len(known) - 2)
            both = value[known | {i, j}] - value[known | {i}] - value[known | {j}] + value[known]
            found[i, j] += weight / (2 * math.factorial(layers - 1)) * both
    contributions = booster.predict(row[None], pred_contrib=True)[0, :-1]
    np.fill_diagonal(found, contributions - found.sum(axis=1))
    return found


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


@pytest.fixture(scope="module")
def rows():
    return district.table(district.samples())


@pytest.fixture(scope="module")
def found(ensemble, rows):
    return interactions(ensemble, rows)


def test_interactions_are_what_their_definition_says(ensemble, rows, found):
    some = np.r_[0, 200, np.flatnonzero(np.isnan(rows).any(axis=1))[:1]]
    for cell in some:
        told = [by_definition(member, rows[cell], 4) for member in ensemble.members_]
        np.testing.assert_allclose(found[cell], np.mean(told, axis=0), atol=1e-9)
    assert np.abs(found[some][:, 0, 2]).max() > 0.01


def test_they_are_symmetric(found):
    np.testing.assert_allclose(found, found.transpose(0, 2, 1), rtol=0, atol=1e-12)


def test_they_sum_to_the_layers_contributions(ensemble, rows, found):
    exact = shapley.ensemble_contributions(ensemble, rows)
    np.testing.assert_allclose(found.sum(axis=2), exact[:, :-1], rtol=0, atol=1e-6)
    theirs = np.mean([m.predict(rows, pred_contrib=True) for m in ensemble.members_], axis=0)
    np.testing.assert_allclose(found.sum(axis=2), theirs[:, :-1], rtol=0, atol=1e-9)


def test_layers_that_only_add_do_not_interact():
    random = np.random.default_rng(0)
    values = random.normal(size=(500, 3))
    target = np.sin(values[:, 0]) + values[:, 1] ** 2 + 0.3 * values[:, 2]
    stumps = learnt(values, target, 40, num_leaves=2, learning_rate=0.3)
    found = interactions(alone(stumps), values[:20])
    np.testing.assert_array_equal(found[:, ~np.eye(3, dtype=bool)], 0)
    assert np.abs(found).max() > 0.5


def test_a_product_of_two_layers_in_closed_form():
    # a b = 1/4 + (a - 1/2) / 2 + (b - 1/2) / 2 + (a - 1/2) (b - 1/2), for even and independent
    # a, b in {0, 1}: the terms are orthogonal, so each is one Shapley (interaction) value
    values = np.array([[a, b, 0.0] for a in (0, 1) for b in (0, 1)] * 50)
    product = learnt(values, values[:, 0] * values[:, 1], num_leaves=4)
    found = interactions(alone(product), values[:4])
    a, b = values[:4, 0] - 0.5, values[:4, 1] - 0.5
    np.testing.assert_allclose(found[:, 0, 1], a * b / 2, atol=1e-7)
    np.testing.assert_allclose(found[:, 0, 0], a / 2, atol=1e-7)
    np.testing.assert_allclose(found[:, 1, 1], b / 2, atol=1e-7)
    np.testing.assert_array_equal(found[:, 2], 0)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_on_plain_numbers_they_are_the_shap_packages_own():
    import shap

    random = np.random.default_rng(1)
    values = random.normal(size=(300, 6))
    booster = learnt(values, values[:, 0] * values[:, 1] + values[:, 2], 20, num_leaves=16)
    theirs = shap.TreeExplainer(booster).shap_interaction_values(values[:80])
    np.testing.assert_allclose(interactions(alone(booster), values[:80]), theirs, atol=1e-9)


@pytest.mark.parametrize("kind", [{}, {"zero_as_missing": True}, {"use_missing": False}], ids=str)
def test_splits_that_shap_does_not_know_are_exact(kind):
    random = np.random.default_rng(2)
    values = np.round(random.normal(size=(600, 4)), 1)
    values[:, 3] = random.integers(0, 200, 600)
    values[random.random(values.shape) < 0.1] = np.nan
    target = np.nan_to_num(values[:, 0]) * (np.nan_to_num(values[:, 3]) % 5 > 2)
    booster = learnt(values, target, 10, categorical=[3], num_leaves=10, min_data_per_group=2,
                     cat_smooth=0, learning_rate=0.3, **kind)  # fmt: skip
    asked = np.vstack([values[:60], np.zeros((1, 4)), np.full((1, 4), np.nan)])
    found = interactions(alone(booster), asked)
    theirs = booster.predict(asked, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(found.sum(axis=2), theirs, rtol=0, atol=1e-9)
    if not kind:
        for cell in (0, 1, 2, 61):
            told = by_definition(booster, asked[cell], 4)
            np.testing.assert_allclose(found[cell], told, atol=1e-9)


def test_a_member_that_learnt_nothing_has_no_interactions():
    values = np.zeros((50, 2))
    idle = learnt(values, np.full(50, 0.3), min_data_in_leaf=20)
    assert interactions(alone(idle), values[:3]).tolist() == np.zeros((3, 2, 2)).tolist()


def test_how_cells_are_batched_changes_nothing(ensemble, rows, found, monkeypatch):
    monkeypatch.setattr(pairwise, "BATCH", 7)
    np.testing.assert_array_equal(interactions(ensemble, rows[:20]), found[:20])


def test_single_cells_are_those_of_their_rows(ensemble, rows, found):
    frame = district.samples()[:9]
    at = interactions_at(district.cube(16), ensemble, frame.row, frame.column)
    np.testing.assert_array_equal(at, found[:9])
    assert interactions_at(district.cube(), ensemble, [], []).shape == (0, 4, 4)


def test_too_many_cells_are_refused_with_the_time_they_would_take(ensemble, rows):
    many = np.broadcast_to(rows[:1], (12_000, 4))
    with pytest.raises(ValueError, match=r"of 12,000 cells are too many for one call \(.* ms a"):
        interactions(ensemble, many)


def test_the_time_is_told(ensemble, rows, caplog):
    with caplog.at_level("INFO", logger="geoprospect.explain"):
        interactions(ensemble, rows[:5])
    assert "ms a cell" in caplog.text


@pytest.mark.parametrize("shape", [(4,), (10, 3)])
def test_rows_of_another_shape_are_refused(ensemble, shape):
    with pytest.raises(ValueError, match=r"the ensemble has 4 layers: pass \(cells, layers\)"):
        interactions(ensemble, np.zeros(shape))


def test_trees_with_linear_leaves_are_refused():
    random = np.random.default_rng(3)
    values = random.normal(size=(300, 2))
    bent = learnt(values, values[:, 0] * values[:, 1], 2, num_leaves=4, linear_tree=True)
    with pytest.raises(ModelError, match=r"do not add up to the scores .* linear leaves"):
        interactions(alone(bent), values[:5])
