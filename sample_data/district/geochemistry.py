"""Stream sediments: what the rocks shed, mixed down the rivers, sampled and assayed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import ndimage

from district.frame import MODEL, Array, centres, geographic, stream, to_km
from district.ground import ground
from district.noise import fractal
from district.ore import at, intensity, sources
from district.strata import UNITS, by_unit
from district.terrain import CELL, gathered

SAMPLES, DUPLICATES = 2000, 12
SPACING = 330.0  # least distance between two sites [m]
CARRY = 900.0  # distance over which a river loses two thirds of its load [m]
MISSING = -9999


@dataclass(frozen=True)
class Element:
    """Background by unit [mg/kg; Au and Hg ng/g], its halo around ore, and its assay."""

    background: tuple[float, ...]  # in the order of UNITS
    gain: float  # halo over background above a deposit of strength 1
    radius: float  # of the halo [m]
    limit: float  # of detection
    scatter: float  # standard deviation of the logarithm between neighbours
    ring: bool = False  # highest around the deposit, not over it


TABLE = """
      S2    D2    P1    P2    T2   T3s  T3ss     N     Q porph  gabb  gran  gain  rad  lim scat halo
Ag  0.21  0.06  0.05  0.08  0.06  0.08  0.06  0.07  0.07  0.09  0.06  0.06    5  700 0.02  0.3 bell
As    28     6     5     4     7    14     9    11    11     6     2     3    5  900    1  0.4 bell
Au   2.4   0.8   0.8   2.2     1   1.7   1.3   1.3   1.4   2.2   1.5   0.7    9  600  0.5  0.7 bell
Ba  1150   160   120   420   150   560   450   460   450   900   260   620  0.2  800   20 0.25 bell
Bi  0.55  0.15  0.12   0.1  0.17  0.38  0.27   0.3   0.3  0.42  0.08   0.6    8  500  0.1  0.4 bell
Cd   1.1  0.28  0.24  0.16  0.22  0.14  0.11   0.2   0.2  0.12  0.12  0.08    3 1300 0.05 0.35 ring
Co    16     5     4    42     5    17    12    14    14    10    50     5  0.5  500    1  0.2 bell
Cr    96    18    14   130    18    82    60    64    64    28   260    12    0  500    5 0.25 bell
Cu    46    11    10   120    13    34    22    30    30    48    82     9    6  620    1  0.3 bell
Hg   120    34    30    22    32    40    28    36    38    22    12    14  1.5 1500    5  0.5 ring
Mn   620   380   340  1350   420   820   620   700   700   520  1200   330  0.6  900   10 0.22 ring
Mo    11   0.6   0.5     1   0.6   0.9   0.7   0.9   0.9   1.6   0.6   1.5    6  560  0.5  0.4 bell
Ni    62    10     9    86    10    40    27    30    30    14   150     6    0  500    1 0.22 bell
Pb    30    15    13     9    16    27    22    24    24    30     6    36  2.5 1300    2  0.3 ring
Sb   3.4   0.7   0.6   0.4   0.8   1.1   0.8     1     1   0.6   0.2   0.3    3 1200  0.2  0.4 bell
Sn   3.4   1.2   1.1     2   1.3   3.3   2.6   2.8   2.8   2.6     1   6.5  0.8  500    1 0.25 bell
U     14   1.8   1.6   1.1   1.6   2.7   2.3   2.4   2.4   4.2   0.4   6.5  0.3  600  0.5 0.22 bell
V    290    34    28   270    34   112    82    90    90    70   240    24    0  500    5 0.22 bell
W    2.2   0.8   0.7   0.6   0.9   2.1   1.6   1.7   1.7   2.6   0.4   3.6    3  520  0.5 0.35 bell
Zn   165    46    40   122    44    96    72    80    80    64   100    52    2 1300    5 0.25 ring
"""


def elements() -> dict[str, Element]:
    """The table above, by symbol."""
    found = {}
    for line in TABLE.strip("\n").splitlines()[1:]:
        symbol, *numbers, halo = line.split()
        *background, gain, radius, limit, scatter = map(float, numbers)
        found[symbol] = Element(tuple(background), gain, radius, limit, scatter, halo == "ring")
    return found


ELEMENTS = elements()
OROGENIC = {"As": 6.0, "Sb": 7.0, "Hg": 5.0, "Au": 4.0}  # of the barren springs along faults


def halo(easting: Array, northing: Array, strength: Array, radius: float, ring: bool) -> Array:
    """Sum of the bell-shaped (or ring-shaped) halos of points on the model grid."""
    e, n = centres(MODEL)
    total = np.zeros(MODEL.shape)
    for x, y, s in zip(easting, northing, strength, strict=True):
        apart = ((e - x) ** 2 + (n - y) ** 2) / radius**2
        shape = 2 * apart * np.exp(-apart) if ring else np.exp(-apart / 2)
        total += s * shape
    return total


def exposure(cover: Array) -> Array:
    """Share of a halo that reaches the surface through cover [m]."""
    return 0.06 + 0.94 * np.exp(-cover / 12)


@cache
def springs() -> tuple[Array, Array, Array]:
    """Barren hot springs on faults: places and strengths."""
    random = stream("springs")
    here = ground()
    weight = (np.exp(-here.faults / 200) * here.inside / (0.02 + intensity())).ravel()
    cells = random.choice(weight.size, 16, replace=False, p=weight / weight.sum())
    easting, northing = (c.ravel()[cells] for c in centres(MODEL))
    return easting, northing, random.lognormal(0, 0.5, cells.size)


def in_soil(name: str) -> Array:
    """Content of an element in the soil of each cell."""
    element, here = ELEMENTS[name], ground()
    table = np.zeros(1 + max(unit.code for unit in UNITS))
    table[[unit.code for unit in UNITS]] = element.background
    base = ndimage.gaussian_filter(table[here.surface.astype(int)], 1.0)
    patchy = np.exp(element.scatter * fractal(f"{name} in rock", roughness=0.3, longest=2500))
    easting, northing, strength, cover = sources()
    shed = 0.48 * strength * exposure(cover)
    gain = element.gain * halo(easting, northing, shed, 0.85 * element.radius, element.ring)
    gain *= 0.75 + 0.25 * exposure(here.cover)
    if name in OROGENIC:
        gain += OROGENIC[name] * halo(*springs(), 450.0, ring=False)
    contaminated = 1 + 0.5 * np.exp(-here.roads / 250) * (name in ("Pb", "Zn", "Cd", "Hg"))
    return base * patchy * contaminated + np.median(base) * gain


@cache
def yield_of_mud() -> Array:
    """Sediment that a cell sheds: more from steep and from soft ground."""
    here = ground()
    slope = np.hypot(*np.gradient(here.water.elevation, CELL))
    return np.clip(0.1 + slope, 0.1, 1.2) * by_unit(here.surface, "erodibility")


def in_rivers(soil: Array) -> Array:
    """Content of the sediment that passes a cell: its catchment, the near part more."""
    water, mud = ground().water, yield_of_mud().ravel()
    kept = np.full(mud.size, np.exp(-1.2 * CELL / CARRY))
    load = gathered(mud * soil.ravel(), water.receiver, water.upstream_first, kept)
    return (load / gathered(mud, water.receiver, water.upstream_first, kept)).reshape(MODEL.shape)


def sampled_ground() -> Array:
    """True where the campaign went: small streams, not the lost map sheet, not the reserve."""
    here = ground()
    x, y = to_km(*centres(MODEL))
    area = here.water.catchment.reshape(MODEL.shape) / 1e6
    lost_sheet = (x < 7.2) & (y > 18.4)
    reserve = (x > 17.6) & (x < 21.2) & (y > 12.6) & (y < 14.2)
    return (area > 0.05) & (area < 14) & (here.inside > 0) & ~lost_sheet & ~reserve


def sites() -> tuple[Array, Array]:
    """Sampling sites: stream cells in random order, none too near to another [m]."""
    random = stream("sites")
    allowed = np.flatnonzero(sampled_ground().ravel())
    easting, northing = (c.ravel() for c in centres(MODEL))
    tree: dict[tuple[int, int], list[tuple[float, float]]] = {}
    found: list[tuple[float, float]] = []
    for cell in random.permutation(allowed):
        e, n = easting[cell] + random.uniform(-40, 40), northing[cell] + random.uniform(-40, 40)
        bin_ = int(e // SPACING), int(n // SPACING)
        near = [
            p
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            for p in tree.get((bin_[0] + i, bin_[1] + j), [])
        ]
        if all(np.hypot(e - a, n - b) >= SPACING for a, b in near):
            tree.setdefault(bin_, []).append((e, n))
            found.append((e, n))
        if len(found) == SAMPLES - DUPLICATES:
            break
    places = np.array(found)
    return places[:, 0], places[:, 1]


def written(value: float, limit: float) -> str:
    """An assay as the laboratory reports it."""
    if value < limit:
        return f"<{limit:g}"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def assays(easting: Array, northing: Array) -> dict[str, list[str]]:
    """The columns of the elements: measured with error, censored, with gaps."""
    random = stream("assays")
    old_batch = northing > np.quantile(northing, 0.8)
    columns = {}
    for name, element in ELEMENTS.items():
        true = at(in_rivers(in_soil(name)), easting, northing)
        error = random.normal(0, 0.10 + 0.45 * (name == "Au"), true.size)
        value = true * np.exp(error)
        limit = np.where(old_batch & (name in ("Au", "Bi", "W")), 2 * element.limit, element.limit)
        texts = [written(v, x) for v, x in zip(value, limit, strict=True)]
        lost = random.random(true.size) < (0.03 if name in ("Hg", "Sn") else 0.004)
        columns[name] = [str(MISSING) if gone else t for t, gone in zip(texts, lost, strict=True)]
    return columns


def table() -> pd.DataFrame:
    """The sample table as delivered, field duplicates included."""
    easting, northing = sites()
    order = np.lexsort((easting, -np.floor(northing / 2000)))
    again = np.sort(stream("duplicates").choice(order.size, DUPLICATES, replace=False))
    order = np.concatenate([order, order[again]])
    easting, northing = easting[order], northing[order]
    longitude, latitude = geographic(easting, northing)
    number = [f"QY{i + 1:04d}" for i in range(SAMPLES - DUPLICATES)]
    number += [f"{number[i]}D" for i in again]
    lith = {unit.code: unit.name for unit in UNITS}
    codes = at(ground().surface, easting, northing)
    frame = {
        "样品编号": number,
        "经度": [f"{v:.6f}" for v in longitude],
        "纬度": [f"{v:.6f}" for v in latitude],
        "出露地层": [lith[int(code)] for code in codes],
        **assays(easting, northing),
        "备注": [""] * (SAMPLES - DUPLICATES) + ["重复样"] * DUPLICATES,
    }
    return pd.DataFrame(frame)
