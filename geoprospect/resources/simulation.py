"""Equally likely models of a deposit that agree with its samples: what a tonnage may be."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from scipy.special import ndtri

from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError
from geoprospect.kernels.chance import uniform
from geoprospect.kernels.spectral import Singles, Waves, waves
from geoprospect.kernels.structures import COINCIDING, Nested, discretised
from geoprospect.resources.grade_tonnage_curve import (
    GradeTonnageCurve,
    above,
    block_tonnes,
    curve_of,
)
from geoprospect.resources.kriging import kriging_weights
from geoprospect.resources.normal_scores import NormalScores
from geoprospect.resources.search import Search
from geoprospect.resources.unheard import unheard

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = tuple[int, int, int]

FEWEST = 100
"""Realisations below which the ends of an interval are hardly known."""
AT_ONCE = 16_384
"""Points whose weights are held at one time."""
TOGETHER = 1024
"""Points whose waves are."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """
    All that realisations have in common; :func:`simulation` makes it.

    ``residuals`` (samples, realisations) are what the samples' scores are above each
    unconditional field, which is carried over to the places about them.
    """

    samples: pd.DataFrame = field(repr=False)
    scores: NormalScores = field(repr=False)
    variogram: Nested
    search: Search
    seed: int
    waves: Waves = field(repr=False)
    numbers: Singles = field(repr=False)
    residuals: Values = field(repr=False)

    @property
    def realisations(self) -> int:
        """How many there are."""
        return int(self.residuals.shape[1])

    def at(self, places: npt.ArrayLike) -> Singles:
        """
        Grades of samples at places (n, 3) in each realisation: (realisations, n).

        At a sample they are its grade; where the search finds too few samples, NaN.
        """
        return self.scores.back(self.scores_at(places)).astype(np.float32)

    def scores_at(self, places: npt.ArrayLike) -> Values:
        """The same as normal scores [1]."""
        points = np.asarray(places, np.float64).reshape(-1, 3)
        made = np.empty((self.realisations, len(points)))
        for start in range(0, len(points), AT_ONCE):
            some = points[start : start + AT_ONCE]
            made[:, start : start + AT_ONCE] = self._scores(some, start, np.ones(len(some), bool)).T
        _say(made, "places")
        return made

    def parts(
        self, grid: BlockGrid, *, points: Counts, wanted: npt.ArrayLike | None = None
    ) -> Iterator[tuple[slice, Singles]]:
        """Mean grades of some blocks after others: which, and (realisations, blocks)."""
        within = grid.from_axes(discretised(np.asarray(grid.size), points)) - grid.origin
        inside = np.ones(grid.blocks, bool) if wanted is None else np.asarray(wanted, bool).ravel()
        if len(inside) != grid.blocks:
            raise ContractError(f"wanted tells of {len(inside)} blocks, the grid has {grid.blocks}")
        centres, many = grid.centres(), max(AT_ONCE // len(within), 1)
        for start in range(0, len(centres), many):
            some = slice(start, min(start + many, len(centres)))
            places = (centres[some, None] + within[None, :]).reshape(-1, 3)
            asked = np.repeat(inside[some], len(within))
            grades = self.scores.back(self._scores(places, start * len(within), asked))
            means = grades.reshape(some.stop - start, len(within), -1).mean(axis=1)
            yield some, means.T.astype(np.float32)

    def blocks(
        self, grid: BlockGrid, *, points: Counts, wanted: npt.ArrayLike | None = None
    ) -> Singles:
        """
        Mean grades of blocks in each realisation: (realisations, blocks).

        A block is richer here and poorer there; its grade is the mean over *points* along
        x, y and z in it. It is NaN where the search finds too few samples for any of them, and
        where *wanted*, one for each block, is false: nothing is computed there.
        """
        made = np.empty((self.realisations, grid.blocks), np.float32)
        for some, grades in self.parts(grid, points=points, wanted=wanted):
            made[:, some] = grades
        _say(made, "blocks")
        return made

    def curve(
        self,
        grid: BlockGrid,
        *,
        points: Counts,
        cut_offs: Sequence[float],
        density: npt.ArrayLike,
        unit: str,
        wanted: npt.ArrayLike | None = None,
    ) -> GradeTonnageCurve:
        """The grade-tonnage curve without ever holding all realisations of all blocks."""
        heavy = np.broadcast_to(np.asarray(density, np.float64).ravel(), grid.blocks)
        sums, known = [], 0
        for some, grades in self.parts(grid, points=points, wanted=wanted):
            told = int((~np.isnan(grades).any(axis=0)).sum())
            if told:
                with unheard():
                    tonnes = block_tonnes(grades, volume=grid.volume, density=heavy[some])
                sums.append(above(grades, tonnes, cut_offs))
            known += told
        if not sums:
            raise ContractError("no block lies within the search of the samples; widen it")
        log.info("%d of %d blocks are simulated.", known, grid.blocks)
        return curve_of(sums, cut_offs=cut_offs, unit=unit, simulated=True)

    def _scores(self, places: Values, first: int, wanted: Flags) -> Values:
        """(places, realisations); the first place is number *first* of all, whose noise it has."""
        made = np.full((len(places), self.realisations), np.nan)
        some = np.flatnonzero(wanted)
        if not len(some):
            return made
        graded = self.samples.assign(score=self.scores.samples)
        with unheard():
            near, weights = kriging_weights(
                graded, places[some], grade="score", variogram=self.variogram, search=self.search,
                kind="simple", mean=0.0,
            )  # fmt: skip
        told = ~np.isnan(weights).any(axis=1)
        known, near, weights = some[told], near[told], weights[told]
        rows, columns = np.nonzero(near >= 0)
        carried = csr_array(
            (weights[rows, columns], (rows, near[rows, columns])), (len(known), len(graded))
        )
        made[known] = carried @ np.nan_to_num(self.residuals)
        made[known] += _fields(self.waves, self.numbers, _from(self.samples, places[known]))
        made += self._noise(slice(first, first + len(places)))
        return self._exact(places, made, wanted)

    def _noise(self, numbers: slice) -> Values:
        if not self.variogram.nugget:
            return np.zeros((1, 1))
        some = uniform(numbers, slice(0, self.realisations), self.seed)
        return np.asarray(np.sqrt(self.variogram.nugget) * ndtri(some))

    def _exact(self, places: Values, scores: Values, wanted: Flags) -> Values:
        """Samples know their own; the nugget's noise is not drawn for them again."""
        rows = np.flatnonzero(~np.isnan(self.scores.samples))
        at = self.samples[["x", "y", "z"]].to_numpy(float)[rows]
        away, nearest = cKDTree(at).query(places, distance_upper_bound=COINCIDING)
        same = np.isfinite(away) & wanted
        scores[same] = self.scores.samples[rows[nearest[same]]][:, None]
        return scores


