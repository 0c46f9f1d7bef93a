"""Where ore formed, and what prospectors have found of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from district.bodies import BODIES, distance_outside
from district.frame import MODEL, Array, centres, stream
from district.ground import ground
from district.noise import fractal
from district.strata import CODES, by_unit

COUNT, SPACING = 86, 250.0  # deposits in all; least distance between two [m]
KNOWN = 55
SHOWINGS = 80  # altered and faintly mineralised places without a deposit


@dataclass(frozen=True)
class Deposits:
    """Deposits in the order of the draw; arrays of one length."""

    easting: Array
    northing: Array
    strength: Array  # how much metal its halo sheds, lognormal about 1
    kind: list[str]  # skarn, porphyry, vein
    parent: list[str]  # the body that fed it
    cover: Array  # [m]
    known: Array  # 1 where it has been found


@cache
def supply() -> tuple[Array, Array]:
    """Fluid from the fertile bodies (relative), and the index of the nearest one."""
    flows, ways = [], []
    for body in BODIES:
        way = distance_outside(body, MODEL)
        depth = max(body.top, 0)
        near = np.where(way > 0, np.exp(-way / 750), 0.55 * np.exp(way / 450))
        flows.append(body.fertility * near * np.exp(-depth / 2500))
        ways.append(np.where(body.fertility > 0, way, np.inf))
    return np.sum(flows, axis=0), np.argmin(ways, axis=0)


@cache
def intensity() -> Array:
    """Expected deposits per cell, up to a factor; 0 outside the study area."""
    here = ground()
    host = by_unit(here.bedrock, "favour")
    broken = 0.2 + 1.8 * np.exp(-here.faults / 420) + 2.2 * np.exp(-here.crossings / 1100)
    skarn = supply()[0] * host * broken
    vein = 0.025 * (0.5 + host) * np.exp(-here.faults / 350) * np.exp(-here.crossings / 4000)
    unexplained = np.exp(0.6 * fractal("unexplained", longest=3500))
    buried_deep = np.exp(-here.cover / 900)
    return (skarn + vein) * unexplained * buried_deep * here.inside


def drawn() -> tuple[Array, Array]:
    """Places of all deposits, by rejection so that none is closer than the spacing [m]."""
    random = stream("deposits")
    weight = intensity().ravel()
    easting, northing = (c.ravel() for c in centres(MODEL))
    order = random.choice(weight.size, 4000, replace=False, p=weight / weight.sum())
    jitter = random.uniform(-45, 45, (4000, 2))
    places: list[tuple[float, float]] = []
    for cell, (de, dn) in zip(order, jitter, strict=True):
        e, n = easting[cell] + de, northing[cell] + dn
        if all(np.hypot(e - a, n - b) > SPACING for a, b in places):
            places.append((float(e), float(n)))
        if len(places) == COUNT:
            break
    found = np.array(places)
    return found[:, 0], found[:, 1]


@cache
def showings() -> tuple[Array, Array, Array, Array]:
    """Places with a halo but no ore: eastings, northings, strengths, cover [m, m, 1, m]."""
    random = stream("showings")
    weight = (intensity() ** 0.75).ravel()
    cells = random.choice(weight.size, SHOWINGS, replace=False, p=weight / weight.sum())
    easting, northing = (c.ravel()[cells] for c in centres(MODEL))
    return easting, northing, random.lognormal(-0.4, 0.6, SHOWINGS), ground().cover.ravel()[cells]


@cache
def sources() -> tuple[Array, Array, Array, Array]:
    """All that sheds a halo, deposit or not: eastings, northings, strengths, cover."""
    ore = deposits()
    own = ore.easting, ore.northing, ore.strength, ore.cover
    return tuple(np.concatenate(pair) for pair in zip(own, showings(), strict=True))


def at(field: Array, easting: Array, northing: Array) -> Array:
    """Values of the cells that hold the points."""
    columns, rows = (~MODEL.affine) * (easting, northing)
    return field[rows.astype(int), columns.astype(int)]


def kind_of(lith: float, outside: float) -> str:
    """Deposit type from its host and how far it lies from the stock."""
    if lith == CODES["porphyry"] or outside < 0:
        return "porphyry"
    carbonate = lith in (CODES["marble"], CODES["limestone"], CODES["dolomite"])
    return "skarn" if carbonate and outside < 2200 else "vein"


def discovered(easting: Array, northing: Array, strength: Array, hidden: Array) -> Array:
    """
    1 for the deposits that prospectors found.

    They walked from the roads and looked at outcrop: cover and the lack of an
    exposed stock hide a deposit more than its size reveals it.
    """
    here, random = ground(), stream("discovery")
    cover = at(here.cover, easting, northing)
    road = at(here.roads, easting, northing)
    ease = 0.4 * np.log(strength) - cover / 60 - road / 4000
    ease = ease - 2.5 * (cover > 0) + random.gumbel(0, 0.9, easting.size)
    ease = ease - 0.6 * hidden
    known = np.zeros(easting.size)
    known[np.argsort(-ease, kind="stable")[:KNOWN]] = 1
    return known


@cache
def deposits() -> Deposits:
    """All deposits of the district."""
    easting, northing = drawn()
    strength = np.exp(stream("strength").normal(-0.2, 0.8, easting.size))
    lith = at(ground().bedrock, easting, northing)
    parent = at(supply()[1].astype(float), easting, northing).astype(int)
    outside = [
        float(at(distance_outside(BODIES[p], MODEL), easting[i : i + 1], northing[i : i + 1])[0])
        for i, p in enumerate(parent)
    ]
    hidden = np.array([float(BODIES[p].top > 0) for p in parent])
    return Deposits(
        easting=easting,
        northing=northing,
        strength=strength,
        kind=[kind_of(one, way) for one, way in zip(lith, outside, strict=True)],
        parent=[BODIES[p].name_en for p in parent],
        cover=at(ground().cover, easting, northing),
        known=discovered(easting, northing, strength, hidden),
    )
