import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.orientation import line_orientation, strike_distance
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

sides = st.sampled_from([3, 7, 16, 40])


def line(*places):
    return shapely.LineString([corner(*place) for place in places])


def strikes(source, grid, cap=9000.0):
    found = line_orientation(source, grid=grid, max_distance=cap)
    return values(found["strike_cosine"]), values(found["strike_sine"])


@pytest.mark.parametrize(
    ("end", "cosine", "sine"),
    [((0, -900), 1, 0), ((900, 0), -1, 0), ((900, -900), 0, 1), ((900, 900), 0, -1)],
)
def test_strikes_by_hand_whichever_way_the_line_runs(end, cosine, sine):
    for road in (line((0, 0), end), line(end, (0, 0))):
        found = strikes(frame(road), small_grid(4, 5))
        np.testing.assert_allclose(found[0], cosine, atol=1e-6)
        np.testing.assert_allclose(found[1], sine, atol=1e-6)


def test_at_a_bend_it_is_the_direction_between_both_and_nothing_where_they_cancel():
    grid = small_grid(3, 7)
    bend = frame(line((-900, 450), (450, 450), (1500, 1500)))  # to the east, then south-east
    cosine, sine = strikes(bend, grid)
    assert (cosine[1, 2], sine[1, 2]) == pytest.approx((-1, 0), abs=1e-6)
    assert (cosine[1, 5], sine[1, 5]) == pytest.approx((-(0.5**0.5), -(0.5**0.5)))
    right = frame(line((250, 250), (250, 900)), line((250, 250), (900, 250)))
    cosine, sine = strikes(right, grid)
    assert np.isnan(cosine[0, 0])
    assert np.isnan(sine[0, 0])


@given(st.lists(made.lines, min_size=1, max_size=3), sides, st.sampled_from([400.0, 9000.0]))
@settings(max_examples=12)
def test_it_is_the_strike_of_the_nearest_stretch_in_any_chunks(lines, side, cap):
    grid = small_grid(9, 11)
    whole = strikes(frame(*lines), grid, cap)
    with made.chunks_of(side):
        cut = strikes(frame(*lines), grid, cap)
    np.testing.assert_array_equal(whole, cut)
    pairs = [pair for one in lines for pair in zip(one.coords[:-1], one.coords[1:], strict=True)]
    away = np.stack([shapely.distance(shapely.LineString(p), made.centres(grid)) for p in pairs])
    nearest = away.argmin(axis=0)
    ranked = np.sort(away, axis=0)
    sure = np.abs(ranked[0] - cap) > 1e-6
    assert (np.isnan(whole[0]) == (ranked[0] > cap))[sure & ~np.isnan(whole[0])].all()
    alone = (ranked[1:2] - ranked[:1] > 1e-6).all(axis=0) & (ranked[0] < cap - 1e-6)
    angle = np.array([np.arctan2(b[0] - a[0], b[1] - a[1]) for a, b in pairs])[nearest]
    np.testing.assert_allclose(whole[0][alone], np.cos(2 * angle)[alone], atol=1e-6)
    np.testing.assert_allclose(whole[1][alone], np.sin(2 * angle)[alone], atol=1e-6)


def test_lines_beyond_the_edge_count_and_far_cells_are_unknown():
    cosine, _ = strikes(frame(line((-150, -900), (-150, 9000))), small_grid(3, 6), cap=310.0)
    np.testing.assert_array_equal(cosine, [[1, 1, np.nan, np.nan, np.nan, np.nan]] * 3)


def test_strikes_are_lazy_and_say_what_they_are():
    grid = small_grid()
    found = line_orientation(frame(line((0, 0), (900, 0))), grid=grid, max_distance=900.0)
    assert list(found.data_vars) == ["strike_cosine", "strike_sine"]
    for name, layer in found.items():
        assert lazy.is_lazy(layer)
        contract.check_layer(layer, grid, str(name))
    told = {"long_name": "cosine of twice the strike of nearest line", "units": "1"}
    assert found["strike_cosine"].attrs == told
    with pytest.raises(DataError, match="line_orientation is made from lines"):
        line_orientation(frame(shapely.Point(corner(0, 0))), grid=grid, max_distance=9.0)
    with pytest.raises(ValueError, match="max_distance must be positive and finite, got 0 m"):
        line_orientation(frame(line((0, 0), (9, 9))), grid=grid, max_distance=0.0)


# --- distance along a strike ---------------------------------------------------------------


def along(source, grid, **more):
    more = {"strike": 0.0, "ratio": 1.0, "max_distance": 9000.0} | more
    return values(strike_distance(source, grid=grid, **more))


def test_a_point_by_hand():
    grid, point = small_grid(5, 5), frame(shapely.Point(corner(250, 250)))
    found = along(point, grid, strike=0.0, ratio=4.0)
    np.testing.assert_allclose(found[:, 2], [50, 25, 0, 25, 50])
    np.testing.assert_allclose(found[2], [200, 100, 0, 100, 200])
    turned = along(point, grid, strike=90.0, ratio=4.0)
    np.testing.assert_allclose(turned, found.T, rtol=1e-6)
    north_east = along(point, grid, strike=45.0, ratio=4.0)
    assert north_east[0, 4] == pytest.approx(np.hypot(200, 200) / 4)
    assert north_east[0, 0] == pytest.approx(np.hypot(200, 200))


@given(made.shapes, sides, st.sampled_from([300.0, 5000.0]), st.integers(0, 179))
@settings(max_examples=12)
def test_it_is_the_exact_distance_in_squeezed_space_in_any_chunks(shapes, side, cap, strike):
    grid = small_grid(9, 11)
    more = {"strike": float(strike), "ratio": 3.0, "max_distance": cap}
    whole = along(frame(*shapes), grid, **more)
    with made.chunks_of(side):
        assert np.array_equal(whole, along(frame(*shapes), grid, **more))

    def squeezed(shape):
        turned = shapely.affinity.rotate(shape, strike, origin=corner(0, 0))
        return shapely.affinity.scale(turned, 1.0, 1 / 3, origin=corner(0, 0))

    every = shapely.GeometryCollection([squeezed(shape) for shape in shapes])
    middle = [squeezed(point) for point in made.centres(grid).ravel()]
    exact = np.minimum(shapely.distance(every, middle), cap).reshape(grid.shape)
    np.testing.assert_allclose(whole, exact, atol=0.01)


def test_features_beyond_the_edge_count():
    beyond = frame(shapely.Point(corner(850, 50)))
    found = along(beyond, small_grid(1, 6), max_distance=500.0)
    np.testing.assert_allclose(found[0], [500, 500, 500, 500, 400, 300])


def test_strike_distance_is_lazy_and_says_what_it_is():
    grid, point = small_grid(), frame(shapely.Point(corner(0, 0)))
    more = {"strike": 30.0, "ratio": 5.0, "max_distance": 900.0}
    found = strike_distance(point, grid=grid, **more)
    assert lazy.is_lazy(found)
    told = "distance to nearest feature, 5 times shorter along 30 degrees"
    assert found.attrs == {"long_name": told, "units": "m"}
    contract.check_layer(found, grid, "along")
    with pytest.raises(ValueError, match="ratio must be positive and finite, got 0"):
        strike_distance(point, grid=grid, **(more | {"ratio": 0.0}))
    with pytest.raises(ValueError, match="strike must be finite, got nan degrees"):
        strike_distance(point, grid=grid, **(more | {"strike": float("nan")}))
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        strike_distance(point.set_crs("EPSG:4326", allow_override=True), grid=grid, **more)
