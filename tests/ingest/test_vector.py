"""Vector layers arrive whole, valid, legible, and in a known CRS."""

from __future__ import annotations

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import Point, Polygon

from geoprospect.errors import DataError
from geoprospect.ingest.vector import vector

NAMES = ["花岗岩体", "样品编号", "断裂"]


@pytest.fixture
def faults() -> gpd.GeoDataFrame:
    lines = shapely.linestrings([[[5e5, 3e6], [5.1e5, 3.02e6]], [[5e5, 3e6], [5e5, 3.03e6]]])
    return gpd.GeoDataFrame({"name": ["F1", "F2"]}, geometry=lines, crs="EPSG:32648")


@pytest.fixture
def units() -> gpd.GeoDataFrame:
    boxes = [shapely.box(5e5 + 1e3 * i, 3e6, 5.005e5 + 1e3 * i, 3.001e6) for i in range(3)]
    return gpd.GeoDataFrame({"unit": NAMES}, geometry=boxes, crs="EPSG:32648")


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "gdb"])
def test_every_format_gives_the_same_features(tmp_path, units, ending):
    path = tmp_path / f"units.{ending}"
    options = {"driver": "OpenFileGDB", "layer": "units"} if ending == "gdb" else {}
    written = units.to_crs("EPSG:4326") if ending == "geojson" else units
    pyogrio.write_dataframe(written, path, **options)
    found = vector(path=path)
    assert found["unit"].tolist() == NAMES
    assert found.crs == written.crs
    apart = shapely.hausdorff_distance(found.geometry.array, written.geometry.array)
    assert apart.max() < 1e-6


def test_one_layer_of_several_is_chosen_by_name(tmp_path, faults, units):
    path = tmp_path / "all.gpkg"
    pyogrio.write_dataframe(faults, path, layer="faults")
    pyogrio.write_dataframe(units, path, layer="units", append=True)
    assert len(vector(path=path, layer="units")) == 3
    with pytest.raises(DataError, match=r"holds 2 layers; state which by layer: .*faults, units"):
        vector(path=path)
    with pytest.raises(DataError, match=r"no layer 'fault'; did you mean 'faults'"):
        vector(path=path, layer="fault")


# --- encodings --------------------------------------------------------------------------


def _shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str, cpg: str | None) -> Path:
    """A Shapefile as old Chinese software leaves it: code page byte 0, and this .cpg or none."""
    path = folder / "units.shp"
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)
    return path


def test_gbk_with_a_cpg_is_read(tmp_path, units, caplog):
    path = _shapefile(tmp_path, units, "gbk", "GBK")
    assert vector(path=path)["unit"].tolist() == NAMES
    assert caplog.text == ""


def test_unstated_gbk_is_recognised_and_said(tmp_path, units, caplog):
    path = _shapefile(tmp_path, units.rename(columns={"unit": "名称"}), "gbk", None)
    with caplog.at_level(logging.WARNING):
        found = vector(path=path)
    assert found["名称"].tolist() == NAMES
    assert "units.shp does not state how its text is encoded; it is read as GBK" in caplog.text


def test_gbk_that_calls_itself_utf8_is_read_and_said(tmp_path, units, caplog):
    path = _shapefile(tmp_path, units, "gbk", "UTF-8")
    with caplog.at_level(logging.WARNING):
        found = vector(path=path)
    assert found["unit"].tolist() == NAMES
    assert "its text is not in the encoding that it states; it is read as GBK" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_unstated_western_text_stays_western(tmp_path, units, encoding, caplog):
    names = ["Grès rouge", "größe", "falla sureña"]
    path = _shapefile(tmp_path, units.assign(unit=names), encoding, None)
    assert vector(path=path)["unit"].tolist() == names
    assert caplog.text == ""


