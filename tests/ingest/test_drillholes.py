"""Drill holes: every check by a table made to fail it, and a real district with its quirks."""

from __future__ import annotations

import logging
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from geoprospect.errors import DataError, MissingFileError
from geoprospect.ingest.drill_findings import ERRORS, WARNINGS, ranges
from geoprospect.ingest.drill_surface import against_surface
from geoprospect.ingest.drillholes import drillholes

ROLES = {
    "collar_columns": {"hole": "hole", "x": "x", "y": "y", "z": "z", "end": "end"},
    "survey_columns": {"hole": "hole", "depth": "depth", "azimuth": "azimuth", "dip": "dip"},
    "interval_columns": {"hole": "hole", "from": "from", "to": "to"},
}
SETTINGS = ROLES | {"grades": ["Cu"], "units": {"Cu": "%"}, "unit": "m", "dip_down": "negative"}


def collars():
    return pd.DataFrame(
        {"hole": ["A", "B"], "x": [500.0, 600.0], "y": [900.0, 950.0], "z": [80.0, 90.0],
         "end": [100.0, 60.0]}
    )  # fmt: skip


def surveys():
    return pd.DataFrame(
        {"hole": ["A", "A", "B", "B"], "depth": [0.0, 50, 0, 30], "azimuth": [90.0, 92, 10, 10],
         "dip": [-60.0, -61, -90, -89]}
    )  # fmt: skip


def intervals():
    return pd.DataFrame(
        {"hole": ["A", "A", "A", "B", "B"], "from": [0.0, 10, 20, 0, 30],
         "to": [10.0, 20, 100, 30, 60], "Cu": [0.1, 0.2, 0.3, 0.4, 0.5],
         "rock": ["a", "a", "b", "a", None]}
    )  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def reading(collar=None, survey=None, interval=None, **settings):
        paths = {}
        made = {"collar": collar, "survey": survey, "interval": interval}
        usual = {"collar": collars(), "survey": surveys(), "interval": intervals()}
        for name, frame in made.items():
            paths[name] = tmp_path / f"{name}.csv"
            (usual[name] if frame is None else frame).to_csv(paths[name], index=False)
        return drillholes(**paths, **SETTINGS | settings)

    return reading


def changed(frame, row, **values):
    frame = frame.astype(dict.fromkeys(values, object))
    for name, value in values.items():
        frame.loc[row, name] = value
    return frame


def added(frame, **values):
    return pd.concat([frame, pd.DataFrame([values])], ignore_index=True)


def test_sound_tables_come_as_they_are_without_a_finding(read):
    holes = read()
    assert holes.findings == ()
    assert holes.warnings.empty
    assert holes.collars["hole"].tolist() == ["A", "B"]
    assert holes.collars.geometry.z.tolist() == [80, 90]
    assert holes.surveys["dip"].tolist() == [-60, -61, -90, -89]
    assert holes.intervals["to"].tolist() == [10, 20, 100, 30, 60]
    assert holes.intervals["Cu"].dtype == np.float64
    assert holes.intervals["rock"].tolist()[:4] == ["a", "a", "b", "a"]
    assert holes.intervals["row"].tolist() == [2, 3, 4, 5, 6]
    assert holes.units == {"Cu": "%"}


