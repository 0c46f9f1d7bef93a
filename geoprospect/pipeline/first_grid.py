"""The grid of a first pipeline, and the evidence on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyproj

from geoprospect.pipeline import places
from geoprospect.pipeline.folder import Bounds, Found
from geoprospect.pipeline.things import SAMPLES, Thing, elements, ordered

FAR = 10_000.0
"""Farther from a structure nothing speaks for ore [m]."""

Feature = tuple[str, dict[str, Any], str]


@dataclass(frozen=True)
class Grid:
    """A first grid, and why it is so."""

    crs: pyproj.CRS
    why: str
    bounds: Bounds
    extent: str
    resolution: float
    cells: str

    @property
    def side(self) -> float:
        """Of a square of the same area [m]."""
        return math.sqrt(places.area(self.bounds))

    @property
    def count(self) -> float:
        """Its cells, about."""
        return places.area(self.bounds) / self.resolution**2


def first_grid(
    things: Sequence[Thing], found: Sequence[Found], place: Bounds | None
) -> Grid | None:
    """A grid over what is used; None where nothing says where it lies."""
    if place is None:
        return None
    seen = [one.found for one in things if one.used] or found
    crs, why = places.grid_crs(seen, place)
    bounds, extent = _extent(things, crs)
    if bounds is None or places.area(bounds) <= 0:
        return None
    side, cells = places.resolution([one.found for one in things if one.used], bounds)
    return Grid(crs, why, bounds, extent, side, cells)


def _extent(things: Sequence[Thing], crs: pyproj.CRS) -> tuple[Bounds | None, str]:
    """Bounds of a first grid: the study area's, what rasters share, or what all data cover."""
    inside = {
        id(one): places.moved(one.bounds, one.crs, crs)
        for one in things
        if one.used and one.crs is not None and one.bounds is not None
    }
    of = [(one, bounds) for one in things if (bounds := inside.get(id(one))) is not None]
    for one, bounds in of:
        if one.role == "study_area":
            return bounds, f"of {one.found.called}"
    rasters = [bounds for one, bounds in of if one.found.kind == "raster"]
    deposits = next((bounds for one, bounds in of if one.role == "deposits"), None)
    shared = rasters[0] if rasters else None
    for bounds in rasters[1:]:
        shared = places.common(shared, bounds) if shared else None
    if shared and (deposits is None or _mostly(deposits, shared)):
        return shared, "what the rasters have in common"
    if rasters and deposits:
        largest = max(
            rasters, key=lambda one: places.area(places.common(one, deposits) or one[:2] * 2)
        )
        return largest, "that of the raster that holds most of the deposits"
    whole = places.around(bounds for _, bounds in of)
    return whole, "that of all data together"


def _mostly(bounds: Bounds, other: Bounds) -> bool:
    both = places.common(bounds, other)
    return both is not None and places.area(both) >= 0.5 * places.area(bounds)


def leave_far(things: Sequence[Thing], grid: Grid | None) -> None:
    """What does not reach the grid is asked about, not read."""
    for one in things:
        if grid is None or not one.used or one.crs is None or one.bounds is None:
            continue
        bounds = places.moved(one.bounds, one.crs, grid.crs)
        wide = _widened(bounds) if bounds else None
        if wide is None or places.common(wide, grid.bounds) is None:
            one.unsure = "lies outside the grid; check its CRS, or leave it out"


def _widened(bounds: Bounds) -> Bounds:
    return bounds[0] - 1, bounds[1] - 1, bounds[2] + 1, bounds[3] + 1


# --- evidence ---------------------------------------------------------------------------


def features(things: Sequence[Thing], grid: Grid | None) -> list[Feature]:
    """Each feature's name, its call and a comment."""
    if grid is None:
        return []
    return [feature for one in ordered(things) if one.used for feature in _of(one, grid)]


def _of(thing: Thing, grid: Grid) -> Iterator[Feature]:
    name, source = thing.name, {"source": thing.name}
    reach = {"max_distance": places.nice(min(grid.side / 5, FAR))}
    if thing.role == "geology":
        column = {"column": thing.details["column"]} if thing.details.get("column") else {}
        # polygons keep their name for what is measured from them, and not from cells
        yield f"{name}_class" if column else name, {"category": source | column}, ""
        yield f"{name}_contact_distance", {"contact_distance": source | column | reach}, ""
    elif thing.role == "intrusions":
        yield f"{name}_distance", {"distance_to": source | reach}, ""
    elif thing.role == "faults":
        yield f"{name}_distance", {"distance_to": source | reach}, ""
        radius = places.nice(max(min(grid.side / 12, FAR / 2), 3 * grid.resolution))
        yield f"{name}_density", {"line_density": source | {"radius": radius}}, ""
    elif thing.role in ("magnetics", "gravity") and thing.found.count == 1:
        yield name, {"raster": source}, ""
        yield f"{name}_gradient", {"horizontal_gradient": source}, ""
    elif thing.role == "elevation" and thing.found.count == 1:
        yield f"{name}_slope", {"slope": source}, ""
        radius = places.nice(max(min(grid.side / 25, FAR / 5), 5 * grid.resolution))
        yield f"{name}_range", {"focal_range": source | {"radius": radius}}, ""
    elif thing.found.kind == "raster" and thing.role not in ("study_area", "protected_area"):
        yield name, {"raster": source}, ""
    elif thing.role == SAMPLES:
        yield _interpolated(thing, grid)


def _interpolated(thing: Thing, grid: Grid) -> Feature:
    taken, left = elements(thing)
    radius = places.nice(max(3 * _spacing(thing, grid), 2 * grid.resolution))
    call = {"source": thing.name, "columns": taken, "method": "inverse_distance", "radius": radius,
            "transform": "log10"}  # fmt: skip
    said = "radius: some three times the distance between samples; farther away, unknown"
    if left:
        said += f". Also there: {', '.join(left)}"
    return f"{thing.name}_interpolated", {"interpolated": call}, said


def _spacing(thing: Thing, grid: Grid) -> float:
    """About the distance between samples, were they evenly spread over their rectangle [m]."""
    assert thing.crs is not None
    assert thing.bounds is not None
    bounds = places.moved(thing.bounds, thing.crs, grid.crs) or grid.bounds
    return math.sqrt(max(places.area(bounds), grid.resolution**2) / max(1, thing.found.count))
