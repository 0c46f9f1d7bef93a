"""The crowded district: the same for a seed, as told, and flattering by the right amount."""

from __future__ import annotations

import crowded
import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import norm

from geoprospect import contract
from geoprospect.cube import stack
from geoprospect.labels import folds
from geoprospect.labels.background import area_sample, uniform
from geoprospect.models import validate
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled


def test_a_seed_gives_one_district():
    one, same, other = crowded.crowded(seed=2), crowded.crowded(seed=2), crowded.crowded(seed=3)
    assert one.cube.identical(same.cube)
    assert one.favour.identical(same.favour)
    assert one.deposits.equals(same.deposits)
    assert not one.cube["copper"].equals(other.cube["copper"])


def test_it_keeps_the_contract():
    made = crowded.crowded(seed=2)
    contract.check_cube(made.cube, made.grid)
    contract.check_crs(made.deposits, made.grid)
    for name, layer in {"area": made.area, "exclusions": made.exclusions}.items():
        contract.check_layer(layer, made.grid, name)


def test_camps_are_crowded_and_apart():
    made = crowded.crowded(seed=2)
    assert len(made.deposits) == crowded.CAMPS * crowded.DEPOSITS
    assert made.deposits["name"].is_unique
    xy = np.column_stack([made.deposits.geometry.x, made.deposits.geometry.y])
    camps = xy.reshape(crowded.CAMPS, crowded.DEPOSITS, 2)
    middles = camps.mean(axis=1)
    off = (camps - middles[:, None]).reshape(-1)
    wanted = crowded.SPREAD * np.sqrt(1 - 1 / crowded.DEPOSITS)
    assert off.std() == pytest.approx(wanted, rel=0.12)
    slack = 6 * crowded.SPREAD / np.sqrt(crowded.DEPOSITS)
    assert pdist(middles).min() > crowded.APART - slack
    columns, rows = ~made.grid.affine * xy.T
    assert rows.min() > 0
    assert columns.min() > 0
    assert rows.max() < made.grid.shape[0]
    assert columns.max() < made.grid.shape[1]


def favour_of_camps(seed: int, strength: float) -> float:
    """Mean of what matters, in standard deviations, at the camps."""
    made = crowded.crowded(seed=seed, strength=strength)
    columns, rows = ~made.grid.affine * (made.deposits.geometry.x, made.deposits.geometry.y)
    values = made.favour.to_numpy()[rows.astype(int), columns.astype(int)]
    return float(values.mean())


def test_the_truth_is_as_strong_as_it_says():
    # odds exp(s z) over standard normal z draw z with mean s; the field is finite and the camps
    # keep apart and spread out, so a little less
    strong = np.mean([favour_of_camps(seed, 1.0) for seed in range(8)])
    nothing = np.mean([favour_of_camps(seed, 0.0) for seed in range(8)])
    assert 0.7 < strong < 1.0
    assert abs(nothing) < 0.15


def test_other_layers_say_nothing():
    correlations = {name: [] for name, *_ in crowded.SURVEYS}
    for seed in range(12):
        made = crowded.crowded(seed=seed)
        for name, of_layer in correlations.items():
            both = made.cube[name].to_numpy().ravel(), made.favour.to_numpy().ravel()
            of_layer.append(np.corrcoef(*both)[0, 1])
    weight = np.sqrt(sum(w**2 for w in crowded.MATTERS.values()))
    for name, of_layer in correlations.items():
        wanted = crowded.MATTERS.get(name, 0) / weight
        assert np.mean(of_layer) == pytest.approx(wanted, abs=0.1)


def auc(seed: int, strength: float = crowded.STRENGTH, **settings) -> tuple[float, float]:
    """AUC in random folds and in spatial blocks."""
    made = crowded.crowded(seed=seed, strength=strength)
    samples = uniform(
        made.deposits, grid=made.grid, area=made.area, exclusions=made.exclusions, count=4000,
        seed=7,
    )  # fmt: skip
    rows, names = stack.table(made.cube, samples), contract.evidence(made.cube)
    ground = area_sample(grid=made.grid, area=made.area, count=8000, seed=7)
    blocks = folds.spatial_blocks(
        samples, grid=made.grid, area=made.area, size=8000, dead_zone=1000, seed=7
    )
    found = []
    for parted in (folds.random(samples, seed=7), blocks):
        fitted = validate.cross_validated(
            rows, samples, parted,
            lambda *learnt: PositiveUnlabelled(
                lightgbm(seed=7, **settings), members=20, seed=7
            ).fit(*learnt, layers=names),
        )  # fmt: skip
        held = None
        if parted.blocks is not None:
            held = folds.fold_of(ground, parted.blocks, grid=made.grid)
        judged = validate.folds_on_sample(
            fitted, rows, stack.table(made.cube, ground), samples, parted, of_cells=held
        )
        found.append(validate.summary(judged)["auc"]["mean"])
    return found[0], found[1]


@pytest.mark.slow
def test_random_folds_flatter_by_a_quarter():
    random, blocks = auc(2)
    assert random == pytest.approx(0.95, abs=0.02)
    assert blocks == pytest.approx(0.70, abs=0.03)
    truth = norm.cdf(crowded.STRENGTH / np.sqrt(2))  # of who knows what matters
    assert blocks < truth < random


@pytest.mark.slow
def test_random_folds_praise_a_model_of_nothing():
    both = np.array([auc(seed, 0.0, n_estimators=40) for seed in (1, 2, 3)])
    random, blocks = both.mean(axis=0)
    assert random > 0.85
    assert blocks == pytest.approx(0.5, abs=0.08)
