"""Out of hole: a made ore body is found again, and a planted leak is not believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.cube.voxels import stacked, table
from geoprospect.errors import ModelError
from geoprospect.features.voxels.holes import grade
from geoprospect.labels.folds import random
from geoprospect.labels.voxel_folds import by_box, by_hole
from geoprospect.labels.voxels import samples
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.validate import judged
from geoprospect.models.voxels import out_of_fold
from tests import underground
from tests.models.samples import area_under_curve


def auc(evidence, drilled, folds, fit):
    return judged(folds, [out_of_fold(evidence, drilled, folds, fit)])["auc"]["mean"]


def test_out_of_hole_and_out_of_box_the_model_beats_chance_by_far():
    drilled = underground.samples()
    holes = by_hole(drilled, folds=3, dead_zone=30, seed=3)
    boxes = by_box(
        drilled, blocks=underground.BLOCKS, size=(200, 200, 400), folds=3, dead_zone=30, seed=3
    )
    for folds in (holes, boxes):
        assert auc(underground.evidence, drilled, folds, underground.fit) > 0.85


def test_each_fold_has_the_auc_of_its_own_pairs():
    drilled = underground.samples()
    folds = by_hole(drilled, folds=2, seed=0)
    told = out_of_fold(underground.evidence, drilled, folds, underground.fit)
    labels, groups = drilled["label"].to_numpy(), drilled["group"].to_numpy()
    learnt, held = folds.training[1], folds.of_samples == 1
    rows = underground.evidence(learnt)
    score = underground.fit(rows[learnt], labels[learnt], groups[learnt]).scores(rows[held])
    wanted = area_under_curve(labels[held], score.mean(axis=0).astype("float32"))
    assert judged(folds, [told])["folds"][1]["auc"] == pytest.approx(wanted, abs=1e-12)
    assert told[1].number == 1
    assert not told[1].fitted


def erratic(count=24, seed=0):
    """Grades that run along each hole and have nothing to do with the next one."""
    rng = np.random.default_rng(seed)
    parts = []
    for hole in range(count):
        x, y = underground.MIDDLE[:2] + rng.uniform(-300, 300, 2)
        z = np.arange(390.0, 0, -20)
        run = np.convolve(rng.normal(size=len(z) + 4), np.ones(5) / 5**0.5, "valid")
        parts.append(pd.DataFrame({"hole": str(hole), "x": x, "y": y, "z": z, "cu": np.exp(run)}))
    return pd.concat(parts, ignore_index=True).assign(length=20.0)


def test_a_planted_leak_is_praised_at_random_and_caught_out_of_hole():
    blocks = underground.BLOCKS
    drilled = samples(erratic(), blocks=blocks, grade="cu", cut_off=2.0)
    assay = {"column": "cu", "units": "%", "radius": 400.0}
    ground = stacked({"cu": grade(drilled, at=blocks, **assay)}, blocks=blocks)

    def fit(rows, labels, groups):
        model = lightgbm(seed=0, n_estimators=20, num_leaves=4)
        return PositiveUnlabelled(model, members=5, ratio=10, seed=1).fit(
            rows, labels, groups, layers=contract.evidence(ground)
        )

    def naive(known):
        own = grade(drilled, at=drilled, own_hole=True, **assay)
        return table(ground, drilled, of_others={"cu": own})

    def honest(known):
        return table(ground, drilled, of_others={"cu": grade(drilled[known], at=drilled, **assay)})

    praised = auc(naive, drilled, random(drilled, folds=4, seed=0), fit)
    out_of_hole = auc(honest, drilled, by_hole(drilled, folds=4, seed=0), fit)
    assert praised > 0.97
    assert 0.35 < out_of_hole < 0.65


def test_evidence_is_made_of_what_a_fold_may_know():
    drilled = underground.samples()
    folds = by_hole(drilled, folds=2, dead_zone=50, seed=0)
    asked = []

    def evidence(known):
        asked.append(known)
        return underground.evidence(known)

    out_of_fold(evidence, drilled, folds, underground.fit)
    assert np.array_equal(asked, folds.training)


def test_a_fold_without_ore_to_learn_from_is_told():
    drilled = underground.samples()
    ore = drilled["label"].to_numpy() == 1
    bad = Folds(np.where(ore, 0, 1), np.array([~ore, ore]))
    with pytest.raises(ModelError, match="fold 0 has 0 samples of ore and"):
        out_of_fold(underground.evidence, drilled, bad, underground.fit)
