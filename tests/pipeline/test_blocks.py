"""Composites and block models in a pipeline file: made, written, told, and gone on with."""

from __future__ import annotations

import html
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml

from geoprospect import pipeline, quantities
from geoprospect.errors import DataError, PipelineError
from tests.report.test_block_models import read
from tests.resources.drilled import holes

PLAN = {
    "name": "made holes",
    "seed": 4,
    "drillholes": {
        "collar": "collar.csv", "survey": "survey.csv", "interval": "assay.csv",
        "collar_columns": {"hole": "hole", "x": "x", "y": "y", "z": "z", "end": "end"},
        "survey_columns": {"hole": "hole", "depth": "depth", "azimuth": "azimuth", "dip": "dip"},
        "interval_columns": {"hole": "hole", "from": "from", "to": "to"},
        "grades": ["cu"], "units": {"cu": "%"}, "unit": "m", "dip_down": "negative",
        "crs": "EPSG:32650",
    },
    "composites": {"grades": ["cu"], "length": 5},
    "block_model": {
        "grade": "cu", "block": [30, 30, 10], "density": 2.7, "cut_offs": [0, 0.4, 0.8],
        "variogram": {"nugget": 0.01, "structures": [
            {"model": "spherical", "sill": 0.1, "major": 150, "semi": 150, "minor": 40}]},
        "search": {"most": 12, "passes": [1]}, "folds": 4, "cell": 60,
        "simulations": 100, "points": [1, 1, 1], "discretisation": [2, 2, 1],
    },
}  # fmt: skip
COMPOSITES = {"composites.csv", "composites.gpkg"}
WRITTEN = COMPOSITES | {
    "block_model.json", "block_model.vti", "block_model.omf", "block_model.csv",
    "block_model.parquet", "block_levels.tif", "grade_tonnage.csv",
}  # fmt: skip


class Field:
    """Tables of made holes, far from where x and y are small, and a pipeline file beside them."""

    def __init__(self, folder):
        self.folder = folder
        self.plan = json.loads(json.dumps(PLAN))
        collars, surveys, assays = holes()
        collars = collars.assign(x=collars["x"] + 500_000, y=collars["y"] + 4_000_000)
        self.tables = {"collar": collars, "survey": surveys, "assay": assays}

    def write(self):
        for name, table in self.tables.items():
            table.to_csv(self.folder / f"{name}.csv", index=False)
        path = self.folder / "blocks.yaml"
        path.write_text(yaml.safe_dump(self.plan), encoding="utf-8")
        return path

    def run(self):
        return pipeline.run(pipeline.load(self.write()), self.folder / "out")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Field(tmp_path_factory.mktemp("blocks")).run()


@pytest.fixture
def field(tmp_path):
    return Field(tmp_path)


def told(run):
    return json.loads((run.folder / "block_model.json").read_text(encoding="utf-8"))


def test_everything_is_written(run):
    names = {path.name for path in run.folder.iterdir()}
    assert names >= WRITTEN | {"report.html", "drill_holes.gpkg"}
    assert "blocks  " in run.told()
    assert set(run.record["steps"]["block_model"]["outputs"]) == WRITTEN - COMPOSITES


def test_files_of_blocks_say_the_same(run):
    table = pd.read_csv(run.folder / "block_model.csv", encoding="utf-8-sig")
    image, arrays = read(run.folder / "block_model.vti")
    np.testing.assert_allclose(arrays["estimate"], table["estimate"], rtol=1e-6)
    parquet = pd.read_parquet(run.folder / "block_model.parquet")
    np.testing.assert_allclose(parquet["estimate"], table["estimate"], rtol=1e-6)
    grid = told(run)["grid"]
    assert [float(one) for one in image.get("Origin").split()] == grid["origin"]
    assert len(table) == grid["blocks"]
    with rasterio.open(run.folder / "block_levels.tif") as file:
        assert file.count == grid["counts"][2]
        assert file.crs.to_epsg() == 32650
        some = table[table["estimate"].notna()].iloc[40]
        band = 1 + round((some["z"] - grid["origin"][2]) / 10 - 0.5)
        ((found,),) = file.sample([(some["x"], some["y"])], band)
        assert found == pytest.approx(some["estimate"], rel=1e-6)
    assert table["estimate"].notna().sum() == told(run)["estimates"]["known"]


def test_the_curve_is_that_of_the_realisations_and_adds_up(run):
    curve = pd.read_csv(run.folder / "grade_tonnage.csv", encoding="utf-8-sig")
    known = told(run)["estimates"]["known"]
    assert curve["tonnes_p50"].iloc[0] == pytest.approx(known * 30 * 30 * 10 * 2.7, rel=1e-6)
    assert (curve["tonnes_p90"] <= curve["tonnes_p10"]).all()
    assert curve["cut_off"].tolist() == [0, 0.4, 0.8]


def test_composites_lie_in_their_places(run):
    table = pd.read_csv(run.folder / "composites.csv", encoding="utf-8-sig")
    points = gpd.read_file(run.folder / "composites.gpkg", layer="composites")
    assert points.crs.to_epsg() == 32650
    assert len(points) == len(table) == 144
    np.testing.assert_allclose(points.geometry.x, table["x"])
    np.testing.assert_allclose(points.geometry.z, table["z"])
    first = table.iloc[0]
    assert (first["x"], first["y"], first["z"]) == (500_000, 4_000_000, -2.5)


