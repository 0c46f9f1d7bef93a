"""Validation: held-out ground only, ranks as sklearn has them, per fold."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import roc_auc_score

from geoprospect import contract, lazy
from geoprospect.contract import Folds
from geoprospect.errors import DataError, ModelError
from geoprospect.models import validate

from . import district


def out_of_fold(scores: np.ndarray, chunk: int | None = None) -> xr.Dataset:
    """A made map of scores in district.GRID, with its folds."""
    score = contract.on_grid(scores.astype("float32"), district.GRID)
    made = xr.Dataset({"score": score, "fold": district.fold_layer().where(score.notnull())})
    return made if chunk is None else lazy.chunked(made, chunk)


@pytest.fixture
def frame():
    return district.samples()


@pytest.fixture
def scores():
    """Coarse, so that ties abound; unknown in a corner."""
    values = np.random.default_rng(5).integers(0, 30, district.GRID.shape) / 30
    values += 0.3 * (district.cube().signal.to_numpy() > 0.5)
    values[:5, :9] = np.nan
    return values


def test_each_fold_learns_only_from_what_it_may(frame):
    shown = []
    rows = district.table(frame)
    folds = district.halves(frame)
    fitted = validate.cross_validated(
        rows, frame, folds, lambda *given: shown.append(given) or len(shown)
    )
    assert fitted == {0: 1, 1: 2}
    for fold, (seen, labels, groups) in enumerate(shown):
        may = folds.training[fold]
        np.testing.assert_array_equal(seen, rows[may])
        np.testing.assert_array_equal(labels, frame.label[may])
        np.testing.assert_array_equal(groups, frame.group[may])


def test_scores_of_a_fold_are_those_sklearn_gives_on_its_ground(frame, scores):
    told = validate.summary(
        validate.folds_on_map(out_of_fold(scores), frame, district.halves(frame))
    )
    held = np.zeros(district.GRID.shape, bool)
    deposits = frame[frame.label == 1]
    held[deposits.row, deposits.column] = True
    for fold, ground in enumerate((np.s_[:, :30], np.s_[:, 30:])):
        known = ~np.isnan(scores[ground])
        entry = told["folds"][fold]
        value = roc_auc_score(held[ground][known], scores[ground][known].astype("float32"))
        assert entry["auc"] == pytest.approx(value, abs=1e-12)
        assert entry["cells"] == known.sum()
        assert entry["deposits"] == held[ground].sum()
        best = np.argsort(-scores[ground][known], kind="stable")
        found = np.cumsum(held[ground][known][best]) / held[ground].sum()
        assert entry["capture"]["20"] == pytest.approx(found[round(0.2 * len(found))], abs=0.1)


def test_the_summary_is_over_folds_and_never_over_pooled_scores(frame, scores):
    shifted = scores.copy()
    shifted[:, 30:] += 100  # one fold's scores all above the other's: no rank within it changes
    plain, moved = (
        validate.summary(validate.folds_on_map(out_of_fold(s), frame, district.halves(frame)))
        for s in (scores, shifted)
    )
    np.testing.assert_allclose(plain["auc"]["mean"], moved["auc"]["mean"], atol=1e-3)
    each = [entry["auc"] for entry in plain["folds"]]
    assert plain["auc"] == {
        "mean": pytest.approx(np.mean(each)),
        "sd": pytest.approx(np.std(each, ddof=1)),
        "worst": min(each),
    }
    for share, value in plain["capture"].items():
        assert value == pytest.approx(np.mean([e["capture"][share] for e in plain["folds"]]))
    assert list(plain["capture"]) == ["1", "2", "5", "10", "20"]


def test_several_tilings_are_told_over_all_their_folds_and_each_by_itself(frame, scores):
    noisier = scores + np.random.default_rng(6).normal(0, 0.3, scores.shape)
    tilings = [
        validate.folds_on_map(out_of_fold(values), frame, district.halves(frame))
        for values in (scores, noisier, -noisier)
    ]
    alone = [validate.summary(tiling) for tiling in tilings]
    told = validate.summary(*tilings)
    for name in ("auc", "ausrc"):
        each = [entry[name] for one in alone for entry in one["folds"]]
        means = [one[name]["mean"] for one in alone]
        assert told[name] == {
            "mean": pytest.approx(np.mean(each)),
            "sd": pytest.approx(np.std(each, ddof=1)),
            "worst": min(each),
            "sd_between_tilings": pytest.approx(np.std(means, ddof=1)),
        }
    for number, one in enumerate(alone):
        mine = [entry for entry in told["folds"] if entry["tiling"] == number]
        assert mine == [{"tiling": number} | entry for entry in one["folds"]]
        shared = {key: one[key] for key in ("auc", "ausrc", "capture", "lift", "area_needed")}
        assert told["tilings"][number] == {"tiling": number} | shared
    for share, value in told["capture"].items():
        assert value == pytest.approx(np.mean([one["capture"][share] for one in alone]))
    means = [one["curve"]["mean"] for one in alone]
    np.testing.assert_allclose(told["curve"]["mean"], np.mean(means, axis=0))
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_the_curve_runs_from_nothing_to_everything(frame, scores):
    curve = validate.summary(
        validate.folds_on_map(out_of_fold(scores), frame, district.halves(frame))
    )["curve"]
    for name in ("area", "mean", "worst", "best"):
        assert curve[name][0] == 0
        assert curve[name][-1] == pytest.approx(1)
        assert (np.diff(curve[name]) >= 0).all()
    area = np.trapezoid(curve["best"], curve["area"]) - np.trapezoid(curve["worst"], curve["area"])
    assert area > 0


@pytest.mark.parametrize("chunk", [7, 13, 64])
def test_chunking_changes_nothing(frame, scores, chunk):
    folds = district.halves(frame)
    whole = validate.summary(validate.folds_on_map(out_of_fold(scores), frame, folds))
    cut = validate.summary(validate.folds_on_map(out_of_fold(scores, chunk), frame, folds))
    assert whole == cut


def test_deposits_without_evidence_are_left_out_and_counted(frame, scores, caplog):
    holed = scores.copy()
    first = frame.iloc[:2]
    holed[first.row, first.column] = np.nan
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        told = validate.folds_on_map(out_of_fold(holed), frame, district.halves(frame))
    assert "2 of 30 deposits lie where there is no evidence" in caplog.text
    assert sum(len(fold.above) for fold in told) == 28


def test_a_fold_without_deposits_is_listed_without_scores(frame, scores, caplog):
    western = frame[(frame.label == 0) | (frame.column < 30)]
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        told = validate.summary(
            validate.folds_on_map(out_of_fold(scores), western, district.halves(western))
        )
        validate.summary(
            *[validate.folds_on_map(out_of_fold(scores), western, district.halves(western))] * 2
        )
    assert "fold 1 has no deposit to be tested on" in caplog.text
    assert "fold 1 of tiling 0, 1 of tiling 1 has no deposit" in caplog.text
    assert told["folds"][1]["auc"] is None
    assert told["auc"]["mean"] == told["folds"][0]["auc"]
    assert told["auc"]["sd"] is None
    json.dumps(told, allow_nan=False)


def test_the_summary_is_ready_for_json_and_counts_what_was_learnt_from(frame, scores):
    folds = district.halves(frame)
    told = validate.summary(validate.folds_on_map(out_of_fold(scores), frame, folds))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    for fold, entry in enumerate(told["folds"]):
        learnt = frame[folds.training[fold]]
        assert entry["training_deposits"] == (learnt.label == 1).sum()
        assert entry["training_background"] == (learnt.label == 0).sum()


def test_without_held_out_ground_deposits_are_ranked_among_a_sample_of_the_area(frame):
    rows = district.table(frame)
    ground = frame[frame.label == 0]
    area_rows = district.table(ground)
    of_samples = np.arange(len(frame)) % 3
    folds = Folds(of_samples, of_samples[None] != np.arange(3)[:, None])
    fitted = validate.cross_validated(rows, frame, folds, district.fit)
    told = validate.summary(validate.folds_on_sample(fitted, rows, area_rows, frame, folds))
    for fold, ensemble in fitted.items():
        mine = rows[(of_samples == fold) & (frame.label == 1)]
        score = ensemble.scores(np.concatenate([mine, area_rows])).mean(axis=0).astype("float32")
        truth = np.arange(len(score)) < len(mine)
        assert told["folds"][fold]["auc"] == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_a_held_out_folds_deposits_are_ranked_among_cells_of_its_own_ground_alone(frame):
    rows, folds = district.table(frame), district.halves(frame)
    fitted = validate.cross_validated(rows, frame, folds, district.fit)
    cells = frame[frame.label == 0]
    area_rows, of_cells = district.table(cells), folds.of_samples[frame.label == 0]
    told = validate.summary(
        validate.folds_on_sample(fitted, rows, area_rows, frame, folds, of_cells=of_cells)
    )
    for fold, ensemble in fitted.items():
        mine = rows[(folds.of_samples == fold) & (frame.label == 1)]
        theirs = area_rows[of_cells == fold]
        score = ensemble.scores(np.concatenate([mine, theirs])).mean(axis=0).astype("float32")
        truth = np.arange(len(score)) < len(mine)
        assert told["folds"][fold]["auc"] == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
        assert told["folds"][fold]["cells"] == len(score)


def test_a_fold_with_nothing_to_learn_from_is_refused(frame):
    folds = district.halves(frame)
    nothing = Folds(folds.of_samples, folds.training & (frame.label == 0).to_numpy())
    with pytest.raises(ModelError, match=r"fold 0 has 0 deposits and \d+ background cells"):
        validate.cross_validated(district.table(frame), frame, nothing, district.fit)


def test_when_no_deposit_has_a_score_that_is_an_error(frame):
    with pytest.raises(DataError, match="no deposit lies on a cell with evidence"):
        validate.folds_on_map(
            out_of_fold(np.full(district.GRID.shape, np.nan)), frame, district.halves(frame)
        )


def test_classes_no_sample_lies_on_are_said_with_their_share(frame, caplog):
    ground = district.cube()
    rows = district.table(frame)
    assert validate.unseen_categories(ground, rows) == {}
    rows[rows[:, 2] == 9, 2] = 5
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        unseen = validate.unseen_categories(ground, rows)
    rock = ground.rock.to_numpy()
    share = (rock == 9).sum() / (~np.isnan(rock)).sum()
    assert unseen == {"rock": {"sandstone": pytest.approx(share)}}
    assert f"sandstone ({share:.1%} of cells)" in caplog.text
