"""The best cells of a map, as polygons."""

from __future__ import annotations

import functools
import logging
import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import runs
from geoprospect.kernels.runs import Runs
from geoprospect.registry import TARGETS
from geoprospect.targets import outline

log = logging.getLogger("geoprospect.targets")

Scores = npt.NDArray[np.float32]


@TARGETS.register
def top_fraction(
    prospectivity: xr.DataArray,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    fraction: float,
    minimum_area: float,
    smoothing: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Polygons around the best *fraction* of the ground that can be explored.

    A threshold in area says how much ground there is to walk, whatever the
    scale of the score, and makes maps of different models comparable [1]_. The
    threshold is the highest score that at least *fraction* of the cells with a
    score and outside the exclusions reach; cells that tie with it are all in.
    Cells that share an edge form one target. Cells that touch at a corner only
    do not: such a neck can be neither drawn nor walked.

    Computed on purpose: goes through the map four times, block by block, and holds the
    cells above the threshold.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score, high where ore is likely [1].
    grid : GeoBox
        Grid of the map, in metres.
    exclusions : DataArray (y, x)
        Non-zero where no target may lie (protected areas, towns).
    fraction : float
        Share of the scored and not excluded area to be in or tied, in (0, 1].
    minimum_area : float
        Smaller groups of cells are dropped [km2].
    smoothing : float, optional
        Length along the outline over which stair-steps are averaged away [m];
        0 keeps the cell edges. Two cells if not given.

    Returns
    -------
    GeoDataFrame of Polygon, in the grid's CRS, without overlaps
        ``id`` (1, 2, ... from the north-west), ``threshold`` (of the score) and
        ``area_km2``. The area of the cells is kept to within a percent, or a
        sixth of a cell for each outline.

    Raises
    ------
    ContractError
        If a map is not on *grid*.
    DataError
        If no cell has a score outside the exclusions.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Chung, C.F. and Fabbri, A.G. (2003). Validation of spatial prediction
       models for landslide hazard mapping. Natural Hazards 30, 451-472.
    """
    _check_settings(fraction, minimum_area, smoothing)
    contract.check_layer(prospectivity, grid, "prospectivity")
    scores = _open_ground(prospectivity, exclusions)
    threshold = threshold_of(scores, fraction)
    found = _patches(scores, threshold, minimum_area / contract.cell_area_km2(grid))
    cells = 2.0 if smoothing is None else smoothing / math.sqrt(math.prod(contract.cell_size(grid)))
    drawn = outline.smooth([outline.of_runs(patch) for patch in found], cells)
    to_metres = grid.affine
    placed = shapely.transform(
        np.array(drawn, object),
        lambda p: p * [to_metres.a, to_metres.e] + [to_metres.c, to_metres.f],
    )
    return gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(drawn) + 1),
            "threshold": np.full(len(drawn), threshold),
            "area_km2": shapely.area(placed) / 1e6,
        },
        geometry=gpd.GeoSeries(placed, crs=grid.crs.proj),
    )


def threshold_of(scores: xr.DataArray, fraction: float) -> float:
    """The highest of the known *scores* that at least *fraction* of them reach."""
    found = lazy.best(scores, fraction)
    if found is None:
        raise DataError(
            "no cell has a score outside the exclusions, so there is nothing to make targets of; "
            "look at the exclusions and at the coverage of the layers"
        )
    reached = found.reached / found.known
    if reached > 1.2 * fraction + 1 / found.known:
        log.warning(
            "Many cells share the score %.4g, so that %.2g %% of the ground is in the targets "
            "instead of %.2g %%; a larger ensemble or model tells them apart.",
            found.threshold,
            100 * reached,
            100 * fraction,
        )
    return found.threshold


def _check_settings(fraction: float, minimum_area: float, smoothing: float | None) -> None:
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must lie in (0, 1], got {fraction}")
    if minimum_area < 0:
        raise ValueError(f"minimum_area must not be negative, got {minimum_area} km2")
    if smoothing is not None and smoothing < 0:
        raise ValueError(f"smoothing must not be negative, got {smoothing} m")


def _open_ground(prospectivity: xr.DataArray, exclusions: xr.DataArray) -> xr.DataArray:
    """The scores, lazy, with NaN where excluded."""
    scores, excluded = lazy.chunked(prospectivity), lazy.chunked(exclusions) > 0
    return scores.where(~excluded)


def _patches(scores: xr.DataArray, threshold: float, smallest: float) -> list[Runs]:
    """Edge-connected groups of cells that reach the threshold, of *smallest* cells or more."""
    chosen = runs.joined(lazy.gathered(functools.partial(_chosen, threshold), scores))
    patch = runs.patches(chosen)
    sizes = np.bincount(patch, weights=chosen[:, 2] - chosen[:, 1])
    keep = sizes >= smallest - 1e-6
    if not keep.any():
        log.warning(
            "None of the %d patches above the threshold reaches minimum_area (the largest has "
            "%d cells and %.0f are asked for), so there are no targets; lower minimum_area.",
            len(sizes),
            sizes.max(),
            smallest,
        )
    elif not keep.all():
        log.info(
            "%d of %d patches are below minimum_area and were dropped.",
            len(sizes) - keep.sum(),
            len(sizes),
        )
    kept = np.flatnonzero(keep[patch])
    order = kept[np.argsort(patch[kept], kind="stable")]
    ends = np.cumsum(np.bincount(patch, minlength=len(keep))[keep])
    return np.split(chosen[order], ends)[:-1]


def _chosen(threshold: float, where: tuple[slice, slice], scores: Scores) -> Runs:
    return runs.of_block(scores >= np.float32(threshold), where[0].start, where[1].start)
