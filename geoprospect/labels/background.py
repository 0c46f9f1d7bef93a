"""Background samples: cells of the area that are not known to hold a deposit."""

from __future__ import annotations

import logging
import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.labels.occurrences import Cells, occurrences
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")

Mask = npt.NDArray[np.bool_]


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
    free = _free(samples, area, exclusions)
    return _with_background(samples, free, grid, count, seed)


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
    free = _free(samples, area, exclusions)
    placed = deposits[~(deposits.geometry.isna() | deposits.geometry.is_empty)]
    free &= ~_near(placed.representative_point(), grid, exclusion)
    return _with_background(samples, free, grid, count, seed)


def area_sample(*, grid: GeoBox, area: xr.DataArray, count: int, seed: int) -> gpd.GeoDataFrame:
    """
    Cells drawn evenly over the study area, deposits or not, to stand for it.

    Returns
    -------
    GeoDataFrame
        Cell centres with ``row`` and ``column``; all cells where *count* is more.
    """
    return _drawn(_inside(area), grid, count, seed)


def _inside(area: xr.DataArray) -> Mask:
    """The study area, whole, at one byte a cell: all later work on cells starts from it."""
    (inside,) = lazy.compute(~np.isnan(lazy.chunked(area).data))
    return np.asarray(inside)


def _free(samples: gpd.GeoDataFrame, area: xr.DataArray, exclusions: xr.DataArray) -> Mask:
    """Where background may be drawn: inside, not excluded, no deposit's own cell."""
    inside, closed = ~np.isnan(lazy.chunked(area).data), lazy.chunked(exclusions).data == 1
    (free,) = lazy.compute(inside & ~closed)
    free = np.array(free)
    free[samples["row"], samples["column"]] = False
    return free


def _near(points: gpd.GeoSeries, grid: GeoBox, distance: float) -> Mask:
    """Cells whose centre is within *distance* [m] of a point; exact, a window for each point."""
    near = np.zeros(grid.shape, bool)
    height, width = contract.cell_size(grid)
    for x, y in zip(points.x, points.y, strict=True):
        column, row = ~grid.affine * (x, y)
        rows = _reach(row, distance / height, grid.shape[0])
        columns = _reach(column, distance / width, grid.shape[1])
        dy = (np.arange(rows.start, rows.stop) + 0.5 - row) * height
        dx = (np.arange(columns.start, columns.stop) + 0.5 - column) * width
        near[rows, columns] |= np.hypot(dy[:, None], dx[None, :]) <= distance
    return near


def _reach(middle: float, reach: float, length: int) -> slice:
    start = min(max(math.floor(middle - reach), 0), length)
    return slice(start, max(start, min(math.ceil(middle + reach) + 1, length)))


def _with_background(
    samples: gpd.GeoDataFrame, free: Mask, grid: GeoBox, count: int, seed: int
) -> gpd.GeoDataFrame:
    if count < 1:
        raise ValueError(f"count must be 1 cell or more, got {count}")
    if not free.any():
        raise DataError(
            "no cell is left for background: the study area, less exclusions, deposits and "
            "their buffers, is empty; make exclusions or the buffer smaller"
        )
    background = _drawn(free, grid, count, seed).assign(label=0, group=-1)
    if len(background) < count:
        log.warning("only %d cells can be background, %d were asked for", len(background), count)
    frames = [samples, background]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=samples.crs)


def _drawn(free: Mask, grid: GeoBox, count: int, seed: int) -> gpd.GeoDataFrame:
    """Up to *count* of the free cells, none twice, in order of row and column."""
    in_row = np.count_nonzero(free, axis=1)
    total = int(in_row.sum())
    generator = np.random.default_rng(seed)
    picked = np.sort(generator.choice(total, min(count, total), replace=False))
    rows, columns = _cells_at(free, in_row, picked)
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    centres = gpd.points_from_xy(x, y)
    return gpd.GeoDataFrame({"row": rows, "column": columns}, geometry=centres, crs=grid.crs.proj)


def _cells_at(free: Mask, in_row: Cells, picked: Cells) -> tuple[Cells, Cells]:
    """Row and column of the free cells with these numbers, counted row by row."""
    ends = np.cumsum(in_row)
    rows = np.searchsorted(ends, picked, side="right")
    columns = np.empty_like(rows)
    for row in np.unique(rows):
        here = rows == row
        before = ends[row] - in_row[row]
        columns[here] = np.flatnonzero(free[row])[picked[here] - before]
    return rows, columns
