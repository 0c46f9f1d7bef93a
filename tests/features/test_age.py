import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import chronology
from geoprospect.features.age import stratigraphic_age
from tests.features import made
from tests.features.made import corner, frame, small_grid, values


def strip(*names, rows=1, **more):
    """One cell for each name, from the west."""
    boxes = [
        shapely.box(*corner(100 * k, 100 * rows), *corner(100 * k + 100, 0))
        for k in range(len(names))
    ]
    return frame(*boxes, age=list(names), **more)


def ages(*names, **settings):
    grid = small_grid(1, len(names))
    return values(stratigraphic_age(strip(*names), grid=grid, column="age", **settings))[0]


# Bounds as the International Chronostratigraphic Chart v2023/09 prints them.
PRINTED = [
    ("Permian", 298.9, 251.902),
    ("Guadalupian", 273.01, 259.51),
    ("Late Permian", 259.51, 251.902),
    ("changhsingian", 254.14, 251.902),
    ("Upper Cretaceous Series", 100.5, 66.0),
    ("Early Jurassic", 201.4, 174.7),
    ("Hauterivian", 132.6, 125.77),
    ("Middle Devonian", 393.3, 382.7),
    ("Mississippian", 358.9, 323.2),
    ("Palaeoproterozoic", 2500, 1600),
    ("Neoarchaean", 2800, 2500),
    ("Hadean", 4567, 4031),
    ("Cryogenian", 720, 635),
    ("Middle Miocene", 15.98, 11.63),
    ("Pre-Cambrian", 4567, 538.8),
    ("二叠纪", 298.9, 251.902),
    ("二叠系", 298.9, 251.902),
    ("二叠", 298.9, 251.902),
    ("晚三叠世", 237.0, 201.4),
    ("三叠系上统须家河组", 237.0, 201.4),
    ("早-中侏罗世", 201.4, 161.5),
    ("中上泥盆统", 393.3, 358.9),
    ("前寒武纪", 4567, 538.8),
    ("晚更新世", 0.129, 0.0117),
    ("上新世", 5.333, 2.58),
    ("中新世", 23.03, 5.333),
    ("早古生代", 538.8, 419.2),
    ("长兴期", 254.14, 251.902),
    ("P2", 273.01, 259.51),
    ("P₂", 273.01, 259.51),
    ("T3x", 237.0, 201.4),
    ("J2-3", 174.7, 145.0),
    ("J3K1", 161.5, 100.5),
    ("Є3", 497.0, 485.4),
    ("Qhal", 0.0117, 0),
    ("Pt3", 1000, 538.8),
    ("γδJ3", 161.5, 145.0),
    ("Eηγπ", 66.0, 23.03),
    ("K1γδ", 145.0, 100.5),
]


@pytest.mark.parametrize(("name", "oldest", "youngest"), PRINTED)
def test_names_have_the_bounds_that_the_chart_prints(name, oldest, youngest):
    assert chronology.span(name) == (oldest, youngest)


def test_ranges_take_in_both_ends_and_a_part_goes_before_its_whole():
    assert chronology.span("Late Jurassic - Early Cretaceous") == (161.5, 100.5)
    assert chronology.span("Early to Middle Triassic") == (251.902, 237.0)
    assert chronology.span("侏罗—白垩纪") == (201.4, 66.0)
    assert chronology.span("Permo-Triassic") == (298.9, 201.4)
    assert chronology.span("Late Devonian (Frasnian)") == (382.7, 372.2)
    assert chronology.span("新近系上新统") == (5.333, 2.58)
    assert chronology.span("Middle Cretaceous") == (145.0, 66.0)


def test_marks_of_doubt_underscores_case_and_width_change_nothing():
    for text in ("Early_Permian?", "EARLY  PERMIAN", "Ｅａｒｌｙ Permian ？", "lower permian"):
        assert chronology.span(text) == (298.9, 273.01)


def test_ages_in_figures():
    assert chronology.span("295±2 Ma") == (295, 295)
    assert chronology.span("1.85 Ga") == (1850, 1850)
    assert chronology.span("260 - 250 Ma") == (260, 250)


@pytest.mark.parametrize(
    "text",
    ["", "?", "granite", "pre-Permian", "前震旦系", "Tv", "印度", "Chengde", "295", "P9", "Dx"],
)
def test_what_is_no_geological_time_is_not_guessed(text):
    assert chronology.span(text) is None


