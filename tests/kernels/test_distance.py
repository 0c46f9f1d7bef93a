import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels.distance import area_edge, capped_distance, filled, touched

ALL = (0, 0, 7, 9)


def between(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers that fall on no border, and are not so small that arithmetic itself gives up."""
    return st.integers(int(low * 997), int(high * 997)).map(lambda n: n / 997)


halves = st.integers(-6, 24).map(lambda n: n / 2)
whole_or_any = st.one_of(halves, between(-3, 12))
edge = st.tuples(whole_or_any, whole_or_any, whole_or_any, whole_or_any)
edges = st.lists(edge, min_size=1, max_size=5).map(np.array)


def ring_edges(*polygons: shapely.Polygon) -> np.ndarray:
    """Edges (row, column, row, column), outer rings counter-clockwise and holes clockwise."""
    found = []
    for polygon in polygons:
        turned = shapely.geometry.polygon.orient(polygon)
        for ring in (turned.exterior, *turned.interiors):
            xy = np.array(ring.coords)
            found.append(np.hstack([xy[:-1, ::-1], xy[1:, ::-1]]))
    return np.concatenate(found)


def cells(window: tuple[int, int, int, int], grow: float) -> np.ndarray:
    """The squares of a window's cells, grown a little all around, as an array of its shape."""
    top, left, height, width = window
    rows, columns = np.mgrid[top : top + height, left : left + width]
    return shapely.box(columns - grow, rows - grow, columns + 1 + grow, rows + 1 + grow)


def test_a_diagonal_touches_the_cells_it_runs_through():
    line = np.array([[0.5, 0.5, 2.5, 4.5]])  # down 2, right 4
    assert touched(line, (0, 0, 3, 6)).astype(int).tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 0],
    ]


def test_a_level_and_an_upright_line_and_a_point():
    level, upright, point = (1.5, 0.5, 1.5, 2.5), (2.2, 4.0, 0.2, 4.0), (2.9, 0.1, 2.9, 0.1)
    assert touched(np.array([level, upright, point]), (0, 0, 3, 5)).astype(int).tolist() == [
        [0, 0, 0, 0, 1],
        [1, 1, 1, 0, 1],
        [1, 0, 0, 0, 1],
    ]


@given(edges)
def test_touched_cells_are_those_that_shapely_says(lines):
    mask = touched(lines, ALL)
    geometry = shapely.multilinestrings(
        shapely.linestrings(lines[:, [1, 0, 3, 2]].reshape(-1, 2, 2))
    )
    assert not (mask & ~shapely.intersects(geometry, cells(ALL, 1e-9))).any()
    inner = shapely.intersects(geometry, cells(ALL, -1e-9))
    assert not (inner & ~mask).any()


@given(edges, st.integers(-2, 5), st.integers(-2, 7))
def test_a_window_changes_nothing_of_what_is_touched(lines, top, left):
    whole = touched(lines, (-3, -3, 14, 16))
    part = touched(lines, (top, left, 3, 4))
    assert np.array_equal(part, whole[top + 3 : top + 6, left + 3 : left + 7])


rectangles = st.tuples(halves, halves, st.integers(1, 9), st.integers(1, 9)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2] / 2, b[1] + b[3] / 2)
)
any_polygon = st.one_of(
    rectangles,
    st.tuples(between(0, 9), between(0, 7), between(0.5, 3)).map(
        lambda c: (
            shapely.Point(c[:2]).buffer(c[2]).difference(shapely.Point(c[:2]).buffer(c[2] / 2))
        )
    ),
)


@given(st.lists(any_polygon, min_size=1, max_size=4))
def test_filled_cells_are_those_whose_centre_lies_in_the_union(polygons):
    mask = filled(ring_edges(*polygons), ALL)
    rows, columns = np.mgrid[: ALL[2], : ALL[3]] + 0.5
    middle = shapely.points(columns, rows)
    union = shapely.union_all(polygons)
    away = shapely.distance(shapely.union_all([p.boundary for p in polygons]), middle) > 1e-9
    assert np.array_equal(mask[away], shapely.contains(union, middle)[away])


@given(st.lists(any_polygon, min_size=1, max_size=3), st.integers(-2, 5), st.integers(-2, 7))
def test_a_window_changes_nothing_of_what_is_filled(polygons, top, left):
    rings = ring_edges(*polygons)
    whole = filled(rings, (-3, -3, 14, 16))
    part = filled(rings, (top, left, 3, 4))
    assert np.array_equal(part, whole[top + 3 : top + 6, left + 3 : left + 7])


def test_polygons_side_by_side_share_no_cell_and_leave_none():
    left, right = shapely.box(0, 0, 2.5, 3), shapely.box(2.5, 0, 5, 3)  # the border on centres
    one, other = (filled(ring_edges(p), (0, 0, 3, 5)).astype(int) for p in (left, right))
    assert (one + other == 1).all()


def test_nothing_to_burn_is_nothing():
    none = np.empty((0, 4))
    assert not touched(none, ALL).any()
    assert not filled(none, ALL).any()


@pytest.mark.parametrize("cell", [(100.0, 100.0), (30.0, 50.0)])
def test_distance_is_that_of_every_pair_of_cells(cell):
    mask = np.random.default_rng(4).random((11, 14)) < 0.05
    rows, columns = np.mgrid[:11, :14]
    there = np.argwhere(mask)
    away = np.hypot(
        (rows[..., None] - there[:, 0]) * cell[0], (columns[..., None] - there[:, 1]) * cell[1]
    ).min(axis=-1)
    found = capped_distance(mask, cell, 250.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.minimum(away, 250.0), rtol=1e-6)


def test_without_anything_near_the_distance_is_the_cap():
    assert (capped_distance(np.zeros((2, 3), bool), (10.0, 10.0), 70.0) == 70).all()


def test_both_sides_of_an_edge_are_marked_and_the_unknown_makes_none():
    inside = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]], bool)
    known = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 1]], bool)
    assert area_edge(inside, known).astype(int).tolist() == [
        [0, 1, 1, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
    ]
