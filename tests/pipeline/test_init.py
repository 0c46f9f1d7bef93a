"""A first pipeline, written from a look at a folder."""

import logging
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely.geometry import LineString, Point, box

from geoprospect import pipeline
from geoprospect.errors import DataError, MissingFileError, OutputError
from geoprospect.pipeline import places, roles
from geoprospect.pipeline.first import draft
from geoprospect.pipeline.hidden import hidden

SAMPLE = Path(__file__).parents[2] / "sample_data"
LON, LAT, SIDE = 103.0, 28.0, 0.06


@pytest.fixture(autouse=True)
def _hushed():
    logging.getLogger("geoprospect").setLevel(logging.ERROR)
    yield
    logging.getLogger("geoprospect").setLevel(logging.NOTSET)


def raster(path, values, *, crs="EPSG:32648", west=500_000, south=3_000_000, cell=100, **profile):
    height, width = values.shape
    transform = rasterio.transform.from_origin(west, south + height * cell, cell, cell)
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype=values.dtype,
        crs=crs, transform=transform, **profile,
    ) as file:  # fmt: skip
        file.write(values, 1)


def points(path, name, count=30, seed=1):
    random = np.random.default_rng(seed)
    x, y = LON + SIDE * random.random(count), LAT + SIDE * random.random(count)
    frame = gpd.GeoDataFrame({name: [f"点{n}" for n in range(count)]},
                             geometry=gpd.points_from_xy(x, y), crs="EPSG:4490")  # fmt: skip
    frame.to_file(path)


@pytest.fixture
def chinese(tmp_path):
    """Chinese names throughout, a GBK Shapefile without .cpg, a GBK table, no CRS in metres."""
    folder = tmp_path / "数据" / "原始"
    folder.mkdir(parents=True)
    points(folder / "已知矿点.geojson", "名称")
    line = LineString([(LON, LAT), (LON + SIDE, LAT + SIDE)])
    gpd.GeoDataFrame({"断层名": ["F1"]}, geometry=[line], crs="EPSG:4490").to_file(
        folder / "断层.shp", encoding="gb18030"
    )
    halves = [box(LON, LAT, LON + SIDE / 2, LAT + SIDE),
              box(LON + SIDE / 2, LAT, LON + SIDE, LAT + SIDE)] * 2  # fmt: skip
    gpd.GeoDataFrame(
        {"岩性": ["花岗岩", "灰岩", "花岗岩", "灰岩"]}, geometry=halves, crs="EPSG:4490"
    ).to_file(folder / "地质图.shp", encoding="gb18030")
    for file in folder.glob("*.cpg"):
        file.unlink()
    area = box(LON, LAT, LON + SIDE, LAT + SIDE)
    gpd.GeoDataFrame({"名": ["区"]}, geometry=[area], crs="EPSG:4490").to_file(
        folder.parent / "工作区范围.geojson"
    )
    random = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "样品号": [f"样{n}" for n in range(200)],
            "经度": LON + SIDE * random.random(200),
            "纬度": LAT + SIDE * random.random(200),
            "铜": np.where(random.random(200) < 0.1, "<5", (random.random(200) * 90).round(1)),
            "Au(ppb)": (1 + random.random(200)).round(2),
        }
    )
    table.to_csv(folder / "土壤样品.csv", index=False, encoding="gb18030")
    values = random.normal(size=(30, 30)).astype("float32")
    raster(folder / "航磁.tif", values, crs="EPSG:4490", west=LON, south=LAT, cell=SIDE / 30)
    return tmp_path / "数据"


def test_the_sample_district_is_understood_and_the_file_binds_and_checks(tmp_path):
    made = pipeline.init(SAMPLE, tmp_path / "first.yaml")
    plan = pipeline.load(tmp_path / "first.yaml")
    assert made.whole
    assert {name: next(iter(call.data), "") for name, call in plan.features.items()}
    assert plan.inputs["deposits"].settings["path"].name == "deposits.geojson"
    assert plan.labels.data == {"deposits": "deposits"}
    assert plan.grid.settings == {"crs": "EPSG:4543", "resolution": 100}
    assert plan.grid.data == {"area": "study_area"}
    assert plan.exclusions == ("protected_area",)
    assert plan.roles["pathway"] == ("faults_distance", "faults_density")
    assert plan.roles["source"] == ("intrusions_distance",)
    assert "# Left to you: magnetics, magnetics_gradient, radiometrics." in made.text
    assert plan.survey_areas.settings["label"] == "block_no"
    assert plan.inputs["magnetics"].settings["nodata"] == -99999
    assert plan.inputs["geology"].settings["encoding"] == "gb18030"
    assert plan.features["geology_class"].settings["column"] == "lith"
    assert plan.inputs["stream_sediments"].settings["missing"] == [-9999]
    assert 3000 <= plan.validation["spatial_blocks"].settings["size"] <= 10_000
    assert "as in units: {Cu: mg kg-1, Au: ng g-1} (Au, Ag are in either, by the" in made.text
    assert hidden(plan) == []
    assert len(pipeline.check(plan)) > 10


