"""Where lines cross and where they bend."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.features import density, sources
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Places = npt.NDArray[np.float64]


@FEATURES.register
def intersection_density(source: gpd.GeoDataFrame, *, grid: GeoBox, radius: float) -> xr.DataArray:
    """
    Number of places where lines cross or fork about each cell, over the circle's area [km-2].

    Where faults meet, the rock is broken in several directions and stays open: many
    ore shoots sit at crossings and junctions rather than along a fault [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Lines in the grid's CRS. Crossings beyond the edge of the grid still count.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of places from which three or more stretches of line go out: crossings,
        junctions, forks; each place once, however many lines meet. A line drawn in
        pieces has none at its joints, and an end that falls short of another line
        none either. 0 where there are none. The places are found at once, on
        purpose, and their number is said.

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
    .. [1] Sibson, R.H. (1996). Structural permeability of fluid-driven fault-fracture
       meshes. Journal of Structural Geology 18, 1031-1042.
    """
    sources.positive("radius", radius, "m")
    shapes = sources.only(
        sources.located(source, grid), sources.LINES, "intersection_density", "lines"
    )
    places = crossings(shapes)
    log.info("intersection_density: %d lines cross or fork at %d places", len(shapes), len(places))
    return contract.describe(
        density.counted(places, grid, radius),
        long_name=f"density of crossings of {sources.called(source, 'lines')} within {radius:g} m",
        units="km-2",
    )


@FEATURES.register
def bend_density(
    source: gpd.GeoDataFrame, *, grid: GeoBox, radius: float, tolerance: float, turn: float
) -> xr.DataArray:
    """
    Number of bends of lines about each cell, over the circle's area [km-2].

    A fault that changes its strike must open or close at the bend when it slips;
    jogs and bends are where it lets fluids through [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Lines in the grid's CRS. Bends beyond the edge of the grid still count.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].
    tolerance : float
        Lines are first straightened to within this, so that the wobble of the hand
        that drew them is no bend: about the error of the map [m].
    turn : float
        Least change of direction that is a bend [degree].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of bends in single lines; where lines drawn in pieces join end to end, they
        are one line. 0 where there are none. The bends are found at once, on purpose,
        by Douglas and Peucker's method [2]_, and their number is said.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than lines.
    ValueError
        If *radius* or *tolerance* is not positive, or *turn* not between 0 and 180.

    References
    ----------
    .. [1] Sibson, R.H. (1985). Stopping of earthquake ruptures at dilational fault
       jogs. Nature 316, 248-251.
    .. [2] Douglas, D.H., Peucker, T.K. (1973). Algorithms for the reduction of the
       number of points required to represent a digitized line or its caricature.
       Cartographica 10, 112-122.
    """
    sources.positive("radius", radius, "m")
    sources.positive("tolerance", tolerance, "m")
    if not 0 < turn < 180:
        raise ValueError(f"turn must be between 0 and 180 degrees, got {turn:g}")
    shapes = sources.only(sources.located(source, grid), sources.LINES, "bend_density", "lines")
    places = bends(shapes, tolerance, turn)
    log.info("bend_density: %d lines have %d bends", len(shapes), len(places))
    name = sources.called(source, "lines")
    return contract.describe(
        density.counted(places, grid, radius),
        long_name=f"density of bends of {turn:g} degrees and more in {name} within {radius:g} m",
        units="km-2",
    )


def crossings(shapes: sources.Shapes) -> Places:
    """Places from which three or more stretches of line go out: (n, 2)."""
    stretches = sources.parts(np.array([shapely.union_all(shapes)]))
    ends = shapely.get_coordinates(
        [shapely.get_point(stretches, 0), shapely.get_point(stretches, -1)]
    )
    places, times = np.unique(ends, axis=0, return_counts=True)
    met: Places = places[times >= 3]
    return met


def bends(shapes: sources.Shapes, tolerance: float, turn: float) -> Places:
    """Places where lines, straightened to within *tolerance*, turn by so much: (n, 2)."""
    whole = sources.parts(np.array([shapely.line_merge(shapely.MultiLineString(list(shapes)))]))
    places, owner = shapely.get_coordinates(
        shapely.simplify(whole, tolerance, preserve_topology=False), return_index=True
    )
    ahead = np.diff(places, axis=0)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    turned = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
    inner = owner[2:] == owner[:-2]
    found: Places = places[1:-1][inner & (turned >= np.radians(turn) - 1e-9)]
    return found
