import numpy as np
import pytest
import shapely

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import naming
from geoprospect.features.naming import grouped, grouped_category
from geoprospect.features.proximity import class_distance
from tests.features import made
from tests.features.made import corner, frame, small_grid, values


def strip(*names):
    boxes = [
        shapely.box(*corner(100 * k, 100), *corner(100 * k + 100, 0)) for k in range(len(names))
    ]
    return frame(*boxes, unit=list(names))


RAW = ("Biotite_Granite?", "granite", "黑云母花岗岩", "Limestone ", "shale", None, "schist", 7.0)
GROUPS = {
    "intrusive": ["*granite*", "*花岗岩*"],
    "carbonate": ["limestone"],
    "clastic": ["shale", 7],
}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Granite?", "granite"),
        ("LIME_stone__", "lime stone"),
        ("？Ｇｒａｎｉｔｅ　", "granite"),
        ("a  ?, b", "a, b"),
        ("___", ""),
    ],
)
def test_names_are_cleaned(name, plain):
    assert naming.cleaned(name) == plain


def test_raw_names_become_groups_and_others_are_said(caplog):
    table = grouped(strip(*RAW), column="unit", groups=GROUPS, name="kind")
    expected = ["intrusive"] * 3 + ["carbonate", "clastic", None, None, "clastic"]
    assert [one if isinstance(one, str) else None for one in table["kind"]] == expected
    assert "1 of 7 names (1 of 7 times) are in no group and become unknown: schist" in caplog.text


def test_a_name_written_out_goes_before_a_pattern_and_patterns_in_their_order():
    groups = {"other": ["granite"], "a": ["*granite*"], "b": ["*biotite*"]}
    table = grouped(strip("granite", "biotite granite"), column="unit", groups=groups, name="kind")
    assert list(table["kind"]) == ["other", "a"]


def test_entries_that_match_nothing_are_said(caplog):
    grouped(strip("a"), column="unit", groups={"x": ["a", "limestne", "*ss*"]}, name="kind")
    assert "2 entries of groups match no name: limestne, *ss*" in caplog.text


def test_the_new_column_serves_other_features():
    grid = small_grid(1, len(RAW))
    table = grouped(strip(*RAW), column="unit", groups=GROUPS, name="kind")
    found, raw = (
        values(class_distance(table, grid=grid, classes=[name], column=column, max_distance=900.0))
        for name, column in (("carbonate", "kind"), ("Limestone", "unit"))
    )
    np.testing.assert_array_equal(found, raw)
    assert found[0, 0] == 300


def test_groups_as_a_layer_from_polygons_and_from_a_layer():
    grid = small_grid(1, len(RAW))
    expected = [[1, 1, 1, 2, 3, np.nan, np.nan, 3]]
    found = grouped_category(strip(*RAW), grid=grid, groups=GROUPS, column="unit")
    np.testing.assert_array_equal(values(found), expected)
    assert contract.meanings(found) == {1: "intrusive", 2: "carbonate", 3: "clastic"}
    codes = np.array([[10, 20, 20, 30, 40, np.nan, 50, 40]])
    names = {10: "Granite", 20: "biotite granite", 30: "LIMESTONE", 40: "shale", 50: "schist"}
    layer = made.layer(codes, grid, units="1", meanings=names)
    for side in (3, 40):
        with made.chunks_of(side):
            again = grouped_category(lazy.chunked(layer), grid=grid, groups=GROUPS)
            assert lazy.is_lazy(again)
            np.testing.assert_array_equal(values(again), expected)


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = grouped_category(strip(*RAW), grid=grid, groups=GROUPS, column="unit")
    assert lazy.is_lazy(found)
    assert found.attrs["long_name"] == "group of unit"
    assert found.attrs["units"] == "1"
    contract.check_layer(found, grid, "kinds")


def test_tables_that_cannot_be_used_are_refused():
    source = strip("a", "b")
    with pytest.raises(DataError, match="column 'unit': no name is in a group; it has a, b"):
        grouped(source, column="unit", groups={"x": ["c"]}, name="kind")
    with pytest.raises(ValueError, match="groups: 'A ' is in two groups, 'x' and 'y'"):
        grouped(source, column="unit", groups={"x": ["a"], "y": ["A "]}, name="kind")
    with pytest.raises(ValueError, match="groups must name at least one group"):
        grouped(source, column="unit", groups={}, name="kind")
    with pytest.raises(DataError, match="no column 'uni'; did you mean 'unit'"):
        grouped(source, column="uni", groups={"x": ["a"]}, name="kind")
    with pytest.raises(DataError, match="already has a column 'unit'"):
        grouped(source, column="unit", groups={"x": ["a"]}, name="unit")
