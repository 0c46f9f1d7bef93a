"""What a run folder holds, as read from its files: maps by band, vector layers, other files."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import xarray as xr
from odc.geo.geobox import GeoBox

Box = tuple[float, float, float, float]
"""West, south, east, north."""


@dataclass(frozen=True)
class Band:
    """One band of a written map: what it is, how it is stored, and its range."""

    name: str
    title: str
    units: str
    dtype: str
    nodata: float | None
    scale: float = 1.0
    offset: float = 0.0
    statistics: Mapping[str, float] = field(default_factory=dict)
    classes: Mapping[int, str] = field(default_factory=dict)

    @property
    def layer(self) -> xr.DataArray:
        """A layer without cells that says of itself what the band says."""
        told: dict[str, Any] = {"long_name": self.title, "units": self.units}
        if self.classes:
            told |= {"flag_values": [*self.classes], "flag_meanings": [*self.classes.values()]}
        return xr.DataArray(np.float32(0), attrs=told)

    @property
    def limits(self) -> tuple[float, float]:
        """Its smallest and largest value; 0 and 1 where none is known."""
        return self.statistics.get("minimum", 0.0), self.statistics.get("maximum", 1.0)


@dataclass(frozen=True)
class Map:
    """A GeoTIFF of a run, by its path in the run folder."""

    path: str
    grid: GeoBox
    bands: Sequence[Band]


@dataclass(frozen=True)
class Features:
    """A vector layer in a GeoPackage of a run, with the style that lies in it."""

    path: str
    name: str
    kind: str
    bounds: Box | None
    count: int
    columns: Sequence[str]
    style: str | None


@dataclass(frozen=True)
class File:
    """A file of a run, by its path in the run folder; SHA-256 where it was taken."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class Inventory:
    """All that a run folder holds, on one grid and in its CRS."""

    grid: GeoBox
    maps: Sequence[Map]
    features: Sequence[Features]
    files: Sequence[File] = ()

    @property
    def crs(self) -> pyproj.CRS:
        """The CRS of every map and layer."""
        crs: pyproj.CRS = self.grid.crs.proj
        return crs

    @property
    def bounds(self) -> Box:
        """Edges of the grid, in its CRS."""
        box = self.grid.boundingbox
        return (box.left, box.bottom, box.right, box.top)

    @functools.cached_property
    def degrees(self) -> Box:
        """Edges in longitude and latitude on WGS 84 [degree], to 1e-7 (about a centimetre)."""
        turned = pyproj.Transformer.from_crs(self.crs, 4326, always_xy=True)
        west, south, east, north = (
            round(float(one), 7) for one in turned.transform_bounds(*self.bounds, densify_pts=21)
        )
        return west, south, east, north


def map_of(file: Any, path: str) -> Map:
    """
    What an open GeoTIFF of a run says of itself; its cells are not read.

    Parameters
    ----------
    file : rasterio.DatasetReader
        As :func:`geoprospect.report.rasters.geotiffs` writes them.
    path : str
        Its path in the run folder, with forward slashes.
    """
    grid = GeoBox(file.shape, file.transform, file.crs.to_wkt())
    return Map(path, grid, [_band(file, number) for number in file.indexes])


def features_of(place: Path, path: str) -> list[Features]:
    """
    The vector layers of a GeoPackage on this machine, in its order, with their styles.

    Parameters
    ----------
    place : Path
        Where it lies.
    path : str
        Its path in the run folder, with forward slashes.
    """
    styles = _styles(place)
    return [
        _features(place, path, str(name), str(kind), styles.get(str(name)))
        for name, kind in pyogrio.list_layers(place)
        if kind is not None
    ]


def _band(file: Any, number: int) -> Band:
    tags: dict[str, str] = file.tags(number)
    place = number - 1
    classes = {
        int(key.removeprefix("class_")): text
        for key, text in tags.items()
        if key.startswith("class_")
    }
    return Band(
        name=tags.get("name", f"band_{number}"),
        title=file.descriptions[place] or tags.get("name", f"band {number}"),
        units=file.units[place] or "1",
        dtype=str(file.dtypes[place]),
        nodata=file.nodatavals[place],
        scale=float(file.scales[place]),
        offset=float(file.offsets[place]),
        statistics={
            told: float(tags[f"STATISTICS_{key}"])
            for told, key in _STATISTICS.items()
            if f"STATISTICS_{key}" in tags
        },
        classes=dict(sorted(classes.items())),
    )


def _features(place: Path, path: str, name: str, kind: str, style: str | None) -> Features:
    about = pyogrio.read_info(place, layer=name, force_feature_count=True, force_total_bounds=True)
    count = int(about["features"])
    bounds = None
    if count and about["total_bounds"] is not None:
        west, south, east, north = map(float, about["total_bounds"])
        bounds = (west, south, east, north)
    columns = [str(column) for column in about["fields"]]
    return Features(path, name, kind, bounds, count, columns, style)


def _styles(place: Path) -> dict[str, str]:
    """The styles that QGIS takes by itself, by layer."""
    with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)) as file:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'"
        if file.execute(known).fetchone() is None:
            return {}
        found = file.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault ORDER BY id"
        )
        return {str(name): str(qml) for name, qml in found if qml}


_STATISTICS = {
    "minimum": "MINIMUM", "maximum": "MAXIMUM", "mean": "MEAN", "stddev": "STDDEV",
    "valid_percent": "VALID_PERCENT",
}  # fmt: skip
