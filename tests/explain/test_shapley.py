"""Contributions: exact, complete, in the right place on the coarse grid."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

import geoprospect.explain
from geoprospect import contract, lazy
from geoprospect.explain import shapley
from tests.models import district


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


@pytest.fixture(scope="module")
def rows():
    return district.table(district.samples())


def expected_score(tree: dict, row: np.ndarray, known: frozenset[int]) -> float:
    """A tree's score when only the layers *known* are: a mean by training cells over the rest."""
    if "leaf_value" in tree:
        return tree["leaf_value"]
    sides = tree["left_child"], tree["right_child"]
    if tree["split_feature"] in known:
        value = row[tree["split_feature"]]
        if tree["decision_type"] == "==":
            left = str(int(value)) in tree["threshold"].split("||") if value == value else False
        else:
            left = tree["default_left"] if np.isnan(value) else value <= tree["threshold"]
        return expected_score(sides[not left], row, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    scores = [expected_score(side, row, known) for side in sides]
    return float(np.dot(counts, scores) / sum(counts))


def shapley_by_definition(booster, row: np.ndarray, layers: int) -> np.ndarray:
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    value = {
        known: sum(expected_score(tree, row, known) for tree in trees)
        for size in range(layers + 1)
        for known in map(frozenset, itertools.combinations(range(layers), size))
    }
    shares = np.zeros(layers + 1)
    for known, layer in itertools.product(value, range(layers)):
        if layer not in known:
            weight = math.factorial(len(known)) * math.factorial(layers - len(known) - 1)
            gain = value[known | {layer}] - value[known]
            shares[layer] += weight / math.factorial(layers) * gain
    shares[-1] = value[frozenset()]
    return shares


def test_contributions_are_shapley_values_by_their_definition(ensemble, rows):
    booster = ensemble.members_[0]
    found = geoprospect.explain.contributions(booster, rows[:6])
    for row, shares in zip(rows[:6], found, strict=True):
        np.testing.assert_allclose(shares, shapley_by_definition(booster, row, 4), atol=1e-6)


def test_contributions_and_base_value_add_up_to_the_raw_score(ensemble, rows):
    for member in ensemble.members_[:3]:
        total = shapley.contributions(member, rows).sum(axis=1)
        np.testing.assert_allclose(total, member.predict(rows, raw_score=True), atol=1e-6)


def test_the_ensembles_add_up_to_its_mean_raw_score(ensemble, rows):
    found = shapley.ensemble_contributions(ensemble, rows)
    assert found.shape == (len(rows), 5)
    raw = np.mean([m.predict(rows, raw_score=True) for m in ensemble.members_], axis=0)
    np.testing.assert_allclose(found.sum(axis=1), raw, atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")  # shap's plots
@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_contributions_are_those_of_the_shap_package(ensemble, rows):
    import shap

    for member in ensemble.members_[:3]:
        theirs = shap.TreeExplainer(member).shap_values(rows)
        theirs = theirs[1] if isinstance(theirs, list) else theirs
        np.testing.assert_allclose(shapley.contributions(member, rows)[:, :-1], theirs, atol=1e-9)


def test_no_rows_have_no_contributions(ensemble):
    empty = np.empty((0, 4), "float32")
    assert shapley.ensemble_contributions(ensemble, empty).shape == (0, 5)
    assert shapley.at_cells(district.cube(), ensemble, [], []).shape == (0, 5)


def test_single_cells_are_explained_as_their_rows_are(ensemble, rows):
    frame = district.samples()
    found = shapley.at_cells(district.cube(16), ensemble, frame.row, frame.column)
    np.testing.assert_array_equal(found, shapley.ensemble_contributions(ensemble, rows))


def test_many_rows_are_explained_as_lightgbm_explains_them(ensemble, rows):
    booster = ensemble.members_[0]
    many = np.tile(rows, (8, 1))
    assert len(many) > shapley.FEWEST_ROWS
    theirs = booster.predict(many, pred_contrib=True)
    np.testing.assert_allclose(shapley.contributions(booster, many), theirs, rtol=0, atol=1e-6)
    exact = shapley.contributions(booster, many, exact=True)
    np.testing.assert_allclose(exact, theirs, rtol=0, atol=1e-10)


def test_rows_of_any_kind_of_number(ensemble, rows):
    booster = ensemble.members_[0]
    many = np.round(np.nan_to_num(np.tile(rows, (8, 1)))).astype("int64")
    theirs = booster.predict(many, pred_contrib=True)
    np.testing.assert_allclose(shapley.contributions(booster, many), theirs, rtol=0, atol=1e-6)


def test_a_model_of_several_classes_is_explained_class_by_class():
    import lightgbm

    random = np.random.default_rng(0)
    values = random.normal(size=(2500, 4))
    booster = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbosity": -1},
        lightgbm.Dataset(values, random.integers(0, 3, 2500)), 5,
    )  # fmt: skip
    theirs = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(shapley.contributions(booster, values), theirs, rtol=0, atol=1e-6)


def test_a_model_stopped_early_is_explained_as_it_predicts():
    import lightgbm

    random = np.random.default_rng(0)
    values = random.normal(size=(2500, 4))
    data = lightgbm.Dataset(values, values[:, 0] + random.normal(0, 2, 2500))
    booster = lightgbm.train({"verbosity": -1, "seed": 1}, data, 30)
    booster.best_iteration = 7
    theirs = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(shapley.contributions(booster, values), theirs, rtol=0, atol=1e-6)


def test_what_cannot_be_tabulated_is_left_to_lightgbm():
    import lightgbm

    random = np.random.default_rng(0)
    values = random.normal(size=(2500, 1))
    booster = lightgbm.train(
        {"verbosity": -1, "max_bin": 1000, "num_leaves": 900, "min_data_in_leaf": 1,
         "min_data_in_bin": 1},
        lightgbm.Dataset(values, random.normal(size=2500)), 1,
    )  # fmt: skip
    np.testing.assert_array_equal(
        shapley.contributions(booster, values), booster.predict(values, pred_contrib=True)
    )


@pytest.mark.parametrize("shape", [(10,), (10, 3), (2, 4, 5)])
def test_rows_of_another_shape_are_refused(ensemble, shape):
    with pytest.raises(ValueError, match=r"the model has 4 layers: pass \(cells, layers\)"):
        shapley.contributions(ensemble.members_[0], np.zeros(shape))


def test_every_cell_is_explained_as_its_row_is(ensemble):
    cube = district.cube()
    made = shapley.attributions(cube, ensemble).to_dataarray().to_numpy()
    evidence = cube[ensemble.layers_].to_dataarray().to_numpy().reshape(4, -1)
    theirs = np.mean([m.predict(evidence.T, pred_contrib=True) for m in ensemble.members_], axis=0)
    theirs[np.isnan(evidence).all(axis=0)] = np.nan
    np.testing.assert_allclose(made.reshape(5, -1).T, theirs, rtol=1e-6, atol=1e-6)
    assert np.isnan(made).any()


def test_the_stride_is_the_smallest_odd_one_that_is_coarse_enough():
    layers = list(district.cube().data_vars.values())
    known = 40 * 60 - 45
    assert shapley._stride(layers, known) == 1
    assert shapley._stride(layers, known - 1) == 3
    assert shapley._stride(layers, math.ceil(known / 9)) == 3
    assert shapley._stride(layers, math.ceil(known / 9) - 1) == 5
    assert shapley._stride(layers, 1) == 39


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 6))
def test_coarse_cells_lie_over_the_fine_ones_they_stand_for(height, width, half):
    stride = 2 * half + 1
    grid = GeoBox.from_bbox((0, 0, 100 * width, 100 * height), crs="EPSG:32648", resolution=100)
    cells = np.arange(height * width, dtype="float32").reshape(height, width)
    layer = contract.describe(contract.on_grid(cells, grid), long_name="n", units="1")
    if stride > min(height, width):
        return
    coarse = shapley._coarse(layer.to_dataset(name="n"), stride)["n"]
    values = coarse.to_numpy()
    box = contract.grid_of(coarse)
    assert abs(box.resolution.y) == box.resolution.x == 100 * stride
    for y, x in np.ndindex(values.shape):
        east, north = box.affine * (x + 0.5, y + 0.5)
        assert values[y, x] == width * ((100 * height - north) // 100) + east // 100
    missed = grid.shape[0] - stride * values.shape[0], grid.shape[1] - stride * values.shape[1]
    assert max(missed) <= half


def test_a_thinned_cube_is_still_a_cube(ensemble):
    thin = shapley.thinned(district.cube(), cells=300)
    assert thin["rock"].attrs == district.cube()["rock"].attrs
    grid = contract.grid_of(thin)
    for layer in thin.data_vars.values():
        assert contract.layer_problems(layer, grid) == []
    known = district.cube()["rock"].copy()
    assert shapley.thinned(district.cube(), cells=300, known=known).identical(thin)
    few = known.where(np.arange(known.sizes["y"])[:, None] % 9 == 0)  # so a finer grid
    assert shapley.thinned(district.cube(), cells=300, known=few).sizes["y"] > thin.sizes["y"]
    with pytest.raises(ValueError, match="cells must be 1 or more, got 0"):
        shapley.thinned(thin, cells=0)


def test_attributions_are_lazy_and_say_what_they_are(ensemble, monkeypatch):
    monkeypatch.setattr(shapley, "_block", lambda *_: pytest.fail("computed too early"))
    made = shapley.attributions(district.cube(16), ensemble)
    assert list(made.data_vars) == [*ensemble.layers_, "base_value"]
    for layer in made.data_vars.values():
        assert lazy.is_lazy(layer)
        assert contract.layer_problems(layer, district.GRID) == []
        assert layer.attrs["units"] == "log-odds"
    assert made["signal"].attrs["long_name"] == "signal of the ground"


@pytest.mark.parametrize("chunk", [7, 16])
def test_chunking_changes_nothing(ensemble, chunk):
    whole = shapley.attributions(district.cube(), ensemble).compute()
    with lazy.cut(chunk):
        cut = shapley.attributions(district.cube(chunk), ensemble)
    assert max(cut["signal"].chunks[0]) <= chunk
    assert whole.equals(cut.compute())


def test_the_strongest_driver_is_the_layer_that_adds_most():
    grid = GeoBox.from_bbox((0, 0, 300, 200), crs="EPSG:32648", resolution=100)
    shares = {
        "faults": [[0.5, -0.2, np.nan], [0.1, 0.0, -3]],
        "copper": [[0.4, -0.1, np.nan], [0.3, 0.0, 2]],
        "base_value": [[9, 9, np.nan], [9, 9, 9]],
    }
    made = {
        name: contract.describe(
            contract.on_grid(np.array(values, "float32"), grid),
            long_name=f"{name} near by",
            units="log-odds",
        )
        for name, values in shares.items()
    }
    driver = shapley.strongest_driver(xr.Dataset(made))
    np.testing.assert_array_equal(driver.to_numpy(), [[1, 0, np.nan], [2, 0, 2]])
    assert contract.meanings(driver) == {0: "none", 1: "faults near by", 2: "copper near by"}
    assert contract.layer_problems(driver, grid) == []


def test_the_strongest_layers_of_each_cell_and_what_they_contribute(ensemble):
    cube = district.cube()
    made = shapley.explanations(cube, ensemble, strongest=2).compute()
    assert list(made.data_vars) == [
        "layer_1",
        "contribution_1",
        "layer_2",
        "contribution_2",
        "driver",
    ]
    shares = shapley.attributions(cube, ensemble).drop_vars("base_value").to_dataarray().to_numpy()
    known = ~np.isnan(shares[0])
    size = np.sort(np.abs(shares[:, known]), axis=0)[::-1]
    for n in (1, 2):
        place = made[f"layer_{n}"].to_numpy()[known].astype(int) - 1
        value = made[f"contribution_{n}"].to_numpy()[known]
        np.testing.assert_array_equal(np.abs(value), size[n - 1])
        np.testing.assert_array_equal(
            value, np.take_along_axis(shares[:, known], place[None], axis=0)[0]
        )
        assert np.isnan(made[f"layer_{n}"].to_numpy()[~known]).all()
    assert contract.meanings(made["layer_1"])[1] == "signal of the ground"
    driver = shapley.strongest_driver(shapley.attributions(cube, ensemble))
    assert made["driver"].equals(driver.compute())
    assert contract.meanings(made["driver"]) == contract.meanings(driver)


def test_all_layers_are_kept_if_it_is_not_said_otherwise(ensemble):
    made = shapley.explanations(district.cube(), ensemble).compute()
    whole = shapley.attributions(district.cube(), ensemble).compute()
    assert made.drop_vars("driver").equals(whole)
    assert not any(layer.encoding for layer in made.data_vars.values())


def test_sixteen_bits_hold_whatever_can_come(ensemble, caplog):
    with caplog.at_level("INFO", "geoprospect"):
        made = shapley.explanations(district.cube(), ensemble, bits=16)
    step = made["signal"].encoding["scale_factor"]
    assert f"steps of {step:.2g} log-odds" in caplog.text
    largest = max(float(abs(made[name]).max()) for name in [*ensemble.layers_, "base_value"])
    assert largest / step < 32767
    assert largest / step > 32767 / 20, "steps far coarser than need be"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"strongest": 0}, "strongest must be from 1 to 4 layers, got 0"),
        ({"strongest": 5}, "strongest must be from 1 to 4 layers, got 5"),
        ({"bits": 8}, "bits must be 16 or 32, got 8"),
    ],
)
def test_what_cannot_be_kept_is_refused(ensemble, wrong, why):
    with pytest.raises(ValueError, match=why):
        shapley.explanations(district.cube(), ensemble, **wrong)
