"""Labels shuffled by cluster: as clustered as before, and p as uniform as it should be."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import kstest

from geoprospect.errors import ModelError
from geoprospect.models import permutation
from geoprospect.models.bench import Bench

from . import benches


def by_means(rows, labels, groups):
    """The direction from background's mean to the deposits': a model in one line."""
    direction = rows[labels == 1].mean(axis=0) - rows[labels == 0].mean(axis=0)
    return SimpleNamespace(scores=lambda asked: (asked @ direction)[None])


def test_clusters_keep_their_sizes_and_their_closeness():
    rng = np.random.default_rng(0)
    where = rng.uniform(0, 1000, (500, 2))
    groups = permutation.elsewhere(where, np.array([5, 1, 3]), rng)
    assert sorted(np.bincount(groups[groups >= 0])) == [1, 3, 5]
    for group in range(3):
        mine = where[groups == group]
        assert np.ptp(mine, axis=0).max(initial=0) < 200


def test_a_cluster_is_a_sample_and_those_nearest_to_it():
    where = np.array([(float(x), 0.0) for x in (0, 1, 2.1, 3.3, 100, 101)])
    seen = {
        tuple(permutation.elsewhere(where, np.array([2]), np.random.default_rng(seed)) >= 0)
        for seed in range(50)
    }
    pairs = {(0, 1), (1, 2), (2, 3), (4, 5)}
    assert {tuple(np.flatnonzero(one)) for one in seen} == pairs


def test_evidence_is_told_from_chance():
    def crest(where, rng):
        return np.stack([np.sin(where[:, 0] / 1500), rng.normal(size=len(where))], axis=1)

    rng = np.random.default_rng(1)
    spots = rng.uniform(0, benches.SIDE, (3000, 2))
    deposits = spots[np.argsort(-np.sin(spots[:, 0] / 1500))[:40]]
    bench = benches.make(crest, ["crest", "noise"], deposits=deposits)
    told = permutation.permuted(bench, by_means, "spatial_blocks", count=39, seed=5)
    assert told["p"] == pytest.approx(1 / 40)
    assert not told["alarming"]
    assert "only 0 of 39 times (p = 0.025)" in told["words"]
    assert told == permutation.permuted(bench, by_means, "spatial_blocks", count=39, seed=5)


@pytest.mark.slow
def test_p_is_uniform_where_there_is_nothing_to_learn():
    values = []
    for repeat in range(200):
        rng = np.random.default_rng(repeat)
        where = rng.uniform(0, benches.SIDE, (150, 2))
        groups = permutation.elsewhere(where, np.array([3] * 6 + [1] * 6), rng)
        bench = noise_bench(where, groups, rng)
        told = permutation.permuted(bench, by_means, "spatial_blocks", count=39, seed=repeat)
        values.append(told["p"])
    # p takes the values 1/40, 2/40, ...: the middle of each step is compared
    assert kstest(np.array(values) - 1 / 80, "uniform").pvalue > 0.01
    assert np.mean(np.array(values) <= 0.05) == pytest.approx(0.05, abs=0.045)


def noise_bench(where: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> Bench:
    labels = (groups >= 0).astype(np.int64)
    # a layer as smooth as ground, so that neighbours are alike
    waves = rng.uniform(0, 2 * np.pi, 4)
    rows = np.stack([np.sin(where[:, 0] / 2000 + waves[0]), np.cos(where[:, 1] / 2500 + waves[1])])
    return Bench(
        samples=benches.frame(where, label=labels, group=groups),
        rows=rows.T.astype("float32"),
        cells=benches.frame(where),
        area_rows=rows.T.astype("float32"),
        layers=["a", "b"],
        folds={"spatial_blocks": benches.parted((where[:, 0] > benches.SIDE / 2).astype(int))},
        of_cells={"spatial_blocks": None},
    )


def test_what_cannot_be_shuffled_is_said():
    bench = benches.make(benches.noise(1), ["a"])
    with pytest.raises(ValueError, match="count must be 1 shuffle or more, got 0"):
        permutation.permuted(bench, by_means, "random", count=0, seed=1)
    west = benches.make(benches.noise(1), ["a"], deposits=np.array([(100.0, 100.0)] * 6))
    with pytest.raises(ModelError, match="a fold of spatial_blocks has no deposits or no back"):
        permutation.permuted(west, by_means, "spatial_blocks", count=9, seed=1)
