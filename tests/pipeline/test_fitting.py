"""Layers chosen and settings searched for inside the folds of a run, and maps of why."""

import json
import shutil
import sys

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from geoprospect import pipeline
from geoprospect.cube import store
from geoprospect.errors import ModelError, PipelineError
from geoprospect.explain import sign_agreement_rows
from geoprospect.models import searching
from geoprospect.pipeline import nesting
from geoprospect.pipeline.outputs import Outputs
from tests.pipeline.conftest import CELLS, District, write_raster
from tests.pipeline.test_resume import contents
from tests.pipeline.test_run import read

SEARCH = {"trials": 2, "folds": 2, "space": {"n_estimators": [5, 20], "num_leaves": [3, 9]}}
BLOCKS = {"spatial_blocks": {"size": 1200, "folds": 2, "dead_zone": 200}}
ROLES = {"source": ["magnetics", "twin", "noise"], "pathway": ["fault_distance"]}


def made(folder, **sections):
    """The tiny district with a twin of its magnetics."""
    (folder / "data").mkdir()
    district = District(folder / "data")
    with rasterio.open(district.folder / "magnetics.tif") as file:
        values = file.read(1)
    noise = np.random.default_rng(1).normal(0, 0.05, values.shape)
    write_raster(district.folder / "twin.tif", (values + noise).astype("float32"))
    district.plan["inputs"]["twin"] = {"raster": {"path": "twin.tif"}}
    district.plan["features"]["twin"] = {"raster": {"source": "twin"}}
    if "models" in sections:
        del district.plan["model"]
    district.plan |= sections
    return pipeline.load(district.write())


