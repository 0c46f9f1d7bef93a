"""How much of a feature there is about each cell."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
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
    return contract.describe(
        counted(shapely.get_coordinates(shapes), grid, radius),
        long_name=f"density of {sources.called(source, 'points')} within {radius:g} m",
        units="km-2",
    )


@FEATURES.register
def kernel_density(source: gpd.GeoDataFrame, *, grid: GeoBox, bandwidth: float) -> xr.DataArray:
    """
    Density of points about each cell, near ones counting more, by a quartic kernel [km-2].

    Smooth where a count within a circle jumps as a point enters it: a picture of
    how closely vents, veins, workings or samples lie, without the circle's rim [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS. Points beyond the edge of the grid still count;
        two points at one place count twice.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    bandwidth : float
        Distance h at which a point no longer counts [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Sum over the points nearer than h of 3 / (pi h^2) (1 - d^2 / h^2)^2, which adds
        up to one a point over the ground. 0 where there are no points.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than points.
    ValueError
        If *bandwidth* is not positive.

    References
    ----------
    .. [1] Silverman, B.W. (1986). Density Estimation for Statistics and Data
       Analysis. Chapman and Hall. Equation 4.5.
    """
    sources.positive("bandwidth", bandwidth, "m")
    shapes = sources.only(sources.located(source, grid), sources.POINTS, "kernel_density", "points")
    points = edges.in_cells(shapely.get_coordinates(shapes), grid)
    near, rim = edges.finder(np.hstack([points, points])), edges.margin(bandwidth, grid)
    per_km2 = 3e6 / (math.pi * bandwidth**2)

    def window_density(window: GeoBox) -> lazy.Block:
        from geoprospect.kernels import lines  # numba, which takes a second to import

        cells = edges.place(window, grid)
        found = near(edges.widened(cells, *rim))[:, :2]
        sums = lines.quartic_sums(found, cells, contract.cell_size(grid), bandwidth)
        return (sums * per_km2).astype("float32")

    return contract.describe(
        lazy.from_grid(window_density, grid),
        long_name=f"kernel density of {sources.called(source, 'points')}, {bandwidth:g} m",
        units="km-2",
    )


def counted(places: npt.NDArray[np.float64], grid: GeoBox, radius: float) -> xr.DataArray:
    """Number of places within a circle about each cell, over the circle's area [km-2]."""
    points, rim = edges.in_cells(places, grid), edges.margin(radius, grid)
    near = edges.finder(np.hstack([points, points]))
    per_km2 = 1e6 / (math.pi * radius**2)

    def window_density(window: GeoBox) -> lazy.Block:
        from geoprospect.kernels import lines  # numba, which takes a second to import

        cells = edges.place(window, grid)
        found = near(edges.widened(cells, *rim))[:, :2]
        count = lines.points_in_circles(found, cells, contract.cell_size(grid), radius)
        return (count * per_km2).astype("float32")

    return lazy.from_grid(window_density, grid)
