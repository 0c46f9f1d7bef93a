"""Labels that come as a raster."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.labels.drawing import Mask, Window, centres, drawn
from geoprospect.labels.ground import check_count, with_background
from geoprospect.labels.occurrences import FEWEST, Cells, clusters
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")


@LABELS.register
def mapped(
    deposits: xr.DataArray,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    cluster_distance: float | None = None,
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits and background as a raster has them: 1, 0, and unlabelled where it has no value.

    Mapped ore bodies and ground known to be barren are labelled cell by cell; ground that
    nobody has looked at stays unlabelled and teaches nothing.

    Parameters
    ----------
    deposits : DataArray (y, x)
        1 deposit, 0 background, NaN neither; on the target grid.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells, drawn evenly from those labelled 0; all, where there
        are fewer.
    cluster_distance : float, optional
        Deposit cells linked by steps up to this are one cluster [m]; by default the
        diagonal of a cell, so that each connected body is one.
    seed : int
        The same seed draws the same cells.

    Returns
    -------
    GeoDataFrame
        Deposits first (``label`` 1, ``group`` their cluster, ``weight``: each cluster
        counts the same, 1 a cell on average), then background (``label`` 0, ``group`` -1,
        ``weight`` 1) at cell centres; ``row``, ``column``, ``policy``.

    Raises
    ------
    ContractError
        If *deposits* are not on the target grid.
    DataError
        If the raster holds other values, fewer than 5 deposit cells, or no background cell.
    ValueError
        If *cluster_distance* is negative.
    """
    check_count(count)
    if cluster_distance is not None and not cluster_distance >= 0:
        raise ValueError(f"cluster_distance must be 0 m or more, got {cluster_distance} m")
    contract.check_layer(deposits, grid, "deposits")
    rows, columns = _in_order(lazy.gathered(_ones, deposits, area))
    if len(rows) < FEWEST:
        raise DataError(
            f"the raster of labels has {len(rows)} deposit cells (value 1) inside the study area; "
            f"at least {FEWEST} are needed"
        )
    samples = centres(rows, columns, grid).assign(label=1)
    reach = cluster_distance
    if reach is None:
        reach = 1.001 * float(np.hypot(*contract.cell_size(grid)))
    group = clusters(samples, reach)
    weight = 1 / np.bincount(group)[group]
    samples = samples.assign(group=group, weight=weight / weight.mean())
    log.info("%d cells labelled as deposits form %d clusters", len(samples), group.max() + 1)
    background = drawn(_barren, area, exclusions, deposits, grid=grid, count=count, seed=seed)
    why = "no cell inside the study area and outside exclusions is labelled 0"
    return with_background(samples, background, count=count, policy="mapped", why=why)


def _ones(where: Window, labels: npt.NDArray[Any], area: npt.NDArray[Any]) -> Cells:
    """Rows and columns of the deposit cells of a block."""
    known = labels[~np.isnan(labels)]
    other = known[(known != 0) & (known != 1)]
    if other.size:
        raise DataError(
            f"the raster of labels holds {other[0]:g}; 1 is a deposit, 0 background, nodata neither"
        )
    rows, columns = np.nonzero((labels == 1) & ~np.isnan(area))
    return np.stack([rows + where[0].start, columns + where[1].start])


def _in_order(blocks: Iterable[Cells]) -> Cells:
    """Cells of all blocks, in order of row and column."""
    cells = np.concatenate([np.empty((2, 0), np.int64), *blocks], axis=1)
    order: Cells = cells[:, np.lexsort((cells[1], cells[0]))]
    return order


def _barren(
    where: Window,
    area: npt.NDArray[Any],
    exclusions: npt.NDArray[Any],
    labels: npt.NDArray[Any],
) -> Mask:
    return np.asarray(~np.isnan(area) & (exclusions != 1) & (labels == 0))
