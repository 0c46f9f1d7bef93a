import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo import Shape2d
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.curvature import (
    plan_curvature,
    profile_curvature,
    tangential_curvature,
)
from geoprospect.features.relief import roughness, terrain_ruggedness, topographic_position
from geoprospect.features.terrain import eastness, horizontal_gradient, northness, slope
from tests.features import made
from tests.features.made import small_grid, values

both = pytest.mark.parametrize("feature", [slope, horizontal_gradient])


def rough(seed: int, rows: int = 13, columns: int = 17) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(rows, columns)) * 50
    field[rng.random((rows, columns)) < 0.15] = np.nan
    return field


@both
@given(st.integers(0, 1000), st.integers(3, 20))
@settings(max_examples=12)
def test_chunking_changes_nothing(feature, seed, side):
    source = made.layer(rough(seed), small_grid(13, 17))
    whole = values(feature(source))
    cut = values(feature(source.chunk({"y": side, "x": side})))
    np.testing.assert_array_equal(whole, cut)


def test_a_plane_has_one_slope_to_the_very_edge_and_beside_holes():
    grid = small_grid(8, 9)
    x, y = np.meshgrid(np.arange(9) * 100.0, np.arange(8) * -100.0)
    plane = 0.3 * x - 0.4 * y
    plane[3, 5] = np.nan
    found = values(slope(made.layer(plane, grid)))
    assert np.isnan(found[3, 5])
    assert np.isnan(found).sum() == 1
    np.testing.assert_allclose(found[~np.isnan(found)], np.degrees(np.arctan(0.5)), rtol=1e-4)
    found = values(horizontal_gradient(made.layer(plane, grid, units="nT")))
    np.testing.assert_allclose(found[~np.isnan(found)], 0.5, rtol=1e-4)


def test_a_quadratic_has_the_gradient_that_calculus_gives():
    x, y = np.meshgrid(np.arange(20) * 100.0, np.arange(15) * -100.0)
    field = 1e-4 * (x**2 + 3 * x * y)
    expected = 1e-4 * np.hypot(2 * x + 3 * y, 3 * x)
    found = values(horizontal_gradient(made.layer(field, small_grid(15, 20))))
    np.testing.assert_allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], rtol=1e-3, atol=1e-5)


@both
def test_the_unknown_stays_unknown_and_does_not_spread(feature):
    field = np.random.default_rng(5).normal(size=(13, 17))
    holes = [2, 6, 6, 7], [0, 4, 5, 12]
    field[holes] = np.nan
    found = values(feature(made.layer(field, small_grid(13, 17))))
    assert np.array_equal(np.isnan(found), np.isnan(field))


@both
def test_north_is_up(feature):
    step = np.zeros((6, 8))
    step[:2] = 10.0  # high ground along the top edge
    found = values(feature(made.layer(step, small_grid(6, 8))))
    assert (found[1:3] > 0).all()
    assert not found[3:].any()
    assert not found[0].any()


@both
def test_turning_the_field_upside_down_changes_nothing(feature):
    source = made.layer(rough(3), small_grid(13, 17))
    negative = source.copy(data=-source.values)
    np.testing.assert_array_equal(values(feature(source)), values(feature(negative)))


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid, units="nT", long_name="total field")
    found = horizontal_gradient(source)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "horizontal gradient of total field", "units": "nT m-1"}
    assert horizontal_gradient(made.layer(rough(1), grid, units="1")).attrs["units"] == "m-1"
    steep = slope(made.layer(rough(1), grid))
    assert lazy.is_lazy(steep)
    assert steep.attrs == {"long_name": "slope", "units": "degree"}
    for layer in (found, steep):
        contract.check_layer(layer, grid, "derived")


def test_elevation_in_other_units_is_refused():
    feet = made.layer(rough(1), small_grid(13, 17), units="ft", long_name="height")
    with pytest.raises(ContractError, match=r"elevation in metres, and 'height' is in 'ft'; state"):
        slope(feet)