SEVERE = [
    ("no_hole", {"collar": added(collars(), hole=" ", x=1, y=2, z=3, end=4)}, "collar", "4"),
    (
        "duplicate_hole",
        {"collar": added(collars(), hole="A", x=1, y=2, z=3, end=4)},
        "collar",
        "2, 4",
    ),
    ("null_place", {"collar": changed(collars(), 1, z="high")}, "collar", "3"),
    ("without_collar", {"survey": changed(surveys(), 3, hole="C")}, "survey", "5"),
    ("without_collar", {"interval": changed(intervals(), 4, hole="C")}, "interval", "6"),
    ("sentinel", {"survey": changed(surveys(), 1, depth=90_000)}, "survey", "3"),
    ("sentinel", {"interval": changed(intervals(), 2, to=99_999)}, "interval", "4"),
    ("sentinel", {"collar": changed(collars(), 0, end=99_999)}, "collar", "2"),
    ("negative_depth", {"survey": changed(surveys(), 0, depth=-9)}, "survey", "2"),
    ("negative_depth", {"interval": changed(intervals(), 0, **{"from": -9})}, "interval", "2"),
    ("null_depth", {"survey": changed(surveys(), 1, depth=None)}, "survey", "3"),
    ("null_depth", {"interval": changed(intervals(), 4, to="deep")}, "interval", "6"),
    ("null_orientation", {"survey": changed(surveys(), 1, azimuth="NNE")}, "survey", "3"),
    ("azimuth_range", {"survey": changed(surveys(), 2, azimuth=365)}, "survey", "4"),
    ("dip_range", {"survey": changed(surveys(), 2, dip=-95)}, "survey", "4"),
    ("two_orientations", {"survey": changed(surveys(), 1, depth=0)}, "survey", "2-3"),
    (
        "reversal",
        {"survey": changed(changed(surveys(), 0, dip=0), 1, azimuth=270, dip=0)},
        "survey",
        "2",
    ),
    ("empty_interval", {"interval": changed(intervals(), 1, to=10)}, "interval", "3"),
    ("overlap", {"interval": changed(intervals(), 0, to=10.5)}, "interval", "3"),
    ("overlap", {"interval": changed(intervals(), 0, to=90)}, "interval", "3-4"),
    ("beyond_end", {"interval": changed(intervals(), 4, to=60.6)}, "interval", "6"),
    ("negative_grade", {"interval": changed(intervals(), 1, Cu=-999)}, "interval", "3"),
    ("impossible_grade", {"interval": changed(intervals(), 1, Cu=120)}, "interval", "3"),
    ("dip_sign", {"survey": surveys().assign(dip=-surveys()["dip"])}, "survey", "2-5"),
    (
        "swapped",
        {"survey": surveys().assign(azimuth=surveys()["dip"], dip=[200.0, 201, 10, 10])},
        "survey",
        "2-3",
    ),
]


@pytest.mark.parametrize(("code", "tables", "table", "rows"), SEVERE)
def test_what_is_wrong_is_refused_with_its_rows(read, code, tables, table, rows):
    expected = f"{table}: .*{re.escape(ERRORS[code])} \\[{code}; \\d+ rows: {re.escape(rows)}\\]"
    with pytest.raises(DataError, match=expected):
        read(**tables)


ODD = [
    (
        "near_collars",
        {"collar": changed(changed(collars(), 1, x=500.5), 1, y=900.5)},
        "collar",
        "2-3",
    ),
    ("end_from_intervals", {"collar": changed(collars(), 1, end=None)}, "collar", "3"),
    ("no_stations", {"survey": surveys().iloc[:2]}, "collar", "3"),
    ("no_intervals", {"interval": intervals().iloc[:3]}, "collar", "3"),
    ("one_station", {"survey": surveys().iloc[:3]}, "survey", "4"),
    ("late_station", {"survey": changed(surveys(), 0, depth=3)}, "survey", "2"),
    (
        "repeated_station",
        {"survey": added(surveys(), hole="B", depth=30, azimuth=10, dip=-89)},
        "survey",
        "6",
    ),
    ("survey_beyond_end", {"survey": changed(surveys(), 3, depth=61)}, "survey", "5"),
    ("azimuth_wrapped", {"survey": changed(surveys(), 1, azimuth=-268)}, "survey", "3"),
    ("sharp_bend", {"survey": changed(surveys(), 3, dip=-79)}, "survey", "4"),
    ("gap", {"interval": changed(intervals(), 1, to=19)}, "interval", "3"),
    (
        "zero_grade",
        {"interval": changed(changed(intervals(), 1, Cu=0), 2, Cu=None)},
        "interval",
        "3",
    ),
    ("blank_grade", {"interval": changed(intervals(), 2, Cu=None)}, "interval", "4"),
    (
        "mixed_units",
        {"interval": intervals().assign(Cu=[0.1, 0.2, 0.1, 90, 95])},
        "interval",
        "5-6",
    ),
    ("mixed_lengths", {"collar": collars().assign(end=[328.08, 60])}, "collar", "2"),
]