def told(run, name):
    return json.loads((run.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fitted")
    plan = made(
        folder, select={"like": 0.7}, tuning=SEARCH, roles=ROLES, by_role=True, agreement=True,
        classes=True, leave_pair_out={"distances": [0, 500], "pairs": 20},
        importance={"repeats": 1}, applicability=True, uncertainty={}, search_area={},
    )  # fmt: skip
    return pipeline.run(plan, folder / "out")


# --- layers -------------------------------------------------------------------------------


def test_of_twins_every_fold_keeps_one_and_the_map_is_made_of_the_others(fitted):
    found = fitted.scores["selection"]
    assert found["folds"] == 6, "two tilings of three folds"
    assert (found["protocol"], found["like"], found["most"]) == ("spatial_blocks", 0.7, None)
    by_name = {one["layer"]: one for one in found["layers"]}
    twins = by_name["magnetics"]["chosen"] + by_name["twin"]["chosen"]
    assert twins == pytest.approx(1)
    assert by_name["noise"]["chosen"] == by_name["fault_distance"]["chosen"] == 1
    reasons = by_name["twin"]["left"] + by_name["magnetics"]["left"]
    assert {one["why"] for one in reasons} == {"alike"}
    card = told(fitted, "model/card.json")
    layers = [one["name"] for one in card["layers"]]
    (left,) = card["left_out"]
    assert {left["layer"], left["by"]} == {"magnetics", "twin"}
    assert left["layer"] not in layers
    with rasterio.open(fitted.folder / "maps/attributions.tif") as file:
        assert file.count == len(layers) + 1 == 4
    report = (fitted.folder / "report.html").read_text(encoding="utf-8")
    assert "Which layers it was given, and which not" in report


def test_the_map_is_that_of_the_model_on_the_layers_it_was_given(fitted):
    cube = store.open_cube(fitted.folder / "cube.zarr")
    outputs = Outputs(fitted.folder, cube.odc.geobox)
    names = [one["name"] for one in outputs.card()["layers"]]
    ensemble = outputs.ensemble(cube[names])
    rows = np.stack([cube[name].to_numpy().ravel() for name in names], axis=1)
    (score,), _ = read(fitted.folder / "maps/prospectivity.tif")
    np.testing.assert_allclose(score.ravel(), ensemble.scores(rows).mean(axis=0), atol=1e-6)
    agreed, _ = read(fitted.folder / "maps/agreement.tif")
    some = np.arange(0, len(rows), 97)
    expected = sign_agreement_rows(ensemble, rows[some])
    np.testing.assert_allclose(agreed.reshape(3, -1)[:, some].T, expected, atol=0.051)
    assert np.abs(agreed.reshape(3, -1)[:, some].T - expected).mean() < 0.002


def test_a_layer_that_a_setting_names_stays_and_its_twin_goes(tmp_path):
    plan = made(
        tmp_path, select={"like": 0.7}, validation={"random": {"folds": 3}},
        model={"lightgbm": {"n_estimators": 5, "monotone": {"twin": "increasing"}}},
    )  # fmt: skip
    run = pipeline.run(plan, tmp_path / "out")
    assert [one["layer"] for one in told(run, "model/card.json")["left_out"]] == ["magnetics"]


# --- settings -----------------------------------------------------------------------------


def test_what_is_tuned_is_judged_by_nested_folds_and_named_so(fitted):
    found = fitted.scores["tuning"]
    assert found["nested"] is True
    places = [(one["protocol"], one["tiling"], one["fold"]) for one in found["searches"]]
    blocks = [("spatial_blocks", tiling, fold) for tiling in (0, 1) for fold in range(3)]
    assert places == [*blocks, *(("random", 0, fold) for fold in range(3))]
    for protocol in fitted.scores["protocols"].values():
        assert protocol["settings"] == "tuned inside each fold (nested)"
    for one in found["searches"]:
        assert one["trials"] == 2
        for name, (low, high) in SEARCH["space"].items():
            assert low <= one["settings"][name] <= high
    assert len({str(one["settings"]) for one in found["searches"]}) > 1
    report = (fitted.folder / "report.html").read_text(encoding="utf-8")
    assert "This is called nested validation" in report


def test_the_tuned_settings_are_those_of_the_maps_model_and_its_card(fitted):
    card = told(fitted, "model/card.json")
    assert card["tuned"]["trials"] == 2
    assert card["tuned"]["settings"].items() <= card["settings"]["model"].items()
    member = (fitted.folder / "model/member_000.txt").read_text(encoding="utf-8")
    assert member.count("\nTree=") == card["tuned"]["settings"]["n_estimators"]
    state = told(fitted, "tuning/model.json")
    best = max(state["search"]["trials"], key=lambda one: one["value"])
    assert best["settings"] == card["tuned"]["settings"]


def test_a_fold_searches_among_samples_it_may_learn_from_alone(tmp_path, monkeypatch):
    """Each search's samples are the training samples of its fold: no held-out ground is there."""
    seen = []
    kept = nesting.nested.nested

    def nested(rows, samples, folds, inner_of, fits, **more):
        def inner(mine):
            seen.append((folds, mine))
            return inner_of(mine)

        return kept(rows, samples, folds, inner, fits, **more)

    monkeypatch.setattr(nesting.nested, "nested", nested)
    plan = made(tmp_path, tuning=SEARCH, validation=BLOCKS, report=[])
    pipeline.run(plan, tmp_path / "out")
    assert len(seen) == 2
    for fold, (folds, mine) in enumerate(seen):
        held = folds.blocks[folds.blocks["fold"] == fold].union_all().buffer(200)
        assert len(mine)
        assert not mine.within(held).any()


def test_a_killed_search_goes_on_and_ends_with_the_same_bytes(tmp_path, monkeypatch):
    plan = made(tmp_path, tuning=SEARCH, validation=BLOCKS, report=[])
    whole = pipeline.run(plan, tmp_path / "whole").folder
    kept, trials = nesting.Nesting._keep, []

    def killed(self, path, text):
        kept(self, path, text)
        trials.append(path)
        if len(trials) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(nesting.Nesting, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(plan, tmp_path / "killed")
    assert len(json.loads((tmp_path / "killed" / trials[0]).read_text())["search"]["trials"]) == 2
    folder = pipeline.run(plan, tmp_path / "killed").folder
    assert len(trials) == 6, "two searches and the map's, of two trials: none was made twice"
    assert contents(folder) == contents(whole)


@pytest.mark.slow
def test_a_state_of_other_data_is_not_gone_on_with(tmp_path):
    plan = made(tmp_path, tuning=SEARCH, validation=BLOCKS)
    run = pipeline.run(plan, tmp_path / "out")
    before = told(run, "tuning/model.json")
    (tmp_path / "out/tuning/spatial_blocks_0_0.json").write_text("{", encoding="utf-8")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    other = made(fresh, tuning=SEARCH, validation=BLOCKS, seed=6)
    again = pipeline.run(other, tmp_path / "out")
    assert told(again, "tuning/model.json")["key"] != before["key"]
    alone = pipeline.run(other, fresh / "out")
    assert contents(again.folder) == contents(alone.folder)


@pytest.mark.slow
def test_one_of_several_models_is_tuned_and_stands_on_the_leaderboard(tmp_path):
    models = {
        "boosted": {"lightgbm": {"n_estimators": 5, "num_leaves": 5}},
        "forest": {"random_forest": {"n_estimators": 20}},
    }
    plan = made(tmp_path, models=models, mapped="forest", tuning=SEARCH | {"model": "boosted"})
    run = pipeline.run(plan, tmp_path / "out")
    board = run.scores["leaderboard"]
    assert board["tuning"]["model"] == "boosted"
    assert len(board["tuning"]["searches"]) == 6
    assert "tuning" not in run.scores
    assert "tuned" not in told(run, "model/card.json")
    assert "The map shows another model" in (run.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"tuning": {"trials": 0}}, r"tuning: trials must be 1 or more, got 0"),
        ({"tuning": {"seconds": 0}}, r"tuning: seconds must be positive, got 0\.0 s"),
        ({"tuning": {}}, r"tuning: tuning without time: state trials, seconds \[s\], or both"),
        ({"tuning": {"trials": 1, "space": {"num_leafs": [3, 9]}}}, r"no setting 'num_leafs'"),
        ({"select": {"like": 0}}, r"select: like must be above 0 and at most 1, got 0"),
        ({"select": {"most": 0}}, r"select: most must be 1 layer or more, got 0"),
        ({"calibration": {"prior": 1.5}}, r"calibration: prior must lie between 0 and 1, got 1\.5"),
        ({"calibration": {"prior": 0}}, r"calibration: prior must lie between 0 and 1, got 0"),
        ({"search_area": {"alphas": [0.1, 1]}}, r"search_area: alpha must be between 0 and 1"),
        ({"uncertainty": {"top": 10}}, r"uncertainty: top must be a share between 0 and 1"),
        ({"leave_pair_out": {"distances": []}}, r"leave_pair_out: distances must be 0 m or more"),
        ({"importance": {"repeats": 0}}, r"importance: repeats must be 1 or more, got 0"),
        ({"weights": {"unit_cell": 0}}, r"weights: unit_cell must be positive, got 0\.0 km2"),
        ({"nulls": {"effort": "deposits"}}, r"nulls: effort needs a bandwidth \[m\]"),
        (
            {"nulls": {"effort": "deposits", "bandwidth": 0}},
            r"nulls: bandwidth must be positive, got 0\.0 m",
        ),
        (
            {"model": {"weights_of_evidence": {}}, "tuning": {"trials": 1}},
            r"no space is known for weights_of_evidence",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused_at_check_and_before_anything_is_run(
    tmp_path, sections, message
):
    plan = made(tmp_path, **sections)
    with pytest.raises(PipelineError, match=message):
        pipeline.check(plan)
    with pytest.raises(PipelineError, match=message):
        pipeline.run(plan, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.zarr"))


def test_without_optuna_check_says_how_to_install_it(tmp_path, monkeypatch):
    plan = made(tmp_path, tuning=SEARCH)
    monkeypatch.setitem(sys.modules, "optuna", None)
    for look in (pipeline.check, lambda one: pipeline.run(one, tmp_path / "out")):
        with pytest.raises(ModelError, match=r'pip install "geoprospect\[tuning\]"'):
            look(plan)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"tuning": {"trials": 1}, "validation": {"random": {}}},
            "tuning: parts training samples by spatial_blocks; state it under validation",
        ),
        ({"tuning": {"trials": 1, "model": "lightgb"}}, "did you mean 'lightgbm'"),
        ({"tuning": {"trial": 1}}, "has no argument 'trial'; did you mean 'trials'"),
        ({"tuning": True}, "tuning: expected arguments such as"),
        ({"select": {"keep": ["twin"]}}, "keep: is filled in by the pipeline"),
        ({"by_role": True}, "by_role: adds up layers by their roles; state these under roles"),
        ({"classes": {"breaks": 3}}, "classes: has no settings: true or false"),
        (
            {
                "models": {"one": {"lightgbm": {}}, "two": {"lightgbm": {"num_leaves": 4}}},
                "tuning": {"trials": 1},
            },
            "tuning: state by model which of several is tuned",
        ),
    ],
)
def test_sections_that_cannot_be_understood_are_refused_at_load(tmp_path, sections, message):
    with pytest.raises(PipelineError, match=message):
        made(tmp_path, **sections)


