"""Tables of points: every value a number or openly not one."""

from __future__ import annotations

import logging
import math
import sys

import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.ingest.reference import degrees
from geoprospect.ingest.table import table

HEAD = "lon,lat,Cu,Au\n"
ROWS = "103.1,28.1,12,<0.5\n103.2,28.2,15.5,0.7\n103.3,28.3,8,< 0.5\n103.4,28.4,9,1.25\n"
PLACE = {"x": "lon", "y": "lat", "crs": "EPSG:4490"}


@pytest.fixture
def csv(tmp_path):
    def write(text: str, encoding: str = "utf-8", name: str = "sediments.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_points_lie_where_the_columns_say(csv):
    found = table(path=csv(HEAD + ROWS), **PLACE, units={"Au": "ng g-1"})
    assert found.crs == "EPSG:4490"
    assert found.geometry.x.tolist() == [103.1, 103.2, 103.3, 103.4]
    assert found.geometry.y.tolist() == [28.1, 28.2, 28.3, 28.4]
    assert found["Cu"].dtype == np.float64
    assert found.attrs["units"] == {"Au": "ng g-1"}


@pytest.mark.parametrize(
    ("below_limit", "expected"),
    [("half", 0.25), ("sqrt2", 0.5 / math.sqrt(2)), ("limit", 0.5), ("missing", math.nan)],
)
def test_values_below_the_limit_are_stood_in_for_and_marked(csv, below_limit, expected, caplog):
    with caplog.at_level(logging.INFO):
        found = table(path=csv(HEAD + ROWS), **PLACE, below_limit=below_limit)
    np.testing.assert_allclose(found["Au"], [expected, 0.7, expected, 1.25])
    assert found["Au"].dtype == np.float64
    assert found["Au_censored"].tolist() == [True, False, True, False]
    assert found["Au_censored"].dtype == bool
    assert "Cu_censored" not in found
    assert "Au has 2 of 4 values (50 %) below the detection limit" in caplog.text


@pytest.mark.parametrize("text", ["<0.5", "< 0.5", "＜0.5", "＜ ０.５", "<=0.5", "<5e-1", "<.5"])
def test_every_way_of_writing_a_limit_counts(csv, text):
    found = table(path=csv(f"lon,lat,Au\n103,28,{text}\n103.1,28,3\n"), **PLACE)
    assert found["Au"].tolist() == [0.25, 3.0]
    assert found["Au_censored"].tolist() == [True, False]


def test_values_above_the_upper_limit_keep_the_limit(csv, caplog):
    with caplog.at_level(logging.WARNING):
        found = table(path=csv("lon,lat,Cu\n103,28,>10000\n103.1,28,3\n"), **PLACE)
    assert found["Cu"].tolist() == [10000.0, 3.0]
    assert found["Cu_censored"].tolist() == [True, False]
    assert "Cu has 1 of 2 values above its upper limit" in caplog.text


def test_negative_means_below_limit_only_when_stated(csv):
    path = csv("lon,lat,Au,Cu\n-70.1,-28,-0.001,5\n-70.2,-28,-9999,6\n-70.3,-28,0.4,-6666\n")
    place = {"x": "lon", "y": "lat", "crs": "EPSG:4326"}
    plain = table(path=path, **place, missing=[-9999, -6666])
    assert plain["Au"].tolist()[0] == -0.001
    assert "Au_censored" not in plain
    found = table(path=path, **place, missing=[-9999, -6666], negative="below_limit")
    np.testing.assert_allclose(found["Au"], [0.0005, np.nan, 0.4])
    np.testing.assert_allclose(found["Cu"], [5, 6, np.nan])
    assert found["Au_censored"].tolist() == [True, False, False]
    assert "Cu_censored" not in found
    assert found["lon"].tolist() == [-70.1, -70.2, -70.3]


def test_missing_codes_are_missing_in_texts_and_numbers(csv):
    text = (
        "lon,lat,Cu,rock\n103,28,-9999.000,n.d.\n103.1,28,n.d.,shale\n103.2,28,,-\n103.3,28,4,x\n"
    )
    found = table(path=csv(text), **PLACE, missing=[-9999, "n.d.", "-"])
    np.testing.assert_array_equal(found["Cu"], [np.nan, np.nan, np.nan, 4])
    assert found["rock"].isna().tolist() == [True, False, True, False]
    assert found["rock"].iloc[1] == "shale"


def test_text_in_a_numeric_column_names_file_column_and_rows(csv):
    path = csv(
        "lon,lat,Cu,Zn\n103,28,1,5\n103.1,28,abc,6\n103.2,28,3,7\n103.3,28,4 ppm,x\n103.4,28,5,8\n"
    )
    with pytest.raises(DataError) as caught:
        table(path=path, **PLACE)
    message = str(caught.value)
    assert "sediments.csv has text in numeric columns" in message
    assert "column 'Cu': 2 of 5 values (row 3: 'abc', row 5: '4 ppm')" in message
    assert "column 'Zn': 1 of 5 values (row 5: 'x')" in message
    assert "name their code in missing" in message
    found = table(path=path, **PLACE, text=["Cu"], missing=["x"])
    assert found["Cu"].iloc[1] == "abc"
    assert found["Zn"].dtype == np.float64


def test_blank_lines_do_not_shift_the_row_numbers(csv):
    path = csv("lon,lat,Cu\n103,28,1\n\n103.1,28,abc\n103.2,28,3\n103.3,28,4\n")
    with pytest.raises(DataError, match="row 4: 'abc'"):
        table(path=path, **PLACE)


def test_a_column_of_text_stays_text(csv):
    path = csv("lon,lat,id\n103,28,A1\n103.1,28,A2\n103.2,28,77\n")
    assert table(path=path, **PLACE)["id"].tolist() == ["A1", "A2", "77"]


def test_an_unknown_column_is_told_with_the_nearest(csv):
    path = csv(HEAD + ROWS)
    with pytest.raises(
        DataError, match=r"'lonn', stated as x; did you mean 'lon'\? Its columns: lon, lat"
    ):
        table(path=path, **PLACE | {"x": "lonn"})
    with pytest.raises(DataError, match=r"no column 'northing'.* known: Au, Cu, lat, lon"):
        table(path=path, **PLACE | {"y": "northing"})
    with pytest.raises(DataError, match="no column 'Ag', stated as units"):
        table(path=path, **PLACE, units={"Ag": "ng g-1"})


def test_a_companion_that_is_already_there_is_refused(csv):
    with pytest.raises(DataError, match="already has a column 'Au_censored'"):
        table(path=csv("lon,lat,Au,Au_censored\n103,28,<1,7\n103.1,28,2,8\n"), **PLACE)


# --- limits: flags, codes, several a column ------------------------------------------------


def limits_of(found, name, side="below"):
    return found[f"{name}_{side}_limit"].tolist()


def test_every_value_keeps_its_own_limit(csv, caplog):
    path = csv("lon,lat,Au\n103,28,<0.5\n103.1,28,<2\n103.2,28,3\n103.3,28,>100\n103.4,28,<2\n")
    with caplog.at_level(logging.INFO):
        found = table(path=path, **PLACE, below_limit="missing")
    np.testing.assert_array_equal(found["Au"], [np.nan, np.nan, 3, 100, np.nan])
    np.testing.assert_array_equal(found["Au_below_limit"], [0.5, 2, np.nan, np.nan, 2])
    np.testing.assert_array_equal(found["Au_above_limit"], [np.nan] * 3 + [100, np.nan])
    assert found["Au_censored"].tolist() == [True, True, False, True, True]
    assert (
        "Au has 3 of 5 values (60 %) below the detection limit (2 limits, 0.5 to 2)" in caplog.text
    )
    assert "Au has 1 of 5 values above its upper limit" in caplog.text


FLAGGED = (
    "lon,lat,Au,Au_flag,Cu,Cu_flag\n103,28,0.5,<,7,\n103.1,28,2, L ,8,E\n"
    "103.2,28,3,,9,\n103.3,28,100,＞,10,B\n"
)
CODES = {"<": "below", ">": "above", "L": "below", "E": "measured", "B": "missing"}


@pytest.mark.parametrize("flags", ["*_flag", {"Au": "Au_flag", "Cu": "Cu_flag"}])
def test_flags_in_another_column_count(csv, flags):
    found = table(path=csv(FLAGGED), **PLACE, flags=flags, flag_codes=CODES)
    np.testing.assert_array_equal(found["Au"], [0.25, 1, 3, 100])
    np.testing.assert_array_equal(found["Au_below_limit"], [0.5, 2, np.nan, np.nan])
    np.testing.assert_array_equal(found["Au_above_limit"], [np.nan] * 3 + [100])
    np.testing.assert_array_equal(found["Cu"], [7, 8, 9, np.nan])
    assert "Cu_censored" not in found


def test_flags_that_are_not_known_are_listed(csv):
    with pytest.raises(DataError) as caught:
        table(path=csv(FLAGGED), **PLACE, flags="*_flag")
    assert "column 'Au_flag': 'L' (1)" in str(caught.value)
    assert "column 'Cu_flag': 'E' (1), 'B' (1)" in str(caught.value)
    assert "flag_codes: {'<': below" in str(caught.value)
    with pytest.raises(DataError, match="no column 'Au_flg', stated as flags; did you mean"):
        table(path=csv(FLAGGED), **PLACE, flags={"Au": "Au_flg"})
    with pytest.raises(DataError, match=r"no column is called after another as '\*_q' says"):
        table(path=csv(FLAGGED), **PLACE, flags="*_q")
    with pytest.raises(DataError, match=r"flags 'flag' should hold one \*"):
        table(path=csv(FLAGGED), **PLACE, flags="flag")


def test_codes_for_below_take_the_stated_limit(csv):
    path = csv(
        "lon,lat,Au,Ag,n\n103,28,0,未检出,0\n103.1,28,nd,3,1\n103.2,28,2,ND,2\n103.3,28,1,5,0\n"
    )
    found = table(path=path, **PLACE, limits={"Au": 0.4, "Ag": 2}, below=[0, "nd", "ND", "未检出"])
    np.testing.assert_array_equal(found["Au"], [0.2, 0.2, 2, 1])
    np.testing.assert_array_equal(found["Ag"], [1, 3, 1, 5])
    assert found["n"].tolist() == [0, 1, 2, 0]
    np.testing.assert_array_equal(found["Ag_below_limit"], [2, np.nan, 2, np.nan])


def test_limits_may_stand_in_a_column_of_their_own(csv):
    path = csv(
        "lon,lat,Au,DL,q\n103,28,0,0.2,<\n103.1,28,,0.5,<\n103.2,28,2,0.5,\n103.3,28,0.1,0.3,<\n"
    )
    found = table(path=path, **PLACE, limits={"Au": "DL"}, flags={"Au": "q"})
    np.testing.assert_array_equal(found["Au"], [0.1, 0.25, 2, 0.15])
    np.testing.assert_array_equal(found["Au_below_limit"], [0.2, 0.5, np.nan, 0.3])


def test_the_lowest_number_may_be_the_limit_of_every_element(csv):
    path = csv(
        "lon,lat,Au_ppm,Cu_ppm,n\n103,28,0,7,0\n103.1,28,-0.002,0,1\n103.2,28,3,-9999,2\n"
        "103.3,28,0.5,<4,0\n"
    )
    rules = {"missing": [-9999], "negative": "below_limit", "below": [0]}
    found = table(path=path, **PLACE, **rules, limits={"*": "lowest", "Cu_ppm": 2})
    np.testing.assert_array_equal(found["Au_ppm_below_limit"], [0.002, 0.002, np.nan, np.nan])
    np.testing.assert_array_equal(found["Cu_ppm_below_limit"], [np.nan, 2, np.nan, 4])
    assert found["n"].tolist() == [0, 1, 2, 0]


def test_concentrations_of_zero_and_less_are_said(csv, caplog):
    path = csv("lon,lat,Au_ppm,Cu,dz\n103,28,0,-2,-5\n103.1,28,0,5,0\n103.2,28,3,-1,2\n")
    with caplog.at_level(logging.WARNING):
        table(path=path, **PLACE)
    assert "1 columns of concentrations have values that are zero: Au_ppm (2)" in caplog.text
    assert "state limits: {'*': lowest}, below: [0]" in caplog.text
    assert "1 columns of concentrations have values that are negative: Cu (2)" in caplog.text


def test_a_mark_without_a_limit_asks_for_one(csv):
    path = csv("lon,lat,Au,q\n103,28,0,<\n103.1,28,,<\n103.2,28,2,\n")
    with pytest.raises(
        DataError, match=r"'Au' has 2 values marked as below a limit.*limits: \{Au: 0\.5\}"
    ):
        table(path=path, **PLACE, flags={"Au": "q"})
    with pytest.raises(DataError, match="no column 'DL', stated as limits"):
        table(path=path, **PLACE, limits={"Au": "DL"})
    with pytest.raises(DataError, match="the limit of 'Au' is not above zero"):
        table(path=path, **PLACE, limits={"Au": 0})


# --- formats and encodings --------------------------------------------------------------


def test_gbk_is_recognised_and_said(csv, caplog):
    text = "经度,纬度,岩性\n103,28,花岗岩\n103.1,28,灰岩\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        caplog.clear()
        found = table(path=csv(text, encoding), x="经度", y="纬度", crs="EPSG:4490")
        assert found["岩性"].tolist() == ["花岗岩", "灰岩"]
        assert ("is read as GBK (gb18030)" in caplog.text) == (encoding == "gb18030")


def test_western_text_is_not_taken_for_gbk(csv, caplog):
    found = table(path=csv("lon,lat,rock\n103,28,Grès\n103.1,28,größe\n", "cp1252"), **PLACE)
    assert found["rock"].tolist() == ["Grès", "größe"]
    assert "read as cp1252" in caplog.text


def test_a_stated_encoding_goes_first(csv):
    path = csv(HEAD + "103,28,1,岩\n", "gb18030")
    with pytest.raises(DataError, match="is not in utf-8"):
        table(path=path, **PLACE, encoding="utf-8")
    with pytest.raises(DataError, match="unknown encoding: gkb"):
        table(path=path, **PLACE, encoding="gkb")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_recognised(csv, separator):
    found = table(path=csv((HEAD + ROWS).replace(",", separator)), **PLACE)
    assert len(found) == 4
    assert found["Au_censored"].sum() == 2


def test_excel_and_parquet_give_what_csv_gives(tmp_path, csv):
    from_csv = table(path=csv(HEAD + ROWS), **PLACE)
    frame = pd.DataFrame(
        {
            "lon": [103.1, 103.2, 103.3, 103.4],
            "lat": [28.1, 28.2, 28.3, 28.4],
            "Cu": [12, 15.5, 8, 9],
            "Au": ["<0.5", "0.7", "< 0.5", "1.25"],
        }
    )
    book = tmp_path / "sediments.xlsx"
    with pd.ExcelWriter(book) as writer:
        pd.DataFrame({"note": ["read me"]}).to_excel(writer, sheet_name="notes", index=False)
        mixed = frame.astype(object)
        mixed.loc[[1, 3], "Au"] = [0.7, 1.25]
        mixed.to_excel(writer, sheet_name="samples", index=False)
    pd.testing.assert_frame_equal(table(path=book, sheet="samples", **PLACE), from_csv)
    with pytest.raises(DataError, match="no sheet 'sample'; did you mean 'samples'"):
        table(path=book, sheet="sample", **PLACE)
    frame.to_parquet(tmp_path / "sediments.parquet")
    pd.testing.assert_frame_equal(table(path=tmp_path / "sediments.parquet", **PLACE), from_csv)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "samples.parquet"
    path.write_bytes(b"PAR1")
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install geoprospect\[parquet\]"):
        table(path=path, **PLACE)


@pytest.mark.parametrize("name", ["samples.xlsx", "samples.parquet", "samples.xls"])
def test_damaged_files_are_named(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(DataError, match=rf"{name}( cannot be read|: an old Excel file)"):
        table(path=path, **PLACE)


@pytest.mark.parametrize("text", ["", "lon,lat\n", "\n\n"])
def test_empty_tables_are_refused(csv, text):
    with pytest.raises(DataError, match=r"sediments\.csv (has no rows|cannot be read)"):
        table(path=csv(text), **PLACE)


def test_lines_of_unequal_length_are_refused(csv):
    with pytest.raises(DataError, match=r"cannot be read as a table .*line 3"):
        table(path=csv("lon,lat\n103,28\n103,28,5,6\n"), **PLACE)


@pytest.mark.parametrize("ending", [".wat", ".WAL", ".wt"])
def test_mapgis_is_not_taken_for_text(tmp_path, ending):
    path = tmp_path / f"矿点{ending}"
    path.write_text("WMAP9022\n103,28\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"MapGIS (points|lines).*nothing here reads it; export it"):
        table(path=path, **PLACE)


# --- coordinates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("41-01-08N", 41 + 1 / 60 + 8 / 3600),
        ("116-24-58W", -(116 + 24 / 60 + 58 / 3600)),
        ("103°15'20\"E", 103 + 15 / 60 + 20 / 3600),
        ("103°15′20.5″", 103 + 15 / 60 + 20.5 / 3600),
        ("E103°15′20″", 103 + 15 / 60 + 20 / 3600),
        ("28 30 36 S", -28.51),
        ("-28:30:36", -28.51),
        ("103度15分20秒", 103 + 15 / 60 + 20 / 3600),
        ("28°30.6'N", 28.51),
        ("28°30’", 28.5),
        ("N28°30'", 28.5),
        ("Ｎ２８°３０′", 28.5),
        ("103˚15´20¨E", 103 + 15 / 60 + 20 / 3600),
        ("103º15′20＂Ｅ", 103 + 15 / 60 + 20 / 3600),
        ("41－01－08N", 41 + 1 / 60 + 8 / 3600),
        ("东经103°15′20″", 103 + 15 / 60 + 20 / 3600),
        ("北纬：28°30′", 28.5),
        ("南纬28度30分36秒", -28.51),
        ("西经 70°30′", -70.5),
        ("103°15′20″东", 103 + 15 / 60 + 20 / 3600),
        ("28.5°N", 28.5),
        ("W 70.5", -70.5),
        ("北纬28.5度", 28.5),
        ("-28.5°", -28.5),
    ],
)
def test_degrees_minutes_seconds_are_read(text, expected):
    assert degrees(text) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    ["", "north", "N", "东经", "41-61-08N", "41-01-75N", "4101", "28.5", "1-2-3-4", "1.2.3N"],
)
def test_what_is_no_angle_is_not_read(text):
    assert math.isnan(degrees(text))


