"""Ranges against fields made with a known one; the size of block that follows, by hand."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.labels.background import uniform
from geoprospect.labels.degradation import degradation
from geoprospect.labels.folds import random, spatial_blocks, tiled
from geoprospect.labels.holdouts import leave_cluster_out
from geoprospect.labels.reach import block_size, effective_ranges

from .conftest import layer

WIDE = GeoBox.from_bbox((0, 0, 30_000, 24_000), crs="EPSG:32648", resolution=100)
AREA = layer(np.ones(WIDE.shape), WIDE)
BREAKS = {1: "till", 2: "basalt"}


@pytest.fixture(autouse=True)
def fewer_cells(monkeypatch):
    """A variogram of 1,500 cells is measured four times as fast as one of 3,000."""
    monkeypatch.setattr("geoprospect.labels.reach.CELLS", 1_500)


def field(seed: int, reach: float, *, stretch: float = 1, model: str = "spherical") -> np.ndarray:
    """A Gaussian field whose correlation is a model's, by the Fourier transform of a torus."""
    height, width = (2 * side for side in WIDE.shape)
    down = 100.0 * np.minimum(np.arange(height), height - np.arange(height))
    right = 100.0 * np.minimum(np.arange(width), width - np.arange(width))
    h = np.hypot(down[:, None], right[None, :] / stretch) / reach
    spherical = np.where(h < 1, 1 - 1.5 * h + 0.5 * h**3, 0)
    power = np.fft.fft2(spherical if model == "spherical" else np.exp(-3 * h)).real.clip(0)
    noise = np.random.default_rng(seed).normal(size=(height, width))
    made = np.fft.ifft2(np.sqrt(power) * np.fft.fft2(noise)).real
    return made[: WIDE.shape[0], : WIDE.shape[1]]


def ranges_of(**layers: np.ndarray) -> pd.DataFrame:
    made = xr.Dataset({name: layer(values, WIDE) for name, values in layers.items()})
    return effective_ranges(made, grid=WIDE, area=AREA, seed=1).set_index("layer")


def table(ranges: list[float], importance: list[float] | None = None) -> pd.DataFrame:
    heard = importance or [1.0] * len(ranges)
    return pd.DataFrame(
        {"range": ranges, "importance": heard, "heard": [weight > 0 for weight in heard]}
    )


def test_ranges_are_those_that_fields_were_made_with():
    near = {f"near{k}": field(k, 2000) for k in range(2)}
    far = {f"far{k}": field(k, 4000) for k in range(2)}
    found = ranges_of(**near, **far)["range"]
    assert found[list(near)].mean() == pytest.approx(2000, rel=0.15)
    assert found[list(far)].mean() == pytest.approx(4000, rel=0.2)


def test_an_exponential_range_is_where_it_comes_to_95_percent():
    found = ranges_of(**{f"e{k}": field(k, 3000, model="exponential") for k in range(2)})
    assert found["range"].mean() == pytest.approx(3000, rel=0.2)
    assert (found["model"] == "exponential").all()


def test_of_a_stretched_field_the_longest_range_counts():
    found = ranges_of(striped=field(3, 1500, stretch=3)).loc["striped"]
    assert found["range"] == pytest.approx(4500, rel=0.2)
    assert found["ratio"] == pytest.approx(1 / 3, abs=0.1)
    assert found["azimuth"] == pytest.approx(90, abs=8)


def test_the_unit_of_a_layer_does_not_matter():
    values = field(1, 3000)
    found = ranges_of(plain=values, scaled=40 * values - 900)
    assert found.loc["plain", "range"] == pytest.approx(found.loc["scaled", "range"], rel=1e-3)


def test_classes_are_heard_by_the_commonest():
    values = field(2, 3000)
    classes = np.where(values > 0.4, 2.0, 1.0)
    both = xr.Dataset(
        {
            "rock": contract.describe(
                contract.on_grid(classes.astype("float32"), WIDE),
                long_name="rock", units="1", meanings=BREAKS,
            ),
            "till": layer(classes == 1, WIDE),
        }
    )  # fmt: skip
    found = effective_ranges(both, grid=WIDE, area=AREA, seed=1).set_index("layer")
    assert found.loc["rock", "range"] == pytest.approx(found.loc["till", "range"])
    assert 1000 < found.loc["rock", "range"] < 4000


def test_a_trend_is_unbounded_and_a_constant_layer_has_no_range_and_both_are_said(caplog):
    rows = np.indices(WIDE.shape)[0].astype(float)
    hardly = np.full(WIDE.shape, np.nan)
    hardly[:3, :3] = field(1, 3000)[:3, :3]
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        found = ranges_of(trend=rows, flat=np.ones(WIDE.shape), hardly=hardly)
    assert not found.loc["trend", "bounded"]
    assert found.loc[["flat", "hardly"], "range"].isna().all()
    assert not found.loc[["flat", "hardly"], "heard"].any()
    assert "layer trend still changes at 19209 m" in caplog.text
    assert "layer flat is constant or hardly known; it has no say" in caplog.text
    assert "layer hardly is constant or hardly known" in caplog.text