def test_the_only_model_that_has_a_space_is_the_one_tuned(tmp_path):
    models = {"one": {"lightgbm": {}}, "two": {"weights_of_evidence": {}}}
    assert made(tmp_path, models=models, tuning={"trials": 1}).tuned == "one"
    assert "lightgbm" in searching.SPACES


def test_seconds_are_shared_out_among_all_searches(tmp_path):
    plan = made(tmp_path, tuning=SEARCH | {"trials": None, "seconds": 0.8})
    run = pipeline.run(plan, tmp_path / "out")
    found = run.scores["tuning"]["searches"]
    assert all(one["trials"] >= 1 for one in found)
    spent = [told(run, f"tuning/spatial_blocks_0_{n}.json")["search"]["seconds"] for n in range(3)]
    assert all(one["trials"] < 40 for one in found)
    assert all(one > 0.08 for one in spent), "its part of the time, and the trial that ended it"


# --- maps of why, and classes -------------------------------------------------------------


def test_roles_add_up_to_what_their_layers_add(fitted):
    names = [one["name"] for one in told(fitted, "model/card.json")["layers"]]
    shares, _ = read(fitted.folder / "maps/attributions.tif")
    roles, _ = read(fitted.folder / "maps/roles.tif")
    with rasterio.open(fitted.folder / "maps/roles.tif") as file:
        described = list(file.descriptions)
    assert described == ["source", "pathway", "base value"]
    source = sum(shares[n] for n, name in enumerate(names) if name in ROLES["source"])
    np.testing.assert_allclose(roles[0], source, atol=1e-5)
    np.testing.assert_allclose(roles[1], shares[names.index("fault_distance")], atol=1e-5)
    (first, _, inhibitor), _ = read(fitted.folder / "maps/role_drivers.tif")
    ahead = np.maximum(roles[:2], 0).sum(axis=0)
    drives = (roles[:2].max(axis=0) > 0) & (roles[:2].max(axis=0) >= 0.2 * ahead)
    np.testing.assert_array_equal(first, np.where(drives, roles[:2].argmax(axis=0) + 1, 0))
    table = {one["group"]: one for one in told(fitted, "trust.json")["roles"]["groups"]}
    assert table["source"]["size"] == pytest.approx(np.abs(roles[0]).mean(), rel=1e-4)
    assert table["pathway"]["drives"] == pytest.approx((first == 2).mean())
    assert table["pathway"]["inhibits"] == pytest.approx((inhibitor == 2).mean())


