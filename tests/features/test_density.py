import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.density import kernel_density, line_density, point_density
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

radii = st.sampled_from([60.0, 250.0, 777.7])
many_lines = st.lists(made.lines, min_size=1, max_size=4)
many_points = st.lists(made.points, min_size=1, max_size=15)


@given(many_lines, radii, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=25)
def test_line_density_is_that_of_lines_clipped_by_shapelys_circles(lines, radius, side):
    grid = small_grid(9, 11)
    with made.chunks_of(side):
        found = values(line_density(frame(*lines), grid=grid, radius=radius))
    circles = shapely.buffer(made.centres(grid), radius, quad_segs=256)
    length = sum(shapely.length(shapely.intersection(line, circles)) for line in lines)
    expected = (length / 1000) / (np.pi * (radius / 1000) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.01 / (radius / 1000))


@given(many_lines, radii, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=25)
def test_chunking_changes_not_a_bit_of_line_density(lines, radius, side):
    whole = values(line_density(frame(*lines), grid=small_grid(), radius=radius))
    with made.chunks_of(side):
        cut = values(line_density(frame(*lines), grid=small_grid(), radius=radius))
    assert np.array_equal(whole, cut)


@given(many_points, radii, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=40)
def test_point_density_is_a_count_over_the_circles_area(points, radius, side):
    grid = small_grid()
    with made.chunks_of(side):
        found = values(point_density(frame(*points), grid=grid, radius=radius))
    middle = shapely.get_coordinates(made.centres(grid).ravel())
    tree = cKDTree(shapely.get_coordinates(points))
    few, many = (
        tree.query_ball_point(middle, radius + slack, return_length=True).reshape(grid.shape)
        for slack in (-1e-6, 1e-6)
    )
    count = found * np.pi * (radius / 1000) ** 2
    assert (count > few - 1e-3).all()
    assert (count < many + 1e-3).all()


@given(many_points, radii, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=20)
def test_chunking_changes_nothing_of_point_density(points, radius, side):
    whole = values(point_density(frame(*points), grid=small_grid(), radius=radius))
    with made.chunks_of(side):
        cut = values(point_density(frame(*points), grid=small_grid(), radius=radius))
    assert np.array_equal(whole, cut)


def test_a_line_across_the_grid_by_hand():
    road = frame(shapely.LineString([corner(-9000, 250), corner(9000, 250)]))
    found = values(line_density(road, grid=small_grid(6, 7), radius=500.0))
    assert found[2, 3] == pytest.approx(1.0 / (np.pi * 0.25))  # a diameter of 1 km
    assert found[5, 3] == pytest.approx(0.8 / (np.pi * 0.25))  # a chord 300 m off the centre


def test_features_beyond_the_edge_count_and_north_is_up():
    grid = small_grid(6, 7)
    above = frame(shapely.LineString([corner(-9000, -150), corner(9000, -150)]))
    found = values(line_density(above, grid=grid, radius=250.0))
    assert (found[0] > 0).all()
    assert not found[1:].any()
    found = values(point_density(frame(shapely.Point(corner(50, -150))), grid=grid, radius=250.0))
    assert np.argwhere(found).tolist() == [[0, 0], [0, 1]]


def test_features_over_each_other_count_twice():
    line, point = shapely.LineString([corner(0, 0), corner(900, 700)]), shapely.Point(corner(5, 5))
    for density, shape in ((line_density, line), (point_density, point)):
        once, twice = (
            values(density(frame(*[shape] * n), grid=small_grid(9, 9), radius=300.0))
            for n in (1, 2)
        )
        np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)


def test_a_line_cut_in_two_has_the_same_density():
    a, b, c = corner(110, 90), corner(530, 410), corner(950, 730)  # in line
    whole, cut = (
        values(line_density(source, grid=small_grid(9, 12), radius=300.0))
        for source in (
            frame(shapely.LineString([a, c])),
            frame(shapely.MultiLineString([[b, c], [a, b]])),
        )
    )
    np.testing.assert_allclose(whole, cut, rtol=1e-5, atol=1e-6)


