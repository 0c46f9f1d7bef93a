"""The test on the past in a pipeline file: bound, refused early, made, told and gone on with."""

from __future__ import annotations

import datetime
import html
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoprospect import contract, pipeline
from geoprospect.cube import store
from geoprospect.errors import DataError, PipelineError
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline.backtesting import backtest
from geoprospect.pipeline.outputs import CUBE
from geoprospect.pipeline.past import Past
from geoprospect.pipeline.trial import by_layer
from geoprospect.report.sections.backtest import backtest as section
from tests.pipeline.conftest import CRS, SOUTH, WEST, District
from tests.pipeline.test_targeting import HOLES

PAST = {
    "date_column": "year", "cut": [1975, 1985, 1995], "holes_per_cell": 1.5, "count": 300,
    "acquired": {"magnetics": 1960, "noise": 1980}, "cluster_distance": 150, "placebos": 1,
    "collars": "drillholes", "collar_date_column": "drilled",
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A run whose deposits have years and whose holes have dates, and the district of it."""
    folder = tmp_path_factory.mktemp("tried")
    (folder / "data").mkdir()
    district = District(folder / "data")
    rng = np.random.default_rng(2)
    deposits = gpd.read_file(folder / "data/deposits.gpkg")
    deposits["year"] = rng.integers(1960, 2010, len(deposits))
    deposits.to_file(folder / "data/deposits.gpkg")
    x, y = rng.uniform(0, 6000, (2, 40))
    names = [f"DH{n}" for n in range(40)]
    tables = {
        "collar": {"hole": names, "x": WEST + x, "y": SOUTH + y, "z": 0.0, "end": 50.0,
                   "drilled": 1960 + np.arange(40)},
        "survey": {"hole": names, "depth": 0.0, "azimuth": 0.0, "dip": -90.0},
        "assay": {"hole": names, "from": 0.0, "to": 50.0, "Cu": 0.02},
    }  # fmt: skip
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(folder / f"data/{name}.csv", index=False)
    district.plan |= {
        "drillholes": HOLES,
        "ensemble": {"members": 3, "ratio": 5},
        "validation": {"random": {"folds": 3}},
        "drilling": {"backtest": PAST},
        "report": ["backtest", "provenance"],
    }
    del district.plan["survey_areas"]
    return district, pipeline.run(pipeline.load(district.write()), folder / "out")


def told(run):
    return json.loads((run.folder / "backtest.json").read_text(encoding="utf-8"))


def changed(district, **settings):
    """The plan with some settings of the test changed; None takes one out."""
    before = dict(district.plan)
    asked = {name: value for name, value in (PAST | settings).items() if value is not None}
    try:
        district.plan["drilling"] = {"backtest": asked}
        return pipeline.load(district.write())
    finally:
        district.plan.clear()
        district.plan |= before


def direct(district, run):
    """The test made from the run's cube and the files alone, by no pipeline."""
    plan = pipeline.load(district.write())
    cube = store.open_cube(run.folder / CUBE, ["magnetics", "noise", "fault_distance"])
    grid = contract.grid_of(cube)

    def fits(layers):
        def fit(rows, labels, groups):
            made = PositiveUnlabelled(
                lightgbm(n_estimators=15, num_leaves=5, seed=5), members=3, ratio=5, seed=5
            )
            return made.fit(rows, labels, groups, layers=layers)

        return fit

    def layer(value):
        made = contract.on_grid(np.full(grid.shape, value, "float32"), grid)
        return contract.describe(made, long_name="layer", units="1")

    holes = pd.read_csv(district.folder / "collar.csv")
    past = Past(
        cube, layer(1), layer(0), gpd.read_file(district.folder / "deposits.gpkg"), fits, "year",
        300, plan.seed, 150, {"magnetics": 1960, "noise": 1980},
        gpd.GeoDataFrame(holes, geometry=gpd.points_from_xy(holes["x"], holes["y"]), crs=CRS),
        "drilled",
    )  # fmt: skip
    return backtest(past, cut=PAST["cut"], holes_per_cell=1.5, placebos=1)


def test_a_run_writes_what_the_call_itself_gives(tried):
    district, run = tried
    found = direct(district, run)
    assert told(run) == json.loads(json.dumps(found.told()))
    table = pd.read_csv(run.folder / "backtest.csv")
    assert table["ranking"].tolist() == found.table["ranking"].tolist()
    assert "historic order" in set(table["ranking"])
    assert [one["left_out"] for one in told(run)["cuts"]] == [["noise"], [], []]
    assert told(run)["cuts"][0]["risk"] == ["fault_distance"]


def test_the_report_tells_every_date_its_layers_and_its_verdicts(tried):
    _, run = tried
    page = html.unescape((run.folder / "report.html").read_text(encoding="utf-8"))
    assert "What it would have found in the past" in page
    for one in told(run)["cuts"]:
        assert f"Taught what was known before {one['cut']}" in page
        assert f"Deposits known then: {one['known']}; discoveries later: {one['discoveries']}" in (
            page
        )
        assert one["ranking"] in page
        assert f"best single layer ({one['best']})" in page
    assert "Left out, because they came later: noise." in page
    assert "nobody says when they existed: fault_distance." in page
    assert re.search("as it was drilled in truth.*at random .exact.", page, re.DOTALL)
    assert "backtest.json" in page.split("What it would have found in the past")[-1]


def test_few_discoveries_are_said_to_decide_nothing(tried):
    one = dict(told(tried[1])["cuts"][0], decidable=False, discoveries=4, met=4)
    rows = [row for row in told(tried[1])["rankings"] if row["cut"] == one["cut"]]
    page = section({"cuts": [one], "rankings": rows})
    assert page.count("not decidable: 4 later discoveries, and fewer than 5") == len(rows) - 2
    assert "At 1 of the 1 dates too little was found later" in page
    assert section(None) == ""


def test_holes_that_met_few_discoveries_are_no_comparison(tried):
    """The run's own holes lie anywhere; which cells of discoveries they met is counted anew."""
    district, run = tried
    deposits = gpd.read_file(district.folder / "deposits.gpkg")
    holes = pd.read_csv(district.folder / "collar.csv")
    cells = {tuple(one) for one in holes[holes["drilled"] >= 1975][["x", "y"]].to_numpy() // 100}
    late = deposits[deposits["year"] >= 1975]
    at = zip(late.geometry.x // 100, late.geometry.y // 100, strict=True)
    one = told(run)["cuts"][0]
    assert one["met"] <= sum(cell in cells for cell in at) < one["discoveries"] / 2
    page = html.unescape((run.folder / "report.html").read_text(encoding="utf-8"))
    assert f"the holes met {one['met']} of {one['discoveries']} discoveries" in page
    whole = {"cuts": [one | {"met": one["discoveries"]}], "rankings": told(run)["rankings"]}
    assert "not comparable" not in section(whole)


def test_a_resumed_run_keeps_the_test_until_it_is_asked_otherwise(tried):
    district, run = tried
    again = pipeline.run(pipeline.load(district.write()), run.folder)
    assert "backtest" in again.record["steps"]
    before, text = told(run), (run.folder / "backtest.json").stat().st_mtime_ns
    assert told(again) == before
    assert (again.folder / "backtest.json").stat().st_mtime_ns == text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cut": [1975, 1985]}, r"drilling.backtest: cut must name 3 different dates or more"),
        ({"cut": [1975, 1985, "soon"]}, r"drilling.backtest: the dates of the cuts cannot be read"),
        ({"acquired": {"magnetisc": 1960}}, r"acquired.magnetisc: .*did you mean 'magnetics'"),
        ({"collar_date_column": None}, "collars and collar_date_column go together"),
        ({"collars": "wells"}, "nothing above is called 'wells'"),
        ({"holes_per_cell": 0.5}, "holes_per_cell must be 1 or more, got 0.5"),
        ({"holes_per_cell": None}, "missing a required setting 'holes_per_cell'"),
        ({"placebos": 0}, "placebos must be 1 or more, got 0"),
        ({"fits": 1}, "drilling.backtest.fits: is filled in by the pipeline"),
    ],
)
def test_what_the_file_alone_shows_wrong_is_refused_before_anything_is_read(
    tried, settings, message
):
    with pytest.raises(PipelineError, match=message):
        changed(tried[0], **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"date_column": "yaer"}, "the deposits have no column 'yaer'; did you mean 'year'"),
        ({"cut": [1975, 1985, 2015]}, "no discovery was made on 2015 or later"),
        ({"collar_date_column": "drill"}, "the collars have no column 'drill'"),
        ({"acquired": {"noise_x": 1960}}, "acquired dates 'noise_x', and no feature or layer"),
    ],
)
def test_what_the_data_show_wrong_is_refused_before_a_model_is_fitted(
    tried, tmp_path, settings, message
):
    plan = changed(tried[0], **settings)
    with pytest.raises(DataError, match=message):
        pipeline.run(plan, tmp_path / "out")
    assert not {"validation", "model"} & set(
        json.loads((tmp_path / "out/run.json").read_text(encoding="utf-8"))["steps"]
    )


def test_a_features_date_is_that_of_all_its_layers():
    features = {"chem": ["chem_cu", "chem_au"], "chem_old": ["chem_old"], "dem": ["dem"]}
    layers = ["chem_cu", "chem_au", "chem_old"]
    acquired = {"chem_au": 2001, "chem": 1990, "dem": 1950}
    assert by_layer(acquired, features, layers) == {"chem_cu": 1990, "chem_au": 2001}


def test_collars_may_be_an_input_and_those_of_drillholes_need_a_crs(tried):
    district, _ = tried
    plan = changed(district, collars="faults")
    assert plan.backtest.data == {"deposits": "deposits", "collars": "faults"}
    before = dict(district.plan)
    try:
        district.plan["drillholes"] = HOLES | {"crs": None}
        with pytest.raises(PipelineError, match="need their crs to be laid onto the map"):
            pipeline.load(district.write())
    finally:
        district.plan.clear()
        district.plan |= before


def test_dates_may_be_written_as_yaml_has_them(tried):
    plan = changed(tried[0], cut=[datetime.date(1975, 6, 30), 1985, 1995])
    assert plan.backtest.settings["cut"] == ["1975-06-30", 1985, 1995]