def test_deposits_that_the_map_ranks_lowest_are_explained(fitted):
    (score,), transform = read(fitted.folder / "maps/prospectivity.tif")
    deposits = gpd.read_file(fitted.folder.parent / "data" / "deposits.gpkg")
    columns, rows = ~transform @ (deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy())
    order = np.argsort(score[rows.astype(int), columns.astype(int)], kind="stable")
    report = (fitted.folder / "report.html").read_text(encoding="utf-8")
    for place, name in enumerate(deposits["name"].iloc[order]):
        assert (f"{name}, known deposit as a table" in report) == (place < 2)


def test_agreement_is_counted_over_the_map(fitted):
    agreed, _ = read(fitted.folder / "maps/agreement.tif")
    names = [one["name"] for one in told(fitted, "model/card.json")["layers"]]
    found = told(fitted, "trust.json")["agreement"]
    assert found["least"] == 0.8
    for one in found["layers"]:
        layer = agreed[names.index(one["layer"])]
        assert one["steady"] == pytest.approx((layer >= np.float32(0.8)).mean())
        assert one["mean"] == pytest.approx(layer.mean(), abs=1e-5)


def test_classes_are_those_of_the_breaks_and_the_crossing(fitted):
    (score,), transform = read(fitted.folder / "maps/prospectivity.tif")
    (broken, crossed), _ = read(fitted.folder / "maps/classes.tif")
    found = told(fitted, "trust.json")["classes"]
    edges = [one["value"] for one in found["concentration_area"]["breaks"]]
    np.testing.assert_array_equal(broken, np.digitize(score, np.float32(edges)))
    where = found["prediction_area"]["crossing"]["score"]
    np.testing.assert_array_equal(crossed, score >= np.float32(where))
    points = gpd.read_file(fitted.folder.parent / "data" / "deposits.gpkg").geometry
    columns, rows = ~transform @ (points.x.to_numpy(), points.y.to_numpy())
    cells = np.unique(np.column_stack([rows, columns]).astype(int), axis=0).T
    for name, layer in (("concentration_area", broken), ("prediction_area", crossed)):
        for one in found[name]["table"]:
            assert one["count"] == (layer[tuple(cells)] == one["code"]).sum()
            assert one["area"] == pytest.approx((layer == one["code"]).mean())
    with rasterio.open(fitted.folder / "maps/classes.tif") as file:
        assert file.shape == (CELLS, CELLS)


