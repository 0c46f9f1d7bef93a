"""The vector files and the table, each as its owner would hand it over."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from district import geochemistry, mapping
from district.bodies import BODIES
from district.frame import (
    GEOGRAPHIC,
    MODEL,
    PROJECTED,
    Array,
    centres,
    geographic,
    metres,
    stream,
    study_area,
)
from district.names import HOLDERS, deposit_names
from district.ore import Deposits, deposits

RESERVE_KM = [(17.4, 12.4), (19.2, 12.1), (21.4, 12.9), (21.1, 14.3), (19.7, 14.9), (18.2, 14.2)]
WRITTEN = "2026-01-01T00:00:00.000Z"  # the date in GeoPackages, so that two runs agree
DBF_DATE = "2026-01-01"
LANGUAGE_BYTE = 29  # of a .dbf: which code page its text is in; 0 says nothing
SIZES = ("矿点", "小型", "中型", "大型")  # showing, small, medium, large
COMMODITY = {"skarn": "Cu-Fe", "porphyry": "Cu-Mo", "vein": "Cu-Au"}
REGISTERED_TWICE = 7


def save_package(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write layers into one fresh GeoPackage whose bytes do not depend on the day."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def save_geojson(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoJSON in geographic CGCS2000, with a crs member as older software does."""
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(
        frame.to_crs(GEOGRAPHIC), path, driver="GeoJSON", layer=path.stem, COORDINATE_PRECISION=6
    )


def geology(folder: Path) -> None:
    """Geology polygons as a GBK shapefile that says nowhere that it is GBK."""
    path = folder / "geology.shp"
    for part in folder.glob("geology.*"):
        part.unlink()
    pyogrio.write_dataframe(mapping.geology(), path, encoding="GBK", DBF_DATE_LAST_UPDATE=DBF_DATE)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    content[LANGUAGE_BYTE] = 0
    table.write_bytes(content)


def map_package(folder: Path) -> None:
    """Faults, intrusions and roads of the 1:50 000 map."""
    layers = {
        "faults": mapping.faults(),
        "intrusions": mapping.intrusions(),
        "roads": mapping.road_map(),
    }
    save_package(folder / "map_50k.gpkg", layers)


def sediments(folder: Path) -> None:
    """Stream sediments as a table out of a Chinese spreadsheet."""
    text = geochemistry.table().to_csv(index=False, lineterminator="\r\n")
    (folder / "stream_sediments.csv").write_bytes(text.encode("gb18030"))


# --- deposits ---------------------------------------------------------------------------


def deposit_frame(ore: Deposits) -> gpd.GeoDataFrame:
    """All deposits with names, types and size classes."""
    names, names_en = deposit_names(ore.kind)
    longitude, latitude = geographic(ore.easting, ore.northing)
    columns = {
        "name": names,
        "name_en": names_en,
        "type": ore.kind,
        "commodity": [COMMODITY[kind] for kind in ore.kind],
        "size": [SIZES[i] for i in np.digitize(ore.strength, [0.5, 1.2, 2.6])],
    }
    return gpd.GeoDataFrame(
        columns, geometry=gpd.points_from_xy(longitude, latitude), crs=GEOGRAPHIC
    )


def beyond_the_border() -> gpd.GeoDataFrame:
    """Two deposits of the neighbouring district that came with the list."""
    places = metres([(30.4, 20.3), (8.3, -0.7)])
    columns = {
        "name": ["柳树沟铜矿", "麦地铜矿"],
        "name_en": ["Liushugou Cu", "Maidi Cu"],
        "type": ["vein", "skarn"],
        "commodity": ["Cu-Au", "Cu-Fe"],
        "size": ["矿点", "小型"],
        "year": [1972, 1988],
    }
    frame = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*zip(*places, strict=True)))
    return frame.set_crs(PROJECTED).to_crs(GEOGRAPHIC)


def known_deposits(folder: Path) -> None:
    """The deposits found so far: one of them twice, and two beyond the border."""
    ore = deposits()
    found = deposit_frame(ore)[ore.known > 0].reset_index(drop=True)
    large_first = np.argsort(-found["size"].map(SIZES.index).to_numpy(), kind="stable")
    years = np.empty(len(found), int)
    years[large_first] = np.sort(stream("years").integers(1956, 2021, len(found)))
    found.insert(5, "year", years)
    twice = found.iloc[[REGISTERED_TWICE]].copy()
    twice["name"] += "（老硐）"
    twice["name_en"] += " old adit"
    twice["geometry"] = twice.geometry.translate(0.00006, 0.00004)
    every = pd.concat([found, twice, beyond_the_border()], ignore_index=True)
    save_geojson(folder / "deposits.geojson", gpd.GeoDataFrame(every, crs=GEOGRAPHIC))


