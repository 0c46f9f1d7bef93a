"""Classes of a map whose breaks are known in closed form, and at stated scores."""

from __future__ import annotations

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels.fractal import concentration_area as of_values
from geoprospect.maps.classes import classed, concentration_area
from tests.kernels.test_fractal import power_law


@pytest.fixture
def grid():
    bounds = (500_000, 3_000_000, 520_000, 3_020_000)
    return GeoBox.from_bbox(bounds, crs="EPSG:32648", resolution=100)


def score_map(grid, values):
    made = contract.on_grid(np.asarray(values, "float32").reshape(grid.shape), grid)
    return contract.describe(made, long_name="prospectivity", units="1")


def bent(grid):
    """Scores from 0.002 to 0.8 or so whose area curve bends at 0.02, some cells unknown or zero."""
    cells = int(np.prod(grid.shape))
    values = 0.002 * power_law([10.0], [0.5, 2.0], cells - 200)
    values = np.concatenate([values, np.zeros(150), np.full(50, np.nan)])
    return score_map(grid, np.random.default_rng(3).permutation(values))


def test_a_map_is_classed_where_its_curve_bends(grid):
    scores = bent(grid)
    layer, found = concentration_area(scores, seed=1)
    assert found.breaks == pytest.approx([0.02], rel=0.08)
    assert found.exponents == pytest.approx([0.5, 2.0], rel=0.1)
    values, codes = scores.to_numpy(), layer.to_numpy()
    np.testing.assert_array_equal(codes[values > found.breaks[0]], 1)
    np.testing.assert_array_equal(codes[values < found.breaks[0]], 0)
    np.testing.assert_array_equal(np.isnan(codes), np.isnan(values))
    at = f"{found.breaks[0]:.4g}"
    assert contract.meanings(layer) == {0: f"background (below {at})", 1: f"high (above {at})"}
    assert layer.attrs["long_name"] == "concentration-area class of prospectivity"
    contract.check_layer(layer, grid, "classes")


def test_counts_over_blocks_are_those_of_all_values(grid):
    scores = bent(grid)
    known = scores.to_numpy().ravel()
    known = known[known > 0].astype("float64")
    whole = of_values(known, seed=4)
    with lazy.cut(37):
        layer, found = concentration_area(lazy.chunked(scores, 37), seed=4)
        assert lazy.is_lazy(layer)
    for name in ("breaks", "exponents", "fits", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    np.testing.assert_array_equal(layer.to_numpy(), concentration_area(scores, seed=4)[0])


@pytest.mark.parametrize("values", [0.0, 0.3, np.nan])
def test_a_map_without_a_bend_is_refused(grid, values):
    with pytest.raises(DataError, match=r"'prospectivity' has no break that can be told.*ties"):
        concentration_area(score_map(grid, np.full(grid.shape, values)), seed=1)


def test_classes_at_stated_scores_and_a_score_on_a_break_is_above(grid):
    values = np.full(grid.shape, 0.1)
    values[0, :3] = [0.5, 0.7, np.nan]
    layer = classed(score_map(grid, values), [0.5], words=["below the crossing", "above it"])
    assert layer.to_numpy()[0, :2].tolist() == [1, 1]
    assert np.isnan(layer.to_numpy()[0, 2])
    assert layer.to_numpy()[1, 0] == 0
    assert contract.meanings(layer)[1] == "above it (above 0.5)"


@pytest.mark.parametrize(
    ("breaks", "words", "message"),
    [
        ([], ["a"], "breaks must be finite and rise"),
        ([0.5, 0.2], ["a", "b", "c"], r"breaks must be finite and rise, got \[0.5, 0.2\]"),
        ([0.5], ["a"], "1 breaks part 2 classes, got 1"),
    ],
)
def test_breaks_that_part_nothing_are_refused(grid, breaks, words, message):
    with pytest.raises(ValueError, match=message):
        classed(score_map(grid, np.ones(grid.shape)), breaks, words=words)
