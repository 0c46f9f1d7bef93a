"""Drill holes of a pipeline, and pipelines that have nothing else."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from markupsafe import Markup

from geoprospect import pipeline
from geoprospect.errors import DataError, PipelineError
from geoprospect.report.sections.drilling import drill_holes

PLAN = {
    "name": "holes",
    "seed": 1,
    "drillholes": {
        "collar": "collar.csv", "survey": "survey.csv", "interval": "assay.csv",
        "collar_columns": {"hole": "id", "x": "x", "y": "y", "z": "z", "end": "depth"},
        "survey_columns": {"hole": "id", "depth": "at", "azimuth": "az", "dip": "dip"},
        "interval_columns": {"hole": "id", "from": "from", "to": "to"},
        "grades": ["cu"], "units": {"cu": "%"}, "unit": "ft", "dip_down": "positive",
        "end_codes": [90_000],
    },
}  # fmt: skip


class Field:
    """Three tables in feet with a few quirks, and the pipeline file beside them."""

    def __init__(self, folder):
        self.folder = folder
        self.plan = json.loads(json.dumps(PLAN))
        self.tables = {
            "collar": pd.DataFrame(
                {"id": ["A", "B"], "x": [0, 1000], "y": [0, 0], "z": [500, 500],
                 "depth": [100, 300]}
            ),
            "survey": pd.DataFrame(
                {"id": ["A", "B", "B"], "at": [0, 0, 90_000], "az": [0, 90, 90],
                 "dip": [90, 60, 60]}
            ),
            "assay": pd.DataFrame(
                {"id": ["A", "A", "B"], "from": [0, 10, 0], "to": [10, 100, 300],
                 "cu": [1.0, 0.2, None]}
            ),
        }  # fmt: skip

    def write(self):
        for name, table in self.tables.items():
            table.to_csv(self.folder / f"{name}.csv", index=False)
        path = self.folder / "holes.yaml"
        path.write_text(yaml.safe_dump(self.plan), encoding="utf-8")
        return path

    def run(self):
        return pipeline.run(pipeline.load(self.write()), self.folder / "out")


@pytest.fixture
def field(tmp_path):
    return Field(tmp_path)


def test_holes_alone_make_a_run(field):
    run = field.run()
    assert {path.name for path in run.folder.iterdir()} == {
        "run.json", "pipeline.yaml", "drill_holes.gpkg", "drillholes.json", "report.html",
    }  # fmt: skip
    assert run.record["status"] == "done"
    (read,) = run.record["inputs"]
    assert read["detail"] == "2 holes, 3 intervals"
    assert sorted(read["sha256"]) == ["assay.csv", "collar.csv", "survey.csv"]
    assert "holes   " in run.told()
    assert "map" not in run.told()


def test_what_is_told_is_counted_by_hand(field):
    run = field.run()
    told = json.loads((run.folder / "drillholes.json").read_text())
    foot = 0.3048
    assert (told["holes"], told["stations"], told["intervals"]) == (2, 3, 3)
    assert told["metres"] == pytest.approx(400 * foot)
    assert told["longest"] == pytest.approx(300 * foot)
    (copper,) = told["grades"]
    assert copper["mean"] == pytest.approx((10 * 1.0 + 90 * 0.2) / 100)
    assert (copper["assayed"], copper["unknown"], copper["highest"]) == (2, 1, 1.0)
    assert copper["metres"] == pytest.approx(100 * foot)
    codes = {one["code"]: (one["table"], one["rows"]) for one in told["warnings"]}
    assert codes["end_codes"] == ("survey", "4")
    assert codes["blank_grade"] == ("interval", "4")


def test_collars_and_traces_are_where_geometry_puts_them(field):
    run = field.run()
    collars = gpd.read_file(run.folder / "drill_holes.gpkg", layer="collars")
    traces = gpd.read_file(run.folder / "drill_holes.gpkg", layer="traces")
    assert collars["hole"].tolist() == traces["hole"].tolist() == ["A", "B"]
    assert "local grid" in str(traces.crs)
    foot = 0.3048
    upright, inclined = (np.array(line.coords) for line in traces.geometry)
    np.testing.assert_allclose(upright[-1], [0, 0, 400 * foot], atol=1e-9)
    end = [1000 + 300 * np.cos(np.pi / 3), 0, 500 - 300 * np.sin(np.pi / 3)]
    np.testing.assert_allclose(inclined[-1], np.array(end) * foot, atol=1e-9)
    assert traces.geometry.has_z.all()


def test_a_second_run_keeps_what_files_of_the_same_content_gave(field):
    field.run()
    kept = field.run().record["steps"]["drillholes.told"]
    (field.folder / "out" / "report.html").unlink()
    again = field.run().record["steps"]
    assert again["drillholes.told"] == kept
    assert again["report"]["fingerprint"]
    field.tables["assay"].loc[2, "cu"] = 0.5
    other = field.run()
    assert other.record["steps"]["drillholes.told"]["fingerprint"] != kept["fingerprint"]
    assert json.loads((other.folder / "drillholes.json").read_text())["grades"][0]["unknown"] == 0


def test_bad_tables_stop_the_run_with_all_that_is_wrong(field):
    field.tables["collar"].loc[1, "id"] = "A"
    field.tables["assay"].loc[0, "to"] = 0
    with pytest.raises(DataError, match="cannot be read") as raised:
        field.run()
    for code in ("duplicate_hole", "without_collar", "empty_interval"):
        assert code in str(raised.value)
    assert raised.value.__notes__ == ["in drillholes"]


def test_a_file_on_holes_says_what_it_lacks_for_a_map(field):
    field.plan |= {"exclusions": [], "weights": {}}
    with pytest.raises(PipelineError, match="exclusions: belongs to a map, and this file is on"):
        pipeline.load(field.write())
    field.plan = field.plan | {"labels": {"uniform": {}}}
    with pytest.raises(PipelineError, match="grid: this section is missing"):
        pipeline.load(field.write())


def test_settings_of_holes_are_checked_before_files_are_opened(field):
    field.plan["drillholes"] |= {"unit": "yd", "dips": "down"}
    with pytest.raises(PipelineError) as raised:
        pipeline.load(field.write())
    assert "drillholes.unit" in str(raised.value)
    assert "drillholes: has no argument 'dips'" in str(raised.value)


def test_sections_of_maps_have_nothing_to_tell_of_holes(field):
    field.plan["report"] = ["drill_holes", "targets"]
    with pytest.raises(PipelineError, match=r"report\.targets\.targets: nothing above is called"):
        pipeline.load(field.write())


def test_check_tells_of_holes_and_writes_nothing(field):
    plan = pipeline.load(field.write())
    (row,) = pipeline.check(plan).to_dict("records")
    assert row["what"] == "2 holes, 3 intervals"
    assert pipeline.sizes(plan).empty
    with pytest.raises(PipelineError, match="on drill holes alone and has no layers"):
        pipeline.data_report(plan, field.folder / "data.html")


def test_the_section_names_quirks_and_rows(field):
    run = field.run()
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    for said in (
        "Depths and elevations are in feet in the tables, and in metres here.",
        "Dips below the horizontal are positive in the tables",
        "Depths in surveys that stand for the end of a hole: 90000",
        "A blank grade is unknown, not 0.",
        "<code>blank_grade</code>",
        "0.2800",
    ):
        assert said in page, said
    assert drill_holes(None) == Markup()


def test_babbitt_is_told_with_its_published_means(real_data, tmp_path):
    field = Field(tmp_path)
    named = dict.fromkeys(("CU", "NI"), "%")
    field.plan["data"] = str(real_data / "drill_babbitt")
    field.plan["drillholes"] |= {
        "collar": "collar_BABBITT.csv", "survey": "survey_BABBITT.csv",
        "interval": "assay_BABBITT.csv",
        "collar_columns": {"hole": "BHID", "x": "XCOLLAR", "y": "YCOLLAR", "z": "ZCOLLAR"},
        "survey_columns": {"hole": "BHID", "depth": "AT", "azimuth": "AZ", "dip": "DIP"},
        "interval_columns": {"hole": "BHID", "from": "FROM", "to": "TO"},
        "grades": list(named), "units": named,
    }  # fmt: skip
    told = json.loads((field.run().folder / "drillholes.json").read_text())
    means = {one["name"]: one["mean"] for one in told["grades"]}
    assert means == pytest.approx({"CU": 0.3638, "NI": 0.0909}, abs=5e-5)
    assert {"end_codes", "near_collars", "long_interval"} <= {w["code"] for w in told["warnings"]}
