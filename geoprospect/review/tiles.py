"""
Pictures of a layer for the map, read from the run's files as they are asked for.

GeoTIFFs are read through their overviews (rio-tiler); the cube, which has none, by its
chunks, and where a picture shows much ground at once through a thinned copy that is made once
and held. Nothing is written. Classes are never blended; quantities are, between cells.
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import morecantile
import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform, transform_bounds
from rio_tiler.errors import PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.utils import render

from geoprospect.review.layers import Band, Layer, Variable

Values: TypeAlias = npt.NDArray[np.float32]

SIDE = 256
"""Pixels of a tile."""
THIN = 1024
"""Cells a side, at most, of a layer's thinned copy."""
WIDEST = 3072
"""Cells a side, at most, that a tile reads of the cube itself."""
HELD = 32
"""Thinned copies held: 4 MB each."""
CACHE = 64 * 2**20
"""Bytes that GDAL may hold; left alone it takes a twentieth of the machine's memory."""
SHADES = 256
MERCATOR = morecantile.tms.get("WebMercatorQuad")
PLAIN = CRS.from_epsg(4326)


def tile(layer: Layer, x: int, y: int, zoom: int) -> bytes:
    """A tile of the Web Mercator grid as PNG, clear where the layer is unknown."""
    return picture(tile_values(layer, x, y, zoom), layer)


def tile_values(layer: Layer, x: int, y: int, zoom: int) -> Values:
    """A tile's values [the layer's units], (SIDE, SIDE), NaN where unknown."""
    if isinstance(layer.source, Variable):
        return _of_cube(layer, layer.source, x, y, zoom)
    blend: Any = "nearest" if layer.classes else "bilinear"
    try:
        with (
            rasterio.Env(GDAL_CACHEMAX=CACHE),
            Reader(str(layer.source.path), tms=MERCATOR) as source,
        ):
            image = source.tile(
                x, y, zoom, tilesize=SIDE, indexes=layer.source.index, unscale=True,
                resampling_method=blend, reproject_method=blend,
            )  # fmt: skip
            return _filled(image.array[0])
    except TileOutsideBounds:
        return np.full((SIDE, SIDE), np.nan, "float32")


def view(
    layer: Layer, bounds: tuple[float, float, float, float], crs: CRS, side: int
) -> tuple[Values, tuple[float, float, float, float]]:
    """Values of a GeoTIFF's layer within bounds of its own CRS, *side* pixels at most."""
    assert isinstance(layer.source, Band)
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Reader(str(layer.source.path)) as source:
        image = source.part(
            bounds, bounds_crs=crs, dst_crs=crs, max_size=side, indexes=layer.source.index,
            unscale=True,
        )  # fmt: skip
        return _filled(image.array[0]), bounds


def value(layer: Layer, longitude: float, latitude: float) -> float | None:
    """The layer's value at a place [its units]; None where unknown or outside."""
    if isinstance(layer.source, Variable):
        return _cell(layer.source, longitude, latitude)
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE), Reader(str(layer.source.path)) as source:
            found = source.point(
                longitude, latitude, indexes=layer.source.index, unscale=True
            ).array[0]
    except PointOutsideBounds:
        return None
    return None if found is np.ma.masked or not np.isfinite(found) else float(found)


def legend(layer: Layer) -> dict[str, Any]:
    """What the layer's colours mean: classes, or values and their colours from low to high."""
    told = layer.told()
    if layer.classes:
        colours = layer.colours()
        named = [
            {"code": code, "label": label, "colour": colours[code]}
            for code, label in layer.classes.items()
        ]
        return told | {"named": named, "stops": []}
    stops = layer.ramp(*limits(layer)).stops()
    return told | {"named": [], "stops": [{"value": v, "colour": c} for v, c in stops]}


def picture(values: Values, layer: Layer) -> bytes:
    """Values in the layer's colours as PNG."""
    colours, shown = painted(values, layer)
    made = render(colours, mask=np.where(shown, 255, 0).astype("uint8"), img_format="PNG", ZLEVEL=1)
    return bytes(made)


