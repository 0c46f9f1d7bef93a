"""The geological map as a survey drew it, with the slips that such maps have."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes, sieve
from scipy import ndimage
from shapely import Polygon
from shapely.geometry import shape

from district import strata
from district.bodies import BODIES
from district.frame import BOUNDS, MAP, PREFIXED, PROJECTED, ZONE_PREFIX, Array, centres, to_km
from district.ground import FLOODPLAIN, RIVER_KM2, bedrock, covered, ground, roads
from district.noise import fractal, read
from district.strata import UNITS, Unit
from district.terrain import height_above_river

SMALLEST = 150  # cells of 50 m that a map of this scale still shows
EDGE = (434_800.0, 3_098_900.0, 466_700.0, 3_125_200.0)  # of the mapped sheet [m]


def drawn_codes() -> Array:
    """Unit codes of the map sheet on a lattice of 50 m, small patches dropped."""
    easting, northing = centres(MAP)
    elevation = read(ground().water.elevation, easting, northing)
    above = read(height_above_river(ground().water, RIVER_KM2 * 1e6), easting, northing)
    valley = ndimage.gaussian_filter((above < FLOODPLAIN).astype(float), 2.2) > 0.22
    codes = covered(
        bedrock(easting, northing, elevation),
        strata.neogene_thickness(easting, northing),
        np.where(valley, 0, FLOODPLAIN + 1),
    )
    return sieve(codes.astype("uint8"), SMALLEST, connectivity=4).astype(float)


def hand_drawn(points: Array) -> Array:
    """Vertices off the lattice by a draughtsman's width; the same everywhere a vertex recurs."""
    easting, northing = points.T
    shift = [
        18 * read(fractal(f"hand {axis}", roughness=0, longest=400), easting, northing)
        for axis in "xy"
    ]
    return np.round(points + np.column_stack(shift), 1)


def prefixed(points: Array) -> Array:
    """Coordinates with the zone's number before the easting."""
    return np.round(points + np.array([ZONE_PREFIX, 0]), 1)


@cache
def polygons() -> list[tuple[Unit, Polygon]]:
    """The map's polygons, sharing their edges exactly, in the projected CRS."""
    codes = drawn_codes().astype("uint8")
    found = [
        (shape(s), int(code)) for s, code in shapes(codes, connectivity=4, transform=MAP.affine)
    ]
    outlines = shapely.coverage_simplify([polygon for polygon, _ in found], 75.0)
    outlines = shapely.transform(outlines, hand_drawn)
    outlines = shapely.intersection(outlines, shapely.box(*EDGE), grid_size=0.1)
    units = {unit.code: unit for unit in UNITS}
    parts = [
        (units[code], part)
        for outline, (_, code) in zip(outlines, found, strict=True)
        for part in shapely.get_parts(outline)
        if part.geom_type == "Polygon" and part.area > 1e4
    ]
    return sorted(parts, key=lambda one: (one[0].code, *np.round(one[1].bounds)))


def twisted(polygon: Polygon) -> Polygon:
    """The polygon with two neighbouring vertices swapped, so that its outline crosses itself."""
    ring = shapely.get_coordinates(polygon.exterior)
    for i in range(3, len(ring) - 3):
        swapped = ring.copy()
        swapped[[i, i + 1]] = swapped[[i + 1, i]]
        bad = Polygon(swapped, [shapely.get_coordinates(hole) for hole in polygon.interiors])
        change = abs(bad.area - polygon.area)
        if not bad.is_valid and change < 0.02 * polygon.area:
            return bad
    raise RuntimeError("no pair of vertices makes this polygon cross itself")


def geology() -> gpd.GeoDataFrame:
    """
    Map units with Chinese and English names, in the CRS with the zone's prefix.

    One polygon crosses itself; three names carry a wide blank, a blank inside
    and a word more; one English name is missing.
    """
    parts = polygons()
    rows = [
        {"unit": u.name, "unit_en": u.name_en, "age": u.age, "lith": u.lith, "代号": u.symbol}
        for u, _ in parts
    ]
    outlines = [outline for _, outline in parts]
    spell(rows, "三叠系大理岩", "三叠系大理岩\u3000", -1)
    spell(rows, "二叠系灰岩", "二叠系 灰岩", -1)
    spell(rows, "泥盆系白云岩", "泥盆系白云岩（含燧石）", -1)
    rows[-1]["unit_en"] = None
    worst = max(
        (i for i, row in enumerate(rows) if row["lith"] == "slate"), key=lambda i: outlines[i].area
    )
    outlines[worst] = twisted(outlines[worst])
    shifted = [shapely.transform(outline, prefixed) for outline in outlines]
    return gpd.GeoDataFrame(rows, geometry=shifted, crs=PREFIXED)


def spell(rows: list[dict[str, str | None]], name: str, slip: str, which: int) -> None:
    """Write one row's unit name as a tired draughtsman would."""
    places = [i for i, row in enumerate(rows) if row["unit"] == name]
    rows[places[which]]["unit"] = slip


def rounded(geometry: gpd.GeoSeries, digits: int = 1) -> gpd.GeoSeries:
    """Geometries with their coordinates rounded, valid or not."""
    return geometry.apply(lambda g: shapely.transform(g, lambda xy: np.round(xy, digits)))


def intrusions() -> gpd.GeoDataFrame:
    """Outcrops of the intrusions with the names of their stocks."""
    known = {
        body.lith: [b for b in BODIES if b.lith == body.lith and b.exposed()] for body in BODIES
    }
    rows = []
    for unit, outline in polygons():
        if unit.code > strata.QUATERNARY:
            x, y = to_km(np.array(outline.centroid.x), np.array(outline.centroid.y))
            body = min(known[unit.lith], key=lambda b: float(np.hypot(b.x - x, b.y - y)))
            rows.append({"name": body.name, "name_en": body.name_en, "lith": unit.lith,
                         "lith_zh": unit.name, "age": unit.age, "geometry": outline})  # fmt: skip
    return gpd.GeoDataFrame(rows, crs=PROJECTED)


def faults() -> gpd.GeoDataFrame:
    """Fault traces that are mapped: those below the young basin are not."""
    cover = shapely.union_all([p for unit, p in polygons() if unit.code == strata.NEOGENE])
    rows = [
        {"name": fault.name, "name_en": fault.name_en, "kind": fault.kind, "rank": fault.rank,
         "geometry": line} for fault, line in strata.major_traces()
    ]  # fmt: skip
    rows += [
        {"name": None, "name_en": None, "kind": kind, "rank": 3, "geometry": line}
        for kind, line in strata.minor_faults()
    ]
    frame = gpd.GeoDataFrame(rows, crs=PROJECTED)
    seen = frame.geometry.intersection(shapely.box(*EDGE)).difference(cover)
    frame = frame.set_geometry(rounded(seen)).explode(ignore_index=True)
    return frame[frame.length > 100].reset_index(drop=True)


def road_map() -> gpd.GeoDataFrame:
    """Valley roads."""
    lines = [line.intersection(shapely.box(*BOUNDS)) for line in roads(ground().water)]
    frame = gpd.GeoDataFrame(
        {"road_no": [f"X{101 + i}" for i in range(len(lines))]}, geometry=lines, crs=PROJECTED
    )
    return frame.set_geometry(rounded(frame.geometry))