@pytest.mark.parametrize(("code", "tables", "table", "rows"), ODD)
def test_what_is_odd_is_kept_and_said_with_its_rows(read, code, tables, table, rows, caplog):
    with caplog.at_level(logging.WARNING):
        found = read(**tables).warnings.set_index("code")
    assert found.loc[code, "table"] == table
    assert found.loc[code, "rows"] == rows
    assert WARNINGS[code] in found.loc[code, "told"]
    assert f"[{code}; {found.loc[code, 'count']} rows: {rows}]" in caplog.text


def test_a_very_long_interval_is_said(read):
    short = pd.DataFrame({"hole": "A", "from": np.arange(9.0), "to": np.arange(9.0) + 1, "Cu": 1.0})
    long = added(short, hole="A", **{"from": 9.0, "to": 100.0}, Cu=1.0)
    found = read(interval=pd.concat([long, intervals().iloc[3:]])).warnings.set_index("code")
    assert found.loc["long_interval", "rows"] == "11-13"


def test_every_code_has_a_test():
    elsewhere = {"long_interval", "off_surface", "end_codes", "zeros_missing", "blanks_zero"}
    assert {one[0] for one in SEVERE} == set(ERRORS)
    assert {one[0] for one in ODD} | elsewhere == set(WARNINGS)


def test_all_that_is_wrong_is_listed_at_once(read):
    with pytest.raises(DataError) as caught:
        read(survey=changed(surveys(), 1, azimuth=None), interval=changed(intervals(), 0, to=15))
    assert "[null_orientation; 1 rows: 3]" in str(caught.value)
    assert "[overlap; 1 rows: 3]" in str(caught.value)


def test_feet_become_metres(read):
    feet = read(unit="ft")
    assert feet.collars["x"].tolist() == pytest.approx([152.4, 182.88])
    assert feet.collars["end"].tolist() == pytest.approx([30.48, 18.288])
    assert feet.surveys["depth"].tolist() == pytest.approx([0, 15.24, 0, 9.144])
    assert feet.intervals["to"].tolist() == pytest.approx([3.048, 6.096, 30.48, 9.144, 18.288])
    survey_feet = read(unit="us-ft").collars["z"][0]
    assert survey_feet == pytest.approx(80 * 1200 / 3937, rel=1e-15)


def test_with_a_crs_only_depths_and_elevations_are_in_feet(read):
    easting = collars().assign(x=[500_000.0, 500_100], y=[3_000_000.0, 3_000_100])
    found = read(collar=easting, unit="ft", crs="EPSG:32648")
    assert found.collars.geometry.x.tolist() == [500_000, 500_100]
    assert found.collars["z"].tolist() == pytest.approx([24.384, 27.432])
    assert found.collars.crs == "EPSG:32648"


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2270"])
def test_a_crs_that_is_not_in_metres_is_refused(read, crs):
    with pytest.raises(DataError, match="is not projected in metres; transform the collars"):
        read(crs=crs)


def test_dips_that_are_positive_down_are_turned(read):
    found = read(survey=surveys().assign(dip=-surveys()["dip"]), dip_down="positive")
    assert found.surveys["dip"].tolist() == [-60, -61, -90, -89]


def test_holes_may_go_up_when_stated(read):
    up = surveys().assign(dip=[40.0, 41, 70, 70])
    assert read(survey=up, upward=True).surveys["dip"].tolist() == [40, 41, 70, 70]


def test_a_code_for_the_end_moves_the_station_there(read):
    coded = added(added(surveys(), hole="A", depth=90_000, azimuth=92, dip=-61),
                  hole="B", depth=90_000, azimuth=10, dip=-89)  # fmt: skip
    coded = changed(coded, 3, depth=60)
    found = read(survey=coded, end_codes=[90_000], unit="ft")
    assert found.surveys["hole"].tolist() == ["A", "A", "A", "B", "B"]
    np.testing.assert_allclose(found.surveys["depth"] / 0.3048, [0, 50, 100, 0, 60])
    assert found.warnings.set_index("code").loc["end_codes", "rows"] == "6-7"


