"""A map of scores in a few classes: by the bends of its area curve, or at a stated score."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import fractal

log = logging.getLogger("geoprospect.maps")


def concentration_area(
    prospectivity: xr.DataArray, *, seed: int
) -> tuple[xr.DataArray, fractal.Fractal]:
    """
    Classes of a map of scores by the breaks of its concentration-area curve [1].

    The area above a score shrinks as a power of it; where the power changes, ground of
    another kind begins [1]_. It parts a map into classes to draw, and validates nothing: hold
    the classes against deposits that the models had not seen.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        Scores; those at or below zero have no logarithm and are background.
    seed : int
        For the bootstrap that tells how far the breaks may lie elsewhere.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 0 with ``flag_meanings``: background ... high, each with its bounds. NaN
        where the score is unknown.
    Fractal
        Breaks with the range of each, exponents, and how well each piece fits. Told from all
        cells; computed on purpose, block by block.

    Raises
    ------
    DataError
        If the curve has no break that can be told.

    References
    ----------
    .. [1] Cheng, Q., Agterberg, F.P., Ballantyne, S.B. (1994). The separation of
       geochemical anomalies from background by fractal methods. Journal of
       Geochemical Exploration 51, 109-130.
    """
    name = prospectivity.attrs["long_name"]
    found = _curve(prospectivity, seed)
    if found is None:
        raise DataError(
            f"the concentration-area curve of {name!r} has no break that can be told (too few "
            "scores above zero, or too many ties); class the map at stated scores instead"
        )
    for i, at in enumerate(found.breaks):
        log.info(
            "concentration-area of %r: break at %.4g (bootstrap %.4g to %.4g), exponent %.2f "
            "below it (R2 %.3f) and %.2f above (R2 %.3f).",
            name, at, found.low[i], found.high[i], found.exponents[i], found.fits[i],
            found.exponents[i + 1], found.fits[i + 1],
        )  # fmt: skip
    words = fractal.CLASSES[len(found.breaks)]
    made = classed(prospectivity, found.breaks.tolist(), words=words)
    return made.assign_attrs(long_name=f"concentration-area class of {name}"), found


def classed(
    prospectivity: xr.DataArray, breaks: Sequence[float], *, words: Sequence[str]
) -> xr.DataArray:
    """
    Classes of a map between stated scores [1].

    For example above and below the crossing of its prediction-area plot.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
    breaks : sequence of float
        Rising; a score on a break is in the upper class.
    words : sequence of str
        What the classes are called, one more than breaks.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 0 with ``flag_meanings``; NaN where the score is unknown.

    Raises
    ------
    ValueError
        If *breaks* do not rise, or *words* are not one more.
    """
    limits = np.asarray(breaks, float)
    if not limits.size or not np.isfinite(limits).all() or (np.diff(limits) <= 0).any():
        raise ValueError(f"breaks must be finite and rise, got {list(breaks)}")
    if len(words) != len(limits) + 1:
        raise ValueError(f"{len(limits)} breaks part {len(limits) + 1} classes, got {len(words)}")
    ends = ["", *(f"{at:.4g}" for at in limits), ""]
    meanings = {
        code: f"{word} ({_between(ends[code], ends[code + 1])})" for code, word in enumerate(words)
    }
    return contract.describe(
        lazy.from_array(_codes, prospectivity, limits),
        long_name=f"class of {prospectivity.attrs['long_name']}",
        units="1",
        meanings=meanings,
    )


def _curve(layer: xr.DataArray, seed: int) -> fractal.Fractal | None:
    """The curve's breaks, from counts over blocks; None where there are none."""
    found = [ends for ends in lazy.gathered(_extremes, layer) if ends is not None]
    low, high = min((f[0] for f in found), default=0), max((f[1] for f in found), default=0)
    if low == high:
        return None
    steps = fractal.thresholds(low, high)
    counts = lazy.summed(functools.partial(_counts, steps), layer)
    return fractal.from_counts(steps, counts[1:], int(counts[0]), seed=seed)


def _extremes(where: Any, block: npt.NDArray[Any]) -> tuple[float, float] | None:
    positive = block[block > 0]
    return (float(positive.min()), float(positive.max())) if positive.size else None


def _counts(steps: fractal.Values, block: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Cells above zero, and those at or above each step."""
    positive = block[block > 0]
    return np.concatenate([[positive.size], fractal.at_or_above(positive, steps)])


def _codes(block: lazy.Block, limits: npt.NDArray[np.float64]) -> lazy.Block:
    codes = np.searchsorted(limits, block.astype("float64"), side="right").astype("float32")
    return np.where(np.isnan(block), np.float32(np.nan), codes)


def _between(low: str, high: str) -> str:
    return f"{low} to {high}" if low and high else f"below {high}" if high else f"above {low}"
