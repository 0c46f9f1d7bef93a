"""The district as it is: rock, cover, faults and buried bodies on the model grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from rasterio.features import rasterize
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from district import bodies, strata, terrain
from district.frame import MODEL, Array, centres, study_area

RIVER_KM2, FLOODPLAIN = 14.0, 14.0  # catchment of a river with alluvium; its height [m]


@dataclass(frozen=True)
class Ground:
    """Everything that surveys could see, and what they could not."""

    water: terrain.Drainage
    bedrock: Array  # unit codes below the cover
    surface: Array  # unit codes as seen
    cover: Array  # thickness of Neogene and Quaternary [m]
    faults: Array  # distance to any fault [m]
    crossings: Array  # distance to the crossings of long faults [m]
    roads: Array  # distance to a road [m]
    inside: Array  # 1 in the study area


def burned(shapes: list[BaseGeometry]) -> Array:
    """1 in the cells of the model grid that the shapes touch."""
    return rasterize(
        shapes, out_shape=MODEL.shape, transform=MODEL.affine, all_touched=True, dtype="uint8"
    ).astype(float)


def distance(marks: Array) -> Array:
    """Distance to the nearest marked cell [m]."""
    return ndimage.distance_transform_edt(marks == 0) * 100.0


def bedrock(easting: Array, northing: Array, elevation: Array) -> Array:
    """Codes of strata and intrusions below the cover."""
    intruded = bodies.outcrops(easting, northing)
    return np.where(intruded > 0, intruded, strata.strata(easting, northing, elevation))


def covered(rock: Array, neogene: Array, above_river: Array) -> Array:
    """Codes of the surface: bedrock, young basin fill, and alluvium along the rivers."""
    surface = np.where(neogene > 0, strata.NEOGENE, rock)
    return np.where(above_river < FLOODPLAIN, strata.QUATERNARY, surface)


def crossings() -> list[BaseGeometry]:
    """Where long faults of the two directions meet."""
    traces = strata.major_traces()
    return [
        one.intersection(other)
        for fault, one in traces
        for second, other in traces
        if fault.trend == "NNW" and second.trend == "NE" and one.intersects(other)
    ]


def roads(water: terrain.Drainage) -> list[shapely.LineString]:
    """Valley roads: down the rivers from a few villages, smoothed."""
    columns = MODEL.shape[1]
    easting, northing = (c.ravel() for c in centres(MODEL))
    starts_km = [
        (5.5, 21.5),
        (10.5, 18.5),
        (17.5, 17.0),
        (23.5, 17.5),
        (13.0, 9.5),
        (5.0, 8.0),
        (27.0, 14.5),
        (24.5, 21.0),
    ]
    lines = []
    for x, y in starts_km:
        cell = round(279 - (y + 2) * 10) * columns + round((x + 2) * 10)
        path = [cell]
        while water.receiver[path[-1]] != path[-1]:
            path.append(int(water.receiver[path[-1]]))
        points = np.column_stack([easting[path], northing[path]])
        smooth = ndimage.gaussian_filter1d(points, 4, axis=0, mode="nearest")
        lines.append(shapely.LineString(smooth[::3]))
    return lines


@cache
def ground() -> Ground:
    """The district, made once."""
    easting, northing = centres(MODEL)
    water = terrain.drainage()
    rock = bedrock(easting, northing, water.elevation)
    neogene = strata.neogene_thickness(easting, northing)
    above = terrain.height_above_river(water, RIVER_KM2 * 1e6)
    alluvium = 25.0 * (above < FLOODPLAIN)
    traces = [line for _, line in strata.major_traces()] + [
        line for _, line in strata.minor_faults()
    ]
    return Ground(
        water=water,
        bedrock=rock,
        surface=covered(rock, neogene, above),
        cover=neogene + alluvium,
        faults=distance(burned(traces)),
        crossings=distance(burned(crossings())),
        roads=distance(burned(list(roads(water)))),
        inside=burned([study_area()]),
    )
