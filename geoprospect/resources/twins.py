"""Samples at one place: holes twice in the tables, and wedges above where they part."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoprospect.errors import DataError, did_you_mean

log = logging.getLogger("geoprospect.resources")

NAMED = 5
"""Pairs of holes that a message names."""


def without_twins(
    samples: pd.DataFrame, *, grades: Sequence[str], within: float = 0.01
) -> pd.DataFrame:
    """
    Samples of which no two lie at one place: those that do are the mean of their grades.

    Kriging cannot weigh two samples at one place, for they tell the same of all ground. In
    real tables they come from a hole that was entered twice, or from a wedge that carries
    the intervals of its mother hole above the point where it left it. Which it was, only the
    archive knows; which holes are concerned is said.

    Parameters
    ----------
    samples : DataFrame
        Composites in their places: ``hole``, ``x``, ``y``, ``z`` [m] and grades.
    grades : list of str
        Columns whose mean over the known ones is kept; all else is that of the first sample.
    within : float
        How near places are one place [m].

    Returns
    -------
    DataFrame
        In the order of *samples*, with a new index if any were put together.

    Raises
    ------
    DataError
        If a column is missing.
    ValueError
        If *within* is not positive.
    """
    for name in ("hole", "x", "y", "z", *grades):
        if name not in samples.columns:
            known = did_you_mean(name, map(str, samples.columns))
            raise DataError(f"the samples have no column {name!r}{known}")
    if not within > 0:
        raise ValueError(f"within must be positive, got {within} m")
    places = cKDTree(samples[["x", "y", "z"]].to_numpy(float))
    pairs = places.query_pairs(within, output_type="ndarray")
    if not len(pairs):
        return samples
    _say(samples["hole"].to_numpy(), pairs)
    joined = coo_array((np.ones(len(pairs)), tuple(pairs.T)), (len(samples), len(samples)))
    group = connected_components(joined, directed=False)[1]
    first = ~pd.Series(group).duplicated().to_numpy()
    means = samples[list(grades)].groupby(group).mean().loc[group[first]]
    kept = samples[first].reset_index(drop=True)
    return kept.assign(**{name: means[name].to_numpy() for name in grades})


def _say(holes: npt.NDArray[np.object_], pairs: npt.NDArray[np.intp]) -> None:
    between = sorted({" and ".join(sorted(map(str, holes[pair]))) for pair in pairs})
    more = f" and {len(between) - NAMED} more" if len(between) > NAMED else ""
    log.warning(
        "%d pairs of samples lie at one place and are taken together, by the mean of their grades: "
        "of holes %s%s.",
        len(pairs),
        "; ".join(between[:NAMED]),
        more,
    )
