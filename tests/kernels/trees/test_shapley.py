"""Shapley values from tables are LightGBM's own, whatever the trees are like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.kernels.trees import leaves as leaf_kernel
from geoprospect.kernels.trees import models, shapley, tables, tiles
from tests.kernels.trees import made


def explained(boosters, values, **how) -> np.ndarray:
    """Mean contributions and base value, (cells, layers + 1), as ``pred_contrib`` has them."""
    texts = tuple(b.model_to_string() for b in boosters)
    ready = shapley.explainer(models.forests(texts), **how)
    assert ready is not None
    return by(ready, values)


def by(ready, values) -> np.ndarray:
    found = np.full((len(values), values.shape[1] + 1), ready.base)
    shapley.contributions(ready, values.T, tiles.of_rows(len(values)), out=found[:, :-1].T)
    return found


@settings(max_examples=25, deadline=None)
@given(kind=made.kinds)
def test_contributions_are_lightgbms(kind):
    booster, values = made.trained(**kind), made.rows(200, kind["seed"])
    expected = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(explained([booster], values), expected, rtol=0, atol=1e-6)
    found = explained([booster], values, exact=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        found.sum(axis=1), booster.predict(values, raw_score=True), rtol=0, atol=1e-9
    )


@settings(max_examples=10, deadline=None)
@given(kind=made.kinds, most_bytes=st.sampled_from([0, 1 << 14, 1 << 17]))
def test_little_room_for_tables_changes_nothing(kind, most_bytes):
    booster, values = made.trained(**kind), made.rows(100, kind["seed"])
    found = explained([booster], values, exact=True, most_bytes=most_bytes)
    np.testing.assert_allclose(
        found, booster.predict(values, pred_contrib=True), rtol=0, atol=1e-10
    )


def test_tables_keep_to_the_room_they_are_given():
    booster = made.trained(20, num_leaves=63)
    (whole,) = models.forests((booster.model_to_string(),))
    sizes = {}
    for most_bytes in (1 << 17, 1 << 20, 1 << 30):
        ready = shapley.explainer((whole,), most_bytes=most_bytes)
        parts = [part for _, parts in ready.runs for part in parts]
        sizes[most_bytes] = sum(part.tables.entries.nbytes for part in parts)
    assert sizes[1 << 17] < sizes[1 << 20] < sizes[1 << 30]
    assert sizes[1 << 20] <= 1 << 20


def test_leaves_too_deep_for_any_table_are_exact():
    import lightgbm

    random = np.random.default_rng(0)
    data = random.normal(1.5, 1, size=(6000, 30))
    label = np.argmax(data < 0, axis=1)  # a chain: is the first below zero, else the second, ...
    booster = lightgbm.train(
        {"objective": "regression", "num_leaves": 60, "verbosity": -1, "min_data_in_leaf": 1},
        lightgbm.Dataset(data, label), 4,
    )  # fmt: skip
    (whole,) = models.forests((booster.model_to_string(),))
    ready = shapley.explainer((whole,), exact=True)
    deepest = max(np.diff(part.deep.edges).max(initial=0) for _, ps in ready.runs for part in ps)
    assert deepest > 13
    values = random.normal(1.5, 1, size=(100, 30))
    found, expected = by(ready, values), booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)  # LightGBM's loses digits here
    np.testing.assert_allclose(
        found.sum(axis=1), booster.predict(values, raw_score=True), rtol=0, atol=1e-12
    )


def test_members_are_averaged():
    members = [made.trained(15, seed=seed, num_leaves=31) for seed in range(8)]
    values = made.rows(200, 4)
    expected = np.mean([m.predict(values, pred_contrib=True) for m in members], axis=0)
    np.testing.assert_allclose(explained(members, values), expected, rtol=0, atol=1e-6)
    texts = tuple(m.model_to_string() for m in members)
    assert len(shapley.explainer(models.forests(texts)).runs) > 1


@pytest.mark.parametrize("layers_", [1, 16, 17, 40])
def test_any_number_of_layers(layers_):
    import lightgbm

    random = np.random.default_rng(layers_)
    data = random.normal(size=(800, layers_))
    booster = lightgbm.train(
        {"num_leaves": 15, "verbosity": -1}, lightgbm.Dataset(data, data.sum(axis=1)), 10
    )
    values = random.normal(size=(150, layers_))
    expected = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(explained([booster], values), expected, rtol=0, atol=1e-6)


@settings(max_examples=8, deadline=None)
@given(side=st.integers(1, 80), seed=st.integers(0, 9))
def test_a_cell_has_the_same_contributions_in_whatever_company(side, seed):
    """To the bit: in a raster, in a part of it, and alone among noise."""
    booster, cube = made.trained(20, num_leaves=31), made.smooth(side, seed)
    (whole,) = models.forests((booster.model_to_string(),))
    ready = shapley.explainer((whole,))
    flat = cube.reshape(made.LAYERS, -1)
    everywhere = tiles.of_raster(np.ones(cube.shape[1:], bool))
    whole_raster = np.full(flat.shape, np.nan)
    shapley.contributions(ready, flat, everywhere, out=whole_raster)
    shuffled = np.random.default_rng(seed).permutation(flat.shape[1])
    np.testing.assert_array_equal(by(ready, flat.T[shuffled])[:, :-1], whole_raster.T[shuffled])
    expected = booster.predict(flat.T, pred_contrib=True)
    np.testing.assert_allclose(whole_raster.T, expected[:, :-1], rtol=0, atol=1e-6)


def test_leaves_without_samples_are_left_to_lightgbm():
    booster = made.trained()
    text = booster.model_to_string()
    first = text.index("leaf_count=") + len("leaf_count=")
    emptied = text[:first] + "0 " + text[first:].split(" ", 1)[1]
    assert shapley.explainer(models.forests((emptied,))) is None


def test_a_leafs_integral_is_the_sum_over_all_orders():
    """The Shapley value by its definition, layer by layer, over every coalition."""
    import itertools
    import math

    random = np.random.default_rng(3)
    for size in range(1, 7):
        shares, value = random.uniform(0.05, 0.95, size), random.normal()
        holds = random.random(size) < 0.5
        nodes, weights = leaf_kernel.quadrature(size)
        found = np.empty(size)
        leaf_kernel.contribution(value, shares, holds, nodes, weights, found)

        def payoff(coalition, shares=shares, value=value, holds=holds):
            factors = [float(holds[j]) if j in coalition else shares[j] for j in range(len(shares))]
            return value * math.prod(factors)

        for i in range(size):
            others = [j for j in range(size) if j != i]
            expected = sum(
                math.factorial(k) * math.factorial(size - k - 1) / math.factorial(size)
                * (payoff({*chosen, i}) - payoff({*chosen}))
                for k in range(size) for chosen in itertools.combinations(others, k)
            )  # fmt: skip
            assert found[i] == pytest.approx(expected, abs=1e-14)


def test_totals_that_outgrow_their_type_on_the_way_come_back():
    """The bound is on a layer's total, not on what tables add to it before others take away."""
    booster = made.trained(60, num_leaves=31, learning_rate=1.0)
    values = made.rows(300, 8)
    expected = booster.predict(values, pred_contrib=True)
    found = explained([booster], values)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_the_bound_holds_every_contribution():
    booster, values = made.trained(20, num_leaves=31), made.rows(2000, 6)
    (whole,) = models.forests((booster.model_to_string(),))
    ready = shapley.explainer((whole,), exact=True)
    ((_, (part,)),) = ready.runs
    bound = part.units * 2.0**63
    largest = np.abs(booster.predict(values, pred_contrib=True)[:, :-1]).max(axis=0)
    assert (largest <= bound * (1 + 1e-9)).all()
    assert (bound[largest > 0] < 20 * largest[largest > 0]).all(), "a bound too wide is coarse"
    assert tables.MOST_ROWS <= tables.MOST_ALONE <= 1 << 15, "rows are told by signed shorts"
