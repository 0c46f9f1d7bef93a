import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import worms as module
from geoprospect.features.worms import worm_lines, worms
from tests.features import made
from tests.features.fields import middle, places, point_mass, way  # noqa: F401
from tests.features.made import small_grid, values

GRID = middle()


def gravity(field, grid=GRID):
    return made.layer(field, grid, units="mGal", long_name="gravity")


def across(strike):
    east, north = places(GRID)
    angle = np.radians(strike)
    return east * np.cos(angle) - north * np.sin(angle)


def step(strike=30.0, depth=700.0, at=0.0):
    """Gravity over a buried step: steepest over its edge, at every height."""
    return 100 * np.arctan((across(strike) - at) / depth)


def ring(radius=3000.0, depth=400.0):
    """A field that is steepest on a circle."""
    return -100 * np.arctan((np.hypot(*places(GRID)) - radius) / depth)


def bounds():
    box = GRID.boundingbox
    return (box.left, box.right), (box.bottom, box.top)


# --- lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("strike", [0.0, 30.0, 90.0, 145.0])
def test_lines_run_over_a_buried_edge_at_every_height(way, strike):  # noqa: F811
    found = worm_lines(gravity(step(strike)), heights=[200, 800], strongest=0.2, least_length=3000)
    centre = shapely.Point(*(np.mean(one) for one in bounds()))
    turned = np.radians(90 - strike)
    edge = shapely.LineString(
        [
            (centre.x + s * 2e4 * np.cos(turned), centre.y + s * 2e4 * np.sin(turned))
            for s in (-1, 1)
        ]
    )
    for height in (200, 800):
        lines = shapely.union_all(found.geometry[found["height"] == height].to_numpy())
        inside = lines.intersection(centre.buffer(5000))
        assert inside.length == pytest.approx(10000, rel=0.02)
        assert shapely.hausdorff_distance(inside, edge.intersection(centre.buffer(5000))) < 60


def test_a_circle_is_drawn_between_the_cells_and_its_gradient_is_told():
    found = worm_lines(gravity(ring()), heights=[1], strongest=0.2, least_length=3000)
    line = found.loc[found["length"].idxmax()]
    centre = shapely.Point(*(np.mean(one) for one in bounds()))
    radii = shapely.distance(shapely.points(shapely.get_coordinates(line.geometry)), centre)
    np.testing.assert_allclose(radii, 3000, atol=25)
    assert line["length"] == pytest.approx(2 * np.pi * 3000, rel=0.01)
    assert line["gradient"] == pytest.approx(100 / 400, rel=0.03)
    assert found.attrs == {"long_name": "worms of gravity", "units": "mGal m-1"}


def test_the_higher_field_lies_to_the_left():
    found = worm_lines(gravity(step(0.0)), heights=[300], strongest=0.2, least_length=5000)
    first, *_, last = shapely.get_coordinates(found.geometry.iloc[0])
    assert last[1] < first[1]  # to the south, with the higher east to the left


def test_short_and_weak_lines_are_left_out():
    field = ring() + ring(1000, 200) * 0.2
    every = worm_lines(gravity(field), heights=[1], strongest=1, least_length=0)
    some = worm_lines(gravity(field), heights=[1], strongest=1, least_length=10000)
    strong = worm_lines(gravity(field), heights=[1], strongest=0.02, least_length=0)
    assert every["length"].sum() > some["length"].sum() > 15000
    assert some["length"].min() >= 10000
    assert strong["gradient"].min() > every["gradient"].min()


def test_nothing_known_or_nothing_to_see_gives_no_lines():
    for field in (np.full(GRID.shape, np.nan), np.zeros(GRID.shape)):
        found = worm_lines(gravity(field), heights=[100], strongest=0.5, least_length=500)
        assert list(found.columns) == ["height", "gradient", "length", "geometry"]
        assert found.crs == GRID.crs.proj
        assert found.empty


# --- the layer ---------------------------------------------------------------------------------


