"""Other scales for a layer's values."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import sources
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def log10(source: xr.DataArray | xr.Dataset, *, offset: float = 0.0) -> xr.DataArray | xr.Dataset:
    """
    Decimal logarithm of a quantity [lg(re units of the source)].

    Concentrations in rock and soil span orders of magnitude and are nearly
    lognormal; on a logarithmic scale a few rich samples no longer hide the
    pattern of the many [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several; of several, those about the
        data rather than the ground are left out.
    offset : float
        Added before the logarithm is taken [units of the source].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the value and the offset together are not above zero, which
        is said when it is computed.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *offset* is not finite.

    References
    ----------
    .. [1] Reimann, C., Filzmoser, P., Garrett, R., Dutter, R. (2008).
       Statistical Data Analysis Explained. Wiley.
    """
    if not math.isfinite(offset):
        raise ValueError(f"offset must be finite, got {offset}")
    if isinstance(source, xr.Dataset):
        return each(source, lambda layer: _logarithm(layer, offset))
    return _logarithm(source, offset)


@FEATURES.register
def rank(
    source: xr.DataArray | xr.Dataset, *, area: xr.DataArray | None = None
) -> xr.DataArray | xr.Dataset:
    """
    Share of the study area with a lower value [1].

    Puts surveys of any units and any skew on one scale, so that maps flown or
    sampled at different times can be compared by how rare a value is [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several; of several, those about the
        data rather than the ground are left out.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it are ranked against.

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 to 1; equal values share the middle of their ranks. Ranked against
        all known cells, or against a regular selection of at most 100,000 where
        the grid has more; that selection is computed at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes.

    References
    ----------
    .. [1] Reimann, C., Filzmoser, P., Garrett, R., Dutter, R. (2008).
       Statistical Data Analysis Explained. Wiley.
    """
    if isinstance(source, xr.Dataset):
        return each(source, lambda layer: _percentile(layer, area))
    return _percentile(source, area)


def each(source: xr.Dataset, function: Callable[[xr.DataArray], xr.DataArray]) -> xr.Dataset:
    """*function* of every layer about the ground."""
    return xr.Dataset({name: function(source[name]) for name in contract.evidence(source)})


def _logarithm(source: xr.DataArray, offset: float) -> xr.DataArray:
    layer = sources.continuous(source, "log10")
    name, units = layer.attrs["long_name"], layer.attrs["units"]
    said: list[str] = []

    def block_log(block: lazy.Block) -> lazy.Block:
        value = block.astype("float64") + offset
        lost = int(np.count_nonzero(value <= 0))
        if lost and not said:
            said.append(name)
            log.warning(
                "log10 of %r: values at or below zero have no logarithm and become unknown "
                "(%d cells of the first block that has any); an offset would keep them",
                name,
                lost,
            )
        return np.log10(np.where(value > 0, value, np.nan)).astype("float32")

    return contract.describe(
        lazy.from_array(block_log, layer),
        long_name=f"log10 of {name}",
        units="1" if units == "1" else f"lg(re 1 {units})",
    )


def _percentile(source: xr.DataArray, area: xr.DataArray | None) -> xr.DataArray:
    layer = sources.continuous(source, "rank")
    known = sources.known_values(layer, area)
    return contract.describe(
        lazy.from_array(_mid_rank, layer, known),
        long_name=f"rank of {layer.attrs['long_name']}",
        units="1",
    )


def _mid_rank(block: lazy.Block, known: npt.NDArray[np.float32]) -> lazy.Block:
    """Share of *known* values below each of a block's, ties counted half."""
    below = np.searchsorted(known, block, side="left")
    upto = np.searchsorted(known, block, side="right")
    share = (below + upto) / (2 * max(known.size, 1))
    return np.where(np.isnan(block) | (known.size == 0), np.nan, share).astype("float32")
