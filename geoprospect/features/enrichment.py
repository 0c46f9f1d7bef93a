"""Layers of values over what is ordinary, and in classes of how far they are not."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import sources, tables
from geoprospect.features.thresholds import (
    FEWEST,
    Method,
    Scale,
    check_method,
    check_positive,
    fitted,
    threshold,
)
from geoprospect.kernels import fractal
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def enrichment(
    source: xr.DataArray,
    units: xr.DataArray | None = None,
    *,
    over: Method,
    scale: Scale = "linear",
    percentile: float | None = None,
    area: xr.DataArray | None = None,
    seed: int,
) -> xr.DataArray:
    """
    Value over its threshold or background [1].

    Rocks differ in what is ordinary in them: 100 ug/g of copper is little in a
    basalt and much in a granite. Over the background of the unit it lies in, a
    value says the same everywhere [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A layer of values, on the target grid.
    units : DataArray (y, x), optional
        Classes (rock units, say) on the target grid; each has its own threshold.
        Classes with fewer than 5 known values are unknown, which is said.
    over : {"median", "mean_2sd", "median_2mad", "tukey_fence", "percentile", "fractal"}
        What the value is divided by: the median; mean + 2 standard deviations;
        median + 2 median absolute deviations times 1.4826; third quartile + 1.5
        interquartile ranges; a percentile; the highest break of the
        concentration-area curve.
    scale : {"linear", "log10"}
        Scale on which mean, deviations and quartiles are taken.
    percentile : float, optional
        For 'percentile' [%].
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it bear on the threshold.
    seed : int
        For the bootstrap of the concentration-area curve.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the value or the class is unknown. Thresholds are told from all
        known cells, or from a regular selection of at most 100,000; that
        selection is computed at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or *units* does not.
    DataError
        If there are too few values to tell a threshold, or one is not above zero.
    ValueError
        If *percentile* is missing or out of range.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    check_method(over, percentile)
    layer = sources.continuous(source, "enrichment")
    settings: dict[str, Any] = {"scale": scale, "percentile": percentile, "seed": seed}
    name, unit = layer.attrs["long_name"], layer.attrs["units"]
    if units is None:
        values = sources.known_values(layer, area).astype("float64")
        limit = threshold(values, method=over, **settings)
        check_positive(limit, name, unit, over)
        log.info("enrichment of %r: the %s is %.4g %s.", name, over, limit, unit)
        made = lazy.from_array(_divided, layer, limit)
    else:
        limits = _by_class(layer, units, area, over, settings)
        both = xr.Dataset({"value": layer, "unit": sources.one_layer(units, "enrichment")})
        made = lazy.from_cube(_over_class, both, ["value", "unit"], ["made"], limits)["made"]
    return contract.describe(made, long_name=f"{name} over its {over}", units="1")


def _divided(block: lazy.Block, limit: float) -> lazy.Block:
    made: lazy.Block = (block / limit).astype("float32")
    return made


def _over_class(block: lazy.Block, limits: dict[int, float]) -> lazy.Block:
    """(value and class, y, x) to (1, y, x): the value over its class's limit."""
    value, unit = block
    by_cell = np.full(unit.shape, np.nan)
    for code, limit in limits.items():
        by_cell[unit == code] = limit
    made: lazy.Block = (value / by_cell).astype("float32")[None]
    return made


def _by_class(
    layer: xr.DataArray,
    units: xr.DataArray,
    area: xr.DataArray | None,
    over: Method,
    settings: dict[str, Any],
) -> dict[int, float]:
    """The threshold of each class that has values enough."""
    if not contract.is_categorical(units):
        raise ContractError("enrichment: units holds no classes; make it with category")
    within = [layer, units] if area is None else [layer, units, area]
    chosen = sources.selection(layer.shape, sources.MOST)
    values, codes, *inside = lazy.compute(*(lazy.chunked(one)[chosen].data for one in within))
    known = np.logical_and.reduce([~np.isnan(one) for one in (values, codes, *inside)])
    limits, few = {}, []
    for code, meaning in contract.meanings(units).items():
        held = values[known & (codes == code)].astype("float64")
        if len(held) < FEWEST:
            few.append(meaning)
            continue
        limits[code] = threshold(held, method=over, **settings)
        check_positive(limits[code], f"{layer.attrs['long_name']} in {meaning}",
                        layer.attrs["units"], over)  # fmt: skip
    if few:
        log.warning(
            "enrichment: classes with fewer than %d known values are unknown: %s.",
            FEWEST,
            ", ".join(few),
        )
    if not limits:
        raise DataError("enrichment: no class has values enough to tell a threshold")
    return limits


@FEATURES.register
def concentration_area(
    source: xr.DataArray, *, area: xr.DataArray | None = None, seed: int
) -> xr.DataArray:
    """
    Classes of a value by the breaks of its concentration-area curve [1].

    The area above a value shrinks as a power of it, with one exponent in the
    background and steeper ones in anomalies, which an ore-forming process made
    on its own; where the exponent changes is where one ends [1]_. It classifies and
    does not validate. Areas above neighbouring thresholds hang together, so that
    rather too many breaks are told than too few.

    Parameters
    ----------
    source : DataArray (y, x)
        A layer of values above zero, on the target grid.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it count.
    seed : int
        For the bootstrap that tells how far the breaks may lie elsewhere.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 0 with ``flag_meanings`` (background ... high, each with its
        bounds). Values at or below zero are background. The curve is taken from all
        known cells, or from a regular selection of at most 100,000; that
        selection is computed at once, on purpose. Breaks, exponents, fits and
        bootstrap ranges are said.

    Raises
    ------
    ContractError
        If *source* holds classes.
    DataError
        If the curve has no break.

    References
    ----------
    .. [1] Cheng, Q., Agterberg, F.P., Ballantyne, S.B. (1994). The separation of
       geochemical anomalies from background by fractal methods. Journal of
       Geochemical Exploration 51, 109-130.
    """
    layer = sources.continuous(source, "concentration_area")
    name, unit = layer.attrs["long_name"], layer.attrs["units"]
    found = fitted(sources.known_values(layer, area).astype("float64"), seed=seed)
    for i, at in enumerate(found.breaks):
        log.info(
            "concentration-area of %r: break at %.4g %s (bootstrap %.4g to %.4g), exponent %.2f "
            "below it (R2 %.3f) and %.2f above (R2 %.3f).",
            name, at, unit, found.low[i], found.high[i], found.exponents[i], found.fits[i],
            found.exponents[i + 1], found.fits[i + 1],
        )  # fmt: skip
    bounds = ["", *(f"{at:.4g}" for at in found.breaks), ""]
    meanings = {
        code: f"{word} ({_between(bounds[code], bounds[code + 1])} {unit})"
        for code, word in enumerate(fractal.CLASSES[len(found.breaks)])
    }
    return contract.describe(
        lazy.from_array(_classed, layer, found.breaks),
        long_name=f"concentration-area class of {name}",
        units="1",
        meanings=meanings,
    )


def _between(low: str, high: str) -> str:
    return f"{low} to {high}" if low and high else f"below {high}" if high else f"above {low}"


def _classed(block: lazy.Block, breaks: tables.Values) -> lazy.Block:
    codes = np.searchsorted(breaks, block.astype("float64"), side="right").astype("float32")
    return np.where(np.isnan(block), np.float32(np.nan), codes)
