"""The highest classes of a concentration-area curve, as targets."""

from __future__ import annotations

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels import fractal
from geoprospect.registry import TARGETS
from geoprospect.targets.extract import open_ground
from geoprospect.targets.patches import Shape, drawn


@TARGETS.register
def concentration_area_class(
    prospectivity: xr.DataArray,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    least: str = "high",
    seed: int,
    minimum_area: float,
    maximum_area: float | None = None,
    gap: float = 0.0,
    elongation: float | None = None,
    smoothing: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Polygons around the ground of a class of the map's concentration-area curve, or a higher one.

    The area above a score shrinks as a power of it; where the power changes, one kind of
    ground ends and another begins [1]_. The classes come from the map alone and know no
    deposit.

    Computed on purpose: goes through the map three times, and holds the cells chosen.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score, high where ore is likely [1].
    grid : GeoBox
        Grid of the map, in metres.
    exclusions : DataArray (y, x)
        Non-zero where no target may lie.
    least : str
        The lowest class that counts: "high", "moderate", "low" or "very low", as far as the
        curve has so many breaks.
    seed : int
        For the bootstrap ranges of the breaks, which move none of them.
    minimum_area, maximum_area : float
        Smaller targets are dropped, larger ones cut [km2].
    gap, elongation, smoothing : float
        As in :func:`~geoprospect.targets.extract.top_fraction` [m; 1; m].

    Returns
    -------
    GeoDataFrame of Polygon or MultiPolygon
        ``id``, ``threshold`` (the break, of the score) and ``area_km2``.

    Raises
    ------
    ContractError
        If the map is not on *grid*.
    DataError
        If the curve has no break, or too few for that class.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Cheng, Q., Agterberg, F.P., Ballantyne, S.B. (1994). The separation of
       geochemical anomalies from background by fractal methods. Journal of
       Geochemical Exploration 51, 109-130.
    """
    shape = Shape(minimum_area, maximum_area, gap, elongation, smoothing)
    contract.check_layer(prospectivity, grid, "prospectivity")
    scores = open_ground(prospectivity, exclusions)
    curve = lazy.bends(scores, seed=seed).curve
    if curve is None:
        raise DataError(
            "the concentration-area curve of the map has no break, so there is no class to make "
            "targets of; choose top_fraction instead"
        )
    names = fractal.CLASSES[len(curve.breaks)]
    if least not in names[1:]:
        raise DataError(
            f"the concentration-area curve of the map has {len(curve.breaks)} breaks and no class "
            f"{least!r} above the background{did_you_mean(least, names[1:])}"
        )
    threshold = float(curve.breaks[names.index(least) - 1])
    return drawn(scores, threshold, shape=shape, grid=grid, threshold=threshold)