def simulation(
    samples: pd.DataFrame,
    *,
    scores: NormalScores,
    variogram: Nested,
    search: Search,
    seed: int,
    realisations: int = FEWEST,
) -> Simulation:
    """
    Models of the grades between samples, each as rough as the ground and all equally likely.

    A kriged model is too smooth to be the ground, and its variances say nothing of sums over
    many blocks, whose errors go together. Realisations do: tonnage, grade and metal of each
    are one draw of what may be there [1]_. Each is a random field with the variogram of the
    scores, plus the kriged difference between samples and field; the kriging weights depend
    on places alone and are found once for all realisations [2]_.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m] and ``hole``.
    scores : NormalScores
        Of the samples' grades, by their declustering weights.
    variogram : Nested
        Of the scores. Its sill is brought to 1, which is said if it is far from it.
    search : Search
        Where it finds too few samples, the ground stays unknown.
    seed : int
        The same seed gives the same realisations.
    realisations : int
        100 or more.

    Returns
    -------
    Simulation
        Nothing is computed for blocks yet.

    Raises
    ------
    ValueError
        If there are fewer than 100 realisations.
    ContractError
        If scores are not those of these samples.

    References
    ----------
    .. [1] Chiles, J.-P., Delfiner, P. (2012). Geostatistics: Modeling Spatial Uncertainty,
       2nd ed. Wiley, chapter 7.
    .. [2] Journel, A.G., Huijbregts, C.J. (1978). Mining Geostatistics. Academic Press,
       section VII.A.
    """
    if realisations < FEWEST:
        raise ValueError(f"realisations must be {FEWEST} or more, got {realisations}")
    if len(scores.samples) != len(samples):
        raise ContractError(f"{len(scores.samples)} scores do not fit {len(samples)} samples")
    one = _of_sill_one(variogram)
    made = waves(one.coded, seed=seed)
    rng = np.random.default_rng([seed, 1])
    shape = (2 * len(made.amplitudes), realisations)
    numbers = rng.standard_normal(shape, np.float32)
    places = samples[["x", "y", "z"]].to_numpy(float)
    noise = np.sqrt(one.nugget) * rng.standard_normal((len(samples), realisations))
    fields = _fields(made, numbers, _from(samples, places)) + noise
    residuals = np.asarray(scores.samples[:, None] - fields)
    return Simulation(samples, scores, one, search, seed, made, numbers, residuals)


def _of_sill_one(variogram: Nested) -> Nested:
    sill = variogram.sill
    if abs(sill - 1) > 0.05:
        log.info("the sill of the scores' variogram is %.3g and is brought to 1.", sill)
    return Nested(
        variogram.nugget / sill,
        tuple(replace(one, sill=one.sill / sill) for one in variogram.structures),
    )


def _from(samples: pd.DataFrame, places: Values) -> Values:
    """From the middle of the samples, for waves of large numbers are not exact."""
    return np.asarray(places - samples[["x", "y", "z"]].mean().to_numpy(float))


def _fields(made: Waves, numbers: Singles, places: Values) -> Singles:
    """Unconditional fields at places: (n, realisations), the nugget left out."""
    found = np.empty((len(places), numbers.shape[1]), np.float32)
    for start in range(0, len(places), TOGETHER):
        some = slice(start, start + TOGETHER)
        found[some] = made.basis(places[some]) @ numbers
    return found


def _say(made: npt.NDArray[np.floating[Any]], what: str) -> None:
    unknown = int(np.isnan(made).any(axis=0).sum())
    if unknown:
        log.info("%d of %d %s have too few samples about them or are not wanted, and stay unknown.",
                 unknown, made.shape[1], what)  # fmt: skip
