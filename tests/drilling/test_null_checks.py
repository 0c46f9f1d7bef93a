"""Random drilling against its formulas: every set of cells alike, and a false formula is told."""

import itertools
import logging

import numpy as np
import pytest

from geoprospect.drilling import null_checks
from geoprospect.drilling.null_checks import checked, places


def test_every_set_of_cells_is_drawn_alike():
    drawn = np.sort(places(5, 3, 40_000, np.random.default_rng(1)), axis=1)
    sets, count = np.unique(drawn, axis=0, return_counts=True)
    assert sets.tolist() == [list(one) for one in itertools.combinations(range(5), 3)]
    assert (np.abs(count - 4000) < 4 * np.sqrt(4000 * 0.9)).all()


def test_worked_numbers_are_met_by_trials():
    rows = {row["what"]: row for row in checked(cells=1000, discoveries=7, seed=4)}
    assert rows["cells until the first of the discoveries"]["formula"] == 125.125
    assert rows["cells until the half of the discoveries"]["formula"] == 500.5
    assert rows["hits in the first tenth of the cells"]["formula"] == pytest.approx(0.7)
    chance = rows["chance of a hit in the first tenth of the cells"]
    # none of seven in a hundred of a thousand, cell after cell
    none = np.prod([(900 - k) / (1000 - k) for k in range(7)])
    assert chance["formula"] == pytest.approx(1 - none)
    assert all(row["holds"] and abs(row["errors"]) <= 2 for row in rows.values())


def test_errors_scatter_as_standard_errors_do():
    errors = [row["errors"] for seed in range(60)
              for row in checked(cells=300, discoveries=4, seed=seed, trials=2000)]  # fmt: skip
    assert np.std(errors) == pytest.approx(1, abs=0.2)
    assert np.mean(np.abs(errors) > 2) == pytest.approx(0.05, abs=0.04)


@pytest.mark.parametrize(("cells", "discoveries"), [(5, 5), (1, 1)])
def test_where_chance_has_no_say_all_holds(cells, discoveries, caplog):
    with caplog.at_level(logging.WARNING):
        rows = checked(cells=cells, discoveries=discoveries, seed=1, trials=200)
    assert all(row["holds"] for row in rows)
    assert caplog.text == ""


def test_a_false_null_is_told(monkeypatch, caplog):
    monkeypatch.setattr(null_checks, "expected_rank", lambda which, **whole: 100.0 * which)
    with caplog.at_level(logging.WARNING):
        rows = checked(cells=1000, discoveries=7, seed=4)
    assert [row["holds"] for row in rows] == [False, False, True, True]
    assert "the formula of its null differ by more than two standard errors" in caplog.text
    assert "cells until the first of the discoveries +" in caplog.text


def test_no_discovery_is_no_test():
    with pytest.raises(ValueError, match="at least 1 discoveries"):
        checked(cells=10, discoveries=0, seed=1)
