"""The made drill holes: read with their quirks, barren but one, and that one where the ore is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from geoprospect.drilling.known import Hit, outcomes
from geoprospect.ingest.drillholes import drillholes
from geoprospect.resources.drill_traces import lines

COLUMNS = {
    "collar_columns": {"hole": "孔号", "x": "Y", "y": "X", "z": "H", "end": "孔深"},
    "survey_columns": {"hole": "孔号", "depth": "测深", "azimuth": "方位角", "dip": "倾角"},
    "interval_columns": {"hole": "孔号", "from": "自", "to": "至"},
}


@pytest.fixture(scope="module")
def holes(sample):
    paths = {"collar": "collars", "survey": "surveys", "interval": "assays"}
    return drillholes(
        **{name: sample / "drilling" / f"{file}.csv" for name, file in paths.items()}, **COLUMNS,
        grades=["Cu(%)", "Mo(%)"], unit="m", dip_down="positive", end_codes=[99_999],
        crs="EPSG:4543",
    )  # fmt: skip


def test_every_quirk_that_the_readme_names_is_found(holes):
    assert len(holes.collars) == 16
    found = holes.warnings.groupby("code")["count"].sum()
    assert found["no_stations"] == 1  # planned and never drilled
    assert found["end_codes"] == 3
    assert found["azimuth_wrapped"] == 7
    assert {"repeated_station", "gap", "blank_grade"} <= set(found.index)
    assert holes.units == {"Cu(%)": "%", "Mo(%)": "%"}


def test_one_hole_hits_and_it_passes_the_deposit_that_nobody_lists(sample, holes):
    traces = lines(holes.collars, holes.surveys)
    told = outcomes(traces, holes.intervals, hit=Hit("Cu(%)", 0.3, 10), depth=180)
    assert told.loc[told["hit"], "hole"].tolist() == ["ZK0403"]
    hidden = gpd.read_file(sample / "truth" / "undiscovered.geojson").to_crs(4543)
    strongest = hidden.loc[hidden["strength"].idxmax()].geometry
    at = told.set_index("hole").loc[["ZK0403", "ZK0404"], ["x", "y"]].to_numpy(float)
    off = np.hypot(*(at - [strongest.x, strongest.y]).T)
    assert off[0] < 60
    assert 250 < off[1] < 450


def test_barren_holes_lie_off_every_deposit(sample, holes):
    every = [gpd.read_file(sample / name).to_crs(4543).geometry
             for name in ("deposits.geojson", "truth/undiscovered.geojson")]  # fmt: skip
    traces = lines(holes.collars, holes.surveys).set_index("hole").drop("ZK0403")
    told = outcomes(traces.reset_index(), holes.intervals, hit=Hit("Cu(%)", 0.3, 10), depth=180)
    places = gpd.GeoSeries(gpd.points_from_xy(told["x"], told["y"]), crs=4543)
    for known in every:
        assert places.map(lambda place, known=known: known.distance(place).min()).min() > 200
    assert not told["hit"].any()
