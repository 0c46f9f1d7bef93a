"""
Metadata of a run by ISO 19115, as surveys file them.

The core elements of ISO 19115:2003 in the XML of ISO/TS 19139:2007. The Chinese standard
GB/T 19710-2005 is a modified adoption of ISO 19115:2003, with the same names for these elements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from geoprospect.report.about import KEYWORDS, About, abstract_of
from geoprospect.report.inventory import Inventory

GMD = "http://www.isotc211.org/2005/gmd"
GCO = "http://www.isotc211.org/2005/gco"
CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"


def metadata(
    held: Inventory,
    *,
    identifier: str,
    title: str,
    about: About,
    pipeline: str,
    inputs: Sequence[Mapping[str, Any]],
    versions: Mapping[str, str],
) -> str:
    """
    Metadata of a run, XML.

    Title, abstract, date, extent, CRS, cell size, language, topic and lineage; the lineage holds
    the pipeline file whole and every input with the SHA-256 of its files. What people did
    not say (date, contact) is marked as missing, never made up; when it was made stands in
    ``run.json``. The same run gives the same text.

    Parameters
    ----------
    held : Inventory
        What the run folder holds.
    identifier : str
        One for each run that could come out different.
    title : str
        For people, in any script.
    about : About
        What people said of the run.
    pipeline : str
        The text of the pipeline file.
    inputs : sequence of mappings
        Of each input ``name``, ``function``, ``crs``, ``detail`` and ``sha256`` by file.
    versions : mapping
        Of this package and of the libraries.

    References
    ----------
    .. [1] ISO 19115:2003. Geographic information: Metadata.
    .. [2] ISO/TS 19139:2007. Geographic information: Metadata: XML schema implementation.
    """
    ET.register_namespace("gmd", GMD)
    ET.register_namespace("gco", GCO)
    root = ET.Element(f"{{{GMD}}}MD_Metadata")
    _text(root, "fileIdentifier", identifier)
    _code(_add(root, "language"), "LanguageCode", about.language)
    _code(_add(root, "characterSet"), "MD_CharacterSetCode", "utf8")
    _code(_add(root, "hierarchyLevel"), "MD_ScopeCode", "dataset")
    _party(root, "contact", about)
    _date(_add(root, "dateStamp"), about)
    _text(root, "metadataStandardName", "ISO 19115:2003 Geographic information - Metadata")
    _text(root, "metadataStandardVersion", "ISO/TS 19139:2007")
    _crs(root, held)
    _identification(root, held, title, about)
    _quality(root, pipeline, inputs, versions)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _identification(root: ET.Element, held: Inventory, title: str, about: About) -> None:
    told = _add(root, "identificationInfo", "MD_DataIdentification")
    citation = _add(told, "citation", "CI_Citation")
    _text(citation, "title", title)
    dated = _add(citation, "date", "CI_Date")
    _date(_add(dated, "date"), about)
    _code(_add(dated, "dateType"), "CI_DateTypeCode", "creation")
    _text(told, "abstract", abstract_of(about, title))
    _party(told, "pointOfContact", about)
    keywords = _add(told, "descriptiveKeywords", "MD_Keywords")
    for word in (*KEYWORDS, *about.keywords):
        _text(keywords, "keyword", word)
    if about.licence:
        limits = _add(told, "resourceConstraints", "MD_LegalConstraints")
        _code(_add(limits, "useConstraints"), "MD_RestrictionCode", "otherRestrictions")
        _text(limits, "otherConstraints", about.licence)
    _code(_add(told, "spatialRepresentationType"), "MD_SpatialRepresentationTypeCode", "grid")
    resolution = _add(told, "spatialResolution", "MD_Resolution")
    distance = _add(resolution, "distance", "Distance", of=GCO)
    distance.set("uom", "m")
    distance.text = repr(float(abs(held.grid.affine.a)))
    _code(_add(told, "language"), "LanguageCode", about.language)
    _code(_add(told, "characterSet"), "MD_CharacterSetCode", "utf8")
    _add(told, "topicCategory", "MD_TopicCategoryCode").text = "geoscientificInformation"
    _box(_add(told, "extent", "EX_Extent"), held)


def _box(extent: ET.Element, held: Inventory) -> None:
    """Edges in longitude and latitude [degree], in the order that the standard has."""
    west, south, east, north = held.degrees
    box = _add(extent, "geographicElement", "EX_GeographicBoundingBox")
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        _add(box, name, "Decimal", of=GCO).text = repr(value)


def _crs(root: ET.Element, held: Inventory) -> None:
    """By its number where it has one, else as text."""
    authority = held.crs.to_authority(min_confidence=100)
    system = _add(root, "referenceSystemInfo", "MD_ReferenceSystem")
    told = _add(system, "referenceSystemIdentifier", "RS_Identifier")
    _text(told, "code", authority[1] if authority else held.crs.to_wkt())
    _text(told, "codeSpace", authority[0] if authority else "WKT2:2019")


def _quality(
    root: ET.Element,
    pipeline: str,
    inputs: Sequence[Mapping[str, Any]],
    versions: Mapping[str, str],
) -> None:
    """How it was made, from what."""
    quality = _add(root, "dataQualityInfo", "DQ_DataQuality")
    scope = _add(quality, "scope", "DQ_Scope")
    _code(_add(scope, "level"), "MD_ScopeCode", "dataset")
    lineage = _add(quality, "lineage", "LI_Lineage")
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    _text(
        lineage, "statement",
        "Made by the pipeline below from the inputs below; validation.json says how well the map "
        f"ranks ground it had not seen, run.json when it was made and what was noticed. {made}.",
    )  # fmt: skip
    step = _add(lineage, "processStep", "LI_ProcessStep")
    _text(step, "description", pipeline)
    for one in inputs:
        source = _add(lineage, "source", "LI_Source")
        _text(source, "description", _source(one))


def _source(one: Mapping[str, Any]) -> str:
    files = "; ".join(f"{name} {_digest(digest)}" for name, digest in one["sha256"].items())
    return f"{one['name']} ({one['function']}, {one['detail']}, {one['crs']}): {files}"


def _digest(digest: str) -> str:
    return digest if ":" in digest else f"sha256:{digest}"


# --- elements ---------------------------------------------------------------------------


def _add(parent: ET.Element, name: str, within: str | None = None, *, of: str = GMD) -> ET.Element:
    """A property of *parent*, and within it what it holds."""
    element = ET.SubElement(parent, f"{{{GMD}}}{name}")
    return element if within is None else ET.SubElement(element, f"{{{of}}}{within}")


def _text(parent: ET.Element, name: str, text: str) -> None:
    _add(parent, name, "CharacterString", of=GCO).text = text


def _code(parent: ET.Element, kind: str, value: str) -> None:
    """A value out of one of the standard's lists."""
    element = ET.SubElement(parent, f"{{{GMD}}}{kind}")
    element.set("codeList", f"{CODES}#{kind}")
    element.set("codeListValue", value)
    element.text = value


def _date(parent: ET.Element, about: About) -> None:
    if about.date is None:
        parent.set(f"{{{GCO}}}nilReason", "missing")
    else:
        ET.SubElement(parent, f"{{{GCO}}}Date").text = about.date.isoformat()


def _party(parent: ET.Element, name: str, about: About) -> None:
    """Who answers for it; marked as missing where nobody was named."""
    if not (about.contact or about.organisation or about.email):
        _add(parent, name).set(f"{{{GCO}}}nilReason", "missing")
        return
    party = _add(parent, name, "CI_ResponsibleParty")
    if about.contact:
        _text(party, "individualName", about.contact)
    if about.organisation:
        _text(party, "organisationName", about.organisation)
    if about.email:
        contact = _add(party, "contactInfo", "CI_Contact")
        address = _add(contact, "address", "CI_Address")
        _text(address, "electronicMailAddress", about.email)
    _code(_add(party, "role"), "CI_RoleCode", "pointOfContact")
