"""Texture against co-occurrence matrices that are filled pair by pair."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.texture import focal_texture
from tests.features import made
from tests.features.made import small_grid, values
from tests.features.test_focal import rough

MEASURES = ["contrast", "homogeneity", "correlation"]
every = pytest.mark.parametrize("measure", MEASURES)


def haralick(matrix, measure):
    """A statistic of a co-occurrence matrix, as Haralick et al. (1973) define it."""
    if not matrix.any():
        return np.nan
    share = matrix / matrix.sum()
    i, j = np.indices(matrix.shape)
    if measure == "contrast":
        return (share * (i - j) ** 2).sum()
    if measure == "homogeneity":
        return (share / (1 + (i - j) ** 2)).sum()
    mean_i, mean_j = (share * i).sum(), (share * j).sum()
    spread = (share * (i - mean_i) ** 2).sum() * (share * (j - mean_j) ** 2).sum()
    covariance = (share * (i - mean_i) * (j - mean_j)).sum()
    return covariance / np.sqrt(spread) if spread > 1e-12 else 1.0


def by_matrix(level, cell, radius, measure):
    """Cell by cell, pair by pair."""
    found = np.full(level.shape, np.nan)
    places = [at for at, one in np.ndenumerate(level) if not np.isnan(one)]
    for at in places:
        matrix = np.zeros((9, 9))
        for row, column in places:
            if np.hypot((row - at[0]) * cell[0], (column - at[1]) * cell[1]) > radius:
                continue
            for there in np.ndindex(3, 3):
                other = row + there[0] - 1, column + there[1] - 1
                if there != (1, 1) and other in places:
                    matrix[int(level[row, column]), int(level[other])] += 1
        found[at] = haralick(matrix, measure)
    return found


def levels_of(field, count):
    """As many cells in each level, by pandas."""
    known = ~np.isnan(field)
    level = np.full(field.shape, np.nan)
    level[known] = pd.qcut(field[known], count, labels=False)
    return level


@every
@pytest.mark.parametrize(
    ("radius", "cell"), [(100, (100, 100)), (290, (100, 100)), (250, (50, 100))]
)
def test_it_is_that_of_the_matrix_of_all_pairs(measure, radius, cell):
    field = np.random.default_rng(2).permutation(8 * 10).reshape(8, 10).astype("f8")
    field[[2, 3, 7], [4, 4, 0]] = np.nan
    size = (10 * cell[1], 8 * cell[0])
    grid = GeoBox.from_bbox((0, 0, *size), crs=made.CRS, shape=(8, 10))
    found = focal_texture(made.layer(field, grid), radius=radius, measure=measure, levels=7)
    wanted = by_matrix(levels_of(field, 7), cell, radius, measure)
    np.testing.assert_allclose(values(found), wanted, rtol=1e-5, atol=1e-6)


def test_a_chessboard_by_hand():
    """Of eight neighbours four are of the other level, across the corners of its own."""
    field = (np.indices((10, 10)).sum(axis=0) % 2).astype("f8")
    source = made.layer(field, small_grid(10, 10))

    def middle(measure):
        return values(focal_texture(source, radius=100, measure=measure, levels=2))[4, 4]

    assert middle("contrast") == 0.5
    assert middle("homogeneity") == 0.75
    assert middle("correlation") == pytest.approx(0.0, abs=1e-6)


def test_stripes_go_on_where_noise_does_not():
    noise = np.random.default_rng(0).normal(size=(40, 40))
    stripes = np.broadcast_to(np.sin(np.arange(40) / 3)[:, None], (40, 40))
    grid = small_grid(40, 40)

    def middle(field, measure):
        found = focal_texture(made.layer(field, grid), radius=800, measure=measure)
        return values(found)[20, 20]

    assert middle(stripes, "correlation") > 0.6 > 0.2 > abs(middle(noise, "correlation"))
    assert middle(stripes, "contrast") < middle(noise, "contrast")
    assert middle(stripes, "homogeneity") > middle(noise, "homogeneity")


@every
def test_even_ground_has_the_texture_of_custom(measure):
    even = made.layer(np.full((9, 9), 3.0), small_grid(9, 9))
    found = values(focal_texture(even, radius=300, measure=measure))
    np.testing.assert_array_equal(found, 0.0 if measure == "contrast" else 1.0)


@every
@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(100, 2500), st.integers(1, 20))
def test_chunking_changes_nothing(measure, seed, radius, side):
    source = made.layer(rough(seed), small_grid(13, 17))
    whole = values(focal_texture(source, radius=radius, measure=measure))
    cut = source.chunk({"y": side, "x": side})
    np.testing.assert_array_equal(values(focal_texture(cut, radius=radius, measure=measure)), whole)


@every
@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_neither_turning_nor_stretching_the_values_matters(measure, seed):
    field = np.random.default_rng(seed).permutation(12 * 12).reshape(12, 12)
    grid = small_grid(12, 12)

    def texture(of):
        return values(focal_texture(made.layer(of, grid), radius=300, measure=measure, levels=4))

    np.testing.assert_allclose(texture(np.rot90(field)), np.rot90(texture(field)), rtol=1e-4)
    np.testing.assert_array_equal(texture(3 * field + 100), texture(field))


@every
def test_the_unknown_stays_unknown_and_does_not_spread(measure):
    field = rough(5)
    found = values(
        focal_texture(made.layer(field, small_grid(13, 17)), radius=350, measure=measure)
    )
    np.testing.assert_array_equal(np.isnan(found), np.isnan(field))


@every
def test_lazy_on_the_grid_and_says_what_it_is(measure):
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid, units="nT", long_name="total field", quality=True)
    found = focal_texture(source, radius=1500, measure=measure)
    assert lazy.is_lazy(found)
    assert found.attrs == {
        "long_name": f"{measure} of total field within 1500 m",
        "units": "1",
        "quality": 1,
    }
    contract.check_layer(found, grid, "texture")


def test_what_has_no_texture_is_refused():
    grid = small_grid(13, 17)
    source = made.layer(rough(1), grid)
    with pytest.raises(ValueError, match="radius is 99 m and reaches no neighbour"):
        focal_texture(source, radius=99, measure="contrast")
    with pytest.raises(ValueError, match="levels must be 2 or more, got 1"):
        focal_texture(source, radius=300, measure="contrast", levels=1)
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        focal_texture(classes, radius=300, measure="contrast")
    with pytest.raises(ContractError, match="focal_texture takes one layer"):
        focal_texture(xr.Dataset({"k": source, "th": source}), radius=300, measure="contrast")