def test_only_layers_that_carry_the_model_are_heard():
    made = xr.Dataset(dict.fromkeys("abcd", layer(field(1, 2500), WIDE)))
    told = effective_ranges(
        made, grid=WIDE, area=AREA, importance={"a": 5, "b": 1, "c": 30, "d": 14}, seed=1
    )
    np.testing.assert_allclose(told["importance"], [0.1, 0.02, 0.6, 0.28])
    assert told.loc[told["heard"], "layer"].tolist() == ["c", "d"]
    with pytest.raises(DataError, match=r"no layer of the cube has any importance; .* names z"):
        effective_ranges(made[["a"]], grid=WIDE, area=AREA, importance={"z": 1.0}, seed=1)


def test_cutting_the_layers_changes_nothing():
    made = xr.Dataset({"a": layer(field(4, 2500), WIDE)})
    whole = effective_ranges(made, grid=WIDE, area=AREA, seed=1)
    with lazy.cut(64):
        cut = lazy.chunked(made)
        pd.testing.assert_frame_equal(effective_ranges(cut, grid=WIDE, area=AREA, seed=1), whole)


def size_of(ranges: pd.DataFrame, **more: float) -> float:
    return block_size(ranges, grid=WIDE, area=AREA, **more)


def test_the_size_is_the_weighted_median_of_those_heard():
    assert size_of(table([1000, 2000, 5000])) == 2000
    assert size_of(table([1000, 2000, 5000], [1, 1, 3])) == 5000
    assert size_of(table([1000, 2000, 5000], [0, 2, 1])) == 2000
    assert size_of(table([np.nan, 2000, np.nan])) == 2000


def test_the_size_is_cut_to_what_the_grid_and_the_area_allow_and_that_is_said(caplog):
    assert size_of(table([120])) == 500  # five cells
    assert size_of(table([1000]), floor=3000) == 3000
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        assert size_of(table([19_000])) == 6000  # a quarter of 24 km
        assert "blocks of 19000 m are wanted and the study area allows 6000 m" in caplog.text
        caplog.clear()
        assert size_of(table([6_300])) == 6000
    assert caplog.text == ""


def test_the_sides_are_those_of_the_study_area_not_of_the_grid():
    values = np.full(WIDE.shape, np.nan)
    values[100:180, 40:240] = 1
    assert block_size(table([19_000]), grid=WIDE, area=layer(values, WIDE)) == 2000


def test_without_a_range_there_is_no_size():
    with pytest.raises(DataError, match="no evidence layer has a range to make blocks of"):
        size_of(table([np.nan]))


# --- protocols that take it -------------------------------------------------------------------


@pytest.fixture
def samples(deposits, grid, area, exclusions):
    return uniform(
        deposits, grid=grid, area=area, exclusions=exclusions, count=400, cluster_distance=500,
        seed=1,
    )  # fmt: skip


def test_auto_is_the_size_that_the_ranges_give_and_they_are_kept(samples, grid, area):
    given = {"grid": grid, "area": area, "seed": 4}
    ranges = table([740.0])
    stated = spatial_blocks(samples, **given, size=740, dead_zone=100)
    found = spatial_blocks(samples, ranges, **given, size="auto", dead_zone=100)
    assert found.blocks.equals(stated.blocks)
    assert (found.size, stated.size) == (740, 740)
    assert found.ranges is ranges
    assert stated.ranges is None
    wide = spatial_blocks(samples, ranges, **given, size="auto", dead_zone=400)
    assert wide.size == 800
    camps = leave_cluster_out(samples, ranges, **given, radius="auto", cluster_distance=500)
    assert camps.size == 740
    with pytest.raises(ValueError, match="size is auto, and no ranges are given"):
        spatial_blocks(samples, **given, size="auto", dead_zone=100)


def test_a_sweep_has_random_folds_and_blocks_of_every_size(samples, grid, area):
    given = {"grid": grid, "area": area, "seed": 4}
    swept = degradation(samples, **given, size=600, folds=3, dead_zone=100, tilings=2)
    assert swept.judged == "sweep"
    told = [(way.label, way.size) for way in (swept, *swept.further)]
    assert told == [
        ("random", 0), *[("L/2", 300)] * 2, *[("L", 600)] * 2, *[("2L", 1200)] * 2,
        *[("4L", 2400)] * 2,
    ]  # fmt: skip
    np.testing.assert_array_equal(swept.of_samples, random(samples, folds=3, seed=4).of_samples)
    alone = tiled(samples, **given, size=1200, folds=3, dead_zone=100, tilings=2, offsets=20)
    for way, same in zip(swept.further[4:6], alone, strict=True):
        np.testing.assert_array_equal(way.training, same.training)
        np.testing.assert_array_equal(way.of_samples, same.of_samples)
    assert all(way.blocks is None for way in swept.further)


def test_a_sweep_ends_where_blocks_hold_all_deposits(samples, grid, area, caplog):
    given = {"grid": grid, "area": area, "seed": 4, "folds": 2, "dead_zone": 0, "offsets": 1}
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        swept = degradation(samples, **given, size=5_000)
    assert [way.label for way in swept.further] == ["L/2", "L", "2L"]
    assert "blocks of 4L, 20000 m, hold all deposits in one; the curve ends before" in caplog.text
    with pytest.raises(ValueError, match="fall into one block"):
        degradation(samples, **given, size=40_000)
