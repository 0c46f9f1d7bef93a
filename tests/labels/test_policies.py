"""Where background is drawn by each policy, held against brute force over all cells."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import chisquare
from shapely.geometry import LineString, Point, box

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.labels.background import buffered, uniform
from geoprospect.labels.drawing import drawn_by_weight
from geoprospect.labels.effort import target_group
from geoprospect.labels.geology import geological
from geoprospect.labels.likely_negatives import dissimilar
from geoprospect.labels.mapped import mapped
from geoprospect.registry import LABELS

from .conftest import layer, points


@pytest.fixture
def given_to_all(grid, area, exclusions):
    return {"grid": grid, "area": area, "exclusions": exclusions, "cluster_distance": 500}


@pytest.fixture
def effort(grid):
    spots = np.random.default_rng(8).uniform((500_500, 3_001_200), (503_000, 3_003_500), (25, 2))
    return points([tuple(spot) for spot in spots], grid)


@pytest.fixture
def rocks(grid):
    _, columns = np.indices(grid.shape)
    made = contract.on_grid(((columns // 15) + 1).astype("float32"), grid)
    texts = {1: "granite", 2: "basalt", 3: "shale", 4: "gneiss"}
    return contract.describe(made, long_name="rock", units="1", meanings=texts)


def background(samples):
    return samples[samples.label == 0]


def cells(frame):
    return set(zip(frame.row, frame.column, strict=True))


def open_cells(deposits, given_to_all):
    """All cells that a plain even draw could take."""
    return background(uniform(deposits, **given_to_all, count=100_000, seed=1))


# --- by effort ------------------------------------------------------------------------------


def test_a_cells_chance_is_proportional_to_the_density_of_effort(deposits, effort, given_to_all):
    everywhere = open_cells(deposits, given_to_all)
    where = everywhere.geometry.get_coordinates().to_numpy()
    away = cdist(where, effort.geometry.get_coordinates().to_numpy()) / 900
    density = np.where(away < 1, (1 - away**2) ** 2, 0).sum(axis=1)
    chance = dict(zip(cells(everywhere), [0.0] * len(everywhere), strict=True))
    chance |= dict(zip(zip(everywhere.row, everywhere.column, strict=True), density, strict=True))
    hits = dict.fromkeys(chance, 0)
    for seed in range(120):
        drawn = background(
            target_group(deposits, effort, **given_to_all, count=1, bandwidth=900, seed=seed)
        )
        hits[(drawn.row.iloc[0], drawn.column.iloc[0])] += 1
    order = sorted(chance, key=chance.__getitem__)
    expected = np.array([chance[cell] for cell in order])
    seen = np.array([hits[cell] for cell in order])
    assert seen[expected == 0].sum() == 0
    parts = np.searchsorted(np.cumsum(expected) / expected.sum(), np.linspace(0, 1, 9)[1:-1])
    observed = [part.sum() for part in np.split(seen, parts)]
    wanted = np.array([part.sum() for part in np.split(expected, parts)])
    assert chisquare(observed, wanted / wanted.sum() * 120).pvalue > 0.001


def test_all_cells_near_effort_are_taken_where_they_are_too_few(
    deposits, effort, given_to_all, caplog
):
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        samples = target_group(
            deposits, effort, **given_to_all, count=100_000, bandwidth=400, seed=1
        )
    everywhere = open_cells(deposits, given_to_all)
    spots = effort.geometry.get_coordinates().to_numpy()
    near = cdist(everywhere.geometry.get_coordinates().to_numpy(), spots).min(axis=1) < 400
    assert cells(background(samples)) == cells(everywhere[near])
    assert (samples.policy == "target_group").all()
    assert "100000 were asked for" in caplog.text
    assert "by the density of 25 points of effort within 400 m" in caplog.text


def test_without_effort_there_is_no_background(deposits, effort, given_to_all, grid):
    with pytest.raises(DataError, match="no points to tell where people have looked"):
        target_group(deposits, effort[:0], **given_to_all, count=9, bandwidth=400, seed=1)
    far = points([(900_000, 3_900_000)], grid)
    with pytest.raises(DataError, match="none lies within the bandwidth of a point of effort"):
        target_group(deposits, far, **given_to_all, count=9, bandwidth=400, seed=1)
    with pytest.raises(ValueError, match="bandwidth must be positive, got -1 m"):
        target_group(deposits, effort, **given_to_all, count=9, bandwidth=-1, seed=1)
    with pytest.raises(ContractError, match="the table of exploration effort is in EPSG:4326"):
        target_group(deposits, effort.to_crs(4326), **given_to_all, count=9, bandwidth=400, seed=1)


def test_a_draw_by_weight_takes_each_cell_once_and_the_heaviest_mostly(grid, area):
    def heavy(where, block):
        rows = np.arange(where[0].start, where[0].stop)[:, None]
        return np.where(np.isnan(block), 0.0, np.where(rows < 20, 50.0, 1.0))

    drawn = drawn_by_weight(heavy, area, grid=grid, count=700, seed=1)
    assert len(drawn) == 700
    assert not drawn.duplicated(["row", "column"]).any()
    assert (drawn.row < 20).mean() > 0.9
    assert not np.isnan(area.to_numpy()[drawn.row, drawn.column]).any()


# --- by geology -----------------------------------------------------------------------------


def test_background_lies_inside_the_polygons_stated_as_barren(deposits, given_to_all, caplog):
    shapes = [box(500_030, 3_001_130, 502_210, 3_002_840), Point(504_500, 3_002_000).buffer(777)]
    barren = gpd.GeoDataFrame(geometry=shapes, crs=deposits.crs)
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        samples = geological(deposits, barren, **given_to_all, count=100_000, seed=1)
    everywhere = open_cells(deposits, given_to_all)
    inside = everywhere[[any(s.contains(p) for s in shapes) for p in everywhere.geometry]]
    assert cells(background(samples)) == cells(inside)
    held = samples[samples.label == 1]
    count = sum(any(s.contains(p) for s in shapes) for p in held.geometry)
    assert f"{count} of {len(held)} deposits lie on ground stated as barren" in caplog.text
    assert (samples.policy == "geological").all()


def test_sites_of_other_types_are_background_cell_by_cell(deposits, given_to_all):
    holes = [Point(500_777, 3_002_222), LineString([(503_010, 3_001_510), (503_090, 3_001_590)])]
    barren = gpd.GeoDataFrame(geometry=holes, crs=deposits.crs)
    drawn = background(geological(deposits, barren, **given_to_all, count=9, seed=1))
    assert cells(drawn) == {(17, 7), (24, 30)}


def test_classes_of_a_layer_are_background(deposits, rocks, given_to_all):
    samples = geological(
        deposits, rocks, **given_to_all, count=100_000, classes=["basalt", "gneiss"], seed=1
    )
    everywhere = open_cells(deposits, given_to_all)
    expected = everywhere[everywhere.column.floordiv(15).isin([1, 3])]
    assert cells(background(samples)) == cells(expected)


def test_labels_that_contradict_are_refused_by_name(deposits, given_to_all):
    at = deposits.geometry.iloc[4]
    barren = gpd.GeoDataFrame(
        {"name": ["DDH-12", "DDH-13"]},
        geometry=[Point(at.x + 1, at.y), Point(500_777, 3_002_222)],
        crs=deposits.crs,
    )
    with pytest.raises(DataError, match=r"labels contradict: 1 of 2 barren sites .* \(DDH-12\)"):
        geological(deposits, barren, **given_to_all, count=9, seed=1)


def test_classes_that_are_none_are_refused(deposits, rocks, given_to_all, grid):
    with pytest.raises(ValueError, match="no class 'basal'; did you mean 'basalt'"):
        geological(deposits, rocks, **given_to_all, count=9, classes=["basal"], seed=1)
    with pytest.raises(ValueError, match="say which of the layer's are barren: granite, basalt"):
        geological(deposits, rocks, **given_to_all, count=9, seed=1)
    plain = layer(np.zeros(grid.shape), grid)
    with pytest.raises(ValueError, match="the layer of barren ground holds no classes"):
        geological(deposits, plain, **given_to_all, count=9, classes=["basalt"], seed=1)
    with pytest.raises(ValueError, match="barren is a table of shapes"):
        geological(deposits, deposits, **given_to_all, count=9, classes=["basalt"], seed=1)
    with pytest.raises(DataError, match="no ground stated as barren lies inside the study area"):
        geological(deposits, plain, **given_to_all, count=9, seed=1)


# --- by unlikeness ----------------------------------------------------------------------------


@pytest.fixture
def evidence(grid, rocks):
    rng = np.random.default_rng(2)
    rows, columns = np.indices(grid.shape)
    gappy = np.sin(rows / 5) * 100
    gappy[rng.random(grid.shape) < 0.3] = np.nan
    gappy[20:24, 20:30] = np.nan
    return [layer(columns + rng.normal(0, 1, grid.shape), grid), layer(gappy, grid), rocks]


def test_background_is_the_farthest_part_by_every_pair(deposits, evidence, given_to_all, caplog):
    with caplog.at_level(logging.WARNING, "geoprospect.labels"):
        samples = dissimilar(
            deposits, evidence, **given_to_all, count=100_000, farthest=0.3, seed=1
        )
    assert "scores will be optimistic" in caplog.text
    everywhere = open_cells(deposits, given_to_all)
    inside = np.argwhere(~np.isnan(given_to_all["area"].to_numpy()))
    values = np.stack([one.to_numpy() for one in evidence], axis=-1).astype(float)
    area_values = values[tuple(inside.T)]
    shares = np.unique(area_values[:, 2], return_counts=True)[1] / len(area_values)
    scale = [*np.nanstd(area_values[:, :2], axis=0), np.sqrt((1 - (shares**2).sum()) / 2)]
    held = samples[samples.label == 1]
    known = values[held.row, held.column]

    def away(row):
        apart = np.concatenate([known[:, :2] - row[:2], (known[:, 2:] != row[2:]) * 1.0], axis=1)
        return np.sqrt(np.nanmean((apart / scale) ** 2, axis=1)).min()

    limit = np.quantile([away(row) for row in area_values], 0.7)
    far = [
        away(values[r, c]) >= limit for r, c in zip(everywhere.row, everywhere.column, strict=True)
    ]
    assert cells(background(samples)) == cells(everywhere[far])
    assert (samples.policy == "dissimilar").all()


def test_dissimilar_says_that_it_is_optimistic_in_its_first_line():
    assert "optimistic" in LABELS["dissimilar"].__doc__.strip().splitlines()[0]


def test_evidence_that_cannot_tell_is_refused(deposits, evidence, given_to_all, grid):
    with pytest.raises(ValueError, match="farthest must be between 0 and 1, got 1"):
        dissimilar(deposits, evidence, **given_to_all, count=9, farthest=1, seed=1)
    flat = layer(np.ones(grid.shape), grid)
    with pytest.raises(DataError, match="no deposit shares a known layer that varies"):
        dissimilar(deposits, flat, **given_to_all, count=9, farthest=0.3, seed=1)
    spacing = contract.describe(evidence[0], long_name="spacing", units="m", quality=True)
    with pytest.raises(ValueError, match="spacing is about the data, not the ground"):
        dissimilar(deposits, spacing.rename("spacing"), **given_to_all, count=9, farthest=0.3,
                   seed=1)  # fmt: skip


# --- away from deposits -----------------------------------------------------------------------


def test_an_automatic_buffer_is_the_longest_distance_to_a_neighbour(deposits, given_to_all, caplog):
    where = deposits.geometry.get_coordinates().to_numpy()
    away = cdist(where, where)
    np.fill_diagonal(away, np.inf)
    radius = away.min(axis=1).max()
    with caplog.at_level(logging.INFO, "geoprospect.labels"):
        drawn = buffered(deposits, **given_to_all, count=10**6, exclusion="auto", seed=1)
    assert f"background keeps {radius:.0f} m from deposits" in caplog.text
    stated = buffered(deposits, **given_to_all, count=10**6, exclusion=float(radius), seed=1)
    assert drawn.equals(stated)


# --- from a raster ----------------------------------------------------------------------------


@pytest.fixture
def labelled(grid):
    """Two bodies, one of them of two cells that touch at a corner only, and barren ground."""
    values = np.full(grid.shape, np.nan)
    values[12:15, 20:24] = 1
    values[25, 40] = values[26, 41] = 1
    values[1, 1] = 1  # outside the study area
    values[16:38, 5:15] = 0
    return layer(values, grid)


def test_a_raster_gives_its_ones_and_its_noughts(labelled, grid, area, exclusions):
    given = {"grid": grid, "area": area, "exclusions": exclusions}
    samples = mapped(labelled, **given, count=10**6, seed=1)
    held = samples[samples.label == 1]
    assert cells(held) == {(r, c) for r in range(12, 15) for c in range(20, 24)} | {
        (25, 40), (26, 41)
    }  # fmt: skip
    assert held.group.tolist() == [0] * 12 + [1] * 2
    totals = held.groupby("group").weight.sum()
    assert totals[0] == pytest.approx(totals[1])
    assert held.weight.mean() == pytest.approx(1)
    assert cells(background(samples)) == {(r, c) for r in range(16, 30) for c in range(5, 15)}
    assert (background(samples).weight == 1).all()
    assert (samples.policy == "mapped").all()
    apart = mapped(labelled, **given, count=9, cluster_distance=0, seed=1)
    assert apart.group.max() == 13


def test_a_raster_that_holds_something_else_is_refused(labelled, grid, area, exclusions):
    given = {"grid": grid, "area": area, "exclusions": exclusions, "count": 9, "seed": 1}
    with pytest.raises(DataError, match="the raster of labels holds 3; 1 is a deposit, 0 back"):
        mapped(labelled.where(labelled != 0, 3), **given)
    with pytest.raises(DataError, match=r"no cell inside the study area .* is labelled 0"):
        mapped(labelled.where(labelled != 0), **given)
    with pytest.raises(DataError, match="has 0 deposit cells"):
        mapped(labelled.where(labelled != 1), **given)
    with pytest.raises(ContractError, match="not on the target grid"):
        mapped(labelled[1:], **given)


# --- all of them ------------------------------------------------------------------------------


def test_the_seed_decides_and_chunking_does_not(
    deposits, effort, rocks, evidence, labelled, given_to_all
):
    def drawn(seed):
        given = given_to_all | {"count": 40, "seed": seed}
        return [
            target_group(deposits, effort, **given, bandwidth=700),
            geological(deposits, rocks, **given, classes=["basalt"]),
            dissimilar(deposits, evidence, **given, farthest=0.4),
            mapped(labelled, **given),
        ]

    first = drawn(3)
    for side in (7, 16):
        with lazy.cut(side):
            for one, other in zip(first, drawn(3), strict=True):
                assert one.equals(other)
    for one, other in zip(first, drawn(4), strict=True):
        assert not one.equals(other)


def test_the_policies_are_found_by_name():
    assert {"target_group", "geological", "dissimilar", "mapped"} <= set(LABELS)
