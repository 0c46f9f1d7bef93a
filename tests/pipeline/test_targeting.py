"""Targets as a planner weighs them, in whole runs."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import Point, box

from geoprospect import contract, pipeline
from geoprospect.errors import PipelineError
from geoprospect.pipeline.outputs import Outputs
from tests.pipeline.conftest import CRS, SIDE, SOUTH, WEST, District
from tests.pipeline.test_run import read

RANKING = {
    "criteria": {
        "prospectivity": {"weight": 3},
        "uncertainty": {"weight": 1, "attitude": "averse"},
        "novelty": {"weight": 1, "range": [0, 1000]},
        "access": {"weight": 1, "roads": "faults"},
        "cost": {"weight": 0.5, "layer": "noise"},
        "ownership": {"weight": 1, "areas": "licences", "column": "block_no", "ours": ["A"]},
    },
    "draws": 100,
    "concentration": 10,
    "classes": {"top": 0.1, "minimum_area": 0.1},
}
RESOURCES = {
    "layers": {"explored": {"fuzzy_linear": {"source": "noise", "zero": -3, "one": 6}}},
    "numbers": {
        "map": {"endowment": {"completeness": "explored", "label_frequency": 0.8}},
        "panel": {"mark3": {"thresholds": [5, 10, 30]}},
        "targets": {"target_count": {"column": "mean_prospectivity"}},
    },
    "weights": {"map": 2, "panel": 1, "targets": 0},
    "model": {"published": {"name": "porphyry_copper", "truncated": True}},
    "economics": {"body": "massive", "depths": [[1, 0, 300]]},
    "trials": 2000,
}
HOLES = {
    "collar": "collar.csv", "survey": "survey.csv", "interval": "assay.csv",
    "collar_columns": {"hole": "hole", "x": "x", "y": "y", "z": "z", "end": "end"},
    "survey_columns": {"hole": "hole", "depth": "depth", "azimuth": "azimuth", "dip": "dip"},
    "interval_columns": {"hole": "hole", "from": "from", "to": "to"},
    "grades": ["Cu"], "units": {"Cu": "%"}, "unit": "m", "dip_down": "negative", "crs": CRS,
}  # fmt: skip
PLAN = {
    "budget": 3e5, "cost_per_metre": 200, "worth": [-1e7, 5e7], "loss": 1e6,
    "body": {"longer": 100, "shorter": 60}, "accuracy": {"sensitivity": 0.9, "specificity": 0.95},
    "holes": {"spacing": 100, "depth": 100, "longest": 200, "core_angle": 20},
    "hit": {"grade": "Cu", "cutoff": 0.3, "length": 5},
}  # fmt: skip
PARK = box(WEST + 2600, SOUTH + 1500, WEST + 3200, SOUTH + 3000)


@pytest.fixture(scope="module")
def weighed(tmp_path_factory):
    """A run with everything, and the district to run it again."""
    folder = tmp_path_factory.mktemp("weighed")
    (folder / "data").mkdir()
    district = District(folder / "data")
    gpd.GeoDataFrame(geometry=[PARK], crs=CRS).to_file(folder / "data/park.gpkg")
    district.plan["inputs"]["park"] = {"vector": {"path": "park.gpkg"}}
    district.plan |= {
        "exclusions": ["park"],
        "ranking": RANKING,
        "applicability": True,
        "search_area": {"alphas": [0.3]},
        "calibration": {"prior": 0.02, "method": "platt"},
        "survey_areas": {"map_sheets": {"scale": 5000}},
        "ensemble": {"members": 6, "ratio": 5},
        "validation": {"spatial_blocks": {"size": 1200, "folds": 3, "dead_zone": 200}},
        "resources": RESOURCES,
        "drillholes": HOLES,
        "drilling": PLAN,
        "report": ["targets", "survey_areas", "how_much", "drill_holes", "drill_plan", "caveats"],
    }
    drilled_tables(folder / "data")
    return district, pipeline.run(pipeline.load(district.write()), folder / "out")


def drilled_tables(folder):
    """Upright barren holes every 100 m in the north of the ridge."""
    names = [f"DH{n}" for n in range(24)]
    x = [WEST + 1_850 + 100 * (n % 6) for n in range(24)]
    y = [SOUTH + 5_200 + 100 * (n // 6) for n in range(24)]
    tables = {
        "collar": {"hole": names, "x": x, "y": y, "z": 0.0, "end": 150.0},
        "survey": {"hole": names, "depth": 0.0, "azimuth": 0.0, "dip": -90.0},
        "assay": {"hole": names, "from": 0.0, "to": 150.0, "Cu": 0.02},
    }
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.csv", index=False)


def layer(run, name="targets"):
    return gpd.read_file(run.folder / "targets.gpkg", layer=name)


def told(run):
    return json.loads((run.folder / "ranking.json").read_text(encoding="utf-8"))


def again(district, run, **sections):
    """The same run folder with some sections changed."""
    before = dict(district.plan)
    try:
        district.plan |= sections
        return pipeline.run(pipeline.load(district.write()), run.folder)
    finally:
        district.plan.clear()
        district.plan |= before


# --- holes on targets --------------------------------------------------------------------------


def plan_of(run, name="plan"):
    return gpd.read_file(run.folder / "drill_plan.gpkg", layer=name)


def test_holes_are_planned_on_targets_within_the_budget(weighed):
    _, run = weighed
    targets = layer(run).set_index("label")
    plan, holes = plan_of(run), plan_of(run, "holes")
    assert len(plan)
    assert plan["cost"].sum() <= PLAN["budget"]
    assert plan["cost"].to_numpy() == pytest.approx(200 * plan["length"].to_numpy())
    for one in holes.itertuples():
        assert targets.geometry[one.target].buffer(1).contains(Point(one.point_x, one.point_y))
    table = pd.read_csv(run.folder / "drill_plan.csv")
    assert table["hole"].tolist() == [f"H{n + 1}" for n in range(len(plan))]
    assert plan_of(run, "traces").geometry.has_z.all()


def test_chances_of_targets_are_those_of_an_undiscovered_deposit_and_fall_by_barren_holes(weighed):
    _, run = weighed
    found = json.loads((run.folder / "drill_plan.json").read_text(encoding="utf-8"))
    told = json.loads((run.folder / "resources.json").read_text(encoding="utf-8"))
    chances = {row["label"]: row["chance"] for row in told["areas"]["targets"]}
    before = {one["target"]: one["before"] for one in found["targets"]}
    assert before == pytest.approx({name: chances[name] for name in before})
    tested = [one for one in found["targets"] if one["barren"]]
    assert tested
    assert all(one["probability"] < one["before"] for one in tested)
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Which holes to drill next" in page
    assert "24 holes of 3600 m together" in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"calibration": None}, "drilling: needs the chance of a deposit in each target"),
        ({"drilling": PLAN | {"hit": None}}, "must say what makes a hole of drillholes a hit"),
        ({"drillholes": HOLES | {"crs": None}}, "need their crs to be laid onto targets"),
        (
            {"drilling": PLAN | {"worth": "resources"}, "resources": None},
            "drilling.worth: takes its worth from resources, which has no economics there",
        ),
        (
            {"drilling": PLAN | {"body": {"longer": 1, "shorter": 2}}},
            r"drilling.body: .*longer one",
        ),
        ({"drilling": PLAN | {"holes": {"spacing": 9}}}, "drilling.holes"),
        ({"drilling": PLAN | {"targets": 3}}, "drilling.targets: is filled in by the pipeline"),
        ({"drilling": PLAN | {"pads": "roadz"}}, "nothing above is called 'roadz'"),
        ({"drilling": 3}, "drilling: expected budget and other settings, got 3"),
    ],
)
def test_a_plan_that_will_not_do_is_refused_before_anything_is_read(weighed, changes, message):
    district, _ = weighed
    before = dict(district.plan)
    try:
        district.plan |= changes
        with pytest.raises(PipelineError, match=message):
            pipeline.load(district.write())
    finally:
        district.plan.clear()
        district.plan |= before


# --- the order of targets ----------------------------------------------------------------------


def test_the_file_gives_the_score_again(weighed):
    _, run = weighed
    targets, ranking = layer(run), told(run)
    assert [one["name"] for one in ranking["criteria"]] == list(RANKING["criteria"])
    weights = {one["utility"]: one["weight"] for one in ranking["criteria"]}
    score = sum(w * targets[u] for u, w in weights.items()) / sum(weights.values())
    np.testing.assert_allclose(targets["weighted_score"], score)
    assert targets["weighted_score"].is_monotonic_decreasing
    assert targets["label"].tolist() == [f"T{n}" for n in targets["rank"]]
    assert targets[[*weights]].apply(lambda rank: rank.between(0, 1)).to_numpy().all()
    for name in ("top10_members", "top10_weights"):
        assert targets[name].between(0, 1).all()
        assert targets[name].sum() == pytest.approx(min(10, len(targets)))
    assert set(targets["pareto"]) <= {0, 1}
    assert targets["pareto"].iloc[0] == 1, "the best by some weights is on the front"
    assert (ranking["draws"], ranking["concentration"], ranking["seed"]) == (100, 10, 5)


def test_values_of_criteria_are_those_of_the_ground(weighed):
    district, run = weighed
    targets = layer(run)
    line = gpd.read_file(district.folder / "faults.gpkg").geometry[0]
    np.testing.assert_allclose(
        targets["c_access"], targets.distance(line) / 1000 / (3.6 * np.exp(-3.5 * 0.05)), rtol=1e-9
    )
    others = box(WEST + 2000, SOUTH, WEST + SIDE, SOUTH + SIDE)
    np.testing.assert_allclose(
        targets["c_ownership"], 1 - targets.intersection(others).area / targets.area, atol=1e-9
    )


def test_what_the_park_takes_is_stated_by_cell(weighed):
    _, run = weighed
    targets, ranking = layer(run), told(run)
    (scores,), _ = read(run.folder / "maps/prospectivity.tif")
    high = scores >= np.float32(targets["threshold"].iloc[0])
    park = np.zeros(scores.shape, bool)
    park[30:45, 26:32] = True
    (only,) = ranking["lost"]
    assert only["name"] == "park"
    assert only["area_km2"] == pytest.approx((high & park).sum() / 100)
    assert only["share"] == pytest.approx((high & park).sum() / high.sum())
    assert only["area_km2"] > 0
    assert targets["area_lost_km2"].sum() <= only["area_km2"] + 1e-9
    assert targets.intersection(PARK).area.max() < 1e-6
    np.testing.assert_allclose(targets["area_km2"], targets.area / 1e6)


def test_classes_and_next_data_are_told(weighed):
    _, run = weighed
    targets, ranking = layer(run), told(run)
    assert set(targets["target_class"]) <= {"A", "B", "C", ""}
    count = ranking["classes"]["count"]
    assert {n: int((targets["target_class"] == n).sum()) for n in "ABC"} == count
    assert ranking["classes"]["names"]["A"] == "A类"
    assert targets["next_data"].str.startswith("No survey is missing or distant here.").all()
    assert targets["outside_applicability"].isin([0, 1]).all()


def test_expected_deposits_are_those_of_the_probability_map(weighed):
    _, run = weighed
    (chance,), _ = read(run.folder / "maps/probability.tif")
    sheets = layer(run, "survey_areas")
    assert sheets["sheet_no"].str.fullmatch(r"G48H\d{6}").all()
    assert sheets["expected_deposits"].sum() == pytest.approx(np.nansum(chance), rel=1e-6)
    assert sheets["deposits"].sum() == 40
    assert (sheets["coverage"] > 0).all()
    assert layer(run)["expected_deposits"].gt(0).all()


def test_the_report_shows_how_targets_were_ranked(weighed):
    _, run = weighed
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "the weighted sum of 6 criteria" in page
    assert "Exclusion park takes" in page
    assert "on the Pareto front" in page
    assert "Expected deposits" in page


def amounts(run):
    return json.loads((run.folder / "resources.json").read_text(encoding="utf-8"))


def by_name(run):
    return dict(zip(RESOURCES["numbers"], amounts(run)["numbers"], strict=True))


def test_members_expect_what_is_known_and_then_what_is_not(weighed):
    """The calibrated members once more, by the formulas alone."""
    district, run = weighed
    cube = xr.open_zarr(run.folder / "cube.zarr", consolidated=False)
    cube = cube[[*district.plan["features"]]]  # a listing has no order of its own
    ensemble = Outputs(run.folder, contract.grid_of(cube["noise"])).ensemble(cube)
    rows = np.stack([cube[name].to_numpy().ravel() for name in ensemble.layers_], axis=1)
    curve = json.loads((run.folder / "trust.json").read_text())["calibration"]["curve"]
    score = np.clip(ensemble.scores(rows), 1e-6, 1 - 1e-6)
    odds = curve["slopes"][0] * np.log(score / (1 - score)) + curve["intercept"]
    told = by_name(run)["map"]["provenance"]
    prior, share = told["prior"], curve["share"]
    shift = np.log(prior / (1 - prior)) - np.log(share / (1 - share))
    known = 1 / (1 + np.exp(-(odds + shift)))
    held = layer(run, "samples").query("label == 1")
    assert known.sum(axis=1).mean() == pytest.approx(len(held), rel=1e-3)
    assert told["known"] == len(held)
    assert told["expected_before"] > len(held), "members scatter about the mean that was fitted"

    explored = np.clip((cube["noise"].to_numpy().ravel() + 3) / 9, 0, 1)
    explored[held["row"] * 60 + held["column"]] = 1
    chance = np.minimum(known / 0.8, 1)
    left = chance * (1 - explored) / np.maximum(1 - chance * explored, 1e-12)
    assert by_name(run)["map"]["mean"] == pytest.approx(left.sum(axis=1).mean(), rel=1e-4)
    (written,), _ = read(run.folder / "maps/undiscovered.tif")
    chance = np.minimum(known.mean(axis=0) / 0.8, 1)
    left = chance * (1 - explored) / np.maximum(1 - chance * explored, 1e-12)
    np.testing.assert_allclose(written.ravel(), left, atol=1e-5)


def test_the_pool_is_weighed_and_shared_out_to_the_last_deposit(weighed):
    _, run = weighed
    found, each = amounts(run), by_name(run)
    pool = found["pooled"]["mean"]
    assert pool == pytest.approx((2 * each["map"]["mean"] + each["panel"]["mean"]) / 3)
    chances = layer(run)["mean_prospectivity"]
    assert each["targets"]["mean"] == pytest.approx(chances.sum())
    for name in ("targets", "survey_areas"):
        rows = found["areas"][name]
        assert [one["label"] for one in rows] == [*layer(run, name)["label"], "elsewhere"]
        assert sum(one["expected"] for one in rows) == pytest.approx(pool)
    held, left = found["contained"], found["recovered"]
    assert held["trials"] == left["trials"] == 2000
    for name in ("ore", "Cu"):
        assert left["amounts"][name]["mean"] <= held["amounts"][name]["mean"]


def test_amounts_are_told_and_redone_by_themselves(weighed):
    district, run = weighed
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "calibrated in the large" in page
    assert "Where: survey areas" in page
    assert "no prices are stated, so the 2008 US$ default stands in" in page
    before = run.record["steps"]
    other = {"numbers": {"panel": {"mark3": {"thresholds": [1, 2, 4]}}}}
    changed = again(district, run, resources=other, report=["how_much"])
    now = changed.record["steps"]
    assert amounts(changed)["pooled"]["mean"] == pytest.approx(2.2333, abs=1e-4)
    assert not (run.folder / "maps/undiscovered.tif").exists()
    for name in ("maps", "trust", "targets", "explanations"):
        assert now[name]["fingerprint"] == before[name]["fingerprint"]
        assert now[name]["seconds"] == before[name]["seconds"]
    none = again(district, run, resources=None, report=["how_much"])
    assert "resources" not in none.record["steps"]
    assert not (run.folder / "resources.json").exists()
    assert "How much there may be" not in (run.folder / "report.html").read_text(encoding="utf-8")


def test_other_weights_redo_targets_and_report_alone(weighed, tmp_path):
    district, run = weighed
    before = told(run)
    other = RANKING | {"criteria": {"prospectivity": {"weight": 1}, "size": {"weight": 5}}}
    changed = again(district, run, ranking=other, resources=None)
    kept = {name for name, step in changed.record["steps"].items() if step.get("kept")}
    assert [one["name"] for one in told(changed)["criteria"]] == ["prospectivity", "size"]
    if kept:
        assert {"targets", "report"} & kept == set()
        assert {"maps", "model", "validation"} <= kept
    back = again(district, run, resources=None)
    assert told(back) == before


@pytest.mark.parametrize(
    "targeting",
    [
        {"prediction_area_crossing": {"minimum_area": 0.02}},
        {"conformal_area": {"alpha": 0.3, "minimum_area": 0.02}},
        {"fixed_threshold": {"prospectivity": "probability", "threshold": 0.05,
                             "minimum_area": 0.02, "gap": 200}},
        {"top_fraction": {"fraction": 0.1, "minimum_area": 0.02, "elongation": 3}},
    ],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_every_targeting_goes_through_a_run(weighed, targeting):
    district, run = weighed
    planned = PLAN if "top_fraction" in targeting else None
    made = again(district, run, targets=targeting, ranking=None, resources=None, drilling=planned)
    targets = layer(made)
    assert len(targets) > 0
    assert targets["weighted_score"].is_monotonic_decreasing
    name = next(iter(targeting))
    assert targets["threshold"].isna().all() == (name == "conformal_area")
    if planned:
        deposits = gpd.read_file(district.folder / "deposits.gpkg").union_all()
        one = json.loads((made.folder / "drill_plan.json").read_text("utf-8"))["targets"][0]
        of = targets.set_index("label").loc[one["target"]]
        assert not of.geometry.intersects(deposits)
        assert one["before"] == pytest.approx(1 - np.exp(-of["expected_deposits"]))
    if name == "fixed_threshold":
        assert (targets["threshold"] == 0.05).all()


def test_without_a_section_the_order_is_that_of_the_scores(weighed):
    district, run = weighed
    plain = again(
        district, run, ranking=None, resources=None,
        survey_areas={"h3_cells": {"resolution": 9}},
    )  # fmt: skip
    targets, ranking = layer(plain), told(plain)
    assert targets["score"].is_monotonic_decreasing
    assert {o["name"]: o["weight"] for o in ranking["criteria"]} == {
        "prospectivity": 1, "uncertainty": 0, "novelty": 0, "size": 0, "coverage": 0,
    }  # fmt: skip
    assert ranking["classes"] is None
    assert targets["target_class"].isna().all()
    assert layer(plain, "survey_areas")["h3"].str.startswith("89").all()


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        ("ranking", 3, r"ranking: expected criteria: \{name: \{weight: ...\}\}, got 3"),
        ("ranking", {"kriteria": {}}, "ranking.kriteria: is no part of ranking; did you mean"),
        ("ranking", {"criteria": {}}, r"ranking.criteria: expected entries as name"),
        ("ranking", {"criteria": {"novel": {"weight": 1}}},
         "no criterion is called 'novel'; did you mean 'novelty'"),
        ("ranking", {"criteria": {"size": {}}}, "missing a required setting 'weight'"),
        ("ranking", {"criteria": {"size": {"weight": "much"}}},
         "ranking.criteria.size.weight: expected a number of 0 or more, got 'much'"),
        ("ranking", {"criteria": {"size": {"weight": -1}}}, "0 or more, got -1"),
        ("ranking", {"criteria": {"size": {"weight": 0}}}, "all weights are 0"),
        ("ranking", {"criteria": {"size": {"weight": 1, "range": [2, 1]}}}, "low below high"),
        ("ranking", {"criteria": {"size": {"weight": 1, "range": 2}}}, r"expected \[low, high\]"),
        ("ranking", {"criteria": {"uncertainty": {"weight": 1, "attitude": "brave"}}},
         "ranking.criteria.uncertainty.attitude: expected 'averse', 'neutral' or 'seeking'"),
        ("ranking", {"criteria": {"access": {"weight": 1, "roads": "fault"}}},
         "nothing above is called 'fault'; did you mean 'faults'"),
        ("ranking", {"draws": 0}, "ranking.draws: expected a number of 1 or more, got 0"),
        ("ranking", {"classes": {"tob": 0.1}}, "has no argument 'tob'; did you mean 'top'"),
        ("survey_areas", {"sheets": {"scale": 50000}},
         "no way to part the area is called 'sheets'"),
        ("survey_areas", {"map_sheets": {}}, "missing a required setting 'scale'"),
        ("targets", {"conformal_area": {"alpha": 0.1, "minimum_area": 0}},
         "nothing above is called 'search_level'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_with_its_place(district, section, value, message):
    district.plan[section] = value
    with pytest.raises(PipelineError, match=message):
        pipeline.load(district.write())


def test_a_file_with_all_of_it_is_shipped():
    from pathlib import Path

    plan = pipeline.load(Path(__file__).parents[2] / "pipelines/sample_targets.yaml")
    assert plan.tiling is not None
    assert {one.name for one in plan.ranking.criteria} >= {"access", "ownership", "novelty"}
