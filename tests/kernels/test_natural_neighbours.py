import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import QhullError

from geoprospect.kernels.natural_neighbours import mesh, natural_neighbour

EVERYWHERE = shapely.box(-1e5, -1e5, 1e5, 1e5)


def grounds(places):
    """What lies nearest to each place, as polygons."""
    found = shapely.voronoi_polygons(shapely.multipoints(places), extend_to=EVERYWHERE)
    polygons = np.array(shapely.get_parts(found))
    whose, which = shapely.STRtree(polygons).query(shapely.points(places), predicate="within")
    return polygons[which[np.argsort(whose)]]


def stolen(places, values, cells):
    """Each cell is made a sample, and the ground that it takes from others is measured."""
    before, found = grounds(places), []
    for cell in cells:
        own = grounds(np.vstack([places, cell]))[-1]
        share = shapely.area(shapely.intersection(own, before))
        found.append(share @ values / share.sum())
    return np.array(found)


def inner(places, rng, count=25, rim=3.0):
    """Places inside the hull, a little away from its edge, where ground is endless."""
    cells = rng.uniform(places.min(axis=0), places.max(axis=0), (count, 2))
    hull = shapely.convex_hull(shapely.multipoints(places)).buffer(-rim)
    return cells[shapely.contains_xy(hull, cells)]


def call(places, values, cells, radius=1e9):
    return natural_neighbour(mesh(places), values, cells, radius=radius)


def scattered(seed, count):
    """Samples at random, in clusters, along lines, or on a lattice."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 100, (count, 2))
    if seed % 4 == 1:
        places[1:] = places[:1] + rng.normal(0, 10, (count - 1, 2)) * rng.choice([1, 0.01])
        places[:4] = [[0, 0], [100, 0], [0, 100], [100, 100]]
    elif seed % 4 == 2:
        places[:, 0] = np.round(places[:, 0] / 40) * 40
    elif seed % 4 == 3:
        places = np.unique(np.round(places / 10) * 10, axis=0)
    return places, rng


@given(st.integers(0, 10_000), st.integers(8, 60))
@settings(max_examples=25, deadline=None)
def test_shares_are_those_of_the_ground_that_shapely_measures(seed, count):
    places, rng = scattered(seed, count)
    values, cells = rng.normal(size=(len(places), 2)), inner(places, rng)
    if len(cells):
        found = call(places, values, cells)
        np.testing.assert_allclose(found, stolen(places, values, cells), rtol=1e-6, atol=1e-6)


def test_by_hand():
    """
    Amid a square of side 2 all corners lose alike.

    Half-way to a side the cell's ground is a kite, 7/4 wide and cut at its widest: 7/4 long
    toward that side, 7/12 away from it. So its parts are as 3 to 1.
    """
    places = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    found = call(places, np.eye(4), np.array([[1.0, 1.0], [1.0, 0.5]]))
    np.testing.assert_allclose(found[0], 1 / 4)
    np.testing.assert_allclose(found[1], [3 / 8, 1 / 8, 3 / 8, 1 / 8])


@given(st.integers(0, 10_000), st.integers(5, 300), st.floats(-1e7, 1e7), st.floats(1e-3, 1e3))
@settings(max_examples=50, deadline=None)
def test_a_plane_is_met_exactly_up_to_the_hull(seed, count, shift, scale):
    places, rng = scattered(seed, count)
    places = places * scale + shift
    cells = rng.uniform(places.min(axis=0), places.max(axis=0), (400, 2))
    found = call(places, places, cells)
    inside = ~np.isnan(found[:, 0])
    np.testing.assert_allclose(found[inside], cells[inside], rtol=1e-13, atol=1e-6 * np.ptp(places))


@given(st.integers(0, 10_000), st.integers(5, 40))
@settings(max_examples=25, deadline=None)
def test_known_within_the_convex_hull_and_nowhere_else(seed, count):
    places, rng = scattered(seed, count)
    cells = rng.uniform(-20, 120, (300, 2))
    inside = shapely.contains_xy(shapely.convex_hull(shapely.multipoints(places)), cells)
    np.testing.assert_array_equal(~np.isnan(call(places, places, cells)[:, 0]), inside)


def test_on_the_edge_of_the_hull_it_is_the_line_between_two_samples():
    places = np.array([[0.0, 0.0], [0.0, 10.0], [8.0, 3.0], [3.0, 4.0]])
    cells = np.array([[0.0, 4.0], [1e-9, 4.0], [1e-4, 4.0]])
    found = call(places, np.array([[1.0], [2.0], [50.0], [70.0]]), cells)
    np.testing.assert_allclose(found[:, 0], 1.4, atol=0.01)
    np.testing.assert_allclose(found[:2, 0], 1.4, atol=1e-4)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_sample_keeps_its_value_and_its_surroundings_come_near_it(seed):
    places, rng = scattered(seed, 30)
    values = rng.normal(size=(len(places), 1))
    np.testing.assert_array_equal(call(places, values, places), values)
    middle = places.mean(axis=0)
    beside = places + 1e-9 * (middle - places)
    np.testing.assert_allclose(call(places, values, beside), values, atol=1e-3)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_never_beyond_the_highest_and_the_lowest(seed):
    places, rng = scattered(seed, 30)
    values = rng.normal(size=(len(places), 1))
    found = call(places, values, rng.uniform(0, 100, (200, 2)))
    known = found[~np.isnan(found)]
    assert ((known >= values.min() - 1e-12) & (known <= values.max() + 1e-12)).all()


@given(st.integers(0, 10_000), st.floats(0, 6.28), st.floats(-1e6, 1e6))
@settings(max_examples=20, deadline=None)
def test_turning_moving_and_mixing_change_nothing(seed, angle, shift):
    places, rng = scattered(seed, 40)
    values, cells = rng.normal(size=(len(places), 1)), inner(places, rng)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mixed = rng.permutation(len(places))
    other = call(places[mixed] @ turn + shift, values[mixed], cells @ turn + shift)
    np.testing.assert_allclose(call(places, values, cells), other, atol=1e-5)


def test_each_cell_by_itself_is_as_among_others_to_the_bit():
    places, rng = scattered(0, 200)
    values, cells = rng.normal(size=(200, 1)), rng.uniform(0, 100, (300, 2))
    alone = np.concatenate([call(places, values, cell[None]) for cell in cells])
    np.testing.assert_array_equal(call(places, values, cells), alone)


def test_beyond_the_radius_nothing_is_known():
    places = np.array([[0.0, 0.0], [0.0, 100.0], [100.0, 0.0], [100.0, 100.0]])
    cells = np.array([[30.0, 40.0], [30.0, 40.001]])
    found = call(places, np.ones((4, 1)), cells, radius=50.0)
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found[1, 0])


@pytest.mark.parametrize("apart", [1e-4, 3e-6, 1e-6, 1e-7, 1e-9])
def test_samples_a_hair_apart_in_a_wide_area_all_count(apart):
    """Qhull by itself loses some of them, or takes others for their neighbours."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        places = rng.uniform(0, 1, (50, 2))
        beside = [places[:10] + apart * rng.normal(size=(10, 2)) for _ in range(4)]
        places = np.vstack([places, *beside])
        np.testing.assert_array_equal(call(places, places, places), places)
        cells = inner(places, rng, count=300, rim=0)
        np.testing.assert_allclose(call(places, places, cells), cells, atol=1e-6)


def test_samples_on_a_line_have_no_inside():
    with pytest.raises(QhullError):
        mesh(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))
