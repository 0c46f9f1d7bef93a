"""ISO 19115 metadata: the core elements, found by XPath, and what is missing marked so."""

from __future__ import annotations

import datetime
from xml.etree import ElementTree

import pytest
from odc.geo.geobox import GeoBox

from geoprospect.report.about import about
from geoprospect.report.inventory import Inventory
from geoprospect.report.metadata import metadata
from tests.report.conftest import NASTY

NAMES = {
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
}
NIL = "{http://www.isotc211.org/2005/gco}nilReason"
FULL = about(
    abstract=f"铜矿 {NASTY}", date=datetime.date(2026, 11, 20), organisation="地质调查院",
    contact="李工", email="li@survey.example", licence="CC-BY-4.0", keywords=["铜"],
    language="zho",
)  # fmt: skip
INPUTS = [
    {"name": "geology", "function": "vector", "crs": "EPSG:4522", "detail": "76 polygons",
     "sha256": {"geology.shp": "ab" * 32, "geology.dbf": "cd" * 32}},
    {"name": "水系", "function": "table", "crs": "EPSG:4490", "detail": "2000 points",
     "sha256": {"水系.csv": "etag:0123"}},
]  # fmt: skip


def made(told=FULL, crs="EPSG:4543"):
    grid = GeoBox.from_bbox((436_300, 3_100_400, 465_700, 3_123_900), crs=crs, resolution=100)
    text = metadata(
        Inventory(grid, [], []), identifier="sample-1", title="样例矿区", about=told,
        pipeline=f"seed: 7\n# {NASTY}\n", inputs=INPUTS, versions={"geoprospect": "0.1.0"},
    )  # fmt: skip
    return ElementTree.fromstring(text.encode("utf-8"))


def text(root, path):
    found = root.findall(path, NAMES)
    assert len(found) == 1, path
    return found[0].text


CITATION = ".//gmd:identificationInfo/gmd:MD_DataIdentification"
CORE = {
    "gmd:fileIdentifier/gco:CharacterString": "sample-1",
    "gmd:language/gmd:LanguageCode": "zho",
    "gmd:characterSet/gmd:MD_CharacterSetCode": "utf8",
    "gmd:hierarchyLevel/gmd:MD_ScopeCode": "dataset",
    "gmd:contact/gmd:CI_ResponsibleParty/gmd:organisationName/gco:CharacterString": "地质调查院",
    "gmd:contact/gmd:CI_ResponsibleParty/gmd:role/gmd:CI_RoleCode": "pointOfContact",
    "gmd:contact//gmd:electronicMailAddress/gco:CharacterString": "li@survey.example",
    "gmd:dateStamp/gco:Date": "2026-11-20",
    "gmd:metadataStandardName/gco:CharacterString":
        "ISO 19115:2003 Geographic information - Metadata",
    "gmd:referenceSystemInfo//gmd:RS_Identifier/gmd:code/gco:CharacterString": "4543",
    "gmd:referenceSystemInfo//gmd:RS_Identifier/gmd:codeSpace/gco:CharacterString": "EPSG",
    f"{CITATION}//gmd:title/gco:CharacterString": "样例矿区",
    f"{CITATION}//gmd:CI_Date/gmd:date/gco:Date": "2026-11-20",
    f"{CITATION}//gmd:CI_Date/gmd:dateType/gmd:CI_DateTypeCode": "creation",
    f"{CITATION}/gmd:abstract/gco:CharacterString": f"铜矿 {NASTY}",
    f"{CITATION}/gmd:spatialRepresentationType/gmd:MD_SpatialRepresentationTypeCode": "grid",
    f"{CITATION}/gmd:topicCategory/gmd:MD_TopicCategoryCode": "geoscientificInformation",
    f"{CITATION}/gmd:language/gmd:LanguageCode": "zho",
    f"{CITATION}//gmd:MD_LegalConstraints/gmd:otherConstraints/gco:CharacterString": "CC-BY-4.0",
    f"{CITATION}/gmd:spatialResolution//gco:Distance": "100.0",
}  # fmt: skip


@pytest.mark.parametrize("path", CORE)
def test_core_elements_are_there(path):
    assert text(made(), path) == CORE[path]


def test_the_box_holds_the_district():
    """Corners by hand: 102 E is at 500 km, and 28 N is 3,098,635 m from the equator."""
    root = made()
    west, east, south, north = (
        float(text(root, f".//gmd:{name}/gco:Decimal"))
        for name in ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude",
                     "northBoundLatitude")
    )  # fmt: skip
    # a degree of longitude at 28.1 N is 98.3 km long, one of latitude 110.8
    assert west == pytest.approx(102 - 63_700 / 98_300, abs=2e-3)
    assert east == pytest.approx(102 - 34_300 / 98_300, abs=2e-3)
    assert south == pytest.approx(28 + 1_600 / 110_800, abs=3e-3)
    assert north - south == pytest.approx(23_500 / 110_800, abs=2e-3)


def test_the_lineage_holds_pipeline_and_digests():
    root = made()
    assert text(root, ".//gmd:LI_ProcessStep/gmd:description/gco:CharacterString") == (
        f"seed: 7\n# {NASTY}\n"
    )
    sources = [
        one.text
        for one in root.findall(".//gmd:LI_Source/gmd:description/gco:CharacterString", NAMES)
    ]
    assert sources == [
        "geology (vector, 76 polygons, EPSG:4522): "
        f"geology.shp sha256:{'ab' * 32}; geology.dbf sha256:{'cd' * 32}",
        "水系 (table, 2000 points, EPSG:4490): 水系.csv etag:0123",
    ]
    assert "geoprospect 0.1.0" in text(root, ".//gmd:LI_Lineage/gmd:statement/gco:CharacterString")


def test_what_nobody_said_is_marked_as_missing():
    root = made(about())
    for path in ("gmd:contact", "gmd:dateStamp", f"{CITATION}/gmd:pointOfContact",
                 ".//gmd:CI_Date/gmd:date"):  # fmt: skip
        (element,) = root.findall(path, NAMES)
        assert element.get(NIL) == "missing"
        assert len(element) == 0
    assert root.find(".//gmd:resourceConstraints", NAMES) is None
    assert "样例矿区" in text(root, f"{CITATION}/gmd:abstract/gco:CharacterString")


def test_elements_stand_in_the_order_of_the_schema():
    """ISO/TS 19139 has a sequence; a validating reader refuses another."""
    order = ["fileIdentifier", "language", "characterSet", "hierarchyLevel", "contact", "dateStamp",
             "metadataStandardName", "metadataStandardVersion", "referenceSystemInfo",
             "identificationInfo", "dataQualityInfo"]  # fmt: skip
    assert [one.tag.partition("}")[2] for one in made()] == order


def test_a_crs_without_a_number_goes_as_text():
    root = made(crs="+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=100 +ellps=clrk66 +units=m")
    path = "gmd:referenceSystemInfo//gmd:codeSpace/gco:CharacterString"
    assert text(root, path) == "WKT2:2019"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"language": "en"}, "three letters by ISO 639-2 such as 'eng' or 'zho', got 'en'"),
        ({"licence": "all rights reserved"}, "licence must be one SPDX identifier"),
        ({"email": "nobody"}, "email must be an address such as"),
    ],
)
def test_wrong_forms_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        about(**wrong)