def test_zero_and_blank_mean_what_is_stated(read):
    table = changed(changed(intervals(), 1, Cu=0), 2, Cu=None)
    assert read(interval=table).intervals["Cu"].isna().tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
    unknown = read(interval=table, zeros="missing")
    assert unknown.intervals["Cu"].isna().tolist() == [False, True, True, False, False]
    assert unknown.warnings.set_index("code").loc["zeros_missing", "rows"] == "3"
    barren = read(interval=table, blanks="zero")
    assert barren.intervals["Cu"].tolist() == [0.1, 0, 0, 0.4, 0.5]
    assert barren.warnings.set_index("code").loc["blanks_zero", "rows"] == "4"


def test_codes_and_limits_of_grades_are_understood(read):
    table = changed(changed(intervals(), 1, Cu="<0.01"), 2, Cu=-999)
    found = read(interval=table, missing=[-999]).intervals
    np.testing.assert_allclose(found["Cu"], [0.1, 0.005, np.nan, 0.4, 0.5])
    assert found["Cu_censored"].tolist() == [False, True, False, False, False]


def test_a_hole_without_a_survey_is_left_out_with_its_intervals(read):
    found = read(survey=surveys().iloc[:2])
    assert found.collars["hole"].tolist() == ["A"]
    assert set(found.intervals["hole"]) == {"A"}


def test_the_order_of_rows_changes_nothing(read):
    found = read(survey=surveys().iloc[::-1], interval=intervals().iloc[::-1])
    plain = read()
    pd.testing.assert_frame_equal(
        found.surveys.drop(columns="row"), plain.surveys.drop(columns="row")
    )
    pd.testing.assert_frame_equal(
        found.intervals.drop(columns="row"), plain.intervals.drop(columns="row")
    )


def test_one_workbook_and_a_geopackage_and_gbk_say_the_same(read, tmp_path):
    plain = read()
    book = tmp_path / "holes.xlsx"
    numbered = {"A": 7, "B": 8}
    with pd.ExcelWriter(book) as writer:
        for name, frame in {"孔口": collars(), "测斜": surveys(), "分析": intervals()}.items():
            frame.assign(hole=frame["hole"].map(numbered)).to_excel(
                writer, sheet_name=name, index=False
            )
    parts = {"collar": "孔口", "survey": "测斜", "interval": "分析"}
    sheets = drillholes(collar=book, survey=book, interval=book, parts=parts, **SETTINGS)
    assert sheets.collars["hole"].tolist() == ["7", "8"]
    package = tmp_path / "holes.gpkg"
    place = gpd.points_from_xy([0, 0], [0, 0])
    gpd.GeoDataFrame(collars(), geometry=place, crs="EPSG:32648").to_file(package, layer="collar")
    gbk = tmp_path / "分析.csv"
    gbk.write_bytes(
        intervals()
        .rename(columns={"Cu": "铜品位", "rock": "岩性"})
        .to_csv(index=False)
        .encode("gb18030")
    )
    mixed = drillholes(
        collar=package, survey=tmp_path / "survey.csv", interval=gbk,
        **SETTINGS | {"grades": ["铜品位"], "units": {"铜品位": "%"}},
    )  # fmt: skip
    for other, grade in ((sheets, "Cu"), (mixed, "铜品位")):
        assert other.surveys["dip"].tolist() == plain.surveys["dip"].tolist()
        assert other.intervals[grade].tolist() == plain.intervals["Cu"].tolist()
        assert other.collars["x"].tolist() == plain.collars["x"].tolist()
    assert mixed.collars["row"].tolist() == [1, 2]


def test_collars_off_the_surface_are_said(read, caplog):
    grid = GeoBox.from_bbox(
        (500_000, 3_000_000, 500_400, 3_000_300), crs="EPSG:32648", resolution=100
    )
    ground = xr.DataArray(np.arange(12.0).reshape(3, 4), coords=xr_coords(grid), dims=("y", "x"))
    places = {"x": [500_050.0, 500_250], "y": [3_000_050.0, 3_000_250], "z": [9.0, 9]}
    holes = read(collar=collars().assign(**places), crs="EPSG:32648")
    found = against_surface(holes, ground).warnings.set_index("code")  # 8 m and 2 m
    assert found.loc["off_surface", "rows"] == "3"
    assert against_surface(holes, ground, tolerance=7.5).findings == holes.findings
    with caplog.at_level(logging.INFO):
        away = read(
            collar=collars().assign(**places | {"x": [400_000.0, 500_250]}), crs="EPSG:32648"
        )
        against_surface(away, ground)
    assert "1 collars lie where the surface is unknown" in caplog.text
    with pytest.raises(DataError, match="the collars in None; bring both into one CRS"):
        against_surface(read(), ground)


