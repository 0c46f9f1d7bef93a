"""What protocols are told of: intervals by hand, clusters and sweeps, and the right name."""

from __future__ import annotations

import itertools
import json
import logging

import numpy as np
import pandas as pd
import pytest

from geoprospect.contract import Folds
from geoprospect.errors import ModelError
from geoprospect.labels.holdouts import leave_cluster_out, resubstitution
from geoprospect.models import intervals, validate
from geoprospect.models.scores import Fold, rate, summary

from . import district


def fold(
    above: list[int], *, number: int = 0, cells: int = 100, groups: list[int] | None = None,
    fitted: bool = False, name: str = "",
) -> Fold:  # fmt: skip
    """A fold whose deposits each have so many cells above them, and tie with none."""
    return Fold(
        number=number, above=np.array(above, np.int64), at_or_above=np.array(above, np.int64) + 1,
        cells=cells, clusters=len(set(groups or above)), training_deposits=9,
        training_background=90, groups=None if groups is None else np.array(groups),
        fitted=fitted, name=name,
    )  # fmt: skip


# --- intervals -----------------------------------------------------------------------------


def test_resamples_are_means_of_clusters_drawn_anew(monkeypatch):
    # three clusters of one, one and two deposits: all 27 draws, by hand
    values, clusters = np.array([1.0, 2.0, 4.0, 8.0]), np.array([7, 3, 5, 5])
    sums, counts = {7: 1.0, 3: 2.0, 5: 12.0}, {7: 1, 3: 1, 5: 2}
    expected = [
        sum(sums[c] for c in draw) / sum(counts[c] for c in draw)
        for draw in itertools.product([7, 3, 5], repeat=3)
    ]
    monkeypatch.setattr(intervals, "RESAMPLES", 50_000)
    found = intervals.resampled([(values[:, None], clusters)], seed=1)[:, 0]
    assert set(np.round(found, 9)) == set(np.round(expected, 9))
    assert found.mean() == pytest.approx(np.mean(expected), abs=0.02)
    assert found.std() == pytest.approx(np.std(expected), abs=0.02)


def test_a_fold_left_without_a_cluster_is_left_out_of_that_mean(monkeypatch):
    # two folds of one cluster each, worth 0 and 1: drawn both, 0.5; drawn one twice, 0 or 1
    monkeypatch.setattr(intervals, "RESAMPLES", 20_000)
    pieces = [(np.array([[0.0]]), np.array([1])), (np.array([[1.0]]), np.array([2]))]
    found, counts = np.unique(intervals.resampled(pieces, seed=2), return_counts=True)
    assert found.tolist() == [0, 0.5, 1]
    np.testing.assert_allclose(counts / 20_000, [0.25, 0.5, 0.25], atol=0.02)


def test_a_cluster_that_lies_in_two_folds_is_drawn_in_both_or_neither():
    pieces = [(np.array([[0.0], [1.0]]), np.array([1, 2])), (np.array([[0.0], [1.0]]),) * 2]
    pieces[1] = (pieces[0][0], pieces[0][1])
    one, both = (intervals.resampled(some, seed=3) for some in (pieces[:1], pieces))
    np.testing.assert_array_equal(one, both)


