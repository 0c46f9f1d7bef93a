"""Tiles against positions worked out by themselves, and colours against the report's ramps."""

from __future__ import annotations

import io
import math

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.io import MemoryFile

from geoprospect.report import style
from geoprospect.review import layers, tiles
from tests.review.conftest import CELL, COLUMNS, CRS, NASTY, NORTH, ROWS, WEST

INTO = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
BACK = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)


@pytest.fixture(scope="module")
def known(rich_run):
    return layers.catalogue(rich_run)


def tile_of(longitude, latitude, zoom):
    """The tile of a place, by the formula of the Web Mercator grid."""
    n = 2**zoom
    y = math.asinh(math.tan(math.radians(latitude)))
    return int((longitude + 180) / 360 * n), int((1 - y / math.pi) / 2 * n)


def pixel_places(x, y, zoom):
    """Longitude and latitude of every pixel's centre, by the same formula."""
    n = 2**zoom * tiles.SIDE
    across = (x * tiles.SIDE + np.arange(tiles.SIDE) + 0.5) / n * 360 - 180
    down = math.pi * (1 - 2 * (y * tiles.SIDE + np.arange(tiles.SIDE) + 0.5) / n)
    return np.meshgrid(across, np.degrees(np.arctan(np.sinh(down))))


def place(row, column):
    return INTO.transform(WEST + (column + 0.5) * CELL, NORTH - (row + 0.5) * CELL)


def test_every_map_and_every_layer_of_evidence_is_there(known):
    assert list(known)[:3] == ["prospectivity.1", "spread.1", "drivers.1"]
    assert known["attributions.3"].name == "base_value"
    assert known["cube.rock"].classes == {1: "shale", 2: "花岗岩"}
    assert known["drivers.1"].classes == {0: "none", 1: "copper", 2: NASTY}
    assert known["cube.copper"].units == "mg kg-1"


@pytest.mark.parametrize("name", ["prospectivity.1", "cube.copper"])
@pytest.mark.parametrize("zoom", [12, 14, 16])
def test_a_tile_shows_each_place_its_own_value(known, name, zoom):
    """Both layers are straight lines eastward, so that blending between cells changes nothing."""
    x, y = tile_of(*place(20, 40), zoom)
    found = tiles.tile_values(known[name], x, y, zoom)
    east, north = BACK.transform(*pixel_places(x, y, zoom))
    column, row = (east - WEST) / CELL - 0.5, (NORTH - north) / CELL
    top = 1.0 if name.startswith("prospectivity") else 590.0
    inside = (column > 5) & (column < COLUMNS - 2) & (row > 1) & (row < ROWS - 1)
    assert inside.sum() > 100
    wrong = np.abs(found - top * column / (COLUMNS - 1))[inside]
    pixel = 40_075_016 / 2**zoom / tiles.SIDE / CELL
    assert np.nanmax(wrong) < top / (COLUMNS - 1) * (0.05 + 0.6 * pixel)


