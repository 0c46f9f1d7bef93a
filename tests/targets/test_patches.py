"""What a target may look like, held against exact geometry."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from scipy import ndimage
from shapely.geometry import MultiPolygon, box

from geoprospect import contract, lazy
from geoprospect.targets.extract import top_fraction
from geoprospect.targets.fixed import fixed_threshold
from geoprospect.targets.patches import Shape

LEFT, TOP = 500_000, 3_004_000


def cells(row, column, height, width):
    """The ground of a block of cells."""
    return box(
        LEFT + 100 * column, TOP - 100 * (row + height), LEFT + 100 * (column + width),
        TOP - 100 * row,
    )  # fmt: skip


def made(grid, layer, values, **shape):
    given = {"threshold": 0.5, "minimum_area": 0.0, "smoothing": 0.0} | shape
    return fixed_threshold(layer(values), grid=grid, exclusions=layer(0), **given)


def scored(grid, *blocks):
    values = np.zeros(grid.shape)
    for row, column, height, width in blocks:
        values[row : row + height, column : column + width] = 1
    return values


def test_groups_no_farther_apart_than_the_gap_are_one_target(grid, layer):
    values = scored(grid, (2, 2, 3, 3), (2, 7, 3, 3), (20, 30, 4, 4))  # 200 m apart
    apart = made(grid, layer, values, gap=199)
    assert len(apart) == 3
    both, other = made(grid, layer, values, gap=200).geometry
    assert isinstance(both, MultiPolygon)
    assert both.equals(cells(2, 2, 3, 3) | cells(2, 7, 3, 3)), "the ground between is not in it"
    assert other.equals(cells(20, 30, 4, 4))


def test_a_gap_is_measured_aslant_between_corners(grid, layer):
    values = scored(grid, (2, 2, 3, 3), (8, 9, 2, 2))  # 300 m down, 400 m across
    assert len(made(grid, layer, values, gap=499)) == 2
    assert len(made(grid, layer, values, gap=500)) == 1


def test_a_merged_target_counts_as_a_whole_for_its_least_area(grid, layer, caplog):
    values = scored(grid, (2, 2, 2, 2), (2, 5, 2, 2), (20, 30, 2, 2))
    with caplog.at_level(logging.INFO, "geoprospect.targets"):
        (only,) = made(grid, layer, values, gap=100, minimum_area=0.08)["area_km2"]
    assert only == pytest.approx(0.08)
    assert "1 of 2 patches are below minimum_area" in caplog.text


def test_what_would_be_too_large_stays_apart(grid, layer, caplog):
    values = scored(grid, (2, 2, 3, 3), (2, 6, 3, 3))
    with caplog.at_level(logging.INFO, "geoprospect.targets"):
        assert len(made(grid, layer, values, gap=100, maximum_area=0.17)) == 2
    assert "1 targets stay in parts" in caplog.text
    assert len(made(grid, layer, values, gap=100, maximum_area=0.18)) == 1


def test_too_large_a_group_is_cut_into_equal_pieces_that_cover_it(grid, layer):
    values = scored(grid, (5, 3, 2, 24))  # 0.48 km2
    found = made(grid, layer, values, maximum_area=0.16)
    assert found["area_km2"].tolist() == pytest.approx([0.16] * 3)
    assert shapely.union_all(found.geometry).equals(cells(5, 3, 2, 24))
    assert found["id"].tolist() == [1, 2, 3]
    assert not found.sindex.query(found.geometry, predicate="overlaps").size


def test_an_elongated_group_is_cut_across_its_structure(grid, layer):
    long = scored(grid, (5, 3, 1, 30))
    found = made(grid, layer, long, elongation=10)
    assert [one.bounds[0] for one in found.geometry] == [LEFT + 300, LEFT + 1300, LEFT + 2300]
    assert found["area_km2"].tolist() == pytest.approx([0.1] * 3)
    assert len(made(grid, layer, long, elongation=30)) == 1
    assert len(made(grid, layer, long, elongation=10, minimum_area=0.15)) == 2


def test_a_cut_follows_a_structure_that_bends(grid, layer):
    hook = scored(grid, (5, 3, 1, 20), (5, 22, 21, 1))  # east, then south: 40 cells
    one, other = made(grid, layer, hook, elongation=22).geometry
    assert one.equals(cells(5, 3, 1, 20)) or other.equals(cells(5, 3, 1, 20))
    assert one.area == other.area == 20e4


def test_a_round_group_is_not_cut(grid, layer):
    rows, columns = np.mgrid[:40, :60]
    disc = ((rows - 20) ** 2 + (columns - 30) ** 2 <= 12**2).astype(float)
    assert len(made(grid, layer, disc, elongation=2)) == 1


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 0.4), side=st.integers(7, 60))
def test_cut_smoothed_targets_neither_overlap_nor_lose_ground(seed, share, side):
    grid = GeoBox.from_bbox((LEFT, TOP - 4000, LEFT + 6000, TOP), crs="EPSG:32648", resolution=100)
    rough = np.random.default_rng(seed).random(grid.shape)
    scores = ndimage.gaussian_filter(rough, 0.5 + seed % 3).astype("float32")
    map_ = contract.describe(contract.on_grid(scores, grid), long_name="score", units="1")
    none = map_.copy(data=np.zeros_like(scores))
    given_ = {"grid": grid, "exclusions": none, "fraction": share, "minimum_area": 0.05}
    with lazy.cut(side):
        whole = top_fraction(map_, **given_)
        pieces = top_fraction(map_, **given_, elongation=3, maximum_area=0.6)
    assert len(pieces) >= len(whole)
    assert pieces.area.sum() == pytest.approx(whole.area.sum(), rel=1e-9)
    assert shapely.is_valid(pieces.geometry.to_numpy()).all()
    one, other = pieces.sindex.query(pieces.geometry, predicate="intersects")
    met = shapely.intersection(
        pieces.geometry.to_numpy()[one[one < other]], pieces.geometry.to_numpy()[other[one < other]]
    )
    assert shapely.area(met).sum() < 1e-3


def test_chunking_changes_nothing(grid, layer):
    rough = np.random.default_rng(8).random(grid.shape)
    scores = layer(ndimage.gaussian_filter(rough, 1.2))
    settings_ = {
        "grid": grid, "exclusions": layer(0), "fraction": 0.2, "minimum_area": 0.05, "gap": 150,
        "elongation": 3, "maximum_area": 1.0,
    }  # fmt: skip
    whole = top_fraction(scores, **settings_)
    with lazy.cut(7):
        assert whole.equals(top_fraction(scores, **settings_))
    assert (whole.geom_type == "MultiPolygon").any()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"maximum_area": -1}, "maximum_area must be positive, got -1 km2"),
        ({"maximum_area": 0.3}, "maximum_area must be twice minimum_area or more"),
        ({"gap": -1}, "gap must not be negative, got -1 m"),
        ({"elongation": 1.5}, "elongation must be 2 or more, got 1.5"),
    ],
)
def test_shapes_that_cannot_be_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Shape(0.2, **setting)
