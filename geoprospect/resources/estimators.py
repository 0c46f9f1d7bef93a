"""Grades at places from samples about them: the estimators that are held against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.errors import DataError
from geoprospect.kernels.structures import Nested
from geoprospect.resources.kriging import kriged
from geoprospect.resources.search import Search

Values = npt.NDArray[np.float64]

Estimator: TypeAlias = Callable[[pd.DataFrame, pd.DataFrame], Values]
"""Of samples with grades and places without: grades of the places, NaN where there is none."""

XYZ = ["x", "y", "z"]


def nearest_sample(*, grade: str) -> Estimator:
    """
    The grade of the nearest sample: what every other estimator has to beat.

    It makes ground as erratic as samples are, and gives each sample the ground about it,
    which is why its mean is a declustered one.

    Parameters
    ----------
    grade : str
        Column of the samples.
    """

    def estimated(samples: pd.DataFrame, places: pd.DataFrame) -> Values:
        known = _known(samples, grade)
        _, near = cKDTree(known[XYZ].to_numpy(float)).query(places[XYZ].to_numpy(float))
        return np.asarray(known[grade].to_numpy(float)[near])

    return estimated


def inverse_distance(*, grade: str, power: float = 2.0, most: int = 16) -> Estimator:
    """
    Mean of the nearest samples, each weighed by its distance to the power of *-power*.

    It knows neither how far grades resemble each other nor that samples side by side tell
    the same, so that ground drilled closely for its grade raises the estimates about it.

    Parameters
    ----------
    grade : str
        Column of the samples.
    power : float
        2 is common.
    most : int
        Samples that count.

    Raises
    ------
    ValueError
        If *power* or *most* is not positive.
    """
    if not power > 0 or most < 1:
        raise ValueError(f"power and most must be positive, got {power} and {most}")

    def estimated(samples: pd.DataFrame, places: pd.DataFrame) -> Values:
        known = _known(samples, grade)
        count = min(most, len(known))
        tree = cKDTree(known[XYZ].to_numpy(float))
        away, near = tree.query(places[XYZ].to_numpy(float), k=list(range(1, count + 1)))
        grades = known[grade].to_numpy(float)[near]
        closest = np.maximum(away[:, :1], np.finfo(float).tiny)
        with np.errstate(divide="ignore"):
            weights = np.where(away > 0, (closest / away) ** power, 0.0)
        at = away == 0  # at a sample it is that sample's grade
        weights = np.where(at.any(axis=1)[:, None], at, weights)
        return np.asarray((weights * grades).sum(axis=1) / weights.sum(axis=1))

    return estimated


def kriging(*, grade: str, variogram: Nested, search: Search | None = None) -> Estimator:
    """
    Ordinary kriging of points; see :func:`geoprospect.resources.kriging.kriged`.

    Parameters
    ----------
    grade : str
        Column of the samples.
    variogram : Nested
    search : Search, optional
    """

    def estimated(samples: pd.DataFrame, places: pd.DataFrame) -> Values:
        found = kriged(samples, places[XYZ].to_numpy(float), grade=grade, variogram=variogram,
                       search=search)  # fmt: skip
        return found["estimate"].to_numpy(float)

    return estimated


def _known(samples: pd.DataFrame, grade: str) -> pd.DataFrame:
    known = samples[samples[grade].notna()]
    if known.empty:
        raise DataError(
            f"no sample has a grade {grade!r}; check the column, or how blanks are read"
        )
    return known
