"""Surfaces however they are given: points, triangles and rasters are the same plane."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoprospect.errors import ContractError, DataError
from geoprospect.features.voxels.layers import places_of
from geoprospect.features.voxels.proximity import signed_distance
from geoprospect.features.voxels.surface import surface_of, through_points
from tests.features.voxels.made import BLOCKS, CRS, middle, plane

NORMAL = np.array([0.2, -0.1, 1.0]) / np.sqrt(1.05)


def triangles():
    made = through_points(plane(NORMAL, middle()), name="roof")
    rings = made.corners[:, [0, 1, 2, 0]]
    return gpd.GeoDataFrame(geometry=shapely.polygons(rings), crs=CRS)


def points(column=False):
    table = plane(NORMAL, middle())
    z = None if column else table["z"]
    at = gpd.points_from_xy(table["x"], table["y"], z)
    return gpd.GeoDataFrame(table[["z"]], geometry=at, crs=CRS)


@pytest.mark.parametrize("given", [triangles(), points(), points(column=True)])
def test_points_and_triangles_are_the_same_plane(given):
    given.attrs["long_name"] = "roof of the granite"
    made = signed_distance(given, blocks=BLOCKS)["value"]
    wanted = (BLOCKS.centres() - middle()) @ NORMAL
    np.testing.assert_allclose(made.to_numpy().ravel(), wanted, atol=1e-4)
    assert made.attrs["long_name"] == "distance above roof of the granite"


def test_corners_at_one_place_are_one():
    made = surface_of(triangles(), BLOCKS)
    assert len(made.vertices) == len(plane(NORMAL, middle()))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=CRS), "is to be points or tri"),
        (gpd.GeoDataFrame(geometry=[shapely.Polygon([(0, 0), (1, 0), (0, 1)])], crs=CRS),
         "triangles have no elevations"),
        (gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0, 0), (1, 0, 0)])], crs=CRS),
         "this layer holds LineString"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS), "have no elevations; give po"),
    ],
)  # fmt: skip
def test_what_is_no_surface_in_space_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        surface_of(given, BLOCKS)


def test_another_crs_is_refused():
    with pytest.raises(ContractError, match="surface are in EPSG:32649 and the blocks in EPSG:326"):
        surface_of(triangles().set_crs("EPSG:32649", allow_override=True), BLOCKS)


def test_a_table_without_places_is_refused():
    with pytest.raises(DataError, match="met have no column 'z'"):
        places_of(pd.DataFrame({"x": [0], "y": [0]}), BLOCKS, "met")
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=CRS)
    with pytest.raises(DataError, match="met are to be points, and this vector layer holds Line"):
        places_of(line, BLOCKS, "met")
