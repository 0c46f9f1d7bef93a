"""Background samples: cells of the area that are not known to hold a deposit."""

from __future__ import annotations

import logging
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect.kernels.nearness import neighbour_distances
from geoprospect.labels.drawing import Mask, Window, drawn
from geoprospect.labels.ground import Free, check_count, free_of, with_background
from geoprospect.labels.occurrences import CellsOf, occurrences, placed
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")

NO_GROUND = (
    "the study area, less exclusions, deposits and their buffers, is empty; make exclusions or "
    "the buffer smaller"
)


@LABELS.register
def uniform(
    deposits: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
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
    DataError
        If fewer than 5 deposits, or no background cell, can be used.

    References
    ----------
    .. [1] Mordelet, F., Vert, J.-P. (2014). A bagging SVM to learn from positive and
       unlabeled examples. Pattern Recognition Letters 37, 201-209.
    """
    check_count(count)
    samples = occurrences(
        deposits, grid=grid, area=area, cluster_distance=cluster_distance, weight=weight,
        year=year, cells=cells,
    )  # fmt: skip
    found = drawn(free_of(samples, grid), area, exclusions, grid=grid, count=count, seed=seed)
    return with_background(samples, found, count=count, policy="uniform", why=NO_GROUND)


@LABELS.register
def buffered(
    deposits: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    exclusion: float | Literal["auto"],
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
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
    exclusion : float or "auto"
        Cells whose centre is within this distance of a deposit are left out [m]. "auto"
        takes the distance within which every deposit has a neighbour, with 100 %
        probability by their own pattern [1]_, and says it.
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
    if exclusion != "auto" and not exclusion > 0:
        raise ValueError(f"exclusion must be positive, got {exclusion} m")
    check_count(count)
    samples = occurrences(
        deposits, grid=grid, area=area, cluster_distance=cluster_distance, weight=weight,
        year=year, cells=cells,
    )  # fmt: skip
    points = placed(deposits).representative_point().get_coordinates().to_numpy()
    if cells == "all":  # every cell of a polygon keeps its buffer
        points = np.concatenate([points, samples.geometry.get_coordinates().to_numpy()])
    radius = _certain(deposits) if exclusion == "auto" else exclusion
    free = Free(grid, samples["row"].to_numpy(), samples["column"].to_numpy(), points, radius)
    found = drawn(free, area, exclusions, grid=grid, count=count, seed=seed)
    return with_background(samples, found, count=count, policy="buffered", why=NO_GROUND)


def _certain(deposits: gpd.GeoDataFrame) -> float:
    """Distance within which every deposit has another: the longest one to a nearest neighbour."""
    points = placed(deposits).representative_point().get_coordinates().drop_duplicates()
    radius = float(neighbour_distances(points.to_numpy()).max())
    log.info("background keeps %.0f m from deposits: within it every deposit has another", radius)
    return radius


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
