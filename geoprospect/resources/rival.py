"""LightGBM as kriging's rival: what it can learn of kriging's errors, and whether to believe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels.structures import Nested
from geoprospect.language import say
from geoprospect.resources.estimators import XYZ, Estimator
from geoprospect.resources.kriging import kriged
from geoprospect.resources.out_of_hole import OutOfHole, hole_folds
from geoprospect.resources.search import Search

Values = npt.NDArray[np.float64]

STEADY: dict[str, Any] = {
    "n_estimators": 100,
    "learning_rate": 0.03,
    "num_leaves": 4,
    "min_child_samples": 40,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "n_jobs": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
"""Very small trees, held back, for what kriging leaves is mostly noise; the same bits each time."""
NEAR = 8
"""Samples about a place whose grades and distances are told."""
FOLDS = 5
"""Groups of holes left out in turn to see how kriging errs."""


@dataclass(frozen=True, eq=False)
class Rival:
    """Kriging and what LightGBM has learnt of its errors; :func:`trained` makes it."""

    samples: pd.DataFrame = field(repr=False)
    grade: str
    azimuth: float
    columns: tuple[str, ...]
    trees: Any = field(repr=False)

    def estimates(self, places: pd.DataFrame, found: pd.DataFrame) -> Values:
        """
        Grades of *places* (``x``, ``y``, ``z`` [m] and the further columns).

        *found* is what :func:`geoprospect.resources.kriging.kriged` says of them, as points or
        as blocks; where it knows nothing, nor does this.
        """
        told = _features(self.samples, places, found, self.grade, self.azimuth, self.columns)
        kriged_ = found["estimate"].to_numpy(float)
        learnt = self.trees.predict(told, num_threads=1)
        return np.asarray(np.where(np.isnan(kriged_), np.nan, kriged_ + learnt))


@dataclass(frozen=True)
class Verdict:
    """Whether the rival is used, by how much its mean square error is smaller [1], and why."""

    adopted: bool
    gain: float
    errors: float
    sentence: str


def trained(
    samples: pd.DataFrame,
    *,
    grade: str,
    variogram: Nested,
    seed: int,
    search: Search | None = None,
    azimuth: float = 0.0,
    columns: Sequence[str] = (),
) -> Rival:
    """
    Kriging with a correction by boosted trees, learnt from how it errs out of hole.

    Trees see what kriging does not: a trend with depth, what else was measured, how
    neighbours scatter. But trees that are told of neighbours in the same hole learn to copy
    them. So holes are left out in groups, each sample is kriged from the other groups, and
    the trees learn what was left, from what the other groups tell [1]_. Where there is
    nothing to learn, the correction is next to nothing.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m], ``hole``, *grade*, and *columns*.
    grade : str
    variogram : Nested
        Of the grade.
    seed : int
        Of groups and trees.
    search : Search, optional
    azimuth : float
        Of the ore's strike, clockwise from north [degree]: coordinates are told along it
        and across it, for trees cut parallel to axes.
    columns : list of str
        What else is known of samples and of all places, such as a distance to a contact;
        NaN is unknown.

    Returns
    -------
    Rival

    Raises
    ------
    DataError
        If a column is missing, or there are fewer than two holes with a grade.

    References
    ----------
    .. [1] Hengl, T., Heuvelink, G.B.M., Rossiter, D.G. (2007). About regression-kriging: from
       equations to case studies. Computers & Geosciences 33, 1301-1315.
    """
    from lightgbm import LGBMRegressor

    known = _known(samples, grade, columns)
    holes = known["hole"].nunique()
    if holes < 2:
        raise DataError("with one hole there is nothing to learn from; two are needed")
    of = hole_folds(known, count=min(FOLDS, holes), seed=seed)
    parts, left = [], []
    for fold in np.unique(of):
        others, some = known[of != fold], known[of == fold]
        found = kriged(others, some[XYZ].to_numpy(float), grade=grade, variogram=variogram,
                       search=search)  # fmt: skip
        parts.append(_features(others, some, found, grade, azimuth, columns))
        left.append(some[grade].to_numpy(float) - found["estimate"].to_numpy(float))
    told, errors = pd.concat(parts), np.concatenate(left)
    fit = ~np.isnan(errors)
    if not fit.any():
        raise DataError("no sample is within the search of another hole; widen it")
    trees = LGBMRegressor(random_state=seed, **STEADY).fit(told[fit], errors[fit])
    return Rival(known, grade, azimuth, tuple(columns), trees)


def rival(
    *,
    grade: str,
    variogram: Nested,
    seed: int,
    search: Search | None = None,
    azimuth: float = 0.0,
    columns: Sequence[str] = (),
) -> Estimator:
    """The same as an estimator, to be judged by :func:`.out_of_hole.out_of_hole`."""

    def estimated(samples: pd.DataFrame, places: pd.DataFrame) -> Values:
        made = trained(samples, grade=grade, variogram=variogram, seed=seed, search=search,
                       azimuth=azimuth, columns=columns)  # fmt: skip
        found = kriged(samples, places[XYZ].to_numpy(float), grade=grade, variogram=variogram,
                       search=search)  # fmt: skip
        return made.estimates(places, found)

    return estimated


def verdict(judged: OutOfHole, *, rival: str = "lightgbm", kriging: str = "kriging") -> Verdict:
    """
    Whether the rival may be used: by more than a standard error better than kriging out of hole.

    Judged is the mean square error, which both make least: who aims at the mean size of
    errors instead gets it by giving skewed grades their median, and loses metal.

    Parameters
    ----------
    judged : OutOfHole
    rival, kriging : str
        Their names among the estimators.

    Returns
    -------
    Verdict
    """
    less, error = judged.gain(rival, kriging, power=2)
    some = judged.compared
    share = less / float(((some[kriging] - some["truth"]) ** 2).mean())
    errors = less / error if error > 0 else float(np.copysign(np.inf, less)) if less else 0.0
    values = {"share": f"{abs(100 * share):.1f}", "errors": f"{abs(errors):.1f}"}
    if errors > 1:
        sentence = say(
            "LightGBM corrects kriging here: out of hole its mean square error is {share} % "
            "smaller, by {errors} standard errors.", **values,
        )  # fmt: skip
    elif less > 0:
        sentence = say(
            "Kriging stays: out of hole LightGBM's mean square error is {share} % smaller, but by "
            "{errors} standard errors only; more than one is asked for.", **values,
        )  # fmt: skip
    else:
        sentence = say(
            "Kriging stays: out of hole LightGBM's mean square error is {share} % larger "
            "({errors} standard errors).", **values,
        )  # fmt: skip
    return Verdict(errors > 1, share, errors, sentence)


def _features(
    samples: pd.DataFrame,
    places: pd.DataFrame,
    found: pd.DataFrame,
    grade: str,
    azimuth: float,
    columns: Sequence[str],
) -> pd.DataFrame:
    """What is told of places, all of it from *samples*, none from the places' own grades."""
    for name in columns:
        if name not in places.columns:
            raise DataError(f"the places have no column {name!r}"
                            f"{did_you_mean(name, map(str, places.columns))}")  # fmt: skip
    at = places[XYZ].to_numpy(float)
    count = list(range(1, min(NEAR, len(samples)) + 1))
    away, near = cKDTree(samples[XYZ].to_numpy(float)).query(at, k=count)
    grades = samples[grade].to_numpy(float)[near]
    north, east = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    told = {
        "along": at[:, 0] * east + at[:, 1] * north,
        "across": at[:, 0] * north - at[:, 1] * east,
        "z": at[:, 2],
        "kriged": found["estimate"].to_numpy(float),
        "kriging_variance": found["variance"].to_numpy(float),
        "nearest": grades[:, 0],
        "neighbours": grades.mean(axis=1),
        "scatter": grades.std(axis=1),
        "distance": away[:, 0],
        "mean_distance": away.mean(axis=1),
    }
    return pd.DataFrame(told | {f"_{name}": places[name].to_numpy(float) for name in columns})


def _known(samples: pd.DataFrame, grade: str, columns: Sequence[str]) -> pd.DataFrame:
    for name in (*XYZ, "hole", grade, *columns):
        if name not in samples.columns:
            raise DataError(f"the samples have no column {name!r}"
                            f"{did_you_mean(name, map(str, samples.columns))}")  # fmt: skip
    return samples[samples[grade].notna()]
