"""Gradients and statistics at several scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import focal
from geoprospect.features.scales import focal_gradient, focal_stack
from geoprospect.features.texture import focal_texture
from tests.features import made
from tests.features.made import small_grid, values
from tests.features.test_focal import of_each_circle, rough

GRID = small_grid(13, 17)
ALL = [
    "mean", "standard_deviation", "range", "gradient", "entropy", "contrast", "homogeneity",
    "correlation",
]  # fmt: skip


def test_a_plane_has_its_gradient_at_every_scale():
    rows, columns = np.mgrid[:30, :30]
    plane = made.layer(1000 + 3.0 * columns - 4.0 * rows, small_grid(30, 30), units="nT")
    for radius in (100, 250, 700):
        found = values(focal_gradient(plane, radius=radius))[9:-9, 9:-9]
        np.testing.assert_allclose(found, 0.05, rtol=1e-4)


def test_it_is_the_central_difference_of_scipys_means():
    field = np.random.default_rng(1).normal(300, 50, (13, 17))
    mean = of_each_circle(np.nanmean, field, (100, 100), 250)
    found = values(focal_gradient(made.layer(field, GRID), radius=250))
    north, east = np.gradient(mean, 100.0)
    np.testing.assert_allclose(found[1:-1, 1:-1], np.hypot(north, east)[1:-1, 1:-1], rtol=1e-4)


def test_a_wide_circle_sees_the_edge_of_the_body_and_not_the_noise():
    rng = np.random.default_rng(3)
    step = np.where(np.arange(60) < 30, 0.0, 10.0) + rng.normal(0, 10, (60, 60))
    found = values(focal_gradient(made.layer(step, small_grid(60, 60)), radius=800))
    inner = found[12:-12].mean(axis=0)
    assert abs(int(inner[12:-12].argmax()) + 12 - 29.5) < 5
    assert inner[26:34].mean() > 2 * inner[12:18].mean()


def test_the_stack_holds_what_each_function_makes():
    source = made.layer(rough(2), GRID, units="nT", long_name="field")
    found = focal_stack(source, radii=[200, 450.5], statistics=ALL, levels=5)
    assert list(found)[:3] == ["mean_200m", "mean_450_5m", "standard_deviation_200m"]
    assert len(found) == 16
    by_itself = {
        "mean_200m": focal.focal_mean(source, radius=200),
        "gradient_450_5m": focal_gradient(source, radius=450.5),
        "entropy_200m": focal.focal_entropy(source, radius=200, levels=5),
        "contrast_200m": focal_texture(source, radius=200, measure="contrast", levels=5),
    }
    for name, layer in by_itself.items():
        np.testing.assert_array_equal(values(found[name]), values(layer))
        assert found[name].attrs == layer.attrs
    contract.check_cube(found, GRID)


@settings(max_examples=10)
@given(st.integers(0, 500), st.integers(100, 1500), st.integers(1, 20))
def test_chunking_changes_nothing(seed, radius, side):
    source = made.layer(rough(seed), GRID)
    whole = values(focal_gradient(source, radius=radius))
    cut = values(focal_gradient(source.chunk({"y": side, "x": side}), radius=radius))
    np.testing.assert_array_equal(cut, whole)


def test_the_unknown_stays_unknown_and_cells_between_two_such():
    field = np.random.default_rng(5).normal(size=(13, 17))
    field[4, 4] = field[4, 6] = field[9, 9] = np.nan
    found = values(focal_gradient(made.layer(field, GRID), radius=350))
    assert np.argwhere(np.isnan(found)).tolist() == [[4, 4], [4, 5], [4, 6], [9, 9]]


def test_lazy_and_says_what_it_is():
    source = made.layer(rough(1), GRID, units="nT", long_name="total field", quality=True)
    found = focal_gradient(source, radius=500)
    assert lazy.is_lazy(found)
    assert found.attrs == {
        "long_name": "gradient of total field within 500 m",
        "units": "nT m-1",
        "quality": 1,
    }


def test_scales_that_make_no_sense_are_refused():
    source = made.layer(rough(1), GRID)
    with pytest.raises(ValueError, match=r"radii must be one or more, each once, got \[\]"):
        focal_stack(source, radii=[], statistics=["mean"])
    with pytest.raises(ValueError, match="statistics must be one or more, each once, got"):
        focal_stack(source, radii=[200], statistics=["mean", "mean"])
    with pytest.raises(ValueError, match="radius is 99 m and reaches no neighbour"):
        focal_gradient(source, radius=99)
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="focal_gradient needs measured values"):
        focal_gradient(classes, radius=300)