@given(many_lines, st.randoms())
@settings(max_examples=10)
def test_the_order_of_features_changes_nothing(lines, random):
    mixed = random.sample(lines, len(lines))
    one, other = (
        values(line_density(frame(*some), grid=small_grid(9, 9), radius=400.0))
        for some in (lines, mixed)
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize(
    ("density", "shape", "units", "long_name"),
    [
        (
            line_density,
            shapely.LineString([corner(0, 0), corner(1, 1)]),
            "km km-2",
            "density of lines within 500 m",
        ),
        (point_density, shapely.Point(corner(0, 0)), "km-2", "density of points within 500 m"),
    ],
)
def test_lazy_on_the_grid_and_says_what_it_is(density, shape, units, long_name):
    grid = small_grid()
    found = density(frame(shape), grid=grid, radius=500.0)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": long_name, "units": units}
    contract.check_layer(found, grid, "density")
    with pytest.raises(ValueError, match="radius must be positive and finite, got 0 m"):
        density(frame(shape), grid=grid, radius=0.0)
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        density(frame(shape, crs="EPSG:4326"), grid=grid, radius=500.0)
    with pytest.raises(DataError, match="no features with a geometry"):
        density(frame(), grid=grid, radius=500.0)


def test_each_density_refuses_the_others_features():
    polygon = frame(shapely.box(*corner(0, 100), *corner(100, 0)))
    with pytest.raises(DataError, match=r"line_density is made from lines, and .* holds Polygon"):
        line_density(polygon, grid=small_grid(), radius=500.0)
    with pytest.raises(DataError, match=r"point_density is made from points, and .* holds Polygon"):
        point_density(polygon, grid=small_grid(), radius=500.0)


# --- kernel -------------------------------------------------------------------------------


@given(many_points, radii, st.sampled_from([3, 7, 16, 40]))
@settings(max_examples=25)
def test_kernel_density_is_silvermans_sum_in_any_chunks(points, bandwidth, side):
    grid = small_grid()
    whole = values(kernel_density(frame(*points), grid=grid, bandwidth=bandwidth))
    with made.chunks_of(side):
        cut = values(kernel_density(frame(*points), grid=grid, bandwidth=bandwidth))
    assert np.array_equal(whole, cut)
    apart = shapely.distance(made.centres(grid)[..., None], np.array(points)) / 1000
    share = 1 - (apart / (bandwidth / 1000)) ** 2
    kernel = 3 / (np.pi * (bandwidth / 1000) ** 2) * np.where(share > 0, share, 0) ** 2
    np.testing.assert_allclose(whole, kernel.sum(axis=-1), rtol=1e-5, atol=1e-6)


def test_over_the_ground_a_point_adds_up_to_one():
    grid = small_grid(60, 60)
    point = frame(shapely.Point(corner(3017, 2991)))
    found = values(kernel_density(point, grid=grid, bandwidth=1500.0))
    assert found.sum() * 0.01 == pytest.approx(1, rel=1e-3)  # cells of a hundredth of a km2


def test_kernel_density_counts_points_beyond_the_edge_and_says_what_it_is():
    grid = small_grid(6, 7)
    beyond = frame(shapely.Point(corner(50, -150)))
    found = kernel_density(beyond, grid=grid, bandwidth=300.0)
    assert lazy.is_lazy(found)
    assert values(found)[0, 0] == pytest.approx(3 / (np.pi * 0.09) * (1 - 4 / 9) ** 2)
    assert found.attrs == {"long_name": "kernel density of points, 300 m", "units": "km-2"}
    contract.check_layer(found, grid, "kernel")
    with pytest.raises(ValueError, match="bandwidth must be positive and finite, got 0 m"):
        kernel_density(beyond, grid=grid, bandwidth=0.0)
    line = shapely.LineString([corner(0, 0), corner(9, 9)])
    with pytest.raises(DataError, match=r"kernel_density is made from points, and .* holds Line"):
        kernel_density(frame(line), grid=grid, bandwidth=300.0)
