"""The best cells of a map, as polygons."""

from __future__ import annotations

import logging
import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import ndimage

from geoprospect import contract, lazy
from geoprospect.errors import DataError
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

    Computed on purpose: holds the whole map about three times over.

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
    threshold = threshold_of(scores[~np.isnan(scores)], fraction)
    labels = _patches(scores >= threshold, minimum_area / contract.cell_area_km2(grid))
    found = outline.polygons(labels)
    cells = 2.0 if smoothing is None else smoothing / math.sqrt(math.prod(contract.cell_size(grid)))
    drawn = outline.smooth([found[number] for number in sorted(found)], cells)
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


def threshold_of(scores: Scores, fraction: float) -> float:
    """The highest of *scores* that at least *fraction* of them reach (the array is reordered)."""
    count = max(1, math.ceil(fraction * scores.size - 1e-9))
    scores.partition(scores.size - count)
    threshold = float(scores[scores.size - count])
    reached = np.count_nonzero(scores >= threshold) / scores.size
    if reached > 1.2 * fraction + 1 / scores.size:
        log.warning(
            "Many cells share the score %.4g, so that %.2g %% of the ground is in the targets "
            "instead of %.2g %%; a larger ensemble or model tells them apart.",
            threshold,
            100 * reached,
            100 * fraction,
        )
    return threshold


def _check_settings(fraction: float, minimum_area: float, smoothing: float | None) -> None:
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must lie in (0, 1], got {fraction}")
    if minimum_area < 0:
        raise ValueError(f"minimum_area must not be negative, got {minimum_area} km2")
    if smoothing is not None and smoothing < 0:
        raise ValueError(f"smoothing must not be negative, got {smoothing} m")


def _open_ground(prospectivity: xr.DataArray, exclusions: xr.DataArray) -> Scores:
    """The scores, computed, with NaN where excluded."""
    scores: Scores
    scores, excluded = lazy.compute(
        lazy.chunked(prospectivity).data, (lazy.chunked(exclusions) > 0).data
    )
    scores[excluded] = np.nan
    if np.isnan(scores).all():
        raise DataError(
            "no cell has a score outside the exclusions, so there is nothing to make targets of; "
            "look at the exclusions and at the coverage of the layers"
        )
    return scores


def _patches(chosen: npt.NDArray[np.bool_], smallest: float) -> outline.Cells:
    """Chosen cells numbered by edge-connected group; 0 in groups below *smallest* cells."""
    labels = np.empty(chosen.shape, np.int32)
    count = ndimage.label(chosen, output=labels)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    keep = sizes >= smallest - 1e-6
    keep[0] = False
    kept = int(keep.sum())
    if kept == 0:
        log.warning(
            "None of the %d patches above the threshold reaches minimum_area (the largest has "
            "%d cells and %.0f are asked for), so there are no targets; lower minimum_area.",
            count,
            sizes[1:].max(),
            smallest,
        )
    elif kept < count:
        log.info("%d of %d patches are below minimum_area and were dropped.", count - kept, count)
    renumbered = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    for row in labels:  # a second array of this size would be the largest thing in memory
        row[:] = renumbered[row]
    return labels
