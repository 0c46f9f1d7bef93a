"""The raster files, each as its owner would hand it over: own CRS, own cells, own codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage
from shapely import Polygon

from district import fields, radiometrics
from district.frame import (
    GEOGRAPHIC,
    PROJECTED,
    ZONE_PREFIX,
    Array,
    centres,
    lattice,
    metres,
    stream,
    to_km,
)
from district.ground import ground
from district.noise import fractal, read

MAGNETIC_GAP, GRAVITY_BLANK, RADIOMETRIC_BLANK, DEM_VOID = -99999.0, "1.70141e+38", -9999.0, -32768
MAGNETIC_BOUNDS = (435_062.5, 3_099_187.5, 464_312.5, 3_124_937.5)  # short of the east border
GRAVITY_BOUNDS = (434_700.0, 3_098_500.0, 467_700.0, 3_125_500.0)
DEM_BOUNDS = (434_010.0, 3_098_010.0, 467_970.0, 3_125_970.0)
NO_FLY_KM = [(17.1, 11.9), (21.0, 12.4), (21.9, 14.4), (19.6, 15.3), (17.6, 14.2)]


def save_raster(
    path: Path,
    bands: list[Array],
    transform: Affine,
    crs: str,
    *,
    dtype: str,
    nodata: float | None,
    texts: list[str],
) -> None:
    """Write a compressed, tiled GeoTIFF."""
    rows, columns = bands[0].shape
    profile = {
        "driver": "GTiff", "width": columns, "height": rows, "count": len(bands), "dtype": dtype,
        "crs": crs, "transform": transform, "nodata": nodata, "compress": "deflate", "zlevel": 9,
        "predictor": 2 if dtype.startswith("int") else 3,
        "tiled": True, "blockxsize": 128, "blockysize": 128, "interleave": "band",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for number, (band, text) in enumerate(zip(bands, texts, strict=True), start=1):
            file.write(band.astype(dtype), number)
            file.set_band_description(number, text)


def magnetics(folder: Path) -> None:
    """Total-field anomaly, 125 m, float32; -99999 where not flown, and the file does not say so."""
    grid = lattice(125.0, MAGNETIC_BOUNDS)
    field = np.round(fields.flown(grid), 1)
    field[unflown(grid)] = MAGNETIC_GAP
    save_raster(
        folder / "tmi.tif", [field], grid.affine, PROJECTED,
        dtype="float32", nodata=None, texts=["TMI anomaly (nT)"],
    )  # fmt: skip


def unflown(grid: GeoBox) -> Array:
    """True over the no-fly zone and outside the ragged edge of the survey."""
    easting, northing = centres(grid)
    x, y = to_km(easting, northing)
    gap = shapely.contains_xy(Polygon(metres(NO_FLY_KM)), easting, northing)
    ragged = x > 27.6 + 0.12 * np.round(5 * np.sin(y / 1.7))
    return gap | ragged | ((x < 2.2) & (y > 21.0))


def gravity(folder: Path) -> None:
    """Bouguer gravity, 600 m, as an ASCII grid that states no CRS."""
    grid = lattice(600.0, GRAVITY_BOUNDS)
    easting, northing = centres(grid)
    x, y = to_km(easting, northing)
    value = fields.bouguer(easting, northing) + stream("gravity").normal(0, 0.12, grid.shape)
    rows = [
        " ".join(GRAVITY_BLANK if blank else f"{v:.2f}" for v, blank in zip(line, out, strict=True))
        for line, out in zip(value, (x + y < 4.2) | (y - x > 20.5), strict=True)
    ]
    west, south = grid.boundingbox.left, grid.boundingbox.bottom
    head = [
        f"ncols {grid.shape[1]}", f"nrows {grid.shape[0]}", f"xllcorner {west + ZONE_PREFIX:.1f}",
        f"yllcorner {south:.1f}", "cellsize 600.0", f"NODATA_value {GRAVITY_BLANK}",
    ]  # fmt: skip
    text = "\n".join(head + rows) + "\n"
    (folder / "bouguer.asc").write_text(text, encoding="ascii", newline="\n")


def radiometric_grid(folder: Path) -> None:
    """Potassium, thorium and uranium in three bands, in degrees, short of the north border."""
    west, north, cell = 101.3375, 28.2025, 0.0025
    longitude, latitude = np.meshgrid(
        west + cell * (np.arange(121) + 0.5), north - cell * (np.arange(80) + 0.5)
    )
    found = [np.round(band, 3) for band in radiometrics.bands(longitude, latitude)]
    corner = (longitude < 101.36) & (latitude < 28.03)
    save_raster(
        folder / "radiometrics_k_th_u.tif",
        [np.where(corner, RADIOMETRIC_BLANK, band) for band in found],
        Affine(cell, 0, west, 0, -cell, north), GEOGRAPHIC,
        dtype="float32", nodata=RADIOMETRIC_BLANK,
        texts=["K (%)", "eTh (mg/kg)", "eU (mg/kg)"],
    )  # fmt: skip


def elevation(folder: Path) -> None:
    """Ground elevation, 30 m, int16, with a few voids on steep slopes."""
    grid = lattice(30.0, DEM_BOUNDS)
    easting, northing = centres(grid)
    ground_level = ndimage.gaussian_filter(ground().water.elevation, 0.6)
    level = read(ground_level, easting, northing, order=3)
    slope = np.hypot(*np.gradient(level, 30.0))
    level += (2 + 10 * np.clip(slope, 0, 1)) * read(
        fractal("detail", roughness=0.6, longest=500), easting, northing, order=3
    )
    shadow = (slope > 1.0) & (read(fractal("shadow", longest=800), easting, northing) > 1.9)
    whole = np.where(shadow, DEM_VOID, np.round(level))
    save_raster(
        folder / "dem.tif", [whole], grid.affine, PROJECTED,
        dtype="int16", nodata=DEM_VOID, texts=["elevation (m)"],
    )  # fmt: skip
