import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from scipy import ndimage, stats

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.focal import (
    focal_entropy,
    focal_mean,
    focal_range,
    focal_standard_deviation,
)
from tests.features import made
from tests.features.made import small_grid, values

ALL = [focal_mean, focal_standard_deviation, focal_range, focal_entropy]
every = pytest.mark.parametrize("feature", ALL)

ORACLES = {
    focal_mean: np.nanmean,
    focal_standard_deviation: np.nanstd,
    focal_range: lambda cells: np.nanmax(cells) - np.nanmin(cells),
}


def rough(seed: int, rows: int = 13, columns: int = 17) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = rng.normal(300, 50, (rows, columns))
    field[rng.random((rows, columns)) < 0.15] = np.nan
    return field


def of_each_circle(statistic, field, cell, radius):
    """*statistic* of the cells whose centres lie within *radius*, one cell at a time by scipy."""
    reach = [int(radius // size) + 1 for size in cell]
    rows, columns = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    circle = np.hypot(rows * cell[0], columns * cell[1]) <= radius
    field = np.asarray(field, "f4").astype("f8")
    found = ndimage.generic_filter(field, statistic, footprint=circle, mode="constant", cval=np.nan)
    return np.where(np.isnan(field), np.nan, found)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("feature", ORACLES)
@given(st.integers(0, 1000), st.integers(100, 2000), st.integers(3, 20))
@settings(max_examples=15)
def test_the_circle_is_what_scipy_makes_of_it_cell_by_cell(feature, seed, radius, side):
    field = rough(seed)
    source = made.layer(field, small_grid(13, 17)).chunk({"y": side, "x": side})
    found = values(feature(source, radius=radius))
    wanted = of_each_circle(ORACLES[feature], field, (100, 100), radius)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("feature", ORACLES)
def test_circles_are_round_in_metres_where_cells_are_oblong(feature):
    grid = GeoBox.from_bbox((0, 0, 1700, 650), crs=made.CRS, shape=(13, 17))
    field = rough(4)
    found = values(feature(made.layer(field, grid).chunk({"y": 5, "x": 6}), radius=250))
    wanted = of_each_circle(ORACLES[feature], field, (50, 100), 250)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-4)


@every
@given(st.integers(0, 1000), st.integers(100, 2500), st.integers(2, 20))
@settings(max_examples=12)
def test_chunking_changes_nothing(feature, seed, radius, side):
    source = made.layer(rough(seed), small_grid(13, 17))
    whole = values(feature(source, radius=radius))
    cut = values(feature(source.chunk({"y": side, "x": side}), radius=radius))
    np.testing.assert_array_equal(whole, cut)


@every
def test_the_unknown_stays_unknown_and_does_not_spread(feature):
    field = rough(5)
    found = values(feature(made.layer(field, small_grid(13, 17)), radius=350))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(field))


def test_a_circle_of_one_cell_about_is_a_cross_counted_by_hand():
    field = np.array([[1, 2, 3], [4, 5, 6], [7, 8, np.nan]])
    source = made.layer(field, small_grid(3, 3))
    np.testing.assert_allclose(
        values(focal_mean(source, radius=100)),
        [[7 / 3, 11 / 4, 11 / 3], [17 / 4, 5, 14 / 3], [19 / 3, 20 / 3, np.nan]],
        rtol=1e-6,
    )
    np.testing.assert_array_equal(
        values(focal_range(source, radius=100)), [[3, 4, 4], [6, 6, 3], [4, 3, np.nan]]
    )


def test_the_rim_of_the_circle_counts():
    """3-4-5: the cell 300 m down and 400 m over is 500 m away."""
    field = np.zeros((9, 9))
    field[4 + 3, 4 + 4] = 1
    source = made.layer(field, small_grid(9, 9))
    assert values(focal_range(source, radius=500))[4, 4] == 1
    assert values(focal_range(source, radius=499.9))[4, 4] == 0


def test_even_ground_has_no_spread_at_all_and_a_high_level_costs_no_precision():
    grid = small_grid(20, 20)
    even = values(
        focal_standard_deviation(made.layer(np.full((20, 20), 48_123.4), grid), radius=600)
    )
    assert not even.any()
    step = np.where(np.arange(400).reshape(20, 20) % 2, 1e6 + 0.5, 1e6)
    found = values(focal_standard_deviation(made.layer(step, grid), radius=600))
    np.testing.assert_allclose(found[8:12, 8:12], 0.25, rtol=1e-3)


def test_entropy_is_scipys_of_equally_filled_levels():
    field = np.random.default_rng(8).permutation(13 * 16).reshape(13, 16)
    found = values(focal_entropy(made.layer(field, small_grid(13, 16)), radius=300, levels=4))
    level = pd.qcut(field.ravel(), 4, labels=False).reshape(field.shape)

    def entropy(cells):
        return stats.entropy(np.unique(cells[~np.isnan(cells)], return_counts=True)[1])

    np.testing.assert_allclose(found, of_each_circle(entropy, level, (100, 100), 300), rtol=1e-6)


def test_entropy_of_one_level_is_nothing_and_the_area_sets_the_levels():
    grid = small_grid(10, 40)
    field = np.broadcast_to(np.r_[np.full(20, 5.0), np.arange(20) * 100.0 + 1000], (10, 40))
    inside = made.layer(np.where(np.arange(40) < 20, 1, np.nan) * np.ones((10, 1)), grid)
    whole = values(focal_entropy(made.layer(field, grid), radius=300, levels=8))
    assert not whole[:, :17].any()
    assert (whole[:, 23:37] > 0).all()
    told = values(focal_entropy(made.layer(field, grid), radius=300, levels=8, area=inside))
    assert not told[:, 25:].any()  # all above the one value that the area knows


@every
def test_north_is_up(feature):
    field = np.zeros((9, 12))
    field[1, 2] = -8.0
    found = values(feature(made.layer(field, small_grid(9, 12)), radius=200))
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max()) == (0, 3)
    assert (columns.min(), columns.max()) == (0, 4)


@every
def test_lazy_on_the_grid_and_says_what_it_is(feature):
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid, units="nT", long_name="total field", quality=True)
    found = feature(source, radius=1500)
    assert lazy.is_lazy(found)
    what = feature.__name__.removeprefix("focal_").replace("_", " ")
    assert found.attrs == {
        "long_name": f"{what} of total field within 1500 m",
        "units": "1" if feature is focal_entropy else "nT",
        "quality": 1,
    }
    contract.check_layer(found, grid, "focal")


@every
@pytest.mark.parametrize("radius", [0, -5, float("nan"), float("inf")])
def test_a_radius_must_be_a_length(feature, radius):
    with pytest.raises(ValueError, match="radius must be positive and finite"):
        feature(made.layer(rough(1), small_grid(13, 17)), radius=radius)


@every
def test_a_circle_of_a_single_cell_is_refused(feature):
    with pytest.raises(ValueError, match=r"radius is 99 m and reaches no neighbour .* of 100 m"):
        feature(made.layer(rough(1), small_grid(13, 17)), radius=99)


@every
def test_classes_and_sets_of_layers_are_refused(feature):
    grid = small_grid(2, 2)
    classes = made.layer(np.ones((2, 2)), grid, long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        feature(classes, radius=300)
    with pytest.raises(ContractError, match="takes one layer, and this is a set of them: k, th"):
        feature(xr.Dataset({"k": classes, "th": classes}), radius=300)


def test_a_single_level_is_refused():
    with pytest.raises(ValueError, match="levels must be 2 or more, got 1"):
        focal_entropy(made.layer(rough(1), small_grid(13, 17)), radius=300, levels=1)
