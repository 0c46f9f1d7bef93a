from __future__ import annotations

import html.parser
import inspect
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from markupsafe import Markup

from geoprospect.pipeline import outputs
from geoprospect.registry import SECTIONS
from geoprospect.report import interactive, words
from geoprospect.report.page import as_json, distance, figures, fixed, heading, page, percent
from geoprospect.report.sections.method import FILES, annex
from tests.report.conftest import NASTY, make_case

ORDER = (
    *("summary", "map", "mineral_system", "samples_drawn", "method", "limits", "annex"),
    *("targets", "first_targets", "survey_areas", "validation", "weights", "uncertainty"),
    *("applicability", "search_area", "calibration", "explanation"),
    *("leaderboard", "prediction_area"),
    *("inputs", "caveats", "provenance"),
)
VOID = {"meta", "link", "br", "input", "img", "hr", "path", "use"}


def told(case: SimpleNamespace, name: str) -> Markup:
    section = SECTIONS[name]
    return section(*[getattr(case, needed) for needed in inspect.signature(section).parameters])


@pytest.fixture(scope="module")
def report(case):
    return page(case.title, [(name, told(case, name)) for name in ORDER])


class Balance(html.parser.HTMLParser):
    """Checks that elements are closed in order, and keeps the text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.seen.append(data)


@pytest.fixture(scope="module")
def parsed(report):
    return Balance(report)


def test_every_section_is_registered_and_headed(report):
    assert set(ORDER) <= set(SECTIONS)
    for name in ORDER:
        assert f"<h2>{heading(name)}</h2>" in report
    assert heading("my_own") == "My own"


def test_the_page_is_well_formed_and_links_to_nothing_outside(parsed):
    assert parsed.links
    assert all(link.startswith(("#", "data:")) for link in parsed.links)


def test_names_are_escaped_everywhere(report, parsed):
    assert NASTY in "".join(parsed.seen)
    assert "<script>alert" not in report


def test_names_of_any_script_are_there(parsed):
    text = "".join(parsed.seen)
    assert all(name in text for name in ("试验区", "水系沉积物.csv", "花岗岩", "矿点"))


def test_the_numbers_are_those_of_the_data(parsed, case):
    text = re.sub(r"\s+", " ", "".join(parsed.seen))
    assert f"{len(case.targets)} targets" in text
    assert "0.81" in text
    assert "58 %" in text
    assert "worst fold 0.74" in text
    assert "a gap of 0.12" in text
    assert "No known deposit lies in fold 4" in text
    assert "0123456789ab" in text
    for driver in case.targets["driver_1"]:
        assert driver in text


def test_there_is_no_date_in_it(report):
    outside = re.sub(r"<script>.*?</script>", "", report, flags=re.DOTALL)
    assert not re.search(r"20[2-9]\d-\d\d-\d\d", outside)


def test_a_section_that_is_mere_text_is_escaped():
    assert "&lt;b&gt;" in page("x", [("own", "<b>")])


@pytest.mark.slow
def test_another_process_makes_the_same_bytes(report):
    code = """
