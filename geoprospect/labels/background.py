"""Background samples: cells of the area that are not known to hold a deposit."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.labels.drawing import Mask, Window, drawn
from geoprospect.labels.occurrences import Cells, occurrences
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")


@LABELS.register
def uniform(
    deposits: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    cluster_distance: float | None = None,
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits, and background cells drawn evenly over the study area.

    Background is unlabelled ground, not barren ground: some of it may hold
    deposits yet to be found [1]_. An even draw asks the plainest question, what
    sets deposits apart from the ground at large.

    Parameters
    ----------
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells; where there are fewer, all are taken.
    cluster_distance : float, optional
        Deposits linked by steps up to this are one cluster [m]; by default the
        median distance from a deposit to its nearest neighbour.
    seed : int
        The same seed draws the same cells.

    Returns
    -------
    GeoDataFrame
        Deposits first (``label`` 1, ``group`` their cluster), then background
        (``label`` 0, ``group`` -1) at cell centres; ``row``, ``column``.

    Raises
    ------
    DataError
        If fewer than 5 deposits, or no background cell, can be used.

    References
    ----------
    .. [1] Mordelet, F., Vert, J.-P. (2014). A bagging SVM to learn from positive and
       unlabeled examples. Pattern Recognition Letters 37, 201-209.
    """
    samples = occurrences(deposits, grid=grid, area=area, cluster_distance=cluster_distance)
    free = _Free(grid, samples["row"].to_numpy(), samples["column"].to_numpy())
    return _with_background(samples, free, area, exclusions, count, seed)


@LABELS.register
def buffered(
    deposits: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    exclusion: float,
    cluster_distance: float | None = None,
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits, and background cells drawn away from them.

    Ground beside a deposit is often altered by the same system; calling it
    background blurs the contrast. A buffer leaves it out, at the price that the
    model never learns what sets a deposit apart from its own surroundings [1]_.

    Parameters
    ----------
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS; those outside the area keep their buffer.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells; where there are fewer, all are taken.
    exclusion : float
        Cells whose centre is within this distance of a deposit are left out [m].
    cluster_distance : float, optional
        Deposits linked by steps up to this are one cluster [m]; by default the
        median distance from a deposit to its nearest neighbour.
    seed : int
        The same seed draws the same cells.

    Returns
    -------
    GeoDataFrame
        Deposits first (``label`` 1, ``group`` their cluster), then background
        (``label`` 0, ``group`` -1) at cell centres; ``row``, ``column``.

    Raises
    ------
    DataError
        If fewer than 5 deposits, or no background cell, can be used.
    ValueError
        If *exclusion* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M., Hale, M., Faassen, C. (2008). Selection of coherent
       deposit-type locations and their application in data-driven mineral
       prospectivity mapping. Ore Geology Reviews 33, 536-558.
    """
    if not exclusion > 0:
        raise ValueError(f"exclusion must be positive, got {exclusion} m")
    samples = occurrences(deposits, grid=grid, area=area, cluster_distance=cluster_distance)
    placed = deposits[~(deposits.geometry.isna() | deposits.geometry.is_empty)]
    points = placed.representative_point().get_coordinates().to_numpy()
    own = samples["row"].to_numpy(), samples["column"].to_numpy()
    free = _Free(grid, *own, points, exclusion)
    return _with_background(samples, free, area, exclusions, count, seed)


def area_sample(*, grid: GeoBox, area: xr.DataArray, count: int, seed: int) -> gpd.GeoDataFrame:
    """
    Cells drawn evenly over the study area, deposits or not, to stand for it.

    Returns
    -------
    GeoDataFrame
        Cell centres with ``row`` and ``column``; all cells where *count* is more.
    """
    return drawn(_inside, area, grid=grid, count=count, seed=seed)


def _inside(where: Window, area: npt.NDArray[Any]) -> Mask:
    inside: Mask = ~np.isnan(area)
    return inside


@dataclass(frozen=True)
class _Free:
    """Where background may be drawn: inside, not excluded, no deposit's own cell or buffer."""

    grid: GeoBox
    rows: Cells
    columns: Cells
    points: npt.NDArray[np.float64] | None = None
    """Centres of the buffers, (points, 2), in the grid's CRS."""
    distance: float = 0.0

    def __call__(self, where: Window, area: npt.NDArray[Any], exclusions: npt.NDArray[Any]) -> Mask:
        free: Mask = ~np.isnan(area) & (exclusions != 1)
        (top, bottom), (left, right) = ((s.start, s.stop) for s in where)
        own = (self.rows >= top) & (self.rows < bottom)
        own &= (self.columns >= left) & (self.columns < right)
        free[self.rows[own] - top, self.columns[own] - left] = False
        if self.points is not None:
            free &= ~_near(self.points, self.grid, where, self.distance)
        return free


def _near(points: npt.NDArray[np.float64], grid: GeoBox, where: Window, distance: float) -> Mask:
    """Cells of a block whose centre is within *distance* [m] of a point; exact."""
    near = np.zeros([s.stop - s.start for s in where], bool)
    height, width = contract.cell_size(grid)
    for x, y in points:
        column, row = ~grid.affine * (x, y)
        rows = _reach(row, distance / height, where[0])
        columns = _reach(column, distance / width, where[1])
        dy = (np.arange(rows.start, rows.stop) + 0.5 - row) * height
        dx = (np.arange(columns.start, columns.stop) + 0.5 - column) * width
        here = tuple(
            slice(s.start - w.start, s.stop - w.start)
            for s, w in zip((rows, columns), where, strict=True)
        )
        near[here] |= np.hypot(dy[:, None], dx[None, :]) <= distance
    return near


def _reach(middle: float, reach: float, within: slice) -> slice:
    start = min(max(math.floor(middle - reach), within.start), within.stop)
    return slice(start, max(start, min(math.ceil(middle + reach) + 1, within.stop)))


def _with_background(
    samples: gpd.GeoDataFrame,
    free: _Free,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    seed: int,
) -> gpd.GeoDataFrame:
    if count < 1:
        raise ValueError(f"count must be 1 cell or more, got {count}")
    background = drawn(free, area, exclusions, grid=free.grid, count=count, seed=seed)
    if background.empty:
        raise DataError(
            "no cell is left for background: the study area, less exclusions, deposits and "
            "their buffers, is empty; make exclusions or the buffer smaller"
        )
    if len(background) < count:
        log.warning("only %d cells can be background, %d were asked for", len(background), count)
    frames = [samples, background.assign(label=0, group=-1)]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=samples.crs)
