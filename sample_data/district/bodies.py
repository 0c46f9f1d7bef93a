"""Intrusions, seen and hidden: footprints, outcrops and prisms."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from district.frame import SOUTH, WEST, Array, centres, lattice, stream, to_km
from district.strata import CODES

FERTILE, MAFIC, BARREN = "porphyry", "gabbro", "granite"


@dataclass(frozen=True)
class Body:
    """A dome-topped intrusion; a negative *top* breaks the surface."""

    name: str
    name_en: str
    lith: str
    x: float  # centre [km]
    y: float
    length: float  # half axes [km]
    width: float
    azimuth: float  # of the long axis [degrees from north]
    top: float  # depth of the crest below ground [m]
    drop: float  # how much deeper its top lies at the rim [m]
    bottom: float  # [m]
    susceptibility: float  # effective, with remanence along the field [SI]
    density: float  # contrast to 2.70 [g cm-3]
    fertility: float  # relative number of deposits it fed

    def reach(self, easting: Array, northing: Array) -> Array:
        """0 at the axis, 1 on the rim of the wavy footprint."""
        x, y = to_km(easting, northing)
        turn = np.radians(self.azimuth)
        ahead = (x - self.x) * np.sin(turn) + (y - self.y) * np.cos(turn)
        right = (x - self.x) * np.cos(turn) - (y - self.y) * np.sin(turn)
        angle = np.arctan2(right / self.width, ahead / self.length)
        phases = stream(f"rim {zlib.crc32(self.name_en.encode())}").uniform(0, 2 * np.pi, 4)
        waves = sum(
            0.11 / (order - 1) ** 0.7 * np.cos(order * angle + phase)
            for order, phase in enumerate(phases, start=2)
        )
        return np.hypot(ahead / self.length, right / self.width) / (1 + waves)

    def depth(self, easting: Array, northing: Array) -> Array:
        """Depth of its roof, infinite outside the footprint [m]."""
        reach = self.reach(easting, northing)
        return np.where(reach < 1, self.top + self.drop * reach**2, np.inf)

    def exposed(self) -> bool:
        """Whether it crops out where no cover lies on it."""
        return self.top < 0


def fertile(name: str, name_en: str, *place: float, fertility: float) -> Body:
    """An oxidised porphyry stock: magnetic, and lighter than what it intruded."""
    return Body(name, name_en, FERTILE, *place, 4200.0, 0.032, -0.09, fertility)


def mafic(name: str, name_en: str, *place: float, susceptibility: float) -> Body:
    """A gabbro plug: magnetic, heavy and without ore."""
    return Body(name, name_en, MAFIC, *place, 3500.0, susceptibility, 0.24, 0)


BODIES = (
    fertile("石门岩体", "Shimen stock", 7.3, 15.8, 1.8, 1.15, -20, -350, 700, fertility=1.3),
    fertile("铜坪岩体", "Tongping stock", 10.4, 6.1, 1.45, 1.1, 40, -300, 650, fertility=1.1),
    fertile("羊角岩体", "Yangjiao stock", 22.3, 15.1, 1.9, 1.2, 10, -380, 700, fertility=1.3),
    fertile("松林岩体", "Songlin stock", 6.0, 20.4, 0.95, 0.65, -30, -220, 600, fertility=0.6),
    fertile("金竹岩体", "Jinzhu stock", 26.4, 17.2, 0.9, 0.7, 60, -220, 600, fertility=0.6),
    fertile(
        "大坪隐伏岩体", "Daping hidden stock", 13.5, 19.8, 1.5, 1.1, -15, 260, 700, fertility=1.0
    ),
    fertile(
        "双河隐伏岩体", "Shuanghe hidden stock", 24.6, 6.5, 1.7, 1.25, -25, 380, 700, fertility=1.3
    ),
    fertile(
        "马鞍隐伏岩体", "Ma'an hidden stock", 15.0, 11.9, 1.35, 0.9, 30, 300, 700, fertility=0.9
    ),
    fertile(
        "牛场隐伏岩体", "Niuchang hidden stock", 18.1, 3.7, 1.3, 1.0, 55, 330, 700, fertility=0.6
    ),
    fertile("磨盘隐伏岩体", "Mopan hidden stock", 3.9, 5.3, 1.2, 0.9, -10, 320, 700, fertility=0.8),
    mafic("老鹰岩体", "Laoying gabbro", 18.7, 9.3, 1.5, 0.9, -25, -250, 500, susceptibility=0.055),
    mafic(
        "黑水隐伏岩体",
        "Heishui hidden gabbro",
        19.6,
        19.9,
        1.7,
        1.2,
        20,
        550,
        500,
        susceptibility=0.06,
    ),
    mafic(
        "红土隐伏岩体",
        "Hongtu reversed gabbro",
        28.0,
        11.2,
        1.2,
        0.9,
        0,
        450,
        400,
        susceptibility=-0.035,
    ),
    Body(
        "白龙岩体",
        "Bailong granite",
        BARREN,
        2.9,
        10.6,
        2.9,
        1.7,
        -12,
        -450,
        600,
        5000.0,
        0.0006,
        -0.07,
        0,
    ),
    Body(
        "深部岩基",
        "deep batholith",
        "batholith",
        14.5,
        12.0,
        9.0,
        4.5,
        -35,
        4500,
        1500,
        9500.0,
        0.004,
        -0.06,
        0,
    ),
)


def outcrops(easting: Array, northing: Array) -> Array:
    """Code of the intrusion at the surface of the bedrock, 0 where there is none."""
    codes = np.zeros_like(easting)
    for body in BODIES:
        if body.exposed():
            codes[body.depth(easting, northing) <= 0] = CODES[body.lith]
    return codes


def distance_outside(body: Body, grid: GeoBox) -> Array:
    """Distance to the body's footprint at depth, negative inside [m]."""
    inside = body.reach(*centres(grid)) < 1
    cell = abs(grid.resolution.x)
    return cell * (ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside))


def prisms(body: Body, cell: float = 250.0) -> Array:
    """The body as vertical prisms: west, east, south, north, bottom, top [m, up is positive]."""
    west, south = WEST + 1000 * (body.x - 12), SOUTH + 1000 * (body.y - 12)
    grid = lattice(cell, (west, south, west + 24_000, south + 24_000))
    easting, northing = centres(grid)
    roof = body.depth(easting, northing)
    inside = np.isfinite(roof)
    e, n, top = easting[inside], northing[inside], np.clip(roof[inside], 0, None)
    half = cell / 2
    return np.column_stack(
        [e - half, e + half, n - half, n + half, np.full_like(e, -body.bottom), -top]
    )