def test_a_grade_without_a_unit_is_refused_and_a_header_may_name_it(read):
    with pytest.raises(DataError, match="no unit is known of Cu; state it in units"):
        read(units={})
    named = intervals().rename(columns={"Cu": "Cu_ppm"})
    assert read(interval=named, grades=["Cu_ppm"], units={}).units == {"Cu_ppm": "ug g-1"}


def test_columns_that_are_not_there_or_not_stated_are_named(read, tmp_path):
    with pytest.raises(DataError, match=r"(?s)lacks columns:.*no column 'Dip'.*did you mean 'dip'"):
        read(survey_columns=ROLES["survey_columns"] | {"dip": "Dip"})
    with pytest.raises(DataError, match="survey_columns does not say which column is 'dip'"):
        read(survey_columns={"hole": "hole", "depth": "depth", "azimuth": "azimuth"})
    with pytest.raises(DataError, match="collar_columns names 'elevation', which is no role"):
        read(collar_columns=ROLES["collar_columns"] | {"elevation": "z"})
    with pytest.raises(DataError, match="parts names 'collars', which is no table"):
        read(parts={"collars": "a"})
    with pytest.raises(MissingFileError, match="is not there"):
        drillholes(
            **dict.fromkeys(("collar", "survey", "interval"), tmp_path / "no.csv"), **SETTINGS
        )


def test_grades_that_are_text_are_refused_with_their_rows(read):
    with pytest.raises(DataError, match="row 3: 'lost'"):
        read(interval=changed(intervals(), 1, Cu="lost"))
    with pytest.raises(DataError, match="grades are not numbers in most rows of rock"):
        read(grades=["rock"], units={"rock": "%"})


def test_rows_are_told_as_ranges():
    assert ranges([3, 4, 5, 7, 9, 10]) == "3-5, 7, 9-10"
    assert ranges([]) == ""


def test_babbitt_is_read_with_all_its_quirks_named(real_data):
    folder = real_data / "drill_babbitt"
    paths = {name: folder / f"{file}_BABBITT.csv" for name, file in
             (("collar", "collar"), ("survey", "survey"), ("interval", "assay"))}  # fmt: skip
    grades = ["CU", "NI", "S", "FE"]
    settings = {
        "collar_columns": {"hole": "BHID", "x": "XCOLLAR", "y": "YCOLLAR", "z": "ZCOLLAR"},
        "survey_columns": {"hole": "BHID", "depth": "AT", "azimuth": "AZ", "dip": "DIP"},
        "interval_columns": {"hole": "BHID", "from": "FROM", "to": "TO"},
        "grades": grades, "units": dict.fromkeys(grades, "%"), "unit": "ft",
    }  # fmt: skip
    with pytest.raises(DataError, match="dip_sign; 26"):
        drillholes(**paths, **settings, dip_down="negative", end_codes=[90_000])
    with pytest.raises(DataError, match="sentinel; 70 rows: 13, 17"):
        drillholes(**paths, **settings, dip_down="positive")
    holes = drillholes(**paths, **settings, dip_down="positive", end_codes=[90_000])
    assert [len(part) for part in (holes.collars, holes.surveys, holes.intervals)] == [
        399,
        2628,
        35_616,
    ]
    length = (holes.intervals["to"] - holes.intervals["from"]).to_numpy()
    assert length.max() == pytest.approx(3574 * 0.3048)
    for grade, mean in (("CU", 0.3638), ("NI", 0.0909)):
        known = holes.intervals[grade].notna()
        found = np.average(holes.intervals[grade][known], weights=length[known])
        assert found == pytest.approx(mean, abs=5e-5)
    counts = holes.warnings.groupby("code")["count"].first()
    assert counts["end_from_intervals"] == 399
    assert counts["end_codes"] == 70
    assert counts["near_collars"] == 13
    assert counts["long_interval"] == 318
    blank = holes.warnings.query("code == 'blank_grade'")["count"]
    assert blank.tolist() == [11_931, 12_177, 12_071, 35_592]
