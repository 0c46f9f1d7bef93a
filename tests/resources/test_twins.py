"""Twins: by hand, and what is said of them."""

import logging

import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.twins import without_twins


def samples():
    return pd.DataFrame(
        {"hole": ["A", "B", "A", "C"], "x": [0.0, 0.004, 50, 0.008], "y": 0.0, "z": 0.0,
         "Cu": [1.0, 3, 7, np.nan], "rock": ["skarn", "marble", "skarn", "marble"]}
    )  # fmt: skip


def test_what_lies_together_is_one_and_said(caplog):
    with caplog.at_level(logging.WARNING):
        found = without_twins(samples(), grades=["Cu"])
    assert found["hole"].tolist() == ["A", "A"]
    assert found["Cu"].tolist() == [2, 7]  # what is unknown of C changes no mean
    assert found["rock"].tolist() == ["skarn", "skarn"]
    assert "3 pairs of samples lie at one place" in caplog.text
    assert "of holes A and B; A and C; B and C." in caplog.text


def test_what_lies_apart_stays_as_it_is(caplog):
    some = samples()
    assert without_twins(some, grades=["Cu"], within=0.001) is some
    assert not caplog.text


def test_many_pairs_are_counted():
    many = pd.DataFrame(
        {"hole": list("ABCDEFGHIJKL"), "x": np.arange(12) // 2 * 1.0, "y": 0, "z": 0}
    )
    assert without_twins(many, grades=[])["hole"].tolist() == list("ACEGIK")


def test_bad_settings_are_refused():
    with pytest.raises(DataError, match="the samples have no column 'cu'"):
        without_twins(samples(), grades=["cu"])
    with pytest.raises(ValueError, match="within must be positive, got 0 m"):
        without_twins(samples(), grades=["Cu"], within=0)
