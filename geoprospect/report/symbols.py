"""How QGIS draws the vector layers of a GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

import geopandas as gpd

TARGET = "#b2182b"
AREA = "#4a5568"
DEPOSIT = "#111827"
GOLD = "#f6c945"
BACKGROUND = "#8a94a3"


def vector_qml(name: str, features: gpd.GeoDataFrame) -> str | None:
    """A QGIS style for one of the layers that this package writes, None for others."""
    if name == "targets":
        return _single("fill", _outline(TARGET, 0.6, "178,24,43,45"), _labels("label", TARGET))
    if name == "survey_areas":
        return _single("fill", _outline(AREA, 0.4, "0,0,0,0"), _labels("label", AREA))
    if name == "deposits":
        return _single("marker", _point("diamond", GOLD, 3.2), _deposit_labels(features))
    if name == "samples":
        return _by_value(
            "label",
            {
                "1": ("deposit", _point("diamond", GOLD, 2.8)),
                "0": ("background", _point("circle", BACKGROUND, 0.8)),
            },
        )
    if name == "folds":
        return _single("fill", _outline(AREA, 0.2, "0,0,0,0"), _labels("fold", AREA))
    return None


def _qgis(body: str, *, labelled: bool) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling" '
        f'labelsEnabled="{int(labelled)}">\n{body}</qgis>\n'
    )


def _single(kind: str, layer: str, labels: str) -> str:
    symbols = f"<symbols>\n{_symbol('0', kind, layer)}</symbols>\n"
    renderer = f'<renderer-v2 type="singleSymbol" enableorderby="0">\n{symbols}</renderer-v2>\n'
    return _qgis(renderer + labels, labelled=bool(labels))


def _by_value(column: str, classes: Mapping[str, tuple[str, str]]) -> str:
    categories = "".join(
        f'<category value="{value}" symbol="{n}" label={quoteattr(told)} render="true"/>\n'
        for n, (value, (told, _)) in enumerate(classes.items())
    )
    symbols = "".join(
        _symbol(str(n), "marker", layer) for n, (_, layer) in enumerate(classes.values())
    )
    return _qgis(
        f'<renderer-v2 type="categorizedSymbol" attr="{column}">\n'
        f"<categories>\n{categories}</categories>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n",
        labelled=False,
    )


def _symbol(name: str, kind: str, layer: str) -> str:
    return f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1">{layer}</symbol>\n'


def _outline(colour: str, width: float, fill: str) -> str:
    return _layer(
        "SimpleFill",
        {
            "color": fill,
            "outline_color": _rgba(colour),
            "outline_width": str(width),
            "outline_width_unit": "MM",
            "outline_style": "solid",
            "joinstyle": "round",
            "style": "solid",
        },
    )


def _point(shape: str, colour: str, size: float) -> str:
    return _layer(
        "SimpleMarker",
        {
            "name": shape,
            "color": _rgba(colour),
            "outline_color": _rgba(DEPOSIT),
            "outline_width": "0.2" if size > 1 else "0",
            "size": str(size),
            "size_unit": "MM",
        },
    )


def _layer(kind: str, options: Mapping[str, str]) -> str:
    told = "".join(
        f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items()
    )
    older = "".join(f'<prop k="{name}" v="{value}"/>' for name, value in options.items())
    return (
        f'<layer class="{kind}" enabled="1" pass="0" locked="0">'
        f'<Option type="Map">{told}</Option>{older}</layer>'
    )


def _labels(column: str, colour: str) -> str:
    return (
        '<labeling type="simple"><settings calloutType="simple">\n'
        f'<text-style fieldName="{column}" fontSize="9" fontWeight="75" fontSizeUnit="Point" '
        f'textColor="{_rgba(colour)}" isExpression="0">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,220" '
        'bufferSizeUnits="MM"/></text-style>\n'
        '<placement placement="0" dist="1" distUnits="MM"/>\n</settings></labeling>\n'
    )


def _deposit_labels(deposits: gpd.GeoDataFrame) -> str:
    return _labels("name", DEPOSIT) if "name" in deposits.columns else ""


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"{red},{green},{blue},255"