def test_a_stated_encoding_goes_first(tmp_path, units):
    path = _shapefile(tmp_path, units, "gbk", None)
    assert vector(path=path, encoding="gb18030")["unit"].tolist() == NAMES
    with pytest.raises(DataError, match="its text is not in utf-8"):
        vector(path=path, encoding="utf-8")
    with pytest.raises(DataError, match="unknown encoding: gkb"):
        vector(path=path, encoding="gkb")


# --- geometries -------------------------------------------------------------------------


def test_self_crossing_polygons_are_repaired_and_counted(tmp_path, units, caplog):
    bow = Polygon([(5e5, 3e6), (5.01e5, 3.001e6), (5.01e5, 3e6), (5e5, 3.001e6)])
    broken = units.copy()
    broken.loc[1, "geometry"] = bow
    path = tmp_path / "units.gpkg"
    pyogrio.write_dataframe(broken, path)
    with caplog.at_level(logging.WARNING):
        found = vector(path=path)
    assert found.geometry.is_valid.all()
    assert found.geometry.iloc[1].area == pytest.approx(2 * 0.5 * 1000 * 500)
    assert found["unit"].tolist() == NAMES
    assert "units.gpkg: 1 of 3 polygons cross themselves and were repaired" in caplog.text


def test_what_repair_leaves_over_is_dropped(tmp_path, units):
    spike = Polygon(
        [(5e5, 3e6), (5.01e5, 3e6), (5.01e5, 3.001e6), (5.01e5, 3.002e6), (5.01e5, 3e6)]
    )
    keyhole = shapely.union_all([shapely.box(5e5, 3e6, 5.01e5, 3.001e6)])
    frame = gpd.GeoDataFrame({"unit": ["a", "b"]}, geometry=[spike, keyhole], crs=units.crs)
    path = tmp_path / "units.gpkg"
    pyogrio.write_dataframe(frame, path)
    assert set(vector(path=path).geom_type) <= {"Polygon", "MultiPolygon"}


def test_features_without_geometry_are_dropped_and_counted(tmp_path, units, caplog):
    frame = units.copy()
    frame.loc[0, "geometry"] = None
    frame.loc[2, "geometry"] = Polygon()
    path = tmp_path / "units.gpkg"
    pyogrio.write_dataframe(frame, path)
    with caplog.at_level(logging.WARNING):
        found = vector(path=path)
    assert found["unit"].tolist() == NAMES[1:2]
    assert found.index.tolist() == [0]
    assert "units.gpkg: 2 of 3 features have no geometry and are dropped" in caplog.text
    frame.loc[1, "geometry"] = None
    pyogrio.write_dataframe(frame.set_crs("EPSG:32648"), path)
    with pytest.raises(DataError, match=r"units\.gpkg has no features with a geometry"):
        vector(path=path)


def test_points_with_measures_are_read_without_them(tmp_path):
    path = tmp_path / "holes.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},'
        '"geometry":{"type":"Point","coordinates":[103.0,28.0,512.0]}}]}',
        encoding="utf-8",
    )
    assert shapely.get_coordinates(vector(path=path).geometry.array).tolist() == [[103.0, 28.0]]


def test_repeated_points_are_counted_and_kept(tmp_path, caplog):
    points = [Point(5e5, 3e6), Point(5e5, 3e6), Point(5.1e5, 3e6), Point(5e5, 3e6)]
    path = tmp_path / "deposits.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=points, crs="EPSG:32648"), path)
    with caplog.at_level(logging.WARNING):
        assert len(vector(path=path)) == 4
    assert "deposits.gpkg: 2 of 4 points repeat the coordinates of an earlier one" in caplog.text


# --- bad input --------------------------------------------------------------------------


