"""Samples and folds that cannot teach or test are refused before anything is fitted."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.errors import DataError, ModelError
from geoprospect.models.soundness import check_folds

from . import district

LAYERS = contract.evidence(district.cube())


@pytest.fixture
def frame():
    return district.samples()


@pytest.fixture
def rows(frame):
    return district.table(frame)


def check(rows, frame, folds=None):
    return check_folds(
        rows, frame, folds or district.halves(frame), layers=LAYERS,
        meanings={"rock": district.ROCKS},
    )  # fmt: skip


def test_sound_folds_are_passed_in_silence(rows, frame, caplog):
    assert check(rows, frame) == []
    assert caplog.text == ""


def test_background_without_any_evidence_is_refused(rows, frame):
    rows[frame.label == 0] = np.nan
    with pytest.raises(DataError, match="none of the 300 background samples lies where any layer"):
        check(rows, frame)


def test_deposits_without_any_evidence_are_refused(rows, frame):
    rows[frame.label == 1] = np.nan
    with pytest.raises(DataError, match="none of the 30 deposits lies where any layer is known"):
        check(rows, frame)


def test_one_cluster_is_refused(rows, frame):
    one = frame.assign(group=np.where(frame.label == 1, 0, -1))
    with pytest.raises(DataError, match="all 30 deposits are one cluster"):
        check(rows, one)


def test_layers_that_are_constant_in_a_fold_are_refused_by_fold(rows, frame):
    folds = district.halves(frame)
    rows[folds.training[1]] = [1, 2, 5, np.nan]
    with pytest.raises(ModelError, match=r"fold 1: all 4 layers are constant or unknown among its"):
        check(rows, frame, folds)


def test_every_fold_with_nothing_to_learn_from_is_listed(rows, frame):
    folds = district.halves(frame)
    nothing = Folds(folds.of_samples, folds.training & (frame.label == 0).to_numpy())
    with pytest.raises(ModelError, match=r"fold 0 has 0 deposits[^\n]*\n  - fold 1 has 0 deposits"):
        check(rows, frame, nothing)


def test_too_few_deposits_for_the_folds_and_a_fold_without_any_are_said(rows, frame, caplog):
    of_samples = np.arange(len(frame)) % 3
    of_samples[frame.label == 1] = 0
    folds = Folds(of_samples, np.tile((np.arange(len(frame)) % 7 > 0), (3, 1)))
    two = frame.assign(group=np.where(frame.label == 1, np.arange(len(frame)) % 2, -1))
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        said = check(rows, two, folds)
    assert "2 clusters of deposits are too few for 3 folds" in said[0]
    assert "fold 1 has no deposit to be tested on" in caplog.text
    assert "fold 2 has no deposit to be tested on" in caplog.text


def test_a_class_that_occurs_only_in_test_is_said_by_name(rows, frame, caplog):
    folds = district.halves(frame)
    rock = LAYERS.index("rock")
    seen = folds.training[0]
    rows[seen & (rows[:, rock] == 5), rock] = 2
    count = ((folds.of_samples == 0) & (rows[:, rock] == 5)).sum()
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        check(rows, frame, folds)
    assert (
        f"layer rock: 'skarn' occurs only where fold 0 is tested ({count} samples)" in caplog.text
    )
    ensemble = district.fit(rows[seen], frame.label[seen].to_numpy(), frame.group[seen].to_numpy())
    assert np.isfinite(ensemble.scores(rows[folds.of_samples == 0])).all()
