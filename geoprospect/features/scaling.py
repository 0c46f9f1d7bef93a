"""Layers on a common scale, with or without their extremes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import sources, transform
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def winsorised(
    source: xr.DataArray | xr.Dataset,
    *,
    lower: float,
    upper: float,
    area: xr.DataArray | None = None,
) -> xr.DataArray | xr.Dataset:
    """
    A quantity with its extremes drawn in to stated percentiles [units of the source].

    A single assay of visible gold or a spike in a flight line outweighs a whole
    district in a mean, a slope or a component; drawn in to a high percentile it is
    still among the highest, and no more [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several; of several, those about the
        data rather than the ground are left out.
    lower : float
        Percentile to which lower values are raised; 0 leaves them [%].
    upper : float
        Percentile to which higher values are lowered; 100 leaves them [%].
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the percentiles.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where unknown. Percentiles are of all known cells, interpolated
        between neighbours, or of a regular selection of at most 100,000; that is
        computed at once, on purpose, and the limits are said.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        Unless 0 <= *lower* < *upper* <= 100.

    References
    ----------
    .. [1] Dixon, W.J. (1960). Simplified estimation from censored normal samples.
       The Annals of Mathematical Statistics 31, 385-391.
    """
    _check_percentiles(lower, upper)
    if isinstance(source, xr.Dataset):
        return transform.each(source, lambda layer: _drawn_in(layer, lower, upper, area))
    return _drawn_in(source, lower, upper, area)


@FEATURES.register
def scaled(
    source: xr.DataArray | xr.Dataset,
    *,
    method: Literal["robust", "standard", "minmax"],
    area: xr.DataArray | None = None,
) -> xr.DataArray | xr.Dataset:
    """
    A quantity shifted and stretched to a common scale [1].

    Fuzzy overlays, distances between cells and sums of layers ask for one scale;
    the shape of the distribution stays, unlike with a rank [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several; of several, those about the
        data rather than the ground are left out.
    method : {"robust", "standard", "minmax"}
        Less the median, over the range between the quartiles; less the mean,
        over the standard deviation (over n); or from 0 at the lowest value to 1 at
        the highest.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the scale.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where unknown. The lowest and highest value are those of every known
        cell; the others are of all known cells, or of a regular selection of at
        most 100,000. Both are computed at once, on purpose, and said.

    Raises
    ------
    ContractError
        If *source* holds classes.
    DataError
        If the values do not spread: their scale is 0.

    References
    ----------
    .. [1] Reimann, C., Filzmoser, P., Garrett, R., Dutter, R. (2008).
       Statistical Data Analysis Explained. Wiley.
    """
    if isinstance(source, xr.Dataset):
        return transform.each(source, lambda layer: _rescaled(layer, method, area))
    return _rescaled(source, method, area)


def stretched(
    layer: xr.DataArray, lower: float, upper: float, area: xr.DataArray | None
) -> xr.DataArray:
    """A layer from 0 at one percentile to 1 at another, and no farther; not yet described."""
    _check_percentiles(lower, upper)
    known = sources.known_values(layer, area).astype("f8")
    low, high = np.percentile(known, [lower, upper]) if known.size else (np.nan, np.nan)
    name = layer.attrs["long_name"]
    if low == high:
        raise DataError(
            f"{name!r} cannot be stretched: its percentiles {lower:g} and {upper:g} are both "
            f"{low:g}; choose others"
        )
    log.info("%r is stretched: 0 at %g and below, 1 at %g and above", name, low, high)
    return lazy.from_array(_ramp, layer, float(low), float(high))


def _ramp(block: lazy.Block, low: float, high: float) -> lazy.Block:
    return _clipped(_shifted(block, low, high - low), 0, 1)


def _check_percentiles(lower: float, upper: float) -> None:
    if not 0 <= lower < upper <= 100:
        raise ValueError(
            f"lower and upper must be percentiles, 0 <= lower < upper <= 100, got {lower:g} and "
            f"{upper:g}"
        )


def _drawn_in(
    source: xr.DataArray, lower: float, upper: float, area: xr.DataArray | None
) -> xr.DataArray:
    layer = sources.continuous(source, "winsorised")
    name, units = layer.attrs["long_name"], layer.attrs["units"]
    known = sources.known_values(layer, area).astype("f8")
    low, high = np.percentile(known, [lower, upper]) if known.size else (np.nan, np.nan)
    beyond = np.count_nonzero((known < low) | (known > high)) / max(known.size, 1)
    log.info(
        "%r is winsorised: values below %g and above %g %s (%.2g %% of cells) are drawn in",
        name,
        low,
        high,
        units,
        100 * beyond,
    )
    return contract.describe(
        lazy.from_array(_clipped, layer, float(low), float(high)),
        long_name=f"{name}, winsorised",
        units=units,
        quality=contract.is_quality(layer),
    )


def _clipped(block: lazy.Block, low: float, high: float) -> lazy.Block:
    drawn_in: lazy.Block = np.clip(block.astype("f8"), low, high).astype("float32")
    return drawn_in


def _rescaled(source: xr.DataArray, method: str, area: xr.DataArray | None) -> xr.DataArray:
    layer = sources.continuous(source, "scaled")
    name = layer.attrs["long_name"]
    zero, unit = SCALES[method](layer, area)
    if unit == 0:
        raise DataError(
            f"{name!r} cannot be scaled by {method}: its values do not spread about {zero:g} "
            f"{layer.attrs['units']}; leave it out, or choose another method"
        )
    log.info("%r is scaled (%s): 0 at %g, 1 at %g", name, method, zero, zero + unit)
    return contract.describe(
        lazy.from_array(_shifted, layer, zero, unit),
        long_name=f"{name}, scaled",
        units="1",
        quality=contract.is_quality(layer),
    )


def _shifted(block: lazy.Block, zero: float, unit: float) -> lazy.Block:
    return ((block.astype("f8") - zero) / unit).astype("float32")


Scale = tuple[float, float]
"""What becomes 0, and how much becomes 1; NaN where nothing is known."""


def _robust(layer: xr.DataArray, area: xr.DataArray | None) -> Scale:
    known = sources.known_values(layer, area).astype("f8")
    if not known.size:
        return np.nan, np.nan
    low, middle, high = (float(q) for q in np.percentile(known, [25, 50, 75]))
    return middle, high - low


def _standard(layer: xr.DataArray, area: xr.DataArray | None) -> Scale:
    known = sources.known_values(layer, area).astype("f8")
    return (float(known.mean()), float(known.std())) if known.size else (np.nan, np.nan)


def _between_extremes(layer: xr.DataArray, area: xr.DataArray | None) -> Scale:
    low, high = extremes(layer, area)
    return (low, high - low) if low <= high else (np.nan, np.nan)


SCALES: dict[str, Callable[[xr.DataArray, xr.DataArray | None], Scale]] = {
    "robust": _robust,
    "standard": _standard,
    "minmax": _between_extremes,
}


def extremes(layer: xr.DataArray, area: xr.DataArray | None) -> Scale:
    """Lowest and highest known value within the area; infinite and crossed if there is none."""
    inside = lazy.chunked(layer)
    if area is not None:
        inside = inside.copy(data=lazy.within(inside.data, lazy.chunked(area).data))
    ends = inside.fillna(np.inf).min().data, inside.fillna(-np.inf).max().data
    low, high = lazy.compute(*ends)
    return float(low), float(high)
