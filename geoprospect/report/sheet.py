"""A sheet to print from QGIS: the map with title, legend, scale and north."""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection, Sequence
from xml.etree import ElementTree as ET

from geoprospect.report.inventory import Box

WIDTH, HEIGHT = 297.0, 210.0
"""A4, lying [mm]."""
FRAME = (10.0, 22.0, 200.0, 178.0)
"""Left, top, width and height of the map [mm]."""
BESIDE = 216.0
"""Where legend and scale begin [mm]."""

_ITEM = 65638
_PAGE, _MAP, _PICTURE, _LABEL, _LEGEND, _SCALE = (_ITEM + n for n in (0, 1, 2, 3, 4, 8))
_NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"
_NOTE = "A score is relative favourability of ground, not a resource; it says where to look first."


def sheet(
    bounds: Box, shown: Sequence[tuple[str, str]], rasters: Collection[str], *, title: str
) -> ET.Element:
    """
    A print layout of an A4 sheet, as QGIS projects hold them.

    Parameters
    ----------
    bounds : west, south, east, north
        What the map shows, in its CRS [m]; widened to the frame's shape.
    shown : sequence of (id, title)
        Layers of the legend, topmost first.
    rasters : ids
        Those of them that are maps rather than features.
    title : str
        Printed above the map.
    """
    layout = ET.Element("Layout", name="A4", units="mm", printResolution="300")
    pages = ET.SubElement(layout, "PageCollection")
    _item(pages, "page", _PAGE, (0, 0, WIDTH, HEIGHT), 0)
    extent = widened(bounds, FRAME[2] / FRAME[3])
    drawn = _item(layout, "map", _MAP, FRAME, 1, frame="true", keepLayerSet="false")
    ET.SubElement(
        drawn, "Extent",
        dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, extent), strict=True)),
    )  # fmt: skip
    _label(layout, "title", title, (10, 8, 277, 11), 2, size=16, bold=True)
    _legend(layout, shown, rasters)
    _scale(layout, (extent[2] - extent[0]) / FRAME[2])
    _item(
        layout, "north", _PICTURE, (268, 172, 16, 16), 5, file=_NORTH, mapUuid=_uuid("map"),
        northMode="0", resizeMode="0", anchorPoint="4",
    )  # fmt: skip
    _label(layout, "note", _NOTE, (10, 202, 277, 6), 6, size=7, bold=False)
    return layout


def widened(bounds: Box, ratio: float) -> Box:
    """The bounds about the same middle, with a margin, as wide to high as *ratio* says."""
    west, south, east, north = bounds
    height = 1.04 * max(north - south, (east - west) / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - ratio * height / 2, y - height / 2, x + ratio * height / 2, y + height / 2)


def round_length(longest: float) -> float:
    """The longest of 1, 2, 5, 10, 20, ... that is not longer than *longest*."""
    order = 10.0 ** math.floor(math.log10(longest))
    return max(step * order for step in (1, 2, 5) if step * order <= longest)


def _legend(layout: ET.Element, shown: Sequence[tuple[str, str]], rasters: Collection[str]) -> None:
    legend = _item(
        layout, "legend", _LEGEND, (BESIDE, 22, 71, 130), 3, map_uuid=_uuid("map"), title="",
        resizeToContents="1", symbolWidth="6", symbolHeight="4", wrapChar="", columnCount="1",
        fontColor="#1f2937", boxSpace="0", lineSpacing="1", background="false",
    )  # fmt: skip
    styles = ET.SubElement(legend, "styles")
    for name, size in (("title", 11), ("group", 10), ("subgroup", 9), ("symbolLabel", 8)):
        one = ET.SubElement(styles, "style", name=name, marginTop="2", marginLeft="1")
        ET.SubElement(one, "styleFont", description=_font(size, bold=name == "subgroup"))
    tree = ET.SubElement(legend, "layer-tree-group")
    for id_, title in shown:
        leaf = ET.SubElement(
            tree, "layer-tree-layer", id=id_, name=title, checked="Qt::Checked", expanded="1"
        )
        if id_ in rasters:
            _without_band(leaf)


def _without_band(leaf: ET.Element) -> None:
    """Leave out the legend's line that names a band: the title says what it is."""
    properties = ET.SubElement(ET.SubElement(leaf, "customproperties"), "Option", type="Map")
    ET.SubElement(properties, "Option", name="legend/node-order", value="1", type="QString")


def _scale(layout: ET.Element, metres: float) -> None:
    """A bar of two pieces; *metres* are those that a millimetre of the map stands for."""
    length = round_length(25 * metres)
    unit, name, one = ("kilometers", "km", 1000) if length >= 1000 else ("meters", "m", 1)
    bar = _item(
        layout, "scale", _SCALE, (BESIDE, 178, 60, 14), 4, mapUuid=_uuid("map"),
        style="Single Box", unitType=unit, unitLabel=name, numMapUnitsPerScaleBarUnit=str(one),
        numUnitsPerSegment=repr(length), numSegments="2", numSegmentsLeft="0", height="2",
        segmentSizeMode="0", segmentMillimeters=repr(length / metres), labelBarSpace="1.5",
        boxContentSpace="1", outlineWidth="0.2", alignment="0",
    )  # fmt: skip
    ET.SubElement(
        bar, "text-style", fontSize="8", fontSizeUnit="Point", fontFamily="Sans",
        textColor="31,41,55,255",
    )  # fmt: skip
    for name_, colour in (("fillColor", 31), ("fillColor2", 255), ("strokeColor", 31)):
        shade = str(colour)
        ET.SubElement(bar, name_, red=shade, green=shade, blue=shade, alpha="255")


def _label(
    layout: ET.Element, name: str, text: str, where: Sequence[float], above: int, *,
    size: int, bold: bool,
) -> None:  # fmt: skip
    label = _item(
        layout, name, _LABEL, where, above, labelText=text, htmlState="0", halign="1",
        valign="128", marginX="0", marginY="0",
    )  # fmt: skip
    ET.SubElement(label, "LabelFont", description=_font(size, bold=bold))
    ET.SubElement(label, "FontColor", red="31", green="41", blue="55", alpha="255")


def _item(
    place: ET.Element, name: str, kind: int, where: Sequence[float], above: int, **more: str
) -> ET.Element:
    """An item of the sheet, where it lies [mm] and above how many others."""
    left, top, width, height = where
    told = {
        "type": str(kind), "id": name, "uuid": _uuid(name), "templateUuid": _uuid(name),
        "position": f"{left:g},{top:g},mm", "positionOnPage": f"{left:g},{top:g},mm",
        "size": f"{width:g},{height:g},mm", "zValue": str(above), "referencePoint": "0",
        "visibility": "1", "opacity": "1", "frame": "false", "background": "true",
        "outlineWidthM": "0.2,mm", "frameJoinStyle": "miter", "excludeFromExports": "0",
    }  # fmt: skip
    if kind not in (_PAGE, _MAP):
        told["background"] = "false"
    item = ET.SubElement(place, "LayoutItem", told | more)
    ET.SubElement(item, "FrameColor", red="107", green="114", blue="128", alpha="255")
    ET.SubElement(item, "BackgroundColor", red="255", green="255", blue="255", alpha="255")
    return item


def _uuid(name: str) -> str:
    """The same for the same item, in every sheet."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, f'geoprospect/sheet/{name}')}}}"


def _font(size: int, *, bold: bool) -> str:
    """A font as Qt writes it."""
    return f"Sans,{size},-1,5,{75 if bold else 50},0,0,0,0,0"
