"""A QGIS project of a run: every map and layer named, grouped and styled, and a sheet to print."""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from xml.etree import ElementTree as ET

import pyproj

from geoprospect.report import style
from geoprospect.report.inventory import Band, Box, Features, Inventory, Map
from geoprospect.report.sheet import sheet

VERSION = "3.22.0"
"""The oldest QGIS that reads the project as meant."""

GROUPS = {
    "targets": "Targets", "survey_areas": "Targets", "decisions": "Targets",
    "deposits": "Known ground", "samples": "Known ground", "folds": "Known ground",
    "spread": "Doubt", "uncertainty": "Doubt", "risk_return": "Doubt", "applicability": "Doubt",
    "drivers": "Reasons", "attributions": "Reasons",
}  # fmt: skip
"""Where a layer, or the maps of a file, stand in the tree of layers; others under the last two."""
ORDER = ("Targets", "Known ground", "Maps", "Doubt", "Reasons", "Other layers")

TITLES = {
    "targets": "Targets",
    "survey_areas": "Survey areas",
    "decisions": "Decisions",
    "deposits": "Known deposits",
    "samples": "Samples learnt from",
    "folds": "Blocks of validation",
    "out_of_fold": "Scores out of fold",
    "attributions": "Contributions to the score",
    "uncertainty": "Uncertainty",
    "risk_return": "Risk and return",
    "applicability": "Applicability",
}
SHOWN = ("targets", "survey_areas", "decisions", "deposits", "prospectivity")
"""What is switched on when the project is opened."""

Thing = TypeVar("Thing")

_KINDS = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}


@dataclass(frozen=True)
class Entry:
    """One layer of the project."""

    id: str
    title: str
    source: str
    provider: str
    shown: bool
    element: ET.Element


def qgis_project(held: Inventory, *, title: str) -> bytes:
    """
    A QGIS project (``.qgz``) that opens a run folder, to be written into that folder.

    Targets and survey areas lie on top, then what was known, the maps, their doubt and
    their reasons, one layer for each band; titles are the long names of maps in whatever
    script. Paths are relative, so that the folder can be moved; the CRS is the grid's; the
    view is its extent; a print layout has map, legend, scale and north. The same inventory
    gives the same bytes. Evidence layers are left out: Zarr of version 3, in which the cube
    is kept, is not read by the QGIS of today's long-term distributions.

    Parameters
    ----------
    held : Inventory
        What the run folder holds.
    title : str
        Of the project and its printed sheet.

    Returns
    -------
    bytes
        A zip archive of one ``.qgs``.
    """
    root = ET.Element("qgis", version=VERSION, projectname=title)
    ET.SubElement(root, "homePath", path="")
    ET.SubElement(root, "title").text = title
    _crs(ET.SubElement(root, "projectCrs"), held.crs)
    groups = _groups(held)
    _tree(root, groups)
    entries = [entry for group in groups for part in group.parts for entry in part.entries]
    _canvas(root, held)
    layers = ET.SubElement(root, "projectlayers")
    layers.extend(entry.element for entry in entries)
    order = ET.SubElement(root, "layerorder")
    for entry in entries:
        ET.SubElement(order, "layer", id=entry.id)
    _properties(root)
    shown = [(entry.id, entry.title) for entry in entries if entry.shown]
    rasters = [entry.id for entry in entries if entry.provider == "gdal"]
    ET.SubElement(root, "Layouts").append(sheet(held.bounds, shown, rasters, title=title))
    _view(root, held)
    return _zipped(ET.tostring(root, encoding="unicode"))


# --- the tree of layers -----------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Layers that stand together in a group; under a heading of their own if they have one."""

    heading: str | None
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Group:
    """A group in the tree of layers."""

    title: str
    parts: Sequence[Part]


