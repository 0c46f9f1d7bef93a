"""A field sheet for each target: one page of paper to take along."""

from __future__ import annotations

import base64
import functools
import json
import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas as gpd
from jinja2 import Environment, PackageLoader, StrictUndefined
from rasterio.crs import CRS

from geoprospect import contract
from geoprospect.report.pdf import printed
from geoprospect.review import tiles
from geoprospect.review.folder import Run
from geoprospect.review.layers import Layer

LANGUAGES = ("en", "zh")
MAP = 720
"""Pixels of a sheet's map, each side."""
AROUND = 1.6
"""Half the map's width in widths of the target, at least."""
NOTHING: Mapping[str, Any] = {"for": [], "against": []}
LEAST = 1_000.0
"""Half the map's width, at least [m]."""


def write(
    run: Run,
    layer: Layer,
    targets: gpd.GeoDataFrame,
    path: Path,
    *,
    language: str,
    reasons: Mapping[str, Mapping[str, Any]],
) -> None:
    """
    A PDF with a page for each target: map, place, reasons, decision, room to write.

    Parameters
    ----------
    run : Run
        The run.
    layer : Layer
        The prospectivity, for the map.
    targets : GeoDataFrame
        As :func:`geoprospect.review.exports.accepted` has them.
    path : Path
        The file, ``.pdf``.
    language : str
        One of :data:`LANGUAGES`.
    reasons : mapping
        By label, ``for`` and ``against``: what speaks either way, in sentences.

    Raises
    ------
    MissingFileError
        If no browser is installed that can print.
    """  # fmt: skip
    printed(page(run, layer, targets, language=language, reasons=reasons), path)


def page(
    run: Run,
    layer: Layer,
    targets: gpd.GeoDataFrame,
    *,
    language: str,
    reasons: Mapping[str, Mapping[str, Any]],
) -> str:
    """The sheets as HTML with all they need inside; every text of the data is escaped."""
    sheets = [
        _sheet(run, layer, row, shape, reasons.get(str(row["label"]), NOTHING))
        for row, shape in zip(_records(targets), targets.geometry, strict=True)
    ]
    return _environment().get_template("field_sheet.html").render(
        run=run.title, crs=contract.crs_name(run.targets.crs), sheets=sheets,
        words=messages(language), language=language,
    )  # fmt: skip


@functools.cache
def messages(language: str) -> dict[str, str]:
    """What the page and the sheets say, by key, in a language."""
    place = resources.files("geoprospect.review") / "static" / "messages" / f"{language}.json"
    told: dict[str, str] = json.loads(place.read_text(encoding="utf-8"))
    return told


def reasons_of(
    explanation: Mapping[str, Any] | None, row: Mapping[Any, Any], language: str
) -> dict[str, list[str]]:
    """What speaks for and against a target in sentences: the run's own, or its drivers."""
    sentences = (explanation or {}).get("sentences") or {}
    told = sentences.get(language) or sentences.get("en")
    if told:
        return {"for": list(told.get("for", [])), "against": list(told.get("against", []))}
    drivers = [row.get(f"driver_{n}") for n in (1, 2, 3)]
    known = [text for text in drivers if isinstance(text, str) and text]
    return {
        "for": [text for text in known if "+" in text],
        "against": [text for text in known if "+" not in text],
    }


def _sheet(
    run: Run, layer: Layer, row: Mapping[str, Any], shape: Any, reasons: Mapping[str, Any]
) -> dict[str, Any]:
    middle = shape.representative_point()
    globe = gpd.GeoSeries([middle], crs=run.targets.crs).to_crs("EPSG:4326").iloc[0]
    return {
        "row": row, "map": _map(run, layer, shape), "reasons": reasons,
        "east": f"{middle.x:.0f}", "north": f"{middle.y:.0f}",
        "longitude": dms(globe.x, "EW"), "latitude": dms(globe.y, "NS"),
        "decimal": f"{globe.y:.6f}, {globe.x:.6f}",
    }  # fmt: skip


def dms(degrees: float, sides: str) -> str:
    """An angle in degrees, minutes and tenths of seconds, with its side of the globe."""
    tenths = round(abs(degrees) * 36_000)
    whole, minutes, seconds = tenths // 36_000, tenths // 600 % 60, tenths % 600 / 10
    return f"{whole}°{minutes:02d}′{seconds:04.1f}″ {sides[degrees < 0]}"


def _map(run: Run, layer: Layer, shape: Any) -> dict[str, Any]:
    """A picture of the prospectivity around a target, and outlines in its pixels."""
    west, south, east, north = shape.bounds
    half = max(LEAST, AROUND * max(east - west, north - south))
    x, y = (west + east) / 2, (south + north) / 2
    bounds = (x - half, y - half, x + half, y + half)
    crs = CRS.from_wkt(run.targets.crs.to_wkt())
    values, _ = tiles.view(layer, bounds, crs, MAP)
    image = base64.b64encode(tiles.picture(values, layer)).decode("ascii")
    scale = MAP / (2 * half)

    def placed(points: Sequence[tuple[float, ...]]) -> str:
        return " ".join(f"{(p[0] - bounds[0]) * scale:.1f},{(bounds[3] - p[1]) * scale:.1f}"
                        for p in points)  # fmt: skip

    bar = _round(half / 2)
    return {
        "image": f"data:image/png;base64,{image}", "side": MAP,
        "rings": [placed(ring) for ring in _rings(shape)],
        "deposits": _deposits(run, bounds, scale), "bar": bar * scale,
        "bar_told": f"{bar:g} m" if bar < 1000 else f"{bar / 1000:g} km",
    }  # fmt: skip


def _deposits(run: Run, bounds: tuple[float, ...], scale: float) -> list[dict[str, Any]]:
    known = run.beside.get("deposits")
    if known is None or not len(known):
        return []
    near = known.to_crs(run.targets.crs).cx[bounds[0] : bounds[2], bounds[1] : bounds[3]]
    points = near.geometry.representative_point()
    return [
        {"x": (point.x - bounds[0]) * scale, "y": (bounds[3] - point.y) * scale, "name": name}
        for point, name in zip(points, contract.names(near), strict=True)
    ]


def _round(length: float) -> float:
    """The nearest 1, 2 or 5 times a power of ten, not above *length*."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(n * power for n in (1, 2, 5) if n * power <= length)


def _rings(shape: Any) -> list[Any]:
    parts = getattr(shape, "geoms", [shape])
    return [list(ring.coords) for part in parts for ring in (part.exterior, *part.interiors)]


def _records(targets: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    plain = targets.drop(columns=targets.geometry.name)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


@functools.cache
def _environment() -> Environment:
    from geoprospect.report import page as report

    made = Environment(
        loader=PackageLoader("geoprospect.review", "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(fixed=report.fixed, figures=report.figures, distance=report.distance)
    return made
