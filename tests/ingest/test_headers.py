"""Headers of assay tables: elements, oxides and units as people write them."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.ingest.headers import analyte, names
from geoprospect.ingest.table import table

PPM, PPB = "ug g-1", "ng g-1"


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Cu", "Cu", None), ("CU", "Cu", None), ("铜", "Cu", None), (" 铜 ", "Cu", None),
        ("Cu(10-6)", "Cu", PPM), ("Cu（10⁻⁶）", "Cu", PPM), ("Cu（×10-6）", "Cu", PPM),
        ("w(Cu)/10-6", "Cu", PPM), ("ω(Au)/10-9", "Au", PPB), ("Au_ppb", "Au", PPB),
        ("au_ppb", "Au", PPB), ("Au ppb", "Au", PPB), ("Au-ppb", "Au", PPB),
        ("Auppb", "Au", PPB), ("Cu含量", "Cu", None), ("铜元素含量ppm值", "Cu", PPM),
        ("铜(Cu)", "Cu", None), ("Cu 铜 (ug/g)", "Cu", PPM), ("Cu[mg/kg]", "Cu", PPM),
        ("氧化铁", "Fe2O3", None), ("氧化铁(%)", "Fe2O3", "%"), ("三氧化二铁", "Fe2O3", None),
        ("Fe2O3_pct", "Fe2O3", "%"), ("Fe2O3T_pct", "Fe2O3T", "%"), ("SiO2（％）", "SiO2", "%"),
        ("Sb2O5_ppm", "Sb2O5", PPM), ("CO2_pct", "CO2", "%"), ("LOI_pct", "LOI", "%"),
        ("汞(ng/g)", "Hg", PPB), ("金", "Au", None),
    ],
)  # fmt: skip
def test_a_header_names_its_element_and_unit(header, name, unit):
    found = analyte(header)
    assert (found.name, found.unit) == (name, unit)


@pytest.mark.parametrize(
    "header",
    ["id", "as", "in", "no", "No", "样品编号", "经度", "SAMPLEID", "depth_m", "铜(Zn)", "pct",
     "slope_pct", "rock_ppm", "", "Cu_flag", "Au_censored", "铜矿", "LABnegNR_N", "H"],
)  # fmt: skip
def test_other_headers_name_none(header):
    assert analyte(header) is None


def test_the_layout_has_its_39_elements_in_their_units():
    layout = names().layout
    assert len(layout) == 39
    assert {name for name, unit in layout.items() if unit == PPB} == {"Au", "Ag", "Hg", "Cd"}
    assert {name for name, unit in layout.items() if unit == "%"} == {
        "Al2O3", "CaO", "Fe2O3", "K2O", "MgO", "Na2O", "SiO2",
    }  # fmt: skip
    assert set(layout.values()) == {PPM, PPB, "%"}


CHINESE = (
    "样品编号,横坐标,纵坐标,金,铜含量,Pb(10-6),氧化铁\n"
    "A1,500100,3100200,1.2,<20,30,5.5\nA2,500200,3100300,0.8,25,28,6.1\n"
)
PLACE = {"x": "横坐标", "y": "纵坐标", "crs": "EPSG:4545"}


def written(tmp_path, text, encoding="gb18030"):
    path = tmp_path / "水系沉积物.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_in_the_layout_is_called_by_symbols(tmp_path, caplog):
    path = written(tmp_path, CHINESE)
    with caplog.at_level(logging.INFO):
        found = table(path=path, **PLACE, layout="china_200k", limits={"Cu": 20})
    assert found["Cu"].tolist() == [10, 25]
    assert found["Fe2O3"].tolist() == [5.5, 6.1]
    assert found["样品编号"].tolist() == ["A1", "A2"]
    assert found.attrs["units"] == {"Au": PPB, "Cu": PPM, "Pb": PPM, "Fe2O3": "%"}
    assert found.attrs["analytes"] == {name: name for name in ("Au", "Cu", "Pb", "Fe2O3")}
    assert (
        "4 of the 39 elements of the 1:200 000 layout were recognised; there is no" in caplog.text
    )
    assert "1 columns are in ng g-1 by their headers: Au." in caplog.text


def test_without_a_layout_names_stay_and_units_come_from_headers_alone(tmp_path):
    found = table(path=written(tmp_path, CHINESE), **PLACE, units={"金": "ng/g"})
    assert found["铜含量"].tolist() == [10, 25]
    assert found.attrs["units"] == {"Pb(10-6)": PPM, "金": "ng/g"}


def test_what_is_stated_goes_before_the_header(tmp_path):
    path = written(tmp_path, "lon,lat,Au_ppm\n103,28,1\n")
    found = table(path=path, x="lon", y="lat", crs="EPSG:4490", units={"Au_ppm": "ng/g"})
    assert found.attrs["units"] == {"Au_ppm": "ng/g"}


def test_two_columns_of_one_element_are_refused(tmp_path):
    path = written(tmp_path, "lon,lat,Cu,铜\n103,28,1,2\n", "utf-8")
    with pytest.raises(DataError, match="columns 'Cu' and '铜' both name Cu; remove one"):
        table(path=path, x="lon", y="lat", crs="EPSG:4490", layout="china_200k")
    path = written(tmp_path, "lon,lat,one\n103,28,1\n")
    with pytest.raises(DataError, match="no header names an element"):
        table(path=path, x="lon", y="lat", crs="EPSG:4490", layout="china_200k")


@pytest.mark.real_data
def test_western_australian_headers_say_their_units(real_data):
    columns = pd.read_csv(real_data / "wa_geochem" / "area1_sediment_au.csv", nrows=1).columns
    ends = {"_ppm": PPM, "_ppb": PPB, "_pct": "%"}
    for column in columns:
        unit = ends.get(column[-4:])
        found = analyte(column)
        assert (found.unit if found else None) == unit, column
