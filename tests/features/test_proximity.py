import itertools
import logging

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.proximity import class_distance, distance_to
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

HALF_DIAGONAL = 50 * 2**0.5 + 0.01
caps = st.sampled_from([10.0, 100.0, 350.0, 1234.5, 9000.0])
sides = st.sampled_from([3, 7, 10, 16, 23, 40])


@given(made.shapes, caps, sides)
@settings(max_examples=50)
def test_true_to_half_a_cell_diagonal_of_the_exact_distance(shapes, cap, side):
    grid = small_grid()
    with made.chunks_of(side):
        found = values(distance_to(frame(*shapes), grid=grid, max_distance=cap))
    exact = shapely.distance(shapely.GeometryCollection(shapes), made.centres(grid))
    assert np.abs(found - np.minimum(exact, cap)).max() <= HALF_DIAGONAL


@given(made.shapes, caps, sides)
@settings(max_examples=25)
def test_chunking_changes_nothing(shapes, cap, side):
    source, grid = frame(*shapes), small_grid()
    whole = values(distance_to(source, grid=grid, max_distance=cap))
    with made.chunks_of(side):
        assert np.array_equal(whole, values(distance_to(source, grid=grid, max_distance=cap)))


def test_oblong_cells_are_measured_as_they_are():
    grid = contract.GeoBox.from_bbox(
        (500_000, 3_000_000, 502_000, 3_003_000), crs=made.CRS, resolution=None, shape=(20, 40)
    )
    fault = shapely.LineString([(500_200, 3_000_400), (501_700, 3_002_100)])
    found = values(distance_to(frame(fault), grid=grid, max_distance=1500.0))
    exact = np.minimum(shapely.distance(fault, made.centres(grid)), 1500.0)
    assert np.abs(found - exact).max() <= np.hypot(150, 50) / 2 + 0.01


def test_north_is_up():
    grid = small_grid(4, 6)
    upper_left = shapely.Point(corner(150, 50))  # first row, second column
    found = values(distance_to(frame(upper_left), grid=grid, max_distance=1000.0))
    np.testing.assert_allclose(found[0], [100, 0, 100, 200, 300, 400])
    np.testing.assert_allclose(found[:, 1], [0, 100, 200, 300])


def test_features_beyond_the_edge_count():
    grid = small_grid(4, 6)
    found = values(
        distance_to(frame(shapely.Point(corner(850, 50))), grid=grid, max_distance=1000.0)
    )
    np.testing.assert_allclose(found[0], [800, 700, 600, 500, 400, 300])


def test_windows_without_features_get_the_cap():
    grid = small_grid()
    with made.chunks_of(5):
        found = distance_to(frame(shapely.Point(corner(50, 50))), grid=grid, max_distance=200.0)
    assert (values(found)[10:, 10:] == 200).all()


def test_inside_a_polygon_it_is_zero_and_in_its_hole_it_is_not():
    ring = shapely.box(*corner(200, 1800), *corner(2800, 200)).difference(
        shapely.box(*corner(800, 1300), *corner(1800, 800))
    )
    found = values(distance_to(frame(ring), grid=small_grid(), max_distance=900.0))
    assert found[5, 4] == 0
    assert found[10, 12] > 100


def test_the_way_that_rings_run_changes_nothing():
    square = np.array([corner(*p) for p in ((500, 500), (500, 1500), (1500, 1500), (1500, 500))])
    inner = np.array([corner(*p) for p in ((800, 800), (800, 1200), (1200, 1200), (1200, 800))])
    beside = np.add(square, (600, 0))
    found = [
        values(
            distance_to(
                frame(shapely.Polygon(square[::a], [inner[::b]]), shapely.Polygon(beside[::c])),
                grid=small_grid(),
                max_distance=900.0,
            )
        )
        for a, b, c in itertools.product((1, -1), repeat=3)
    ]
    assert found[0][10, 12] == 0  # where both overlap
    assert found[0][9, 9] > 0  # in the hole
    assert all(np.array_equal(found[0], other) for other in found[1:])


@given(st.integers(-30, 30), st.integers(-30, 30))
@settings(max_examples=20)
def test_moving_the_map_by_whole_cells_moves_the_layer(east, north):
    fault = shapely.LineString([corner(130, 220), corner(1710, 1430), corner(900, 2300)])
    shift = (100.0 * east, 100.0 * north)
    grid = small_grid()
    moved_grid = contract.GeoBox(
        grid.shape, grid.affine.translation(*shift) * grid.affine, made.CRS
    )
    moved = shapely.affinity.translate(fault, *shift)
    assert np.array_equal(
        values(distance_to(frame(fault), grid=grid, max_distance=800.0)),
        values(distance_to(frame(moved), grid=moved_grid, max_distance=800.0)),
    )


