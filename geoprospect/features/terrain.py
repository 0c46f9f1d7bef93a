"""How a surface or a field changes from cell to cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import focal, sources
from geoprospect.kernels import circles, terrain
from geoprospect.registry import FEATURES


@FEATURES.register
def slope(source: xr.DataArray) -> xr.DataArray:
    """
    Steepness of the ground by Horn's method [degree].

    Hard, silicified rock stands up and fault scarps are steep; gentle ground
    holds the cover that hides ore and the placers that gather it [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 to 90. Beside the edge and beside unknown cells from what is known;
        NaN where the elevation itself is unknown, or all cells across are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Horn, B.K.P. (1981). Hill shading and the reflectance map.
       Proceedings of the IEEE 69, 14-47.
    """
    elevation, cell = elevation_of(source, "slope")

    def block_slope(block: lazy.Block) -> lazy.Block:
        return _framed(np.degrees(np.arctan(terrain.steepness(block, cell))))

    return contract.describe(
        lazy.from_array(block_slope, elevation, halo=1), long_name="slope", units="degree"
    )


@FEATURES.register
def horizontal_gradient(source: xr.DataArray) -> xr.DataArray:
    """
    Length of the horizontal gradient of a field [units of the source m-1].

    Gravity and magnetic fields change fastest over the edges of bodies, so the
    ridges of the gradient trace contacts and faults, under cover as well [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid.

    Returns
    -------
    DataArray (y, x) float32, lazy
        By central differences; one-sided at the edge and beside unknown cells.
        NaN where the field itself is unknown, or both neighbours across are.

    Raises
    ------
    ContractError
        If *source* holds classes.

    References
    ----------
    .. [1] Cordell, L., Grauch, V.J.S. (1985). Mapping basement magnetization
       zones from aeromagnetic data in the San Juan Basin, New Mexico. In: The
       Utility of Regional Gravity and Magnetic Anomaly Maps. SEG.
    """
    field = sources.continuous(source, "horizontal_gradient")
    cell = contract.cell_size(contract.grid_of(field))

    def block_gradient(block: lazy.Block) -> lazy.Block:
        return _framed(terrain.gradient(block, cell))

    units = field.attrs["units"]
    return contract.describe(
        lazy.from_array(block_gradient, field, halo=1),
        long_name=f"horizontal gradient of {field.attrs['long_name']}",
        units="m-1" if units == "1" else f"{units} m-1",
    )


@FEATURES.register
def northness(source: xr.DataArray) -> xr.DataArray:
    """
    How far north the ground faces: the cosine of its aspect [1].

    Aspect decides sun and snow, and so weathering, soil and leached cap over ore;
    the angle itself jumps from 360 to 0 degrees at north, which its cosine and sine
    do not [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 where the ground falls to grid north, -1 to the south, by Horn's gradient;
        0 on level ground, which faces nowhere. Beside the edge and beside unknown
        cells from what is known; NaN where the elevation itself is unknown, or all
        cells across are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Stage, A.R. (1976). An expression for the effect of aspect, slope, and
       habitat type on tree growth. Forest Science 22, 457-460.
    """
    return _facing(source, "northness", 0)


@FEATURES.register
def eastness(source: xr.DataArray) -> xr.DataArray:
    """
    How far east the ground faces: the sine of its aspect [1].

    The other half of the aspect, beside its northness [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 where the ground falls to grid east, -1 to the west, by Horn's gradient; 0
        on level ground, which faces nowhere. Beside the edge and beside unknown cells
        from what is known; NaN where the elevation itself is unknown, or all cells
        across are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Stage, A.R. (1976). An expression for the effect of aspect, slope, and
       habitat type on tree growth. Forest Science 22, 457-460.
    """
    return _facing(source, "eastness", 1)


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
    return _of_neighbours(source, "profile_curvature", terrain.profile_bend, units="m-1")


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
    return _of_neighbours(source, "plan_curvature", terrain.contour_bend, units="m-1")


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
    return _of_neighbours(source, "tangential_curvature", terrain.tangential_bend, units="m-1")


@FEATURES.register
def terrain_ruggedness(source: xr.DataArray) -> xr.DataArray:
    """
    How much the ground steps from a cell to its neighbours, all together [m].

    Broken ground marks hard rock, faults and young uplift; it also says where a
    crew cannot walk [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Riley's index: the root of the squared differences to the eight neighbours,
        added up. Where fewer are known, their sum is taken for eight. NaN where the
        elevation itself is unknown, or all neighbours are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Riley, S.J., DeGloria, S.D., Elliot, R. (1999). A terrain ruggedness index
       that quantifies topographic heterogeneity. Intermountain Journal of Sciences 5,
       23-27.
    """
    return _of_neighbours(
        source, "terrain_ruggedness", lambda block, cell: terrain.ruggedness(block), units="m"
    )


@FEATURES.register
def roughness(source: xr.DataArray) -> xr.DataArray:
    """
    Largest step from a cell to one of its eight neighbours [m].

    Finds scarps and cliffs that means over a neighbourhood smooth away [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the neighbours that are known; NaN where the elevation itself is unknown,
        or all neighbours are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Wilson, M.F.J., O'Connell, B., Brown, C., Guinan, J.C., Grehan, A.J. (2007).
       Multiscale terrain analysis of multibeam bathymetry data for habitat mapping on
       the continental slope. Marine Geodesy 30, 3-35.
    """
    return _of_neighbours(
        source, "roughness", lambda block, cell: terrain.largest_step(block), units="m"
    )


@FEATURES.register
def topographic_position(source: xr.DataArray, *, radii: list[float]) -> xr.Dataset:
    """
    Height of the ground above the mean of its surroundings, at several scales [m].

    Ridges stand above their surroundings and valleys lie below; a small circle
    finds a silicified rib, a wide one the range it belongs to [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].
    radii : list of float
        Radii of the circles about the centre of a cell, their rims included [m].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``within_500m`` and so on, one for each radius. The mean is of the known
        cells in the circle; NaN where the elevation itself is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    ValueError
        If there is no radius, two are equal, or one does not reach a neighbouring
        cell.

    References
    ----------
    .. [1] Weiss, A. (2001). Topographic position and landforms analysis. Poster, ESRI
       User Conference, San Diego.
    """
    elevation, _ = elevation_of(source, "topographic_position")
    if not radii or len(set(radii)) < len(radii):
        raise ValueError(f"radii must be one or more, each once, got {radii}")
    found = {}
    for radius in radii:
        mean = focal.about(circles.mean, elevation, radius)
        found[f"within_{radius:g}m".replace(".", "_")] = contract.describe(
            elevation - mean, long_name=f"height above the mean within {radius:g} m", units="m"
        )
    return xr.Dataset(found)


def elevation_of(source: xr.DataArray, feature: str) -> tuple[xr.DataArray, tuple[float, float]]:
    """A layer of heights in metres, and its cell; an error for anything else."""
    elevation = sources.continuous(source, feature)
    if elevation.attrs["units"] not in {"m", "metre", "metres", "meter", "meters"}:
        raise ContractError(
            f"{feature} needs elevation in metres, and {elevation.attrs['long_name']!r} is in "
            f"{elevation.attrs['units']!r}; state units: m where it is read if it is in metres"
        )
    return elevation, contract.cell_size(contract.grid_of(elevation))


def _facing(source: xr.DataArray, feature: str, axis: int) -> xr.DataArray:
    return _of_neighbours(
        source, feature, lambda block, cell: terrain.downslope(block, cell)[axis], units="1"
    )


def _of_neighbours(
    source: xr.DataArray,
    feature: str,
    statistic: Callable[[lazy.Block, tuple[float, float]], terrain.Rates],
    *,
    units: str,
) -> xr.DataArray:
    """A statistic of each cell of elevation and its eight neighbours."""
    elevation, cell = elevation_of(source, feature)

    def block_statistic(block: lazy.Block) -> lazy.Block:
        return _framed(statistic(block, cell))

    return contract.describe(
        lazy.from_array(block_statistic, elevation, halo=1),
        long_name=feature.replace("_", " "),
        units=units,
    )


def _framed(inner: terrain.Rates) -> lazy.Block:
    """A block with its halo put back, to be trimmed."""
    return np.pad(inner, 1).astype("float32")