@both
def test_classes_and_sets_of_layers_are_refused(feature):
    grid = small_grid(2, 2)
    classes = made.layer(np.ones((2, 2)), grid, long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        feature(classes)
    with pytest.raises(ContractError, match="takes one layer, and this is a set of them: k, th"):
        feature(xr.Dataset({"k": classes, "th": classes}))


# --- aspect, curvature, ruggedness ------------------------------------------------------------

of_neighbours = pytest.mark.parametrize(
    "feature",
    [northness, eastness, profile_curvature, plan_curvature, tangential_curvature,
     terrain_ruggedness, roughness],
)  # fmt: skip
curvatures = pytest.mark.parametrize(
    "feature", [profile_curvature, plan_curvature, tangential_curvature]
)


def places(rows: int, columns: int, size: float = 10.0):
    """Metres east and north of the lower left cell, for each cell."""
    return np.meshgrid(np.arange(columns) * size, np.arange(rows)[::-1] * size)


@of_neighbours
@given(st.integers(0, 1000), st.integers(3, 20))
@settings(max_examples=5)
def test_chunks_change_nothing_of_the_neighbours(feature, seed, side):
    source = made.layer(rough(seed), small_grid(13, 17))
    whole = values(feature(source))
    cut = values(feature(source.chunk({"y": side, "x": side})))
    np.testing.assert_array_equal(whole, cut)


@given(st.integers(0, 359))
@settings(max_examples=20)
def test_a_plane_faces_one_way_to_the_very_edge(azimuth):
    x, y = places(7, 9)
    toward = np.radians(azimuth)  # downslope, clockwise from north
    source = made.layer(-0.4 * (np.sin(toward) * x + np.cos(toward) * y), small_grid(7, 9, 10.0))
    np.testing.assert_allclose(values(northness(source)), np.cos(toward), atol=2e-5)
    np.testing.assert_allclose(values(eastness(source)), np.sin(toward), atol=2e-5)


def test_level_ground_faces_nowhere_and_is_not_curved():
    source = made.layer(np.full((5, 6), 700.0), small_grid(5, 6))
    for feature in (northness, eastness, terrain_ruggedness, roughness):
        assert not values(feature(source)).any()
    for feature in (profile_curvature, plan_curvature, tangential_curvature):
        assert not values(feature(source))[1:-1, 1:-1].any()


def test_a_dome_has_the_curvature_of_its_radius_every_way():
    x, y = places(40, 50)
    radius = 2000.0
    source = made.layer(
        np.sqrt(radius**2 - (x + 333) ** 2 - (y - 911) ** 2), small_grid(40, 50, 10.0)
    )
    for feature in (profile_curvature, tangential_curvature):
        found = values(feature(source))[1:-1, 1:-1]
        np.testing.assert_allclose(found, 1 / radius, rtol=0.02)
    hole = values(profile_curvature(source.copy(data=-source.values)))[1:-1, 1:-1]
    np.testing.assert_allclose(hole, -1 / radius, rtol=0.02)


def test_a_cone_is_straight_downhill_and_its_contours_are_circles():
    x, y = places(40, 50)
    away = np.hypot(x + 900, y + 400)
    source = made.layer(-0.75 * away, small_grid(40, 50, 10.0))
    inner = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(values(profile_curvature(source))[inner], 0, atol=2e-6)
    np.testing.assert_allclose(
        values(plan_curvature(source))[inner], 1 / away[inner], rtol=5e-3, atol=1e-5
    )
    sine = 0.75 / np.hypot(1, 0.75)
    np.testing.assert_allclose(
        values(tangential_curvature(source))[inner], sine / away[inner], rtol=5e-3, atol=1e-5
    )


@given(st.lists(st.integers(-9, 9), min_size=5, max_size=5))
@settings(max_examples=20)
def test_a_quadratic_has_the_profile_that_its_section_has(whole):
    a, b, c, d, e = (n / 100 for n in whole)
    x, y = places(5, 5, 1.0)
    source = made.layer(a * x**2 + b * x * y + c * y**2 + d * x + e * y, small_grid(5, 5, 1.0))
    found = values(profile_curvature(source))[2, 2]
    east, north = 4 * a + 2 * b + d, 2 * b + 4 * c + e  # gradient at (2, 2)
    steep = np.hypot(east, north)
    if steep < 1e-3:
        return
    u, v = east / steep, north / steep  # section of the surface by the plane up the slope
    bend = 2 * (a * u**2 + b * u * v + c * v**2)
    np.testing.assert_allclose(found, -bend / (1 + steep**2) ** 1.5, rtol=1e-3, atol=2e-6)


@curvatures
def test_the_curvature_is_unknown_at_the_edge_and_beside_holes(feature):
    field = np.random.default_rng(2).normal(size=(7, 9))
    field[3, 4] = np.nan
    expected = np.zeros((7, 9), bool)
    expected[[0, -1]] = expected[:, [0, -1]] = expected[2:5, 3:6] = True
    found = values(feature(made.layer(field, small_grid(7, 9))))
    assert np.array_equal(np.isnan(found), expected)


def test_ruggedness_and_roughness_by_hand():
    field = np.array([[5, 5, 5, 5], [5, 7, 5, 5], [5, 5, 5, 8.0], [5, 5, 5, np.nan]])
    source = made.layer(field, small_grid(4, 4))
    rugged, rough_ = values(terrain_ruggedness(source)), values(roughness(source))
    assert rugged[1, 1] == pytest.approx(np.sqrt(8 * 4))
    assert rugged[1, 2] == pytest.approx(np.sqrt(4 + 9))
    assert rugged[0, 0] == pytest.approx(np.sqrt(4 * 8 / 3))  # three neighbours, taken for eight
    assert rugged[2, 2] == pytest.approx(np.sqrt((4 + 9) * 8 / 7))
    assert rugged[3, 0] == 0
    assert rough_[1, 1] == 2
    assert rough_[2, 2] == 3
    assert rough_[0, 3] == 0
    assert rough_[2, 3] == 3
    for found in (rugged, rough_):
        assert np.array_equal(np.isnan(found), np.isnan(field))


def test_a_cell_among_nothing_has_no_neighbours():
    field = np.full((3, 3), np.nan)
    field[1, 1] = 4.0
    for feature in (terrain_ruggedness, roughness):
        assert np.isnan(values(feature(made.layer(field, small_grid(3, 3))))).all()


@given(st.integers(0, 1000), st.integers(3, 20))
@settings(max_examples=6)
def test_topographic_position_is_the_height_above_the_mean_by_exact_counting(seed, side):
    field = rough(seed)
    source = made.layer(field, small_grid(13, 17))
    found = topographic_position(source, radii=[150.0, 320.0])
    cut = topographic_position(source.chunk({"y": side, "x": side}), radii=[150.0, 320.0])
    assert list(found.data_vars) == ["within_150m", "within_320m"]
    rows, columns = np.mgrid[:13, :17] * 100.0
    for name, radius in (("within_150m", 150), ("within_320m", 320)):
        np.testing.assert_array_equal(values(found[name]), values(cut[name]))
        i, j = 4, 9
        near = np.hypot(rows - rows[i, j], columns - columns[i, j]) <= radius
        expected = field[i, j] - np.nanmean(field[near])
        np.testing.assert_allclose(values(found[name])[i, j], expected, rtol=1e-4, atol=1e-4)


def test_the_new_layers_say_what_they_are():
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid)
    for feature, units in (
        (northness, "1"), (eastness, "1"), (profile_curvature, "m-1"), (plan_curvature, "m-1"),
        (tangential_curvature, "m-1"), (terrain_ruggedness, "m"), (roughness, "m"),
    ):  # fmt: skip
        found = feature(source)
        assert lazy.is_lazy(found)
        assert found.attrs == {"long_name": feature.__name__.replace("_", " "), "units": units}
        contract.check_layer(found, grid, "derived")
    position = topographic_position(source, radii=[250.5])["within_250_5m"]
    assert position.attrs == {"long_name": "height above the mean within 250.5 m", "units": "m"}
    assert lazy.is_lazy(position)
    contract.check_layer(position, grid, "position")