def painted(values: Values, layer: Layer) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Red, green and blue of each value, (3, y, x), and where it is known."""
    known = np.isfinite(values)
    if layer.classes:
        colours = layer.colours()
        codes = np.array(sorted(colours))
        table = np.array([_rgb(colours[code]) for code in codes], "uint8")
        whole = np.where(known, values, codes[0]).round().astype("int64")
        places = np.searchsorted(codes, whole).clip(max=len(codes) - 1)
        known &= codes[places] == whole
    else:
        low, high = limits(layer)
        ramp = layer.ramp(low, high)
        table = _shades(tuple(ramp.colours))
        assert ramp.low is not None
        assert ramp.high is not None
        share = (np.where(known, values, ramp.low) - ramp.low) / (ramp.high - ramp.low)
        places = (share.clip(0, 1) * (SHADES - 1)).round().astype("int64")
    return np.moveaxis(table[places], -1, 0), known


def limits(layer: Layer) -> tuple[float, float]:
    """
    The values between which a layer's colours run.

    A map's least and largest, as its QGIS style has them; of evidence the 2nd and 98th
    percentile, as the report has them.
    """
    if layer.limits is not None:
        return layer.limits
    known = np.sort(_known(overview(layer)))
    if not known.size:
        return 0.0, 1.0
    cut = (0, 100) if isinstance(layer.source, Band) else (2, 98)
    low, high = np.percentile(known, cut)
    return float(low), float(high)


@functools.lru_cache(maxsize=HELD)
def _overview(source: Band | Variable) -> tuple[Values, int]:
    if isinstance(source, Variable):
        return _thinned(source)
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Reader(str(source.path)) as file:
        image = file.preview(indexes=source.index, max_size=THIN, unscale=True)
        return _filled(image.array[0]), math.ceil(file.dataset.width / image.width)


def overview(layer: Layer) -> Values:
    """The whole layer, thinned to :data:`THIN` cells a side; NaN where unknown."""
    return _overview(layer.source)[0]


# --- the cube ----------------------------------------------------------------------------


def array(source: Variable) -> Any:
    """The stored array, opened to read."""
    import zarr

    return zarr.open_group(str(source.store), mode="r")[source.name]


def _thinned(source: Variable) -> tuple[Values, int]:
    """Every so many cells each way, read band by band of chunks."""
    stored = array(source)
    height, width = stored.shape
    step = math.ceil(max(height, width) / THIN)
    down = max(step, stored.chunks[0] // step * step)
    bands = [
        np.asarray(stored[top : top + down], "float32")[::step, ::step]
        for top in range(0, height, down)
    ]
    return np.concatenate(bands), step


def _of_cube(layer: Layer, source: Variable, x: int, y: int, zoom: int) -> Values:
    """A tile of the cube, by way of the cells under it or of the thinned copy."""
    west, south, east, north = MERCATOR.xy_bounds(morecantile.Tile(x, y, zoom))
    mercator = MERCATOR.rasterio_crs
    onto = rasterio.transform.from_bounds(west, south, east, north, SIDE, SIDE)
    out = np.full((SIDE, SIDE), np.nan, "float32")
    bounds = transform_bounds(mercator, source.crs, west, south, east, north)
    found = _window(source, bounds)
    if found is None:
        return out
    values, where = found
    blend = Resampling.nearest if layer.classes else Resampling.bilinear
    with rasterio.Env(GDAL_CACHEMAX=CACHE):
        reproject(
            values, out, src_transform=where, src_crs=source.crs, src_nodata=np.nan,
            dst_transform=onto, dst_crs=mercator, dst_nodata=np.nan, resampling=blend,
        )  # fmt: skip
    return out


def _window(
    source: Variable, bounds: tuple[float, float, float, float]
) -> tuple[Values, Affine] | None:
    """Cells within bounds of the grid's CRS and where they lie; None if there are none."""
    stored = array(source)
    height, width = stored.shape
    (left, top), (right, bottom) = (
        ~source.transform * (bounds[0], bounds[3]), ~source.transform * (bounds[2], bounds[1]),
    )  # fmt: skip
    rows = slice(max(0, math.floor(top) - 2), min(height, math.ceil(bottom) + 2))
    columns = slice(max(0, math.floor(left) - 2), min(width, math.ceil(right) + 2))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    if max(rows.stop - rows.start, columns.stop - columns.start) > WIDEST:
        thinned, step = _overview(source)
        return thinned, source.transform * Affine.scale(step)
    values = np.asarray(stored[rows, columns], "float32")
    return values, source.transform * Affine.translation(columns.start, rows.start)


def _cell(source: Variable, longitude: float, latitude: float) -> float | None:
    (east,), (north,) = transform(PLAIN, source.crs, [longitude], [latitude])
    column, row = (math.floor(n) for n in ~source.transform * (east, north))
    stored = array(source)
    if not (0 <= row < stored.shape[0] and 0 <= column < stored.shape[1]):
        return None
    found = float(stored[row, column])
    return found if math.isfinite(found) else None


# --- colours -----------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def _shades(colours: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """Evenly spread colours, blended into :data:`SHADES`."""
    stops = np.array([_rgb(colour) for colour in colours], "float64")
    places = np.linspace(0, len(stops) - 1, SHADES)
    blended = [np.interp(places, range(len(stops)), stops[:, one]) for one in range(3)]
    return np.stack(blended, axis=1).round().astype("uint8")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _filled(values: Any) -> Values:
    return np.ma.filled(np.ma.asarray(values).astype("float32"), np.nan)


def _known(values: Values) -> Values:
    return values[np.isfinite(values)]
