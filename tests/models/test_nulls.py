"""Null models: noise is called noise, a place that explains all is said, evidence is believed."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import stats
from scipy.spatial.distance import cdist

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.models import nulls, quick, sceptic
from geoprospect.models.bench import Bench, auc, places

from . import benches


def smooth(where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Waves shorter than the blocks, the same whoever asks."""
    x, y = where.T / 500
    return np.stack([np.sin(x) + np.cos(y) + rng.normal(0, 0.1, len(x)), np.cos(x + y)], axis=1)


def on_crests(seed: int = 0) -> np.ndarray:
    """Deposits one by one where the first layer is high, over the whole ground."""
    rng = np.random.default_rng(70 + seed)
    where = rng.uniform(0, benches.SIDE, (4000, 2))
    return where[np.argsort(-smooth(where, rng)[:, 0])[:60]]


def only_blocks(bench: Bench) -> Bench:
    name = "spatial_blocks"
    return dataclasses.replace(
        bench, folds={name: bench.folds[name]}, of_cells={name: bench.of_cells[name]}
    )


@pytest.fixture(scope="module")
def noisy():
    bench = benches.make(benches.noise(3), ["a", "b", "c"])
    fit = quick.trees(bench.layers, seed=1)
    return bench, fit, benches.full(bench, fit)


@pytest.fixture(scope="module")
def scanned(noisy):
    bench, fit, full = noisy
    return sceptic.scan(bench, fit, full, permutations=39, seed=2)


def test_of_pure_noise_every_null_model_says_so(noisy, scanned):
    for null in scanned["models"].values():
        for told in null["protocols"].values():
            assert told["verdict"] != nulls.BEATEN
    assert scanned["permutation"]["p"] > 0.05
    assert scanned["leaks"] == []
    assert all(said["alarming"] for said in scanned["verdicts"])
    assert any("no better than chance" in said["text"] for said in scanned["verdicts"])


def test_clustered_deposits_are_found_at_random_by_place_alone(scanned):
    at_random = scanned["models"]["coordinates_trees"]["protocols"]["random"]
    assert at_random["auc"] > 0.85
    assert at_random["difference"] < -0.2


def test_the_scan_is_ready_for_json_and_the_same_for_the_same_seed(noisy, scanned):
    assert json.loads(json.dumps(scanned, allow_nan=False)) == scanned
    bench, _, full = noisy
    assert nulls.null_models(bench, full, seed=2) == scanned["models"]


def test_evidence_that_carries_over_beats_where_it_is():
    bench = only_blocks(benches.make(smooth, ["crest", "other"], deposits=on_crests()))
    full = benches.full(bench, quick.trees(bench.layers, seed=1))
    found = nulls.null_models(bench, full, seed=2)
    for null in found.values():
        told = null["protocols"]["spatial_blocks"]
        assert told["verdict"] == nulls.BEATEN
        assert told["full"] == pytest.approx(full["spatial_blocks"]["auc"]["mean"])
        assert told["difference"] > 0.05


def test_where_people_looked_explains_deposits_that_lie_nowhere_else():
    rng = np.random.default_rng(4)
    roads = rng.uniform(0, benches.SIDE, (25, 2))
    deposits = (roads + rng.normal(0, 150, (3, *roads.shape))).reshape(-1, 2)
    bench = only_blocks(benches.make(benches.noise(2), ["a", "b"], deposits=deposits))
    full = benches.full(bench, quick.trees(bench.layers, seed=1))
    points = benches.frame(roads)
    effort = nulls.effort_of(bench, points, bandwidth=1500)
    told = nulls.null_models(bench, full, effort=effort, seed=2)["effort"]
    assert told["protocols"]["spatial_blocks"]["auc"] > 0.9
    assert told["protocols"]["spatial_blocks"]["verdict"] == nulls.AS_GOOD


def test_effort_is_distance_and_quartic_density_as_by_hand(noisy):
    bench, _, _ = noisy
    spots = np.array([(1000.0, 1000.0), (1600.0, 1000.0), (19_000.0, 2000.0)])
    names, rows, of_cells = nulls.effort_of(bench, benches.frame(spots), bandwidth=2000)
    assert names == ["distance_to_effort", "density_of_effort"]
    for frame, found in ((bench.samples, rows), (bench.cells, of_cells)):
        away = cdist(frame.geometry.get_coordinates().to_numpy(), spots)
        kernel = np.where(away < 2000, (1 - (away / 2000) ** 2) ** 2, 0).sum(axis=1)
        np.testing.assert_allclose(found[:, 0], away.min(axis=1), rtol=1e-6)
        np.testing.assert_allclose(found[:, 1], 3 * kernel / (np.pi * 2**2), rtol=1e-5)


