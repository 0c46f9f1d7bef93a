"""The ground that holds the next deposit with a stated probability, as targets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.registry import TARGETS
from geoprospect.targets.extract import open_ground
from geoprospect.targets.patches import Shape, drawn

ROUNDING = 1e-6
"""By how much a level must exceed alpha, more than rounding to float32 can make of it."""


@TARGETS.register
def conformal_area(
    search_level: xr.DataArray,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    alpha: float,
    minimum_area: float,
    maximum_area: float | None = None,
    gap: float = 0.0,
    elongation: float | None = None,
    smoothing: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Polygons around the ground that misses a new deposit with a probability of *alpha* at most.

    Its size is what the known deposits, each scored by models that did not know it, ask
    for: all cells whose search level exceeds *alpha* [1]_. Dropping small targets and
    exclusions takes from that promise; the report tells what they cost.

    Computed on purpose; holds the cells above the level.

    Parameters
    ----------
    search_level : DataArray (y, x)
        Share of the known deposit clusters that score no higher [1]; the pipeline's
        ``search_area`` makes it.
    grid : GeoBox
        Grid of the map, in metres.
    exclusions : DataArray (y, x)
        Non-zero where no target may lie.
    alpha : float
        Probability of a miss, in (0, 1).
    minimum_area, maximum_area : float
        Smaller targets are dropped, larger ones cut [km2].
    gap, elongation, smoothing : float
        As in :func:`~geoprospect.targets.extract.top_fraction` [m; 1; m].

    Returns
    -------
    GeoDataFrame of Polygon or MultiPolygon
        ``id``, ``threshold`` and ``area_km2``. Levels are compared and not scores, so that
        ``threshold`` is unknown.

    Raises
    ------
    ContractError
        If the map is not on *grid*.
    DataError
        If *alpha* leaves no ground out, because there are too few clusters.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Vovk, V., Gammerman, A., Shafer, G. (2005). Algorithmic Learning in a
       Random World. Springer.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    shape = Shape(minimum_area, maximum_area, gap, elongation, smoothing)
    contract.check_layer(search_level, grid, "search_level")
    levels = open_ground(search_level, exclusions)
    least = float(np.nextafter(np.float32(alpha + ROUNDING), np.float32(1)))
    if _lowest(levels) > alpha + ROUNDING:
        raise DataError(
            f"at alpha {alpha:g} no ground can be left out, so the targets were the whole area; "
            "there are too few deposit clusters: raise alpha"
        )
    return drawn(levels, least, shape=shape, grid=grid, threshold=np.nan)


def _lowest(levels: xr.DataArray) -> float:
    """The lowest known level."""
    found = lazy.best(levels, 1.0)
    if found is None:
        raise DataError("no cell has a search level outside the exclusions")
    return found.threshold
