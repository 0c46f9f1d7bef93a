"""Holes left out: by hand, against scikit-learn, and that nobody looks into the hole."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor

from geoprospect.errors import DataError
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.estimators import XYZ, inverse_distance, kriging, nearest_sample
from geoprospect.resources.out_of_hole import (
    OutOfHole,
    hole_folds,
    out_of_hole,
    standard_error,
)

BALL = Nested(0.1, (Structure("spherical", 0.9, 50, 50, 50),))


def samples(holes=12, each=5, seed=2):
    rng = np.random.default_rng(seed)
    collars = np.repeat(rng.uniform(0, 100, (holes, 2)), each, axis=0)
    z = -10.0 * np.tile(np.arange(each), holes) + rng.uniform(0, 5, holes * each)  # no ties
    return pd.DataFrame({"x": collars[:, 0], "y": collars[:, 1], "z": z,
                         "hole": np.repeat([f"H{k}" for k in range(holes)], each),
                         "Cu": rng.random(holes * each)})  # fmt: skip


def line(grades, holes=None):
    """One sample in each hole, 10 m apart."""
    count = len(grades)
    return pd.DataFrame({"x": 10.0 * np.arange(count), "y": 0.0, "z": 0.0,
                         "hole": holes or list("ABCDEFGH"[:count]), "Cu": grades})  # fmt: skip


def test_three_holes_by_hand():
    some = line([1.0, 2, 6])
    found = out_of_hole(some, grade="Cu", estimators={
        "nearest": nearest_sample(grade="Cu"), "distance": inverse_distance(grade="Cu", most=2),
    })  # fmt: skip
    weighed = [(2 * 4 + 6) / 5, (1 + 6) / 2, (2 * 4 + 1) / 5]
    assert found.estimates["distance"].tolist() == pytest.approx(weighed)
    assert found.estimates["low"].tolist() == [2, 1, 1]
    assert found.estimates["high"].tolist() == [6, 6, 2]
    row = found.table.set_index("estimator").loc["distance"]
    errors = np.array(weighed) - [1, 2, 6]
    assert row["ME"] == pytest.approx(errors.mean())
    assert row["MAE"] == pytest.approx(np.abs(errors).mean())
    assert row["RMSE"] == pytest.approx(np.sqrt((errors**2).mean()))
    assert row["MAE_se"] == pytest.approx(np.abs(errors).std(ddof=1) / np.sqrt(3))
    assert row["r"] == pytest.approx(np.corrcoef(weighed, [1, 2, 6])[0, 1])
    assert row["slope"] == pytest.approx(np.polyfit(weighed, [1, 2, 6], 1)[0])
    assert (row["beyond"], row["unknown"], row["samples"]) == (0, 0, 3)


def test_scikit_learn_leaves_the_same_holes_out():
    some = samples()
    ours = out_of_hole(some, grade="Cu", estimators={
        "one": nearest_sample(grade="Cu"), "more": inverse_distance(grade="Cu", most=7),
    }).estimates  # fmt: skip
    for name, count in (("one", 1), ("more", 7)):
        weights = (lambda away: away**-2.0) if count > 1 else "uniform"
        other = cross_val_predict(
            KNeighborsRegressor(count, weights=weights), some[XYZ], some["Cu"],
            groups=some["hole"], cv=LeaveOneGroupOut(),
        )  # fmt: skip
        np.testing.assert_allclose(ours[name], other)


@pytest.mark.parametrize(
    "estimator",
    [nearest_sample(grade="Cu"), inverse_distance(grade="Cu"), kriging(grade="Cu", variogram=BALL)],
)
def test_at_a_sample_estimates_are_its_grade(estimator):
    some = samples()
    np.testing.assert_allclose(estimator(some, some), some["Cu"], atol=1e-9)


def test_all_see_the_same_folds_and_none_the_hole_itself():
    some = samples()
    seen = []

    def spy(left, places):
        assert "Cu" not in places
        seen.append((set(left["hole"]), set(places["hole"])))
        return np.zeros(len(places))

    out_of_hole(some, grade="Cu", estimators={"a": spy, "b": spy})
    assert seen[::2] == seen[1::2]
    assert all(not left & out for left, out in seen)
    assert [out for _, out in seen[::2]] == [{f"H{k}"} for k in range(12)]


def test_what_one_estimator_does_not_know_is_judged_of_none():
    some = line([1.0, 2, 6, 8])
    found = out_of_hole(some, grade="Cu", estimators={
        "right": lambda left, places: some["Cu"].loc[places.index].to_numpy(),
        "partly": lambda left, places: np.where(places["x"] < 15, 99.0, np.nan),
    })  # fmt: skip
    table = found.table.set_index("estimator")
    assert table["samples"].tolist() == [2, 2]
    assert table["unknown"].tolist() == [0, 0.5]
    assert table["beyond"].tolist() == [0.5, 1]  # the first hole is poorer than all others
    assert found.by_hole["hole"].tolist() == ["A", "B"]
    assert found.by_hole["partly"].tolist() == [98, 97]
    assert np.isnan(table.loc["partly", "r"])
    assert found.told()["estimators"][1]["r"] is None
    assert found.gain("right", "partly")[0] == 97.5
    assert found.gain("right", "partly", power=2)[0] == (98**2 + 97**2) / 2
    with pytest.raises(KeyError, match="no estimator is named 'left'; known: partly, right"):
        found.gain("left", "right")


def test_standard_errors_are_over_holes():
    # four holes of one value each, repeated: repeating tells nothing new
    values, holes = np.array([1.0, 2, 4, 9]), np.arange(4)
    plain = values.std(ddof=1) / 2
    assert standard_error(values, holes) == pytest.approx(plain)
    assert standard_error(np.repeat(values, 50), np.repeat(holes, 50)) == pytest.approx(plain)
    assert np.isnan(standard_error(values, np.zeros(4, np.int64)))


@given(st.integers(2, 12), st.booleans(), st.integers(0, 9))
def test_folds_keep_holes_whole_and_alike_in_number(count, near, seed):
    some = samples()
    folds = hole_folds(some, count=count, seed=seed, near=near)
    assert len(set(zip(some["hole"], folds, strict=True))) == 12
    sizes = pd.Series(folds).groupby(folds).size() / 5
    assert len(sizes) == count
    assert sizes.max() - sizes.min() <= (2 if near else 1)


def test_near_holes_are_left_out_together():
    some = line(np.arange(8.0))
    assert hole_folds(some, count=4, seed=0, near=True).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    shuffled = some.sample(frac=1, random_state=1)
    folds = hole_folds(shuffled, count=4, seed=0, near=True)
    assert folds.tolist() == (shuffled["x"] // 20).tolist()


def test_order_of_samples_changes_nothing(caplog):
    some = pd.concat([samples(), samples(seed=3).assign(Cu=np.nan)], ignore_index=True)
    estimators = {"kriging": kriging(grade="Cu", variogram=BALL)}
    with caplog.at_level(logging.INFO):
        one = out_of_hole(some, grade="Cu", estimators=estimators)
    assert "60 of 120 samples have no Cu" in caplog.text
    other = out_of_hole(some[::-1], grade="Cu", estimators=estimators)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert isinstance(one, OutOfHole)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"grade": "Au"}, DataError, "no column 'Au'"),
        ({"estimators": {}}, ValueError, "no estimator to be judged"),
        ({"samples": line([1.0, 2], ["A", "A"])}, DataError, "one hole or fold"),
        ({"folds": [0, 1, 1, 2]}, DataError, "hole B lies in two folds"),
        ({"estimators": {"odd": lambda *_: np.zeros(9)}}, ValueError, r"odd made \(9,\) estimates"),
    ],
)
def test_what_cannot_be_left_out_is_refused(changes, error, message):
    given = {"samples": line([1.0, 2, 3, 4], list("ABCB")), "grade": "Cu",
             "estimators": {"nearest": nearest_sample(grade="Cu")}, **changes}  # fmt: skip
    with pytest.raises(error, match=message):
        out_of_hole(given.pop("samples"), **given)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="from 2 to the number of holes, 12; got 13"):
        hole_folds(samples(), count=13, seed=0)
    with pytest.raises(ValueError, match="power and most must be positive, got 0 and 16"):
        inverse_distance(grade="Cu", power=0)
    with pytest.raises(DataError, match="no sample has a grade 'Cu'"):
        nearest_sample(grade="Cu")(samples().assign(Cu=np.nan), samples())
