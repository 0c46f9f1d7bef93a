"""How a surface or a field changes from cell to cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import sources
from geoprospect.kernels import terrain
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
    return of_neighbours(
        source, feature, lambda block, cell: terrain.downslope(block, cell)[axis], units="1"
    )


def of_neighbours(
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