def _groups(held: Inventory) -> list[Group]:
    """The groups that have a layer, topmost first."""
    parts: dict[str, list[Part]] = {name: [] for name in ORDER}
    for features in _in_order(held.features, lambda one: one.name):
        group = GROUPS.get(features.name, "Other layers")
        parts[group].append(Part(None, [_vector_entry(features, held.crs)]))
    for one in _in_order(held.maps, _stem):
        entries = [_raster_entry(one, number, held) for number in range(1, len(one.bands) + 1)]
        heading = TITLES.get(_stem(one), _capital(_stem(one).replace("_", " ")))
        alone = len(entries) == 1
        parts[GROUPS.get(_stem(one), "Maps")].append(Part(None if alone else heading, entries))
    return [Group(name, found) for name, found in parts.items() if found]


def _in_order(things: Sequence[Thing], name: Callable[[Thing], str]) -> list[Thing]:
    """What is shown first, then what has a group of its own, then the rest as it comes."""
    rank = {known: n for n, known in enumerate(dict.fromkeys([*SHOWN, *GROUPS]))}
    return sorted(things, key=lambda one: rank.get(name(one), len(rank)))


def _stem(one: Map) -> str:
    return one.path.rpartition("/")[2].partition(".")[0]


def _tree(root: ET.Element, groups: Sequence[Group]) -> None:
    tree = ET.SubElement(root, "layer-tree-group")
    for group in groups:
        shown = any(entry.shown for part in group.parts for entry in part.entries)
        branch = _branch(tree, group.title, shown=shown)
        for part in group.parts:
            place = _branch(branch, part.heading, shown=False) if part.heading else branch
            for entry in part.entries:
                _leaf(place, entry)


def _branch(tree: ET.Element, title: str, *, shown: bool) -> ET.Element:
    return ET.SubElement(
        tree, "layer-tree-group", name=title, checked="Qt::Checked", expanded=str(int(shown))
    )


def _leaf(tree: ET.Element, entry: Entry) -> None:
    ET.SubElement(
        tree, "layer-tree-layer", id=entry.id, name=entry.title, source=entry.source,
        providerKey=entry.provider, expanded=str(int(entry.id.endswith("prospectivity_1"))),
        checked="Qt::Checked" if entry.shown else "Qt::Unchecked",
    )  # fmt: skip


# --- layers -----------------------------------------------------------------------------


def _vector_entry(features: Features, crs: pyproj.CRS) -> Entry:
    stem = features.path.rpartition("/")[2].partition(".")[0]
    id_ = _id(stem, features.name)
    title = TITLES.get(features.name, features.name)
    source = f"./{features.path}|layername={features.name}"
    kind = next((told for name, told in _KINDS.items() if name in features.kind), "Polygon")
    element = ET.Element(
        "maplayer", type="vector", geometry=kind, wkbType=features.kind, labelsEnabled="0"
    )
    _about(element, id_, title, source, crs, features.bounds)
    ET.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    if features.style:
        styled = _parsed(features.style)
        element.set("labelsEnabled", styled.get("labelsEnabled", "0"))
        element.extend(styled)
    return Entry(id_, title, source, "ogr", features.name in SHOWN, element)


def _raster_entry(one: Map, number: int, held: Inventory) -> Entry:
    band = one.bands[number - 1]
    id_ = _id(_stem(one), band.name, str(number))
    title = _capital(band.title) + (f" [{band.units}]" if band.units not in ("1", "") else "")
    source = f"./{one.path}"
    element = ET.Element("maplayer", type="raster")
    _about(element, id_, title, source, held.crs, held.bounds)
    ET.SubElement(element, "provider").text = "gdal"
    unknown = ET.SubElement(element, "noData")
    ET.SubElement(unknown, "noDataList", bandNo=str(number), useSrcNoData="1")
    pipe = ET.SubElement(element, "pipe")
    pipe.append(_parsed(style.renderer(band.name, band.layer, *band.limits, band=number)))
    ET.SubElement(pipe, "brightnesscontrast", brightness="0", contrast="0", gamma="1")
    ET.SubElement(pipe, "huesaturation")
    ET.SubElement(pipe, "rasterresampler", maxOversampling="2")
    ET.SubElement(element, "blendMode").text = "0"
    return Entry(id_, title, source, "gdal", _is_shown(one, band), element)


