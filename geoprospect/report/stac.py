"""A run as an item of a SpatioTemporal Asset Catalog (STAC), in a collection of its own."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyproj
import pystac
import shapely
from shapely.geometry.polygon import orient

from geoprospect.report.about import KEYWORDS, About, abstract_of
from geoprospect.report.files import json_text
from geoprospect.report.inventory import Band, File, Inventory, Map

COLLECTION = "collection.json"
ITEM = "item.json"

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
RASTER = "https://stac-extensions.github.io/raster/v2.0.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
CLASSES = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"

ANY_TIME = (
    datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
)
"""When a map holds of which nobody said: an item must lie in some span of time."""

_MEDIA = {
    ".gpkg": (pystac.MediaType.GEOPACKAGE, "data"),
    ".csv": ("text/csv", "data"),
    ".html": (pystac.MediaType.HTML, "overview"),
    ".json": (pystac.MediaType.JSON, "metadata"),
    ".xml": (pystac.MediaType.XML, "metadata"),
    ".yaml": ("application/yaml", "metadata"),
    ".qgz": ("application/zip", "visual"),
    ".pdf": (pystac.MediaType.PDF, "overview"),
}


def catalogue(held: Inventory, *, name: str, title: str, about: About) -> dict[str, str]:
    """
    A STAC 1.1 collection and its one item, to be written into one folder of the run folder.

    Links and assets are relative, so that the run folder can be moved or served as it is. Maps
    have their bands with units, ranges and classes, their grid and CRS; files their size, and
    their SHA-256 as a multihash where it was taken. Where no date is stated, the item lies in
    a span that excludes nothing. The same inventory gives the same texts.

    Parameters
    ----------
    held : Inventory
        What the run folder holds.
    name : str
        Of the run; what is no letter, digit, ``-`` or ``_`` is left out of its ids.
    title : str
        For people, in any script.
    about : About
        What people said of the run.

    Returns
    -------
    dict of file name to text
        ``collection.json`` and ``item.json``.

    References
    ----------
    .. [1] SpatioTemporal Asset Catalog specification 1.1.0 (2024). https://stacspec.org
    """
    id_ = re.sub(r"[^0-9A-Za-z_-]+", "-", name).strip("-") or "run"
    item = _item(held, id_, title, about)
    collection = _collection(held, id_, title, about)
    texts = {COLLECTION: collection, ITEM: item}
    return {file: json_text(told) for file, told in texts.items()}


def _collection(held: Inventory, id_: str, title: str, about: About) -> dict[str, Any]:
    when = _when(about)
    made = pystac.Collection(
        id=f"{id_}-runs",
        title=title,
        description=abstract_of(about, title),
        license=about.licence or "other",
        keywords=[*KEYWORDS, *about.keywords],
        extent=pystac.Extent(
            pystac.SpatialExtent([list(held.degrees)]), pystac.TemporalExtent([[when, when]])
        ),
        providers=[pystac.Provider(about.organisation, roles=[pystac.ProviderRole.PRODUCER])]
        if about.organisation
        else None,
    )
    told: dict[str, Any] = made.to_dict(include_self_link=False)
    told["links"] = [
        {"rel": "root", "href": f"./{COLLECTION}", "type": "application/json", "title": title},
        {"rel": "item", "href": f"./{ITEM}", "type": "application/geo+json", "title": title},
    ]
    return told


def _item(held: Inventory, id_: str, title: str, about: About) -> dict[str, Any]:
    when = _when(about)
    start, end = (None, None) if when else ANY_TIME
    made = pystac.Item(
        id=id_,
        geometry=_footprint(held),
        bbox=list(held.degrees),
        datetime=when,
        properties={"title": title, "description": abstract_of(about, title)}
        | {"keywords": [*KEYWORDS, *about.keywords]}
        | _projection(held.crs),
        stac_extensions=[PROJECTION, RASTER, FILE, CLASSES],
        collection=f"{id_}-runs",
        start_datetime=start,
        end_datetime=end,
    )
    known = {one.path: one for one in held.files}
    for one in held.maps:
        made.add_asset(_key(one.path), _map_asset(one, known.pop(one.path, None)))
    for file in known.values():
        made.add_asset(_key(file.path), _file_asset(file))
    told: dict[str, Any] = made.to_dict(include_self_link=False, transform_hrefs=False)
    told["links"] = [
        {"rel": rel, "href": f"./{COLLECTION}", "type": "application/json"}
        for rel in ("root", "parent", "collection")
    ]
    return told


def _when(about: About) -> datetime.datetime | None:
    if about.date is None:
        return None
    return datetime.datetime.combine(about.date, datetime.time(), datetime.UTC)


def _footprint(held: Inventory) -> dict[str, Any]:
    """Edges of the grid in longitude and latitude, bent as they are there."""
    box = shapely.segmentize(shapely.box(*held.bounds), max(_sides(held)) / 8)
    turn = pyproj.Transformer.from_crs(held.crs, 4326, always_xy=True)
    x, y = turn.transform(*shapely.get_coordinates(box).T)
    ring = orient(shapely.Polygon(np.column_stack([x, y])))
    corners = shapely.get_coordinates(ring).round(7).tolist()
    return {"type": "Polygon", "coordinates": [corners]}


def _sides(held: Inventory) -> tuple[float, float]:
    west, south, east, north = held.bounds
    return east - west, north - south


def _projection(crs: pyproj.CRS) -> dict[str, Any]:
    authority = crs.to_authority(min_confidence=100)
    told: dict[str, Any] = {"proj:code": ":".join(authority) if authority else None}
    return told if authority else told | {"proj:wkt2": crs.to_wkt()}


# --- assets -------------------------------------------------------------------------------


def _map_asset(one: Map, file: File | None) -> pystac.Asset:
    cell = abs(one.grid.affine.a)
    box = one.grid.boundingbox
    told: dict[str, Any] = {
        "proj:shape": [int(n) for n in one.grid.shape],
        "proj:transform": [float(n) for n in list(one.grid.affine)[:6]],
        "proj:bbox": [box.left, box.bottom, box.right, box.top],
        "bands": [_band(band, cell) for band in one.bands],
    }
    return pystac.Asset(
        f"../{one.path}", title=one.bands[0].title if len(one.bands) == 1 else _title(one.path),
        media_type=pystac.MediaType.COG, roles=["data"], extra_fields=told | _of_file(file),
    )  # fmt: skip


def _band(band: Band, cell: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": band.name,
        "description": band.title,
        "data_type": band.dtype,
        "nodata": band.nodata,
        "unit": band.units,
        "raster:spatial_resolution": cell,
        "raster:sampling": "area",
    }
    if (band.scale, band.offset) != (1.0, 0.0):
        told |= {"raster:scale": band.scale, "raster:offset": band.offset}
    if band.statistics:
        told["statistics"] = dict(band.statistics)
    if band.classes:
        told["classification:classes"] = [
            {"value": code, "name": f"class_{code}", "title": text, "description": text or "-"}
            for code, text in band.classes.items()
        ]
    return told


def _file_asset(file: File) -> pystac.Asset:
    kind, role = _MEDIA.get(file.path[file.path.rfind(".") :], ("application/octet-stream", "data"))
    return pystac.Asset(
        f"../{file.path}", title=_title(file.path), media_type=str(kind), roles=[role],
        extra_fields=_of_file(file),
    )  # fmt: skip


def _of_file(file: File | None) -> dict[str, Any]:
    """Size, and digest as a multihash: code and length of SHA-256, then the digest."""
    if file is None:
        return {}
    told: Mapping[str, Any] = {"file:checksum": f"1220{file.sha256}"} if file.sha256 else {}
    return {"file:size": file.size, **told}


def _key(path: str) -> str:
    return path.rpartition("/")[2].replace(".tif", "").replace(".", "_")


def _title(path: str) -> str:
    return path.rpartition("/")[2]
