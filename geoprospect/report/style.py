"""
How maps look: colours that people with colour-blindness can tell apart, and GIS styles.

A ``.qml`` beside a raster is loaded by QGIS of its own accord, a ``.sld`` is for GeoServer
and its like; GeoPackages carry theirs inside (see :mod:`geoprospect.report.vectors`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import xarray as xr

from geoprospect import contract

FAVOURABILITY = (
    *("#fffbe6", "#fff0b3", "#fedc7c", "#fec04f", "#fb9a29"),
    *("#ea7313", "#cc5204", "#9c3c04", "#662506"),
)  # fmt: skip
"""Pale to dark, evenly darker all the way: reads in grey too."""

DOUBT = (
    *("#000004", "#1d1147", "#51127c", "#832681", "#b73779"),
    *("#e75263", "#fc8961", "#fec488", "#fcfdbf"),
)  # fmt: skip
"""Magma."""

EITHER_WAY = (
    *("#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7"),
    *("#fddbc7", "#f4a582", "#d6604d", "#b2182b"),
)  # fmt: skip
"""Blue lowers, red raises, white is neither."""

LOW_TO_HIGH = ("#1a77c9", "#7a5bb5", "#c8327a")
"""Of dots on white paper: no colour of these is pale."""

QUANTITY = (
    *("#00224e", "#123570", "#3b496c", "#575d6d", "#707173"),
    *("#8a8678", "#a59c74", "#c3b369", "#fee838"),
)  # fmt: skip
"""Cividis."""

CLASSES = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#332288"),
    *("#882255", "#999933", "#44aa99", "#aa4499", "#117733", "#ddcc77", "#88ccee", "#661100"),
)  # fmt: skip
"""Okabe and Ito's eight, then Tol's."""

NEUTRAL = "#d9dee3"
NO_CLASS = "none"
"""A class of this meaning is no class: it is drawn in the neutral colour."""

LOG_ODDS = "log-odds"


@dataclass(frozen=True)
class Ramp:
    """Colours evenly spread over a range of values; None: the range of the data."""

    colours: Sequence[str]
    low: float | None = None
    high: float | None = None

    def over(self, minimum: float, maximum: float) -> Ramp:
        """The ramp with its open ends set for data between *minimum* and *maximum*."""
        if self.colours is EITHER_WAY:
            reach = max(abs(minimum), abs(maximum)) or 1.0
            return Ramp(self.colours, -reach, reach)
        low = minimum if self.low is None else self.low
        high = maximum if self.high is None else self.high
        return Ramp(self.colours, low, high if high > low else low + 1.0)

    def stops(self) -> list[tuple[float, str]]:
        """Values and their colours."""
        if self.low is None or self.high is None:
            raise ValueError("this ramp has no range yet; call over(minimum, maximum) first")
        step = (self.high - self.low) / (len(self.colours) - 1)
        return [(self.low + n * step, colour) for n, colour in enumerate(self.colours)]


def ramp(name: str, layer: xr.DataArray) -> Ramp:
    """How a layer that is no class map is coloured."""
    if layer.attrs.get("units") == LOG_ODDS and name != "base_value":
        return Ramp(EITHER_WAY)
    known = {
        "prospectivity": Ramp(FAVOURABILITY, 0.0, 1.0),
        "score": Ramp(FAVOURABILITY, 0.0, 1.0),
        "spread": Ramp(DOUBT, 0.0),
        "total_entropy": Ramp(DOUBT, 0.0, 1.0),
        "aleatoric": Ramp(DOUBT, 0.0, 1.0),
        "epistemic": Ramp(DOUBT, 0.0),
        "return": Ramp(FAVOURABILITY, 0.0, 1.0),
        "risk": Ramp(DOUBT, 0.0, 1.0),
        "exploration_index": Ramp(FAVOURABILITY, 0.0, 1.0),
        "dissimilarity": Ramp(DOUBT, 0.0),
        "search_level": Ramp(FAVOURABILITY, 0.0, 1.0),
    }
    return known.get(name, Ramp(QUANTITY))


def class_colours(layer: xr.DataArray) -> dict[int, str]:
    """Code to colour, of a class map."""
    told = contract.meanings(layer)
    coloured = [code for code, text in told.items() if text != NO_CLASS]
    colours = {code: CLASSES[n % len(CLASSES)] for n, code in enumerate(coloured)}
    return {code: colours.get(code, NEUTRAL) for code in told}


def raster_qml(name: str, layer: xr.DataArray, minimum: float, maximum: float) -> str:
    """A QGIS style for band 1 of a raster that holds *layer*."""
    return _qgis_raster(renderer(name, layer, minimum, maximum))


def renderer(
    name: str, layer: xr.DataArray, minimum: float, maximum: float, *, band: int = 1
) -> str:
    """How QGIS draws one band of a raster: its renderer, as in styles and projects."""
    if contract.is_categorical(layer):
        return _paletted(layer, band)
    return _pseudocolour(ramp(name, layer).over(minimum, maximum), band)


def raster_sld(name: str, layer: xr.DataArray, minimum: float, maximum: float) -> str:
    """
    A style for band 1 of a raster that holds *layer*, as a Styled Layer Descriptor 1.0 [1]_.

    References
    ----------
    .. [1] OGC 02-070 (2002). Styled Layer Descriptor Implementation Specification, version 1.0.0.
    """
    stops: list[tuple[float, str, str]]
    if contract.is_categorical(layer):
        told = contract.meanings(layer)
        kind = "values"
        stops = [(code, colour, told[code]) for code, colour in class_colours(layer).items()]
    else:
        kind = "ramp"
        colours = ramp(name, layer).over(minimum, maximum)
        stops = [(value, colour, f"{value:.3g}") for value, colour in colours.stops()]
    entries = "".join(
        f'      <ColorMapEntry color="{colour}" quantity="{value:.6g}" label={quoteattr(label)}/>\n'
        for value, colour, label in stops
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">\n'
        f" <NamedLayer>\n  <Name>{escape(name)}</Name>\n  <UserStyle>\n"
        f"   <Title>{escape(str(layer.attrs.get('long_name', name)))}</Title>\n"
        "   <FeatureTypeStyle><Rule><RasterSymbolizer>\n"
        "    <ChannelSelection><GrayChannel><SourceChannelName>1</SourceChannelName>"
        "</GrayChannel></ChannelSelection>\n"
        f'    <ColorMap type="{kind}">\n{entries}    </ColorMap>\n'
        "   </RasterSymbolizer></Rule></FeatureTypeStyle>\n"
        "  </UserStyle>\n </NamedLayer>\n</StyledLayerDescriptor>\n"
    )


def _qgis_raster(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="AllStyleCategories">\n'
        f" <pipe>\n{renderer}"
        '  <brightnesscontrast brightness="0" contrast="0" gamma="1"/>\n'
        "  <huesaturation/>\n"
        " </pipe>\n <blendMode>0</blendMode>\n</qgis>\n"
    )


def _paletted(layer: xr.DataArray, band: int) -> str:
    told = contract.meanings(layer)
    entries = "".join(
        f'    <paletteEntry value="{code}" color="{colour}" alpha="255" '
        f"label={quoteattr(told[code])}/>\n"
        for code, colour in class_colours(layer).items()
    )
    return (
        f'  <rasterrenderer type="paletted" band="{band}" opacity="1" alphaBand="-1" '
        'nodataColor="">\n'
        f"   <colorPalette>\n{entries}   </colorPalette>\n  </rasterrenderer>\n"
    )


def _pseudocolour(colours: Ramp, band: int) -> str:
    limits = f'"{colours.low:.6g}" {{}}="{colours.high:.6g}"'
    items = "".join(
        f'     <item value="{value:.6g}" label="{value:.3g}" color="{colour}" alpha="255"/>\n'
        for value, colour in colours.stops()
    )
    return (
        f'  <rasterrenderer type="singlebandpseudocolor" band="{band}" opacity="1" alphaBand="-1" '
        f'nodataColor="" classificationMin={limits.format("classificationMax")}>\n'
        "   <minMaxOrigin><limits>None</limits><extent>WholeRaster</extent></minMaxOrigin>\n"
        '   <rastershader>\n    <colorrampshader colorRampType="INTERPOLATED" '
        f'classificationMode="1" clip="0" minimumValue={limits.format("maximumValue")}>\n'
        f"{items}    </colorrampshader>\n   </rastershader>\n  </rasterrenderer>\n"
    )