def test_no_crs_says_how_to_state_it(tmp_path, faults):
    path = tmp_path / "faults.shp"
    pyogrio.write_dataframe(faults, path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(DataError, match=r"faults\.shp has no CRS; state it, for example crs: 'EPS"):
        vector(path=path)
    assert vector(path=path, crs="EPSG:32648").crs == "EPSG:32648"


def test_a_stated_crs_overrides_without_moving_anything(tmp_path, faults, caplog):
    path = tmp_path / "faults.gpkg"
    pyogrio.write_dataframe(faults, path)
    with caplog.at_level(logging.WARNING):
        found = vector(path=path, crs="EPSG:4544")
    assert found.crs == "EPSG:4544"
    assert found.total_bounds.tolist() == faults.total_bounds.tolist()
    assert "the pipeline states EPSG:4544" in caplog.text


def test_swapped_longitude_and_latitude_are_recognised(tmp_path):
    points = gpd.GeoDataFrame(geometry=[Point(28.5, 102.5), Point(28.6, 102.7)], crs="EPSG:4326")
    path = tmp_path / "deposits.geojson"
    pyogrio.write_dataframe(points, path)
    with pytest.raises(DataError, match=r"deposits\.geojson: .* the other way round; swap x and y"):
        vector(path=path)


def test_a_table_is_no_vector_layer(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"samples\.csv has no geometry; read it as a table"):
        vector(path=path)


@pytest.mark.parametrize("kept", [0.1, 0.6])
def test_a_truncated_geopackage_is_named(tmp_path, faults, kept):
    path = tmp_path / "faults.gpkg"
    pyogrio.write_dataframe(faults, path)
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))
    with pytest.raises(DataError, match=r"faults\.gpkg (cannot be|has no)"):
        vector(path=path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "faults.gpkg"
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(DataError, match=r"faults\.gpkg cannot be opened as vector data"):
        vector(path=path)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("断层.wl", "MapGIS lines"),
        ("FAULTS.WL", "MapGIS lines"),
        ("矿点.wt", "MapGIS points"),
        ("地质.wp", "MapGIS polygons"),
        ("地质.wap", r"MapGIS polygons as text \(明码\)"),
        ("断层.wal", r"MapGIS lines as text \(明码\)"),
        ("矿点.wat", r"MapGIS points as text \(明码\)"),
    ],
)
def test_mapgis_files_say_what_they_are_and_how_to_convert_them(tmp_path, name, what):
    path = tmp_path / name
    path.write_bytes(b"WMAP`D22" + bytes(100))
    with pytest.raises(DataError, match=f"{name}: {what}: nothing here reads it; export it in Map"):
        vector(path=path)


# --- the real districts -----------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "count", "kind"),
    [
        ("carlin_greatbasin/gbfaults3.shp", 1674, "LineString"),
        ("carlin_greatbasin/TrainGP.shp", 32, "Point"),
        ("cloncurry_iocg/CalculateAUC/IOCG_Deposits.shp", 258, "Point"),
        ("cloncurry_iocg/CalculateWeights/IOCG_Deposits.shp", 258, "Point"),
        ("cloncurry_iocg/CalculateResponse/IOCG_Deposits.shp", 258, "Point"),
    ],
)
def test_real_layers_are_read_whole(real_data, name, count, kind):
    found = vector(path=real_data / name)
    assert len(found) == count
    assert kind in set(found.geom_type)
    assert found.crs is not None


@pytest.mark.real_data
def test_cloncurry_has_one_repeated_deposit(real_data, caplog):
    with caplog.at_level(logging.WARNING):
        vector(path=real_data / "cloncurry_iocg" / "CalculateAUC" / "IOCG_Deposits.shp")
    assert "1 of 258 points repeat" in caplog.text


@pytest.mark.real_data
def test_carlin_coordinates_as_text_are_degrees(real_data):
    import pyproj

    from geoprospect.ingest.reference import degrees

    found = vector(path=real_data / "carlin_greatbasin" / "TrainGP.shp")
    to_degrees = pyproj.Transformer.from_crs(found.crs, found.crs.geodetic_crs, always_xy=True)
    longitude, latitude = to_degrees.transform(found.geometry.x, found.geometry.y)
    read = np.array([[degrees(text) for text in found[c]] for c in ("LONGITUDE", "LATITUDE")])
    assert np.abs(read - [longitude, latitude]).max() < 0.02
