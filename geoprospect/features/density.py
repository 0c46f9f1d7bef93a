"""How much of a feature there is about each cell."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.features import edges, sources
from geoprospect.registry import FEATURES


@FEATURES.register
def line_density(source: gpd.GeoDataFrame, *, grid: GeoBox, radius: float) -> xr.DataArray:
    """
    Length of lines within a circle about each cell, over the circle's area [km km-2].

    Closely spaced faults and fractures let fluids through and give ore room to
    settle; their density stands for the permeability of the rock [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Lines in the grid's CRS. Lines beyond the edge of the grid still count;
        two lines over each other count twice.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Exact: the length of the chords that the circle cuts. 0 where there are
        no lines.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than lines.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("radius", radius, "m")
    shapes = sources.only(sources.located(source, grid), sources.LINES, "line_density", "lines")
    near, rim = edges.finder(edges.outlines(shapes, grid)), edges.margin(radius, grid)
    per_km2 = 1000.0 / (math.pi * radius**2)

    def window_density(window: GeoBox) -> lazy.Block:
        from geoprospect.kernels import lines  # numba, which takes a second to import

        cells = edges.place(window, grid)
        found = near(edges.widened(cells, *rim))
        metres = lines.lengths_in_circles(found, cells, contract.cell_size(grid), radius)
        return (metres * per_km2).astype("float32")

    return contract.describe(
        lazy.from_grid(window_density, grid),
        long_name=f"density of {sources.called(source, 'lines')} within {radius:g} m",
        units="km km-2",
    )


@FEATURES.register
def point_density(source: gpd.GeoDataFrame, *, grid: GeoBox, radius: float) -> xr.DataArray:
    """
    Number of points within a circle about each cell, over the circle's area [km-2].

    Vents, veins, old workings and springs come in swarms where a mineral
    system was at work [1]_. Where points are samples, it shows how closely the
    ground was looked at.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS. Points beyond the edge of the grid still
        count; two points at one place count twice.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 where there are no points.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than points.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    sources.positive("radius", radius, "m")
    shapes = sources.only(sources.located(source, grid), sources.POINTS, "point_density", "points")
    points, rim = edges.in_cells(shapely.get_coordinates(shapes), grid), edges.margin(radius, grid)
    near = edges.finder(np.hstack([points, points]))
    per_km2 = 1e6 / (math.pi * radius**2)

    def window_density(window: GeoBox) -> lazy.Block:
        from geoprospect.kernels import lines  # numba, which takes a second to import

        cells = edges.place(window, grid)
        found = near(edges.widened(cells, *rim))[:, :2]
        count = lines.points_in_circles(found, cells, contract.cell_size(grid), radius)
        return (count * per_km2).astype("float32")

    return contract.describe(
        lazy.from_grid(window_density, grid),
        long_name=f"density of {sources.called(source, 'points')} within {radius:g} m",
        units="km-2",
    )
