"""Fuzzy membership: how far a value speaks for ore, as an expert states it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import sources
from geoprospect.kernels.fuzzy import CURVES, FROM_ZERO, check_curve, check_line, ramp
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Values = npt.NDArray[np.float64]
Membership = Callable[[Values], Values]


@FEATURES.register
def fuzzy_membership(
    source: xr.DataArray,
    *,
    form: Literal["near", "gaussian", "large", "small", "logistic"],
    midpoint: float,
    spread: float,
) -> xr.DataArray:
    """
    How far a value speaks for ore, by a curve about a midpoint [1].

    Where deposits are too few to learn from, an expert says which values favour
    them, and overlays of memberships make the map [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer x on the target grid.
    form : {"near", "gaussian", "large", "small", "logistic"}
        With m the *midpoint* and s the *spread*: near, 1 / (1 + s (x - m)^2), and
        gaussian, exp(-s (x - m)^2), are 1 at m; large, 1 / (1 + (x / m)^-s), and
        small, 1 / (1 + (x / m)^s), are 0.5 at m and for values from 0 up [2]_;
        logistic, 1 / (1 + exp(-s (x - m))), is 0.5 at m for values of any sign [3]_.
    midpoint : float
        Value m [units of the source].
    spread : float
        How fast the membership falls away from m; above 0, but for logistic, where
        a negative one turns the curve round [1; near and gaussian: squared units of
        the source, inverse; logistic: units of the source, inverse].

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 to 1; NaN where unknown. Values below 0 have no large or small membership:
        they become NaN, which is said when it is computed.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *midpoint* or *spread* is not finite, or out of the range of its form.

    References
    ----------
    .. [1] An, P., Moon, W.M., Rencz, A. (1991). Application of fuzzy set theory for
       integration of geological, geophysical and remote sensing data. Canadian
       Journal of Exploration Geophysics 27, 1-11.
    .. [2] Tsoukalas, L.H., Uhrig, R.E. (1997). Fuzzy and Neural Approaches in
       Engineering. Wiley.
    .. [3] Yousefi, M., Nykanen, V. (2016). Data-driven logistic-based weighting of
       geochemical and geological evidence layers in mineral prospectivity mapping.
       Journal of Geochemical Exploration 164, 94-106.
    """
    layer = sources.continuous(source, "fuzzy_membership")
    check_curve(form, midpoint, spread)
    curve = functools.partial(CURVES[form], midpoint=midpoint, spread=spread)
    return _member(layer, curve, f"fuzzy {form} of", from_zero=form in FROM_ZERO)


@FEATURES.register
def fuzzy_linear(source: xr.DataArray, *, zero: float, one: float) -> xr.DataArray:
    """
    How far a value speaks for ore, along a straight line [1].

    The plainest membership an expert can state: nothing up to here, everything
    from there [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    zero : float
        Value from which the membership rises [units of the source].
    one : float
        Value at which it is full; below *zero*, if low values are the better ones
        [units of the source].

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 on the far side of *zero*, 1 beyond *one*; NaN where unknown.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If the two values are equal or not finite.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    layer = sources.continuous(source, "fuzzy_linear")
    check_line(zero, one)
    line = functools.partial(ramp, zero=zero, one=one)
    return _member(layer, line, "fuzzy linear of", from_zero=False)


def _member(layer: xr.DataArray, curve: Membership, what: str, *, from_zero: bool) -> xr.DataArray:
    name = layer.attrs["long_name"]
    said: list[str] = []

    def block_member(block: lazy.Block) -> lazy.Block:
        value = block.astype("f8")
        lost = int(np.count_nonzero(value < 0)) if from_zero else 0
        if lost and not said:
            said.append(name)
            log.warning(
                "%s %r: values below 0 have none and become unknown (%d cells of the first "
                "block that has any); the logistic form takes them",
                what,
                name,
                lost,
            )
        value = np.where(value < 0, np.nan, value) if from_zero else value
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            return curve(value).astype("float32")

    return contract.describe(
        lazy.from_array(block_member, layer),
        long_name=f"{what} {name}",
        units="1",
        quality=contract.is_quality(layer),
    )
