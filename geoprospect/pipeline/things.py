"""Data sets of a folder with what they are taken for, and the call that reads each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyproj

from geoprospect.ingest import headers
from geoprospect.pipeline import places, roles
from geoprospect.pipeline.folder import Bounds, Found

DEGREES = pyproj.CRS.from_epsg(4326)
ORDER = (
    "study_area", "geology", "intrusions", "faults", "magnetics", "gravity", "radiometrics",
    "elevation", "raster", "samples", "deposits", "licences", "protected_area",
)  # fmt: skip
SINGLE = ("study_area", "deposits", "licences")
SAMPLES, RASTER = "samples", "raster"
FINER = ("Au", "Ag", "Hg", "Cd")
"""Elements that laboratories give in ng g-1 as often as in mg kg-1."""
UNIT = re.compile(r"[(\[]\s*([A-Za-zµμ°%][^()\[\]]*?)\s*[)\]]\s*\Z")


@dataclass
class Thing:
    """One data set with what it is taken for, and how the pipeline shall read it."""

    found: Found
    role: str = ""
    name: str = ""
    call: dict[str, Any] = field(default_factory=dict)
    crs: pyproj.CRS | None = None
    bounds: Bounds | None = None
    said: list[str] = field(default_factory=list)
    unsure: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> bool:
        """Whether the pipeline reads it; else it stands there in a comment."""
        return bool(self.role) and not self.unsure


# --- what things are --------------------------------------------------------------------


def placed(things: Sequence[Thing], found: Sequence[Found]) -> Bounds | None:
    """Give everything a CRS and bounds as far as known; where all of it lies, in degrees."""
    for thing in things:
        thing.crs, thing.bounds = thing.found.crs, thing.found.bounds
    place = _in_degrees(things)
    for thing in things:
        if thing.found.reader == "table" and not thing.unsure:
            _place_table(thing, found, place)
        elif thing.crs is None and not thing.unsure:
            _unplaced(thing, found, place)
    return _in_degrees(things)


def _in_degrees(things: Sequence[Thing]) -> Bounds | None:
    moved = [
        places.moved(one.bounds, one.crs, DEGREES)
        for one in things
        if one.crs is not None and one.bounds is not None
    ]
    return places.around(one for one in moved if one is not None)


def _place_table(thing: Thing, found: Sequence[Found], place: Bounds | None) -> None:
    columns = roles.coordinates(thing.found)
    if columns is None:
        thing.unsure = "no columns of coordinates were found; state x, y and crs"
        return
    x, y = columns.values
    thing.bounds = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    thing.details = {"x": columns.x, "y": columns.y, "values": columns.values}
    thing.said += [columns.remark] if columns.remark else []
    if columns.degrees:
        thing.crs, why = places.geographic(found, thing.bounds)
        thing.said.append(
            f"longitude and latitude are taken to be in {why}; an older datum is off by up to "
            "hundreds of metres"
        )
        return
    fits = places.fitting(thing.bounds, found, place)
    if len(fits) == 1 and place is not None:
        thing.crs = fits[0]
        thing.said.append(
            f"states no CRS; {places.written(fits[0])} is the one here in which it lies where the "
            "other data do"
        )
    else:
        _unplaced(thing, found, place)


def _unplaced(thing: Thing, found: Sequence[Found], place: Bounds | None) -> None:
    fits = places.fitting(thing.bounds, found, place) if thing.bounds else []
    hint = " or ".join(places.written(crs) for crs in fits)
    thing.unsure = "states no CRS; state it by crs" + (f" (it would fit {hint})" if hint else "")
    thing.details["crs"] = places.written(fits[0]) if fits else "EPSG:????"


def take(thing: Thing) -> None:
    """What a thing is taken for, by its name and its columns."""
    found = thing.found
    role = roles.role(found)
    thing.role = role.name if role else ""
    if found.kind == "point":
        columns = roles.elements(found)
        if columns and (not role or len(columns) >= 5):
            thing.role = SAMPLES
            thing.details["elements"] = columns
    elif found.kind == "raster":
        _take_raster(thing)
    elif found.kind == "polygon" and thing.role == "geology":
        thing.details["column"] = roles.class_column(found)
        if thing.details["column"] is None:
            thing.unsure = thing.unsure or "no column tells its classes apart; state column"
    if thing.role == "result":
        thing.unsure = "looks like what a model made, not like evidence"
    elif thing.role == "roads":
        thing.unsure = "roads and rivers tell where people have looked, not where ore is"
    elif not thing.role and not thing.unsure:
        thing.unsure = f"{found.count} {_plural(found.kind)}: what are they?"


def _plural(kind: str) -> str:
    return f"{kind}s"


def _take_raster(thing: Thing) -> None:
    classes = thing.found.texts.get("classes", 0)
    if (thing.role == "geology" and not classes) or not thing.role:
        thing.role = RASTER
    if thing.role in ("geology", "study_area", "protected_area"):
        thing.details["kind"] = "categorical"
    elif thing.role == RASTER and classes == 1:
        thing.unsure = thing.unsure or "has one value only; a mask? Name it as area or exclusion"
    elif thing.role == RASTER and 1 < classes <= 30:
        thing.said.append(
            f"holds {classes} whole numbers; if they are classes, state kind: categorical and "
            "take category in features"
        )


def choose(things: Sequence[Thing]) -> None:
    """One of each kind of which a pipeline takes one; the others are asked about."""
    for role in SINGLE:
        same = [one for one in things if one.role == role and one.used]
        most = max if role == "deposits" else min
        best = most(same, key=lambda one: one.found.count, default=None)
        for one in same:
            if one is not best and best is not None:
                one.unsure = f"also looks like {role}; {best.found.called} is taken"


# --- names and calls --------------------------------------------------------------------


def named(things: Sequence[Thing]) -> None:
    """A name for each, ASCII and its own."""
    taken: set[str] = set()
    for one in ordered(things):
        own = _slug(one.found.layer or Path(one.found.path).stem)
        generic = one.role in ("", SAMPLES, RASTER)
        wanted = [own or one.role] if generic else [one.role, own]
        wanted = [name for name in wanted if name] or ["layer"]
        numbered = (f"{wanted[0]}_{number}" for number in range(2, len(things) + 3))
        one.name = next(name for name in (*wanted, *numbered) if name not in taken)
        taken.add(one.name)


def _slug(text: str) -> str:
    """A name of ASCII letters for a text; empty where the text has none, or is Chinese."""
    if places.HAN.search(text):
        return ""
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return found if found[:1].isalpha() else f"layer_{found}" if found else ""


def called(thing: Thing) -> None:
    """The call that reads a thing, as a pipeline file states it."""
    found = thing.found
    reader = found.reader or "vector"
    settings: dict[str, Any] = {"path": found.path}
    if found.layer:
        settings["layer"] = found.layer
    if reader == "table":
        settings |= {"x": thing.details.get("x", "????"), "y": thing.details.get("y", "????")}
        settings["crs"] = places.written(thing.crs) if thing.crs else "EPSG:????"
    elif thing.crs is None and "crs" in thing.details:
        settings["crs"] = thing.details["crs"]
    settings |= found.settings
    if reader == "raster":
        settings |= _raster_settings(thing)
    if thing.role == SAMPLES and reader == "table":
        marks, said = roles.censoring(found, list(thing.details["elements"]))
        settings |= marks
        thing.said += [*said, *_unitless(thing)]
    thing.said += found.remarks
    thing.call = {reader: settings}


def elements(thing: Thing) -> tuple[list[str], list[str]]:
    """Columns of samples that are taken as evidence, and those that are left."""
    columns = list(thing.details["elements"])
    return columns[: roles.MOST_ELEMENTS], columns[roles.MOST_ELEMENTS :]


def _unitless(thing: Thing) -> list[str]:
    named = {column: headers.analyte(column) for column in elements(thing)[0]}
    lost = [column for column, one in named.items() if one is None or one.unit is None]
    if not lost:
        return []
    fine = [column for column in lost if (one := named[column]) and one.name in FINER]
    example = next((column for column in lost if column not in fine), None)
    shown = [f"{example}: mg kg-1"] if example else []
    shown += [f"{fine[0]}: ng g-1"] if fine else []
    aside = f" ({', '.join(fine)} are in either, by the laboratory)" if fine else ""
    return [f"state units of {', '.join(lost)}, as in units: {{{', '.join(shown)}}}{aside}"]


def _raster_settings(thing: Thing) -> dict[str, Any]:
    """Units, name, bands and kind of a raster, from its own texts where it has some."""
    found = thing.found
    settings: dict[str, Any] = {}
    if "kind" in thing.details:
        return {"kind": "categorical"}
    if found.count > 1:
        named = [_slug(UNIT.sub("", text)) for text in found.columns]
        bands = [name or f"band_{number}" for number, name in enumerate(named, start=1)]
        if len(set(bands)) < len(bands):
            bands = [f"band_{number}" for number in range(1, found.count + 1)]
        return {"bands": {name: number for number, name in enumerate(bands, start=1)}}
    stated = UNIT.search(found.columns[0]) if found.columns else None
    usual = next((one.units for one in roles.ROLES if one.name == thing.role), "1")
    units = stated.group(1) if stated else usual
    if units != "1":
        settings["units"] = units
        if not stated:
            thing.said.append(f"units are taken to be {units}")
    else:
        thing.said.append("state units and long_name, as in {units: mg kg-1, long_name: copper}")
    if places.HAN.search(found.path):
        settings["long_name"] = Path(found.path).stem
    return settings


def has(things: Sequence[Thing], role: str) -> bool:
    """Whether something is taken for that."""
    return any(one.role == role and one.used for one in things)


def ordered(things: Sequence[Thing]) -> list[Thing]:
    """Things in the order in which a pipeline names them."""
    number = {role: number for number, role in enumerate(ORDER)}
    return sorted(things, key=lambda one: number.get(one.role, len(ORDER)))