def test_cells_of_a_deep_edge_reach_high_and_those_of_a_shallow_one_do_not(way):  # noqa: F811
    field = step(90.0, 1500.0) + 4e7 * point_mass(GRID, 0, 5000, 600)
    found = values(worms(gravity(field), heights=[100, 2500], strongest=0.3))
    east, north = places(GRID)
    on_edge = (np.abs(north) < 60) & (np.abs(east) < 4000)
    assert (found[on_edge].reshape(2, -1).max(axis=0) == 2500).all()
    around = np.abs(np.hypot(east, north - 5000) - 350) < 100
    assert found[around].max() == 100
    assert np.isin(found, [0, 100, 2500]).all()


def test_the_cells_lie_on_the_lines():
    field = gravity(ring())
    cells = values(worms(field, heights=[100], strongest=0.2)) == 100
    lines = worm_lines(field, heights=[100], strongest=0.2, least_length=2000)
    apart = shapely.distance(made.centres(GRID)[cells], shapely.union_all(lines.geometry))
    assert cells.sum() > 150
    assert np.quantile(apart, 0.95) < 120


@pytest.mark.parametrize("height", [50, 500, 4000])
def test_an_edge_is_unbroken_at_any_height(way, height):  # noqa: F811
    found = values(worms(gravity(step(20.0)), heights=[height], strongest=0.5)) == height
    assert found[50:-50].any(axis=1).all()
    assert np.abs(across(20.0)[50:-50][found[50:-50]]).max() < 100


@given(st.integers(0, 100), st.integers(7, 90), st.integers(7, 90))
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chunking_changes_nothing(way, seed, down, right):  # noqa: F811
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(61, 83)).cumsum(axis=0).cumsum(axis=1)
    field[rng.random(field.shape) < 0.05] = np.nan
    source = gravity(field, small_grid(61, 83))
    whole = values(worms(source, heights=[150, 400], strongest=0.4))
    with made.chunks_of(right):
        cut = worms(source.chunk({"y": down, "x": right}), heights=[150, 400], strongest=0.4)
        np.testing.assert_array_equal(whole, values(cut))
    assert np.array_equal(np.isnan(whole), np.isnan(field.astype("float32")))


def test_lazy_on_the_grid_and_says_what_it_is():
    found = worms(gravity(step()), heights=[200, 800.5], strongest=0.2)
    assert lazy.is_lazy(found)
    assert found.attrs == {
        "long_name": "height up to which edges of gravity reach (200, 800.5 m)",
        "units": "m",
    }
    contract.check_layer(found, GRID, "derived")


# --- what they refuse ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"heights": []}, "heights names none; give some"),
        ({"heights": [0, 100]}, "heights must be positive and finite, got 0 m"),
        ({"heights": [200, 100]}, r"heights must increase, got \[200, 100\] m"),
        ({"strongest": 0}, "strongest must be a share above 0 and up to 1, got 0"),
        ({"strongest": 1.5}, "strongest must be a share above 0 and up to 1, got 1.5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, message):
    asked = {"heights": [100], "strongest": 0.5} | given
    with pytest.raises(ValueError, match=message):
        worms(gravity(step()), **asked)
    with pytest.raises(ValueError, match=message):
        worm_lines(gravity(step()), least_length=0, **asked)


def test_classes_short_lengths_and_too_large_grids_are_refused(monkeypatch):
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="worms needs measured values, and 'units' holds codes"):
        worms(classes, heights=[100], strongest=0.5)
    with pytest.raises(ValueError, match="least_length must be 0 or more, got -1 m"):
        worm_lines(gravity(step()), heights=[100], strongest=0.5, least_length=-1)
    monkeypatch.setattr(module, "LARGEST", 1000)
    with pytest.raises(DataError, match="this one has 32,000 cells; bring it onto one of at most"):
        worm_lines(gravity(step()), heights=[100], strongest=0.5, least_length=0)