import sys
from tests.report.conftest import make_case
from tests.report.test_page import ORDER, told
from geoprospect.report.page import page
case = make_case((84, 120))
text = page(case.title, [(name, told(case, name)) for name in ORDER])
sys.stdout.buffer.write(text.encode())
"""
    seeded = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=seeded, check=True, capture_output=True)
    assert done.stdout.decode() == report


def test_the_map_does_not_depend_on_what_was_drawn_before(case):
    maps = {name: case.maps[name] for name in ("prospectivity", "spread")}
    vectors = {name: getattr(case, name) for name in ("targets", "survey_areas", "deposits")}
    one = interactive.map_item(maps, **vectors)
    assert json.dumps(interactive.map_item(maps, **vectors)) == json.dumps(one)


def test_ids_are_renumbered_and_data_are_not():
    item = {"root_id": "p7", "doc": [{"id": "p9", "name": "p7"}, {"id": "p7", "data": ["p9"]}]}
    assert interactive.renumbered(item) == {
        "root_id": "m1",
        "doc": [{"id": "m2", "name": "p7"}, {"id": "m1", "data": ["p9"]}],
    }


def test_no_targets_no_areas_no_deposits_still_make_a_page(case):
    bare = SimpleNamespace(**vars(case))
    bare.targets, bare.deposits = case.targets.iloc[:0], case.deposits.iloc[:0]
    bare.survey_areas, bare.notices, bare.inputs, bare.layers = None, [], [], []
    text = page(bare.title, [(name, told(bare, name)) for name in ORDER])
    Balance(text)
    assert "There are no targets." in text
    assert heading("survey_areas") not in text


def test_one_protocol_is_enough(case):
    alone = {"protocols": {"random": case.validation["protocols"]["random"]}}
    bare = SimpleNamespace(**{**vars(case), "validation": alone})
    text = page(bare.title, [(name, told(bare, name)) for name in ("summary", "validation")])
    Balance(text)
    assert "a gap of" not in text


@pytest.mark.parametrize(
    ("mean", "worst", "wanted"),
    [
        (0.55, 0.52, "hardly better than a random choice"),
        (0.65, 0.6, "somewhat better than a random choice"),
        (0.75, 0.6, "clearly better than a random choice"),
        (0.9, 0.8, "much better than a random choice"),
        (0.75, 0.45, "though worse than one in at least one piece of ground"),
    ],
)
def test_the_verdict_is_plain(mean, worst, wanted):
    assert wanted in words.verdict({"auc": {"mean": mean, "worst": worst}})


def test_a_fold_at_chance_is_named():
    folds = [{"fold": 2, "auc": 0.5, "deposits": 3}, {"fold": 3, "auc": 0.9, "deposits": 3}]
    (sentence,) = words.weak_folds({"protocols": {"spatial_blocks": {"folds": folds}}})
    assert sentence.startswith("In fold 2 the map ranked unseen deposits no better than chance")


def several_tilings(protocol):
    """The made protocol as three tilings, the later ones a little worse."""
    tilings = [
        {key: protocol[key] for key in ("ausrc", "capture", "area_needed")}
        | {"tiling": n, "auc": protocol["auc"] | {"mean": protocol["auc"]["mean"] - 0.03 * n}}
        for n in range(3)
    ]
    folds = [{"tiling": n} | fold for n in range(3) for fold in protocol["folds"]]
    auc = protocol["auc"] | {"sd_between_tilings": 0.0312}
    return protocol | {"auc": auc, "folds": folds, "tilings": tilings}


def test_tilings_are_told_and_the_folds_on_the_map_are_those_of_the_first(case):
    protocols = case.validation["protocols"]
    told_apart = {
        "protocols": protocols | {"spatial_blocks": several_tilings(protocols["spatial_blocks"])}
    }
    several = SimpleNamespace(**{**vars(case), "validation": told_apart})
    text = page(several.title, [(name, told(several, name)) for name in ("validation", "caveats")])
    seen = re.sub(r"\s+", " ", "".join(Balance(text).seen))
    assert "laid in 3 tilings" in seen
    assert "runs from 0.75 to 0.81 (standard deviation between tilings 0.031)" in seen
    assert "Folds of spatial blocks, tiling 0" in seen
    assert len(words.on_the_map(told_apart["protocols"]["spatial_blocks"])) == 5
    assert "No known deposit lies in fold 4 of tiling 0, 4 of tiling 1, 4 of tiling 2" in seen
    plain = page(case.title, [("validation", told(case, "validation"))])
    assert "tiling" not in "".join(Balance(plain).seen)


def test_digests_come_in_any_form():
    files = ["a.shp", "a.dbf"]
    long = "f" * 64
    assert words.digests({"files": files, "sha256": {"a.shp": long}}) == [
        ("a.shp", long[:12]),
        ("a.dbf", ""),
    ]
    assert words.digests({"files": files, "sha256": long}) == [("a.shp, a.dbf", long[:12])]
    assert words.digests({"files": files, "sha256": [long, "0"]})[1] == ("a.dbf", "0")
    assert words.digests({"files": files}) == [("a.shp", ""), ("a.dbf", "")]


def test_numbers_on_the_page():
    nothing = float("nan")
    assert [fixed(0.987), fixed(1234.5, 1), fixed(None)] == ["0.99", "1,234.5", "–"]
    assert [percent(0.127), percent(0.127, 1), percent(nothing)] == ["13 %", "12.7 %", "–"]
    assert [figures(0.01234), figures(0), figures(1e-9)] == ["0.0123", "0", "1e-09"]
    assert [distance(999.4), distance(1499), distance(None)] == ["999 m", "1.5 km", "–"]
    assert distance(0) == "inside"


def test_json_cannot_end_its_script():
    text = as_json({"name": "</script><!-- & \u2028"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_a_larger_map_is_thinned_in_the_page(case):
    large = make_case((60, 84))
    item = interactive.map_item(
        {"prospectivity": large.maps["prospectivity"]},
        targets=large.targets,
        survey_areas=None,
        deposits=large.deposits,
    )
    assert len(json.dumps(item)) < 200_000


# --- files ----------------------------------------------------------------------------------


def test_every_output_of_a_run_is_described():
    written = {one for name, one in vars(outputs).items() if name.isupper() and type(one) is str}
    assert len(written) > 40
    unlisted = {outputs.CARD, outputs.TUNING, outputs.PDF}  # no step before the report writes them
    assert written - unlisted - set(FILES) == set()


def test_the_annex_says_how_to_open_what_is_there():
    mapped = annex(["maps/prospectivity.tif", "targets.gpkg", "drill_holes.gpkg"])
    assert "In QGIS: drag the GeoTIFFs of <code>maps</code>" in mapped
    assert "ParaView" not in mapped
    holes = annex(["drill_holes.gpkg", "block_model.vti"])
    assert "In QGIS: drag <code>drill_holes.gpkg</code> into the window" in holes
    assert "In ParaView: open <code>block_model.vti</code>" in holes
    assert "targets" not in holes
    assert "Open Mining Format" not in holes
    assert "QGIS" not in annex(["drillholes.json"])


def test_no_layers_make_no_table(case):
    assert "<h3>Layers</h3>" in SECTIONS["inputs"](case.inputs, case.layers)
    assert "<h3>Layers</h3>" not in SECTIONS["inputs"](case.inputs, [])
