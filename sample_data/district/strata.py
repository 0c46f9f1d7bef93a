"""Folded and faulted strata of Silurian to Triassic age, and the faults that cut them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from shapely import LineString, box

from district.frame import BOUNDS, Array, metres, stream, to_km
from district.noise import fractal, read

COVER = ("N", "Q")


@dataclass(frozen=True)
class Unit:
    """A map unit: its names, and how it erodes and weighs."""

    code: int
    symbol: str
    name: str
    name_en: str
    age: str
    lith: str
    top: float  # stratigraphic height of its upper contact [m]
    erodibility: float  # relative to sandstone
    density: float  # contrast to 2.70 [g cm-3]
    favour: float  # how readily it hosts ore


UNITS = (
    Unit(
        1,
        "S2",
        "志留系黑色页岩",
        "Silurian black shale",
        "Silurian",
        "black shale",
        -1500,
        1.7,
        -0.07,
        0.6,
    ),
    Unit(
        2, "D2", "泥盆系白云岩", "Devonian dolomite", "Devonian", "dolomite", -800, 0.8, 0.06, 2.0
    ),
    Unit(3, "P1", "二叠系灰岩", "Permian limestone", "Permian", "limestone", -100, 0.75, 0.01, 2.6),
    Unit(
        4,
        "P2",
        "二叠系峨眉山玄武岩",
        "Permian Emeishan basalt",
        "Permian",
        "basalt",
        450,
        0.7,
        0.15,
        1.1,
    ),
    Unit(5, "T2", "三叠系大理岩", "Triassic marble", "Triassic", "marble", 1000, 0.65, 0.02, 5.0),
    Unit(6, "T3s", "三叠系板岩", "Triassic slate", "Triassic", "slate", 1700, 1.4, 0.03, 0.8),
    Unit(
        7,
        "T3ss",
        "三叠系砂岩",
        "Triassic sandstone",
        "Triassic",
        "sandstone",
        np.inf,
        1.0,
        -0.05,
        0.9,
    ),
    Unit(
        8, "N", "新近系砾岩", "Neogene conglomerate", "Neogene", "conglomerate", 0, 3.0, -0.4, 0.0
    ),
    Unit(
        9, "Q", "第四系冲积物", "Quaternary alluvium", "Quaternary", "alluvium", 0, 3.0, -0.6, 0.0
    ),
    Unit(
        11,
        "Eηγπ",
        "始新世二长花岗斑岩",
        "Eocene monzogranite porphyry",
        "Eocene",
        "porphyry",
        0,
        0.6,
        0,
        2.0,
    ),
    Unit(12, "Pν", "二叠纪辉长岩", "Permian gabbro", "Permian", "gabbro", 0, 0.6, 0, 0.4),
    Unit(
        13,
        "Tγβ",
        "晚三叠世黑云母花岗岩",
        "Late Triassic biotite granite",
        "Triassic",
        "granite",
        0,
        0.55,
        0,
        0.4,
    ),
)
STRATA = UNITS[:7]
NEOGENE, QUATERNARY = 8, 9
CODES = {unit.lith: unit.code for unit in UNITS}


def by_unit(codes: Array, quantity: str) -> Array:
    """A property of the unit in each cell."""
    table = np.zeros(1 + max(unit.code for unit in UNITS))
    for unit in UNITS:
        table[unit.code] = getattr(unit, quantity)
    return table[codes.astype(int)]


@dataclass(frozen=True)
class Fault:
    """A fault trace with the throw of its east or north side [m, up is positive]."""

    name: str
    name_en: str
    kind: str
    rank: int
    trend: Literal["NNW", "NE"]
    offset: float  # where it crosses: x at y = 12, or y at x = 12 [km]
    slope: float  # dx/dy or dy/dx
    wander: float  # amplitude of its bends [km]
    throw: float
    ends: tuple[float, float]  # where it dies out, along itself [km]

    def across(self, along: Array) -> Array:
        """Its x at these y (NNW), or its y at these x (NE) [km]."""
        bend = np.sin(along / 2.6 + self.offset) + 0.35 * np.sin(along / 1.1 + 2 * self.offset)
        return self.offset + self.slope * (along - 12) + self.wander * bend

    def trace(self) -> LineString:
        """Its line in the projected CRS."""
        start, end = self.ends
        along = np.linspace(start, end, round(3 * (end - start)))
        across = self.across(along)
        x, y = (across, along) if self.trend == "NNW" else (along, across)
        return LineString(metres(list(zip(x.tolist(), y.tolist(), strict=True))))

    def raised(self, x: Array, y: Array) -> Array:
        """Rise of the ground across it [m]: nothing on its west or south side or past its ends."""
        along, side = (y, x - self.across(y)) if self.trend == "NNW" else (x, y - self.across(x))
        from_end = np.minimum(along - self.ends[0], self.ends[1] - along)
        return self.throw * (side > 0) * np.clip(from_end / 4, 0, 1)


MAJOR = (
    Fault("青岩河断裂", "Qingyanhe fault", "走滑断层", 1, "NNW", 8.5, -0.25, 0.35, -650, (-6, 30)),
    Fault("马鞍岭断裂", "Ma'anling fault", "逆断层", 1, "NNW", 16.0, -0.25, 0.4, 720, (-6, 30)),
    Fault("水洛断裂", "Shuiluo fault", "走滑断层", 1, "NNW", 23.5, -0.28, 0.45, -900, (-6, 30)),
    Fault("石门断裂", "Shimen fault", "正断层", 2, "NE", 7.2, 0.7, 0.4, 480, (0.5, 38)),
    Fault("大坪断裂", "Daping fault", "正断层", 2, "NE", 19.0, 0.75, 0.35, -520, (-6, 19.5)),
    Fault("双河断裂", "Shuanghe fault", "平移断层", 2, "NE", -1.9, 0.65, 0.35, 450, (12.5, 38)),
)  # fmt: skip


def minor_faults(count: int = 34) -> list[tuple[str, LineString]]:
    """Kinds and traces of the short faults, mostly splays near the long ones."""
    random = stream("minor faults")
    found = []
    for _ in range(count):
        parent = MAJOR[random.integers(len(MAJOR))]
        along = random.uniform(1, 23) if parent.trend == "NNW" else random.uniform(2, 28)
        across = float(parent.across(np.array(along))) + random.normal(0, 1.8)
        x, y = (across, along) if parent.trend == "NNW" else (along, across)
        conjugate = random.random() < 0.4
        northerly = (parent.trend == "NNW") != conjugate
        bearing = np.radians(random.normal(-16 if northerly else 54, 9))
        reach = np.linspace(-0.5, 0.5, 7) * random.uniform(1.2, 4.5)
        bow = 0.12 * random.normal() * (1 - (reach / reach[-1]) ** 2)
        east = x + reach * np.sin(bearing) + bow * np.cos(bearing)
        north = y + reach * np.cos(bearing) - bow * np.sin(bearing)
        points = [(float(e), float(n)) for e, n in zip(east, north, strict=True)]
        found.append(
            (str(random.choice(["正断层", "逆断层", "性质不明"])), LineString(metres(points)))
        )
    return found


def major_traces() -> list[tuple[Fault, LineString]]:
    """The long faults and their traces, cut at the edge of the model."""
    frame = box(*BOUNDS)
    return [(fault, fault.trace().intersection(frame)) for fault in MAJOR]


def height(easting: Array, northing: Array, elevation: Array | None = None) -> Array:
    """
    Stratigraphic height of the rock at the surface [m].

    Folds run NNW, throws step across faults, and steep contacts swing with the
    ground where *elevation* is given.
    """
    x, y = to_km(easting, northing)
    across = 0.94 * x + 0.342 * y
    along = 0.94 * y - 0.342 * x
    fold = 1300 * np.sin(2 * np.pi * across / 11.5 + 0.35 * np.sin(along / 5) - 1.2)
    parasitic = 230 * np.sin(2 * np.pi * across / 3.7 + 0.8 * np.sin(along / 3.3))
    plunge = 38 * (along - 8) - 40 * (across - 18)
    wander = 330 * read(fractal("strata", roughness=2, longest=9000), easting, northing)
    throw = sum(fault.raised(x, y) for fault in MAJOR)
    ground = 0.0 if elevation is None else -0.35 * (elevation - elevation.mean())
    return fold + parasitic + plunge + wander + throw + ground


def strata(easting: Array, northing: Array, elevation: Array | None = None) -> Array:
    """Code of the bedded unit at each point."""
    tops = [unit.top for unit in STRATA[:-1]]
    return 1.0 + np.digitize(height(easting, northing, elevation), tops)


def neogene_thickness(easting: Array, northing: Array) -> Array:
    """Thickness of the young basin fill that hides the south-east [m]."""
    x, y = to_km(easting, northing)
    rim = 0.2 * read(fractal("basin rim", roughness=1.3, longest=4000), easting, northing)
    turn = np.radians(-20)
    right = (x - 23.6) * np.cos(turn) - (y - 6.6) * np.sin(turn)
    ahead = (x - 23.6) * np.sin(turn) + (y - 6.6) * np.cos(turn)
    return 420 * np.clip(1 - np.hypot(right / 3.6, ahead / 5.2) ** 2 + rim, 0, None)
