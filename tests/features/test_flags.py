import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import conditions
from geoprospect.features.flags import class_flag
from tests.features import made
from tests.features.made import corner, frame, small_grid, values


def strip(**columns):
    """One cell for each row, from the west."""
    number = len(next(iter(columns.values())))
    boxes = [shapely.box(*corner(100 * k, 100), *corner(100 * k + 100, 0)) for k in range(number)]
    return frame(*boxes, **columns)


def flags(source, **settings):
    return values(class_flag(source, grid=small_grid(1, len(source) + 1), **settings))[0]


MAP = strip(
    lith=["Granite", "granite?", " LIME_stone ", None, "花岗岩", "ｇｒａｎｉｔｅ"],
    age=[300.0, 100.0, 250.0, 400.0, np.nan, 251.0],
)


def test_names_match_whatever_their_case_doubt_and_width():
    found = flags(MAP, classes=["granite"], column="lith")
    np.testing.assert_array_equal(found, [1, 1, 0, np.nan, 0, 1, np.nan])
    found = flags(MAP, classes=["lime stone", "花岗岩"], column="lith")
    np.testing.assert_array_equal(found, [0, 0, 1, np.nan, 1, 0, np.nan])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("lith == 'granite'", [1, 1, 0, np.nan, 0, 1]),
        ("lith != 'granite'", [0, 0, 1, np.nan, 1, 0]),
        ("age > 250", [1, 0, 0, 1, np.nan, 1]),
        ("100 < age <= 251", [0, 0, 1, 0, np.nan, 1]),
        ("not age > 250", [0, 1, 1, 0, np.nan, 0]),
        ("lith in ['granite', 'lime stone']", [1, 1, 1, np.nan, 0, 1]),
        ("lith not in ('granite',)", [0, 0, 1, np.nan, 1, 0]),
        ("contains(lith, 'gran', '花岗')", [1, 1, 0, np.nan, 1, 1]),
        ("column('lith') == 'granite' and age > 200", [1, 0, 0, np.nan, 0, 1]),
        ("lith == 'granite' or age > 200", [1, 1, 1, 1, np.nan, 1]),
        ("lith == 'granite' and age < 200", [0, 1, 0, 0, 0, 0]),
    ],
)
def test_conditions_and_what_empty_values_leave_open(where, expected):
    # and, or: an empty value leaves the answer open only where the other side does not settle it
    np.testing.assert_array_equal(flags(MAP, where=where)[:-1], expected)


def test_no_geology_is_no_answer():
    assert np.isnan(flags(MAP, where="age > 250")[-1])


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=9, max_size=9))
def test_truths_are_joined_as_by_pandas_own_three_values(truths):
    a, b = np.array(truths), np.array(truths[::-1])
    table = pd.DataFrame({"a": a, "b": b})
    one, other = (pd.array([None if t != t else bool(t) for t in x], "boolean") for x in (a, b))
    for word, expected in (("and", one & other), ("or", one | other)):
        found = conditions.parsed(f"a == 1 {word} b == 1")(table)
        np.testing.assert_array_equal(found, expected.to_numpy("f8", na_value=np.nan))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("", "it is empty"),
        ("lith", "'lith' is no condition: it is neither true nor false"),
        ("lith ==", "invalid syntax"),
        ("'a' == 'b'", "a comparison names no column"),
        ("__import__('os').system('ls')", "is no condition"),
        ("lith.str.len() > 3", r"'lith.str.len\(\)' is no column"),
        ("contains(lith, age)", "'age' is no text and no number"),
        ("lith in other", "'in' takes a column before it and a list behind it"),
        ("age + 1 > 3", r"'age \+ 1' is no column"),
        ("lith is None", "'lith is None' is no comparison"),
        ("lith == 'a' and (" + "(" * 0 + "not " * 40 + "age > 1)", "more than 30 levels deep"),
    ],
)
def test_what_is_no_condition_is_refused(where, told):
    with pytest.raises(ValueError, match=rf"cannot be used:\n  - .*{told}"):
        conditions.parsed(where)


def test_columns_that_are_not_there_or_of_another_kind_are_told():
    with pytest.raises(ValueError, match="there is no column 'lit'; did you mean 'lith'"):
        flags(MAP, where="lit == 'a'")
    with pytest.raises(ValueError, match="column 'lith' holds text, and is compared with a number"):
        flags(MAP, where="lith > 3")


@given(st.lists(made.polygons, min_size=1, max_size=5), st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=15)
def test_chunking_changes_nothing_and_the_topmost_polygon_counts(polygons, side):
    numbers = [float(k % 2) for k in range(len(polygons))]
    source, grid = frame(*polygons, n=numbers), small_grid()
    whole = values(class_flag(source, grid=grid, where="n == 1"))
    with made.chunks_of(side):
        np.testing.assert_array_equal(whole, values(class_flag(source, grid=grid, where="n == 1")))
    middle, expected = made.centres(grid), np.full(grid.shape, np.nan)
    for polygon, number in zip(polygons, numbers, strict=True):
        expected[shapely.contains(polygon, middle)] = number
    rims = shapely.union_all([polygon.boundary for polygon in polygons])
    away = shapely.distance(rims, middle) > 1e-6
    np.testing.assert_array_equal(whole[away], expected[away])


def test_flags_from_a_layer_of_classes_are_the_same_in_chunks():
    codes = np.array([[1, 5, 5], [np.nan, 1, 5]])
    source = made.layer(codes, small_grid(2, 3), units="1", meanings={1: "Tuff", 5: "b"})
    with made.chunks_of(2):
        found = class_flag(lazy.chunked(source), grid=small_grid(2, 3), classes=["tuff"])
    np.testing.assert_array_equal(values(found), [[1, 0, 0], [np.nan, 1, 0]])


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = class_flag(MAP, grid=grid, where="age > 250")
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "ground is age > 250", "units": "1"}
    contract.check_layer(found, grid, "old")
    named = class_flag(MAP, grid=grid, classes=["granite", "花岗岩"], column="lith")
    assert named.attrs["long_name"] == "ground is granite or 花岗岩"


def test_what_cannot_be_answered_is_refused():
    grid = small_grid(1, 7)
    with pytest.raises(ValueError, match="needs either classes or where, one of them"):
        class_flag(MAP, grid=grid)
    with pytest.raises(DataError, match="'lith' has no class 'granit'; did you mean"):
        class_flag(MAP, grid=grid, classes=["granit"], column="lith")
    with pytest.raises(ValueError, match="classes names none"):
        class_flag(MAP, grid=grid, classes=[], column="lith")
    with pytest.raises(DataError, match="class_flag from a vector layer needs the setting"):
        class_flag(MAP, grid=grid, classes=["granite"])
    layer = made.layer(np.ones((1, 7)), grid, units="1", meanings={1: "a"}, long_name="units")
    with pytest.raises(ValueError, match="asks for columns, and 'units' is a layer"):
        class_flag(layer, grid=grid, where="a > 1")
    with pytest.raises(ContractError, match="category needs classes, and 'h' holds measured"):
        class_flag(made.layer(np.ones((1, 7)), grid, long_name="h"), grid=grid, classes=["a"])
    line = frame(shapely.LineString([corner(0, 0), corner(9, 9)]), lith=["a"])
    with pytest.raises(DataError, match="class_flag is made from polygons"):
        class_flag(line, grid=grid, classes=["a"], column="lith")
