"""Map sheets and hexagons, held against published numbers."""

from __future__ import annotations

import sys

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.targets.hexagons import h3_cells
from geoprospect.targets.sheets import SCALES, map_sheets, sheet_number
from geoprospect.targets.tilings import TILINGS

EXAMPLE = (114 + 33 / 60 + 45 / 3600, 39 + 22 / 60 + 30 / 3600)
"""The textbook's point, 114 d 33' 45" east and 39 d 22' 30" north, on corners of fine sheets."""

OF_EXAMPLE = {
    1_000_000: "J50", 500_000: "J50B001001", 250_000: "J50C001001", 100_000: "J50D002002",
    50_000: "J50E004003", 25_000: "J50F008005", 10_000: "J50G015010", 5_000: "J50H030019",
}  # fmt: skip


def test_they_are_found_by_name():
    assert set(TILINGS) == {"map_sheets", "h3_cells"}


@pytest.mark.parametrize("scale", SCALES)
def test_the_textbook_example_has_its_numbers(scale):
    assert sheet_number(*EXAMPLE, scale=scale) == OF_EXAMPLE[scale]


@pytest.mark.parametrize(
    ("place", "number"),
    [((116.4, 39.9), "J50"), ((121.5, 31.2), "H51"), ((102.7, 25.0), "G48"), ((87.6, 43.8), "K45")],
)
def test_cities_lie_in_the_millionth_sheets_that_everyone_knows(place, number):
    """Peking, Shanghai, Kunming, Urumqi."""
    assert sheet_number(*place, scale=1_000_000) == number


@given(lon=st.floats(73, 135), lat=st.floats(3, 54), scale=st.sampled_from(list(SCALES)))
def test_numbers_follow_the_formula_of_the_standard(lon, lat, scale):
    """c = height of J / height of sheet - [(lat mod 4) / height]; d = [(lon mod 6) / width] + 1."""
    letter, cuts = SCALES[scale]
    number = sheet_number(lon, lat, scale=scale)
    if abs(lat * cuts / 4 - round(lat * cuts / 4)) < 1e-6:
        return
    if abs(lon * cuts / 6 - round(lon * cuts / 6)) < 1e-6:
        return
    band = "ABCDEFGHIJKLMN"[int(lat / 4)]
    assert number[:3] == f"{band}{int(lon / 6) + 31:02d}"
    if letter:
        row, column = int(number[4:7]), int(number[7:])
        assert row == cuts - int((lat % 4) / (4 / cuts))
        assert column == int((lon % 6) / (6 / cuts)) + 1


def test_a_sheet_has_the_corners_of_the_standard():
    """10 minutes high and 15 wide at 1:50 000; J50E004003 is the fourth row, the third column."""
    found = map_sheets(bounds=(114.51, 39.34, 114.52, 39.35), scale=50_000)
    assert found["sheet_no"].tolist() == ["J50E004003"]
    assert found.total_bounds == pytest.approx([114.5, 40 - 4 / 6, 114.75, 40 - 3 / 6])
    assert found.crs == "EPSG:4490"


def test_sheets_cover_the_bounds_without_overlap_from_the_north_west():
    found = map_sheets(bounds=(101.4, 28.0, 101.7, 28.2), scale=10_000)
    assert len(found) == 6 * 5  # 3.75 minutes wide from 101 22.5', 2.5 minutes high
    whole = shapely.union_all(found.geometry)
    assert whole.contains(shapely.box(101.4, 28.0, 101.7, 28.2))
    assert whole.area == pytest.approx(shapely.area(found.geometry.to_numpy()).sum())
    assert found["sheet_no"].is_unique
    first, last = shapely.centroid(found.geometry.to_numpy()[[0, -1]])
    assert first.x < last.x
    assert first.y > last.y
    assert found["sheet_no"].iloc[0][:4] == "H47G"


@pytest.mark.parametrize(
    ("bounds", "scale", "error", "message"),
    [
        ((0, 0, 1, 1), 20_000, ValueError, "scale must be one of 1000000, .*, got 20000"),
        ((0, -1, 1, 1), 50_000, DataError, "reaches from -1.00 to 1.00 degrees north"),
        ((0, 59, 1, 61), 50_000, DataError, "from the equator to 60 degrees north"),
        ((70, 10, 130, 50), 5_000, DataError, "sheets at 1:5000; choose a coarser scale"),
    ],
)
def test_sheets_that_cannot_be_are_refused(bounds, scale, error, message):
    with pytest.raises(error, match=message):
        map_sheets(bounds=bounds, scale=scale)


def test_hexagons_cover_the_bounds_and_are_those_of_h3():
    bounds = (101.4, 28.0, 101.5, 28.1)
    found = h3_cells(bounds=bounds, resolution=7)
    assert shapely.union_all(found.geometry).buffer(1e-9).contains(shapely.box(*bounds))
    assert (found.intersects(shapely.box(*bounds))).all()
    for cell, outline in zip(found["h3"], found.geometry, strict=True):
        lat, lon = h3.cell_to_latlng(cell)
        assert outline.contains(shapely.Point(lon, lat))
        assert h3.get_resolution(cell) == 7
    sizes = found.to_crs("EPSG:6933").area / 1e6
    assert np.allclose(sizes, 5.16, rtol=0.2)


def test_hexagons_without_the_package_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(DataError, match=r'pip install "geoprospect\[h3\]"'):
        h3_cells(bounds=(101, 28, 102, 29), resolution=6)


def test_too_many_hexagons_are_refused():
    with pytest.raises(DataError, match="H3 cells at resolution 12; choose a lower one"):
        h3_cells(bounds=(101, 28, 102, 29), resolution=12)
    with pytest.raises(ValueError, match="resolution must be 0 to 15, got 16"):
        h3_cells(bounds=(101, 28, 102, 29), resolution=16)
