"""Where the expected deposits are: shared out over targets or survey areas, to the last one."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels.poisson_binomial import whole
from geoprospect.language import marked
from geoprospect.resources.deposits import DepositNumber
from geoprospect.resources.endowment import undiscovered

log = logging.getLogger("geoprospect.resources")

Window = tuple[slice, slice]
Burn = Callable[[Window], tuple[npt.NDArray[np.int32], int]]

REST = marked("elsewhere")
"""What ground outside all areas is called."""


def allocated(
    chance: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    number: DepositNumber,
    label: str,
    grid: GeoBox,
) -> pd.DataFrame:
    """
    Expected number of undiscovered deposits in each target or survey area, and elsewhere.

    The estimate's mean is shared out by the cells' probability of an undiscovered
    deposit, so that a licence gets what its ground deserves and all together get
    the mean, no more. A cell belongs to the area its centre lies in, and of areas that
    overlap to the one that comes first, which is said.

    Goes through the map once, block by block. Computed on purpose.

    Parameters
    ----------
    chance : DataArray (y, x)
        Probability of an undiscovered deposit in the cell [1], as
        :func:`geoprospect.resources.endowment.undiscovered` gives it. NaN counts as 0.
    areas : GeoDataFrame of polygons
        In the grid's CRS.
    number : DepositNumber
        Whose mean is shared out.
    label : str
        Column of *areas* that names them.
    grid : GeoBox

    Returns
    -------
    DataFrame
        ``label``, ``share`` [1], ``expected`` deposits and ``chance`` of one at least if
        deposits fall independently of each other [1], one row for each area in its order
        and one, ``elsewhere``, for all other ground. ``expected`` sums to the mean.

    Raises
    ------
    ContractError
        If the map is not on *grid* or areas are in another CRS.
    DataError
        If there is no column *label*, or no cell has a chance.
    """
    contract.check_layer(chance, grid, "the chance of a deposit")
    contract.check_crs(areas, grid, "the areas")
    if label not in areas.columns:
        known = did_you_mean(label, (str(one) for one in areas.columns))
        raise DataError(f"the areas have no column {label!r}{known}")
    burn = functools.partial(_burned, [*areas.geometry], grid)
    of_block = functools.partial(_of_block, burn, len(areas))
    sums, twice = np.zeros(len(areas) + 1, object), 0
    for found, over in lazy.gathered(of_block, chance):
        sums, twice = sums + found, twice + over
    if twice:
        log.warning("areas overlap in %d cells, which count for the area that comes first", twice)
    total = sum(sums)
    if not total:
        raise DataError("no cell has a chance of an undiscovered deposit to share out")
    share = np.array([float(one) / float(total) for one in sums])
    expected = number.mean * share
    expected[-1] = max(0.0, number.mean - float(expected[:-1].sum()))
    return pd.DataFrame(
        {"label": [*areas[label].astype(str), REST], "share": share, "expected": expected,
         "chance": [_one_at_least(number, float(one)) for one in share]}
    )  # fmt: skip


def chance_of_undiscovered(
    probability: xr.DataArray, completeness: xr.DataArray, *, label_frequency: float
) -> xr.DataArray:
    """
    Probability of an undiscovered deposit in each cell [1], from one calibrated map.

    Parameters
    ----------
    probability : DataArray (y, x)
        Calibrated probability of a known deposit [1].
    completeness : DataArray (y, x)
        Probability that a deposit would be known already [1].
    label_frequency : float
        Share of all deposits that are known, in (0, 1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where either is.
    """
    cube = xr.Dataset({"probability": probability, "completeness": completeness})
    made = lazy.from_cube(
        _chance, cube, ["probability", "completeness"], ["chance"], label_frequency
    )
    return contract.describe(
        made["chance"], long_name="probability of an undiscovered deposit", units="1"
    )


def _chance(layers: npt.NDArray[np.float32], frequency: float) -> npt.NDArray[np.float32]:
    probability, completeness = layers.astype(float)
    found = undiscovered(np.minimum(probability / frequency, 1), completeness)
    return found.astype("float32")[None]


def _one_at_least(number: DepositNumber, share: float) -> float:
    """P(one or more of the deposits lie in an area that each falls into with this chance)."""
    return float(1 - (1 - min(share, 1.0)) ** number.n.astype(float) @ number.p)


def _of_block(
    burn: Burn, count: int, where: Window, chance: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[Any], int]:
    """Of each area and of the rest the summed chances [UNIT]; cells in several areas."""
    codes, over = burn(where)
    known = chance.astype(float)
    return np.array([whole(known[codes == k]) for k in range(count + 1)], object), int(over)


def _burned(outlines: list[Any], grid: GeoBox, where: Window) -> tuple[npt.NDArray[np.int32], int]:
    """Number of the first area at the centre of each cell, else their count; cells in several."""
    from rasterio.features import rasterize

    window = grid[where]
    codes = np.full(window.shape, len(outlines), np.int32)
    over = 0
    box = shapely.box(*window.boundingbox.bbox)
    for k in np.flatnonzero(shapely.intersects(outlines, box)):
        inside = rasterize([(outlines[k], 1)], window.shape, transform=window.affine, dtype="uint8")
        free = codes == len(outlines)
        over += int((inside.astype(bool) & ~free).sum())
        codes[inside.astype(bool) & free] = k
    return codes, over
