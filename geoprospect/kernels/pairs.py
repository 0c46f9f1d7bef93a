"""Pairs of samples in three dimensions, by their distance and direction."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

STEPS = 8
"""Bins of an offset on each side of nought; they widen outwards, as squares do."""


class Pairs(NamedTuple):
    """Bins that hold pairs: mean offset (n, 3) [m], half the mean square difference, how many."""

    offsets: Values
    gamma: Values
    pairs: Values


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def along(
    places: Values,
    values: Values,
    holes: Index,
    axes: Values,
    cosines: Values,
    bands: Values,
    lag: float,
    lags: int,
    within: bool,
) -> Values:
    """
    Sums over pairs by direction and distance: (directions, lags, 3).

    They are the count, the distances and the squares of differences. A pair belongs to an
    axis if it is no farther off its direction than the angle of *cosines* and no farther off
    its line than *bands* [m]; *within* takes pairs of one hole only.
    """
    sums = np.zeros((len(axes), lags, 3))
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            if within and holes[i] != holes[j]:
                continue
            x = places[j, 0] - places[i, 0]
            y = places[j, 1] - places[i, 1]
            z = places[j, 2] - places[i, 2]
            square = x * x + y * y + z * z
            away = np.sqrt(square)
            which = int(away / lag)
            if away == 0 or which >= lags:
                continue
            for d in range(len(axes)):
                ahead = abs(x * axes[d, 0] + y * axes[d, 1] + z * axes[d, 2])
                off = np.sqrt(max(square - ahead * ahead, 0.0))
                if ahead >= away * cosines[d] and off <= bands[d]:
                    sums[d, which, 0] += 1
                    sums[d, which, 1] += away
                    sums[d, which, 2] += (values[j] - values[i]) ** 2
    return sums


def all_around(places: Values, values: Values, reach: Values) -> Pairs:
    """
    Pairs by their offset east, north and up, each no farther than *reach* (3,) [m].

    Opposite offsets are one. Bins are narrow where grades change fast, near nought, and
    each stands for the mean offset of its pairs.
    """
    sums = _offsets(places, values, np.asarray(reach, np.float64)).reshape(-1, 5)
    count = sums[:, 0]
    held = count > 0
    count = count[held]
    return Pairs(sums[held, 1:4] / count[:, None], sums[held, 4] / (2 * count), count)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _offsets(places: Values, values: Values, reach: Values) -> Values:
    """Sums by bin of offset: count, the offset, squares of differences."""
    sums = np.zeros((2 * STEPS, 2 * STEPS, 2 * STEPS, 5))
    offset = np.empty(3)
    bins = np.empty(3, np.int64)
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            sign, far, apart = 0.0, False, 0.0
            for k in range(2, -1, -1):
                offset[k] = places[j, k] - places[i, k]
                far |= abs(offset[k]) > reach[k]
                apart += abs(offset[k])
                if sign == 0 and offset[k] != 0:
                    sign = 1.0 if offset[k] > 0 else -1.0
            if far or apart == 0:
                continue
            for k in range(3):
                offset[k] *= sign
                step = min(int(STEPS * np.sqrt(abs(offset[k]) / reach[k])), STEPS - 1)
                bins[k] = STEPS + step if offset[k] >= 0 else STEPS - 1 - step
            east, north, up = bins[0], bins[1], bins[2]
            sums[east, north, up, 0] += 1
            for k in range(3):
                sums[east, north, up, 1 + k] += offset[k]
            sums[east, north, up, 4] += (values[j] - values[i]) ** 2
    return sums
