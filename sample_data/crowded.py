"""
A made district whose deposits crowd together, so that random validation flatters any model.

Camps of deposits lie where prospectors once struck ore. Geology is smooth, so within a camp
all layers are alike: a model that learnt some deposits of a camp knows the others by their
neighbours, whatever the layers say of ore. What they truly say is known here, and less.
No place in it is real; nothing is read or written.
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

Field = npt.NDArray[np.float64]

GRID = GeoBox.from_bbox((400_000, 3_200_000, 448_000, 3_236_000), crs="EPSG:4543", resolution=200)

SURVEYS = (
    ("magnetics", "total magnetic intensity", "nT", 1200, 140.0, 0.0),
    ("gravity", "Bouguer gravity", "mGal", 2800, 6.0, -180.0),
    ("potassium", "potassium", "%", 1400, 0.5, 2.4),
    ("thorium", "equivalent thorium", "mg kg-1", 1400, 2.5, 11.0),
    ("copper", "log10 of copper in stream sediments (mg/kg)", "1", 1000, 0.25, 1.4),
    ("arsenic", "log10 of arsenic in stream sediments (mg/kg)", "1", 1000, 0.3, 0.9),
    ("lead", "log10 of lead in stream sediments (mg/kg)", "1", 1200, 0.25, 1.3),
    ("elevation", "elevation", "m", 2200, 420.0, 2900.0),
    ("conductivity", "log10 of apparent conductivity (mS/m)", "1", 1800, 0.4, 1.1),
)
"""Id, long name, units; width of the smoothing [m]; standard deviation, mean [units]."""

MATTERS = {"copper": 0.85, "potassium": 0.5}
"""What truly bears on ore, and its weight; all else is as smooth and says nothing."""

CAMPS, DEPOSITS = 24, 7
"""Camps, and deposits of each."""
SPREAD = 350.0
"""Standard deviation of a deposit's place around the middle of its camp, each way [m]."""
APART = 2000.0
"""No two middles of camps are nearer, nor is the edge of the map [m]."""
STRENGTH = 1.3
"""How much a standard deviation of what matters raises the odds of a camp [log-odds]."""


@dataclass(frozen=True)
class District:
    """
    What a survey would hand over, and the truth about it.

    ``favour`` (y, x) is what truly makes a camp likelier, in standard deviations; no
    survey has it. Each deposit's ``camp`` is a column of ``deposits``.
    """

    grid: GeoBox
    area: xr.DataArray = field(repr=False)
    exclusions: xr.DataArray = field(repr=False)
    cube: xr.Dataset = field(repr=False)
    deposits: gpd.GeoDataFrame = field(repr=False)
    favour: xr.DataArray = field(repr=False)


def crowded(*, seed: int, strength: float = STRENGTH) -> District:
    """
    The district that belongs to a seed.

    Parameters
    ----------
    seed : int
        The same seed gives the same district, to the bit.
    strength : float
        What the layers say of ore; 0 for nothing at all [log-odds].
    """
    generator = np.random.default_rng(seed)
    fields = {name: _smooth(generator, width) for name, _, _, width, _, _ in SURVEYS}
    favour = _standard(sum(weight * fields[name] for name, weight in MATTERS.items()))
    middles = _middles(generator, np.exp(strength * favour))
    cube = {
        name: _layer(mean + deviation * fields[name], long_name, units)
        for name, long_name, units, _, deviation, mean in SURVEYS
    }
    return District(
        grid=GRID,
        area=_layer(np.ones(GRID.shape), "study area", "1"),
        exclusions=_layer(np.zeros(GRID.shape), "exclusions", "1"),
        cube=xr.Dataset(cube),
        deposits=_deposits(generator, middles),
        favour=_layer(favour, "what truly makes ore likelier", "1"),
    )


def _smooth(generator: np.random.Generator, width: float) -> Field:
    """A random field with mean 0 and deviation 1; alike within about *width* [m]."""
    rough = generator.standard_normal(GRID.shape)
    return _standard(ndimage.gaussian_filter(rough, width / GRID.resolution.x, mode="reflect"))


def _standard(values: Field) -> Field:
    return (values - values.mean()) / values.std()


def _middles(generator: np.random.Generator, odds: Field) -> npt.NDArray[np.int64]:
    """Cells of the camps' middles, (camps, 2), drawn by the odds but not near each other."""
    rows, columns = np.indices(odds.shape)
    cell, edge = GRID.resolution.x, int(APART / GRID.resolution.x)
    free = np.zeros(odds.shape, bool)
    free[edge:-edge, edge:-edge] = True
    found = []
    for _ in range(CAMPS):
        share = np.where(free, odds, 0).ravel()
        row, column = divmod(int(generator.choice(share.size, p=share / share.sum())), len(odds[0]))
        free &= np.hypot(rows - row, columns - column) * cell >= APART
        found.append((row, column))
    return np.array(found)


def _deposits(generator: np.random.Generator, middles: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    camp = np.repeat(np.arange(len(middles)), DEPOSITS)
    rows, columns = middles[camp].T + 0.5
    x, y = GRID.affine * (columns, rows)
    x, y = (middle + generator.normal(0, SPREAD, len(camp)) for middle in (x, y))
    names = [f"camp {number} no. {n % DEPOSITS + 1}" for n, number in enumerate(camp)]
    return gpd.GeoDataFrame(
        {"name": names, "camp": camp}, geometry=gpd.points_from_xy(x, y), crs=GRID.crs.proj
    )


def _layer(values: Field, long_name: str, units: str) -> xr.DataArray:
    on_grid = contract.on_grid(values.astype("float32"), GRID)
    return contract.describe(on_grid, long_name=long_name, units=units)