def test_coordinates_as_text_become_degrees(csv):
    path = csv('lon,lat,Cu\n"103°15\'20""E",41-01-08N,1\n103.5,41.5,2\n')
    found = table(path=path, **PLACE)
    np.testing.assert_allclose(found.geometry.x, [103 + 15 / 60 + 20 / 3600, 103.5])
    np.testing.assert_allclose(found["lat"], [41 + 1 / 60 + 8 / 3600, 41.5])


def test_chinese_coordinates_become_degrees(csv):
    path = csv("lon,lat,Cu\n东经103°15′,北纬28°30′36″,1\n103.5,28.6,2\n")
    found = table(path=path, **PLACE)
    np.testing.assert_allclose(found.geometry.x, [103.25, 103.5])
    np.testing.assert_allclose(found.geometry.y, [28.51, 28.6])


def test_coordinates_that_are_none_are_named(csv):
    with pytest.raises(DataError, match=r"'lon' should hold coordinates.*row 3: 'west'"):
        table(path=csv("lon,lat,Cu\n103,28,1\nwest,28,2\n"), **PLACE)


def test_rows_without_coordinates_are_dropped_and_counted(csv, caplog):
    with caplog.at_level(logging.WARNING):
        found = table(
            path=csv("lon,lat,Cu\n103,28,1\n,28,2\n103,-9999,3\n"), **PLACE, missing=[-9999]
        )
    assert found["Cu"].tolist() == [1.0]
    assert "2 of 3 rows have no coordinates and are dropped" in caplog.text
    with pytest.raises(DataError, match="no row has both coordinates, 'lon' and 'lat'"):
        table(path=csv("lon,lat,Cu\n,28,1\n"), **PLACE)


