from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, box

from geoprospect.errors import ContractError, OutputError
from geoprospect.report import export, symbols
from tests.report.test_files import leftovers, small_files


@pytest.fixture
def layers():
    crs = "EPSG:4545"
    targets = gpd.GeoDataFrame(
        {
            "rank": [1, 2],
            "label": ["T1", "<T2> & Söhne"],
            "driver_1": ["断层距离 240 m", ""],
            "nearest_deposit_m": [12.5, float("nan")],
        },
        geometry=[box(500_000, 3_000_000, 500_100, 3_000_100), box(0, 0, 1, 1)],
        crs=crs,
    )
    pair = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    areas = gpd.GeoDataFrame(
        {"rank": pd.array([1, None], "Int64"), "label": ["区块", "b"]},
        geometry=[box(0, 0, 9, 9), pair],
        crs=crs,
    )
    points = [Point(1, 1), Point(2, 2)]
    return {
        "targets": targets,
        "survey_areas": areas,
        "samples": gpd.GeoDataFrame({"label": [1, 0], "group": [3, -1]}, geometry=points, crs=crs),
        "deposits": gpd.GeoDataFrame({"name": ["红旗", None]}, geometry=points, crs=crs),
        "folds": None,
        "测区": targets,
    }


def test_every_layer_comes_back(tmp_path, layers):
    path = export.geopackage(layers, tmp_path / "t.gpkg")
    listed = gpd.list_layers(path)
    names = listed.loc[listed["geometry_type"].notna(), "name"].tolist()
    assert names == ["targets", "survey_areas", "samples", "deposits", "测区"]
    for name in names:
        there = gpd.read_file(path, layer=name)
        given = layers[name]
        assert there.crs == given.crs
        assert there.geometry.geom_equals(given.geometry).all()
    targets = gpd.read_file(path, layer="targets")
    assert targets["label"].tolist() == ["T1", "<T2> & Söhne"]
    assert targets["driver_1"].iloc[0] == "断层距离 240 m"
    assert gpd.read_file(path, layer="survey_areas")["rank"].isna().tolist() == [False, True]


def test_no_targets_are_an_empty_layer(tmp_path, layers):
    path = export.geopackage({"targets": layers["targets"].iloc[:0]}, tmp_path / "t.gpkg")
    there = gpd.read_file(path, layer="targets")
    assert len(there) == 0
    assert there.crs == "EPSG:4545"
    assert {"rank", "label"} <= set(there.columns)


def test_qgis_finds_its_styles_inside(tmp_path, layers):
    path = export.geopackage(layers, tmp_path / "t.gpkg")
    with closing(sqlite3.connect(path)) as file:
        styles = file.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        kinds = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert [style[0] for style in styles] == ["targets", "survey_areas", "samples", "deposits"]
    assert {style[1:3] for style in styles} == {("geom", 1)}
    assert kinds["layer_styles"] == "attributes"
    renderers = {name: ElementTree.fromstring(qml).find("renderer-v2") for name, *_, qml in styles}
    assert renderers["targets"].get("type") == "singleSymbol"
    assert renderers["samples"].get("attr") == "label"
    assert all(each.find("./symbols/symbol/layer") is not None for each in renderers.values())


def renderer(name, frame):
    return ElementTree.fromstring(symbols.vector_qml(name, frame)).find("renderer-v2")


def test_targets_of_classes_are_drawn_by_them(layers):
    targets = layers["targets"].assign(target_class=["A", "C"])
    drawn = renderer("targets", targets)
    assert drawn.get("attr") == "target_class"
    values = [one.get("value") for one in drawn.iter("category")]
    assert values == ["A", "B", "C", ""]
    colours = [
        next(o.get("value") for o in symbol.iter("Option") if o.get("name") == "outline_color")
        for symbol in drawn.iter("symbol")
    ]
    assert len(set(colours)) == 4
    assert {symbol.get("type") for symbol in drawn.iter("symbol")} == {"fill"}


def test_decisions_are_drawn_by_what_was_decided(layers):
    areas = layers["targets"].assign(decision=["accept", "hold"])
    points = areas.set_geometry(areas.centroid)
    for frame, kind in ((areas, "fill"), (points, "marker")):
        drawn = renderer("decisions", frame)
        assert drawn.get("attr") == "decision"
        assert [one.get("value") for one in drawn.iter("category")] == ["accept", "hold", "reject"]
        assert {symbol.get("type") for symbol in drawn.iter("symbol")} == {kind}
    assert symbols.vector_qml("decisions", layers["targets"]) is None
    assert symbols.vector_qml("roads", layers["targets"]) is None


def test_names_of_targets_stand_before_those_of_deposits(layers):
    """Where names collide, QGIS drops the one of lower priority; those of targets all stand."""
    targets, deposits = (
        ElementTree.fromstring(symbols.vector_qml(name, layers[name])).find("labeling/settings")
        for name in ("targets", "deposits")
    )
    first, second = (int(one.find("placement").get("priority")) for one in (targets, deposits))
    assert first > second
    assert targets.find("rendering").get("displayAll") == "1"
    assert deposits.find("rendering").get("displayAll") == "0"


def test_programs_of_today_know_the_version_of_the_geopackage(tmp_path, layers):
    """1.3 is in the header as 10300; 1.4 makes QGIS of the long-term releases warn."""
    path = export.geopackage(layers, tmp_path / "t.gpkg")
    assert int.from_bytes(path.read_bytes()[60:64], "big") == 10300


def test_the_same_layers_give_the_same_bytes(tmp_path, layers):
    one = export.geopackage(layers, tmp_path / "one.gpkg").read_bytes()
    time.sleep(1.1)
    assert export.geopackage(layers, tmp_path / "one.gpkg").read_bytes() == one
    assert leftovers(tmp_path) == ["one.gpkg"]


def test_a_layer_without_a_crs_is_refused(tmp_path, layers):
    layers["samples"] = layers["samples"].set_crs(None, allow_override=True)
    with pytest.raises(ContractError, match="layer 'samples' has no CRS"):
        export.geopackage(layers, tmp_path / "t.gpkg")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("most", [1000, 60_000, 150_000, 180_000])
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, layers, most):
    assert export.geopackage(layers, tmp_path / "t.gpkg").stat().st_size > 180_000
    (tmp_path / "t.gpkg").unlink()
    with small_files(most), pytest.raises(OutputError, match=r"cannot write .*t\.gpkg"):
        export.geopackage(layers, tmp_path / "t.gpkg")
    assert leftovers(tmp_path) == []


def test_a_table_opens_in_spreadsheets_of_any_script(tmp_path, layers):
    path = export.csv(layers["targets"], tmp_path / "t.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfrank,label,driver_1,nearest_deposit_m\n")
    there = pd.read_csv(path, encoding="utf-8-sig")
    assert there["driver_1"].iloc[0] == "断层距离 240 m"
    assert there["label"].iloc[1] == "<T2> & Söhne"
    assert export.csv(layers["targets"], tmp_path / "u.csv").read_bytes() == path.read_bytes()
