"""Samples in their places: by hand, and what must not matter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.ingest.drillholes import drillholes
from geoprospect.resources.composites import composites
from geoprospect.resources.drill_traces import lines, located


def collars():
    return pd.DataFrame({"hole": ["B", "A"], "x": [0, 100.0], "y": [0, 200.0], "z": [0, 50.0]})


def surveys():
    return pd.DataFrame(
        {"hole": ["A", "B", "B"], "depth": [0.0, 0, 100], "azimuth": [90.0, 0, 0],
         "dip": [-30.0, -90, 0]}
    )  # fmt: skip


def samples():
    return pd.DataFrame({"hole": ["A", "B", "B"], "from": [8.0, 40, 100], "to": [12.0, 60, 120]})


def test_middles_lie_where_geometry_puts_them():
    found = located(samples(), collars=collars(), surveys=surveys())
    radius = 100 / (np.pi / 2)
    half = radius * np.sqrt(0.5)
    straight = [100 + 10 * np.sqrt(3) / 2, 200, 50 - 5]
    expected = [straight, [0, radius - half, -half], [0, radius + 10, -radius]]
    np.testing.assert_allclose(found[["x", "y", "z"]], expected, atol=1e-9)
    np.testing.assert_allclose(found["dip"], [-30, -45, 0], atol=1e-9)
    np.testing.assert_allclose(found["azimuth"], [90, 0, 0], atol=1e-9)


def test_a_lifting_and_swinging_hole_ends_48_m_from_its_straight_projection():
    depth = np.arange(0, 401, 30.0)
    bent = pd.DataFrame(
        {"hole": "A", "depth": depth, "azimuth": 90 + depth / 60, "dip": -60 + depth / 30}
    )
    end = pd.DataFrame({"hole": ["A"], "from": [400.0], "to": [400.0]})
    places = [
        located(end, collars=collars(), surveys=table)[["x", "y", "z"]].to_numpy()
        for table in (bent, bent.iloc[:1])
    ]
    assert np.linalg.norm(places[0] - places[1]) == pytest.approx(48, abs=1)


def test_the_order_of_tables_changes_not_a_bit():
    plain = located(samples(), collars=collars(), surveys=surveys())
    turned = located(samples()[::-1], collars=collars()[::-1], surveys=surveys()[::-1])
    pd.testing.assert_frame_equal(turned[::-1], plain, check_exact=True)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"collars": collars().iloc[:1]}, "1 holes of samples are not in the collars: A"),
        ({"surveys": surveys().iloc[:1]}, "1 holes of samples are not in the surveys: B"),
        ({"collars": pd.concat([collars()] * 2)}, "2 collars repeat the hole of another one"),
        (
            {"surveys": surveys().rename(columns={"dip": "Dip"})},
            "no column 'dip'; did you mean 'Dip'",
        ),
        ({"surveys": surveys().assign(depth=0.0)}, "make no trace: stations must come downwards"),
    ],
)
def test_what_cannot_be_placed_is_refused(tables, message):
    with pytest.raises(DataError, match=message):
        located(samples(), **{"collars": collars(), "surveys": surveys()} | tables)


def test_babbitt_goes_from_raw_tables_to_composites_in_their_places(real_data):
    folder = real_data / "drill_babbitt"
    holes = drillholes(
        collar=folder / "collar_BABBITT.csv",
        survey=folder / "survey_BABBITT.csv",
        interval=folder / "assay_BABBITT.csv",
        collar_columns={"hole": "BHID", "x": "XCOLLAR", "y": "YCOLLAR", "z": "ZCOLLAR"},
        survey_columns={"hole": "BHID", "depth": "AT", "azimuth": "AZ", "dip": "DIP"},
        interval_columns={"hole": "BHID", "from": "FROM", "to": "TO"},
        grades=["CU"], units={"CU": "%"}, unit="ft", dip_down="positive", end_codes=[90_000],
    )  # fmt: skip
    made = composites(holes.intervals, grades=["CU"], length=10 * 0.3048)
    known = holes.intervals.dropna(subset="CU")
    metal = ((known["to"] - known["from"]) * known["CU"]).sum()
    kept = (made["length"] * made["CU_coverage"] * made["CU"]).sum()
    assert kept == pytest.approx(metal, rel=1e-6)
    found = located(made, collars=holes.collars, surveys=holes.surveys)
    collar = holes.collars.set_index("hole").loc[found["hole"]]
    away = found[["x", "y", "z"]].to_numpy() - collar[["x", "y", "z"]].to_numpy()
    middle = (found["from"] + found["to"]) / 2
    assert (
        np.linalg.norm(away, axis=1) <= middle + 1e-6
    ).all()  # a chord is no longer than its arc
    assert (away[:, 2] < 0).all()


def test_lines_follow_the_arc_from_the_collar_to_the_end():
    ends = gpd.GeoDataFrame(
        collars().assign(end=[95.0, 0.0]), geometry=gpd.points_from_xy([0, 0], [0, 0]), crs=32648
    )
    found = lines(ends, surveys(), step=10)
    assert found["hole"].tolist() == ["B"]
    assert found.crs == ends.crs
    places = np.array(found.geometry[0].coords)
    radius, turned = 100 / (np.pi / 2), np.append(np.arange(0, 95, 10.0), 95) * np.pi / 200
    wanted = radius * np.column_stack([0 * turned, 1 - np.cos(turned), -np.sin(turned)])
    np.testing.assert_allclose(places, wanted, atol=1e-9)
    with pytest.raises(ValueError, match="step must be above 0 m, got 0"):
        lines(ends, surveys(), step=0)
