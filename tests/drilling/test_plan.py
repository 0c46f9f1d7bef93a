"""The drill plan: its rows by hand, and stops by playing the holes one by one."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.drilling.plan import barren_to_stop, drill_plan
from geoprospect.errors import DataError

CHOSEN = np.array([True, False, True, True])


def holes():
    table = {"target": ["A", "A", "B", "A"], "elevation": 100.0, "azimuth": 90.0, "dip": -60.0,
             "length": [200.0, 210, 150, 220], "cost": [20.0, 21, 15, 22]}  # fmt: skip
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy([1, 2, 3, 4], [5, 6, 7, 8]), crs="EPSG:32633"
    )


def targets():
    table = {"probability": [0.4, 0.02], "worth": [300.0, 90], "detection": [0.5, 0.5]}
    return pd.DataFrame(table, index=["A", "B"])


def test_a_plan_lists_the_chosen_holes_best_first():
    plan = drill_plan(holes(), targets(), chosen=CHOSEN, adds=[36, 99, 45, 11])
    assert plan["hole"].tolist() == ["H1", "H2", "H3"]
    assert plan["target"].tolist() == ["B", "A", "A"]
    assert plan["purpose"].tolist() == ["find", "find", "confirm"]
    assert plan["value"].tolist() == [30, 16, -11]
    assert plan["easting"].tolist() == [3, 1, 4]
    assert plan["length"].tolist() == [150, 200, 220]
    assert plan.crs == "EPSG:32633"
    # 0.4 -> 0.25 -> 1/7 -> 1/13: the last brings 300 / 26 = 11.5, less than 21
    assert plan["stop"][1] == "3 barren holes: the chance of a deposit is then 0.077"
    assert plan["stop"][0].startswith("does not pay on its own")


@given(st.floats(0.01, 0.99), st.floats(0.05, 1), st.floats(1, 500))
def test_drilling_pays_until_it_stops_and_not_after(p, detection, worth):
    stop = barren_to_stop(p, detection=detection, worth=worth, cost=1.0)

    def brings(barren):
        there = p * (1 - detection) ** barren
        return there / (there + 1 - p) * detection * worth

    assert brings(stop) < 1
    if stop:
        assert brings(stop - 1) >= 1 - 1e-9


def test_what_cannot_be_planned_is_named():
    with pytest.raises(DataError, match="the holes have no dip, cost; add what a plan needs"):
        drill_plan(holes().drop(columns=["dip", "cost"]), targets(), chosen=CHOSEN, adds=np.ones(4))
    with pytest.raises(DataError, match="no hole is chosen"):
        drill_plan(holes(), targets(), chosen=~CHOSEN & CHOSEN, adds=np.ones(4))
    with pytest.raises(DataError, match="aim at B, and there is no such target"):
        drill_plan(holes(), targets().loc[["A"]], chosen=CHOSEN, adds=np.ones(4))
    with pytest.raises(DataError, match="target A is listed twice"):
        drill_plan(holes(), targets().loc[["A", "A", "B"]], chosen=CHOSEN, adds=np.ones(4))
    with pytest.raises(DataError, match="of a chosen hole azimuth is not known"):
        drill_plan(holes().assign(azimuth=np.nan), targets(), chosen=CHOSEN, adds=np.ones(4))
    with pytest.raises(DataError, match="chance of a deposit is 1"):
        barren_to_stop(1, detection=0.5, worth=1, cost=1)
    with pytest.raises(ValueError, match="detection must be above 0 and up to 1, got 0"):
        barren_to_stop(0.5, detection=0, worth=1, cost=1)
    with pytest.raises(ValueError, match="1000 barren holes would not stop"):
        barren_to_stop(0.5, detection=1e-6, worth=1e9, cost=1)
