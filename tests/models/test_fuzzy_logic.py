"""Fuzzy logic: memberships and trees by hand, its grammar's errors, what gaps do."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.errors import ModelError
from geoprospect.features.fuzzy import fuzzy_membership
from geoprospect.features.overlay import fuzzy_overlay
from geoprospect.models.fuzzy import fuzzy_logic
from geoprospect.registry import MODELS
from tests.features import made

NAMES = ["a", "b", "rock"]
NAMED = {"feature_name": NAMES, "categorical_feature": ["rock"]}
LINE = {"linear": {"zero": 0, "one": 1}}
ROCK = {"classes": {1: 0.8, 2: 0.6}, "other": 0.1}
BOTH = {"a": LINE, "b": LINE}


def fitted(membership, tree, rows=None, meanings=None, **more):
    rows = np.zeros((4, 3), "float32") if rows is None else np.asarray(rows, "float32")
    model = fuzzy_logic(seed=0, membership=membership, tree=tree, **more)
    return model.fit(rows, np.arange(len(rows)) % 2, feature_meanings=meanings, **NAMED)


def scored(membership, tree, asked, **more):
    return fitted(membership, tree, **more).predict_proba(np.array(asked, "float32"))[:, 1]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("and", 0.4),
        ("or", 0.5),
        ("product", 0.2),
        ("sum", 0.7),  # 1 - 0.5 * 0.6
        ("gamma", 0.7**0.85 * 0.2**0.15),
    ],
)
def test_operators_by_hand(operator, expected):
    found = scored(BOTH, {operator: ["a", "b"]}, [[0.5, 0.4, 0]])
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_a_tree_by_hand():
    """(a or rock) meets b by the product: max(0.2, 0.8) * 0.5."""
    tree = {"product": {"source": {"or": ["a", "rock"]}, "trap": "b"}}
    found = scored(BOTH | {"rock": ROCK}, tree, [[0.2, 0.5, 1], [0.2, 0.5, 7], [0.9, 0.5, 2]])
    np.testing.assert_allclose(found, [0.4, 0.1, 0.45], rtol=1e-6)


def test_gamma_lies_between_product_and_sum_and_is_stated():
    asked = [[0.5, 0.4, 0]]
    tree = {"gamma": ["a", "b"]}
    np.testing.assert_allclose(scored(BOTH, tree, asked, gamma=0), 0.2, rtol=1e-6)
    np.testing.assert_allclose(scored(BOTH, tree, asked, gamma=1), 0.7, rtol=1e-6)
    np.testing.assert_allclose(scored(BOTH, tree, asked, gamma=0.5), 0.14**0.5, rtol=1e-6)


def test_no_membership_is_certain():
    membership = {"a": LINE, "rock": {"classes": {1: 1, 2: 0}}}
    asked = [[5, 0, 1], [-5, 0, 2], [5, 0, 9]]
    np.testing.assert_allclose(scored({"a": LINE}, "a", asked), [0.99, 0.01, 0.99])
    found = scored(membership, {"and": ["a", "rock"]}, asked)
    np.testing.assert_allclose(found, [0.99, 0.01, 0.01])


def test_parts_that_are_unknown_are_left_out_and_do_not_make_better_ground():
    tree = {"product": ["a", "b"]}
    asked = [[0.5, np.nan, 0], [np.nan, np.nan, 0], [0.5, 0.5, 0]]
    found = scored(BOTH, tree, asked)
    np.testing.assert_allclose(found, [0.25, np.nan, 0.25], rtol=1e-6)
    np.testing.assert_allclose(scored(BOTH, tree, asked, gaps="unknown"), [np.nan, np.nan, 0.25])
    np.testing.assert_allclose(scored(BOTH, {"sum": ["a", "b"]}, asked), [0.75, np.nan, 0.75])


def test_a_part_that_is_unknown_as_a_whole_is_left_out_of_what_is_above_it():
    tree = {"and": [{"or": ["a", "b"]}, "rock"]}
    found = scored(BOTH | {"rock": ROCK}, tree, [[np.nan, np.nan, 2], [0.3, np.nan, np.nan]])
    np.testing.assert_allclose(found, [0.6, 0.3], rtol=1e-6)


@pytest.mark.parametrize(("way", "ends"), [("rising", [0.01, 0.99]), ("falling", [0.99, 0.01])])
def test_a_fitted_curve_runs_from_end_to_end_of_the_training(way, ends):
    rows = np.array([[3, 0, 0], [7, 0, 0], [4, 0, 0], [np.nan, 0, 0]])
    found = scored({"a": {"fitted": way}}, "a", [[3, 0, 0], [7, 0, 0], [5, 0, 0]], rows=rows)
    np.testing.assert_allclose(found, [*ends, 0.5], rtol=1e-9)


def test_labels_and_weights_are_not_looked_at():
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    rows[:, 2] = 1
    model = fuzzy_logic(seed=0, membership={"a": {"fitted": "rising"}}, tree="a")
    one = model.fit(rows, np.arange(40) % 2, **NAMED).to_text()
    other = model.fit(rows, np.arange(40) // 20, np.arange(1.0, 41), **NAMED).to_text()
    assert one == other


def test_it_says_what_the_features_say():
    """Evidence made by fuzzy_membership and fuzzy_overlay, within the limits of certainty."""
    random = np.random.default_rng(0)
    grid = made.small_grid(6, 7)
    distance, field = random.uniform(90, 4000, (6, 7)), random.normal(200, 50, (6, 7))
    field[0, 0] = np.nan
    stated = {
        "a": {"small": {"midpoint": 800, "spread": 2}},
        "b": {"logistic": {"midpoint": 210, "spread": 0.03}},
    }
    layers = [
        fuzzy_membership(made.layer(values, grid), form=form, **stated[name][form])
        for name, form, values in (("a", "small", distance), ("b", "logistic", field))
    ]
    overlay = fuzzy_overlay(layers, operator="gamma", gaps="left_out", gamma=0.85, names=["a", "b"])
    rows = np.column_stack([distance.ravel(), field.ravel(), np.zeros(42)])
    found = fitted(stated, {"gamma": ["a", "b"]}).raw_scores(rows)
    np.testing.assert_allclose(found, made.values(overlay).ravel(), rtol=2e-6)


def test_classes_are_stated_by_name_where_names_are_known():
    meanings = {"rock": {1: "granite", 2: "marble", 12: "7"}}
    stated = {"rock": {"classes": {"granite": 0.9, "marble": 0.5, "7": 0.3}}}
    model = fitted(stated, "rock", meanings=meanings)
    found = model.raw_scores(np.array([[0, 0, 1], [0, 0, 2], [0, 0, 12], [0, 0, 7]]))
    np.testing.assert_allclose(found, [0.9, 0.5, 0.3, 0.01])
    with pytest.raises(ModelError, match="layer 'rock' has no class 'granit'; did you mean 'gran"):
        fitted({"rock": {"classes": {"granit": 0.9}}}, "rock", meanings=meanings)
    with pytest.raises(ModelError, match=r"class 'granite' is stated by name, but .*state codes"):
        fitted({"rock": {"classes": {"granite": 0.9}}}, "rock")


@pytest.mark.parametrize(
    ("membership", "told"),
    [
        ({"x": LINE}, "names layers that .*\n  - no layer is called 'x'; known: a, b, rock"),
        ({"rock": LINE}, "layer 'rock' holds classes; state classes for it"),
        ({"a": ROCK}, "layer 'a' holds values; state a curve for it"),
    ],
)
def test_layers_that_are_not_there_or_are_of_another_kind_are_refused(membership, told):
    with pytest.raises(ModelError, match=told):
        fitted(membership, next(iter(membership)))


def test_what_has_no_membership_is_unknown_and_it_is_said(caplog):
    stated = {"a": {"large": {"midpoint": 2, "spread": 2}}, "b": {"fitted": "rising"}}
    rows = np.array([[-1, 5, 0], [2, 5, 0], [np.nan, np.nan, 0]])
    model = fitted(stated, {"or": ["a", "b"]}, rows=rows)
    assert "layer a: 1 of 2 samples are below 0 and have no such membership" in caplog.text
    assert "layer b has no two values in training" in caplog.text
    np.testing.assert_allclose(model.raw_scores(rows), [np.nan, 0.5, np.nan])
    assert type(model).from_text(model.to_text()).membership_["b"] is None


WRONG = [
    ({"a": {"lrge": {}}}, "a", "membership.a: no form is called 'lrge'; did you mean 'large'"),
    (
        {"a": {"large": {"midpoint": 1}}},
        "a",
        "large takes midpoint and spread, got {'midpoint': 1}",
    ),
    ({"a": {"large": {"midpoint": 0, "spread": 1}}}, "a", "midpoint of 'large' must be above 0"),
    ({"a": {"near": {"midpoint": "x", "spread": 1}}}, "a", "midpoint must be a number, got 'x'"),
    ({"a": {"linear": {"zero": 1, "one": 1}}}, "a", "zero and one must be two finite values"),
    ({"a": {"fitted": "up"}}, "a", "membership.a: fitted must be rising or falling, got 'up'"),
    ({"a": {"classes": {}}}, "a", "expected classes such as {granite: 0.8}, got {}"),
    ({"a": {"classes": {1: 80}}}, "a", "class 1: a membership is a number from 0 to 1, got 80"),
    ({"a": {"classes": {1: 0.5}, "other": 2}}, "a", "other: a membership is a number from 0 to 1"),
    ({"a": {**LINE, "other": 0.1}}, "a", "only 'classes' have 'other'"),
    ({"a": {}}, "a", "membership.a: expected one form, such as {large"),
    (BOTH, "a", "membership.b: the tree does not use it; remove it"),
    (BOTH, {"or": ["a", "bb"]}, "tree.or.1: no membership is stated for 'bb'; did you mean 'b'"),
    (BOTH, {"xor": ["a", "b"]}, "tree: no operator is called 'xor'; did you mean 'or'"),
    (BOTH, {"and": {"trap": {"nd": ["a"]}, "c": "b"}}, "tree.and.trap: no operator is called 'nd'"),
    (BOTH, {"and": {"or": ["a", "b"]}}, "tree.and: an operator among its parts"),
    (BOTH, {"and": []}, r"tree.and: expected a list of parts, or parts by name, got \[\]"),
    (BOTH, {"and": ["a"], "or": ["b"]}, "tree: expected a layer, or one operator"),
]


@pytest.mark.parametrize(("membership", "tree", "told"), WRONG)
def test_what_cannot_be_understood_is_told_with_its_place(membership, tree, told):
    with pytest.raises(ValueError, match=told):
        fuzzy_logic(seed=0, membership=membership, tree=tree)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValueError, match="gamma must be from 0 to 1, got 2") as caught:
        fuzzy_logic(seed=0, membership={"a": {"lrge": 1}}, tree={"nor": ["a"]}, gamma=2)
    assert str(caught.value).count("\n  - ") == 3


def test_a_pipeline_file_is_its_grammar():
    """As YAML has it: codes are numbers, names texts, parts by their role."""
    import yaml

    stated = yaml.safe_load("""
        membership:
          a: {large: {midpoint: 2, spread: 4}}
          rock: {classes: {1: 0.8, marble: 0.6}, other: 0.1}
        tree: {gamma: {source: a, trap: {or: [rock, a]}}}
        gamma: 0.9
    """)
    model = MODELS["fuzzy_logic"](seed=1, **stated)
    assert model.layers_named == ["a", "rock"]
    assert model.get_params()["membership"]["rock"]["classes"] == {"1": 0.8, "marble": 0.6}
