"""
Prediction-area plot: where deposits found and ground set aside balance.

Follows, like :mod:`geoprospect.kernels.ranking`, from two counts per deposit: how many
cells score *above* it, and how many *at or above* it. Cells are of equal area.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LEVEL = 95
"""Of bootstrap intervals [%]."""


@dataclass(frozen=True)
class Crossing:
    """
    Where the curve of deposits found meets that of ground set aside.

    *captured* is the share of deposits above it and *area* the share of ground [1],
    which add up to 1; *density* the first over the second (normalised density) and
    *weight* its logarithm, both as they are used to weigh layers; *score* where
    on the map it lies, NaN if scores were not given.
    """

    captured: float
    area: float
    density: float
    weight: float
    score: float = float("nan")


def crossing(
    above: npt.ArrayLike,
    at_or_above: npt.ArrayLike,
    cells: int,
    *,
    scores: npt.ArrayLike | None = None,
) -> Crossing:
    """
    The crossing of a prediction-area plot [1]_.

    As the threshold falls, deposits and ground above it both grow, so they meet the
    line on which they add up to 1 exactly once. Within cells of one score both
    grow evenly: no order among them is better than another. A map that orders at
    random crosses at one half, with a density of 1.

    Parameters
    ----------
    above, at_or_above : (deposits,)
        Cells that score above each deposit, and at or above it; counts over blocks
        add up.
    cells : int
        All cells.
    scores : (deposits,), optional
        The deposits' own scores, for the score at the crossing; between deposits it is
        interpolated over area.

    Returns
    -------
    Crossing
        Where no ground at all lies above, the density is infinite and is told as the
        number of deposits.

    Raises
    ------
    ValueError
        If there is no deposit, or counts are out of order.

    References
    ----------
    .. [1] Yousefi, M., Carranza, E.J.M. (2015). Prediction-area (P-A) plot and C-A
       fractal analysis to classify and evaluate evidential maps for mineral
       prospectivity modeling. Computers & Geosciences 79, 69-81.
    """
    low, high = np.asarray(above, float), np.asarray(at_or_above, float)
    _check(low, high, cells)
    covered = _covered(low / cells, high / cells)
    where = float("nan") if scores is None else _score(covered, low / cells, high / cells, scores)
    return _at(covered, len(low), where)


def other_way(
    above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The same counts, or shares of 1 cell, for the layer upside down."""
    low, high = np.asarray(above), np.asarray(at_or_above)
    return cells - high, cells - low


def either_way(
    above: npt.ArrayLike, at_or_above: npt.ArrayLike, cells: int
) -> tuple[Crossing, bool]:
    """The better crossing of an evidence layer, and whether it is that of low values."""
    high = crossing(above, at_or_above, cells)
    low = crossing(*other_way(above, at_or_above, cells), cells)
    return (low, True) if low.density > high.density else (high, False)


def interval(
    above: npt.ArrayLike,
    at_or_above: npt.ArrayLike,
    cells: int,
    *,
    clusters: npt.ArrayLike,
    draws: int = 1000,
    seed: int,
) -> tuple[Crossing, Crossing]:
    """
    Between which crossings 95 % lie if clusters of deposits are drawn anew.

    Parameters
    ----------
    above, at_or_above : (deposits,)
    cells : int
    clusters : (deposits,)
        Deposits of one cluster are drawn together, with replacement.
    draws : int
    seed : int

    Returns
    -------
    (Crossing, Crossing)
        The low and the high end. A low density above 1 says that the map beats chance.
    """
    low, high = np.asarray(above), np.asarray(at_or_above)
    generator = np.random.default_rng(seed)
    names, of = np.unique(np.asarray(clusters), return_inverse=True)
    members = [np.flatnonzero(of == number) for number in range(len(names))]
    areas = np.empty(draws)
    for draw in range(draws):
        chosen = generator.integers(len(names), size=len(names))
        drawn = np.concatenate([members[number] for number in chosen])
        areas[draw] = crossing(low[drawn], high[drawn], cells).area
    tail = (100 - LEVEL) / 2
    most, least = (float(end) for end in np.percentile(areas, [100 - tail, tail]))
    return _at(most, len(low)), _at(least, len(low))


def layer_weights(found: Sequence[Crossing]) -> Values:
    """Share of each layer in a weighted sum [1]: its weight over all that are above zero."""
    positive = np.maximum([each.weight for each in found], 0)
    total = positive.sum()
    return positive / total if total > 0 else np.zeros(len(found))


def _check(low: Values, high: Values, cells: int) -> None:
    if not len(low):
        raise ValueError("a prediction-area plot needs deposits, and there are none")
    if (low > high).any() or (low < 0).any() or (high > cells).any():
        raise ValueError(
            f"counts must satisfy 0 <= above <= at_or_above <= {cells} cells; "
            "pass those of kernels.ranking.ranks"
        )


def _covered(low: Values, high: Values) -> float:
    """Share of area at which the share of deposits above is the rest of 1."""
    rising = high > low
    width = np.where(rising, high - low, 1)

    def beyond(area: float, *, at_its_end: bool = True) -> float:
        reached = area >= low if at_its_end else area > low
        found = np.where(rising, np.clip((area - low) / width, 0, 1), reached)
        return float(found.mean()) + area - 1

    knots = np.unique(np.concatenate([[0.0], low, high, [1.0]])).tolist()
    right = bisect.bisect_left(knots, 0.0, key=beyond)
    if right == 0 or beyond(knots[right], at_its_end=False) < 0:
        return float(knots[right])  # along a jump
    start, end = beyond(knots[right - 1]), beyond(knots[right], at_its_end=False)
    return float(knots[right - 1] - start / (end - start) * (knots[right] - knots[right - 1]))


def _at(area: float, deposits: int, score: float = float("nan")) -> Crossing:
    density = (1 - area) / area if area > 0 else float(deposits)
    return Crossing(1 - area, area, density, math.log(density) if density else -math.inf, score)


def _score(covered: float, low: Values, high: Values, scores: npt.ArrayLike) -> float:
    """Score above which so much of the area lies: a deposit's own, or between two of them."""
    own, first = np.unique(-np.asarray(scores, float), return_index=True)
    knots = np.column_stack([low[first], high[first]]).ravel()
    return float(np.interp(covered, knots, np.repeat(-own, 2)))
