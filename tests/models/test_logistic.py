"""Logistic regression: the least loss by another solver, its terms by hand, what gaps add."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from geoprospect.models.logistic import logistic_regression

from . import samples


def design(rows):
    """The columns by hand: standardised values with gaps at the median, flags, classes."""
    columns = []
    for layer in (0, 1, 2, 4):
        values = rows[:, layer].astype("f8")
        known = values[~np.isnan(values)]
        filled = np.where(np.isnan(values), np.median(known), values)
        columns += [(filled - known.mean()) / known.std(), np.isnan(values)]
    codes = rows[:, samples.ROCK]
    columns += [codes == code for code in range(12)] + [np.isnan(codes)]
    return np.column_stack(columns).astype("f8")


def test_it_has_the_least_loss_by_another_solver():
    rows, labels = samples.labelled()
    columns, sign = design(rows), 2 * labels - 1

    def loss(x):
        margin = sign * (columns @ x[:-1] + x[-1])
        return np.logaddexp(0, -margin).sum() + (x[:-1] ** 2).sum() / (2 * 0.5)

    best = minimize(loss, np.zeros(columns.shape[1] + 1), method="BFGS", options={"gtol": 1e-7})
    fitted = logistic_regression(seed=0, C=0.5, fewest=1).fit(rows, labels, **samples.NAMED)
    expected = columns @ best.x[:-1] + best.x[-1]
    np.testing.assert_allclose(fitted.raw_scores(rows), expected, rtol=0, atol=1e-4)


def test_each_layer_adds_what_it_has_beyond_the_mean_of_the_background():
    rows, labels = samples.labelled()
    fitted = logistic_regression(seed=0).fit(rows, labels, **samples.NAMED)
    parts = fitted.contributions(rows)
    np.testing.assert_allclose(parts[labels == 0, :-1].mean(axis=0), 0, atol=1e-12)
    assert parts[0, -1] == pytest.approx(fitted.raw_scores(rows[labels == 0]).mean(), abs=1e-12)


def test_one_unit_more_adds_the_coefficient_and_no_more():
    rows, labels = samples.labelled()
    fitted = logistic_regression(seed=0).fit(rows, labels, **samples.NAMED)
    term = fitted.terms_[0]
    asked = np.zeros((3, 5), "float32")
    asked[1, 0], asked[2, 0] = 1, np.nan
    raw = fitted.raw_scores(asked)
    slope, unknown = term["coefficients"]
    assert raw[1] - raw[0] == pytest.approx(slope / term["deviation"])
    assert raw[2] - raw[0] == pytest.approx(slope * term["median"] / term["deviation"] + unknown)
    assert slope > 0


def test_a_gap_where_training_has_none_is_the_median():
    rows, labels = samples.labelled(gaps=0)
    fitted = logistic_regression(seed=0).fit(rows, labels, **samples.NAMED)
    assert len(fitted.terms_[0]["coefficients"]) == 1
    assert len(fitted.terms_[2]["coefficients"]) == 2  # gappy has gaps
    asked = rows[:50].copy()
    asked[:, 0] = np.median(rows[:, 0])
    unknown = asked.copy()
    unknown[:, 0] = np.nan
    np.testing.assert_array_equal(fitted.raw_scores(unknown), fitted.raw_scores(asked))


def test_rare_classes_share_a_coefficient_and_unseen_ones_have_none():
    codes = np.repeat([0, 1, 2, 3], [40, 30, 2, 3])
    labels = (np.arange(75) % 3 == 0).astype(int)
    rows = codes[:, None].astype("float32")
    fitted = logistic_regression(seed=0, fewest=5).fit(
        rows, labels, feature_name=["rock"], categorical_feature=["rock"]
    )
    (term,) = fitted.terms_
    assert term["groups"] == [[0], [1], [2, 3]]
    raw = fitted.raw_scores(np.array([[2], [3], [77], [np.nan]], "float32"))
    assert raw[0] == raw[1]
    assert raw[2] == raw[3] == pytest.approx(fitted.base_ - term["centre"])
    assert raw[0] - raw[2] == pytest.approx(term["coefficients"][2])


def test_a_deposit_counts_as_one_sample_whatever_the_weights():
    rows, labels = samples.labelled()
    even = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    fresh = samples.rows(100, 5)
    one, ten, least = (
        logistic_regression(seed=0).fit(rows, labels, w, **samples.NAMED).raw_scores(fresh)
        for w in (even, 10 * even, np.where(labels == 1, 1, labels.mean() / (1 - labels.mean())))
    )
    np.testing.assert_allclose(ten, one, atol=1e-6)
    np.testing.assert_allclose(least, one, atol=1e-6)


def test_units_do_not_matter_and_the_tighter_hold_the_less_it_says():
    rows, labels = samples.labelled()
    other = rows * np.array([1000, 1, 1, 1, 0.001], "float32")
    names = samples.NAMED
    raw = logistic_regression(seed=0).fit(rows, labels, **names).raw_scores(rows)
    scaled = logistic_regression(seed=0).fit(other, labels, **names).raw_scores(other)
    np.testing.assert_allclose(scaled, raw, atol=1e-4)
    spreads = [
        logistic_regression(seed=0, C=C).fit(rows, labels, **names).raw_scores(rows).std()
        for C in (1e-4, 0.01, 1, 100)
    ]
    assert spreads == sorted(spreads)
    assert spreads[0] < 0.1


def test_its_text_is_plain_to_read():
    fitted = logistic_regression(seed=2).fit(*samples.labelled(), **samples.NAMED)
    told = json.loads(fitted.to_text())
    assert told["settings"] == {"C": 1.0, "fewest": 5, "random_state": 2}
    assert [term["layer"] for term in told["layers"]] == samples.LAYERS
    assert told["base"] == fitted.base_


@pytest.mark.parametrize(
    ("setting", "told"),
    [({"C": 0}, "C must be above 0, got 0"), ({"fewest": 0}, "fewest must be 1 or more, got 0")],
)
def test_settings_out_of_range_are_refused(setting, told):
    with pytest.raises(ValueError, match=told):
        logistic_regression(seed=0, **setting)
