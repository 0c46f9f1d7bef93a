import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.naming import grouped_category
from geoprospect.features.quality import line_spacing, quality, sample_distance, survey_id
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

SIDES = (3, 7, 40)


def flight_lines(spacing, *, along="north", reach=6000):
    """Parallel lines that reach beyond the grid on all sides."""
    offsets = np.arange(-reach, reach, spacing)
    ends = [((x, -reach), (x, reach)) for x in offsets]
    if along == "east":
        ends = [((-reach, y), (reach, y)) for y in offsets]
    return frame(*[shapely.LineString([corner(*a), corner(*b)]) for a, b in ends])


def test_distance_to_samples_is_that_of_exact_geometry_beyond_the_edge_too():
    grid = small_grid()
    places = [shapely.Point(corner(*p)) for p in ((130, 220), (3300, -400), (1500, 1700))]
    exact = np.minimum(shapely.distance(shapely.MultiPoint(places), made.centres(grid)), 1500)
    for side in SIDES:
        with made.chunks_of(side):
            found = values(sample_distance(frame(*places), grid=grid, max_distance=1500.0))
        assert np.abs(found - exact).max() <= 50 * 2**0.5 + 0.01


@pytest.mark.parametrize("spacing", [100, 200, 400])
@pytest.mark.parametrize("along", ["north", "east"])
def test_spacing_of_parallel_lines_is_their_spacing_up_to_the_edge(spacing, along):
    lines = flight_lines(spacing, along=along)
    found = values(line_spacing(lines, grid=small_grid(12, 9), radius=2000.0))
    np.testing.assert_allclose(found, spacing, rtol=0.02)


def test_spacing_is_unknown_without_lines_and_the_same_in_chunks():
    grid = small_grid()
    one = frame(shapely.LineString([corner(-900, 250), corner(9000, 250)]))
    whole = values(line_spacing(one, grid=grid, radius=500.0))
    assert whole[2, 3] == pytest.approx(np.pi * 250)  # the circle's area over its diameter
    assert np.isnan(whole[8:]).all()
    for side in SIDES:
        with made.chunks_of(side):
            cut = values(line_spacing(one, grid=grid, radius=500.0))
        np.testing.assert_array_equal(whole, cut)


def test_surveys_are_classes():
    west, east = (shapely.box(*corner(x, 200), *corner(x + 200, 0)) for x in (0, 200))
    source = frame(west, east, survey=["1998 航磁", "1975"])
    found = survey_id(source, grid=small_grid(2, 5), column="survey")
    np.testing.assert_array_equal(values(found), [[2, 2, 1, 1, np.nan]] * 2)
    assert contract.meanings(found) == {1: "1975", 2: "1998 航磁"}
    again = survey_id(found, grid=small_grid(2, 5))
    np.testing.assert_array_equal(values(again), values(found))


def test_a_layer_is_marked_and_stays_what_it_is():
    grid = small_grid(2, 3)
    cover = made.layer(np.arange(6).reshape(2, 3), grid, long_name="depth of cover")
    found = quality(lazy.chunked(cover))
    np.testing.assert_array_equal(values(found), cover)
    assert found.attrs == {"long_name": "depth of cover", "units": "m", "quality": 1}
    assert "quality" not in cover.attrs
    classes = made.layer(np.ones((2, 3)), grid, units="1", meanings={1: "a"})
    assert contract.meanings(quality(classes)) == {1: "a"}


def test_none_of_them_is_evidence_and_each_says_what_it_is():
    grid, point = small_grid(), frame(shapely.Point(corner(5, 5)))
    box = frame(shapely.box(*corner(0, 200), *corner(200, 0)), survey=["a"])
    found = {
        "away": sample_distance(point, grid=grid, max_distance=500.0),
        "spacing": line_spacing(flight_lines(400), grid=grid, radius=900.0),
        "survey": survey_id(box, grid=grid, column="survey"),
        "cover": quality(made.layer(np.ones(grid.shape), grid).chunk()),
    }
    names = ["distance to nearest sample", "spacing of survey lines within 900 m", "survey", "made"]
    assert [layer.attrs["long_name"] for layer in found.values()] == names
    assert [layer.attrs["units"] for layer in found.values()] == ["m", "m", "1", "m"]
    for name, layer in found.items():
        assert lazy.is_lazy(layer)
        contract.check_layer(layer, grid, name)
    evidence = made.layer(np.ones(grid.shape), grid)
    assert contract.evidence(xr.Dataset(found | {"field": evidence})) == ["field"]


def test_what_cannot_be_told_is_refused():
    grid, point = small_grid(), frame(shapely.Point(corner(5, 5)))
    with pytest.raises(DataError, match="line_density is made from lines"):
        line_spacing(point, grid=grid, radius=500.0)
    with pytest.raises(ValueError, match="max_distance must be positive and finite, got 0 m"):
        sample_distance(point, grid=grid, max_distance=0.0)
    with pytest.raises(ContractError, match="category needs classes"):
        survey_id(made.layer(np.ones(grid.shape), grid), grid=grid)
    with pytest.raises(ContractError, match="quality: the layer's attrs lack long_name and units"):
        quality(made.layer(np.ones(grid.shape), grid).drop_attrs())


@given(st.integers(2, 40))
def test_however_the_grid_is_cut_surveys_and_spacings_are_the_same(side):
    grid = small_grid()
    west = frame(shapely.box(*corner(0, 900), *corner(500, 0)), survey=["1998"])
    calls = [
        lambda: survey_id(west, grid=grid, column="survey"),
        lambda: line_spacing(flight_lines(400), grid=grid, radius=900.0),
        lambda: grouped_category(west, grid=grid, groups={"late": ["1998"]}, column="survey"),
    ]
    for call in calls:
        whole = values(call())
        with made.chunks_of(side):
            np.testing.assert_array_equal(values(call()), whole)
