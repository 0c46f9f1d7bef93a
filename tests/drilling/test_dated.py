"""What existed when: layers, holes, and layers that know the date."""

import logging

import numpy as np
import pandas as pd
import pytest

from geoprospect.drilling.dated import drilled_by, existing, historic_order, refuse_dated
from geoprospect.drilling.discoveries import dates_of
from geoprospect.errors import DataError

WHEN = pd.Series(pd.to_datetime(["1980-01-01", "1995-06-01", "1995-01-01", "1999-01-01", None]))


def test_layers_of_later_years_are_left_out_and_undated_ones_are_a_risk(caplog):
    acquired = {"magnetics": 1975, "geology": "1994-03-01", "gravity": "1990", "copper": None}
    with caplog.at_level(logging.INFO):
        found = existing(["magnetics", "geology", "copper", "gravity", "roads"], acquired,
                         cut="1990-01-01")  # fmt: skip
    assert found.used == ["magnetics", "copper", "roads"]
    assert found.left_out == ["geology", "gravity"]  # of the day itself is later
    assert found.risk == ["copper", "roads"]
    assert "leak risk: nobody says when copper, roads existed" in caplog.text
    assert "acquired on 1990-01-01 or later are left out: geology, gravity" in caplog.text


def test_dates_of_no_layer_and_no_layer_left_are_refused():
    with pytest.raises(DataError, match="dates are given for magnetic, and no layer is called so"):
        existing(["magnetics"], {"magnetic": 1990}, cut="1990")
    with pytest.raises(DataError, match="no layer existed before 1970"):
        existing(["magnetics"], {"magnetics": 1990}, cut="1970")
    with pytest.raises(DataError, match="dates of the layers cannot be read, such as 'soon'"):
        existing(["magnetics"], {"magnetics": "soon"}, cut="1970")


def test_a_layer_that_runs_with_the_dates_is_refused_by_name():
    rng = np.random.default_rng(0)
    years = pd.Series(rng.integers(1950, 2010, 40))
    found = dates_of(years, "deposits")
    honest, mined = rng.normal(size=40), -years + rng.normal(0, 3, 40)
    flat, gappy = np.ones(40), np.where(np.arange(40) < 35, np.nan, years)
    rows = np.column_stack([honest, flat, gappy])
    refuse_dated(rows, ["honest", "flat", "gappy"], found)
    with pytest.raises(DataError, match=r"know when deposits were found.*\n.*tailings \(rank "
                       r"correlation -0\.9"):  # fmt: skip
        refuse_dated(np.column_stack([honest, mined]), ["honest", "tailings"], found)


def test_a_weak_run_with_the_dates_is_geology():
    """Shallow ore is found first: a rank correlation of a half is no leak."""
    rng = np.random.default_rng(1)
    years = rng.permutation(60)
    depth = years + rng.normal(0, 30, 60)
    assert 0.3 < np.corrcoef(years, depth)[0, 1] < 0.65
    refuse_dated(depth[:, None], ["depth"], dates_of(pd.Series(1950 + years), "deposits"))


def test_cells_drilled_before_are_told_from_those_drilled_later():
    cells = np.array([3, 1, 2, 3, 0])
    assert drilled_by(cells, WHEN, cut="1990", ground=5).tolist() == [False] * 3 + [True, False]


def test_history_ranks_cells_by_their_first_later_hole():
    order = historic_order(np.array([3, 1, 2, 1, 0]), WHEN, cut="1990", ground=5)
    assert np.isnan(order[[0, 3, 4]]).all()  # undated, earlier, never
    assert order[2] > order[1] > 0  # January before June, whatever came in 1999
    with pytest.raises(DataError, match="no hole is dated 2005 or later"):
        historic_order(np.array([3, 1, 2, 1, 0]), WHEN, cut="2005", ground=5)
