"""Thresholds by hand, and samples set against them."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.features.thresholds import anomalies, enriched, threshold
from tests.features.test_composition import table
from tests.kernels.test_fractal import power_law

NINE = np.arange(1.0, 10.0)
BY_HAND = {
    "median": 5.0,
    "mean_2sd": 5.0 + 2 * np.sqrt(60 / 8),
    "median_2mad": 5.0 + 2 * 1.4826 * 2.0,
    "tukey_fence": 7.0 + 1.5 * 4.0,
    "percentile": 8.2,
}


@pytest.mark.parametrize("method", list(BY_HAND))
def test_thresholds_by_hand(method):
    settings = {"method": method, "seed": 1, "percentile": 90 if method == "percentile" else None}
    assert threshold(NINE, **settings) == pytest.approx(BY_HAND[method])
    found = threshold(10**NINE, scale="log10", **settings)
    assert found == pytest.approx(10 ** BY_HAND[method])


def test_the_fractal_threshold_is_the_highest_break():
    values = power_law([10.0, 100.0], [0.5, 1.0, 3.0])
    assert threshold(values, method="fractal", seed=1) == pytest.approx(100, rel=0.06)


def test_what_no_threshold_can_be_told_of_is_said():
    with pytest.raises(DataError, match="needs at least 5 known values, and there are 3"):
        threshold(NINE[:3], method="median", seed=1)
    with pytest.raises(DataError, match="1 of 9 values are at or below zero and have no log"):
        threshold(NINE - 1, method="median", scale="log10", seed=1)
    with pytest.raises(DataError, match="has no break that can be told"):
        threshold(NINE, method="fractal", seed=1)
    for percentile in (None, 0, 100, 120):
        with pytest.raises(ValueError, match="percentile must be between 0 and 100"):
            threshold(NINE, method="percentile", percentile=percentile, seed=1)
    with pytest.raises(ValueError, match="percentile is for method percentile, not for median"):
        threshold(NINE, method="median", percentile=90, seed=1)


ROCKS = ["basalt"] * 5 + ["granite"] * 5 + ["dyke"] * 2 + [None]
COPPER = [80, 100, 100, 120, 300, 8, 10, 10, 12, 30, 5, 6, 7]


def sampled():
    made = table(Cu=[float(v) for v in COPPER])
    made["rock"] = ROCKS
    return made


def test_each_group_is_set_against_its_own(caplog):
    with caplog.at_level(logging.INFO):
        found = enriched(sampled(), columns=["Cu"], over="median", by="rock", seed=1)
    expected = [0.8, 1, 1, 1.2, 3, 0.8, 1, 1, 1.2, 3, np.nan, np.nan, np.nan]
    np.testing.assert_allclose(found["Cu_enrichment"], expected)
    assert found.attrs["units"]["Cu_enrichment"] == "1"
    assert "the median of Cu in rock basalt is 100 ug/g" in caplog.text
    assert "groups of rock with fewer than 5 values are left out: dyke (2)" in caplog.text
    assert "1 samples have no rock and are left out" in caplog.text
    whole = enriched(sampled(), columns=["Cu"], over="median", seed=1)
    np.testing.assert_allclose(whole["Cu_enrichment"], np.array(COPPER) / np.median(COPPER))


def test_anomalies_are_the_rows_above_and_no_others(caplog):
    with caplog.at_level(logging.INFO):
        found = anomalies(sampled(), column="Cu", above="tukey_fence", by="rock", seed=1)
    assert found["Cu"].tolist() == [300.0, 30.0]
    assert found.geometry.x.tolist() == [sampled().geometry.x[i] for i in (4, 9)]
    assert found.attrs["long_name"] == "Cu above its tukey_fence"
    assert "1 of 5 samples of rock basalt have Cu above 150 ug/g" in caplog.text
    with pytest.raises(DataError, match="no sample has Cu above its mean_2sd"):
        anomalies(table(Cu=NINE), column="Cu", above="mean_2sd", seed=1)


def test_a_threshold_at_or_below_zero_is_refused():
    with pytest.raises(DataError, match="the median of 'Cu' is 0 ug/g"):
        enriched(table(Cu=[0.0] * 6), columns=["Cu"], over="median", seed=1)
