"""Order statistics of layers of any size, exact, in three passes over their blocks."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect.kernels import selection
from geoprospect.lazy.running import gathered

Ranks = npt.NDArray[np.int64]

AT_ONCE = 32
"""Blocks whose counts are held at one time; they may weigh as much as the blocks."""


@dataclass(frozen=True)
class Best:
    """The lowest of the best values of a layer; how many cells reach it, of how many known."""

    threshold: float
    reached: int
    known: int


def best(layer: xr.DataArray, share: float) -> Best | None:
    """
    The highest value that at least *share* of the known cells reach.

    None where no cell is known. Computed on purpose.
    """

    def rank(known: int) -> list[int]:
        return [known + 1 - max(1, math.ceil(share * known - 1e-9))]

    values, smaller, known = _ordered(layer, rank)
    if not known[0]:
        return None
    return Best(float(values[0, 0]), int(known[0] - smaller[0, 0]), int(known[0]))


def quantiles(
    layer: xr.DataArray,
    shares: Sequence[float],
    *,
    group: xr.DataArray | None = None,
    groups: int = 1,
) -> npt.NDArray[np.float64]:
    """
    The smallest value that at least each of *shares* of the known cells do not exceed.

    Parameters
    ----------
    layer : DataArray (y, x)
        Values in float32.
    shares : sequence of float
        In (0, 1].
    group : DataArray (y, x), optional
        Group of each cell, from 0, each with quantiles of its own; NaN: in none.
    groups : int
        How many there are.

    Returns
    -------
    (groups, shares) float64
        NaN for a group without known cells. Computed on purpose.
    """

    def ranks(known: int) -> list[int]:
        return [max(1, math.ceil(share * known - 1e-9)) for share in shares]

    values, _, known = _ordered(layer, ranks, group, groups)
    return np.where(known[:, None] > 0, values, np.nan)


def _ordered(
    layer: xr.DataArray,
    ranks_of: Callable[[int], Sequence[int]],
    group: xr.DataArray | None = None,
    groups: int = 1,
) -> tuple[npt.NDArray[np.float64], Ranks, Ranks]:
    """Values of given ranks from the smallest, how many are smaller, and how many are known."""
    layers = [layer] if group is None else [layer, group]
    prefixes = np.arange(groups)
    tally = _counted(layers, prefixes, 0)
    known = tally.sum(axis=1)
    ranks = np.array([ranks_of(int(count)) for count in known], np.int64).ravel()
    ranks = np.clip(ranks, 1, None)
    tally[known == 0, 0] = 1  # a value to be found where there is none; the caller masks it
    sought = np.repeat(prefixes, len(ranks) // groups)
    smaller = np.zeros_like(ranks)
    for depth, bits in enumerate(selection.DIGITS):
        if depth:
            prefixes = np.unique(sought)
            tally = _counted(layers, prefixes, depth)
            tally[tally.sum(axis=1) == 0, 0] = 1
        rows = np.searchsorted(prefixes, sought)
        digit, before, _ = selection.narrowed(tally, rows, ranks - smaller)
        smaller, sought = smaller + before, sought << bits | digit
    shape = groups, -1
    return selection.values(sought).reshape(shape), smaller.reshape(shape), known


def _counted(layers: Sequence[xr.DataArray], prefixes: Ranks, depth: int) -> Ranks:
    """Counts of the next digit under each prefix, over all blocks."""
    tally = np.zeros(len(prefixes) << selection.DIGITS[depth], np.int64)
    counter = functools.partial(_tallies, prefixes, depth)
    for places, counts in gathered(counter, *layers, at_once=AT_ONCE):
        tally[places] += counts
    return tally.reshape(len(prefixes), -1)


def _tallies(prefixes: Ranks, depth: int, where: Any, *blocks: npt.NDArray[Any]) -> Any:
    return selection.tallies(selection.keys(*blocks), prefixes, depth)