@given(made.shapes, st.randoms())
@settings(max_examples=20)
def test_the_order_of_features_changes_nothing(shapes, random):
    mixed = random.sample(shapes, len(shapes))
    one, other = (
        values(distance_to(frame(*some), grid=small_grid(), max_distance=700.0))
        for some in (shapes, mixed)
    )
    assert np.array_equal(one, other)


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = distance_to(frame(shapely.Point(corner(5, 5))), grid=grid, max_distance=500.0)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "distance to nearest feature", "units": "m"}
    contract.check_layer(found, grid, "fault_distance")


def test_nothing_is_computed_until_asked(monkeypatch):
    monkeypatch.setattr("geoprospect.kernels.distance.capped_distance", lambda *a: 1 / 0)
    distance_to(frame(shapely.Point(corner(5, 5))), grid=small_grid(), max_distance=500.0)


def test_multi_part_features_and_rows_without_geometry(caplog):
    points = [shapely.Point(corner(50, 50)), shapely.Point(corner(1050, 750))]
    many = frame(shapely.MultiPoint(points), None, shapely.Point())
    found = distance_to(many, grid=small_grid(), max_distance=300.0)
    single = distance_to(frame(*points), grid=small_grid(), max_distance=300.0)
    assert np.array_equal(values(found), values(single))
    assert "2 features without a geometry were left out" in caplog.text


def test_the_wrong_crs_is_refused_with_both_and_the_remedy():
    source = frame(shapely.Point(100, 30), crs="EPSG:4326")
    with pytest.raises(ContractError, match=r"EPSG:4326.*EPSG:32648.*grid\.project"):
        distance_to(source, grid=small_grid(), max_distance=500.0)


@pytest.mark.parametrize("cap", [0.0, -1.0, float("inf"), float("nan")])
def test_a_cap_that_is_no_distance_is_refused(cap):
    with pytest.raises(ValueError, match=r"max_distance must be positive and finite, got .* m"):
        distance_to(frame(shapely.Point(corner(0, 0))), grid=small_grid(), max_distance=cap)


@pytest.mark.parametrize("source", [frame(), frame(None), frame(shapely.LineString())])
def test_no_feature_at_all_is_an_error(source):
    with pytest.raises(DataError, match="no features with a geometry"):
        distance_to(source, grid=small_grid(), max_distance=500.0)


def test_features_all_out_of_reach_are_told_of(caplog):
    far = frame(shapely.Point(corner(-5000, 100)))
    found = distance_to(far, grid=small_grid(), max_distance=500.0)
    assert (values(found) == 500).all()
    assert "none of the 1 features lies within 500 m of the grid" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


# --- class_distance ---------------------------------------------------------------------


def units_map() -> gpd.GeoDataFrame:
    """Three strips: granite, schist, granite again; and limestone below, in two polygons."""
    strips = [shapely.box(*corner(1000 * i, 1000), *corner(1000 * i + 1000, 0)) for i in range(3)]
    floor = [shapely.box(*corner(1500 * i, 2000), *corner(1500 * i + 1500, 1000)) for i in range(2)]
    names = ["granite", "schist", " granite ", "limestone", "limestone"]
    return frame(*strips, *floor, unit=names)


def test_distance_to_the_area_of_a_class():
    found = values(
        class_distance(
            units_map(),
            grid=small_grid(20, 30),
            classes=["schist"],
            column="unit",
            max_distance=5000.0,
        )
    )
    exact = shapely.distance(
        shapely.box(*corner(1000, 1000), *corner(2000, 0)), made.centres(small_grid(20, 30))
    )
    assert np.abs(found - exact).max() <= HALF_DIAGONAL
    assert (found[:10, 10:20] == 0).all()


def test_distance_to_the_edge_of_a_class_from_both_sides():
    grid = small_grid(20, 30)
    found = values(
        class_distance(
            units_map(),
            grid=grid,
            classes=["limestone"],
            column="unit",
            max_distance=5000.0,
            to="boundary",
        )
    )
    edge = shapely.box(*corner(0, 2000), *corner(3000, 1000)).boundary
    assert np.abs(found - shapely.distance(edge, made.centres(grid))).max() <= HALF_DIAGONAL
    assert found[14, 14] == 400  # on the contact between the two limestones, which is no edge


def test_contacts_between_the_classes_asked_for_are_no_edge():
    found = values(
        class_distance(
            units_map(),
            grid=small_grid(20, 30),
            classes=["granite", "schist"],
            column="unit",
            max_distance=5000.0,
            to="boundary",
        )
    )
    assert found[4, 10] >= 300  # beside the contact of granite and schist, amid both


rasters = st.integers(0, 10_000).map(
    lambda seed: np.where(
        np.random.default_rng(seed).random((12, 15)) < 0.1,
        np.nan,
        np.random.default_rng(seed + 1).integers(1, 4, (12, 15)),
    )
)
MEANINGS = {1: "granite", 2: "片岩", 3: "limestone"}


def class_layer(codes):
    return made.layer(codes, small_grid(*codes.shape), units="1", meanings=MEANINGS)


