import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.geology import category
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

mosaics = st.lists(made.polygons, min_size=1, max_size=6)


@given(mosaics, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=40)
def test_the_class_is_that_of_the_last_polygon_about_the_centre(polygons, side):
    grid = small_grid()
    with made.chunks_of(side):
        source = frame(*polygons, unit=[f"u{k}" for k in range(len(polygons))])
        found = values(category(source, grid=grid, column="unit"))
    expected = np.full(grid.shape, np.nan)
    middle = made.centres(grid)
    for code, polygon in enumerate(polygons, start=1):
        expected[shapely.contains(polygon, middle)] = code
    rims = shapely.union_all([polygon.boundary for polygon in polygons])
    away = shapely.distance(rims, middle) > 1e-6
    np.testing.assert_array_equal(found[away], expected[away])


@given(mosaics, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=30)
def test_chunking_changes_nothing(polygons, side):
    source = frame(*polygons, unit=[f"u{k % 3}" for k in range(len(polygons))])
    whole = values(category(source, grid=small_grid(), column="unit"))
    with made.chunks_of(side):
        cut = values(category(source, grid=small_grid(), column="unit"))
    np.testing.assert_array_equal(whole, cut)


def test_a_mosaic_is_burned_as_gdal_does():
    grid = small_grid(60, 80)
    rng = np.random.default_rng(2)
    seeds = shapely.MultiPoint(rng.uniform((500_000, 2_998_000), (508_000, 3_004_000), (70, 2)))
    cells = list(shapely.get_parts(shapely.voronoi_polygons(seeds)))
    source = frame(*cells, unit=[k % 7 for k in range(len(cells))])
    with made.chunks_of(17):
        found = values(category(source, grid=grid, column="unit"))
    expected = rasterize(
        [(cell, 1 + k % 7) for k, cell in enumerate(cells)], grid.shape, transform=grid.affine
    )
    np.testing.assert_array_equal(found, expected)


def test_north_is_up():
    west, east = (
        shapely.box(*corner(0, 400), *corner(300, 0)),
        shapely.box(*corner(300, 200), *corner(600, 0)),
    )
    found = category(frame(west, east, unit=["B", "A"]), grid=small_grid(4, 6), column="unit")
    nan = np.nan
    np.testing.assert_array_equal(
        values(found),
        [
            [2, 2, 2, 1, 1, 1],
            [2, 2, 2, 1, 1, 1],
            [2, 2, 2, nan, nan, nan],
            [2, 2, 2, nan, nan, nan],
        ],
    )


def test_codes_follow_the_sorted_names_whatever_the_order_of_the_file():
    boxes = [shapely.box(*corner(100 * k, 100), *corner(100 * k + 100, 0)) for k in range(4)]
    names = ["花岗岩", "schist", " schist　", "Basalt"]
    found = category(frame(*boxes, unit=names), grid=small_grid(1, 4), column="unit")
    back = category(frame(*boxes[::-1], unit=names[::-1]), grid=small_grid(1, 4), column="unit")
    assert contract.meanings(found) == {1: "Basalt", 2: "schist", 3: "花岗岩"}
    np.testing.assert_array_equal(values(found), [[3, 2, 2, 1]])
    np.testing.assert_array_equal(values(back), values(found))


def test_empty_names_are_unknown_and_numbers_are_names():
    boxes = [shapely.box(*corner(100 * k, 100), *corner(100 * k + 100, 0)) for k in range(4)]
    found = category(
        frame(*boxes, unit=["  ", None, float("nan"), "x"]), grid=small_grid(1, 4), column="unit"
    )
    np.testing.assert_array_equal(values(found), [[np.nan, np.nan, np.nan, 1]])
    found = category(
        frame(*boxes, unit=[3.0, 12.0, 3.0, None]), grid=small_grid(1, 4), column="unit"
    )
    assert contract.meanings(found) == {1: "12", 2: "3"}


def test_a_nameless_polygon_on_top_hides_what_is_below():
    low, top = (shapely.box(*corner(0, size), *corner(size, 0)) for size in (300, 100))
    found = category(frame(low, top, unit=["a", None]), grid=small_grid(3, 3), column="unit")
    assert np.isnan(values(found)).sum() == 1


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    source = frame(shapely.box(*corner(0, 100), *corner(100, 0)), lith=["tuff"])
    found = category(source, grid=grid, column="lith")
    assert lazy.is_lazy(found)
    assert found.attrs == {
        "long_name": "lith",
        "units": "1",
        "flag_values": [1],
        "flag_meanings": ["tuff"],
    }
    contract.check_layer(found, grid, "lithology")


def test_a_layer_of_classes_is_taken_as_it_is():
    grid = small_grid(2, 3)
    codes = np.array([[1, 5, 5], [np.nan, 1, 5]])
    source = made.layer(codes, grid, units="1", long_name="units", meanings={1: "a", 5: "b"})
    found = category(source, grid=grid)
    np.testing.assert_array_equal(found, codes)
    assert contract.meanings(found) == {1: "a", 5: "b"}
    with pytest.raises(ContractError, match="category needs classes, and 'height' holds measured"):
        category(made.layer(codes, grid, long_name="height"), grid=grid)


def test_what_cannot_be_painted_is_refused():
    box = shapely.box(*corner(0, 100), *corner(100, 0))
    with pytest.raises(DataError, match="no column 'lithology'; did you mean 'lithologie'"):
        category(frame(box, lithologie=["a"]), grid=small_grid(), column="lithology")
    with pytest.raises(DataError, match="category from a vector layer needs the setting 'column'"):
        category(frame(box, lith=["a"]), grid=small_grid())
    with pytest.raises(DataError, match="'lith' names no class: all its values are empty"):
        category(frame(box, lith=[" "]), grid=small_grid(), column="lith")
    with pytest.raises(DataError, match=r"category is made from polygons, and .* holds LineString"):
        category(frame(box.boundary, lith=["a"]), grid=small_grid(), column="lith")
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        category(frame(box, crs="EPSG:4326", lith=["a"]), grid=small_grid(), column="lith")


def test_a_column_of_names_rather_than_classes_is_told_of(caplog):
    boxes = [shapely.box(*corner(k, 100), *corner(k + 1, 0)) for k in range(201)]
    category(frame(*boxes, id=list(range(201))), grid=small_grid(), column="id")
    assert "'id' has 201 classes, more than a model can learn" in caplog.text
