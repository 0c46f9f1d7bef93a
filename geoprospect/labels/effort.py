"""Background drawn where people have looked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.labels.drawing import Window, drawn_by_weight
from geoprospect.labels.ground import Free, check_count, free_of, with_background
from geoprospect.labels.occurrences import CellsOf, occurrences, placed
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")


@LABELS.register
def target_group(
    deposits: gpd.GeoDataFrame,
    effort: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    bandwidth: float,
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits, and background cells drawn where people have looked, the more the more they did.

    Deposits are known where ground was explored. Background from anywhere lets a model
    score by telling explored ground from the rest; background with the same bias takes
    that lesson away [1]_.

    Parameters
    ----------
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS.
    effort : GeoDataFrame
        What exploration left: all occurrences of any commodity, drill holes, samples; in
        the grid's CRS. Of lines and polygons a point inside is taken; points outside the
        area still count.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells; where there are fewer, all are taken.
    bandwidth : float
        Distance at which a point of *effort* no longer counts [m]. A cell's chance is
        proportional to the density of points by a quartic kernel; farther from all of them
        than this no cell is drawn.
    cluster_distance : float, optional
        Deposits linked by steps up to this are one cluster [m]; by default the
        median distance from a deposit to its nearest neighbour.
    weight, year : str, optional
        Columns of the deposits with their weight (size, certainty) and year of discovery.
    cells : {"one", "all"}
        Whether a deposit drawn as a polygon is one cell or all of its cells.
    seed : int
        The same seed draws the same cells.

    Returns
    -------
    GeoDataFrame
        Deposits first (``label`` 1, ``group`` their cluster), then background
        (``label`` 0, ``group`` -1) at cell centres; ``row``, ``column``, ``policy``,
        and ``weight`` and ``year`` where they were asked for.

    Raises
    ------
    ContractError
        If *deposits* or *effort* are not in the grid's CRS.
    DataError
        If there is no effort, fewer than 5 deposits, or no background cell can be used.
    ValueError
        If *bandwidth* is not positive.

    References
    ----------
    .. [1] Phillips, S.J., et al. (2009). Sample selection bias and presence-only
       distribution models: implications for background and pseudo-absence data.
       Ecological Applications 19, 181-197.
    """
    if not bandwidth > 0:
        raise ValueError(f"bandwidth must be positive, got {bandwidth} m")
    check_count(count)
    contract.check_crs(effort, grid, "the table of exploration effort")
    points = placed(effort).representative_point().get_coordinates().to_numpy()
    if not len(points):
        raise DataError("effort: there are no points to tell where people have looked")
    samples = occurrences(
        deposits, grid=grid, area=area, cluster_distance=cluster_distance, weight=weight,
        year=year, cells=cells,
    )  # fmt: skip
    looked = _Effort(free_of(samples, grid), _in_cells(points, grid), bandwidth)
    drawn = drawn_by_weight(looked, area, exclusions, grid=grid, count=count, seed=seed)
    log.info(
        "background is drawn by the density of %d points of effort within %g m", len(points),
        bandwidth,
    )  # fmt: skip
    why = "none lies within the bandwidth of a point of effort; widen it, or give more points"
    return with_background(samples, drawn, count=count, policy="target_group", why=why)


@dataclass(frozen=True)
class _Effort:
    """Density of effort at each cell where background may be drawn, 0 elsewhere."""

    free: Free
    points: npt.NDArray[np.float64]
    """Row and column of each point [cells]."""
    bandwidth: float

    def __call__(
        self, where: Window, area: npt.NDArray[Any], exclusions: npt.NDArray[Any]
    ) -> npt.NDArray[np.float64]:
        """Sum of the quartic kernel over all points, at the free cells of a block."""
        from geoprospect.kernels import lines  # numba, which takes a second to import

        rows, columns = where
        window = (rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        cell = contract.cell_size(self.free.grid)
        sums = lines.quartic_sums(self.points, window, cell, self.bandwidth)
        return np.where(self.free(where, area, exclusions), sums, 0.0)


def _in_cells(points: npt.NDArray[np.float64], grid: GeoBox) -> npt.NDArray[np.float64]:
    columns, rows = ~grid.affine * (points[:, 0], points[:, 1])
    return np.stack([rows, columns], axis=1)