@given(rasters, caps, sides)
@settings(max_examples=25)
def test_from_a_layer_the_area_is_its_cells(codes, cap, side):
    grid = small_grid(*codes.shape)
    with made.chunks_of(side):
        layer = lazy.chunked(class_layer(codes))
        found = class_distance(layer, grid=grid, classes=["片岩", 3], max_distance=cap)
    middle = made.centres(grid)
    exact = shapely.distance(shapely.MultiPoint(middle[np.isin(codes, [2, 3])]), middle)
    expected = np.where(np.isnan(codes), np.nan, np.minimum(exact, cap))
    np.testing.assert_allclose(values(found), expected, rtol=1e-6)


@given(rasters, caps, sides)
@settings(max_examples=25)
def test_from_a_layer_the_edge_is_between_known_cells(codes, cap, side):
    grid, inside, known = small_grid(*codes.shape), codes == 1, ~np.isnan(codes)
    with made.chunks_of(side):
        layer = lazy.chunked(class_layer(codes))
        found = values(
            class_distance(layer, grid=grid, classes=[1], max_distance=cap, to="boundary")
        )
    faces = []
    for i, j in np.argwhere(known):
        for di, dj in ((0, 1), (1, 0)):
            n, m = i + di, j + dj
            if n < 12 and m < 15 and known[n, m] and inside[i, j] != inside[n, m]:
                ends = ((100 * m, 100 * n), (100 * (m + di), 100 * (n + dj)))
                faces.append(shapely.LineString([corner(*end) for end in ends]))
    exact = np.minimum(shapely.distance(shapely.GeometryCollection(faces), made.centres(grid)), cap)
    exact = np.where(np.isnan(exact), cap, exact)  # no edge at all
    assert np.array_equal(np.isnan(found), ~known)
    assert np.nanmax(np.abs(found - exact)) <= HALF_DIAGONAL


def test_a_cap_wider_than_the_layer_is_no_trouble():
    codes = np.full((3, 4), 2.0)
    codes[0, 0] = 1
    found = class_distance(
        class_layer(codes), grid=small_grid(3, 4), classes=[1], max_distance=90_000.0
    )
    assert values(found)[2, 3] == pytest.approx(np.hypot(200, 300))


def test_class_distance_is_lazy_and_says_what_it_is():
    grid = small_grid(20, 30)
    found = class_distance(
        units_map(), grid=grid, classes=["schist"], column="unit", max_distance=800.0, to="boundary"
    )
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "distance to the edge of schist", "units": "m"}
    layer = class_distance(
        class_layer(np.ones((20, 30))), grid=grid, classes=["片岩"], max_distance=800.0
    )
    assert lazy.is_lazy(layer)
    assert layer.attrs == {"long_name": "distance to 片岩", "units": "m"}
    contract.check_layer(layer, grid, "schist_distance")


def test_self_crossing_polygons_are_repaired_and_said(caplog):
    bow = shapely.Polygon(
        [corner(*p) for p in ((100, 100), (1900, 1900), (1900, 100), (100, 1900))]
    )
    found = class_distance(
        frame(bow, unit=["tuff"]),
        grid=small_grid(20, 20),
        classes=["tuff"],
        column="unit",
        max_distance=500.0,
        to="boundary",
    )
    assert values(found)[9, 2] < 300
    assert "1 self-crossing polygons were repaired" in caplog.text


def call(source, **more):
    more = {"classes": ["schist"], "column": "unit", "max_distance": 500.0} | more
    return class_distance(source, grid=small_grid(20, 30), **more)


def test_a_misspelt_class_is_answered_with_the_nearest():
    with pytest.raises(DataError, match="'unit' has no class 'schsit'; did you mean 'schist'"):
        call(units_map(), classes=["schsit"])
    layer = class_layer(np.ones((20, 30)))
    with pytest.raises(DataError, match="no class 'granit'; did you mean 'granite'"):
        call(layer, classes=["granit"], column=None)
    with pytest.raises(DataError, match="no class 9; known: granite, limestone, 片岩"):
        call(layer, classes=[9], column=None)


def test_a_missing_or_misspelt_column_is_answered():
    with pytest.raises(DataError, match="no column 'unti'; did you mean 'unit'"):
        call(units_map(), column="unti")
    with pytest.raises(DataError, match="needs the setting 'column'; known: unit"):
        call(units_map(), column=None)


def test_a_layer_without_classes_is_refused():
    plain = made.layer(np.ones((20, 30)), small_grid(20, 30), long_name="elevation")
    with pytest.raises(ContractError, match="'elevation' holds measured values; state kind"):
        call(plain, column=None)


def test_no_class_is_refused():
    with pytest.raises(ValueError, match="classes names none"):
        call(units_map(), classes=[])


def test_classes_drawn_as_lines_are_refused():
    line = frame(shapely.LineString([corner(0, 0), corner(100, 100)]), unit=["schist"])
    with pytest.raises(DataError, match="made from polygons, and this vector layer holds Line"):
        call(line)


def test_a_distance_is_called_by_what_it_is_to():
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    units = frame(shapely.box(0, 0, 100, 100))
    units.attrs["long_name"] = "断层"
    assert distance_to(units, grid=grid, max_distance=100).attrs["long_name"] == "distance to 断层"