def test_repeated_points_are_counted_and_kept(csv, caplog):
    with caplog.at_level(logging.WARNING):
        found = table(path=csv("lon,lat,Cu\n103,28,1\n103,28,2\n103.1,28,3\n"), **PLACE)
    assert len(found) == 3
    assert "sediments.csv: 1 of 3 points repeat the coordinates of an earlier one" in caplog.text


def test_swapped_longitude_and_latitude_are_recognised(csv):
    with pytest.raises(DataError, match=r"csv \(columns 'lat' and 'lon'\): .*swap x and y"):
        table(path=csv(HEAD + ROWS), x="lat", y="lon", crs="EPSG:4490")


def test_swapped_without_leaving_the_globe_is_recognised_by_the_area(csv):
    text = "lon,lat,Cu\n-70.5,-28.1,1\n-70.6,-28.2,2\n"
    with pytest.raises(DataError, match="the other way round; swap x and y"):
        table(path=csv(text), x="lat", y="lon", crs="EPSG:5360")


def test_northing_in_x_is_recognised(csv):
    text = "X,Y,Cu\n3101234.5,512345.6,1\n3102234.5,513345.6,2\n"
    with pytest.raises(DataError, match=r"swap x and y \(in Chinese tables X is the northing"):
        table(path=csv(text), x="X", y="Y", crs="EPSG:4545")
    found = table(path=csv(text), x="Y", y="X", crs="EPSG:4545")
    assert found.geometry.x.tolist() == [512345.6, 513345.6]


