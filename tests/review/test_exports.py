"""Exports read back by other readers; whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from geoprospect.report import pdf
from geoprospect.review import desk, exports, sheets
from tests.review.conftest import NASTY, make_targets

PRINTS = pytest.mark.skipif(
    not any(place.is_file() for place in pdf._places()),
    reason="there is no browser here that prints",
)


@pytest.fixture
def accepted(client, run):
    """Two accepted, one rejected after all, one with a comment."""
    client.decide(NASTY, "accept", comment="drill it <b>first</b>")
    client.decide("=1+1", "accept")
    client.decide("T5", "accept")
    client.decide("T5", "reject", 1)
    client.decide("=1+1", "comment", 1, comment="ask 王")
    return client, run


def made(client, run, kind, **more):
    answer = client.post("/api/exports", {"kind": kind, **more})
    assert answer.status_code == 200, answer.text
    file = client.get(f"/api/exports/{answer.json()['file']}")
    assert file.content == (run / "exports" / answer.json()["file"]).read_bytes()
    return run / "exports" / answer.json()["file"]


def test_the_geopackage_holds_the_accepted_with_their_decisions(accepted):
    read = gpd.read_file(made(*accepted, "gpkg"), layer="targets")
    assert read["label"].tolist() == [NASTY, "=1+1"]
    assert read["decided_by"].tolist() == ["Li 李", "Li 李"]
    assert read["status"].tolist() == ["accepted", "accepted"]
    assert read["comments"].tolist() == ["Li 李: drill it <b>first</b>", "Li 李: ask 王"]
    original = make_targets().set_index("label").loc[[NASTY, "=1+1"]]
    assert read.crs == original.crs
    assert read.geometry.geom_equals(original.geometry.reset_index(drop=True)).all()


def test_kml_and_gpx_lie_where_the_targets_lie(accepted):
    original = make_targets().set_index("label").loc[[NASTY, "=1+1"]].to_crs(4326)
    kml = gpd.read_file(made(*accepted, "kml"))
    assert kml["Name"].tolist() == [NASTY, "=1+1"]
    path = made(*accepted, "gpx")
    points = gpd.read_file(path, layer="waypoints")
    assert points["name"].tolist() == [NASTY, "=1+1"]
    tracks = gpd.read_file(path, layer="tracks")
    assert tracks["name"].tolist() == [NASTY, "=1+1"]
    for n, outline in enumerate(original.geometry):
        assert outline.contains(Point(points.geometry.iloc[n].x, points.geometry.iloc[n].y))
        assert kml.geometry.iloc[n].symmetric_difference(outline).area < 1e-3 * outline.area
        assert tracks.geometry.iloc[n].hausdorff_distance(outline.exterior) < 1e-6


def test_csv_opens_in_any_script_and_runs_no_formula(accepted):
    path = made(*accepted, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(path, encoding="utf-8-sig")
    assert read["label"].tolist() == [NASTY, "'=1+1"]
    assert read["nearest_deposit"].tolist() == ["'=HYPERLINK(1)"] * 2
    assert read["area_km2"].tolist() == [0.3, 0.4]


def test_weights_set_on_the_page_rank_the_files(accepted):
    """By size alone the fourth stands before the second."""
    client, run = accepted
    read = gpd.read_file(made(client, run, "gpkg", weights={"size": 2.0, "prospectivity": 0}),
                         layer="targets")  # fmt: skip
    assert read["label"].tolist() == ["=1+1", NASTY]
    assert read["rank"].tolist() == [3, 5]
    assert read["weighted_score"].tolist() == [0.6, 0.2]
    answer = client.post("/api/exports", {"kind": "gpkg", "weights": {"beauty": 1}})
    assert answer.status_code == 422
    assert "no criterion 'beauty'" in answer.json()["error"]
    assert client.post("/api/exports", {"kind": "gpkg", "weights": {"size": -1}}).status_code == 422


def test_nothing_accepted_is_said_and_no_file_made(client, run):
    answer = client.post("/api/exports", {"kind": "gpkg"})
    assert answer.status_code == 422
    assert "no target is accepted yet" in answer.json()["error"]
    assert not (run / "exports").exists()
    assert client.get("/api/exports/accepted.gpkg").status_code == 404


@pytest.mark.parametrize("kind", ["gpkg", "kml", "csv", "gpx"])
def test_an_export_that_fails_leaves_the_one_before(accepted, monkeypatch, kind):
    client, run = accepted
    path = made(client, run, kind)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    for owner, name in ((Path, "write_text"), (exports.pyogrio, "write_dataframe")):
        monkeypatch.setattr(owner, name, full)
    answer = client.post("/api/exports", {"kind": kind})
    assert answer.status_code == 500
    assert "free some disk space" in answer.json()["error"]
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_control_characters_do_not_break_xml(accepted, run, client):
    client.decide("T6", "accept", comment="bell \x07 and \x0b tab \t end")
    root = ET.fromstring(made(client, run, "gpx").read_text(encoding="utf-8"))
    assert "bell  and  tab" in "".join(root.itertext())


def test_a_decision_on_other_ground_accepts_nothing(rich_run, tmp_path, client, run):
    client.decide("T1", "accept")
    moved = desk.laid(run).run
    moved.ground["T1"] = "elsewhere"
    assert len(exports.accepted(moved, client.decisions.since())) == 0


def test_a_sheet_tells_place_reasons_and_decision_and_escapes_names(accepted):
    client, run = accepted
    on = desk.laid(run)
    targets = exports.accepted(on.run, client.decisions.since())
    told = {NASTY: {"for": ["copper is high"], "against": [NASTY]}}
    page = sheets.page(on.run, on.prospectivity, targets, language="en", reasons=told)
    assert page.count("<article>") == 2
    assert NASTY not in page
    assert "&lt;script&gt;" in page
    assert "drill it &lt;b&gt;first&lt;/b&gt;" in page
    assert "http" not in re.sub(r"data:image/png;base64,[\w+/=]+", "", page)
    assert "铜山" not in page  # too far away
    chinese = sheets.page(on.run, on.prospectivity, targets, language="zh", reasons={})
    assert "野外记录表" in chinese


@pytest.mark.parametrize(
    ("degrees", "sides", "told"),
    [(101.5, "EW", "101°30′00.0″ E"), (-28.070588, "NS", "28°04′14.1″ S"),
     (9.999999, "NS", "10°00′00.0″ N"), (0.0, "EW", "0°00′00.0″ E")],
)  # fmt: skip
def test_angles_are_told_in_degrees_minutes_seconds(degrees, sides, told):
    assert sheets.dms(degrees, sides) == told


def test_both_languages_say_the_same_things():
    english, chinese = (sheets.messages(one) for one in sheets.LANGUAGES)
    assert english.keys() == chinese.keys()
    holes = re.compile(r"\{\w+\}")
    for key, text in english.items():
        assert sorted(holes.findall(text)) == sorted(holes.findall(chinese[key])), key
        assert chinese[key].strip(), key


@PRINTS
@pytest.mark.slow
def test_field_sheets_are_a_pdf_with_a_page_for_each_target(accepted):
    client, run = accepted
    content = made(client, run, "pdf", language="zh").read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 2
    one = made(client, run, "pdf", target="T6").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", one)) == 1


def test_a_machine_without_a_browser_says_so(accepted, monkeypatch):
    client, _ = accepted
    monkeypatch.setenv(pdf.VARIABLE, "no-such-browser")
    answer = client.post("/api/exports", {"kind": "pdf"})
    assert answer.status_code == 500
    assert "there is no such program" in answer.json()["error"]
