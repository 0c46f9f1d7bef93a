"""How the maps of an ensemble's members add up, in one pass and few numbers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import logit

from geoprospect import contract, lazy

Window = tuple[slice, slice]
Counts = npt.NDArray[np.int64]

FARTHEST, A_UNIT = 40, 128
"""Log-odds beyond which all count alike, and bins to each unit of them."""


@dataclass(frozen=True)
class Tally:
    """
    Cells of all members' maps by their log-odds: ``counts`` (bins,), about ``log_odds`` (bins,).

    ``maps`` is how many there are, ``cells`` how many have a value in the first, ``known`` those
    of them that hold a known deposit.
    """

    counts: Counts
    maps: int
    cells: int
    known: int

    @property
    def log_odds(self) -> npt.NDArray[np.float64]:
        """Middle of each bin."""
        edges = np.linspace(-FARTHEST, FARTHEST, len(self.counts) + 1)
        middles: npt.NDArray[np.float64] = (edges[1:] + edges[:-1]) / 2
        return middles


def tally(maps: xr.Dataset, deposits: gpd.GeoDataFrame) -> Tally:
    """
    How many cells of the members' maps have which log-odds, and how many hold a deposit.

    What a change of prior does to the sum of all cells follows from these few numbers, without
    scoring the cells again. Goes through the maps once, block by block; counts are whole
    numbers, so that blocks change nothing. Computed on purpose.

    Parameters
    ----------
    maps : Dataset of DataArray (y, x)
        One variable for each member, in [0, 1] [1].
    deposits : GeoDataFrame of points
        Known deposits, in the maps' CRS.

    Returns
    -------
    Tally

    Raises
    ------
    ContractError
        If deposits are in another CRS.
    """
    grid = contract.grid_of(maps)
    contract.check_crs(deposits, grid, "the known deposits")
    rows, columns, inside = contract.cells_at(deposits.geometry.x, deposits.geometry.y, grid)
    places = np.unique(np.column_stack([rows[inside], columns[inside]]), axis=0)
    counts = np.zeros(2 * FARTHEST * A_UNIT, np.int64)
    cells = known = 0
    of_block = functools.partial(_of_block, places)
    for found, mine, held in lazy.gathered(of_block, *maps.values()):
        counts, cells, known = counts + found, cells + mine, known + held
    return Tally(counts, len(maps), cells, known)


def _of_block(
    places: npt.NDArray[np.int64], where: Window, *maps: npt.NDArray[np.float32]
) -> tuple[Counts, int, int]:
    counts = sum(_binned(one[~np.isnan(one)]) for one in maps)
    corner = np.array([where[0].start, where[1].start])
    mine = places - corner
    mine = mine[((mine >= 0) & (mine < maps[0].shape)).all(axis=1)]
    known = ~np.isnan(maps[0])
    return np.asarray(counts), int(known.sum()), int(known[mine[:, 0], mine[:, 1]].sum())


def _binned(values: npt.NDArray[np.float32]) -> Counts:
    bins = 2 * FARTHEST * A_UNIT
    with np.errstate(divide="ignore"):
        at = (logit(values.astype(float)).clip(-FARTHEST, FARTHEST) + FARTHEST) * A_UNIT
    found: Counts = np.bincount(np.minimum(at.astype(np.int64), bins - 1), minlength=bins)
    return found
