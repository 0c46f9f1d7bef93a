"""Bad input: one clear error naming file, place and remedy; nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely.geometry import Polygon

from geoprospect import pipeline
from geoprospect.errors import GeoprospectError, PipelineError
from tests.pipeline.conftest import CRS, SIDE, SOUTH, WEST, write_raster

ROOT = (os.name != "nt") and os.geteuid() == 0


def refused(district, out, match):
    """The run is refused with this message, and leaves no output that looks finished."""
    with pytest.raises(GeoprospectError, match=match):
        pipeline.run(pipeline.load(district.write()), out)
    finished = [path.name for path in out.rglob("*") if path.suffix in (".tif", ".gpkg", ".html")]
    assert finished == []
    assert not list(out.rglob("*partial*"))


def notices(folder):
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return " | ".join(n["text"] for step in record["steps"].values() for n in step["notices"])


def magnetics(district):
    with rasterio.open(district.folder / "magnetics.tif") as file:
        return file.read(1)


def test_a_raster_without_crs(district, tmp_path):
    write_raster(district.folder / "magnetics.tif", magnetics(district), crs=None)
    refused(district, tmp_path / "out", r"magnetics\.tif.*has no CRS.*crs: ")


def test_a_vector_without_crs(district, tmp_path):
    faults = gpd.read_file(district.folder / "faults.gpkg")
    faults.to_file(district.folder / "faults.shp")
    (district.folder / "faults.prj").unlink()
    district.plan["inputs"]["faults"]["vector"]["path"] = "faults.shp"
    refused(district, tmp_path / "out", r"faults\.shp.*has no CRS.*crs: ")


def test_a_grid_in_degrees(district, tmp_path):
    district.plan["grid"] = {"bbox": [105, 27, 105.1, 27.1], "crs": "EPSG:4490", "resolution": 0.01}
    refused(district, tmp_path / "out", r"EPSG:4490.*geographic.*metres")


def test_a_layer_that_misses_the_study_area(district, tmp_path):
    away = rasterio.transform.from_origin(WEST + 500_000, SOUTH, 100, 100)
    write_raster(district.folder / "magnetics.tif", magnetics(district), transform=away)
    refused(district, tmp_path / "out", r"misses the (study area|grid)")


def test_a_layer_without_any_value(district, tmp_path):
    write_raster(district.folder / "magnetics.tif", np.full((60, 60), -9999, "float32"))
    refused(district, tmp_path / "out", r"magnetics.*has no value inside the study area.*nodata")


def test_a_constant_layer_is_left_out_and_said(district, tmp_path):
    write_raster(district.folder / "noise.tif", np.full((60, 60), 7, "float32"))
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    card = json.loads((run.folder / "model/card.json").read_text(encoding="utf-8"))
    assert [layer["name"] for layer in card["layers"]] == ["magnetics", "fault_distance"]
    assert "layer 'noise' is 7 everywhere" in notices(run.folder)
    assert "is 7 everywhere" in (run.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("how", ["corrupt", "truncated"])
def test_a_broken_geotiff(district, tmp_path, how):
    path = district.folder / "magnetics.tif"
    content = path.read_bytes()
    path.write_bytes(
        b"II*\0" + os.urandom(500) if how == "corrupt" else content[: len(content) // 2]
    )
    refused(district, tmp_path / "out", r"magnetics\.tif")


def table(district, **columns):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": WEST + random.uniform(0, SIDE, 50),
            "y": SOUTH + random.uniform(0, SIDE, 50),
            "Cu": random.lognormal(size=50).round(3),
        }
    ).assign(**columns)
    frame.to_csv(district.folder / "soil.csv", index=False)
    read = {"path": "soil.csv", "x": "x", "y": "y", "crs": CRS}
    district.plan["inputs"]["soil"] = {"table": read}
    district.plan["features"]["copper"] = {
        "interpolated": {"source": "soil", "columns": ["Cu"], "method": "nearest", "radius": 3000}
    }
    return read


def test_an_unknown_column(district, tmp_path):
    table(district)["x"] = "X_coord"
    refused(district, tmp_path / "out", r"soil\.csv.*no column 'X_coord'")


def test_an_unknown_element(district, tmp_path):
    table(district)
    district.plan["features"]["copper"]["interpolated"]["columns"] = ["Cuu"]
    refused(district, tmp_path / "out", r"'Cuu'.*did you mean 'Cu'")


def test_text_in_a_numeric_column(district, tmp_path):
    values = [f"{i}.5" for i in range(50)]
    values[17] = "n.d.?"
    table(district, Cu=values)
    refused(district, tmp_path / "out", r"(?s)soil\.csv.*Cu.*n\.d\.\?")


def test_latitude_and_longitude_swapped(district, tmp_path):
    read = table(district, x=27.15 + np.linspace(0, 0.01, 50), y=105.03)
    read["crs"] = "EPSG:4490"
    refused(district, tmp_path / "out", r"soil\.csv.*swap")


def test_duplicated_points_are_said(district, tmp_path):
    deposits = gpd.read_file(district.folder / "deposits.gpkg")
    pd.concat([deposits, deposits[:3]]).to_file(district.folder / "deposits.gpkg")
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    assert "3 of 43 deposits share their cell with another" in notices(run.folder)


def test_deposits_outside_the_area_are_counted_and_said(district, tmp_path):
    deposits = gpd.read_file(district.folder / "deposits.gpkg")
    deposits.loc[:4, "geometry"] = deposits.geometry[:5].translate(xoff=1e5)
    deposits.to_file(district.folder / "deposits.gpkg")
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    assert "5 of 40 deposits lie outside" in notices(run.folder)
    assert "5 of 40 deposits lie outside" in (run.folder / "report.html").read_text("utf-8")


def test_fewer_than_five_deposits(district, tmp_path):
    gpd.read_file(district.folder / "deposits.gpkg")[:4].to_file(district.folder / "deposits.gpkg")
    refused(district, tmp_path / "out", r"4 .*deposits.*at least 5")


def test_a_category_unseen_in_training_is_said(district, tmp_path):
    units = np.ones((60, 60), "float32")
    units[:30] = 2
    units[0, 0] = 3
    write_raster(district.folder / "units.tif", units)
    district.plan["inputs"]["units"] = {
        "raster": {"path": "units.tif", "kind": "categorical",
                   "meanings": {1: "shale", 2: "granite", 3: "花岗斑岩"}}
    }  # fmt: skip
    district.plan["features"]["unit"] = {"category": {"source": "units"}}
    district.plan["labels"]["uniform"]["count"] = 400
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    assert "花岗斑岩" in notices(run.folder)
    assert "no training sample" in notices(run.folder)


def test_self_crossing_polygons_are_repaired_and_said(district, tmp_path):
    bow = Polygon([(WEST, SOUTH), (WEST + 3000, SOUTH + 3000), (WEST + 3000, SOUTH),
                   (WEST, SOUTH + 3000)])  # fmt: skip
    gpd.GeoDataFrame({"block_no": ["bow"]}, geometry=[bow], crs=CRS).to_file(
        district.folder / "licences.gpkg"
    )
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    assert "licences.gpkg" in notices(run.folder)
    assert "repaired" in notices(run.folder)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda p: p["features"].update(d={"distanse_to": {}}), r"did you mean 'distance_to'"),
        (
            lambda p: p["features"]["fault_distance"]["distance_to"].update(max_distanse=3),
            r"no argument 'max_distanse'; did you mean 'max_distance'",
        ),
        (
            lambda p: p["features"]["fault_distance"]["distance_to"].pop("max_distance"),
            r"missing a required setting 'max_distance' \[m\]",
        ),
        (
            lambda p: p["features"]["fault_distance"]["distance_to"].update(source="fault"),
            r"nothing above is called 'fault'; did you mean 'faults'",
        ),
        (lambda p: p.update(feature={}), r"feature: is no section; did you mean 'features'"),
        (lambda p: p.pop("labels"), r"labels: this section is missing"),
        (lambda p: p.update(seed="many"), r"seed: expected a whole number"),
        (lambda p: p["features"].update({"Bad-Name": {"raster": {}}}), r"ASCII snake_case"),
        (lambda p: p.update(exclusions=["lakes"]), r"no input is called 'lakes'"),
        (lambda p: p["validation"].update(spatial_block={}), r"did you mean 'spatial_blocks'"),
        (lambda p: p.update(report=["sumary"]), r"did you mean 'summary'"),
        (lambda p: p.update(data="nowhere"), r"there is no folder .*nowhere"),
    ],
)
def test_a_mistake_in_the_file_is_told_before_any_data_is_opened(district, change, match):
    change(district.plan)
    shutil.rmtree(district.folder / "deposits.gpkg", ignore_errors=True)
    path = district.write()
    for data in district.folder.glob("*.tif"):
        data.unlink()
    with pytest.raises(PipelineError, match=match):
        pipeline.load(path)


def test_a_misspelt_model_setting(district, tmp_path):
    district.plan["model"]["lightgbm"]["num_leafs"] = 3
    told = r"model\.lightgbm: .*'num_leafs'; did you mean 'num_leaf'"
    with pytest.raises(PipelineError, match=told):
        pipeline.run(pipeline.load(district.write()), tmp_path / "out")


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("magnetic.tif", r"magnetic\.tif.*did you mean.*magnetics\.tif"),
        ("/vsicurl/http://localhost/x.tif", r"is an address of GDAL's own; give a path or a URL"),
        ("http://127.0.0.1:1/x.tif", r"it cannot be reached .*check the network and the address"),
    ],
)
def test_a_path_outside_reach(district, tmp_path, path, match):
    district.plan["inputs"]["magnetics"]["raster"]["path"] = path
    refused(district, tmp_path / "out", match)


def test_yaml_that_asks_for_python_objects(tmp_path):
    path = tmp_path / "evil.yaml"
    path.write_text("seed: !!python/object/apply:os.system ['true']\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"evil\.yaml:1:7: .*plain values only"):
        pipeline.load(path)


@pytest.mark.skipif(os.name == "nt", reason="file size limits are of another kind on Windows")
def test_no_disk_space(district, tmp_path):
    """A limit on file size stands for a full disk: writing fails half-way."""
    plan = district.write()
    out = tmp_path / "out"
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "from geoprospect.cli import main\n"
        f"sys.argv = ['geoprospect', 'run', {str(plan)!r}, '--out', {str(out)!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "free some disk space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(out.rglob("*.tif"))


@pytest.mark.skipif(sys.platform != "linux", reason="uses a place where even root may not write")
def test_an_unwritable_folder(district, tmp_path):
    out = Path("/sys/geoprospect")
    if not ROOT:
        out = tmp_path / "out"
        out.mkdir(mode=0o500)
    with pytest.raises(GeoprospectError, match=r"cannot write into .*mend its permissions"):
        pipeline.run(pipeline.load(district.write()), out)


def test_a_file_where_the_run_folder_should_be(district, tmp_path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(GeoprospectError, match=r"cannot write into .*choose another --out"):
        pipeline.run(pipeline.load(district.write()), tmp_path / "out")


def test_a_model_is_refused_for_a_cube_whose_layers_differ(district, tmp_path):
    from geoprospect.errors import ModelError
    from geoprospect.models import card

    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    from geoprospect.cube import store

    cube = store.open_cube(run.folder / "cube.zarr")
    told = json.loads((run.folder / "model/card.json").read_text(encoding="utf-8"))
    with pytest.raises(ModelError, match="'noise'"):
        card.check_layers(told, cube.drop_vars("noise"))
