"""Duplicates: merged by hand, and what is told of how they repeat."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely

from geoprospect.errors import DataError
from geoprospect.features.replicates import precision, replicates_merged
from tests.features.made import corner, frame

NAN = np.nan


def sampled():
    """A pair at one place, a sample alone, three of one set elsewhere."""
    at = [(0, 0), (500, 0), (0, 0), (900, 0), (910, 0), (900, 0)]
    made = frame(
        *[shapely.Point(*corner(*place)) for place in at],
        Cu=[10.0, 7.0, 40.0, 1.0, 3.0, NAN],
        site=["a", None, "a", "b", "b", "b"],
        note=["first", "x", "second", "p", "q", "r"],
    )
    made.attrs["units"] = {"Cu": "ug/g"}
    return made


@pytest.mark.parametrize(
    ("average", "expected"),
    [("mean", [25, 7, 2]), ("geometric_mean", [20, 7, np.sqrt(3)]), ("median", [25, 7, 2])],
)
def test_sets_are_merged(average, expected, caplog):
    with caplog.at_level(logging.INFO):
        found = replicates_merged(sampled(), columns=["Cu"], average=average, by="site")
    np.testing.assert_allclose(found["Cu"], expected)
    assert found["note"].tolist() == ["first", "x", "p"]
    assert found.geometry.x.tolist() == [corner(x, 0)[0] for x in (0, 500, 900)]
    assert found.attrs["units"] == {"Cu": "ug/g"}
    assert "6 samples were merged into 3" in caplog.text
    assert "column 'Cu' repeats to" in caplog.text


def test_without_a_column_samples_at_one_place_are_a_set():
    found = replicates_merged(sampled(), columns=["Cu"], average="mean")
    np.testing.assert_allclose(found["Cu"], [25, 7, 1, 3])


def test_a_set_is_below_a_limit_only_where_all_of_it_is():
    made = sampled()
    made["Cu_below_limit"] = [10, NAN, 40, 1, NAN, NAN]
    made["Cu_censored"] = ~np.isnan(made["Cu_below_limit"])
    found = replicates_merged(made, columns=["Cu"], average="mean", by="site")
    np.testing.assert_array_equal(found["Cu_below_limit"], [40, NAN, NAN])
    assert found["Cu_censored"].tolist() == [True, False, False]


def test_precision_by_hand():
    told = precision(sampled(), columns=["Cu"], by="site").loc["Cu"]
    assert told["sets"] == 2
    # relative standard deviations sqrt(2) * 15 / 25 and sqrt(2) * 1 / 2
    assert told["variation"] == pytest.approx(np.sqrt((2 * 0.6**2 + 2 * 0.5**2) / 2))
    logs = np.log([10.0, 7, 40, 1, 3])
    within = (np.log(4) ** 2 / 2 + np.log(3) ** 2 / 2) / 2
    assert told["noise_share"] == pytest.approx(within / logs.var(ddof=1))
    assert np.isnan(told["detection_limit"])


def test_censored_values_tell_no_precision(caplog):
    made = sampled()
    made["Cu_below_limit"] = [10, NAN, NAN, 1, NAN, NAN]
    told = precision(made, columns=["Cu"], by="site").loc["Cu"]
    assert told["sets"] == 0
    with caplog.at_level(logging.WARNING):
        replicates_merged(made, columns=["Cu"], average="mean", by="site")
    assert "no set of measured values tells the precision of Cu" in caplog.text


def test_the_same_analysis_reported_twice_is_no_replicate(caplog):
    made = sampled()
    made["Cu"] = [10.0, 7, 10, 1, 3, NAN]
    made.loc[4, "site"] = None
    assert precision(made, columns=["Cu"], by="site").loc["Cu", ["sets", "identical"]].tolist() == [
        1,
        1,
    ]
    with caplog.at_level(logging.WARNING):
        replicates_merged(made, columns=["Cu"], average="mean", by="site")
    assert "hold the same value throughout in Cu (1 of 1)" in caplog.text


def test_many_pairs_tell_thompson_and_howarth():
    means = np.arange(10.0, 76.0)
    half = (1.0 + 0.1 * means) / 2
    values = np.stack([means - half, means + half], axis=1).ravel()
    points = [shapely.Point(*corner(10 * i, 0)) for i in range(len(values))]
    made = frame(*points, Cu=list(values), pair=[f"p{i // 2}" for i in range(len(values))])
    told = precision(made, columns=["Cu"], by="pair").loc["Cu"]
    assert told["sets"] == 66
    assert told["deviation_at_zero"] == pytest.approx(1.04836, rel=1e-4)
    assert told["relative_deviation"] == pytest.approx(0.104836, rel=1e-4)


def test_what_cannot_be_merged_is_said():
    with pytest.raises(DataError, match="no column 'pair'"):
        replicates_merged(sampled(), columns=["Cu"], average="mean", by="pair")
    made = sampled()
    made.loc[0, "Cu"] = 0.0
    with pytest.raises(DataError, match="'Cu' has 1 values at or below zero"):
        replicates_merged(made, columns=["Cu"], average="geometric_mean", by="site")
