"""Measured values as classes."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import scaling, sources
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def binned(
    source: xr.DataArray,
    *,
    method: Literal["quantile", "equal", "edges"],
    number: int | None = None,
    edges: list[float] | None = None,
    area: xr.DataArray | None = None,
) -> xr.DataArray:
    """
    Class of a quantity's value, from the lowest bin to the highest [1].

    Weights of evidence and contact tables count deposits by class; a threshold
    that the field trusts, such as a background limit, makes a class of its own
    [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    method : {"quantile", "equal", "edges"}
        Bins with as many cells each; bins as wide as each other, from the lowest
        value to the highest; or bins between stated edges.
    number : int, optional
        How many bins; with 'quantile' and 'equal'.
    edges : list of float, optional
        With 'edges': where one bin ends and the next begins, rising [units of the
        source]. k edges make k + 1 bins; the first and the last are open.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the bins.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 1; ``flag_meanings`` has the limits. A value on an edge is in
        the upper bin. NaN where unknown. Quantiles are of all known cells, or of a
        regular selection of at most 100,000; it is computed at once, on purpose.
        Bins that many equal values leave empty are left out, and said.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *number* or *edges* lacks, is given to a method that takes none, or makes
        no bins.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    layer = sources.continuous(source, "binned")
    wanted = _bins_wanted(method, number, edges)
    limits = wanted if method == "edges" else _limits(layer, method, len(wanted) + 1, area)
    return contract.describe(
        lazy.from_array(_bins, layer, np.asarray(limits)),
        long_name=f"{layer.attrs['long_name']}, binned",
        units="1",
        quality=contract.is_quality(layer),
        meanings=_bin_names(limits, layer.attrs["units"]),
    )


def _bins_wanted(
    method: str, number: int | None, edges: Sequence[float] | None
) -> Sequence[float] | range:
    """The edges stated, or as many places for them as are wanted; an error if neither fits."""
    if method == "edges":
        if number is not None or not edges:
            raise ValueError("binned by edges needs edges: [...], and no number")
        if not all(math.isfinite(edge) for edge in edges) or np.any(np.diff(edges) <= 0):
            raise ValueError(f"edges must be finite and rise, got {edges}")
        return edges
    if number is None or edges is not None:
        raise ValueError(f"binned by {method} needs number: the count of bins, and no edges")
    if number < 2:
        raise ValueError(f"number of bins must be 2 or more, got {number}")
    return range(number - 1)


def _limits(
    layer: xr.DataArray, method: str, number: int, area: xr.DataArray | None
) -> list[float]:
    """Edges between so many bins; fewer where they would coincide."""
    if method == "equal":
        low, high = scaling.extremes(layer, area)
        found = np.linspace(low, high, number + 1)[1:-1] if low < high else np.empty(0)
    else:
        known = sources.known_values(layer, area).astype("f8")
        places = np.arange(1, number)[: known.size] * known.size // number
        found = known[places][known[places] > known[:1]]
    limits = [float(edge) for edge in np.unique(found)]
    if len(limits) < number - 1:
        log.warning(
            "%r has so many equal values that %d bins by %s are left of %d",
            layer.attrs["long_name"],
            len(limits) + 1,
            method,
            number,
        )
    return limits


def _bins(block: lazy.Block, limits: npt.NDArray[np.float64]) -> lazy.Block:
    code = np.searchsorted(limits, block.astype("f8"), side="right") + 1
    return np.where(np.isnan(block), np.nan, code).astype("float32")


def _bin_names(limits: Sequence[float], units: str) -> dict[int, str]:
    unit = "" if units == "1" else f" {units}"
    if not limits:
        return {1: "all values"}
    inner = [f"{a:g} to {b:g}{unit}" for a, b in itertools.pairwise(limits)]
    return dict(
        enumerate([f"below {limits[0]:g}{unit}", *inner, f"{limits[-1]:g}{unit} and more"], start=1)
    )
