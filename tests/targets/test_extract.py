from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from scipy import ndimage
from shapely.geometry import box

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.kernels import runs
from geoprospect.registry import TARGETS
from geoprospect.targets import outline
from geoprospect.targets.extract import threshold_of, top_fraction


def hills(seed: int, shape=(40, 60), width=2.0):
    rough = np.random.default_rng(seed).random(shape)
    return ndimage.gaussian_filter(rough, width).astype("float32")


def test_it_is_found_by_name():
    assert TARGETS["top_fraction"] is top_fraction


@given(
    scores=st.lists(st.integers(0, 30), min_size=1, max_size=200),
    fraction=st.floats(0.01, 1),
)
def test_the_threshold_is_the_highest_score_that_the_fraction_reaches(scores, fraction):
    values = np.array(scores, "float32")
    threshold = threshold_of(xr.DataArray(values[None], dims=("y", "x")), fraction)
    wanted = fraction * len(scores) - 1e-9
    assert threshold in scores
    assert (values >= threshold).sum() >= wanted
    assert (values > threshold).sum() < wanted


def test_targets_hold_the_fraction_of_the_open_ground(grid, layer):
    scores = hills(0)
    scores[:, :7] = np.nan
    blocked = np.zeros(grid.shape)
    blocked[:20, 20:40] = 1
    open_cells = np.count_nonzero(~np.isnan(scores) & (blocked == 0))
    targets = top_fraction(
        layer(scores),
        grid=grid,
        exclusions=layer(blocked),
        fraction=0.1,
        minimum_area=0,
        smoothing=0,
    )
    assert targets.area.sum() / 1e4 == np.ceil(0.1 * open_cells)
    assert not targets.intersects(box(502_000, 3_002_000, 504_000, 3_004_000).buffer(-1)).any()
    assert targets.crs == grid.crs.proj


def test_a_target_lies_where_the_map_is_high(grid, layer):
    scores = np.zeros(grid.shape)
    scores[3:6, 10:14] = 0.9
    (only,) = top_fraction(
        layer(scores),
        grid=grid,
        exclusions=layer(0),
        fraction=12 / 2400,
        minimum_area=0.01,
        smoothing=0,
    ).geometry
    assert only.equals(box(501_000, 3_003_400, 501_400, 3_003_700))


def test_small_patches_are_dropped_and_counted(grid, layer, caplog):
    scores = np.zeros(grid.shape)
    scores[3:6, 10:14] = scores[20, 20] = scores[30, 30:33] = 1
    with caplog.at_level(logging.INFO, "geoprospect.targets"):
        targets = top_fraction(
            layer(scores),
            grid=grid,
            exclusions=layer(0),
            fraction=16 / 2400,
            minimum_area=0.03,
            smoothing=0,
        )
    assert targets["area_km2"].tolist() == pytest.approx([0.12, 0.03])
    assert targets["id"].tolist() == [1, 2]
    assert "1 of 3 patches are below minimum_area" in caplog.text


def test_cells_that_touch_at_a_corner_are_two_targets(grid, layer):
    scores = np.zeros(grid.shape)
    scores[5:8, 5:8] = scores[8:11, 8:11] = 1
    targets = top_fraction(
        layer(scores), grid=grid, exclusions=layer(0), fraction=18 / 2400, minimum_area=0
    )
    assert len(targets) == 2
    assert targets.geometry.iloc[0].disjoint(targets.geometry.iloc[1])


@given(seed=st.integers(0, 10**6), width=st.floats(0, 4), share=st.floats(0.02, 0.6))
def test_smoothing_keeps_area_validity_and_distance(seed, width, share):
    scores = hills(seed, width=0.3 + seed % 4)
    labels, _ = ndimage.label(scores >= np.quantile(scores, 1 - share), output=np.int32)
    cells = [outline.of_runs(runs.of_block(labels == n, 0, 0)) for n in range(1, labels.max() + 1)]
    drawn = outline.smooth(cells, width)
    counts = np.bincount(labels.ravel())[1:]
    rings = np.array([1 + len(outline.interiors) for outline in cells])
    assert shapely.is_valid(drawn).all()
    assert (abs(shapely.area(drawn) - counts) <= 0.01 * counts + 0.25 * rings).all()
    overlaps = shapely.STRtree(drawn).query(drawn, predicate="overlaps")
    assert overlaps.size == 0


