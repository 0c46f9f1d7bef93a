"""How QGIS draws the vector layers of a GeoPackage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.sax.saxutils import quoteattr

import geopandas as gpd

TARGET = "#b2182b"
AREA = "#4a5568"
DEPOSIT = "#111827"
GOLD = "#f6c945"
BACKGROUND = "#8a94a3"
CLASSES = {"A": "#b2182b", "B": "#d95f0e", "C": "#8c6d31"}
"""Of targets: the better, the redder."""
DECISIONS = {"accept": "#1a7a4c", "hold": "#d9a514", "reject": "#6b7280"}


def vector_qml(name: str, features: gpd.GeoDataFrame) -> str | None:
    """A QGIS style for one of the layers that this package writes, None for others."""
    return _STYLES[name](features) if name in _STYLES else None


def _targets(targets: gpd.GeoDataFrame) -> str:
    """Outlines, by class where targets have one."""
    if "target_class" not in targets.columns:
        return _single("fill", _outline(TARGET, 0.6, _pale(TARGET)), _target_labels())
    classes = {
        code: (f"class {code}", "fill", _outline(colour, 0.6, _pale(colour)))
        for code, colour in CLASSES.items()
    }
    rest = {"": ("no class", "fill", _outline(AREA, 0.6, _pale(AREA)))}
    return _by_value("target_class", classes | rest, _target_labels())


def _areas(_: gpd.GeoDataFrame) -> str:
    return _single("fill", _outline(AREA, 0.4, "0,0,0,0"), _labels("label", AREA))


def _deposits(deposits: gpd.GeoDataFrame) -> str:
    return _single("marker", _point("diamond", GOLD, 3.2), _deposit_labels(deposits))


def _samples(_: gpd.GeoDataFrame) -> str:
    kinds = {
        "1": ("deposit", "marker", _point("diamond", GOLD, 2.8)),
        "0": ("background", "marker", _point("circle", BACKGROUND, 0.8)),
    }
    return _by_value("label", kinds)


def _folds(_: gpd.GeoDataFrame) -> str:
    return _single("fill", _outline(AREA, 0.2, "0,0,0,0"), _labels("fold", AREA))


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


def _by_value(column: str, classes: Mapping[str, tuple[str, str, str]], labels: str = "") -> str:
    """Features drawn by the values of a column; each told, of a kind and with a symbol layer."""
    categories = "".join(
        f'<category value="{value}" symbol="{n}" label={quoteattr(told)} render="true"/>\n'
        for n, (value, (told, *_)) in enumerate(classes.items())
    )
    symbols = "".join(
        _symbol(str(n), kind, layer) for n, (_, kind, layer) in enumerate(classes.values())
    )
    return _qgis(
        f'<renderer-v2 type="categorizedSymbol" attr="{column}">\n'
        f"<categories>\n{categories}</categories>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
        f"{labels}",
        labelled=bool(labels),
    )


def _decided(decisions: gpd.GeoDataFrame) -> str | None:
    """What people decided of targets, where the layer says so."""
    if "decision" not in decisions.columns:
        return None
    areal = bool(decisions.geom_type.str.endswith("Polygon").all())
    drawn = {
        said: (said, "fill", _outline(colour, 0.8, _pale(colour)))
        if areal
        else (said, "marker", _point("circle", colour, 2.8))
        for said, colour in DECISIONS.items()
    }
    labels = _labels("label", AREA) if "label" in decisions.columns else ""
    return _by_value("decision", drawn, labels)


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


def _labels(
    column: str, colour: str, *, size: int = 9, weight: int = 75, priority: int = 5,
    every: bool = False,
) -> str:  # fmt: skip
    """Names beside features; of some that collide the one of higher *priority* stands."""
    return (
        '<labeling type="simple"><settings calloutType="simple">\n'
        f'<text-style fieldName="{column}" fontSize="{size}" fontWeight="{weight}" '
        f'fontSizeUnit="Point" textColor="{_rgba(colour)}" isExpression="0">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,220" '
        'bufferSizeUnits="MM"/></text-style>\n'
        f'<placement placement="0" dist="1" distUnits="MM" priority="{priority}"/>\n'
        f'<rendering displayAll="{int(every)}"/>\n</settings></labeling>\n'
    )


def _target_labels() -> str:
    return _labels("label", TARGET, size=10, priority=10, every=True)


def _deposit_labels(deposits: gpd.GeoDataFrame) -> str:
    return (
        _labels("name", DEPOSIT, size=7, weight=50, priority=2)
        if "name" in deposits.columns
        else ""
    )


def _pale(colour: str) -> str:
    """A fill through which the map beneath shows."""
    return f"{_rgba(colour).rpartition(',')[0]},45"


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"{red},{green},{blue},255"


_STYLES: Mapping[str, Callable[[gpd.GeoDataFrame], str | None]] = {
    "targets": _targets, "survey_areas": _areas, "deposits": _deposits, "samples": _samples,
    "folds": _folds, "decisions": _decided,
}  # fmt: skip