def test_the_wrong_zone_prefix_names_the_area_of_the_crs(csv):
    text = "X,Y,Cu\n36512345.6,3101234.5,1\n36513345.6,3102234.5,2\n"
    with pytest.raises(DataError, match=r"outside the area of EPSG:4545 .*longitude 106\.5 to 109"):
        table(path=csv(text), x="X", y="Y", crs="EPSG:4545")
    assert len(table(path=csv(text), x="X", y="Y", crs="EPSG:4524")) == 2


@pytest.mark.parametrize(
    ("easting", "stated", "remedy"),
    [
        (
            36512345.6,
            4545,
            r"number of a zone, 36; .* CGCS2000, state crs: EPSG:4524 \(CGCS2000 / 3",
        ),
        (36512345.6, 4525, r"state crs: EPSG:4524 \(CGCS2000 / 3-degree Gauss-Kruger zone 36\)$"),
        (36512345.6, 32648, r"if the datum is CGCS2000, state crs: EPSG:4524 "),
        (18512345.6, 2343, r"if the datum is Xian 1980, state crs: EPSG:2332 .*Kruger zone 18\)$"),
        (36512345.6, 2432, r"if the datum is Beijing 1954, state crs: EPSG:2412 "),
        (512345.6, 4524, r"carry no number of a zone; state crs: EPSG:4545 \(.* CM 108E\)$"),
        (512345.6, 2332, r"carry no number .* EPSG:2343 \(Xian 1980 / Gauss-Kruger CM 105E\)$"),
        (512345.6, 21418, r"carry no number .*\(Beijing 1954 / Gauss-Kruger CM 105E\)$"),
        (99512345.6, 4524, r"state the CRS that the coordinates are in$"),
    ],
)
def test_the_zone_of_eastings_is_named(csv, easting, stated, remedy):
    """Chinese eastings come with their zone's number ahead, or without it."""
    text = f"X,Y,Cu\n3101234.5,{easting},1\n3102234.5,{easting + 900},2\n"
    with pytest.raises(DataError, match=remedy):
        table(path=csv(text), x="Y", y="X", crs=f"EPSG:{stated}")