def test_the_interval_is_that_of_the_resampled_statistics():
    rng = np.random.default_rng(0)
    folds = [
        fold(above, number=n, groups=[12 * n + k // 2 for k in range(12)])
        for n, above in enumerate(rng.integers(0, 99, (3, 12)).tolist())
    ]
    told = summary(folds, seed=5)
    names = np.unique(np.concatenate([f.groups for f in folds]))
    draws = np.random.default_rng(5).multinomial(len(names), [1 / len(names)] * len(names), 1000)
    means = []
    for draw in draws:  # each figure anew from the deposits drawn, one by one
        scores = []
        for f in folds:
            times = draw[np.searchsorted(names, f.groups)]
            middle = np.repeat((f.above + f.at_or_above) / 2, times)
            if len(middle):
                scores.append(1 - middle.mean() / 100)
        means.append(np.mean(scores))
    assert told["interval"]["ausrc"] == pytest.approx(np.quantile(means, [0.025, 0.975]))
    assert told["interval"]["clusters"] == 18
    low, high = told["interval"]["auc"]
    assert low < told["auc"]["mean"] < high
    curve = told["curve"]
    inner = slice(1, -1)
    assert (np.array(curve["low"])[inner] <= np.array(curve["mean"])[inner] + 1e-12).all()
    assert (np.array(curve["high"])[inner] >= np.array(curve["mean"])[inner] - 1e-12).all()
    for share, (low, high) in told["interval"]["capture"].items():
        assert low <= told["capture"][share] <= high
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_without_a_seed_or_with_few_clusters_there_is_no_interval(caplog):
    few = [fold([3, 5], groups=[0, 0]), fold([2, 9], number=1, groups=[1, 2])]
    assert "interval" not in summary(few)
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        assert "interval" not in summary(few, seed=1)
    assert "the tested deposits make 3 clusters, too few for an interval" in caplog.text


def test_lift_is_capture_over_area():
    told = summary([fold([0, 4, 9, 60])])
    assert told["lift"] == {
        share: pytest.approx(value / (int(share) / 100)) for share, value in told["capture"].items()
    }
    assert told["lift"]["10"] == pytest.approx(7.5)


@pytest.mark.slow
@pytest.mark.parametrize("folds", [1, 5])
def test_the_interval_of_auc_covers_the_truth_as_often_as_it_says(folds):
    # deposits in clusters of one to four that share most of their luck; the truth from many
    rng = np.random.default_rng(folds)

    def drawn(clusters: int) -> tuple[np.ndarray, np.ndarray]:
        sizes = rng.integers(1, 5, clusters)
        groups = np.repeat(np.arange(clusters), sizes)
        luck = rng.normal(size=clusters)[groups] * 0.9 + rng.normal(size=len(groups)) * 0.5
        return luck + 1.0, groups

    many = drawn(200_000)[0]
    ground = np.sort(rng.normal(size=20_000))
    truth = (np.searchsorted(ground, many) / len(ground)).mean()
    hits = 0
    for repeat in range(200):
        scores, groups = drawn(50)
        shown = []
        for n in range(folds):
            mine = groups % folds == n
            above = len(ground) - np.searchsorted(ground, scores[mine])
            shown.append(
                fold(above.tolist(), number=n, cells=len(ground), groups=groups[mine].tolist())
            )
        low, high = summary(shown, seed=repeat)["interval"]["auc"]
        hits += low <= truth <= high
    # nominal 190 of 200, binomial sd 3.1: within three of them
    assert 181 <= hits <= 199


# --- names ---------------------------------------------------------------------------------


def test_only_deposits_held_out_earn_a_prediction_rate():
    out, fitted = fold([3, 4]), fold([3, 4], number=1, fitted=True)
    assert rate([out]) == rate([out], "prediction_rate") == "prediction_rate"
    assert rate([fitted]) == rate([fitted], "success_rate") == "success_rate"
    with pytest.raises(
        ModelError, match="were learnt from: their curve is a success_rate, not a p"
    ):
        rate([fitted], "prediction_rate")
    with pytest.raises(
        ModelError, match="were held out: their curve is a prediction_rate, not a s"
    ):
        rate([out], "success_rate")
    with pytest.raises(ModelError, match="deposits of fold 1 were learnt from and those of others"):
        summary([out, fitted])


def test_resubstitution_is_told_as_a_success_rate_and_held_out_folds_as_prediction():
    frame, rows = district.samples(), district.table(district.samples())
    area = rows[(frame.label == 0).to_numpy()]
    for parted, name in (
        (resubstitution(frame), "success_rate"),
        (district.halves(frame), "prediction_rate"),
    ):
        fitted = validate.cross_validated(rows, frame, parted, district.fit)
        shown = validate.folds_on_sample(fitted, rows, area, frame, parted)
        assert validate.judged(parted, [shown])["rate"] == name


# --- clusters and sweeps -------------------------------------------------------------------


@pytest.fixture
def camps():
    """Four clusters, of 1, 3, 2 and 1 deposits among 1000 cells."""
    above = [[20], [100, 120, 140], [500, 700], [5]]
    names = ("Alma", "Bruno", "Cleo", "Dora")
    return [
        fold(some, number=n, cells=1000, groups=[n] * len(some), name=names[n])
        for n, some in enumerate(above)
    ]


def parted(kind: str, **more: object) -> Folds:
    return Folds(np.zeros(1, np.int64), np.ones((1, 1), bool), judged=kind, **more)


def test_clusters_count_alike_in_the_headline_and_deposits_alike_beside_it(camps):
    told = validate.judged(parted("clusters", size=900.0), [camps])
    places = [[0.0205], [0.1005, 0.1205, 0.1405], [0.5005, 0.7005], [0.0055]]
    each = [1 - np.mean(some) for some in places]
    assert told["ausrc"]["mean"] == pytest.approx(np.mean(each))
    assert told["by_deposit"]["ausrc"] == pytest.approx(1 - np.mean(np.concatenate(places)))
    assert told["capture"]["5"] == pytest.approx(0.5)
    assert told["by_deposit"]["capture"]["5"] == pytest.approx(2 / 7)
    assert told["by_deposit"]["capture"]["20"] == pytest.approx(5 / 7)
    assert (told["clusters"], told["by_deposit"]["deposits"], told["size"]) == (4, 7, 900)
    json.dumps(told, allow_nan=False)


def test_the_clusters_found_worst_are_named(camps):
    told = validate.judged(parted("clusters"), [camps])
    assert [one["name"] for one in told["worst_clusters"]] == ["Cleo", "Bruno", "Alma", "Dora"]
    assert told["worst_clusters"][0]["percentile"] == pytest.approx(0.6005)
    assert told["folds"][2]["name"] == "Cleo"


def test_both_weightings_have_intervals_over_clusters(camps):
    more = [fold([40 * n], number=n, cells=1000, groups=[n], name=str(n)) for n in range(4, 20)]
    told = validate.judged(parted("clusters"), [[*camps, *more]], seed=1)
    for some, score in ((told, told["ausrc"]["mean"]), (told["by_deposit"],) * 2):
        low, high = some["interval"]["ausrc"]
        middle = score if isinstance(score, float) else score["ausrc"]
        assert low < middle < high
        assert some["interval"]["clusters"] == 20
    json.dumps(told, allow_nan=False)


def test_leaving_clusters_out_of_a_district_names_and_ranks_each_among_the_whole_area():
    frame = district.samples()
    rows = district.table(frame)
    area_rows = rows[(frame.label == 0).to_numpy()]
    folds = leave_cluster_out(
        frame, grid=district.GRID, area=district.cube().signal, radius=300, cluster_distance=400,
        seed=1,
    )  # fmt: skip
    fitted = validate.cross_validated(rows, frame, folds, district.fit)
    shown = validate.folds_on_sample(fitted, rows, area_rows, frame, folds)
    told = validate.judged(folds, [shown], seed=1)
    assert [entry["name"] for entry in told["folds"]] == list(folds.names)
    for number, entry in enumerate(told["folds"]):
        mine = rows[folds.of_samples == number]
        scores = fitted[number].scores(np.concatenate([mine, area_rows])).mean(axis=0)
        scores = scores.astype("float32")
        place = [(scores > s).mean() + 0.5 * (scores == s).mean() for s in scores[: len(mine)]]
        assert entry["percentile"] == pytest.approx(np.mean(place))
        assert entry["cells"] == len(area_rows) + len(mine)


def test_a_sweep_is_told_at_every_size_and_stands_for_the_one_asked_for():
    sizes = [("random", 0.0), ("L/2", 500.0), ("L", 1000.0), ("L", 1000.0), ("2L", 2000.0)]
    ways = [parted("sweep", label=label, size=size) for label, size in sizes]
    shown = [[fold([3 * n, 5 * n]), fold([4 * n, 9 * n], number=1)] for n in range(1, 6)]
    first = Folds(
        ways[0].of_samples, ways[0].training, judged="sweep", label="random", size=0.0,
        further=tuple(ways[1:]),
    )  # fmt: skip
    told = validate.judged(first, shown)
    assert [level["label"] for level in told["levels"]] == ["random", "L/2", "L", "2L"]
    assert [level["size"] for level in told["levels"]] == [0, 500, 1000, 2000]
    assert [level["folds"] for level in told["levels"]] == [2, 2, 4, 2]
    for level, some in zip(
        told["levels"], (shown[:1], shown[1:2], shown[2:4], shown[4:]), strict=True
    ):
        assert level["auc"] == summary(*some)["auc"]
    assert told["auc"] == told["levels"][2]["auc"]
    assert told["size"] == 1000
    json.dumps(told, allow_nan=False)


def test_the_ranges_that_a_size_came_from_are_told_without_nan():
    ranges = pd.DataFrame({"layer": ["a", "b"], "range": [1200.0, np.nan], "heard": [True, False]})
    told = validate.judged(parted("folds", size=1200.0, ranges=ranges), [[fold([3, 5])]])
    assert told["ranges"] == [
        {"layer": "a", "range": 1200.0, "heard": True},
        {"layer": "b", "range": None, "heard": False},
    ]
    assert told["size"] == 1200
    json.dumps(told, allow_nan=False)