def test_what_was_not_decided_stands_in_comments_and_is_said(tmp_path):
    made = pipeline.init(SAMPLE, tmp_path / "first.yaml")
    told = "\n".join(made.undecided)
    assert "bouguer.asc: states no CRS; state it by crs (it would fit EPSG:4522)" in told
    assert "truth/undiscovered.geojson: 31 points: what are they?" in told
    assert "#   gravity: {raster: {path: bouguer.asc, crs: 'EPSG:4522', units: mGal}}" in made.text
    assert "TO DECIDE" in made.text


@pytest.mark.slow
def test_the_sample_districts_first_pipeline_runs(tmp_path):
    path = tmp_path / "first.yaml"
    pipeline.init(SAMPLE, path)
    text = path.read_text(encoding="utf-8")
    text = text.replace("n_estimators: 60", "n_estimators: 5").replace(
        "resolution: 100", "resolution: 400"
    )
    path.write_text(text.replace("members: 20", "members: 20, ratio: 2"), encoding="utf-8")
    finished = pipeline.run(pipeline.load(path), tmp_path / "out")
    assert (finished.folder / "report.html").is_file()


def test_chinese_names_are_understood_and_the_file_binds_and_checks(chinese, tmp_path):
    made = pipeline.init(chinese, tmp_path / "首.yaml")
    plan = pipeline.load(tmp_path / "首.yaml")
    assert made.whole, made.undecided
    assert dict(made.guessed)["原始/已知矿点.geojson"] == "deposits"
    assert plan.grid.data == {"area": "study_area"}
    assert plan.grid.settings["crs"] == "EPSG:4543"  # 3-degree zone of 103 E: central meridian 102
    assert set(plan.inputs) == {
        "study_area", "geology", "faults", "magnetics", "samples", "deposits"
    }  # fmt: skip
    assert plan.features["geology_class"].settings["column"] == "岩性"
    assert plan.features["samples_interpolated"].settings["columns"] == ["Au(ppb)", "铜"]
    assert plan.inputs["samples"].settings["crs"] == "EPSG:4490"
    rows = pipeline.check(plan).set_index("input")
    assert rows.loc["magnetics", "coverage"] > 0.9
    assert "state units of 铜" in made.text


def test_a_folder_that_holds_nothing_is_refused(tmp_path):
    (tmp_path / "notes.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(DataError, match=r"holds no rasters, vector layers or tables.*\.tif"):
        draft(tmp_path, beside=tmp_path)
    with pytest.raises(MissingFileError, match=r"there is no folder .*nowhere"):
        draft(tmp_path / "nowhere", beside=tmp_path)


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    out = tmp_path / "pipeline.yaml"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is there already and is left as it is"):
        pipeline.init(SAMPLE, out)
    assert out.read_text(encoding="utf-8") == "mine"


def test_without_deposits_the_file_says_what_is_missing(tmp_path):
    raster(tmp_path / "tmi.tif", np.random.default_rng(0).normal(size=(40, 40)).astype("float32"))
    made = draft(tmp_path, beside=tmp_path)
    assert not made.whole
    assert "no known deposits were found" in made.undecided[0]
    assert "# labels: {uniform: {deposits: ????" in made.text
    assert "magnetics_gradient" in made.text


def test_a_table_in_metres_takes_the_crs_in_which_it_fits(tmp_path):
    random = np.random.default_rng(0)
    raster(tmp_path / "gravity.tif", random.normal(size=(60, 60)).astype("float32"))
    north, east = 3_000_000 + random.random(20) * 6000, 500_000 + random.random(20) * 6000
    frame = pd.DataFrame({"X坐标": north, "Y坐标": east, "矿种": "Cu"})
    frame.to_csv(tmp_path / "矿点.csv", index=False)
    made = draft(tmp_path, beside=tmp_path)
    plan = pipeline.loads(made.text, folder=tmp_path)
    settings = plan.inputs["deposits"].settings
    assert (settings["x"], settings["y"], settings["crs"]) == ("Y坐标", "X坐标", "EPSG:32648")
    assert "holds northings" in made.text
    assert "states no CRS; EPSG:32648 is the one here" in made.text
    assert plan.grid.settings["resolution"] == 100
    assert len(pipeline.check(plan)) == 3


def test_what_cannot_be_opened_or_lies_elsewhere_is_told_not_read(tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 40)).astype("float32")
    raster(tmp_path / "tmi.tif", values)
    raster(tmp_path / "boug.tif", values, west=900_000)
    gpd.GeoDataFrame(geometry=[Point(501_000, 3_001_000), Point(502_000, 3_002_000)],
                     crs="EPSG:32648").to_file(tmp_path / "mines.gpkg")  # fmt: skip
    (tmp_path / "broken.tif").write_bytes(b"II*\0" + bytes(40))
    (tmp_path / "map.wp").write_bytes(b"WMAP")
    (tmp_path / "points.WAT").write_bytes(b"WMAP9022")
    (tmp_path / "torn.xlsx").write_bytes(b"PK" + bytes(40))
    (tmp_path / "torn.gpkg").write_bytes(b"SQLite format 3\0" + bytes(40))
    made = draft(tmp_path, beside=tmp_path)
    told = "\n".join(made.undecided)
    assert "broken.tif" in told
    assert "torn.gpkg cannot be opened as vector data" in told
    assert "torn.xlsx" in told
    assert "boug.tif: lies outside the grid" in told
    assert "map.wp: MapGIS polygons: nothing here reads it; export it in MapGIS" in told
    assert "points.WAT: MapGIS points as text (明码): nothing here reads it" in told
    assert made.whole