def test_the_page_around_speaks_of_holes_and_of_no_map(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert '<p class="kind">Drill holes and blocks</p>' in page
    assert "<h3>Layers</h3>" not in page
    assert "give the same result" in page
    annex = page.split('<section id="annex">')[1].split("</section>")[0]
    assert "<td></td>" not in annex
    assert "targets.gpkg" not in annex
    assert "GeoTIFFs of" not in annex
    for said in (
        "In QGIS: drag <code>drill_holes.gpkg</code>, <code>composites.gpkg</code>, "
        "<code>block_levels.tif</code> into the window",
        "import <code>block_model.omf</code> (Open Mining",
        "open <code>block_model.vti</code> and",
    ):
        assert said in annex


def test_the_report_says_what_it_is_and_claims_no_more(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    section = page.split('<section id="block_model">')[1].split("</section>")[0]
    text = html.unescape(
        " ".join(re.sub(r"<(script|svg).*?</\1>|<[^>]+>", " ", section, flags=re.DOTALL).split())
    )
    made = told(run)
    for said in (
        f"{made['estimates']['known']:,} blocks of 30 × 30 × 10 m have an estimate",
        "Evidence level: drilled, unclassified.",
        "Out of hole, kriging errs by",
        f"{made['composites']['mean']:.4f}",
        f"{made['composites']['declustered_mean']:.4f}",
        "Nothing was cut.",
        "As stated in the pipeline file.",
        "Of 100 equally likely models",
        "nearest composite",
        made["verdict"]["sentence"],
        "Unknown is not poor.",
        "Ore, Mt (P90)",
    ):
        assert said in text, said
    assert not quantities.REFUSED.search(text)
    assert "scene-canvas" in section
    assert section.count("<svg") == 7


def test_realisations_that_kriging_does_not_bear_out_are_a_warning_on_the_page(
    run, field, monkeypatch
):
    warned = "differ by more than two standard errors"
    assert all(one["holds"] for one in told(run)["checks"])
    assert warned not in (run.folder / "report.html").read_text("utf-8")
    monkeypatch.setattr("geoprospect.resources.simulation_checks.FARTHEST", 0.0)
    tampered = field.run()
    assert not any(one["holds"] for one in told(tampered)["checks"])
    assert warned in (tampered.folder / "report.html").read_text("utf-8")


def test_a_second_run_keeps_what_stands_and_ends_with_the_same_bytes(run):
    names = ("report.html", "block_model.vti", "composites.csv")
    before = {name: (run.folder / name).read_bytes() for name in names}
    (run.folder / "report.html").unlink()
    again = Field(run.folder.parent).run()
    for step in ("composites", "block_model"):
        assert again.record["steps"][step] == run.record["steps"][step]
    for name, content in before.items():
        assert (again.folder / name).read_bytes() == content


def test_benches_and_a_local_grid(field):
    del field.plan["drillholes"]["crs"]
    del field.plan["block_model"]
    field.plan["composites"] = {"grades": ["cu"], "bench": 10, "base": 0}
    (field.folder / "out").mkdir()
    (field.folder / "out" / "block_model.vti").write_text("of an earlier run")
    run = field.run()
    assert not {path.name for path in run.folder.iterdir()} & (WRITTEN - COMPOSITES)
    table = pd.read_csv(run.folder / "composites.csv", encoding="utf-8-sig")
    assert (table["bench"] % 10 == 0).all()
    assert "local grid" in str(
        gpd.read_file(run.folder / "composites.gpkg", layer="composites").crs
    )
    assert "block_model" not in (run.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"composites": None}, "block_model: is made from composites; state that section too"),
        ({"block_model": {"grade": "zn"}}, "'zn' is not composited; known: cu"),
        ({"block_model": {"search": {"radius": 3}}}, "search: has no setting 'radius'; did you"),
        ({"block_model": {"search": {"most": 0}}}, "fewest must be from 1 to most = 0"),
        ({"block_model": {"variogram": {"modles": ["spherical"]}}}, "has no setting 'modles'"),
        ({"block_model": {"variogram": {"nugget": 0, "structures": [{"modl": "spherical"}]}}},
         "has no setting 'modl'"),
        ({"block_model": {"blocks": 3}}, "has no argument 'blocks'"),
        ({"block_model": {"seed": 3}}, "is filled in by the pipeline"),
        ({"composites": {"bench": 5}}, "state either length, down the hole, or bench"),
    ],
)  # fmt: skip
def test_wrong_settings_show_before_a_file_is_opened(field, change, message):
    for section, settings in change.items():
        stated = field.plan[section]
        field.plan[section] = None if settings is None else stated | settings
    with pytest.raises(PipelineError, match=re.escape(message)):
        pipeline.load(field.write())


def test_a_grade_that_the_holes_lack_is_named(field):
    field.plan["composites"]["grades"] = ["cu", "ni"]
    with pytest.raises(DataError, match=r"composites\.grades: 'ni' is no grade of the drill holes"):
        field.run()
