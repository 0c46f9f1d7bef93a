"""Ground where background may be drawn, and samples made of deposits and background."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.labels.drawing import Mask, Window
from geoprospect.labels.occurrences import Cells

log = logging.getLogger("geoprospect.labels")


@dataclass(frozen=True)
class Free:
    """Where background may be drawn: inside, not excluded, no deposit's own cell or buffer."""

    grid: GeoBox
    rows: Cells
    columns: Cells
    points: npt.NDArray[np.float64] | None = None
    """Centres of the buffers, (points, 2), in the grid's CRS."""
    distance: float = 0.0

    def __call__(self, where: Window, area: npt.NDArray[Any], exclusions: npt.NDArray[Any]) -> Mask:
        """Which cells of a block, by its rows and columns and its blocks of both layers."""
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


def free_of(samples: gpd.GeoDataFrame, grid: GeoBox) -> Free:
    """Everywhere inside but in excluded cells and the deposits' own."""
    return Free(grid, samples["row"].to_numpy(), samples["column"].to_numpy())


def check_count(count: int) -> None:
    """Raise a ValueError unless there is background to draw."""
    if count < 1:
        raise ValueError(f"count must be 1 cell or more, got {count}")


def with_background(
    samples: gpd.GeoDataFrame, background: gpd.GeoDataFrame, *, count: int, policy: str, why: str
) -> gpd.GeoDataFrame:
    """
    Deposits first, then background (``label`` 0, ``group`` -1), with the ``policy`` of all.

    Background weighs 1 each where deposits have weights. *why* says what leaves no cell
    for background, and what to do.
    """
    if background.empty:
        raise DataError(f"no cell is left for background: {why}")
    if len(background) < count:
        log.warning("only %d cells can be background, %d were asked for", len(background), count)
    drawn = background.assign(label=0, group=-1)
    if "weight" in samples:
        drawn = drawn.assign(weight=1.0)
    both = pd.concat([samples, drawn], ignore_index=True).assign(policy=policy)
    return gpd.GeoDataFrame(both, crs=samples.crs)
