"""Ground between holes in a pipeline: from tables of holes to voxels that say unknown."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from odc.geo.geobox import GeoBox

from geoprospect import contract, pipeline
from geoprospect.errors import PipelineError
from geoprospect.report import export
from tests import underground
from tests.ingest.test_mesh import binary

PLAN = {
    "name": "below",
    "seed": 3,
    "drillholes": {
        "collar": "collar.csv", "survey": "survey.csv", "interval": "assay.csv",
        "collar_columns": {"hole": "hole", "x": "x", "y": "y", "z": "z"},
        "survey_columns": {"hole": "hole", "depth": "at", "azimuth": "azimuth", "dip": "dip"},
        "interval_columns": {"hole": "hole", "from": "from", "to": "to"},
        "grades": ["cu"], "units": {"cu": "%"}, "unit": "m", "dip_down": "negative",
        "crs": underground.CRS,
    },
    "composites": {"grades": ["cu"], "length": 20.0},
    "voxels": {
        "inputs": {
            "contact": {"mesh": {"path": "contact.stl", "crs": underground.CRS}},
            "terrain": {"raster": {"path": "terrain.tif", "units": "m"}},
        },
        "ground": "terrain",
        "blocks": {"size": [50, 50, 40], "margin": 100},
        "label": {"grade": "cu", "cut_off": 0.4},
        "features": {
            "copper": {"grade": {"column": "cu", "units": "%", "radius": 300}},
            "contact": {"signed_distance": {"surface": "contact"}},
        },
        "validation": {
            "by_hole": {"folds": 3},
            "by_box": {"size": [250, 250, 500], "folds": 2, "dead_zone": 20},
        },
        "model": {"lightgbm": {"n_estimators": 20}},
        "ensemble": {"members": 4},
        "unknown_beyond": 80,
        "known_by": ["copper"],
        "best": 3,
    },
}  # fmt: skip


def written(folder, plan):
    """The plan and its tables."""
    drilled = underground.composites(count=30)
    tops = drilled.groupby("hole", as_index=False)[["x", "y"]].first().assign(z=400.0)
    tops.to_csv(folder / "collar.csv", index=False)
    tops[["hole"]].assign(at=0, azimuth=0, dip=-90).to_csv(folder / "survey.csv", index=False)
    assays = drilled.assign(**{"from": 395 - drilled["z"], "to": 405 - drilled["z"]})
    assays[["hole", "from", "to", "cu"]].to_csv(folder / "assay.csv", index=False)
    wide = GeoBox.from_bbox(
        (499_000, 2_999_000, 502_000, 3_002_000), crs=underground.CRS, resolution=500
    )
    flat = contract.on_grid(np.full(wide.shape, 405.0, "float32"), wide)
    height = contract.describe(flat, long_name="terrain", units="m")
    export.geotiff(xr.Dataset({"height": height}), folder / "terrain.tif")
    corners = underground.contact().corners
    (folder / "contact.stl").write_bytes(binary(corners))
    path = folder / "below.yaml"
    path.write_text(yaml.safe_dump(plan), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("below")
    return pipeline.run(pipeline.load(written(folder, PLAN)), folder / "out")


def test_the_run_is_judged_by_hole_beside_the_leak(run):
    told = json.loads((run.folder / "prospectivity_3d.json").read_text())
    auc = {name: one["auc"]["mean"] for name, one in told["validation"].items()}
    assert set(auc) == {"by_hole", "by_box", "random"}
    assert 0.6 < auc["by_hole"] < auc["random"]
    assert told["holes"] == 30
    assert {one["layer"] for one in told["layers"]} == {"copper", "contact"}
    assert len(told["best"]) == 3


def test_the_table_holds_every_voxel_and_unknown_has_no_score(run):
    told = json.loads((run.folder / "prospectivity_3d.json").read_text())
    table = pd.read_csv(run.folder / "prospectivity_3d.csv")
    assert len(table) == np.prod(told["grid"]["counts"])
    unknown = table["prospectivity"].isna()
    assert unknown.sum() == len(table) - told["voxels"]["known"] > 0
    air = table["z"] > 405
    assert air.sum() == told["voxels"]["outside the ground"] > 0
    assert (table["data_distance"][unknown & ~air] > 80).all()
    assert table["adds_copper"].notna().equals(~unknown)
    assert (run.folder / "prospectivity_3d.vti").stat().st_size > 1000


def test_the_report_has_its_section_and_a_second_run_keeps_the_step(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Under ground, between the drill holes" in page
    before = (run.folder / "prospectivity_3d.csv").read_bytes()
    again = pipeline.run(pipeline.load(run.folder.parent / "below.yaml"), run.folder)
    assert again.record["steps"]["voxels"] == run.record["steps"]["voxels"]
    assert (again.folder / "prospectivity_3d.csv").read_bytes() == before


def changed(**parts):
    plan = json.loads(json.dumps(PLAN))
    plan["voxels"] |= parts
    return yaml.safe_dump(plan)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"unknown_beyond": None}, "voxels: missing unknown_beyond"),
        ({"blokcs": {}}, "voxels.blokcs: is no part of voxels; did you mean 'blocks'"),
        ({"known_by": ["Copper"]}, "no feature is called 'Copper'; did you mean 'copper'"),
        ({"validation": {"by_hol": {}}}, "is no way to hold out holes; did you mean 'by_hole'"),
        ({"features": {"cu": {"grad": {}}}}, "no feature under ground is called 'grad'"),
        ({"features": {"cu": {"signed_distance": {"surface": "roof"}}}}, "nothing above is called"),
        ({"ground": "dem"}, "no input of voxels is called 'dem'; known: contact"),
        ({"label": {"grade": "cu"}}, "missing a required setting 'cut_off'"),
        ({"features": []}, r"voxels.features: expected entries as name: \{function"),
        ({"features": {"cu": {"grade": {"own_hole": True}}}}, "own_hole: is filled in by the pipe"),
    ],
)
def test_a_section_that_cannot_be_run_is_told_before_it_is(parts, message):
    with pytest.raises(PipelineError, match=message):
        pipeline.loads(changed(**parts))


def test_voxels_ask_for_composites():
    plan = json.loads(json.dumps(PLAN))
    del plan["composites"]
    with pytest.raises(
        PipelineError, match="voxels: learns from composites; state composites: too"
    ):
        pipeline.loads(yaml.safe_dump(plan))
