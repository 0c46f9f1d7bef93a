import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from scipy.stats import entropy

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.geology import category, unit_diversity
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


def counted(codes, cell, radius, index):
    """Diversity of the classes about each cell, one cell at a time."""
    rows, columns = np.indices(codes.shape)
    found = np.full(codes.shape, np.nan)
    for row, column in zip(*np.nonzero(~np.isnan(codes)), strict=True):
        near = np.hypot((rows - row) * cell[0], (columns - column) * cell[1]) <= radius
        counts = np.unique(codes[near & ~np.isnan(codes)], return_counts=True)[1]
        found[row, column] = len(counts) if index == "number" else entropy(counts)
    return found


@pytest.mark.parametrize("index", ["number", "shannon"])
@given(mosaics, st.sampled_from([100, 250, 500, 900]), st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=15)
def test_diversity_is_that_of_the_classes_about_beyond_the_edge_too(index, polygons, radius, side):
    source = frame(*polygons, unit=[f"u{k % 4}" for k in range(len(polygons))])
    wide = small_grid().pad(12)
    expected = counted(
        values(category(source, grid=wide, column="unit")), (100, 100), radius, index
    )
    with made.chunks_of(side):
        found = values(
            unit_diversity(source, grid=small_grid(), radius=radius, index=index, column="unit")
        )
    np.testing.assert_allclose(found, expected[12:-12, 12:-12], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("index", ["number", "shannon"])
@given(st.integers(0, 100), st.sampled_from([100, 350, 800]), st.sampled_from([3, 7, 40]))
@settings(max_examples=10)
def test_diversity_of_a_layer_is_counted_and_the_same_in_chunks(index, seed, radius, side):
    rng = np.random.default_rng(seed)
    codes = rng.choice([3, 5, 90, np.nan], (11, 14), p=[0.5, 0.2, 0.2, 0.1])
    source = made.layer(
        codes, small_grid(11, 14), units="1", meanings={3: "a", 5: "b", 7: "none", 90: "c"}
    ).chunk({"y": side, "x": side})
    found = values(unit_diversity(source, grid=small_grid(11, 14), radius=radius, index=index))
    np.testing.assert_allclose(
        found, counted(codes, (100, 100), radius, index), rtol=1e-6, atol=1e-7
    )


def test_circles_of_units_are_round_in_metres_where_cells_are_oblong():
    grid = GeoBox.from_bbox((0, 0, 1800, 700), crs=made.CRS, shape=(14, 18))
    wide = grid.pad(6, 12)
    rng = np.random.default_rng(9)
    boxes = [shapely.box(x, y, x + 250, y + 250) for x, y in rng.uniform(-400, 1900, (90, 2))]
    source = frame(*boxes, unit=list(rng.choice(list("abcde"), 90)))
    expected = counted(values(category(source, grid=wide, column="unit")), (50, 100), 500, "number")
    found = values(unit_diversity(source, grid=grid, radius=500, index="number", column="unit"))
    np.testing.assert_array_equal(found, expected[12:-12, 6:-6])


def test_diversity_of_one_unit_is_one_or_nothing_and_says_what_it_is():
    grid = small_grid(4, 6)
    source = frame(shapely.box(*corner(-900, 900), *corner(900, -900)), unit=["schist"])
    one = unit_diversity(source, grid=grid, radius=200, index="number", column="unit")
    none = unit_diversity(source, grid=grid, radius=200, index="shannon", column="unit")
    assert lazy.is_lazy(one)
    assert (values(one) == 1).all()
    assert (values(none) == 0).all()
    assert one.attrs == {"long_name": "number of classes within 200 m", "units": "1"}
    assert none.attrs == {"long_name": "Shannon index of classes within 200 m", "units": "1"}
    contract.check_layer(one, grid, "diversity")


def test_diversity_of_what_has_no_classes_is_refused():
    grid = small_grid(3, 3)
    height = made.layer(np.ones((3, 3)), grid, long_name="height")
    with pytest.raises(ContractError, match="unit_diversity needs classes, and 'height' holds"):
        unit_diversity(height, grid=grid, radius=200, index="number")
    square = frame(shapely.box(*corner(0, 100), *corner(100, 0)), unit=["a"])
    with pytest.raises(DataError, match=r"unit_diversity from a vector layer needs .* 'column'"):
        unit_diversity(square, grid=grid, radius=200, index="number")
    with pytest.raises(ContractError, match="is in EPSG:32649 and the grid in EPSG:32648"):
        unit_diversity(
            square.set_crs("EPSG:32649", allow_override=True),
            grid=grid, radius=200, index="number", column="unit",
        )  # fmt: skip
    with pytest.raises(ValueError, match="radius is 50 m and reaches no neighbour"):
        unit_diversity(square, grid=grid, radius=50, index="number", column="unit")
