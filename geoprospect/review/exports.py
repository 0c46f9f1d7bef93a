"""The accepted targets as files that other programs and handhelds take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from shapely.geometry import MultiPolygon, Polygon

from geoprospect.report import files, vectors
from geoprospect.review import order
from geoprospect.review.decisions import Entry, states
from geoprospect.review.folder import Run

ACCEPTED = "accepted"
PLAIN = "EPSG:4326"
NOTES = 12
"""Columns told in the description of a place on a handheld."""

_GPX = "http://www.topografix.com/GPX/1/1"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def accepted(
    run: Run, entries: list[Entry], weights: Mapping[str, float] | None = None
) -> gpd.GeoDataFrame:
    """
    The targets that stand as accepted, best first, with who decided, when and why.

    Parameters
    ----------
    run : Run
        The run.
    entries : list of Entry
        All decisions.
    weights : mapping, optional
        Weights set on the page: rank and ``weighted_score`` are then by these.
    """
    targets = run.targets.copy()
    if weights is not None and run.ranking is not None:
        order.check(weights, run.ranking)
        score = order.scores(targets, run.ranking, weights)
        targets["weighted_score"] = score
        targets["rank"] = order.ranks(targets, score).to_numpy()
    standing = states(entries, run.ground)
    mine = [name for name, one in standing.items() if one.status == ACCEPTED]
    chosen = targets[targets["label"].isin(mine)].sort_values("rank").reset_index(drop=True)
    words = [_words(entries, run.ground, label) for label in chosen["label"]]
    columns = ["status", "decided_by", "decided_at", "comments"]
    told = pd.DataFrame(words, columns=columns, index=chosen.index, dtype=object)
    return chosen.assign(**{name: told[name] for name in columns})


def _words(
    entries: list[Entry], ground: Mapping[str, str], label: str
) -> tuple[str, str, str, str]:
    """How a target stands, who made it so, when, and all that was said of it."""
    mine = [one for one in entries if one.target == label and one.ground == ground[label]]
    gone = {one.undoes for one in mine}
    kept = [one for one in mine if one.id not in gone and one.kind != "undo"]
    decided = [one for one in kept if one.kind != "comment"][-1]
    said = "; ".join(f"{one.who}: {one.comment}" for one in kept if one.comment)
    return mine[-1].status, decided.who, decided.made, said


# --- files -------------------------------------------------------------------------------


def geopackage(targets: gpd.GeoDataFrame, run: Run, path: Path) -> None:
    """Outlines in the run's CRS with all columns, styled for QGIS, and the deposits beside."""
    vectors.geopackage({"targets": targets, "deposits": run.beside.get("deposits")}, path)


def csv(targets: gpd.GeoDataFrame, run: Run, path: Path) -> None:
    """
    All columns as a table that spreadsheets open in any script (UTF-8 with a mark).

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    plain = pd.DataFrame(targets.drop(columns=targets.geometry.name))
    for name in plain.columns:
        if not pd.api.types.is_numeric_dtype(plain[name]):
            plain[name] = [_no_formula(value) for value in plain[name]]
    vectors.csv(plain, path)


def kml(targets: gpd.GeoDataFrame, run: Run, path: Path) -> None:
    """Outlines in longitude and latitude, with a name and a description."""
    frame = gpd.GeoDataFrame(
        {"Name": targets["label"], "Description": [_note(row) for row in _rows(targets)]},
        geometry=_on_the_globe(targets),
    )
    with files.replaced(path) as place:
        try:
            pyogrio.write_dataframe(frame, place, driver="KML", layer="accepted_targets")
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise files.failure(path, error) from error


def gpx(targets: gpd.GeoDataFrame, run: Run, path: Path) -> None:
    """A waypoint inside each target, and its outline as a track, for handhelds."""
    root = ET.Element("gpx", {"version": "1.1", "creator": "geoprospect", "xmlns": _GPX})
    shapes = list(_on_the_globe(targets))
    for row, shape in zip(_rows(targets), shapes, strict=True):
        middle = shape.representative_point()
        place = ET.SubElement(root, "wpt", lat=f"{middle.y:.7f}", lon=f"{middle.x:.7f}")
        _named(place, row)
    for row, shape in zip(_rows(targets), shapes, strict=True):
        track = ET.SubElement(root, "trk")
        _named(track, row)
        for ring in _rings(shape):
            segment = ET.SubElement(track, "trkseg")
            for x, y in ring.coords:
                ET.SubElement(segment, "trkpt", lat=f"{y:.7f}", lon=f"{x:.7f}")
    text = ET.tostring(root, encoding="unicode", xml_declaration=False)
    files.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', path)


FORMATS: dict[str, Callable[[gpd.GeoDataFrame, Run, Path], None]] = {
    "gpkg": geopackage, "kml": kml, "csv": csv, "gpx": gpx,
}  # fmt: skip


# --- words -------------------------------------------------------------------------------


def _rows(targets: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(targets.drop(columns=targets.geometry.name))
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


def _note(row: Mapping[str, Any]) -> str:
    """What is told of a target where there is room for a few lines."""
    first = ("rank", "target_class", "weighted_score", "mean_prospectivity", "area_km2",
             "driver_1", "driver_2", "driver_3", "decided_by", "decided_at",
             "comments")  # fmt: skip
    known = [(name, row[name]) for name in first if name in row and not _blank(row[name])]
    return "\n".join(f"{name}: {_short(value)}" for name, value in known[:NOTES])


def _named(element: ET.Element, row: Mapping[str, Any]) -> None:
    ET.SubElement(element, "name").text = _spoken(str(row["label"]))
    ET.SubElement(element, "desc").text = _spoken(_note(row))


def _spoken(text: str) -> str:
    """Text without the control characters that XML 1.0 has no way to write."""
    return "".join(
        c for c in text if c in "\t\n\r" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF))
    )


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _on_the_globe(targets: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return targets.geometry.to_crs(PLAIN)


def _rings(shape: Polygon | MultiPolygon) -> list[Any]:
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [ring for part in parts for ring in (part.exterior, *part.interiors)]