def test_smoothing_straightens_a_staircase():
    rows, columns = np.mgrid[:60, :60]
    chosen = (columns > 5) & (rows > 5) & (columns + 2 * rows < 130)
    cells = outline.of_runs(runs.of_block(chosen, 0, 0))
    (drawn,) = outline.smooth([cells], 2.0)
    straight = shapely.Polygon([(6, 6), (59, 6), (60, 35), (12, 59.0), (6, 60)])
    assert drawn.length < 0.9 * cells.length
    assert drawn.length == pytest.approx(straight.length, rel=0.06)


def test_no_patch_large_enough_is_said(grid, layer, caplog):
    targets = top_fraction(
        layer(hills(3)), grid=grid, exclusions=layer(0), fraction=0.02, minimum_area=20
    )
    assert len(targets) == 0
    assert targets.crs == grid.crs.proj
    assert "there are no targets; lower minimum_area" in caplog.text


def test_a_plateau_is_told(grid, layer, caplog):
    targets = top_fraction(
        layer(0.5), grid=grid, exclusions=layer(0), fraction=0.02, minimum_area=1, smoothing=0
    )
    assert targets["area_km2"].sum() == pytest.approx(24)
    assert "Many cells share the score 0.5" in caplog.text


def test_chunking_changes_nothing(grid, layer):
    scores, none = layer(hills(5)), layer(0)
    settings = {"grid": grid, "fraction": 0.1, "minimum_area": 0.05}
    whole = top_fraction(scores, exclusions=none, **settings)
    with lazy.cut(7):
        pieces = top_fraction(
            scores.chunk({"y": 7, "x": 11}), exclusions=none.chunk(13), **settings
        )
    assert len(whole) > 3
    assert whole.equals(pieces)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), share=st.floats(0.02, 0.6), side=st.integers(5, 70))
def test_targets_are_the_groups_that_scipy_labels(seed, share, side):
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    scores = hills(seed, width=0.3 + seed % 4)
    none = contract.describe(contract.on_grid(0 * scores, grid), long_name="none", units="1")
    with lazy.cut(side):
        targets = top_fraction(
            none.copy(data=scores), grid=grid, exclusions=none, fraction=share, minimum_area=0.02,
            smoothing=0,
        )  # fmt: skip
    labels, count = ndimage.label(scores >= targets["threshold"].iloc[0])
    sizes = np.bincount(labels.ravel())[1:]
    drawn = rasterize(
        zip(targets.geometry, range(1, len(targets) + 1), strict=True), grid.shape,
        transform=grid.affine,
    )  # fmt: skip
    kept = [n for n in range(1, count + 1) if sizes[n - 1] >= 2]
    expected = np.select([labels == n for n in kept], list(range(1, len(kept) + 1)), 0)
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"fraction": 0.0}, r"fraction must lie in \(0, 1\], got 0.0"),
        ({"fraction": 2}, r"fraction must lie in \(0, 1\], got 2"),
        ({"minimum_area": -1}, "minimum_area must not be negative, got -1 km2"),
        ({"smoothing": -5}, "smoothing must not be negative, got -5 m"),
    ],
)
def test_settings_out_of_range_are_refused(grid, layer, setting, message):
    settings = {"fraction": 0.1, "minimum_area": 0.1} | setting
    with pytest.raises(ValueError, match=message):
        top_fraction(layer(hills(1)), grid=grid, exclusions=layer(0), **settings)


def test_nothing_to_choose_from_is_refused(grid, layer):
    with pytest.raises(DataError, match="no cell has a score outside the exclusions"):
        top_fraction(
            layer(hills(1)), grid=grid, exclusions=layer(1), fraction=0.1, minimum_area=0.1
        )


def test_a_map_on_another_grid_is_refused(grid, layer):
    other = contract.describe(
        contract.on_grid(np.zeros((4, 4), "float32"), grid[:4, :4]), long_name="score", units="1"
    )
    with pytest.raises(ContractError, match="'prospectivity' breaks the data contract"):
        top_fraction(other, grid=grid, exclusions=layer(0), fraction=0.1, minimum_area=0.1)


@pytest.mark.parametrize("turn", [1, -1])
def test_averaging_along_a_ring_keeps_its_area_either_way_round(turn):
    corners = np.array([0, 20, 20 + 15j, 15j])[::turn]
    steps = [
        a + (b - a) * np.arange(n) / n
        for a, b in zip(corners, np.roll(corners, -1), strict=True)
        for n in [round(abs(b - a))]
    ]
    drawn = outline.averaged(np.concatenate(steps), 2.0)
    area = shapely.Polygon(np.column_stack([drawn.real, drawn.imag])).area
    assert area == pytest.approx(300, abs=0.5)
    assert abs(drawn - corners[:, None]).min() > 0.5