def test_the_report_has_all_that_was_asked_for(fitted):
    report = (fitted.folder / "report.html").read_text(encoding="utf-8")
    for heading in (
        "How its settings were found", "Which layers it was given, and which not",
        "Deposit against background, pair by pair", "The map in classes",
        "What each part of the mineral system adds", "Whether the models agree on why",
        "What each layer is worth on unseen ground",
    ):  # fmt: skip
        assert f"<h2>{heading}</h2>" in report


def test_a_second_run_searches_and_draws_nothing_anew(fitted):
    before = contents(fitted.folder)
    plan = pipeline.load(fitted.folder.parent / "data" / "tiny.yaml")
    again = pipeline.run(plan, fitted.folder)
    assert contents(again.folder) == before


def test_a_model_without_contributions_has_no_maps_of_why_and_it_is_said(tmp_path):
    fuzzy = {
        "membership": {"magnetics": {"fitted": "rising"}, "fault_distance": {"fitted": "falling"}},
        "tree": {"gamma": ["magnetics", "fault_distance"]},
    }
    plan = made(
        tmp_path, model={"fuzzy_logic": fuzzy}, roles=ROLES, by_role=True, agreement=True,
        select={}, importance={"repeats": 1},
    )  # fmt: skip
    run = pipeline.run(plan, tmp_path / "out")
    trust = told(run, "trust.json")
    assert not {"agreement", "roles"} & set(trust)
    assert not (run.folder / "maps/roles.tif").exists()
    report = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "What each part of the mineral system adds" not in report
    dropped = {one["layer"]: one["dropped"] for one in trust["importance"]["layers"]}
    assert dropped["magnetics"] is dropped["fault_distance"] is None
    assert dropped["noise"] is not None


def test_what_is_no_longer_asked_for_goes_and_room_was_told_for_it(tmp_path):
    asked = {"roles": ROLES, "by_role": True, "agreement": True, "classes": True, "report": []}
    asked |= {"tuning": SEARCH, "select": {"like": 0.7}, "validation": BLOCKS}
    plan = made(tmp_path, **asked)
    room = pipeline.sizes(plan).set_index("file")["bytes"]
    run = pipeline.run(plan, tmp_path / "out")
    optional = {"agreement", "roles", "role_drivers", "classes"}
    for name in optional:
        assert (run.folder / f"maps/{name}.tif").stat().st_size <= room[f"maps/{name}.tif"]
    shutil.rmtree(tmp_path / "data")
    run = pipeline.run(made(tmp_path, validation=BLOCKS, report=[]), tmp_path / "out")
    assert not {path.stem for path in (run.folder / "maps").glob("*.tif")} & optional
    assert not (run.folder / "tuning").exists()
    assert not {"left_out", "tuned"} & set(told(run, "model/card.json"))
    assert not {"selection", "tuning"} & set(run.scores)