def _is_shown(one: Map, band: Band) -> bool:
    return _stem(one) in SHOWN and band is one.bands[0]


def _about(
    element: ET.Element, id_: str, title: str, source: str, crs: pyproj.CRS, bounds: Box | None
) -> None:
    """What every layer says of itself."""
    if bounds is not None:
        _extent(element, bounds)
    ET.SubElement(element, "id").text = id_
    ET.SubElement(element, "datasource").text = source
    ET.SubElement(element, "layername").text = title
    _crs(ET.SubElement(element, "srs"), crs)


def _parsed(text: str) -> ET.Element:
    """A style as this package wrote it; expat bounds what entities may grow to."""
    return ET.fromstring(text)  # noqa: S314


def _id(*parts: str) -> str:
    """A name by which the project knows a layer: plain letters and digits, one for each."""
    return "_".join(re.sub(r"[^0-9A-Za-z]", lambda m: f"u{ord(m[0]):x}" if m[0] != "_" else "_", p)
                    for p in parts)  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the project as a whole ---------------------------------------------------------------


def _crs(element: ET.Element, crs: pyproj.CRS) -> None:
    """A CRS as QGIS knows it: by its number where it has one, else as text."""
    told = ET.SubElement(element, "spatialrefsys")
    for name, text in _told_crs(crs.to_wkt()):
        ET.SubElement(told, name).text = text


@functools.lru_cache(maxsize=8)
def _told_crs(wkt: str) -> tuple[tuple[str, str], ...]:
    """What QGIS is told of a CRS; looking up its number takes long."""
    crs = pyproj.CRS.from_wkt(wkt)
    authority = crs.to_authority(min_confidence=100)
    return (
        ("wkt", wkt),
        ("authid", ":".join(authority) if authority else ""),
        ("description", crs.name),
        ("geographicflag", str(crs.is_geographic).lower()),
    )


def _extent(element: ET.Element, bounds: Box) -> None:
    place = ET.SubElement(element, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        ET.SubElement(place, name).text = repr(float(value))


def _canvas(root: ET.Element, held: Inventory) -> None:
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    _extent(canvas, held.bounds)
    ET.SubElement(canvas, "rotation").text = "0"
    _crs(ET.SubElement(canvas, "destinationsrs"), held.crs)


def _view(root: ET.Element, held: Inventory) -> None:
    """Where the view goes by "full extent"."""
    settings = ET.SubElement(root, "ProjectViewSettings", UseProjectScales="0")
    whole = ET.SubElement(
        settings, "DefaultViewExtent",
        dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, held.bounds), strict=True)),
    )  # fmt: skip
    _crs(whole, held.crs)


def _properties(root: ET.Element) -> None:
    properties = ET.SubElement(root, "properties")
    for section, name, value in _PROPERTIES:
        place = properties.find(section)
        place = ET.SubElement(properties, section) if place is None else place
        kind = "bool" if value in ("true", "false") else "int" if value.isdigit() else "QString"
        ET.SubElement(place, name, type=kind).text = value


_PROPERTIES: tuple[tuple[str, str, str], ...] = (
    ("Paths", "Absolute", "false"),
    ("Measurement", "AreaUnits", "km2"),
    ("Measurement", "DistanceUnits", "meters"),
    ("PositionPrecision", "Automatic", "true"),
    ("SpatialRefSys", "ProjectionsEnabled", "1"),
)


def _zipped(text: str) -> bytes:
    """The project as an archive in which no time stands."""
    whole = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + text
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        about = zipfile.ZipInfo("project.qgs", date_time=(1980, 1, 1, 0, 0, 0))
        about.compress_type = zipfile.ZIP_DEFLATED
        about.create_system = 3
        archive.writestr(about, whole)
    return held.getvalue()
