"""Ground above a stated score, as targets."""

from __future__ import annotations

import logging

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.registry import TARGETS
from geoprospect.targets.extract import open_ground
from geoprospect.targets.patches import Shape, drawn

log = logging.getLogger("geoprospect.targets")


@TARGETS.register
def fixed_threshold(
    prospectivity: xr.DataArray,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    threshold: float,
    minimum_area: float,
    maximum_area: float | None = None,
    gap: float = 0.0,
    elongation: float | None = None,
    smoothing: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Polygons around all ground that scores *threshold* or more.

    For a score whose scale means something by itself: a calibrated probability, or the
    score at which a rule was agreed upon. On scores of a model that was trained anew the
    same number marks other ground [1]_.

    Computed on purpose; holds the cells above the threshold.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score, or with ``prospectivity: probability`` the calibrated probability [1].
    grid : GeoBox
        Grid of the map, in metres.
    exclusions : DataArray (y, x)
        Non-zero where no target may lie.
    threshold : float
        The least score of a target's cells [1].
    minimum_area, maximum_area : float
        Smaller targets are dropped, larger ones cut [km2].
    gap, elongation, smoothing : float
        As in :func:`~geoprospect.targets.extract.top_fraction` [m; 1; m].

    Returns
    -------
    GeoDataFrame of Polygon or MultiPolygon
        ``id``, ``threshold`` and ``area_km2``.

    Raises
    ------
    ContractError
        If the map is not on *grid*.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must lie in (0, 1], got {threshold}")
    shape = Shape(minimum_area, maximum_area, gap, elongation, smoothing)
    contract.check_layer(prospectivity, grid, "prospectivity")
    scores = open_ground(prospectivity, exclusions)
    found = drawn(scores, threshold, shape=shape, grid=grid, threshold=threshold)
    if found.empty:
        log.warning(
            "There are no targets at a threshold of %g; lower it, or look at the map's highest "
            "scores.", threshold,
        )  # fmt: skip
    return found