@pytest.mark.parametrize("name", ["drivers.1", "cube.rock"])
def test_classes_are_never_blended(known, name):
    x, y = tile_of(*place(20, COLUMNS // 2), 14)
    found = tiles.tile_values(known[name], x, y, 14)
    assert set(np.unique(found[np.isfinite(found)])) == {1.0, 2.0}


@pytest.mark.parametrize("name", ["prospectivity.1", "cube.copper", "drivers.1"])
def test_far_away_there_is_nothing_and_that_is_clear(known, name):
    assert np.isnan(tiles.tile_values(known[name], 0, 0, 8)).all()
    with MemoryFile(tiles.tile(known[name], 0, 0, 8)) as file, file.open() as picture:
        assert picture.read(4).max() == 0


def test_unknown_ground_is_clear(known):
    x, y = tile_of(*place(20, 2), 16)
    found = tiles.tile_values(known["prospectivity.1"], x, y, 16)
    east, _ = BACK.transform(*pixel_places(x, y, 16))
    column = (east - WEST) / CELL
    assert np.isnan(found[column < 3.9]).all()
    assert np.isfinite(found[column > 4.6]).all()


def test_colours_are_those_of_the_report(known):
    """White-box against the report: ends and middle of its ramp, and its classes' colours."""
    values = np.array([[0.0, 0.5, 1.0, np.nan]], "float32")
    colours, shown = tiles.painted(values, known["prospectivity.1"])
    hexes = ["#" + "".join(f"{c:02x}" for c in pixel) for pixel in colours[:, 0].T]
    assert hexes[0] == style.FAVOURABILITY[0]
    assert hexes[2] == style.FAVOURABILITY[-1]
    middle = [int(style.FAVOURABILITY[4][n : n + 2], 16) for n in (1, 3, 5)]
    assert np.abs(colours[:, 0, 1].astype(int) - middle).max() <= 2
    assert shown.tolist() == [[True, True, True, False]]
    codes = np.array([[1, 2, 0, 9]], "float32")
    colours, shown = tiles.painted(codes, known["drivers.1"])
    hexes = ["#" + "".join(f"{c:02x}" for c in pixel) for pixel in colours[:, 0].T]
    assert hexes[:3] == [style.CLASSES[0], style.CLASSES[1], style.NEUTRAL]
    assert shown.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize(("name", "cell"), [("prospectivity.1", 1 / 59), ("cube.copper", 10.0)])
def test_the_value_under_the_cursor_is_the_cells(known, name, cell):
    for row, column in ((3, 10), (20, 31), (39, 59)):
        assert tiles.value(known[name], *place(row, column)) == pytest.approx(
            cell * column, rel=1e-5
        )
    assert tiles.value(known["prospectivity.1"], *place(10, 1)) is None
    assert tiles.value(known[name], *place(10, 70)) is None
    assert tiles.value(known[name], 0.0, 0.0) is None


def test_a_legend_tells_values_and_colours_or_classes(known):
    told = tiles.legend(known["prospectivity.1"])
    assert [told["stops"][0], told["stops"][-1]] == [
        {"value": 0.0, "colour": style.FAVOURABILITY[0]},
        {"value": 1.0, "colour": style.FAVOURABILITY[-1]},
    ]
    assert tiles.legend(known["drivers.1"])["named"][2]["label"] == NASTY
    stops = tiles.legend(known["cube.copper"])["stops"]
    assert stops[0]["value"] == pytest.approx(0.02 * 590, abs=2)
    assert stops[-1]["value"] == pytest.approx(0.98 * 590, abs=2)


def test_a_large_cube_is_shown_through_a_thinned_copy(known, monkeypatch):
    """With little room the whole is drawn from every so many cells, and still in its place."""
    monkeypatch.setattr(tiles, "THIN", 20)
    monkeypatch.setattr(tiles, "WIDEST", 12)
    tiles._overview.cache_clear()
    try:
        assert tiles.overview(known["cube.copper"]).shape == (14, 20)
        x, y = tile_of(*place(20, 30), 12)
        found = tiles.tile_values(known["cube.copper"], x, y, 12)
        east, _ = BACK.transform(*pixel_places(x, y, 12))
        column = (east - WEST) / CELL - 0.5
        inside = np.isfinite(found) & (column > 6) & (column < 54)
        assert np.abs(found - 10 * column)[inside].max() < 10 * 3
    finally:
        tiles._overview.cache_clear()


def test_tiles_are_small_pictures(known):
    x, y = tile_of(*place(20, 30), 13)
    made = tiles.tile(known["prospectivity.1"], x, y, 13)
    assert made[:8] == b"\x89PNG\r\n\x1a\n"
    with rasterio.open(io.BytesIO(made)) as picture:
        assert (picture.count, picture.height, picture.width) == (4, 256, 256)
