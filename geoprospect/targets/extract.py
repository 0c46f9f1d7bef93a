"""The best share of the ground, as targets."""

from __future__ import annotations

import logging

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.registry import TARGETS
from geoprospect.targets.patches import Shape, drawn

log = logging.getLogger("geoprospect.targets")


@TARGETS.register
def top_fraction(
    prospectivity: xr.DataArray,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    fraction: float,
    minimum_area: float,
    maximum_area: float | None = None,
    gap: float = 0.0,
    elongation: float | None = None,
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
        Smaller targets are dropped [km2].
    maximum_area : float, optional
        Larger groups of cells are cut across their length into equal pieces; twice
        *minimum_area* or more [km2].
    gap : float
        Groups of cells no farther apart, edge to edge, are one target of several parts,
        unless together they exceed *maximum_area*; 0 keeps all apart [m].
    elongation : float, optional
        Groups longer than this many times their width (length squared over area) are cut
        across into equal pieces, along the structure that they follow; no piece is
        made smaller than *minimum_area*.
    smoothing : float, optional
        Length along the outline over which stair-steps are averaged away [m];
        0 keeps the cell edges. Two cells if not given.

    Returns
    -------
    GeoDataFrame of Polygon, in the grid's CRS, without overlaps
        ``id`` (1, 2, ... from the north-west), ``threshold`` (of the score) and
        ``area_km2``; MultiPolygon where groups are merged. The area of the cells is
        kept to within a percent, or a sixth of a cell for each outline.

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
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must lie in (0, 1], got {fraction}")
    shape = Shape(minimum_area, maximum_area, gap, elongation, smoothing)
    contract.check_layer(prospectivity, grid, "prospectivity")
    scores = open_ground(prospectivity, exclusions)
    threshold = threshold_of(scores, fraction)
    return drawn(scores, threshold, shape=shape, grid=grid, threshold=threshold)


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


def open_ground(prospectivity: xr.DataArray, exclusions: xr.DataArray) -> xr.DataArray:
    """The scores, lazy, with NaN where excluded."""
    scores, excluded = lazy.chunked(prospectivity), lazy.chunked(exclusions) > 0
    return scores.where(~excluded)
