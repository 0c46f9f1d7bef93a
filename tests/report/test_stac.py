"""The catalogue of a run, by the specification's own schemas and by hand."""

from __future__ import annotations

import datetime
import hashlib
import importlib
import json

import pystac
import pytest
import shapely
from odc.geo.geobox import GeoBox

from geoprospect.report import stac
from geoprospect.report.about import about
from geoprospect.report.inventory import Inventory
from tests.report.conftest import NASTY
from tests.report.folder import make_folder

DATED = about(date=datetime.date(2026, 11, 20), organisation="地质调查院", licence="CC-BY-4.0")


@pytest.fixture(scope="module")
def held(case, tmp_path_factory):
    return make_folder(case, tmp_path_factory.mktemp("run"))


def made(held, told=DATED, name="样例 sample/1"):
    texts = stac.catalogue(held, name=name, title=f"试验区 {NASTY}", about=told)
    return json.loads(texts["collection.json"]), json.loads(texts["item.json"])


@pytest.mark.parametrize("told", [DATED, about()])
def test_it_passes_the_schemas_of_the_specification(held, told):
    """Those that pystac ships, so that no network is asked; extensions have none there."""
    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validation = importlib.import_module("pystac.validation")
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    for one in made(held, told):
        assert len(
            validation.validate_dict(one, extensions=[], validator=JsonSchemaSTACValidator())
        )
    broken = made(held, told)[1]
    del broken["properties"]["datetime"]
    with pytest.raises(pystac.STACValidationError):
        validation.validate_dict(broken, extensions=[], validator=JsonSchemaSTACValidator())


def test_pystac_walks_from_the_collection_to_the_files(held, tmp_path):
    texts = stac.catalogue(held, name="run", title="run", about=DATED)
    (tmp_path / "stac").mkdir()
    for name, text in texts.items():
        (tmp_path / "stac" / name).write_text(text, encoding="utf-8")
    collection = pystac.Collection.from_file(str(tmp_path / "stac" / "collection.json"))
    (item,) = collection.get_items()
    assert item.get_collection().id == collection.id
    href = item.assets["prospectivity"].get_absolute_href()
    assert href == (tmp_path / "maps" / "prospectivity.tif").as_posix()


def test_links_and_assets_are_relative(held):
    for one in made(held):
        hrefs = [link["href"] for link in one["links"]]
        hrefs += [asset["href"] for asset in one.get("assets", {}).values()]
        assert hrefs
        assert all(href.startswith(("./", "../")) for href in hrefs)


def test_bands_tell_units_ranges_and_classes(held):
    assets = made(held)[1]["assets"]
    (score,) = assets["prospectivity"]["bands"]
    assert (score["data_type"], score["nodata"], score["unit"]) == ("float32", -9999.0, "1")
    assert 0 <= score["statistics"]["minimum"] < score["statistics"]["maximum"] <= 1
    _, fold = assets["out_of_fold"]["bands"]
    assert [one["value"] for one in fold["classification:classes"]] == [0, 1, 2, 3]
    assert fold["classification:classes"][2]["title"] == "fold 2"
    (lean,) = assets["lean"]["bands"]
    assert (lean["raster:scale"], lean["raster:offset"]) == (0.001, 0.5)
    assert assets["attributions"]["bands"][3]["description"] == "岩性 lithology"


def test_the_grid_is_told_in_its_own_crs(held):
    _, item = made(held)
    assert item["properties"]["proj:code"] == "EPSG:4545"
    asset = item["assets"]["prospectivity"]
    assert asset["proj:shape"] == [84, 120]
    assert asset["proj:transform"] == [100.0, 0.0, 500_000.0, 0.0, -100.0, 3_008_400.0]
    assert asset["proj:bbox"] == [500_000, 3_000_000, 512_000, 3_008_400]


def test_the_footprint_goes_round_to_the_left_within_the_box(held):
    _, item = made(held)
    ring = shapely.LinearRing(item["geometry"]["coordinates"][0])
    assert ring.is_ccw
    assert ring.bounds == pytest.approx(item["bbox"], abs=2e-6)
    # zone 36's meridian is 108 E in EPSG:4545, where eastings are 500 km: the western edge
    assert item["bbox"][0] == pytest.approx(108, abs=1e-6)


def test_digests_are_multihashes(held):
    asset = made(held)[1]["assets"]["targets_gpkg"]
    assert asset["file:size"] == 5
    code, length, digest = asset["file:checksum"][:2], asset["file:checksum"][2:4], "ab" * 32
    assert (int(code, 16), int(length, 16)) == (0x12, hashlib.sha256().digest_size)
    assert asset["file:checksum"][4:] == digest
    assert "file:checksum" not in made(held)[1]["assets"]["a_html"]


def test_without_a_date_no_time_is_made_up(held):
    collection, item = made(held, about())
    assert item["properties"]["datetime"] is None
    assert item["properties"]["start_datetime"] == "0001-01-01T00:00:00Z"
    assert item["properties"]["end_datetime"] == "9999-12-31T23:59:59Z"
    assert collection["extent"]["temporal"]["interval"] == [[None, None]]
    assert collection["license"] == "other"
    assert "providers" not in collection
    dated, entry = made(held)
    assert entry["properties"]["datetime"] == "2026-11-20T00:00:00Z"
    assert dated["providers"] == [{"name": "地质调查院", "roles": ["producer"]}]
    assert dated["license"] == "CC-BY-4.0"


def test_ids_are_plain_and_titles_are_not(held):
    collection, item = made(held)
    assert (collection["id"], item["id"]) == ("sample-1-runs", "sample-1")
    assert item["collection"] == collection["id"]
    assert item["properties"]["title"] == f"试验区 {NASTY}"
    assert made(held, name="铜矿")[1]["id"] == "run"


def test_a_crs_without_a_number_goes_as_text(held):
    lambert = "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-96 +ellps=clrk66 +units=m +no_defs"
    grid = GeoBox.from_bbox((0, 0, 1000, 1000), crs=lambert, resolution=100)
    _, item = made(Inventory(grid, [], []))
    assert item["properties"]["proj:code"] is None
    assert item["properties"]["proj:wkt2"].startswith("PROJCRS")


def test_the_same_folder_gives_the_same_texts(held):
    assert made(held) == made(held)
