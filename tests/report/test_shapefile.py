"""Names and texts that survive a Shapefile, read back by another library than wrote them."""

from __future__ import annotations

import logging
import struct

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geoprospect.errors import ContractError
from geoprospect.report import export
from geoprospect.report.shapefile import field_names

TODAY = [
    "rank", "label", "score", "area_km2", "mean_prospectivity", "max_prospectivity", "spread",
    "driver_1", "driver_2", "driver_3", "nearest_deposit_m", "nearest_deposit", "missing_share",
    "x", "y", "longitude", "latitude", "threshold",
]  # fmt: skip
CRITERIA = [
    "prospectivity", "uncertainty", "novelty", "size", "access", "cost", "coverage", "ownership",
]  # fmt: skip
RANKED = [
    *(f"{kind}_{name}" for name in CRITERIA for kind in "cu"),
    "weighted_score", "pareto", "top10_members", "top10_weights", "target_class",
    "outside_applicability", "area_lost_km2", "next_data",
]  # fmt: skip
AREAS = [
    "label", "target_share", "coverage", "q90_prospectivity", "deposits", "block_no", "holder",
    "矿权人", "区块",
]  # fmt: skip


def dbf_fields(path):
    """The names in a dBASE table's head, by the letter of its description."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<H", raw[8:10])
    heads = [raw[at : at + 32] for at in range(32, length - 1, 32)]
    return [head[:11].split(b"\0")[0].decode("ascii") for head in heads]


@pytest.fixture
def targets():
    columns = {name: [1.5, 2.5] for name in TODAY + RANKED}
    words = {"label": ["T1", "靶区 2"], "next_data": ["中" * 100, None], "target_class": ["A", "B"]}
    geometry = [box(0, 0, 1, 1), box(2, 2, 3, 3)]
    return gpd.GeoDataFrame(columns | words, geometry=geometry, crs="EPSG:4545")


def test_targets_keep_distinct_and_telling_fields(tmp_path, targets, caplog):
    with caplog.at_level(logging.WARNING):
        folder = export.shapefiles({"targets": targets}, tmp_path / "shp")
    fields = dbf_fields(folder / "targets.dbf")
    assert len({name.lower() for name in fields}) == len(fields) == len(TODAY + RANKED)
    assert all(len(name) <= 10 and name.isascii() for name in fields)
    told = pd.read_csv(folder / "fields.csv", encoding="utf-8-sig").set_index("name")["field"]
    assert told["rank"] == "rank"
    assert told["mean_prospectivity"] == "mean_score"
    assert told["nearest_deposit"] != told["nearest_deposit_m"]
    assert (told["c_prospectivity"], told["u_prospectivity"]) == ("c_prosp", "u_prosp")
    assert (told["target_class"], told["next_data"]) == ("class", "next_data")
    assert told.tolist() == fields
    back = gpd.read_file(folder / "targets.shp")
    assert back["label"].tolist() == ["T1", "靶区 2"]
    assert back["w_score"].tolist() == [1.5, 2.5]
    assert back.crs == targets.crs
    assert back.geometry.geom_equals(targets.geometry).all()


def test_texts_too_long_are_cut_at_a_letter_and_told(tmp_path, targets, caplog):
    with caplog.at_level(logging.WARNING):
        folder = export.shapefiles({"targets": targets}, tmp_path / "shp")
    assert "targets.next_data: 1 texts are longer than the 254 bytes" in caplog.text
    first, second = gpd.read_file(folder / "targets.shp")["next_data"]
    assert first == "中" * 84  # 84 letters of three bytes are 252, one more would be 255
    assert pd.isna(second)


def test_other_scripts_get_numbers_that_the_table_explains(tmp_path):
    frame = gpd.GeoDataFrame({name: ["x"] for name in AREAS}, geometry=[box(0, 0, 1, 1)], crs=4545)
    folder = export.shapefiles({"勘查区块": frame}, tmp_path / "shp")
    told = pd.read_csv(folder / "fields.csv", encoding="utf-8-sig")
    assert told.loc[told["name"] == "矿权人", "field"].tolist() == ["field_1"]
    assert told.loc[told["name"] == "区块", "field"].tolist() == ["field_2"]
    assert set(told["layer"]) == {"勘查区块"}
    assert (folder / "勘查区块.cpg").read_text().strip() == "UTF-8"


@given(st.lists(st.text(min_size=1, max_size=30), unique=True, max_size=60))
def test_any_names_come_out_short_plain_and_apart(columns):
    names = field_names(columns)
    assert list(names) == columns
    assert len({name.lower() for name in names.values()}) == len(columns)
    for name in names.values():
        assert 0 < len(name) <= 10
        assert name.isascii()
        assert name.replace("_", "a").isalnum()
        assert not name[0].isdigit()


def test_a_name_that_fits_is_kept_whatever_stands_before_it():
    assert field_names(["Class", "target_class"])["Class"] == "Class"
    assert field_names(["c_distance_to_roads", "c_distance_to_rivers", "c_distan"]) == {
        "c_distance_to_roads": "c_di_to_ro",
        "c_distance_to_rivers": "c_di_to_rv",
        "c_distan": "c_distan",
    }


def test_whole_numbers_with_gaps_and_truths_are_kept(tmp_path):
    frame = gpd.GeoDataFrame(
        {"n": pd.array([1, None], "Int64"), "known": [True, False]},
        geometry=[Point(0, 0), Point(1, 1)], crs=4545,
    )  # fmt: skip
    back = gpd.read_file(export.shapefiles({"p": frame}, tmp_path / "s") / "p.shp")
    assert back["known"].tolist() == [1, 0]
    assert back["n"].isna().tolist() == [False, True]


def test_an_empty_layer_is_left_out_and_told(tmp_path, targets, caplog):
    with caplog.at_level(logging.WARNING):
        folder = export.shapefiles({"targets": targets.iloc[:0], "x": None}, tmp_path / "s")
    assert "layer 'targets' is empty" in caplog.text
    assert [path.name for path in folder.iterdir()] == ["fields.csv"]


def test_what_no_shapefile_holds_is_refused_before_anything_is_written(tmp_path, targets):
    mixed = gpd.GeoDataFrame(geometry=[Point(0, 0), LineString([(0, 0), (1, 1)])], crs=4545)
    with pytest.raises(ContractError, match="'m' holds LineString and Point features"):
        export.shapefiles({"targets": targets, "m": mixed}, tmp_path / "s")
    with pytest.raises(ContractError, match="layer 't' has no CRS"):
        export.shapefiles({"t": targets.set_crs(None, allow_override=True)}, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []
