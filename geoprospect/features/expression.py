"""Arithmetic between layers, by a formula."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import groups
from geoprospect.kernels import formula as language
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

if TYPE_CHECKING:
    Formula = str
else:

    class Formula(str):
        """A formula's text, looked at as soon as a pipeline file is read."""

        __slots__ = ()

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            """Text that can be understood, whatever the layers are called."""
            from pydantic_core import core_schema

            return core_schema.no_info_after_validator_function(
                lambda text: language.parsed(text).text, core_schema.str_schema()
            )


@FEATURES.register
def expression(
    source: groups.Group,
    *,
    formula: Formula,
    units: str,
    long_name: str | None = None,
    names: list[str] | None = None,
) -> xr.DataArray:
    """
    Whatever a formula over other layers gives, cell by cell [*units*].

    Ratios, sums and choices are how a geologist says what the ore does to several
    measurements at once: ``k / th`` rises where potassic alteration brought
    potassium and not thorium [1]_, and ``where(cover > 50, unknown, k / th)`` says
    where that cannot be seen.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        The layers, on one grid.
    formula : str
        Numbers, names of layers, ``+ - * / **``, comparisons (1 for true, 0 for
        false), ``and``, ``or``, ``not``, ``unknown``, and the functions abs,
        arctan, clip, cos, exp, known, ln, log10, maximum, minimum, sign, sin
        [of radians], sqrt and where(condition, then, otherwise).
    units : str
        Units of the result, in UDUNITS spelling: 'm', '1', 'mg kg-1'.
    long_name : str, optional
        What people read; else the formula.
    names : list of str, optional
        What the formula calls each layer, in their order; else a set's layers go
        by their own names, and a single layer by its ``name``.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where a layer that bears on the value is unknown; ``known(x)`` is 0
        there. NaN as well where the formula has no finite value (a division by
        zero, the logarithm of a negative number), which is said when it is
        computed.

    Examples
    --------
    In a pipeline file, of the bands of one input and of several layers::

        k_th: {expression: {source: radiometrics, formula: potassium / thorium, units: "1"}}
        seen: {expression: {source: [k_th, cover], names: [k, c], units: "1",
                            formula: "where(c > 50, unknown, log10(k))"}}

    Raises
    ------
    ContractError
        If a layer holds classes, has no name, or lies on another grid.
    ValueError
        Listing all that is wrong with the formula, each with its place.

    References
    ----------
    .. [1] Shives, R.B.K., Charbonneau, B.W., Ford, K.L. (2000). The detection of
       potassic alteration by gamma-ray spectrometry: recognition of alteration
       related to mineralization. Geophysics 65, 2001-2011.
    """
    layers = groups.named(source, "expression", names)
    made = language.parsed(formula, layers)
    group = groups.measured(layers, made.names, "expression")
    found = lazy.from_cube(_applied(made), group, made.names, ["made"])["made"]
    return contract.describe(
        found,
        long_name=long_name or made.text,
        units=units,
        quality=all(contract.is_quality(layer) for layer in group.values()),
    )


def _applied(made: language.Formula) -> Any:
    """The formula as a function of a block of stacked layers; says once what has no value."""
    said: list[str] = []

    def block_value(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        fields = dict(zip(made.names, stack.astype("f8"), strict=True))
        with np.errstate(over="ignore"):
            value = np.broadcast_to(made(fields), stack.shape[1:]).astype("f4")
        lost = int(np.count_nonzero(np.isinf(value) | _undefined(value, fields, made)))
        if lost and not said:
            said.append(made.text)
            log.warning(
                "%s has no finite value where it divides by zero or leaves the range of a "
                "function; these cells become unknown (%d of the first block that has any)",
                made.text,
                lost,
            )
        return np.where(np.isinf(value), np.nan, value)[None]

    return block_value


def _undefined(
    value: npt.NDArray[np.float32],
    fields: dict[str, language.Field],
    made: language.Formula,
) -> npt.NDArray[np.bool_]:
    """Cells without a value though every layer has one, and the formula does not say unknown."""
    if language.UNKNOWN in made.text:
        return np.zeros(value.shape, bool)
    known = np.logical_and.reduce([~np.isnan(field) for field in fields.values()])
    undefined: npt.NDArray[np.bool_] = np.isnan(value) & known
    return undefined
