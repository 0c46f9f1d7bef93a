"""
Made data in which each safeguard of validation, if it were off, would move the score.

Turn one off and the test that names it fails: the dead zone (``labels.folds.held_out``), fits
inside the folds (``models.validate.cross_validated``), the dropping of a held-out cluster's
neighbourhood (``labels.holdouts.leave_cluster_out``), and ranks within each fold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from scipy import ndimage
from scipy.spatial import KDTree
from shapely import box

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.labels.folds import fold_of, held_out, random, spatial_blocks
from geoprospect.labels.holdouts import leave_cluster_out, resubstitution
from geoprospect.models import validate
from geoprospect.models.linear import ridge

GRID = GeoBox.from_bbox((0, 0, 8_000, 6_000), crs="EPSG:32648", resolution=100)
AREA = contract.describe(
    contract.on_grid(np.ones(GRID.shape, "float32"), GRID), long_name="area", units="1"
)


class Nearest:
    """The share of deposits among the nearest samples in the space of the layers."""

    def __init__(self, rows: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> None:
        self.tree, self.labels = KDTree(rows), labels

    def scores(self, rows: np.ndarray) -> np.ndarray:
        away, near = self.tree.query(rows, k=9)
        return (self.labels[near] / (away + 1e-3)).sum(axis=1)[None]


def frame_of(
    cells: np.ndarray, deposits: int, groups: np.ndarray | None = None
) -> gpd.GeoDataFrame:
    """Samples at cells, the first of them deposits."""
    rows, columns = np.divmod(cells, GRID.shape[1])
    label = (np.arange(len(cells)) < deposits).astype(int)
    group = np.where(label, np.arange(len(cells)), -1)
    if groups is not None:
        group[:deposits] = groups
    return gpd.GeoDataFrame(
        {"label": label, "group": group, "row": rows, "column": columns},
        geometry=gpd.points_from_xy(100 * columns + 50, 5_950 - 100 * rows), crs=GRID.crs.proj,
    )  # fmt: skip


def smooth(rng: np.random.Generator, width: float) -> np.ndarray:
    made = ndimage.gaussian_filter(rng.normal(size=GRID.shape), width)
    return made / made.std()


def judged(
    layers: np.ndarray, samples: gpd.GeoDataFrame, folds: Folds, fit: Callable, *, own: bool = True
) -> float:
    """Mean AUC of a protocol over layers (layers, y, x), on every cell of the grid."""
    table = layers.reshape(len(layers), -1).T.astype("float32")
    rows = table[samples.row * GRID.shape[1] + samples.column]
    fitted = validate.cross_validated(rows, samples, folds, fit)
    everywhere = frame_of(np.arange(GRID.shape[0] * GRID.shape[1]), 0)
    ground = fold_of(everywhere, folds.blocks, grid=GRID) if own else None
    shown = validate.folds_on_sample(fitted, rows, table, samples, folds, of_cells=ground)
    return validate.judged(folds, [shown])["auc"]["mean"]


def blocks(samples: gpd.GeoDataFrame, dead_zone: float) -> Folds:
    """Blocks of 800 m in four folds."""
    return spatial_blocks(
        samples, grid=GRID, area=AREA, size=800, folds=4, dead_zone=dead_zone, seed=1
    )


# --- the dead zone ---------------------------------------------------------------------------


def deposits_in_patches(seed: int) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Deposits in patches that no layer but the place itself tells of."""
    rng = np.random.default_rng(seed)
    patches = smooth(rng, 4).ravel()
    rich = np.flatnonzero(patches > np.quantile(patches, 0.85))
    deposits = rng.choice(rich, 70, replace=False)
    others = np.setdiff1d(np.arange(patches.size), deposits)
    cells = np.concatenate([deposits, rng.choice(others, 700, replace=False)])
    return np.indices(GRID.shape) / 20.0, frame_of(cells, 70)


def strips(samples: gpd.GeoDataFrame, dead_zone: float) -> Folds:
    """Five strips from north to south, each held out whole."""
    west = 1_600.0 * np.arange(5)
    drawn = gpd.GeoDataFrame(
        {"fold": np.arange(5)}, geometry=box(west, 0, west + 1_600, 6_000), crs=GRID.crs.proj
    )
    return held_out(samples, drawn, grid=GRID, dead_zone=dead_zone)


def test_without_a_dead_zone_the_neighbours_across_a_border_would_tell():
    made = [deposits_in_patches(seed) for seed in range(8)]
    wide, none = (
        np.array([judged(layers, some, strips(some, zone), Nearest) for layers, some in made])
        for zone in (1200, 0)
    )
    assert wide.mean() == pytest.approx(0.5, abs=0.05)
    assert none.mean() > 0.6


def test_random_folds_praise_what_held_out_ground_does_not():
    made = [deposits_in_patches(seed) for seed in range(4)]
    praised = [
        judged(layers, some, random(some, folds=5, seed=1), Nearest, own=False)
        for layers, some in made
    ]
    held = [judged(layers, some, strips(some, 1200), Nearest) for layers, some in made]
    assert np.mean(praised) > 0.8
    assert np.mean(held) < 0.6


# --- fits inside the folds -------------------------------------------------------------------


def chosen(rows: np.ndarray, labels: np.ndarray, count: int = 10) -> np.ndarray:
    """The layers that part deposits from background best, among the rows given."""
    apart = rows[labels == 1].mean(axis=0) - rows[labels == 0].mean(axis=0)
    return np.argsort(-np.abs(apart))[:count]


class Chosen:
    """A ridge on the layers chosen by the rows it is given, or by others."""

    def __init__(self, rows: np.ndarray, labels: np.ndarray, columns: np.ndarray) -> None:
        self.columns = columns
        self.fitted = ridge()(rows[:, columns], labels, labels)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        return self.fitted.scores(rows[:, self.columns])


