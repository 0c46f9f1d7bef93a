"""Leave-pair-out against every pair by brute force; ridge against scikit-learn."""

from __future__ import annotations

import json
import logging

import geopandas as gpd
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from geoprospect.errors import DataError
from geoprospect.models.linear import ridge
from geoprospect.models.pairs import leave_pair_out

from . import district


def made(seed: int, deposits: int = 12, background: int = 40, layers: int = 3) -> tuple:
    rng = np.random.default_rng(seed)
    label = (np.arange(deposits + background) < deposits).astype(int)
    rows = rng.normal(size=(len(label), layers)).astype("float32")
    rows[:, 0] += label
    xy = rng.uniform(0, 10_000, (len(label), 2))
    frame = gpd.GeoDataFrame(
        {"label": label, "group": np.where(label, np.arange(len(label)), -1)},
        geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32648",
    )  # fmt: skip
    return rows, frame


class Fixed:
    """Scores by the first layer, whatever it learnt from."""

    def scores(self, rows):
        return rows[:, :1].T.astype(float)


def test_with_a_fixed_score_it_is_the_auc_over_the_pairs_drawn():
    rows, frame = made(1)
    told = leave_pair_out(
        rows, frame, lambda *_: Fixed(), distances=[0, 800], pairs=4000, seed=1
    )  # fmt: skip
    whole = roc_auc_score(frame.label, rows[:, 0])
    assert [one["auc"] for one in told["curve"]] == [pytest.approx(whole, abs=0.03)] * 2
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_pair_and_all_around_it_is_unknown_to_its_model():
    rows, frame = made(2)
    tell = np.arange(len(frame), dtype="float32")  # a layer that says which sample it is
    rows = np.column_stack([tell, rows]).astype("float32")
    seen = []

    class Noted(Fixed):
        def __init__(self, learnt):
            self.learnt = learnt

        def scores(self, two):
            seen.append((self.learnt, two[:, 0].astype(int)))
            return super().scores(two)

    leave_pair_out(
        rows, frame, lambda some, *_: Noted(some[:, 0].astype(int)), distances=[0, 1500],
        pairs=30, seed=3,
    )  # fmt: skip
    assert [set(pair) for _, pair in seen[:30]] == [set(pair) for _, pair in seen[30:]]
    for number, (learnt, (deposit, background)) in enumerate(seen):
        assert (frame.label[deposit], frame.label[background]) == (1, 0)
        near = np.minimum(
            frame.distance(frame.geometry[deposit]), frame.distance(frame.geometry[background])
        )
        limit = 0 if number < 30 else 1500
        np.testing.assert_array_equal(learnt, np.flatnonzero(near > limit))


def test_every_deposit_is_drawn_as_often_as_any_other():
    rows, frame = made(4)
    drawn = []

    class Noted(Fixed):
        def scores(self, two):
            drawn.append(float(two[0, 1]))
            return super().scores(two)

    leave_pair_out(rows, frame, lambda *_: Noted(), distances=[0], pairs=40, seed=1)
    counts = np.unique(drawn, return_counts=True)[1]
    assert (len(counts), counts.min(), counts.max()) == (12, 3, 4)


def test_ties_count_half():
    rows, frame = made(5)
    told = leave_pair_out(np.zeros_like(rows), frame, lambda *_: Fixed(), distances=[0], seed=1)
    assert told["curve"][0]["auc"] == 0.5


def test_where_labels_follow_places_nearness_is_all_there_is():
    # each camp, of deposits or of barren ground, has a fingerprint of its own and no other
    rng = np.random.default_rng(7)
    camps = np.repeat(np.arange(40), 6)
    label = (camps < 15).astype(int)
    xy = rng.uniform(0, 60_000, (40, 2))[camps] + rng.normal(0, 150, (240, 2))
    rows = (rng.normal(size=(40, 30))[camps] + 0.1 * rng.normal(size=(240, 30))).astype("float32")
    frame = gpd.GeoDataFrame(
        {"label": label, "group": np.where(label, camps, -1)},
        geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32648",
    )  # fmt: skip
    told = leave_pair_out(rows, frame, ridge(), distances=[0, 2000], pairs=300, seed=1)
    near, far = told["curve"]
    assert near["auc"] > 0.95
    assert far["auc"] < 0.75
    assert far["interval"][0] < far["auc"] < far["interval"][1]


def test_a_distance_that_leaves_nothing_is_said(caplog):
    rows, frame = made(6)
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        told = leave_pair_out(rows, frame, ridge(), distances=[1e6], pairs=20, seed=1)
    assert told["curve"] == [{"distance": 1e6, "auc": None, "interval": None, "pairs": 0}]
    assert "within 1000000 m of 20 of 20 pairs lies all" in caplog.text


def test_bad_settings_are_refused_by_name():
    rows, frame = made(6)
    with pytest.raises(ValueError, match="pairs must be 1 or more, got 0"):
        leave_pair_out(rows, frame, ridge(), distances=[0], pairs=0, seed=1)
    with pytest.raises(ValueError, match=r"distances must be 0 m or more, got \[-1\] m"):
        leave_pair_out(rows, frame, ridge(), distances=[-1], seed=1)
    barren = frame.label == 0
    with pytest.raises(DataError, match="there are 0 deposits and 40 background cells"):
        leave_pair_out(rows[barren], frame[barren], ridge(), distances=[0], seed=1)
    with pytest.raises(ValueError, match="penalty must be positive, got 0"):
        ridge(penalty=0)


def test_ridge_is_scikit_learns_on_standardised_layers():
    rows, frame = made(8, layers=5)
    label = frame.label.to_numpy()
    standard = (rows - rows.mean(axis=0, dtype=float)) / rows.std(axis=0, dtype=float)
    weight = np.where(label == 1, 0.5 / label.mean(), 0.5 / (1 - label.mean()))
    oracle = Ridge(alpha=2.0 * len(rows) / 100).fit(standard, label, sample_weight=weight)
    found = ridge(penalty=2.0)(rows, label, label).scores(rows)
    np.testing.assert_allclose(found, oracle.predict(standard)[None], rtol=1e-6, atol=1e-7)


def test_ridge_takes_classes_apart_and_knows_neither_gaps_nor_new_classes():
    frame = district.samples()
    rows = district.table(frame)
    label = frame.label.to_numpy()
    fitted = ridge([2])(rows, label, label)
    assert len(fitted.weights) == 3 + 3 + 1
    assert roc_auc_score(label, fitted.scores(rows)[0]) > 0.85
    odd = np.array([[np.nan, np.nan, 77, np.nan]], "float32")
    assert fitted.scores(odd)[0, 0] == pytest.approx(fitted.weights[-1])
