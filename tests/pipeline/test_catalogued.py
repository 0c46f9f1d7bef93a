"""What a run says of itself to other programs: in files that agree with what it wrote."""

from __future__ import annotations

import datetime
import hashlib
import json
import zipfile
from xml.etree import ElementTree

import pytest

from geoprospect import pipeline
from geoprospect.errors import PipelineError

ABOUT = {"organisation": "地质调查院", "date": datetime.date(2026, 11, 20), "keywords": ["铜"]}
TEXT = "{http://www.isotc211.org/2005/gco}CharacterString"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tests.pipeline.conftest import District

    place = tmp_path_factory.mktemp("run")
    (place / "data").mkdir()
    district = District(place / "data")
    district.plan |= {
        "about": ABOUT,
        "title": "小区 tiny",
        "uncertainty": {},
        "applicability": True,
    }
    return pipeline.run(pipeline.load(district.write()), place / "out").folder


def test_the_catalogue_lists_every_file_with_its_size_and_digest(folder):
    item = json.loads((folder / "stac" / "item.json").read_text(encoding="utf-8"))
    listed = {asset["href"].removeprefix("../"): asset for asset in item["assets"].values()}
    maps = {path.relative_to(folder).as_posix() for path in folder.glob("maps/*.tif")}
    others = {path.name for path in folder.iterdir() if path.is_file() and path.name != "run.json"}
    assert len(maps) == 8
    assert set(listed) == maps | others
    for name, asset in listed.items():
        content = (folder / name).read_bytes()
        assert asset["file:size"] == len(content)
        assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    assert item["properties"]["datetime"] == "2026-11-20T00:00:00Z"


def test_the_project_has_every_band_of_every_map(folder):
    with zipfile.ZipFile(folder / "project.qgz") as archive:
        root = ElementTree.fromstring(archive.read("project.qgs"))
    rasters = [one for one in root.iter("maplayer") if one.get("type") == "raster"]
    vectors = [one.findtext("layername") for one in root.iter("maplayer") if one not in rasters]
    # score, spread, two out of fold, three of uncertainty, four of risk, attributions of three
    # layers and their base, drivers, and those of applicability
    item = json.loads((folder / "stac" / "item.json").read_text(encoding="utf-8"))
    bands = sum(len(asset.get("bands", [])) for asset in item["assets"].values())
    assert len(rasters) == bands > 15
    assert vectors == [
        "Targets", "Survey areas", "Known deposits", "Samples learnt from", "Blocks of validation"
    ]  # fmt: skip
    assert root.findtext("title") == "小区 tiny"


def test_metadata_name_the_inputs_and_who_answers(folder):
    root = ElementTree.fromstring((folder / "metadata.xml").read_bytes())
    texts = [one.text for one in root.iter(TEXT)]
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for one in record["inputs"]:
        (told,) = [text for text in texts if text and text.startswith(f"{one['name']} (")]
        assert all(f"{file} sha256:{digest}" in told for file, digest in one["sha256"].items())
    assert record["pipeline"] in texts
    assert "地质调查院" in texts


def test_what_people_say_wrongly_shows_before_anything_is_opened(district):
    district.plan["about"] = {"language": "en", "organization": "x"}
    with pytest.raises(
        PipelineError, match=r"about: .*'organization'; did you mean 'organisation'"
    ):
        pipeline.load(district.write())
    district.plan["about"] = {"language": "en"}
    with pytest.raises(PipelineError, match="about: language must be three letters by ISO 639-2"):
        pipeline.load(district.write())
    district.plan["about"] = {"date": "November"}
    with pytest.raises(PipelineError, match=r"about\.date: .*'November'"):
        pipeline.load(district.write())


def test_another_contact_makes_the_catalogue_anew_and_nothing_before_the_report(district, tmp_path):
    first = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    before = (first.folder / "stac" / "collection.json").read_bytes()
    district.plan["about"] = {"organisation": "x"}
    made = []

    class Heard(pipeline.Listener):
        def ended(self, step, *, kept):
            if not kept and step.partition(".")[0] not in ("inputs", "grid", "labels", "folds"):
                made.append(step)

    pipeline.run(pipeline.load(district.write()), tmp_path / "out", listener=Heard())
    assert set(made) == {"report", "catalogue"}
    assert (first.folder / "stac" / "collection.json").read_bytes() != before