@of_neighbours
def test_other_units_and_classes_are_refused(feature):
    feet = made.layer(rough(1), small_grid(13, 17), units="ft", long_name="height")
    with pytest.raises(ContractError, match=f"{feature.__name__} needs elevation in metres, and"):
        feature(feet)
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="rock", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'rock' holds codes"):
        feature(classes)


def test_radii_that_make_no_sense_are_refused():
    source = made.layer(rough(1), small_grid(13, 17))
    with pytest.raises(ValueError, match=r"radii must be one or more, each once, got \[\]"):
        topographic_position(source, radii=[])
    with pytest.raises(ValueError, match="radii must be one or more, each once, got"):
        topographic_position(source, radii=[200.0, 200.0])
    with pytest.raises(ValueError, match="radius is 50 m and reaches no neighbour"):
        topographic_position(source, radii=[50.0])


def test_cells_may_be_oblong():
    grid = GeoBox.from_bbox(
        (500_000, 3_000_000, 500_140, 3_000_060), crs=made.CRS, shape=Shape2d(x=7, y=6)
    )  # 20 m wide, 10 m high
    x, y = np.meshgrid(np.arange(7) * 20.0, np.arange(6)[::-1] * 10.0)
    source = made.layer(0.002 * x**2 + 0.003 * x * y - 0.001 * y**2 + 0.1 * x, grid)
    i, j = 3, 2
    east = 0.004 * x[i, j] + 0.003 * y[i, j] + 0.1
    north = 0.003 * x[i, j] - 0.002 * y[i, j]
    steep = np.hypot(east, north)
    u, v = east / steep, north / steep
    along = 2 * (0.002 * u**2 + 0.003 * u * v - 0.001 * v**2)
    across = 2 * (0.002 * v**2 - 0.003 * u * v - 0.001 * u**2)
    expected = {
        profile_curvature: -along / (1 + steep**2) ** 1.5,
        tangential_curvature: -across / (1 + steep**2) ** 0.5,
        plan_curvature: -across / steep,
        northness: -v,
        eastness: -u,
        slope: np.degrees(np.arctan(steep)),
    }
    for feature, value in expected.items():
        assert values(feature(source))[i, j] == pytest.approx(value, rel=1e-3), feature
