"""Gravity and magnetic fields at other heights, their vertical rates and their local part."""

from __future__ import annotations

import logging
import math

import xarray as xr

from geoprospect import contract
from geoprospect.features import sources
from geoprospect.features.wavenumber import rate_units, transformed
from geoprospect.kernels import potential
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def upward_continuation(source: xr.DataArray, *, height: float) -> xr.DataArray:
    """
    A gravity or magnetic field as it is at a greater height [units of the source].

    Shallow bodies fade faster with height than deep ones do, so what is left shows
    the deep crust: the large intrusions and the boundaries of blocks along which
    fluids rose [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.
    height : float
        How much higher [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown. Gaps are filled for the transform, by the
        surface of least curvature, and the field beyond the edge is guessed: within
        about *height* of either the values are less sure.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    ValueError
        If *height* is not positive.

    References
    ----------
    .. [1] Blakely, R.J. (1995). Potential Theory in Gravity and Magnetic
       Applications. Cambridge University Press, ch. 12.
    """
    field = sources.continuous(source, "upward_continuation")
    sources.positive("height", height, "m")
    return _signed(
        transformed(field, [potential.upward(height)]), field, f"{{}}, {height:g} m higher"
    )


@FEATURES.register
def downward_continuation(source: xr.DataArray, *, height: float, shortest: float) -> xr.DataArray:
    """
    A gravity or magnetic field as it is nearer to its sources [units of the source].

    It sharpens what a high survey blurs, and parts anomalies that run together.
    Short waves grow the most, and they are mostly noise, so how short is to be said
    [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.
    height : float
        How much lower, above all sources [m].
    shortest : float
        Wavelength down to which the field is believed [m]: shorter waves fade out,
        and half as long there are none. The log says how much such waves grow.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown; less sure near gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    ValueError
        If *height* is not positive; if *shortest* is less than two cells, or so much
        less than *height* that waves of it would grow a thousandfold.

    References
    ----------
    .. [1] Blakely, R.J. (1995). Potential Theory in Gravity and Magnetic
       Applications. Cambridge University Press, ch. 12.
    """
    field = sources.continuous(source, "downward_continuation")
    sources.positive("height", height, "m")
    sources.positive("shortest", shortest, "m")
    cell = max(contract.cell_size(contract.grid_of(field)))
    if shortest < 2 * cell:
        raise ValueError(
            f"shortest is {shortest:g} m, and cells of {cell:g} m hold no waves shorter than "
            f"{2 * cell:g} m; make it longer"
        )
    growth = math.exp(min(2 * math.pi * height / shortest, 700))
    if growth > 1000:
        raise ValueError(
            f"{height:g} m lower, waves of {shortest:g} m grow {growth:.3g} times, and their noise "
            f"with them; make shortest {2 * math.pi * height / math.log(1000):.0f} m or longer"
        )
    log.info("%g m lower, waves of %g m grow %.3g times", height, shortest, growth)
    found = transformed(field, [potential.downward(height, shortest)])
    return _signed(found, field, f"{{}}, {height:g} m lower")


@FEATURES.register
def vertical_derivative(source: xr.DataArray, *, order: int = 1) -> xr.DataArray:
    """
    How fast a gravity or magnetic field grows downward [units of the source m-1, or m-2].

    It narrows anomalies to their bodies and lifts shallow ones over deep ones; the
    second derivative is zero over the edges of thick bodies [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid, at one height.
    order : int
        1 for the rate, 2 for the rate of the rate.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Positive over bodies that raise the field. NaN where the field is unknown;
        less sure within a few cells of gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    ValueError
        If *order* is neither 1 nor 2.

    References
    ----------
    .. [1] Blakely, R.J. (1995). Potential Theory in Gravity and Magnetic
       Applications. Cambridge University Press, ch. 12.
    """
    field = sources.continuous(source, "vertical_derivative")
    if order not in {1, 2}:
        raise ValueError(f"order must be 1 or 2, got {order}: higher ones show noise alone")
    name = "vertical derivative of {}" if order == 1 else "second vertical derivative of {}"
    found = transformed(field, [potential.derivative(down=order)])
    return _signed(found, field, name, per=order)


@FEATURES.register
def residual(
    source: xr.DataArray, *, height: float | None = None, wavelength: float | None = None
) -> xr.DataArray:
    """
    A field less its regional part [units of the source].

    Ore bodies and their hosts are kilometres across; the regional field of the deep
    crust hides them. What the regional is, is a choice, and is to be said: the field
    as it is at a greater height [1]_, or its mean by a Gaussian.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured field on the target grid.
    height : float, optional
        The regional is the field so much higher [m]; the residual then comes mostly
        from above half that depth.
    wavelength : float, optional
        The regional keeps exp(-1/2) = 61 % of waves of this length, more of longer and
        less of shorter ones [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Without any plane. NaN where the field is unknown; less sure near gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    ValueError
        Unless one of *height* and *wavelength* is given, and is positive.

    References
    ----------
    .. [1] Jacobsen, B.H. (1987). A case for upward continuation as a standard
       separation filter for potential-field maps. Geophysics 52, 1138-1148.
    """
    field = sources.continuous(source, "residual")
    if height is not None and wavelength is None:
        sources.positive("height", height, "m")
        name, transform = f"{height:g} m higher", potential.less_upward(height)
    elif wavelength is not None and height is None:
        sources.positive("wavelength", wavelength, "m")
        name, transform = f"by waves of {wavelength:g} m", potential.less_gaussian(wavelength)
    else:
        raise ValueError(
            "residual needs one of height (the regional is the field so much higher) and "
            "wavelength (it is a Gaussian mean), in metres"
        )
    return _signed(transformed(field, [transform]), field, f"{{}} less its regional {name}")


def _signed(found: xr.DataArray, source: xr.DataArray, name: str, *, per: int = 0) -> xr.DataArray:
    return contract.describe(
        found,
        long_name=name.format(source.attrs["long_name"]),
        units=rate_units(source, per),
        quality=contract.is_quality(source),
    )
