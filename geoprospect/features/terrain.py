"""How steeply a surface or a field changes."""

from __future__ import annotations

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
    elevation = sources.continuous(source, "slope")
    if elevation.attrs["units"] not in {"m", "metre", "metres", "meter", "meters"}:
        raise ContractError(
            f"slope needs elevation in metres, and {elevation.attrs['long_name']!r} is in "
            f"{elevation.attrs['units']!r}; state units: m where it is read if it is in metres"
        )
    cell = contract.cell_size(contract.grid_of(elevation))

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


def _framed(inner: terrain.Rates) -> lazy.Block:
    """A block with its halo put back, to be trimmed."""
    return np.pad(inner, 1).astype("float32")
