"""How well grades are estimated where there is no hole: holes left out, and told from the rest."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean
from geoprospect.resources.estimators import XYZ, Estimator
from geoprospect.resources.unheard import unheard

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OutOfHole:
    """
    Estimates of samples whose hole was left out, by several estimators on the same folds.

    ``estimates`` has ``hole``, ``fold``, ``truth``, ``low`` and ``high`` (the range of grades
    left) and a column for each of ``estimators``, a row for each sample with a grade.
    """

    estimates: pd.DataFrame = field(repr=False)
    estimators: tuple[str, ...]

    @property
    def compared(self) -> pd.DataFrame:
        """Samples that every estimator has an estimate of; only they are judged."""
        return self.estimates.dropna(subset=list(self.estimators))

    @property
    def table(self) -> pd.DataFrame:
        """
        Errors of each ``estimator``, in the units of the grade.

        ``ME`` mean (estimate less truth), ``MAE`` mean size, ``MAE_se`` its standard error over
        holes, ``RMSE`` root of the mean square, ``r`` correlation with the truth [1], ``slope``
        of truth on estimate [1], ``beyond``: the share of estimates below the least or above
        the greatest grade that they were made of [1], ``unknown``: the share of samples
        without an estimate [1], ``samples``: how many were judged.
        """
        some = self.compared
        truth, holes = some["truth"].to_numpy(), pd.factorize(some["hole"])[0]
        rows = []
        for name in self.estimators:
            made = some[name].to_numpy()
            error = made - truth
            r, slope = _likeness(made, truth)
            beyond = (made < some["low"]) | (made > some["high"])
            rows.append(
                {"estimator": name, "ME": error.mean(), "MAE": np.abs(error).mean(),
                 "MAE_se": standard_error(np.abs(error), holes),
                 "RMSE": np.sqrt((error**2).mean()), "r": r, "slope": slope,
                 "beyond": float(beyond.mean()),
                 "unknown": float(self.estimates[name].isna().mean()), "samples": len(some)}
            )  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def by_hole(self) -> pd.DataFrame:
        """Each ``hole``: ``samples`` judged, their ``truth`` (mean), and MAE by estimator."""
        some = self.compared
        sizes = {name: (some[name] - some["truth"]).abs() for name in self.estimators}
        whole = some[["hole", "truth"]].assign(samples=1, **sizes)
        how = {"samples": "sum", "truth": "mean"} | dict.fromkeys(self.estimators, "mean")
        return whole.groupby("hole", sort=True).agg(how).reset_index()

    def gain(self, one: str, other: str, *, power: Literal[1, 2] = 1) -> tuple[float, float]:
        """
        How much smaller *one*'s mean error is than *other*'s, and the standard error of that.

        Errors count by their size, or with a *power* of 2 by its square. The difference is
        taken sample by sample, and holes are what varies: samples of one hole err together.
        """
        for name in (one, other):
            if name not in self.estimators:
                known = did_you_mean(name, self.estimators)
                raise KeyError(f"no estimator is named {name!r}{known}")
        some = self.compared
        ours, theirs = ((some[name] - some["truth"]).abs() ** power for name in (one, other))
        less = (theirs - ours).to_numpy()
        return float(less.mean()), standard_error(less, pd.factorize(some["hole"])[0])

    def told(self) -> dict[str, Any]:
        """All that a report says of it, ready for JSON."""
        table = self.table.astype(object).where(self.table.notna(), None)
        holes, folds = self.estimates["hole"].nunique(), self.estimates["fold"].nunique()
        return {"holes": holes, "folds": folds, "estimators": table.to_dict("records")}


def out_of_hole(
    samples: pd.DataFrame,
    *,
    grade: str,
    estimators: Mapping[str, Estimator],
    folds: npt.ArrayLike | None = None,
) -> OutOfHole:
    """
    Estimates of each hole's samples from the other holes, by each estimator.

    Neighbours in the same hole are metres away, and who may look at them looks good. The
    question of a block model is what lies between holes, so a hole is left out whole, and
    all estimators see the same samples [1]_.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m], ``hole`` and *grade*; those without a grade are
        left out.
    grade : str
    estimators : mapping of name to Estimator
        Such as those of :mod:`geoprospect.resources.estimators`.
    folds : array (samples,), optional
        Number of the fold of each sample, as :func:`hole_folds` gives it; each hole by itself
        if not given.

    Returns
    -------
    OutOfHole

    Raises
    ------
    DataError
        If a column is missing, there is but one hole or fold, or a hole lies in two folds.
    ValueError
        If there is no estimator, or one gives other than an estimate for each place.

    References
    ----------
    .. [1] Isaaks, E.H., Srivastava, R.M. (1989). An Introduction to Applied Geostatistics.
       Oxford, chapter 15.
    """
    if not estimators:
        raise ValueError("there is no estimator to be judged")
    known, of = folded(samples, grade, folds)
    made = known[["hole"]].assign(fold=of, truth=known[grade].astype(float))
    for name in ("low", "high", *estimators):
        made[name] = np.nan
    for fold in np.unique(of):
        out = of == fold
        left, places = known[~out], known.loc[out].drop(columns=grade)
        made.loc[out, ["low", "high"]] = left[grade].min(), left[grade].max()
        for name, estimated in estimators.items():
            with unheard():  # what folds do not know is told by the table
                found = np.asarray(estimated(left, places), np.float64)
            if found.shape != (len(places),):
                raise ValueError(f"{name} made {found.shape} estimates of {len(places)} places")
            made.loc[out, name] = found
    return OutOfHole(made.reset_index(drop=True), tuple(estimators))


def hole_folds(samples: pd.DataFrame, *, count: int, seed: int, near: bool = False) -> Index:
    """
    Holes in *count* groups to be left out together: the number of each sample's group.

    Groups by lot cost less time than each hole by itself and tell almost the same.
    Groups of near holes leave gaps as wide as the ground that nobody has drilled yet.

    Parameters
    ----------
    samples : DataFrame
        ``hole``, ``x``, ``y``, ``z`` [m].
    count : int
        Of groups; at most that of holes.
    seed : int
        Of the lot; groups of near holes need none and do not hang on it.
    near : bool
        Cut the district in two across its longer side, again and again, instead of by lot.

    Returns
    -------
    array (samples,) int64

    Raises
    ------
    ValueError
        If there are fewer than two groups, or fewer holes than groups.
    """
    numbers, names = pd.factorize(samples["hole"], sort=True)
    if not 2 <= count <= len(names):
        raise ValueError(f"count must be from 2 to the number of holes, {len(names)}; got {count}")
    if near:
        middles = samples.groupby(numbers)[XYZ].mean().to_numpy(float)
        order = _cut(middles, np.arange(len(names)), count)
    else:
        order = np.random.default_rng(seed).permutation(np.arange(len(names)) % count)
    return np.asarray(order[numbers], np.int64)


def standard_error(values: Values, holes: Index) -> float:
    """
    Of the mean of values, when those of one hole err together: over holes, as clusters.

    One hole tells nothing of how holes differ: NaN.
    """
    count = int(holes.max()) + 1
    if count < 2:
        return float("nan")
    apart = np.bincount(holes, values - values.mean(), count)
    return float(np.sqrt(count / (count - 1) * (apart**2).sum()) / len(values))


def folded(
    samples: pd.DataFrame, grade: str, folds: npt.ArrayLike | None
) -> tuple[pd.DataFrame, Index]:
    """
    Samples with a grade and the fold of each; each hole is one if none are given.

    Raises
    ------
    DataError
        If a column is missing, there is but one fold, or a hole lies in two.
    """
    for name in (*XYZ, "hole", grade):
        if name not in samples.columns:
            columns = did_you_mean(name, map(str, samples.columns))
            raise DataError(f"the samples have no column {name!r}{columns}")
    of = pd.factorize(samples["hole"])[0] if folds is None else np.asarray(folds)
    known = samples[grade].notna().to_numpy()
    if not known.all():
        log.info("%d of %d samples have no %s and are left out.", (~known).sum(), len(known), grade)
    some, of = samples[known], of[known]
    if len(np.unique(of)) < 2:
        raise DataError("with one hole or fold there is nothing to estimate from; two are needed")
    split = pd.Series(of).groupby(some["hole"].to_numpy()).nunique()
    if (split > 1).any():
        raise DataError(
            f"hole {split.index[split > 1][0]} lies in two folds; leave holes out whole"
        )
    return some, np.asarray(of, np.int64)


def _cut(places: Values, which: Index, count: int) -> Index:
    """Numbers of groups: places cut across their longer side into parts of like size."""
    if count == 1:
        return np.zeros(len(which), np.int64)
    some = places[which]
    order = np.argsort(some[:, int(np.ptp(some, axis=0).argmax())], kind="stable")
    half = count // 2
    at = round(len(which) * half / count)
    made = np.empty(len(which), np.int64)
    made[order[:at]] = _cut(places, which[order[:at]], half)
    made[order[at:]] = half + _cut(places, which[order[at:]], count - half)
    return made


def _likeness(made: Values, truth: Values) -> tuple[float, float]:
    """Correlation, and slope of truth on estimate; unknown of estimates that are all alike."""
    if made.std() == 0 or truth.std() == 0:
        return float("nan"), float("nan")
    r = float(np.corrcoef(made, truth)[0, 1])
    return r, r * float(truth.std() / made.std())
