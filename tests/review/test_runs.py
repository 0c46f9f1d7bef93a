"""What a run folder tells: targets, order by weights, reasons, comparison; and broken folders."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import DataError, MissingFileError
from geoprospect.report import vectors
from geoprospect.review import comparison, desk, folder, order
from tests.review.conftest import (
    CRITERIA,
    CRS,
    LABELS,
    NASTY,
    NORTH,
    WEST,
    Client,
    make_run,
    make_targets,
    ranked,
)


def test_the_table_is_the_targets_column_by_column(client):
    told = client.get("/api/targets").json()
    names = [one["name"] for one in told["columns"]]
    values = dict(zip(names, told["values"], strict=True))
    assert values["label"] == LABELS
    assert values["nearest_deposit_m"] == [0.0, 400.0, None, 1200.0, 5000.0, 10.0]
    assert values["driver_3"][1] is None
    assert "geometry" not in names


def test_outlines_are_the_targets_in_degrees(client):
    told = client.get("/api/outlines/targets").json()
    assert [one["properties"]["label"] for one in told["features"]] == LABELS
    ring = np.array(told["features"][0]["geometry"]["coordinates"][0])
    exact = make_targets().to_crs(4326).geometry.iloc[0].bounds
    assert ring.min(0) == pytest.approx(exact[:2], abs=2e-6)
    assert ring.max(0) == pytest.approx(exact[2:], abs=2e-6)


def test_the_study_area_is_where_the_map_is_known(client):
    told = client.get("/api/outlines/area").json()["features"][0]["geometry"]
    ring = np.array(told["coordinates"][0])
    west = make_targets().to_crs(4326)  # the same grid: four columns west of it are unknown
    assert ring[:, 0].min() > 105.0 + 3.5 * 100 / 99_300
    assert ring[:, 0].max() > west.total_bounds[2]


# --- planned holes ------------------------------------------------------------------------


def plan_in(run, **changes):
    """A drill plan of three holes on two targets, one of which has a nasty name."""
    x = [WEST + 5300.0, WEST + 5400, WEST + 4400]
    table = {
        "hole": ["H1", "H2", "H3"], "target": ["T1", "T1", NASTY], "easting": x,
        "northing": NORTH - 2300.0, "azimuth": [90.0, 90, 180], "dip": -60.0,
        "length": [200.0, 230, 180], "purpose": ["find", "confirm", "find"], "cost": 1e4,
        "value": [5e5, np.nan, 1e5], "stop": "3 barren holes",
    } | changes  # fmt: skip
    table = {name: column for name, column in table.items() if column is not None}
    frame = gpd.GeoDataFrame(
        pd.DataFrame(table), geometry=gpd.points_from_xy(x, [NORTH - 2300] * 3), crs=CRS
    )
    vectors.geopackage({"plan": frame}, run / "drill_plan.gpkg")


def test_planned_holes_are_told_of_their_target_and_lie_on_the_map(run):
    plan_in(run)
    client = Client(run)
    holes = client.get("/api/target", params={"label": "T1"}).json()["holes"]
    assert [(one["hole"], one["length"], one["value"]) for one in holes] == [
        ("H1", 200.0, 5e5), ("H2", 230.0, None),
    ]  # fmt: skip
    assert holes[0]["stop"] == "3 barren holes"
    assert client.get("/api/target", params={"label": "T5"}).json()["holes"] == []
    assert "holes" in client.get("/api/run").json()["this"]["beside"]
    told = client.get("/api/outlines/holes").json()["features"]
    assert [one["properties"]["name"] for one in told] == ["H1", "H2", "H3"]
    place = gpd.GeoSeries.from_xy([WEST + 5300], [NORTH - 2300], crs=CRS).to_crs(4326)[0]
    assert told[0]["geometry"]["coordinates"] == pytest.approx([place.x, place.y], abs=2e-6)


def test_a_run_without_a_plan_tells_of_no_holes_and_a_broken_one_is_named(run):
    client = Client(run)
    assert client.get("/api/target", params={"label": "T1"}).json()["holes"] == []
    assert "holes" not in client.get("/api/run").json()["this"]["beside"]
    plan_in(run, stop=None)
    with pytest.raises(DataError, match=r"drill_plan.gpkg: layer 'plan' lacks column 'stop'"):
        folder.opened(run)


# --- by weights --------------------------------------------------------------------------


def test_weights_as_the_run_was_made_give_its_own_scores():
    targets, ranking = ranked(make_targets())
    found = order.scores(targets, ranking, order.weights_of(ranking))
    assert found == pytest.approx(targets["weighted_score"].to_numpy())
    assert order.ranks(targets, found).tolist() == [1, 2, 3, 4, 5, 6]


@given(st.lists(st.floats(0, 10), min_size=3, max_size=3), st.floats(0.1, 50))
def test_scores_are_a_mean_and_know_no_scale_of_weights(weights, factor):
    targets, ranking = ranked(make_targets())
    given_ = dict(zip(CRITERIA, weights, strict=True))
    found = order.scores(targets, ranking, given_)
    if not sum(weights):
        assert np.isnan(found).all()
        return
    for n, score in enumerate(found):
        by_hand = sum(
            w * np.nan_to_num(targets[f"u_{name}"].iloc[n]) for name, w in given_.items()
        ) / sum(weights)
        assert score == pytest.approx(by_hand)
    more = {name: factor * w for name, w in given_.items()}
    if all(w == 0 or w > 1e-6 for w in weights):
        assert order.scores(targets, ranking, more) == pytest.approx(found)


def test_ties_go_to_favourability_then_size_then_name():
    table = pd.DataFrame(
        {"label": ["b", "a", "c", "d"], "mean_prospectivity": [0.5, 0.5, 0.6, 0.5],
         "max_prospectivity": [0.9, 0.9, 0.1, 0.9], "area_km2": [1.0, 1.0, 0.1, 2.0]}
    )  # fmt: skip
    assert order.ranks(table, [0.7] * 4).tolist() == [4, 3, 1, 2]
    assert order.ranks(table, [0.7, 0.8, np.nan, 0.1]).tolist() == [2, 1, 4, 3]


# --- reasons -----------------------------------------------------------------------------


def test_a_run_without_explanations_is_explained_by_its_maps(plain_run):
    """The first target covers columns 52 to 56: mean 54, contributions 2 and -1 times 54/59."""
    told = desk.laid(plain_run).explained("T1")
    share = 54 / 59
    assert told["base"] == pytest.approx(-1.5)
    assert told["score_raw"] == pytest.approx(-1.5 + share, abs=1e-5)
    by_layer = {one["layer"]: one for one in told["contributions"]}
    assert by_layer["copper"]["contribution"] == pytest.approx(2 * share, abs=1e-5)
    assert by_layer["copper"]["value"] == pytest.approx(540, abs=1e-3)
    assert by_layer["copper"]["percentile"] == pytest.approx(100 * 55 / 60, abs=0.01)
    assert (by_layer["rock"]["class"], by_layer["rock"]["value"]) == ("花岗岩", None)


def test_the_district_is_told_in_quantiles(plain_run):
    layers = json.loads(desk.laid(plain_run).distributions())
    copper = next(one for one in layers if one["name"] == "copper")
    values = np.repeat(np.arange(60) * 10.0, 40)
    assert copper["quantiles"] == pytest.approx(np.quantile(values, np.linspace(0, 1, 21)).tolist())
    assert next(one for one in layers if one["name"] == "rock")["quantiles"] == []


def test_a_run_with_explanations_is_told_in_its_own_words(client):
    told = client.get("/api/target", params={"label": "T1"}).json()["explanation"]
    assert told["sentences"]["zh"]["summary"] == "有利靶区。"


def test_a_run_that_keeps_no_single_contributions_says_so(plain_run, tmp_path):
    run = shutil.copytree(plain_run, tmp_path / "run")
    (run / "maps" / "attributions.tif").unlink()
    assert Client(run).get("/api/target", params={"label": "T1"}).json()["explanation"] is None


# --- two runs ----------------------------------------------------------------------------


def test_targets_that_share_ground_are_set_side_by_side(plain_run, tmp_path):
    """Moved 200 m east: squares of 500 m keep 60 % of their ground."""
    other = make_run(tmp_path / "other", shift=200.0)
    rows = comparison.compared(folder.opened(plain_run), folder.opened(other))
    assert [one["label"] for one in rows] == LABELS
    assert [one["other"] for one in rows] == LABELS
    assert [one["share"] for one in rows] == pytest.approx([0.6] * 6)
    assert [(one["rank"], one["other_rank"]) for one in rows] == [(n, n) for n in range(1, 7)]


def test_what_only_one_run_has_is_told_too(plain_run, tmp_path):
    other = make_run(tmp_path / "other", shift=10_000.0)
    rows = comparison.compared(folder.opened(plain_run), folder.opened(other))
    assert [one["other"] for one in rows[:6]].count(None) == 6
    assert [one["other_rank"] for one in rows[6:]] == [1, 2, 3, 4, 5, 6]
    told = Client(shutil.copytree(plain_run, tmp_path / "mine"), other).get("/api/comparison")
    assert len(told.json()) == 12


def test_one_run_alone_cannot_be_compared(client):
    assert client.get("/api/comparison").status_code == 404
    assert client.get("/tiles/other/prospectivity.1/1/0/0.png").status_code == 404


# --- broken folders ----------------------------------------------------------------------


def test_a_folder_that_is_no_run_is_told_with_what_it_lacks(tmp_path):
    with pytest.raises(
        MissingFileError, match=r"run.json, targets.gpkg, .* is not there; make one"
    ):
        folder.opened(tmp_path)
    with pytest.raises(MissingFileError, match="copy it here first"):
        folder.opened("memory://bucket/run")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("run.json", "{", "run.json cannot be read as JSON"),
        ("run.json", "[]", "holds no JSON object"),
        ("targets.gpkg", "no database", "layer 'targets' cannot be read"),
        ("ranking.json", '{"criteria": 5}', "lists no criteria by name"),
        ("ranking.json", '{"criteria": [{"name": "beauty"}]}', "no column 'u_beauty'"),
        ("explanations.json", "{}", "lacks 'layers' or 'targets'"),
        ("maps/spread.tif", "no picture", "spread.tif cannot be read as a map"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(run, name, content, told):
    (run / name).write_text(content)
    with pytest.raises(DataError, match=told):
        desk.laid(run)