def test_the_chart_has_no_gaps_and_systems_are_the_sum_of_their_stages():
    chart = chronology.chart()
    stages = list(itertools.takewhile(lambda row: row[0] != "quaternary", chart.english.items()))
    bounds = sorted({span for _, span in stages}, key=lambda span: span[1])
    youngest = 0.0
    for old, young in bounds:
        assert young == youngest
        assert old > young
        youngest = old
    assert youngest == 4567
    edges = {edge for span in bounds for edge in span}
    china = {635, 780, 1000, 1400, 1600, 1800, 2300}
    for table in (chart.english, chart.chinese, chart.codes):
        assert all({old, young} <= edges | china for old, young in table.values())


def test_the_layer_is_the_middle_or_one_end_of_the_bounds():
    names = ("Permian", "T3x", "granite", "晚三叠世", None)
    expected = [275.401, 219.2, np.nan, 219.2, np.nan]
    np.testing.assert_allclose(ages(*names), expected, rtol=1e-6)
    np.testing.assert_allclose(ages("Permian", of="oldest"), [298.9], rtol=1e-6)
    np.testing.assert_allclose(ages("Permian", of="youngest"), [251.902], rtol=1e-6)


def test_stated_ages_go_before_the_chart():
    found = ages("Wutong Fm", "Permian ", "Triassic", ages={"wutong fm": 365, "Permian": 270})
    np.testing.assert_allclose(found, [365, 270, 226.651], rtol=1e-6)


def test_names_that_are_not_understood_are_said(caplog):
    ages("Permian", "granite", "granite", "?", "?")
    assert "2 of 3 names (4 polygons) are no known geological time" in caplog.text
    assert "become unknown: ?, granite; state ages" in caplog.text


@given(st.lists(made.polygons, min_size=1, max_size=5), st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=15)
def test_chunking_changes_nothing_and_each_cell_has_the_topmost_age(polygons, side):
    known = ["Permian", "K1", "寒武系", "rock", "Archean"]
    source = frame(*polygons, age=["Permian", *known[1 : len(polygons)]])
    whole = values(stratigraphic_age(source, grid=small_grid(), column="age"))
    with made.chunks_of(side):
        cut = values(stratigraphic_age(source, grid=small_grid(), column="age"))
    np.testing.assert_array_equal(whole, cut)
    middle, expected = made.centres(small_grid()), np.full(small_grid().shape, np.nan)
    numbers = [275.401, 122.75, 512.1, np.nan, 3265.5]
    for polygon, age in zip(polygons, numbers, strict=False):
        expected[shapely.contains(polygon, middle)] = age
    rims = shapely.union_all([polygon.boundary for polygon in polygons])
    away = shapely.distance(rims, middle) > 1e-6
    np.testing.assert_allclose(whole[away], expected[away], rtol=1e-6)


def test_lazy_on_the_grid_and_says_what_it_is():
    found = stratigraphic_age(strip("Permian"), grid=small_grid(), column="age")
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "age of age", "units": "Ma"}
    contract.check_layer(found, small_grid(), "age")
    old = stratigraphic_age(strip("Permian"), grid=small_grid(), column="age", of="oldest")
    assert old.attrs["long_name"] == "oldest age of age"


def test_what_has_no_age_is_refused():
    with pytest.raises(DataError, match="no name of geological time that is understood: basalt"):
        ages("basalt", "tuff")
    with pytest.raises(DataError, match="understood: all its values are empty"):
        ages(None)
    with pytest.raises(ValueError, match="ages: 'Wutong' must be 0 Ma or more and finite, got -5"):
        ages("Permian", ages={"Wutong": -5.0})
    with pytest.raises(DataError, match="no column 'aeg'; did you mean 'age'"):
        stratigraphic_age(strip("Permian"), grid=small_grid(), column="aeg")
    line = frame(shapely.LineString([corner(0, 0), corner(9, 9)]), age=["Permian"])
    with pytest.raises(DataError, match="stratigraphic_age is made from polygons"):
        stratigraphic_age(line, grid=small_grid(), column="age")
    abroad = strip("Permian").set_crs("EPSG:32649", allow_override=True)
    with pytest.raises(ContractError, match="EPSG:32649 and the grid in EPSG:32648"):
        stratigraphic_age(abroad, grid=small_grid(), column="age")
