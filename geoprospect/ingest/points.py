"""What geometries and points are checked for, whatever file they come from."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprospect.ingest.reference import check_coordinates

log = logging.getLogger("geoprospect.ingest")

SAMPLE = 5000
"""How many vertices are looked at to tell whether coordinates fit their CRS."""


def check_place(features: gpd.GeoDataFrame, where: str) -> None:
    """Raise a DataError where the coordinates cannot be in the CRS of *features*."""
    vertices = shapely.get_coordinates(features.geometry.to_numpy())
    picked = vertices[:: max(1, len(vertices) // SAMPLE)]
    x, y = np.ascontiguousarray(picked.T)
    check_coordinates(x, y, features.crs, where)


def say_duplicates(features: gpd.GeoDataFrame, where: str) -> None:
    """Count points that repeat the place of an earlier one; they are kept."""
    if not (features.geom_type == "Point").all():
        return
    places = pd.DataFrame(shapely.get_coordinates(features.geometry.to_numpy()))
    repeated = int(places.duplicated().sum())
    if repeated:
        log.warning(
            "%s: %d of %d points repeat the coordinates of an earlier one; all are kept.",
            where,
            repeated,
            len(features),
        )