def test_what_is_selected_outside_the_folds_would_find_deposits_in_pure_noise():
    rng = np.random.default_rng(3)
    layers = rng.normal(size=(600, *GRID.shape))
    inside, outside = [], []
    for seed in range(4):
        cells = np.random.default_rng(seed).choice(4800, 340, replace=False)
        some = frame_of(cells, 40)
        table = layers.reshape(600, -1).T[cells]
        known = chosen(table, some.label.to_numpy())
        folds = blocks(some, 0)
        inside.append(judged(layers, some, folds, lambda r, y, _: Chosen(r, y, chosen(r, y))))
        outside.append(
            judged(layers, some, folds, lambda r, y, _, known=known: Chosen(r, y, known))
        )
    assert np.mean(inside) == pytest.approx(0.5, abs=0.06)
    assert np.mean(outside) > 0.75


def test_learning_from_what_is_tested_would_find_deposits_in_pure_noise():
    rng = np.random.default_rng(4)
    layers = rng.normal(size=(60, *GRID.shape))
    some = frame_of(rng.choice(4800, 340, replace=False), 40)
    assert judged(layers, some, blocks(some, 0), ridge()) == pytest.approx(0.5, abs=0.1)
    assert judged(layers, some, resubstitution(some), ridge(), own=False) > 0.8


# --- the neighbourhood of a held-out cluster -------------------------------------------------


def camps(seed: int) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Camps on one signal, each in ground with a fingerprint of its own, well sampled."""
    rng = np.random.default_rng(seed)
    middle = [(row, column) for row in (10, 30, 50) for column in (12, 32, 52, 70)]
    near = [(row + dr, column + dc) for row, column in middle
            for dr, dc in rng.integers(-3, 4, (4, 2))]  # fmt: skip
    deposits = np.unique([row * GRID.shape[1] + column for row, column in near])
    signal = 0.7 * rng.normal(size=GRID.shape)
    signal.ravel()[deposits] += 2
    layers = np.stack([signal, *(1.5 * smooth(rng, 8) for _ in range(3))])
    others = np.setdiff1d(np.arange(4800), deposits)
    cells = np.concatenate([deposits, rng.choice(others, 1500, replace=False)])
    return layers, frame_of(cells, len(deposits))


def test_a_held_out_camps_neighbourhood_kept_as_background_would_depress_the_score():
    dropped, kept = [], []
    for seed in range(4):
        layers, some = camps(seed)
        folds = leave_cluster_out(
            some, grid=GRID, area=AREA, radius=1000, cluster_distance=900, seed=1
        )
        assert len(folds.training) == 12
        background = (some.label == 0).to_numpy()
        barren = dataclasses.replace(folds, training=folds.training | background)
        dropped.append(judged(layers, some, folds, Nearest, own=False))
        kept.append(judged(layers, some, barren, Nearest, own=False))
    assert np.mean(dropped) > np.mean(kept) + 0.03


# --- ranks within each fold ------------------------------------------------------------------


def test_scores_of_different_folds_are_never_pooled():
    rng = np.random.default_rng(5)
    layers = rng.normal(size=(3, *GRID.shape))
    some = frame_of(rng.choice(4800, 340, replace=False), 40)
    folds = blocks(some, 0)
    plain = judged(layers, some, folds, ridge())
    calls = []

    class Moved:
        """Each fold's scores on a level of its own: no rank within a fold changes."""

        def __init__(self, rows: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> None:
            calls.append(1)
            self.level, self.fitted = 100.0 * len(calls), ridge()(rows, labels, groups)

        def scores(self, rows: np.ndarray) -> np.ndarray:
            return self.fitted.scores(rows) + self.level

    assert judged(layers, some, folds, Moved) == pytest.approx(plain, abs=2e-3)


# --- noise -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_labels_of_pure_noise_score_a_half_by_every_protocol():
    scores: dict[str, list[float]] = {"blocks": [], "random": [], "camps": []}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        layers = np.stack([smooth(rng, 5) for _ in range(5)])
        some = frame_of(rng.choice(4800, 340, replace=False), 40)
        out = leave_cluster_out(
            some, grid=GRID, area=AREA, radius=600, cluster_distance=0, most=15, seed=seed
        )
        scores["blocks"].append(judged(layers, some, blocks(some, 300), ridge()))
        shuffled = random(some, folds=4, seed=seed)
        scores["random"].append(judged(layers, some, shuffled, ridge(), own=False))
        scores["camps"].append(judged(layers, some, out, ridge(), own=False))
    for found in scores.values():
        error = np.std(found, ddof=1) / np.sqrt(len(found))
        assert np.mean(found) == pytest.approx(0.5, abs=3 * error)
        assert error < 0.02


@pytest.mark.slow
def test_intervals_of_pure_noise_hold_a_half_as_often_as_they_say():
    # one model, and deposits it has not seen: only which deposits there are is luck
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        table = rng.normal(size=(4800, 4)).astype("float32")
        some = frame_of(rng.choice(4800, 380, replace=False), 80)
        rows = table[some.row * GRID.shape[1] + some.column]
        tested = np.where(some.label == 1, np.arange(380) % 2 - 1, -1)
        folds = Folds(tested, (tested < 0)[None])
        fitted = validate.cross_validated(rows, some, folds, ridge())
        shown = validate.folds_on_sample(fitted, rows, table, some, folds)
        low, high = validate.judged(folds, [shown], seed=seed)["interval"]["auc"]
        hits += low <= 0.5 <= high
    # nominal 190 of 200, binomial sd 3.1: within three of them
    assert 181 <= hits <= 199