def test_whatever_is_given_is_tried_and_told_in_a_sentence(noisy):
    bench, fit, full = noisy
    grid = GeoBox.from_bbox((0, 0, benches.SIDE, benches.SIDE), crs="EPSG:32648", resolution=200)
    x, y = bench.samples.geometry.x // 200, bench.samples.geometry.y // 200
    placed = bench.samples.assign(row=99 - y.astype(int), column=x.astype(int), weight=1.0)
    score = np.random.default_rng(3).random(grid.shape).astype("float32")
    cells = bench.cells.geometry.get_coordinates().to_numpy()
    survey = (benches.block_of(cells) % 3).astype("float32")[:, None]
    found = sceptic.scan(
        only_blocks(dataclasses.replace(bench, samples=placed)),
        fit,
        full,
        out_of_fold=xr.Dataset({"score": contract.on_grid(score, grid)}),
        effort=nulls.effort_of(bench, bench.cells[:9], bandwidth=2000),
        quality=(["survey"], survey, ["survey"]),
        blocks_of_cells=benches.block_of(cells),
        permutations=2,
        shifted=19,
        seed=1,
    )
    assert list(found["models"]) == list(nulls.KNOWING)
    assert found["shift"]["p"] > 0.05
    assert found["quality"]["layers"] == ["survey"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    told = [said["text"] for said in found["verdicts"]]
    assert len(told) == 6
    for start in ("A model that knows only where people", "Deposits shifted as", "The way data"):
        assert any(text.startswith(start) for text in told)


def fold(number: int, score: float | None, tiling: int | None = None) -> dict:
    return {"fold": number, "auc": score} | ({} if tiling is None else {"tiling": tiling})


@pytest.mark.parametrize(
    ("mine", "verdict"),
    [
        ([0.70, 0.70, 0.70], nulls.AS_GOOD),
        ([0.72, 0.70, 0.73], nulls.AS_GOOD),
        ([0.76, 0.75, 0.77], nulls.BEATEN),
        ([0.99, 0.60, 0.70], nulls.UNCLEAR),
    ],
)
def test_the_verdict_looks_at_the_differences_fold_by_fold(mine, verdict):
    null = {"folds": [fold(n, 0.70) for n in range(3)]}
    full = {"folds": [fold(n, score, 0) for n, score in enumerate(mine)] + [fold(0, 0.1, 1)]}
    told = nulls._compared(full, null)
    gaps = np.array(mine) - 0.70
    assert told["difference"] == pytest.approx(gaps.mean())
    assert told["verdict"] == verdict
    beyond = stats.ttest_1samp(gaps, 0, alternative="greater").pvalue < 0.05 if np.ptp(gaps) else 0
    assert (verdict == nulls.BEATEN) <= bool(beyond)


def test_a_null_model_below_chance_is_no_feat_to_beat():
    null = {"folds": [fold(n, 0.3) for n in range(3)]}
    full = {"folds": [fold(0, 0.5), fold(1, 0.51), fold(2, None)]}
    told = nulls._compared(full, null)
    assert told["auc"] == pytest.approx(0.3)
    assert told["difference"] == pytest.approx(0.005)
    assert told["verdict"] == nulls.AS_GOOD


def test_five_nearest_samples_are_those_a_full_search_finds(noisy):
    bench, _, _ = noisy
    where = places(bench.samples, (0.0, 0.0))
    fit = quick.neighbours(["easting", "northing"], seed=3)
    model = fit(where, bench.labels, bench.samples["group"].to_numpy())
    asked = places(bench.cells, (0.0, 0.0))[:200]
    scores = model.scores(asked)
    assert scores.shape == (quick.DRAWS, 200)
    for (tree, labels), found in zip(model.members_[:3], scores, strict=False):
        assert labels.mean() == 0.5
        nearest = np.argsort(cdist(asked, tree.data), axis=1)[:, :5]
        np.testing.assert_allclose(found, labels[nearest].mean(axis=1))


def test_auc_counts_pairs_and_halves_ties():
    scores = np.array([3, 1, 2, 2, 1, np.nan, 0.0])
    labels = np.array([1, 1, 1, 0, 0, 0, 0])
    pairs = [
        1.0 if p > q else 0.5 if p == q else 0.0
        for p in scores[labels == 1]
        for q in scores[(labels == 0) & ~np.isnan(scores)]
    ]
    assert auc(scores, labels) == pytest.approx(np.mean(pairs))
    assert np.isnan(auc(scores, np.zeros(7)))


def test_what_is_missing_is_said(noisy):
    bench, _, full = noisy
    with pytest.raises(ModelError, match="no scores for random; validate it first"):
        nulls.null_models(bench, {"spatial_blocks": full["spatial_blocks"]}, seed=1)
    with pytest.raises(ModelError, match="no points to tell where people looked"):
        nulls.effort_of(bench, bench.samples[:0], bandwidth=100)
    with pytest.raises(ValueError, match="bandwidth must be positive, got 0 m"):
        nulls.effort_of(bench, bench.samples, bandwidth=0)
