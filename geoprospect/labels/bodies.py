"""Deposits drawn as polygons: ore bodies and alteration, cell by cell."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import shapely
from odc.geo.geobox import GeoBox
from shapely import Point
from shapely.geometry.base import BaseGeometry

log = logging.getLogger("geoprospect.labels")


def all_cells(found: gpd.GeoDataFrame, grid: GeoBox) -> gpd.GeoDataFrame:
    """The centres of each polygon's cells, which share its weight; else a point inside."""
    spots = [_centres_inside(shape, grid) for shape in found.geometry]
    many = np.array([max(1, len(spot)) for spot in spots])
    points = found.representative_point()
    geometry = [
        point for spot, inside in zip(spots, points, strict=True) for point in spot or [inside]
    ]
    log.info("%d deposits are %d cells", len(found), len(geometry))
    spread = found.assign(weight=found.get("weight", 1.0) / many).drop(columns="geometry")
    return gpd.GeoDataFrame(
        spread.loc[np.repeat(spread.index, many)].reset_index(drop=True),
        geometry=geometry, crs=found.crs,
    )  # fmt: skip


def _centres_inside(shape: BaseGeometry, grid: GeoBox) -> list[Point]:
    """Centres of the grid's cells inside a polygon; none of other shapes."""
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return []
    west, south, east, north = shape.bounds
    left, top = ~grid.affine * (west, north)
    right, bottom = ~grid.affine * (east, south)
    rows = np.arange(max(0, int(top)), min(grid.shape[0], int(bottom) + 1))
    columns = np.arange(max(0, int(left)), min(grid.shape[1], int(right) + 1))
    column, row = (cells.ravel() for cells in np.meshgrid(columns, rows))
    x, y = grid.affine * (column + 0.5, row + 0.5)
    inside = shapely.contains_xy(shape, x, y)
    return [Point(*at) for at in zip(x[inside], y[inside], strict=True)]
