"""Where the concentration-area curve of a layer of any size bends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect.kernels import fractal, ranking
from geoprospect.lazy.running import gathered, summed


@dataclass(frozen=True)
class Bends:
    """
    How many cells are *known*, how many are above zero, and the *curve*; None without a bend.

    ``area`` is the share of the cells above zero that reach each of ``thresholds`` [1].
    """

    known: int
    positive: int
    curve: fractal.Fractal | None
    thresholds: npt.NDArray[np.float64]
    area: npt.NDArray[np.float64]


def bends(layer: xr.DataArray, *, seed: int) -> Bends:
    """
    :func:`geoprospect.kernels.fractal.concentration_area` of the cells above zero.

    Computed on purpose: goes through the layer twice, block by block.
    """
    known, positive, low, high = 0, 0, np.inf, -np.inf
    for count, above, least, largest in gathered(_range, layer):
        known, positive = known + count, positive + above
        low, high = min(low, least), max(high, largest)
    if not positive:
        return Bends(known, positive, None, np.empty(0), np.empty(0))
    thresholds = fractal.thresholds_between(low, high)
    counts = summed(lambda block: ranking.ranks(block[block > 0], thresholds), layer)
    curve = fractal.bends(thresholds, positive - counts[1], positive, seed)
    return Bends(known, positive, curve, thresholds, counts[1] / positive)


def _range(where: Any, block: npt.NDArray[np.float32]) -> tuple[int, int, float, float]:
    """Known cells, cells above zero, and the least and largest of these."""
    known = block[~np.isnan(block)]
    above = known[known > 0]
    ends = (float(above.min()), float(above.max())) if above.size else (np.inf, -np.inf)
    return known.size, above.size, *ends
