from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from geoprospect.report import style
from tests.report.conftest import NASTY, make_layer


def luminance(colour: str) -> float:
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("ramp", [style.FAVOURABILITY, style.DOUBT, style.QUANTITY])
def test_ramps_read_without_colour(ramp):
    steps = np.diff([luminance(colour) for colour in ramp])
    assert (steps > 0).all() or (steps < 0).all()


def test_prospectivity_has_the_same_colours_on_every_map(grid):
    layer = make_layer(np.zeros(grid.shape), grid, "prospectivity", "1")
    ramp = style.ramp("prospectivity", layer).over(0.2, 0.4)
    assert (ramp.low, ramp.high) == (0, 1)


def test_contributions_are_coloured_about_zero(grid):
    layer = make_layer(np.zeros(grid.shape), grid, "copper", "log-odds")
    ramp = style.ramp("copper", layer).over(-0.3, 1.2)
    assert (ramp.low, ramp.high) == (-1.2, 1.2)
    assert dict(ramp.stops())[0.0] == "#f7f7f7"


def test_a_constant_layer_has_colours_too(grid):
    layer = make_layer(np.zeros(grid.shape), grid, "spread", "1")
    ramp = style.ramp("spread", layer).over(0, 0)
    assert ramp.high > ramp.low


def test_a_ramp_without_a_range_is_refused():
    with pytest.raises(ValueError, match="call over"):
        style.Ramp(style.QUANTITY).stops()


def test_many_classes_each_have_a_colour_and_none_is_neutral(grid):
    meanings = {0: "none"} | {n: f"unit {n}" for n in range(1, 40)}
    layer = make_layer(np.zeros(grid.shape), grid, "rock", "1", meanings=meanings)
    colours = style.class_colours(layer)
    assert list(colours) == list(range(40))
    assert colours[0] == style.NEUTRAL
    assert len(set(list(colours.values())[1:17])) == 16


def test_names_cannot_break_the_style(grid):
    layer = make_layer(np.zeros(grid.shape), grid, "rock", "1", meanings={1: f'"{NASTY}"'})
    entry = ElementTree.fromstring(style.raster_qml("rock", layer, 1, 1)).find(".//paletteEntry")
    assert entry.get("label") == f'"{NASTY}"'


SLD = {"sld": "http://www.opengis.net/sld"}


def test_servers_get_the_colours_that_qgis_gets(grid):
    layer = make_layer(np.zeros(grid.shape), grid, f"score {NASTY}", "1")
    qml = ElementTree.fromstring(style.raster_qml("score", layer, 0.2, 0.4))
    sld = ElementTree.fromstring(style.raster_sld("score", layer, 0.2, 0.4))
    entries = sld.findall(".//sld:ColorMapEntry", SLD)
    assert sld.find(".//sld:ColorMap", SLD).get("type") == "ramp"
    assert [(one.get("quantity"), one.get("color")) for one in entries] == [
        (item.get("value"), item.get("color")) for item in qml.iter("item")
    ]
    assert sld.findtext(".//sld:Title", namespaces=SLD) == f"score {NASTY}"


def test_servers_get_classes_by_value(grid):
    meanings = {0: "none", 3: f'"{NASTY}"'}
    layer = make_layer(np.zeros(grid.shape), grid, "rock", "1", meanings=meanings)
    sld = ElementTree.fromstring(style.raster_sld("rock", layer, 0, 3))
    assert sld.find(".//sld:ColorMap", SLD).get("type") == "values"
    entries = sld.findall(".//sld:ColorMapEntry", SLD)
    assert [(one.get("quantity"), one.get("label")) for one in entries] == [
        ("0", "none"), ("3", f'"{NASTY}"')
    ]  # fmt: skip


def test_a_band_is_drawn_by_its_number(grid):
    layer = make_layer(np.zeros(grid.shape), grid, "copper", "log-odds")
    rock = make_layer(np.zeros(grid.shape), grid, "rock", "1", meanings={1: "a"})
    for told in (layer, rock):
        drawn = ElementTree.fromstring(style.renderer("copper", told, 0, 1, band=7))
        assert drawn.get("band") == "7"
