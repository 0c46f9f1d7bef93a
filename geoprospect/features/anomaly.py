"""How far each cell is from high or low ground of a measured layer, and how that pull fades."""

from __future__ import annotations

import logging
import math
from typing import Literal

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import sources
from geoprospect.kernels import distance
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def anomaly_distance(
    source: xr.DataArray,
    *,
    max_distance: float,
    above: float | None = None,
    below: float | None = None,
    threshold: Literal["value", "percentile"] = "value",
    area: xr.DataArray | None = None,
) -> xr.DataArray:
    """
    Straight-line distance from each cell to the nearest anomaly of a layer [m].

    Ore is seldom under the peak of an anomaly: it lies on the flank of a magnetic
    body, down the stream or the ice from a source, in the halo of a pluton; nearness
    to the anomaly says more than the value at the cell itself [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    max_distance : float
        Cells farther than this get this value [m].
    above : float, optional
        Anomalies are cells with a higher value than this [units of the source, or %].
    below : float, optional
        Anomalies are cells with a lower value than this; with *above* too, those
        between the two [units of the source, or %].
    threshold : {"value", "percentile"}
        Whether *above* and *below* are values or percentiles of the known values.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the percentiles.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Measured between centres of cells, 0 in the anomaly. NaN where *source* is
        unknown; an unknown cell is no anomaly. Percentiles are of all known cells,
        or of a regular selection of at most 100,000; that is computed at once, on
        purpose, and the thresholds are said.

    Raises
    ------
    ContractError
        If *source* holds classes.
    DataError
        If percentiles are asked for and nothing is known.
    ValueError
        If *max_distance* is not positive, neither threshold is stated, one is no
        number or no percentile, or *above* is not less than *below*.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("max_distance", max_distance, "m")
    layer = sources.continuous(source, "anomaly_distance")
    _check_thresholds(above, below, threshold)
    low, high = above, below
    if threshold == "percentile":
        low, high = _percentiles(layer, above, below, area)
    cell = contract.cell_size(contract.grid_of(layer))

    def block_distance(block: lazy.Block) -> lazy.Block:
        anomalous = ~np.isnan(block)
        if low is not None:
            anomalous &= block.astype("f8") > low
        if high is not None:
            anomalous &= block.astype("f8") < high
        away = distance.capped_distance(anomalous, cell, max_distance)
        return np.where(np.isnan(block), np.float32(np.nan), away)

    halo = math.ceil(max_distance / min(cell)) + 1
    return contract.describe(
        lazy.from_array(block_distance, layer, halo=halo),
        long_name=f"distance to {layer.attrs['long_name']} {_told(above, below, threshold, layer)}",
        units="m",
        quality=contract.is_quality(layer),
    )


@FEATURES.register
def exponential_proximity(source: xr.DataArray, *, scale: float) -> xr.DataArray:
    """
    Nearness that fades with distance, by the same share over each stretch of ground [1].

    Deposits thin out away from the structures that fed them [1]_: exp(-d / scale) says
    that a kilometre matters near a fault and hardly far from it. A straight fade is
    ``fuzzy_linear`` with ``one: 0``; a Gaussian one is ``fuzzy_membership`` with
    ``form: gaussian`` and ``midpoint: 0``.

    Parameters
    ----------
    source : DataArray (y, x)
        A distance d, such as ``distance_to`` gives [m].
    scale : float
        Distance over which the nearness falls to 1/e, 0.37; it halves over
        0.69 times as much [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 at the feature itself, towards 0 far away; NaN where unknown. Beyond the
        cap of a distance it stays as it is at the cap: a cap of five times *scale*
        or more leaves less than 0.01.

    Raises
    ------
    ContractError
        If *source* holds classes.
    DataError
        If *source* is not in metres.
    ValueError
        If *scale* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("scale", scale, "m")
    layer = sources.continuous(source, "exponential_proximity")
    name, units = layer.attrs["long_name"], layer.attrs["units"]
    if units != "m":
        raise DataError(
            f"exponential_proximity needs a distance in m, and {name!r} is in {units!r}; give it "
            "what distance_to or class_distance makes"
        )
    return contract.describe(
        lazy.from_array(_faded, layer, float(scale)),
        long_name=f"nearness by {name}, scale {scale:g} m",
        units="1",
        quality=contract.is_quality(layer),
    )


def _faded(block: lazy.Block, scale: float) -> lazy.Block:
    with np.errstate(under="ignore"):
        faded: lazy.Block = np.exp(-block.astype("f8") / scale).astype("float32")
    return faded


def _check_thresholds(above: float | None, below: float | None, threshold: str) -> None:
    stated = [value for value in (above, below) if value is not None]
    if not stated:
        raise ValueError("anomaly_distance needs a threshold; state above, below or both")
    if not all(math.isfinite(value) for value in stated):
        raise ValueError(f"above and below must be finite, got {above} and {below}")
    if threshold == "percentile" and not all(0 <= value <= 100 for value in stated):
        raise ValueError(f"percentiles must be from 0 to 100, got {above} and {below}")
    if above is not None and below is not None and above >= below:
        raise ValueError(
            f"above is {above:g} and below {below:g}: nothing lies between; for either side of a "
            "band, make two layers"
        )


def _percentiles(
    layer: xr.DataArray, above: float | None, below: float | None, area: xr.DataArray | None
) -> tuple[float | None, float | None]:
    """The values at two percentiles of the known ones, said."""
    known = sources.known_values(layer, area).astype("f8")
    name, units = layer.attrs["long_name"], layer.attrs["units"]
    if not known.size:
        raise DataError(f"{name!r} has no known value, and so no percentiles")
    found = [None if p is None else float(np.percentile(known, p)) for p in (above, below)]
    for percentile, value in zip((above, below), found, strict=True):
        if value is not None:
            log.info("percentile %g of %r is %g %s", percentile, name, value, units)
    return found[0], found[1]


def _told(above: float | None, below: float | None, threshold: str, layer: xr.DataArray) -> str:
    """The band of values in words."""
    unit = "" if layer.attrs["units"] == "1" else f" {layer.attrs['units']}"
    sign = "percentile " if threshold == "percentile" else ""
    unit = "" if sign else unit
    if above is None:
        return f"below {sign}{below:g}{unit}"
    if below is None:
        return f"above {sign}{above:g}{unit}"
    return f"between {sign}{above:g} and {below:g}{unit}"