# --- land -------------------------------------------------------------------------------


def outlines(folder: Path) -> None:
    """The study area and the reserve where nobody may drill."""
    area = gpd.GeoDataFrame(
        {"name": ["青岩河矿集区"], "name_en": ["Qingyanhe district"]},
        geometry=[study_area()],
        crs=PROJECTED,
    )
    save_geojson(folder / "study_area.geojson", area)
    reserve = gpd.GeoDataFrame(
        {"name": ["双叶沟自然保护区"], "name_en": ["Shuangyegou nature reserve"]},
        geometry=[Polygon(metres(RESERVE_KM))],
        crs=PROJECTED,
    )
    save_package(folder / "protected_area.gpkg", {"protected_area": reserve})


def licences(folder: Path) -> None:
    """Exploration licences: unions of squares of one minute, as the registry cuts them."""
    random = stream("licences")
    minute = 1 / 60
    corners = [(101 + i * minute, 28 + j * minute) for i in range(21, 40) for j in range(14)]
    squares = [shapely.box(x, y, x + minute, y + minute) for x, y in corners]
    area = gpd.GeoSeries([study_area()], crs=PROJECTED).to_crs(GEOGRAPHIC).iloc[0]
    free = {
        i for i, square in enumerate(squares) if square.intersection(area).area > 0.3 * minute**2
    }
    rows: list[dict[str, object]] = []
    while len(rows) < 16 and free:
        block = grown(int(random.choice(sorted(free))), squares, free, int(random.integers(4, 12)))
        free -= block
        if len(block) >= 3:
            rows.append(licence(len(rows), shapely.union_all([squares[i] for i in sorted(block)])))
    save_geojson(folder / "licences.geojson", gpd.GeoDataFrame(rows, crs=GEOGRAPHIC))


def grown(seed: int, squares: list[BaseGeometry], free: set[int], size: int) -> set[int]:
    """A connected group of free squares around one of them, nearest first."""
    block, place = {seed}, squares[seed].centroid
    while len(block) < size:
        whole = shapely.union_all([squares[i] for i in sorted(block)])
        near = [i for i in sorted(free - block) if squares[i].intersection(whole).length > 1e-6]
        if not near:
            break
        block.add(min(near, key=lambda i: squares[i].centroid.distance(place)))
    return block


def licence(number: int, outline: BaseGeometry) -> dict[str, object]:
    """One licence's row."""
    holder, holder_en = HOLDERS[number % len(HOLDERS)]
    return {
        "block_no": f"QY-{number + 1:02d}",
        "holder": holder,
        "holder_en": holder_en,
        "granted": 2015 + (number * 7) % 9,
        "geometry": outline,
    }


# --- truth ------------------------------------------------------------------------------


def truth(folder: Path) -> None:
    """What nobody knows: undiscovered deposits and the bodies at depth."""
    folder.mkdir(exist_ok=True)
    ore = deposits()
    hidden = deposit_frame(ore).assign(
        parent=ore.parent, cover_m=np.round(ore.cover), strength=np.round(ore.strength, 3)
    )
    save_geojson(folder / "undiscovered.geojson", hidden[ore.known == 0].reset_index(drop=True))
    save_geojson(folder / "bodies.geojson", body_frame())


def body_frame() -> gpd.GeoDataFrame:
    """Footprints and properties of all bodies, exposed and hidden."""
    easting, northing = centres(MODEL)
    rows = [
        {
            "name": body.name,
            "name_en": body.name_en,
            "lith": body.lith,
            "exposed": body.exposed(),
            "top_m": max(body.top, 0),
            "bottom_m": body.bottom,
            "si": body.susceptibility,
            "density": body.density,
            "fertility": body.fertility,
            "geometry": rim(body.reach(easting, northing)),
        }
        for body in BODIES
    ]
    return gpd.GeoDataFrame(rows, crs=PROJECTED)


def rim(reach: Array) -> Polygon:
    """Outline of the cells inside a body's footprint."""
    easting, northing = centres(MODEL)
    inside = reach.ravel() < 1
    half = 50.0
    e, n = easting.ravel()[inside], northing.ravel()[inside]
    cells = shapely.box(e - half, n - half, e + half, n + half)
    return shapely.simplify(shapely.union_all(cells), 80)
