"""Straight lines in the ground or in a field, and how sure they are."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.features import focal, sources
from geoprospect.kernels import circles
from geoprospect.kernels import lineaments as kernel
from geoprospect.registry import FEATURES

FEWEST = 5
"""Places along a line, at least, for their agreement to mean anything."""

SUREST = 1 - 2**-17
"""Confidence at most; what float32 holds of it behind the number of a line."""


@FEATURES.register
def lineaments(
    source: xr.DataArray, *, form: Literal["low", "high"], length: float, width: float
) -> xr.Dataset:
    """
    Confidence that a straight line of low or high ground runs through a cell [1].

    Faults weather into straight valleys, or stand as dykes and ribs; in a magnetic map
    they are lows and highs. Drawn by hand, such lines differ from one geologist to the
    next; here each carries how hard it would be to get by chance [1]_ [2]_. Scarps and
    contacts are highs of the slope, or of the horizontal_gradient of a field.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation, or a measured field, on the target grid.
    form : {"low", "high"}
        What the line is: lower than the ground to both its sides, or higher.
    length : float
        Length of the line about the cell [m].
    width : float
        How far to the sides the line is compared, and the space between its places;
        values are means within half of it [m].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``confidence``, 0 to 1: 1 less the chance that any direction has its form at so
        many of its places, were the ground noise (a sign test over the places, times
        the number of directions). ``strike_cosine`` and ``strike_sine``: of twice the
        strike, times the confidence, 1 and 0 for a sure line to the north; there are
        about 1.6 *length* / *width* directions. Beyond the edge nothing is known and
        fewer places count; NaN where the cell's own value is unknown.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *width* does not reach a neighbouring cell, or *length* is less than four
        times *width*.

    References
    ----------
    .. [1] Koike, K., Nagano, S., Ohmi, M. (1995). Lineament analysis of satellite images
       using a Segment Tracing Algorithm (STA). Computers & Geosciences 21, 1091-1104.
    .. [2] Conover, W.J. (1999). Practical Nonparametric Statistics, 3rd edition. Wiley.
    """
    layer = sources.continuous(source, "lineaments")
    cell = contract.cell_size(contract.grid_of(layer))
    _check_line(length, width, max(cell))
    lines = kernel.lines(length, width, cell)
    halo = kernel.reach(lines)
    code = _coded(_smoothed(layer, width / 2), lines, form, halo)
    outputs = ("confidence", "strike_cosine", "strike_sine")
    strikes = 2 * np.array([line.strike for line in lines])
    found = lazy.from_cube(_decoded, xr.Dataset({"code": code}), ["code"], outputs, strikes)
    told = f"{form} lines of {length:g} m in {layer.attrs['long_name']}"
    titles = ("confidence", "cosine of twice the strike", "sine of twice the strike")
    return xr.Dataset(
        {
            output: contract.describe(
                found[output],
                long_name=f"{title}, {told}",
                units="1",
                quality=contract.is_quality(layer),
            )
            for output, title in zip(outputs, titles, strict=True)
        }
    )


def _check_line(length: float, width: float, cell: float) -> None:
    sources.positive("length", length, "m")
    sources.positive("width", width, "m")
    if width < cell:
        raise ValueError(
            f"width is {width:g} m and reaches no neighbour among cells of {cell:g} m; "
            "make it wider"
        )
    if length < (FEWEST - 1) * width:
        raise ValueError(
            f"length is {length:g} m, and must be {FEWEST - 1} times the width of {width:g} m or "
            "more"
        )


def _smoothed(layer: xr.DataArray, radius: float) -> xr.DataArray:
    """Means within a radius, where it reaches a neighbour."""
    if circles.spans(radius, contract.cell_size(contract.grid_of(layer))) == [0]:
        return layer
    return focal.about(circles.mean, layer, radius)


def _coded(layer: xr.DataArray, lines: list[kernel.Line], form: str, halo: int) -> xr.DataArray:
    """Number of the surest line through each cell plus its confidence, which stays below 1."""

    def block_lines(block: lazy.Block) -> lazy.Block:
        short = [max(halo - trimmed, 0) for trimmed in depth]
        wide = np.pad(block.astype("f8"), [(s, s) for s in short], constant_values=np.nan)
        number, confidence = kernel.found(wide, lines, low=form == "low")
        own = block[tuple(slice(d, n - d) for d, n in zip(depth, block.shape, strict=True))]
        coded = np.where(np.isnan(own), np.nan, number + np.minimum(confidence, SUREST))
        return np.pad(coded, [(d, d) for d in depth]).astype("float32")

    depth = [min(halo, size) for size in layer.shape]
    return lazy.from_array(block_lines, layer, halo=halo)


def _decoded(
    stack: npt.NDArray[np.float32], strikes: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Confidence, and cosine and sine of twice the strike times it."""
    code = stack[0].astype("f8")
    known = ~np.isnan(code)
    number = np.where(known, np.floor(code), 0).astype(int)
    confidence = code - number
    angle = strikes[number]
    parts = [confidence, confidence * np.cos(angle), confidence * np.sin(angle)]
    return np.stack(parts).astype("float32")
