"""The ledger of predictions: counted by hand, and Wilson's interval by its formula."""

import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from geoprospect.drilling.ledger import hit_rates, outcomes, reliability
from geoprospect.errors import DataError


def ledger(**changed):
    table = {"hole": ["a", "b", "c", "d", "e"], "registered": ["2024-01-01"] * 5,
             "drilled": ["2024-02-01", "2024-03-01", "2024-03-05", "2024-04-01", None],
             "probability": [0.1, 0.4, 0.6, 1.0, 0.5],
             "chosen_by": ["model", "geologist", "model", "both", "model"],
             "grade_thickness": [0.0, 5.0, 4.9, 7.0, np.nan]}  # fmt: skip
    return pd.DataFrame(table | changed)


def test_closed_holes_hit_from_the_threshold_on(caplog):
    with caplog.at_level(logging.INFO):
        found = outcomes(ledger(), threshold=5)
    assert found["hole"].tolist() == ["a", "b", "c", "d"]
    assert found["hit"].tolist() == [False, True, False, True]
    assert "1 of 5 holes are not drilled or assayed yet" in caplog.text


def test_hit_rates_by_hand_and_formula():
    closed = outcomes(ledger(), threshold=5)
    found = hit_rates(closed, confidence=0.95)
    assert found.index.tolist() == ["both", "geologist", "model", "all"]
    assert found.loc["model", ["holes", "hits", "rate"]].tolist() == [2, 0, 0]
    assert found["predicted"]["all"] == pytest.approx(2.1)
    z, p, n = 1.959964, 0.5, 4
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert (found["low"]["all"], found["high"]["all"]) == pytest.approx((0.5 - half, 0.5 + half))
    assert found["brier"]["all"] == pytest.approx(
        brier_score_loss(closed["hit"], closed["probability"])
    )


def test_reliability_by_hand():
    found = reliability(outcomes(ledger(), threshold=5), bins=2)
    assert found["holes"].tolist() == [2, 2]
    assert found["predicted"].tolist() == pytest.approx([0.25, 0.8])
    assert found["observed"].tolist() == [0.5, 0.5]
    assert reliability(outcomes(ledger(), threshold=5), bins=5)["low"].tolist() == pytest.approx(
        [0, 0.4, 0.6, 0.8]
    )


def test_what_proves_nothing_is_listed_by_hole():
    wrong = ledger(
        hole=["a", "a", "c", "d", "e"],
        probability=[0.1, 1.4, 0.6, 1, np.nan],
        drilled=["2023-02-01", "2024-03-01", "2024-03-05", "2024-01-01", None],
    )
    with pytest.raises(DataError) as told:
        outcomes(wrong, threshold=5)
    assert str(told.value).splitlines()[1:] == [
        "  - hole a is listed twice",
        "  - hole a was drilled before its prediction was registered",
        "  - hole d was drilled before its prediction was registered",
        "  - hole a has no predicted chance from 0 to 1",
        "  - hole e has no predicted chance from 0 to 1",
    ]
    with pytest.raises(DataError, match="hole c has no date of registration"):
        outcomes(ledger(registered=["2024"] * 2 + [None] + ["2024"] * 2), threshold=5)
    with pytest.raises(DataError, match="the ledger has no drilled; its columns are hole, reg"):
        outcomes(ledger().drop(columns="drilled"), threshold=5)
    with pytest.raises(DataError, match="nothing to tell"):
        hit_rates(outcomes(ledger().iloc[4:], threshold=5))
    with pytest.raises(ValueError, match="bins must be 1 or more, got 0"):
        reliability(outcomes(ledger(), threshold=5), bins=0)
