"""Several models, and how far the map can be believed, held against the run's own files."""

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from scipy.special import entr

from geoprospect import pipeline
from geoprospect.errors import PipelineError
from tests.pipeline.conftest import District
from tests.pipeline.test_run import read

LOOKS = {
    "nulls": {"permutations": 9, "shifts": 19},
    "uncertainty": {"top": 0.1},
    "applicability": True,
    "search_area": {"alphas": [0.2]},
    "calibration": {"prior": 0.02, "method": "platt"},
}
MODELS = {
    "boosted": {"lightgbm": {"n_estimators": 15, "num_leaves": 5}},
    "weights": {"weights_of_evidence": {}},
    "knowledge": {
        "fuzzy_logic": {
            "membership": {
                "magnetics": {"fitted": "rising"},
                "fault_distance": {"fitted": "falling"},
            },
            "tree": {"gamma": ["magnetics", "fault_distance"]},
        }
    },
}


def made(folder, **sections):
    (folder / "data").mkdir()
    district = District(folder / "data")
    district.plan |= sections
    if "models" in sections:
        del district.plan["model"]
    return pipeline.load(district.write())


@pytest.fixture(scope="module")
def believed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trust")
    return pipeline.run(made(folder, models=MODELS, mapped="boosted", **LOOKS), folder / "out")


def told(run, name):
    return json.loads((run.folder / name).read_text(encoding="utf-8"))


def test_every_model_stands_on_the_leaderboard_on_the_same_folds(believed):
    board = believed.scores["leaderboard"]
    assert {row["model"] for row in board["models"]} == set(MODELS)
    assert board["best"] == board["models"][0]["model"]
    assert board["mapped"] == believed.scores["model"] == "boosted"
    worst = [row["auc"]["worst"] for row in board["models"]]
    assert worst == sorted(worst, reverse=True)
    assert {len(row["folds"]) for row in board["models"]} == {6}


def test_the_best_by_its_worst_fold_is_mapped_where_none_is_asked_for(tmp_path):
    plan = made(tmp_path, models=MODELS)
    run = pipeline.run(plan, tmp_path / "out")
    board = run.scores["leaderboard"]
    assert run.scores["model"] == board["mapped"] == board["best"]
    assert told(run, "model/card.json")["model"] == next(iter(MODELS[board["best"]]))


def test_doubt_is_the_entropy_of_the_members(believed):
    bands, _ = read(believed.folder / "maps/uncertainty.tif")
    total, within, between, _ = bands
    (mean,), _ = read(believed.folder / "maps/prospectivity.tif")
    expected = (entr(mean) + entr(1 - mean)) / np.log(2)
    np.testing.assert_allclose(total, expected, atol=2e-6)
    np.testing.assert_allclose(within + between, total, atol=1e-6)


def test_quadrants_part_the_ground_and_count_the_deposits(believed):
    (_, _, _, quadrant), transform = read(believed.folder / "maps/risk_return.tif")
    points = gpd.read_file(believed.folder.parent / "data" / "deposits.gpkg").geometry
    columns, rows = ~transform @ (points.x.to_numpy(), points.y.to_numpy())
    cells = np.unique(np.column_stack([rows, columns]).astype(int), axis=0).T
    here = quadrant[tuple(cells)]
    for entry in told(believed, "trust.json")["quadrants"]:
        assert entry["count"] == (here == entry["quadrant"]).sum()
        assert entry["area"] == pytest.approx(np.mean(quadrant == entry["quadrant"]))


def test_the_search_area_is_the_share_of_cells_above_alpha(believed):
    (level,), _ = read(believed.folder / "maps/search_level.tif")
    found = told(believed, "trust.json")["search_area"]
    (area,) = found["areas"]
    assert found["clusters"] > 10
    assert area["area"] == pytest.approx(np.mean(level > 0.2), abs=1e-6)


def test_a_stated_prior_gives_a_map_of_probability_that_adds_up(believed):
    found = told(believed, "trust.json")["calibration"]
    (probability,), _ = read(believed.folder / "maps/probability.tif")
    assert found["called"] == "probability of a deposit in a cell"
    assert found["expected"] == pytest.approx(probability.sum(), rel=1e-5)
    (score,), _ = read(believed.folder / "maps/prospectivity.tif")
    order = np.argsort(score.ravel(), kind="stable")
    assert (np.diff(probability.ravel()[order]) >= -1e-7).all()
    with rasterio.open(believed.folder / "maps/probability.tif") as file:
        assert file.descriptions == ("probability of a deposit in a cell",)


def test_null_models_and_applicability_are_told_in_the_report(believed):
    verdicts = told(believed, "nulls.json")["verdicts"]
    assert any("knows only where it is" in one["text"] for one in verdicts)
    assert 0.5 < told(believed, "trust.json")["applicability"]["inside"] <= 1
    report = (believed.folder / "report.html").read_text(encoding="utf-8")
    for heading in ("How sure it is", "Where it has seen nothing like the ground",
                    "How much ground to search", "What a score means"):  # fmt: skip
        assert heading in report
    for verdict in verdicts:
        assert verdict["text"][:40] in report


def test_a_model_that_adds_nothing_up_is_mapped_without_reasons(tmp_path):
    plan = made(tmp_path, models=MODELS, mapped="knowledge", explain={"strongest": 1})
    run = pipeline.run(plan, tmp_path / "out")
    assert (run.folder / "maps/prospectivity.tif").exists()
    assert not (run.folder / "maps/attributions.tif").exists()
    assert not (run.folder / "maps/drivers.tif").exists()
    targets = gpd.read_file(run.folder / "targets.gpkg", layer="targets")
    assert set(targets["driver_1"].fillna("")) == {""}
    notices = [n["text"] for step in run.record["steps"].values() for n in step["notices"]]
    assert any("no sums over layers" in text for text in notices)
    assert "no sum over layers" in (run.folder / "report.html").read_text(encoding="utf-8")


def test_a_model_of_weights_is_explained_by_its_weights(tmp_path):
    plan = made(tmp_path, models=MODELS, mapped="weights")
    run = pipeline.run(plan, tmp_path / "out")
    bands, _ = read(run.folder / "maps/attributions.tif")
    with rasterio.open(run.folder / "maps/attributions.tif") as file:
        assert set(file.units) == {"log-odds"}
    (driver,), _ = read(run.folder / "maps/drivers.tif")
    strongest = bands[:-1].argmax(axis=0) + 1
    speaks = bands[:-1].max(axis=0) > 0
    np.testing.assert_array_equal(driver[speaks], strongest[speaks])


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"models": MODELS, "mapped": "bosted"}, "no model is called 'bosted'; did you mean"),
        ({"mapped": "lightgbm"}, "mapped: chooses among several models"),
        ({"applicability": {"top": 1}}, "applicability: has no settings: true or false"),
        ({"calibration": {"priors": 0.1}}, "has no argument 'priors'; did you mean 'prior'"),
        ({"nulls": {"effort": "drill_holes"}}, "nothing above is called 'drill_holes'"),
    ],
)
def test_sections_that_cannot_be_understood_are_refused_at_load(tmp_path, sections, message):
    with pytest.raises(PipelineError, match=message.replace("(", r"\(")):
        made(tmp_path, **sections)


def test_a_prior_that_is_none_is_refused(tmp_path):
    plan = made(tmp_path, calibration={"prior": 1.5})
    with pytest.raises(PipelineError, match=r"prior must lie between 0 and 1, got 1\.5"):
        pipeline.run(plan, tmp_path / "out")
