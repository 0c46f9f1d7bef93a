"""Edges of bodies from gravity and magnetic fields: gradients, phases and local wavenumbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import sources
from geoprospect.features.wavenumber import rate_units, transformed
from geoprospect.kernels import potential, terrain
from geoprospect.kernels.wavenumber import Values
from geoprospect.registry import FEATURES

NORTH = potential.derivative(north=1)
EAST = potential.derivative(east=1)
DOWN = potential.derivative(down=1)


@FEATURES.register
def total_horizontal_gradient(source: xr.DataArray) -> xr.DataArray:
    """
    Length of the horizontal gradient of a field, by wavenumber [units of the source m-1].

    Its ridges lie over the edges of bodies in gravity and in magnetics reduced to the
    pole, and trace contacts and faults under cover [1]_. Unlike ``horizontal_gradient``,
    by differences, it keeps the shortest waves whole and goes with the other
    derivatives here.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown; gaps are filled for the transform, and within a
        few cells of them and of the edge the values are less sure.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Cordell, L., Grauch, V.J.S. (1985). Mapping basement magnetization
       zones from aeromagnetic data in the San Juan Basin, New Mexico. In: The
       Utility of Regional Gravity and Magnetic Anomaly Maps. SEG.
    """
    field = sources.continuous(source, "total_horizontal_gradient")
    found = transformed(field, [NORTH, EAST], np.hypot)
    return _signed(found, "total horizontal gradient", field, rate_units(field))


@FEATURES.register
def analytic_signal(source: xr.DataArray) -> xr.DataArray:
    """
    Length of the gradient of a field in space [units of the source m-1].

    Peaks over the edges of magnetised bodies with little regard to the direction of
    their magnetisation, so it outlines intrusions where the field itself is skewed, at
    low latitudes and with remanence [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown; less sure within a few cells of gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Roest, W.R., Verhoef, J., Pilkington, M. (1992). Magnetic interpretation
       using the 3-D analytic signal. Geophysics 57, 116-125.
    """
    field = sources.continuous(source, "analytic_signal")
    found = transformed(field, [NORTH, EAST, DOWN], _length)
    return _signed(found, "analytic signal", field, rate_units(field))


@FEATURES.register
def tilt_angle(source: xr.DataArray) -> xr.DataArray:
    """
    Angle of a field's gradient against the horizontal [degree].

    Weak and strong anomalies get one range, so that deep or faint bodies show beside
    shallow ones: positive over a body, zero near its edge, negative outside [1]_.
    The distance from 0 to 45 degrees tells the depth of a contact.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height; magnetics best reduced to
        the pole.

    Returns
    -------
    DataArray (y, x) float32, lazy
        -90 to 90. NaN where the field is unknown; less sure within a few cells of gaps
        and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Miller, H.G., Singh, V. (1994). Potential field tilt - a new concept for
       location of potential field sources. Journal of Applied Geophysics 32, 213-217.
    """
    field = sources.continuous(source, "tilt_angle")
    return _signed(transformed(field, [NORTH, EAST, DOWN], _tilt), "tilt angle", field, "degree")


@FEATURES.register
def horizontal_gradient_of_tilt(source: xr.DataArray) -> xr.DataArray:
    """
    Length of the horizontal gradient of a field's tilt angle [rad m-1].

    Peaks over edges whatever the strength of their anomaly, and the more sharply the
    shallower they are: over a contact the peak is 1 over its depth [1]_. It shows noise
    where the field is flat.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height; magnetics best reduced to
        the pole.

    Returns
    -------
    DataArray (y, x) float32, lazy
        By differences between neighbouring cells. NaN where the field is unknown; less
        sure within a few cells of gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Verduzco, B., Fairhead, J.D., Green, C.M., MacKenzie, C. (2004). New insights
       into magnetic derivatives for structural mapping. The Leading Edge 23, 116-119.
    """
    field = sources.continuous(source, "horizontal_gradient_of_tilt")
    cell = contract.cell_size(contract.grid_of(field))
    tilt = transformed(field, [NORTH, EAST, DOWN], _tilt)

    def block_gradient(block: lazy.Block) -> lazy.Block:
        inner = terrain.gradient(np.radians(block), cell)
        return np.pad(inner, 1).astype("float32")

    found = lazy.from_array(block_gradient, tilt, halo=1)
    return _signed(found, "horizontal gradient of the tilt angle", field, "rad m-1")


@FEATURES.register
def theta_map(source: xr.DataArray) -> xr.DataArray:
    """
    Cosine of the angle of a field's gradient against the horizontal [1].

    The horizontal gradient over the analytic signal: near 1 over contacts whatever
    their strength and the latitude, so that the edges of faint and strong bodies are
    drawn alike [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 to 1. NaN where the field is unknown, or its gradient is zero; less sure within
        a few cells of gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Wijns, C., Perez, C., Kowalczyk, P. (2005). Theta map: Edge detection in
       magnetic data. Geophysics 70, L39-L43.
    """
    field = sources.continuous(source, "theta_map")
    return _signed(transformed(field, [NORTH, EAST, DOWN], _theta), "theta map", field, "1")


@FEATURES.register
def local_wavenumber(source: xr.DataArray) -> xr.DataArray:
    """
    Rate at which a field's analytic signal grows downward, as a share of itself [rad m-1].

    Over two-dimensional bodies it is the local wavenumber, the horizontal rate of the
    field's phase: its peak is 1 over the depth of a contact, 2 over that of a thin
    sheet, 3 over that of a pipe lying flat, whatever their dip, strength and
    magnetisation [1]_. It needs a clean grid, for it takes second derivatives.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown, or its gradient is zero; less sure within a few
        cells of gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.

    References
    ----------
    .. [1] Thurston, J.B., Smith, R.S. (1997). Automatic conversion of magnetic data to
       depth, dip, and susceptibility contrast using the SPI method. Geophysics 62,
       807-813.
    """
    field = sources.continuous(source, "local_wavenumber")
    rates = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    first = [potential.derivative(north=n, east=e, down=d) for n, e, d in rates]
    second = [potential.derivative(north=n, east=e, down=d + 1) for n, e, d in rates]
    found = transformed(field, [*first, *second], _local)
    return _signed(found, "local wavenumber", field, "rad m-1")


# --- what derivatives are made into, cell by cell ---------------------------------------------


def _length(north: Values, east: Values, down: Values) -> Values:
    return np.sqrt(north**2 + east**2 + down**2)


def _tilt(north: Values, east: Values, down: Values) -> Values:
    return np.degrees(np.arctan2(down, np.hypot(north, east)))


def _theta(north: Values, east: Values, down: Values) -> Values:
    return _over(np.hypot(north, east), _length(north, east, down))


def _local(north: Values, east: Values, down: Values, *deeper: Values) -> Values:
    grown = north * deeper[0] + east * deeper[1] + down * deeper[2]
    return _over(grown, north**2 + east**2 + down**2)


def _over(part: Values, whole: Values) -> Values:
    found: Values = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return found


def _signed(found: xr.DataArray, what: str, source: xr.DataArray, units: str) -> xr.DataArray:
    return contract.describe(
        found,
        long_name=f"{what} of {source.attrs['long_name']}",
        units=units,
        quality=contract.is_quality(source),
    )
