"""Drill holes of earlier years: most at places that only looked like ore, one that hit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from district.frame import Array, stream
from district.ground import ground
from district.ore import at, deposits, intensity, showings

APART = 300.0  # a showing nearer to a deposit would not be barren [m]
SHOWINGS_DRILLED = 14
STEP = 50.0  # between stations [m]
SAMPLE = 3.0  # length of core in an assay [m]
LIFT, SWING = 1.2, 0.6  # how holes bend [degree per 30 m]
DEPTH = 180.0  # of the middle of ore below the ground [m]
LIMIT = 0.005  # of the laboratory, for Cu [%]
END = 99_999  # stands for the end of a hole in the survey table


@dataclass(frozen=True)
class Hole:
    """A hole as it was drilled; angles at its collar, the dip positive down."""

    name: str
    easting: float
    northing: float
    elevation: float
    azimuth: float
    dip: float
    length: float
    year: int


def level(easting: Array, northing: Array) -> Array:
    """Height of the ground [m]."""
    return at(ground().water.elevation, easting, northing)


def drilled_showings() -> tuple[Array, Array]:
    """The likeliest showings that lie off every deposit [m]."""
    ore, (east, north, *_) = deposits(), showings()
    off = np.hypot(east[:, None] - ore.easting, north[:, None] - ore.northing).min(axis=1)
    likely = np.where(off > APART, at(intensity(), east, north), -1.0)
    best = np.sort(np.argsort(-likely, kind="stable")[:SHOWINGS_DRILLED])
    return east[best], north[best]


def found() -> int:
    """Number of the deposit that one hole hit and nobody has put on the list: the strongest."""
    ore = deposits()
    return int(np.argmax(np.where(ore.known > 0, 0.0, ore.strength)))


def holes() -> list[Hole]:
    """All holes: one at each showing, one into the deposit, and one that passed it by."""
    random, ore, hit = stream("drill holes"), deposits(), found()
    east, north = drilled_showings()
    east = np.append(east, [ore.easting[hit] + 20, ore.easting[hit] + 310])
    north = np.append(north, [ore.northing[hit] - 15, ore.northing[hit] + 190])
    count = east.size
    azimuth, dip = random.uniform(0, 360, count), random.uniform(62, 80, count)
    length, years = random.uniform(240, 380, count), random.integers(1986, 2021, count)
    away = DEPTH / np.tan(np.radians(dip))  # so that they pass the place at its depth
    east = east - away * np.sin(np.radians(azimuth))
    north = north - away * np.cos(np.radians(azimuth))
    return [
        Hole(f"ZK{number // 4 + 1:02d}{number % 4 + 1:02d}", *place)
        for number, place in enumerate(
            zip(east, north, level(east, north), azimuth, dip, length, np.sort(years), strict=True)
        )
    ]


def trace(hole: Hole, depth: Array) -> tuple[Array, Array, Array]:
    """Easting, northing and elevation at depths along a hole that lifts and swings [m]."""
    step = np.linspace(0, depth.max(), 400)
    azimuth = np.radians(hole.azimuth + SWING * step / 30)
    dip = np.radians(hole.dip - LIFT * step / 30)
    parts = (np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), -np.sin(dip))
    starts = (hole.easting, hole.northing, hole.elevation)
    ways = []
    for start, part in zip(starts, parts, strict=True):
        moved = np.concatenate([[0], np.cumsum((part[1:] + part[:-1]) / 2 * np.diff(step))])
        ways.append(start + np.interp(depth, step, moved))
    return ways[0], ways[1], ways[2]


def copper(easting: Array, northing: Array, elevation: Array) -> Array:
    """Grade of the rock [%]: background, the halos of showings, and ore about each deposit."""
    grade = np.full(easting.shape, 0.006)
    ore, (east, north, strength, _) = deposits(), showings()
    for e, n, s, core in (
        *zip(ore.easting, ore.northing, ore.strength, 0.45 * np.sqrt(ore.strength), strict=True),
        *zip(east, north, strength, 0.05 * np.sqrt(strength), strict=True),
    ):
        wide = 120 * np.cbrt(s)
        below = level(np.array([e]), np.array([n]))[0] - elevation - DEPTH
        reach = np.hypot(easting - e, northing - n) / wide, below / (0.6 * wide)
        grade = grade + core * np.exp(-(reach[0] ** 2 + reach[1] ** 2))
    return grade


def collar_table(made: list[Hole]) -> pd.DataFrame:
    """Collars; X is the northing, as surveyors in China have it. The last was never drilled."""
    rows = [
        (one.name, f"{one.northing:.1f}", f"{one.easting:.1f}", f"{one.elevation:.1f}",
         f"{one.length:.1f}", one.year)
        for one in made
    ]  # fmt: skip
    planned = made[0]
    rows.append(("ZK9901", f"{planned.northing + 150:.1f}", f"{planned.easting:.1f}",
                 f"{planned.elevation:.1f}", "300.0", 2021))  # fmt: skip
    return pd.DataFrame(rows, columns=["孔号", "X", "Y", "H", "孔深", "施工年份"])


def survey_table(made: list[Hole]) -> pd.DataFrame:
    """Stations; dips are positive down, the deepest of some holes is a code for the end."""
    rows = []
    for number, one in enumerate(made):
        depths = np.arange(0, one.length, STEP)
        for depth in depths:
            azimuth = (one.azimuth + SWING * depth / 30) % 360
            if number == 3:  # a compass that counts from -180
                azimuth -= 360 * (azimuth > 180)
            rows.append(
                (one.name, f"{depth:g}", f"{azimuth:.1f}", f"{one.dip - LIFT * depth / 30:.1f}")
            )
        if number % 5 == 2:
            rows.append((one.name, str(END), *rows[-1][2:]))
        if number == 6:  # copied twice
            rows.append(rows[-2])
    return pd.DataFrame(rows, columns=["孔号", "测深", "方位角", "倾角"])


def assay_table(made: list[Hole]) -> pd.DataFrame:
    """Assays of copper and molybdenum [%]; core without alteration was not sampled."""
    random = stream("drill assays")
    rows = []
    for number, one in enumerate(made):
        ends = np.append(np.arange(0, one.length, SAMPLE), round(one.length, 1))
        middle = (ends[1:] + ends[:-1]) / 2
        true = copper(*trace(one, middle))
        drift = np.convolve(random.normal(0, 0.35, middle.size + 8), np.ones(9) / 3, "valid")
        value = true * np.exp(drift)
        molybdenum = 0.02 * value * np.exp(random.normal(0, 0.6, middle.size))
        for k, (top, end) in enumerate(itertools.pairwise(ends)):
            if number == 8 and 30 < k < 34:  # a box of core is lost
                continue
            sampled = middle[k] > 25 and true[k] > 0.009
            told = (f"<{LIMIT:g}" if value[k] < LIMIT else f"{value[k]:.3f}") if sampled else ""
            other = f"{molybdenum[k]:.4f}" if sampled else ""
            remark = "" if sampled else "未采样"
            rows.append((one.name, f"{top:g}", f"{end:g}", told, other, remark))
    return pd.DataFrame(rows, columns=["孔号", "自", "至", "Cu(%)", "Mo(%)", "备注"])


def drill_tables(folder: Path) -> None:
    """Collars, surveys and assays as tables out of a Chinese spreadsheet."""
    place = folder / "drilling"
    place.mkdir(parents=True, exist_ok=True)
    made = holes()
    tables = {"collars": collar_table, "surveys": survey_table, "assays": assay_table}
    for name, table in tables.items():
        text = table(made).to_csv(index=False, lineterminator="\r\n")
        (place / f"{name}.csv").write_bytes(text.encode("gb18030"))
