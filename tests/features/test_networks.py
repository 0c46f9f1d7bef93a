import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.networks import bend_density, bends, crossings, intersection_density
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

sides = st.sampled_from([3, 7, 16, 40])


def line(*places):
    return shapely.LineString([corner(*place) for place in places])


def at(*places):
    return sorted(corner(*place) for place in places)


def found_at(places):
    return sorted(map(tuple, places.tolist()))


def array(*lines):
    return np.array(lines, dtype=object)


def test_a_crossing_a_junction_and_a_fork_are_each_one_place():
    cross = array(line((0, 0), (200, 200)), line((0, 200), (200, 0)))
    assert found_at(crossings(cross)) == at((100, 100))
    junction = array(line((0, 0), (200, 0)), line((100, 0), (100, 300)))
    assert found_at(crossings(junction)) == at((100, 0))
    fork = array(line((0, 0), (9, 9)), line((9, 9), (20, 9)), line((9, 9), (9, 20)))
    assert found_at(crossings(fork)) == at((9, 9))
    star = array(line((0, 50), (100, 50)), line((50, 0), (50, 100)), line((0, 0), (100, 100)))
    assert found_at(crossings(star)) == at((50, 50))


def test_joints_of_a_line_in_pieces_and_near_misses_are_no_crossings():
    pieces = array(line((0, 0), (100, 0)), line((200, 50), (100, 0)), line((200, 50), (300, 90)))
    assert len(crossings(pieces)) == 0
    short = array(line((0, 0), (200, 0)), line((100, 1), (100, 300)))
    assert len(crossings(short)) == 0


def test_a_line_that_crosses_itself_counts_and_one_drawn_twice_does_not():
    loop = line((0, 0), (200, 200), (200, 0), (0, 200))
    assert found_at(crossings(array(loop))) == at((100, 100))
    one = line((0, 0), (200, 200))
    assert len(crossings(array(one, one))) == 0


def tangle(seed):
    """Straight lines in general position: no ends shared, no three through a place."""
    ends = np.random.default_rng(seed).uniform(corner(-800, 3100), corner(3900, -800), (7, 2, 2))
    return list(shapely.linestrings(ends))


@given(st.integers(0, 9999).map(tangle), st.sampled_from([250.0, 700.0]), sides)
@settings(max_examples=8)
def test_density_is_the_count_of_pairwise_intersections_in_any_chunks(lines, radius, side):
    grid = small_grid()
    source = frame(*lines)
    whole = values(intersection_density(source, grid=grid, radius=radius))
    with made.chunks_of(side):
        cut = values(intersection_density(source, grid=grid, radius=radius))
    assert np.array_equal(whole, cut)
    places = [one.intersection(other) for one, other in itertools.combinations(lines, 2)]
    places = [place for place in places if place.geom_type == "Point" and not place.is_empty]
    if not places:
        assert not whole.any()
        return
    apart = shapely.distance(made.centres(grid)[..., None], np.array(places))
    sure = np.abs(apart - radius).min(axis=-1) > 1e-3
    counts = (apart <= radius).sum(axis=-1) / (np.pi * (radius / 1000) ** 2)
    np.testing.assert_allclose(whole[sure], counts[sure], rtol=1e-5)


def test_bends_are_turns_of_the_straightened_line():
    jog = array(line((0, 0), (500, 0), (600, 100), (1100, 100)))
    assert found_at(bends(jog, 5.0, 40.0)) == at((500, 0), (600, 100))
    assert len(bends(jog, 5.0, 50.0)) == 0
    assert len(bends(jog, 200.0, 5.0)) == 0  # within the error of the map


def test_a_bend_is_found_however_many_vertices_draw_it_and_wobble_is_none():
    east = np.linspace(0, 1000, 101)
    wobble = np.random.default_rng(3).uniform(-3, 3, 101)
    bent = np.maximum(east - 500, 0)  # 45 degrees in the middle
    places = list(zip(east, bent + wobble, strict=True))
    found = bends(array(line(*places)), 15.0, 20.0)
    assert len(found) == 1
    assert np.hypot(*(found[0] - corner(500, 0))) < 40