def test_the_zone_is_named_even_where_x_and_y_are_swapped(csv):
    text = "X,Y,Cu\n3101234.5,36512345.6,1\n3102234.5,36513345.6,2\n"
    remedy = r"EPSG:4524 .*zone 36\), and swap x and y \(in Chinese tables X is the northing"
    with pytest.raises(DataError, match=remedy):
        table(path=csv(text), x="X", y="Y", crs="EPSG:4545")


def test_a_few_stray_points_are_counted(csv, caplog):
    with caplog.at_level(logging.WARNING):
        table(path=csv(HEAD + ROWS + "3.5,28,1,2\n"), **PLACE)
    assert "1 of 5 points lie outside the area of EPSG:4490" in caplog.text


def test_the_date_line_is_no_edge(csv, caplog):
    text = "lon,lat,Cu\n179.9,-40,1\n-179.9,-40,2\n178,-38,3\n"
    assert len(table(path=csv(text), **PLACE | {"crs": "EPSG:4167"})) == 3
    assert caplog.text == ""


def test_an_unknown_crs_is_refused(csv):
    with pytest.raises(DataError, match="crs 'CGCS' is not a known CRS"):
        table(path=csv(HEAD + ROWS), **PLACE | {"crs": "CGCS"})


# --- the real districts -----------------------------------------------------------------


