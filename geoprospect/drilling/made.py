"""
Made districts with deposits that nobody has found, to try ways of drilling on.

Geology that is smooth, surveys that see part of it and much else, rocks that matter in one
half of the district and not in the other, and gravel that hides ore, its halos and the
faults that fed it: where it lies prospectors found little. No place in it is real.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import ndimage

from geoprospect import contract
from geoprospect.errors import DataError

Field = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CELL = 500.0
"""Width of a cell [m]: as much ground as one hole tests."""

CRS = "EPSG:4543"
CORNER = (400_000.0, 3_200_000.0)
"""South-west corner [m]."""

SHAPE = (64, 64)
"""Rows and columns of a district unless told otherwise: 32 km by 32 km."""

CAMPS = 28
"""Camps of deposits, each with one deposit and, on average, one more within two kilometres."""

SECOND, NEAR = 1.0, 2
"""Mean number of further deposits of a camp; how far from the first they lie [cells]."""

STRENGTH = 2.0
"""How much a standard deviation of what matters raises the odds of a camp [log-odds]."""

UNDER_COVER = 0.45
"""Share of the ground that lies under gravel [1]."""

HALVED = 15.0
"""Thickness of gravel that takes half of a signal of the surface [m]."""

FOUND, FOUND_BELOW = 0.7, 0.12
"""Chance that prospectors found a deposit near roads on open ground, and under gravel [1]."""

REMOTE = 0.6
"""What is left of that chance far from roads [1]."""

STATED, STATED_BELOW = 0.6, 0.1
"""What the explorer holds these chances to be, all over: roughly right, as beliefs are [1]."""

FEWEST_KNOWN, FEWEST_HIDDEN = 8, 5
"""Deposits to learn from, and to find, that make a district fit for a trial."""

DRAWS = 100
"""Times that deposits are drawn until they are enough."""

ROCKS = {1: "granite", 2: "sandstone", 3: "limestone", 4: "basalt", 5: "gravel"}


@dataclass(frozen=True, eq=False)
class MadeDistrict:
    """
    What an explorer would have, and what nobody knows.

    ``cube`` holds the surveys, ``known`` the deposits that were found; ``explored`` (y, x) is the
    explorer's belief how likely a deposit would be known [1]. ``hidden`` (n,) are the cells of
    the deposits that nobody has found, numbered row by row; one cell holds one deposit.
    """

    cube: xr.Dataset = field(repr=False)
    known: gpd.GeoDataFrame = field(repr=False)
    explored: Field = field(repr=False)
    hidden: Index = field(repr=False)

    @property
    def grid(self) -> GeoBox:
        """The grid of the surveys."""
        return contract.grid_of(self.cube)

    @property
    def open(self) -> Flags:
        """Cells without a known deposit, numbered row by row: (cells,)."""
        free = np.ones(self.grid.shape, bool)
        free[self.known["row"], self.known["column"]] = False
        return free.ravel()


def made_district(*, seed: int, shape: tuple[int, int] = SHAPE) -> MadeDistrict:
    """
    The district that belongs to a seed.

    Parameters
    ----------
    seed : int
        The same seed gives the same district, to the bit.
    shape : (int, int)
        Rows and columns of cells of 500 m; camps are as dense whatever the size.

    Returns
    -------
    MadeDistrict

    Raises
    ------
    DataError
        If the district is too small to hold deposits enough, known and hidden.
    """
    rng = np.random.default_rng(seed)
    west, south = CORNER
    bounds = (west, south, west + shape[1] * CELL, south + shape[0] * CELL)
    grid = GeoBox.from_bbox(bounds, crs=CRS, resolution=CELL)
    truth = _truth(rng, shape)
    known, hidden = _parted(rng, truth, seed)
    explored = np.where(truth["gravel"] > 0, STATED_BELOW, STATED)
    return MadeDistrict(_surveys(rng, truth, grid), _points(known, grid), explored, hidden)


def _truth(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Field]:
    """What is so, whoever surveys it: standard deviations, metres of gravel, odds and chances."""
    columns = np.linspace(-1, 1, shape[1])[None] * np.ones((shape[0], 1))
    heat, fluid = _smooth(rng, shape, 3.0), _smooth(rng, shape, 2.5)
    away = _from_lines(rng, shape, number=9)
    pulled = _standard(np.exp(-away / 1500.0))
    rock = _smooth(rng, shape, 4.0)
    # which of the two matters changes from west to east
    eastern = 1 / (1 + np.exp(-6 * (columns + rng.normal(0, 0.3))))
    favour = _standard((1 - eastern) * heat + eastern * fluid + 0.6 * pulled + 0.4 * (rock > 0.5))
    basin = _standard(_smooth(rng, shape, 6.0) + 0.8 * rng.choice([-1, 1]) * columns)
    deep = np.maximum(basin - np.quantile(basin, 1 - UNDER_COVER), 0)
    gravel = 60.0 * deep
    near_roads = _from_lines(rng, shape, number=5) < 2500
    found = np.where(gravel > 0, FOUND_BELOW, FOUND) * np.where(near_roads, 1.0, REMOTE)
    return {
        "heat": heat, "fluid": fluid, "away": away, "rock": rock, "gravel": gravel,
        "odds": np.exp(STRENGTH * favour), "found": found,
    }  # fmt: skip


def _parted(rng: np.random.Generator, truth: dict[str, Field], seed: int) -> tuple[Index, Index]:
    """Cells of known and of hidden deposits, drawn again until there are enough of both."""
    for _ in range(DRAWS):
        cells = _deposits(rng, truth["odds"])
        found = rng.random(len(cells)) < truth["found"].ravel()[cells]
        if found.sum() >= FEWEST_KNOWN and (~found).sum() >= FEWEST_HIDDEN:
            return cells[found], cells[~found]
    raise DataError(
        f"the district of seed {seed} has {found.sum()} known and {(~found).sum()} hidden "
        f"deposits, and {FEWEST_KNOWN} and {FEWEST_HIDDEN} are needed; make it larger"
    )


def _deposits(rng: np.random.Generator, odds: Field) -> Index:
    """Cells of the deposits, camp by camp, each once."""
    share = odds.ravel() / odds.sum()
    camps = max(1, round(CAMPS * odds.size / np.prod(SHAPE)))
    rows, columns = np.divmod(rng.choice(odds.size, camps, replace=False, p=share), odds.shape[1])
    more = rng.poisson(SECOND, camps)
    rows, columns = (
        np.concatenate([one, np.repeat(one, more) + rng.integers(-NEAR, NEAR + 1, more.sum())])
        for one in (rows, columns)
    )
    inside = (rows >= 0) & (rows < odds.shape[0]) & (columns >= 0) & (columns < odds.shape[1])
    cells: Index = np.unique(rows[inside] * odds.shape[1] + columns[inside])
    return cells


def _surveys(rng: np.random.Generator, truth: dict[str, Field], grid: GeoBox) -> xr.Dataset:
    """What surveys see of it, each with much that has nothing to do with ore."""
    shape = grid.shape
    through = 0.5 ** (truth["gravel"] / HALVED)
    heat, fluid, rock = truth["heat"], truth["fluid"], truth["rock"]
    plugs, shales = _smooth(rng, shape, 2.0), _smooth(rng, shape, 3.0)

    def noise(size: float, width: float = 0.7) -> Field:
        return size * _smooth(rng, shape, width)

    mapped = np.where(truth["gravel"] > 0, np.minimum(truth["away"] + 4000, 8000), truth["away"])
    classes = 1 + np.digitize(rock, [-0.7, 0.5, 1.2])
    made = {
        "magnetics": ("total magnetic intensity", "nT", 140 * (heat + plugs + noise(0.6))),
        "gravity": ("Bouguer gravity", "mGal", -180 + 5 * (rock - 0.7 * heat + noise(0.8, 5.0))),
        "potassium": ("potassium", "%", 2.4 + 0.5 * through * (heat + shales + noise(0.8))),
        "thorium": ("equivalent thorium", "mg kg-1", 11 + 2 * through * (shales + noise(1.0))),
        "copper": (
            "log10 of copper in stream sediments (mg/kg)", "1",
            1.4 + 0.25 * (through * (0.7 * fluid + 0.4 * heat) + noise(0.7) + noise(0.5, 3.0)),
        ),
        "arsenic": (
            "log10 of arsenic in stream sediments (mg/kg)", "1",
            0.9 + 0.3 * (through * (0.8 * fluid + 0.8 * shales) + noise(0.8)),
        ),
        "elevation": ("elevation", "m", 900 + 200 * noise(1.0, 5.0) - truth["gravel"]),
        "fault_distance": ("distance to mapped faults", "m", np.minimum(mapped, 8000)),
        "gravel": ("thickness of gravel", "m", truth["gravel"] * (1 + 0.2 * noise(1.0))),
        "lithology": ("lithology", "1", np.where(truth["gravel"] > 0, 5, classes)),
    }  # fmt: skip
    return xr.Dataset(
        {
            name: contract.describe(
                contract.on_grid(np.asarray(values, "float32"), grid),
                long_name=long_name, units=units,
                meanings=ROCKS if name == "lithology" else None,
            )
            for name, (long_name, units, values) in made.items()
        }
    )  # fmt: skip


def _points(cells: Index, grid: GeoBox) -> gpd.GeoDataFrame:
    rows, columns = np.divmod(cells, grid.shape[1])
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    return gpd.GeoDataFrame(
        {"row": rows, "column": columns}, geometry=gpd.points_from_xy(x, y), crs=CRS
    )


def _smooth(rng: np.random.Generator, shape: tuple[int, int], width: float) -> Field:
    """A random field of mean 0 and deviation 1, alike within about *width* cells."""
    return _standard(ndimage.gaussian_filter(rng.standard_normal(shape), width, mode="reflect"))


def _standard(values: Field) -> Field:
    made: Field = (values - values.mean()) / values.std()
    return made


def _from_lines(rng: np.random.Generator, shape: tuple[int, int], *, number: int) -> Field:
    """Distance from each cell to the nearest of some straight lines across the district [m]."""
    rows, columns = np.indices(shape)
    nearest = np.full(shape, np.inf)
    for _ in range(number):
        row, column = rng.random(2) * shape
        angle = rng.normal(0.6, 0.5)
        apart = abs((rows - row) * np.cos(angle) - (columns - column) * np.sin(angle))
        nearest = np.minimum(nearest, apart * CELL)
    return nearest