def test_bends_at_the_joint_of_a_line_in_pieces_count():
    pieces = array(line((0, 0), (500, 0)), line((500, 500), (500, 0)))
    assert found_at(bends(pieces, 5.0, 80.0)) == at((500, 0))
    apart = array(line((0, 0), (500, 0)), line((510, 500), (510, 0)))
    assert len(bends(apart, 5.0, 10.0)) == 0


def test_a_hairpin_turns_by_nearly_180_and_either_way_counts():
    for sign in (1, -1):
        hairpin = array(line((0, 0), (500, 0), (0, sign * 40)))
        assert len(bends(hairpin, 5.0, 170.0)) == 1


@given(st.lists(made.lines, min_size=1, max_size=4), sides)
@settings(max_examples=8)
def test_chunking_changes_nothing_of_bends_and_each_is_counted(lines, side):
    grid, more = small_grid(), {"radius": 500.0, "tolerance": 20.0, "turn": 25.0}
    whole = values(bend_density(frame(*lines), grid=grid, **more))
    with made.chunks_of(side):
        assert np.array_equal(whole, values(bend_density(frame(*lines), grid=grid, **more)))
    places = bends(np.array(lines, dtype=object), 20.0, 25.0)
    apart = shapely.distance(made.centres(grid)[..., None], shapely.points(places))
    sure = (np.abs(apart - 500) > 1e-3).all(axis=-1)
    counts = (apart <= 500).sum(axis=-1) / (np.pi * 0.25)
    np.testing.assert_allclose(whole[sure], counts[sure], rtol=1e-5)


def test_what_lies_beyond_the_edge_counts_and_north_is_up():
    grid = small_grid(6, 7)
    cross = frame(line((-50, -150), (150, -150)), line((50, -250), (50, -50)))
    found = values(intersection_density(cross, grid=grid, radius=250.0))
    assert np.argwhere(found).tolist() == [[0, 0], [0, 1]]
    bend = frame(line((-500, -150), (50, -150), (50, -900)))
    found = values(bend_density(bend, grid=grid, radius=250.0, tolerance=5.0, turn=80.0))
    assert np.argwhere(found).tolist() == [[0, 0], [0, 1]]


def test_lazy_on_the_grid_and_says_what_it_is(caplog):
    grid, source = small_grid(), frame(line((0, 0), (500, 0), (500, 500)))
    with caplog.at_level("INFO"):
        cross = intersection_density(source, grid=grid, radius=500.0)
        bend = bend_density(source, grid=grid, radius=500.0, tolerance=10.0, turn=30.0)
    assert "1 lines cross or fork at 0 places" in caplog.text
    assert "1 lines have 1 bends" in caplog.text
    told = "density of bends of 30 degrees and more in lines within 500 m"
    assert bend.attrs == {"long_name": told, "units": "km-2"}
    told = "density of crossings of lines within 500 m"
    assert cross.attrs == {"long_name": told, "units": "km-2"}
    for layer in (cross, bend):
        assert lazy.is_lazy(layer)
        contract.check_layer(layer, grid, "network")


def test_what_cannot_cross_or_bend_is_refused():
    grid, point = small_grid(), frame(shapely.Point(corner(0, 0)))
    more = {"radius": 500.0, "tolerance": 10.0, "turn": 30.0}
    with pytest.raises(DataError, match="intersection_density is made from lines"):
        intersection_density(point, grid=grid, radius=500.0)
    with pytest.raises(DataError, match="bend_density is made from lines"):
        bend_density(point, grid=grid, **more)
    road = frame(line((0, 0), (500, 0)))
    with pytest.raises(ValueError, match="radius must be positive and finite, got 0 m"):
        intersection_density(road, grid=grid, radius=0.0)
    with pytest.raises(ValueError, match="tolerance must be positive and finite, got 0 m"):
        bend_density(road, grid=grid, **(more | {"tolerance": 0.0}))
    with pytest.raises(ValueError, match="turn must be between 0 and 180 degrees, got 180"):
        bend_density(road, grid=grid, **(more | {"turn": 180.0}))
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        intersection_density(road.set_crs("EPSG:4326", allow_override=True), grid=grid, radius=9.0)