@pytest.mark.real_data
def test_western_australian_codes_are_told_apart(real_data, caplog):
    path = real_data / "wa_geochem" / "area1_sediment_au.csv"
    raw = pd.read_csv(path, low_memory=False)
    with caplog.at_level(logging.INFO):
        found = table(
            path=path,
            x="X",
            y="Y",
            crs="EPSG:4283",
            missing=[-9999, -6666],
            negative="below_limit",
        )
    assert len(found) == 1392
    assert "572 of 1392 points repeat" in caplog.text
    elements = [c for c in raw.columns if c.endswith(("_ppm", "_ppb", "_pct"))]
    for column in elements:
        values = raw[column]
        gone = values.isin([-9999, -6666])
        below = ~gone & (values < 0)
        expected = values.where(~below, -values / 2).where(~gone)
        np.testing.assert_allclose(found[column], expected)
        if below.any():
            assert found[f"{column}_censored"].tolist() == below.tolist()
        else:
            assert f"{column}_censored" not in found


@pytest.mark.real_data
def test_manitoba_deposits_are_read_with_a_stated_crs(real_data):
    path = real_data / "manitoba_vms" / "files" / "vms_cu.csv"
    found = table(path=path, x="UTM13E", y="UTM13N", crs="EPSG:2957")
    assert len(found) == 144
    with pytest.raises(DataError, match="swap x and y"):
        table(path=path, x="UTM13N", y="UTM13E", crs="EPSG:2957")
