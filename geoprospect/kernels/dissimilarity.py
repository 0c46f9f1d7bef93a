"""How unlike the nearest of some known rows each row of a table is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Distances = npt.NDArray[np.float64]


def scale_of(rows: Rows, classes: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """
    What a difference of one counts as, for each layer: its standard deviation.

    NaN for a layer that does not vary, which tells nothing. Two classes differ by one
    or not at all, over their own deviation: the root of half the chance that two cells
    are of different classes.
    """
    scales = np.full(rows.shape[1], np.nan)
    for layer, values in enumerate(rows.T.astype(np.float64)):
        known = values[~np.isnan(values)]
        if known.size and (known != known[0]).any():
            scales[layer] = known.std() if not classes[layer] else _spread_of_classes(known)
    return scales


def nearest(
    rows: Rows, known: Rows, scales: npt.NDArray[np.float64], classes: npt.NDArray[np.bool_]
) -> Distances:
    """
    Distance from each row to the nearest known one, in standard deviations: (n, l) -> (n,).

    Root mean square over the layers that both have; NaN where no known row shares one.
    """
    best = np.full(len(rows), np.inf)
    columns = [i for i, scale in enumerate(scales) if not np.isnan(scale)]
    table = rows.T.astype(np.float64)
    for one in known.astype(np.float64):
        total, count = np.zeros(len(rows)), np.zeros(len(rows))
        for i in columns:
            if np.isnan(one[i]):
                continue
            apart = (table[i] != one[i]) * 1.0 if classes[i] else table[i] - one[i]
            here = ~np.isnan(table[i])
            total[here] += (apart[here] / scales[i]) ** 2
            count += here
        shared = count > 0
        best[shared] = np.minimum(best[shared], total[shared] / count[shared])
    return np.where(np.isinf(best), np.nan, np.sqrt(best))


def _spread_of_classes(values: npt.NDArray[Any]) -> float:
    shares = np.unique(values, return_counts=True)[1] / values.size
    return float(np.sqrt((1 - (shares**2).sum()) / 2))
