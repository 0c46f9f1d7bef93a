"""What the page is told of a run: its targets as a table and as outlines, and what lies around."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.features import shapes
from rasterio.transform import from_bounds

from geoprospect import __version__, contract
from geoprospect.review import tiles
from geoprospect.review.folder import HOLES, PLANNED, Run
from geoprospect.review.layers import Band, Layer

PLAIN = "EPSG:4326"
FIGURES = 7
"""Significant figures of a number in the table."""
PLACES = 6
"""Decimals of a degree: a tenth of a metre."""
FINEST = 0.25
"""Outlines are drawn to this share of a cell."""


def about(run: Run, layers: Mapping[str, Layer]) -> dict[str, Any]:
    """A run in a word: its name, extent, layers, and by what its targets are ranked."""
    first = layers["prospectivity.1"]
    return {
        "title": run.title,
        "name": str(run.about.get("name", run.folder.name)),
        "folder": run.folder.name,
        "ended": run.about.get("ended"),
        "crs": contract.crs_name(run.targets.crs),
        "bounds": extent(first),
        "layers": [layer.told() for layer in layers.values()],
        "first": first.id,
        "ranking": run.ranking,
        "explained": run.explanations is not None,
        "beside": [*run.beside],
        "targets": len(run.targets),
        "version": __version__,
    }


def table(run: Run) -> dict[str, Any]:
    """The targets without outlines, column by column, best first; None is unknown."""
    plain = pd.DataFrame(run.targets.drop(columns=run.targets.geometry.name))
    return {
        "columns": [
            {"name": str(name), "number": _is_number(plain[name])} for name in plain.columns
        ],
        "values": [_values(plain[name]) for name in plain.columns],
    }


def outlines(run: Run, layer: Layer) -> str:
    """The targets' outlines in longitude and latitude as GeoJSON, with their labels."""
    fine = run.targets.geometry.simplify(FINEST * cell(layer))
    return _collection(fine, [{"label": str(label)} for label in run.targets["label"]])


def beside(run: Run, name: str) -> str:
    """A layer that is drawn under the targets, with what it is called, as GeoJSON."""
    frame = run.beside[name]
    if name == "deposits":
        named = contract.names(frame)
    else:
        column = "label" if "label" in frame else "fold"
        named = [str(value) for value in frame[column]] if column in frame else [""] * len(frame)
    return _collection(frame.geometry, [{"name": text} for text in named])


def holes(run: Run, label: str) -> list[dict[str, Any]]:
    """The holes that are planned on a target, best first; none without a drill plan."""
    plan = run.beside.get(HOLES)
    if plan is None:
        return []
    mine = pd.DataFrame(plan.loc[plan["target"] == label, [*PLANNED]])
    columns = {name: _values(mine[name]) for name in PLANNED if name != "target"}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def outline(layer: Layer) -> str:
    """The ground that the map covers, in longitude and latitude, as GeoJSON."""
    assert isinstance(layer.source, Band)
    known = np.isfinite(tiles.overview(layer)).astype("uint8")
    with rasterio.open(layer.source.path) as file:
        crs, bounds = file.crs, file.bounds
    height, width = known.shape
    transform = from_bounds(*bounds, width, height)
    parts = [shapely.geometry.shape(s) for s, v in shapes(known, transform=transform) if v == 1]
    ground = shapely.union_all(parts).simplify((bounds.right - bounds.left) / width)
    return _collection(gpd.GeoSeries([ground], crs=crs.to_wkt()), [{}])


def extent(layer: Layer) -> list[float]:
    """West, south, east and north of a map [degrees]."""
    assert isinstance(layer.source, Band)
    with rasterio.open(layer.source.path) as file:
        bounds = rasterio.warp.transform_bounds(file.crs, PLAIN, *file.bounds)
    return [round(float(n), PLACES) for n in bounds]


def cell(layer: Layer) -> float:
    """Width of a map's cell [units of its CRS]."""
    assert isinstance(layer.source, Band)
    with rasterio.open(layer.source.path) as file:
        return float(file.res[0])


def _collection(geometry: gpd.GeoSeries, properties: list[dict[str, Any]]) -> str:
    """Features as GeoJSON (RFC 7946), coordinates to :data:`PLACES`."""
    globe = shapely.force_2d(geometry.to_crs(PLAIN).to_numpy())
    rounded = shapely.transform(globe, lambda points: np.round(points, PLACES))
    features = [
        f'{{"type":"Feature","properties":{json.dumps(told, ensure_ascii=False)},'
        f'"geometry":{text or "null"}}}'
        for told, text in zip(properties, shapely.to_geojson(rounded), strict=True)
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _values(column: pd.Series) -> list[Any]:
    if not _is_number(column):
        return [None if pd.isna(value) else str(value) for value in column.astype(object)]
    if pd.api.types.is_integer_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [None if pd.isna(value) else int(value) for value in column]
    return [rounded(float(value)) for value in column]


def rounded(number: float) -> float | None:
    """A number to :data:`FIGURES` significant figures; None if there is none."""
    return float(f"{number:.{FIGURES}g}") if math.isfinite(number) else None
