"""Are intervals honest? How often they hold what was found in the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.kernels.structures import Nested
from geoprospect.resources.declustering import cell_weights
from geoprospect.resources.normal_scores import normal_scores
from geoprospect.resources.out_of_hole import folded
from geoprospect.resources.search import Search
from geoprospect.resources.simulation import FEWEST, simulation
from geoprospect.resources.unheard import unheard

Values = npt.NDArray[np.float64]

SHARES = (0.5, 0.8, 0.9)


def coverage(
    realisations: npt.ArrayLike, truth: npt.ArrayLike, *, shares: Sequence[float] = SHARES
) -> pd.DataFrame:
    """
    How often the truth lies within the middle part of realisations.

    Intervals that are honest hold the truth as often as they say: less is false confidence,
    more is timidity.

    Parameters
    ----------
    realisations : array (realisations, n)
    truth : array (n,)
        NaN is unknown and left out, as are places without realisations.
    shares : sequence of float
        Of the realisations that an interval holds [1].

    Returns
    -------
    DataFrame
        ``share`` and ``covered`` [1], and the mean ``width`` of the intervals.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, or there is nothing to compare.
    """
    drawn, true = np.asarray(realisations, np.float64), np.asarray(truth, np.float64).ravel()
    known = ~np.isnan(true) & ~np.isnan(drawn).any(axis=0)
    if not known.any() or not all(0 < share < 1 for share in shares):
        raise ValueError(f"shares lie between 0 and 1 and a truth must be known, got {shares}, "
                         f"{int(known.sum())} places")  # fmt: skip
    rows = []
    for share in shares:
        low, high = np.quantile(drawn[:, known], [(1 - share) / 2, (1 + share) / 2], axis=0)
        held = (low <= true[known]) & (true[known] <= high)
        rows.append({"share": share, "covered": float(held.mean()),
                     "width": float((high - low).mean())})  # fmt: skip
    return pd.DataFrame(rows)


def hole_coverage(
    samples: pd.DataFrame,
    *,
    grade: str,
    variogram: Nested,
    search: Search,
    cell: float | Sequence[float],
    folds: npt.ArrayLike,
    seed: int,
    realisations: int = FEWEST,
    limits: tuple[float, float] | None = None,
    shares: Sequence[float] = SHARES,
) -> pd.DataFrame:
    """
    How often simulated intervals hold the samples of holes that were left out.

    What is simulated between holes can be held against the truth only where there is a hole
    after all: each group of holes is left out, simulated from the others, scores and
    declustering weights made anew, and compared.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m], ``hole`` and *grade*.
    grade : str
    variogram : Nested
        Of the normal scores.
    search : Search
    cell : float or (3,)
        Of declustering [m], as for :func:`geoprospect.resources.declustering.cell_weights`.
    folds : array (samples,)
        As :func:`geoprospect.resources.out_of_hole.hole_folds` gives them.
    seed, realisations, limits
        As for :func:`geoprospect.resources.simulation.simulation` and
        :func:`geoprospect.resources.normal_scores.normal_scores`; grades that lie beyond those of
        the other holes are not foreseen unless *limits* allow for them.
    shares : sequence of float
        As for :func:`coverage`.

    Returns
    -------
    DataFrame
        As :func:`coverage` gives it, over all samples.
    """
    known, of = folded(samples, grade, folds)
    drawn = np.full((realisations, len(known)), np.nan)
    for fold in np.unique(of):
        out, left = of == fold, known[of != fold]
        weights = cell_weights(left[["x", "y", "z"]].to_numpy(float), cell=cell)
        with unheard():  # what folds have in common is told by the whole
            scores = normal_scores(left[grade], weights=weights, seed=seed, limits=limits)
            one = simulation(left, scores=scores, variogram=variogram, search=search, seed=seed,
                             realisations=realisations)  # fmt: skip
            drawn[:, out] = one.at(known.loc[out, ["x", "y", "z"]])
    return coverage(drawn, known[grade].to_numpy(float), shares=shares)
