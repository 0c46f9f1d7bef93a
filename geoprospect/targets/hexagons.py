"""Hexagons of the H3 grid."""

from __future__ import annotations

import geopandas as gpd
import shapely

from geoprospect.errors import DataError
from geoprospect.targets.tilings import TILINGS, Bounds

CRS = "EPSG:4326"
MOST = 100_000


@TILINGS.register
def h3_cells(*, bounds: Bounds, resolution: int) -> gpd.GeoDataFrame:
    """
    Hexagons of the H3 grid that reach into *bounds*.

    Cells of about one size, whose numbers mean the same everywhere: what several companies or
    years know of an area can be put side by side [1]_.

    Parameters
    ----------
    bounds : (west, south, east, north)
        Filled in by the pipeline: where the study area lies [degrees, WGS 84].
    resolution : int
        0 to 15; the average cell is 36.1 km2 at 6, 5.16 km2 at 7 and 0.737 km2 at 8.

    Returns
    -------
    GeoDataFrame of Polygon in EPSG:4326
        ``h3``, the index of each cell, in their order.

    Raises
    ------
    DataError
        If the package h3 is not installed, or there would be more than 100,000 cells.
    ValueError
        If there is no such resolution.

    References
    ----------
    .. [1] Brodsky, I. (2018). H3: Uber's hexagonal hierarchical spatial index. https://h3geo.org
    """
    if not 0 <= resolution <= 15:
        raise ValueError(f"resolution must be 0 to 15, got {resolution}")
    try:
        import h3  # type: ignore[import-untyped]
    except ImportError:
        raise DataError(
            'H3 cells need the package h3, which is not installed: pip install "geoprospect[h3]"'
        ) from None
    west, south, east, north = bounds
    about = shapely.box(*bounds).area * 111.2**2 / h3.average_hexagon_area(resolution, unit="km^2")
    if about > MOST:
        raise DataError(
            f"the study area takes some {about:,.0f} H3 cells at resolution {resolution}; choose a "
            "lower one"
        )
    ring = [(south, west), (south, east), (north, east), (north, west)]
    found = h3.polygon_to_cells_experimental(h3.LatLngPoly(ring), resolution, contain="overlap")
    cells = sorted(found)
    outlines = [
        shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells
    ]
    return gpd.GeoDataFrame({"h3": cells}, geometry=outlines, crs=CRS)
