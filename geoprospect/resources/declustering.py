"""Samples drilled where ore was found, weighed so that their mean is that of the ground."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]


def cell_weights(places: Values, *, cell: float | Sequence[float], origins: int = 5) -> Values:
    """
    Weight of each sample by how many share its cell [1]; their sum is the number of samples.

    Holes stand close together where grades are good, and a plain mean counts that ground
    many times. Each cell that holds samples weighs the same, and its samples share the weight
    [1]_; means over several origins of the cells keep where they begin from mattering much.

    Parameters
    ----------
    places : array (samples, dimensions)
        Easting and northing, and elevation if they vary in it [m].
    cell : float or sequence of float
        Side of a cell, one or one in each direction [m]: about the spacing where sampling is
        sparse. :func:`cell_sizes` tries several.
    origins : int
        How many origins are tried; each lies a further part of a cell to the south-west.

    Returns
    -------
    array (samples,)

    Raises
    ------
    DataError
        If there are no samples, or a place is not known.
    ValueError
        If a side is not positive, sides do not fit the dimensions, or there is no origin.

    References
    ----------
    .. [1] Deutsch, C.V., Journel, A.G. (1998). GSLIB: Geostatistical Software Library and
       User's Guide, 2nd ed. Oxford, section VI.2.
    """
    places = np.asarray(places, float)
    _check_places(places)
    if origins < 1:
        raise ValueError(f"origins must be 1 or more, got {origins}")
    sides = np.asarray(cell, float)
    if sides.ndim and sides.shape != places.shape[1:]:
        raise ValueError(f"{sides.size} sides of a cell do not fit {places.shape[1]} dimensions")
    if not (sides > 0).all():
        raise ValueError(f"the sides of a cell must be positive, got {cell} m")
    apart = places - places.min(axis=0)
    total = np.zeros(len(places))
    for step in range(origins):
        which = np.floor(apart / sides + step / origins).astype(np.int64)
        _, of, counts = np.unique(which, axis=0, return_inverse=True, return_counts=True)
        total += 1 / (counts[of.reshape(-1)] * len(counts))
    return np.asarray(total * len(places) / total.sum())


def cell_sizes(
    places: Values, values: Values, *, cells: Sequence[float], origins: int = 5
) -> pd.DataFrame:
    """
    Declustered mean by size of the cell, in the units of the values.

    Where rich ground was drilled closely the mean is least at the right size; where poor
    ground was, it is greatest. At cells as small as a sample or as large as the district the
    weights are all alike again.

    Parameters
    ----------
    places : array (samples, dimensions)
        As for :func:`cell_weights`.
    values : array (samples,)
        Grades; samples without one are left out, which is said.
    cells : sequence of float
        Sizes to try [m].

    Returns
    -------
    DataFrame
        ``cell`` [m] and ``mean``, one row for each size.

    Raises
    ------
    DataError
        If no sample has a grade.
    """
    known = _known(values)
    places, values = np.asarray(places, float)[known], np.asarray(values, float)[known]
    means = [
        float(np.average(values, weights=cell_weights(places, cell=cell, origins=origins)))
        for cell in cells
    ]
    return pd.DataFrame({"cell": np.asarray(cells, float), "mean": means})


def chosen_cell(sizes: pd.DataFrame, *, clustered: Literal["high", "low"]) -> float:
    """
    Size of the cell [m] at which the declustered mean is least, or greatest.

    Parameters
    ----------
    sizes : DataFrame
        As :func:`cell_sizes` gives it.
    clustered : {"high", "low"}
        Whether rich or poor ground was sampled closely.

    Returns
    -------
    float
        The smallest or largest size tried is no answer, which a warning says.
    """
    means = sizes["mean"]
    at = int(means.argmin() if clustered == "high" else means.argmax())
    if at in (0, len(means) - 1):
        log.warning(
            "the mean is %s at %g m, which is an end of the sizes that were tried: try others, or "
            "the samples are not clustered.",
            "least" if clustered == "high" else "greatest",
            sizes["cell"].iloc[at],
        )
    return float(sizes["cell"].iloc[at])


def moments(values: Values, weights: Values) -> tuple[float, float]:
    """Mean and standard deviation of weighed samples with a value, in its units."""
    known = _known(values)
    values, weights = np.asarray(values, float)[known], np.asarray(weights, float)[known]
    mean = float(np.average(values, weights=weights))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def _check_places(places: Values) -> None:
    if places.ndim != 2 or not len(places):
        raise DataError("there are no samples to weigh; give one row of coordinates for each")
    lost = int((~np.isfinite(places)).any(axis=1).sum())
    if lost:
        raise DataError(f"{lost} of {len(places)} samples have no place; leave them out first")


def _known(values: Values) -> npt.NDArray[np.bool_]:
    known = ~np.isnan(np.asarray(values, float))
    if not known.any():
        raise DataError("no sample has a value; check the column, or how blanks are read")
    if not known.all():
        log.info("%d of %d samples have no value and are left out.", (~known).sum(), known.size)
    return np.asarray(known)
