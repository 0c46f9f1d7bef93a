"""How the ground bends: along the slope, across it, and along its contours."""

from __future__ import annotations

import xarray as xr

from geoprospect.features.terrain import of_neighbours
from geoprospect.kernels import terrain
from geoprospect.registry import FEATURES


@FEATURES.register
def profile_curvature(source: xr.DataArray) -> xr.DataArray:
    """
    Curvature of the ground along the slope [m-1].

    Where a slope steepens hard rock crops out, where it eases debris and placers
    come to rest [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Above 0 where the slope is convex. Of the surface of second degree that fits
        a cell and its eight neighbours best [1]_; 0 on level ground. NaN at the edge
        and wherever one of the nine is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Evans, I.S. (1980). An integrated system of terrain analysis and slope
       mapping. Zeitschrift fur Geomorphologie, Supplement 36, 274-295.
    """
    return of_neighbours(source, "profile_curvature", terrain.profile_bend, units="m-1")


@FEATURES.register
def plan_curvature(source: xr.DataArray) -> xr.DataArray:
    """
    Curvature of the contour through a cell [m-1].

    Tells spurs from hollows whatever their slope, and follows the bends of ridges
    and creeks, which faults offset [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Above 0 on spurs, below 0 in hollows. Of the surface of second degree that
        fits a cell and its eight neighbours best [1]_; 0 on level ground, and very
        large where the ground is nearly so: tangential_curvature is not. NaN at the
        edge and wherever one of the nine is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Evans, I.S. (1980). An integrated system of terrain analysis and slope
       mapping. Zeitschrift fur Geomorphologie, Supplement 36, 274-295.
    """
    return of_neighbours(source, "plan_curvature", terrain.contour_bend, units="m-1")


@FEATURES.register
def tangential_curvature(source: xr.DataArray) -> xr.DataArray:
    """
    Curvature of the ground across the slope, that of its contours without the spikes [m-1].

    Hollows gather water and sediment, spurs shed them; altered and broken rock
    weathers into hollows, silicified rock into spurs [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Above 0 on spurs, below 0 in hollows: the curvature of the contour (plan
        curvature) times the sine of the slope, which does not run off where the
        ground is nearly level [2]_. Of the surface of second degree that fits a cell
        and its eight neighbours best [1]_; 0 on level ground. NaN at the edge and
        wherever one of the nine is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Evans, I.S. (1980). An integrated system of terrain analysis and slope
       mapping. Zeitschrift fur Geomorphologie, Supplement 36, 274-295.
    .. [2] Mitasova, H., Hofierka, J. (1993). Interpolation by regularized spline with
       tension: II. Application to terrain modeling and surface geometry analysis.
       Mathematical Geology 25, 657-669.
    """
    return of_neighbours(source, "tangential_curvature", terrain.tangential_bend, units="m-1")