def test_several_deposit_files_are_asked_about(tmp_path):
    points(tmp_path / "deposits.gpkg", "name", 5)
    points(tmp_path / "mine_sites.gpkg", "name", 9)
    made = draft(tmp_path, beside=tmp_path)
    assert "deposits.gpkg: also looks like deposits; mine_sites.gpkg is taken" in made.undecided
    assert ("mine_sites.gpkg", "deposits") in made.guessed


def test_maps_that_a_model_made_are_no_evidence(tmp_path):
    values = np.random.default_rng(0).normal(size=(9, 9)).astype("float32")
    raster(tmp_path / "PosteriorProbability.tif", values)
    raster(tmp_path / "tmi.tif", values)
    made = draft(tmp_path, beside=tmp_path)
    assert "PosteriorProbability.tif: looks like what a model made" in "\n".join(made.undecided)
    assert "\n  posteriorprobability" not in made.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gbfaults3", "gbfaults 3"),
        ("TrainGP", "train gp"),
        ("UTM13E", "utm 13e"),
        ("k_rcl", "k rcl"),
    ],
)
def test_names_fall_into_words(name, words):
    assert roles.words(name) == words


@pytest.mark.parametrize(("number", "nice"), [(123.0, 100.0), (0.0271, 0.025), (7000.0, 8000.0)])
def test_round_numbers(number, nice):
    assert places.nice(number, places.FEW_STEPS if number == 123.0 else places.STEPS) == nice


def test_a_copy_of_the_folder_gives_the_same_file(tmp_path, chinese):
    shutil.copytree(chinese, tmp_path / "again" / "数据")
    one = draft(chinese, beside=chinese.parent)
    other = draft(tmp_path / "again" / "数据", beside=tmp_path / "again")
    assert one == other


def test_notes_beside_the_data_are_passed_over(tmp_path):
    raster(tmp_path / "tmi.tif", np.random.default_rng(0).normal(size=(9, 9)).astype("float32"))
    (tmp_path / "readme.txt").write_text("notes\nof the survey\n", encoding="utf-8")
    (tmp_path / "style.json").write_text('{"colour": "red"}', encoding="utf-8")
    made = draft(tmp_path, beside=tmp_path)
    assert "readme" not in made.text
    assert "style" not in made.text


def test_a_zone_number_before_the_easting_is_a_hint_not_a_guess(tmp_path):
    random = np.random.default_rng(0)
    east, north = 34_450_000 + random.random(30) * 9000, 3_100_000 + random.random(30) * 9000
    frame = pd.DataFrame({"东坐标": east, "北坐标": north, "矿种": "铜"})
    frame.to_csv(tmp_path / "矿点.csv", index=False, encoding="gb18030")
    made = draft(tmp_path, beside=tmp_path)
    assert "矿点.csv: states no CRS; state it by crs (it would fit EPSG:4522)" in made.undecided
    assert not made.whole
    assert "# grid:" in made.text


def test_data_at_one_place_give_no_grid(tmp_path):
    frame = pd.DataFrame({"Longitude": [-120.1], "Latitude": [38.0], "mine": ["a, b: {x}"]})
    frame.to_csv(tmp_path / "mines #1.csv", index=False)
    made = draft(tmp_path, beside=tmp_path)
    assert "all lie at one place" in made.undecided[0]
    assert "path: 'mines #1.csv'" in made.text
