"""The nested model nearest to what pairs of samples show."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares, nnls

from geoprospect.kernels.anisotropy import Orientation, from_axes
from geoprospect.kernels.pairs import Pairs
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.kernels.variogram import MODELS, correlations

Values = npt.NDArray[np.float64]

AZIMUTHS = tuple(30.0 * k for k in range(6))
DIPS = (0.0, -30.0, -60.0)
ROLLS = tuple(30.0 * k for k in range(-2, 4))
RATIOS = ((1.0, 1.0), (1.0, 0.25), (0.5, 0.25), (0.4, 0.4), (0.5, 0.1))
"""Semi-major and minor range in parts of the major one, to begin with."""
RANGES = 6
NESTED = 0.3
"""Each further structure begins this much shorter."""
COARSE = 300
"""Bins by which beginnings are judged."""
BEST = 3
"""So many beginnings are followed to their end."""
ROUNDS = 50
REWEIGHED = 2
SHORTEST = 0.02
"""The shortest range looked for, in parts of the longest."""


def fitted(
    measured: Pairs,
    models: Sequence[str],
    *,
    longest: float,
    nugget: float | None = None,
    orientation: Orientation | None = None,
    flat: bool = False,
) -> tuple[Nested, float]:
    """
    The nested model nearest to *measured*, and the share of its scatter that the model explains.

    Least squares, weighted by pairs over the model's own gamma squared, after a first
    round by pairs over distance squared [1]_. For each shape the best nugget and sills,
    none below 0, are found exactly; ranges and angles are searched for, from a coarse grid
    on. Structures lie alike; each has its own ranges, up to *longest* [m]. With *flat*
    samples only the azimuth and two ranges are.

    References
    ----------
    .. [1] Cressie, N. (1985). Fitting variogram models by weighted least squares.
       Mathematical Geology 17, 563-586.
    """
    settings = (models, longest, nugget, orientation, flat)
    problem = _Problem(measured, *settings)
    coarse = _Problem(_heaviest(measured), *settings)
    starts = sorted(coarse.starts(), key=coarse.misfit)[:BEST]
    best = min((problem.refined(start) for start in starts), key=problem.misfit)
    for _ in range(REWEIGHED):
        problem.weigh(problem.model(best))
        best = problem.refined(best)
    return problem.model(best), problem.explained(best)


def _heaviest(measured: Pairs) -> Pairs:
    """The bins that weigh most in the first round."""
    weight = measured.pairs / (measured.offsets**2).sum(axis=1)
    most = np.argsort(-weight, kind="stable")[:COARSE]
    return Pairs(*(part[most] for part in measured))


class _Problem:
    """What is fitted to what. A shape is azimuth, dip, roll [rad] and logs of ranges (s, 3)."""

    def __init__(
        self,
        measured: Pairs,
        models: Sequence[str],
        longest: float,
        nugget: float | None,
        orientation: Orientation | None,
        flat: bool,
    ) -> None:
        self._measured, self._models = measured, models
        self._codes = [MODELS.index(one) for one in models]
        self._longest, self._nugget, self._flat = longest, nugget, flat
        self._orientation = orientation
        away = np.linalg.norm(measured.offsets, axis=1)
        self._roots = np.sqrt(measured.pairs) / away
        angles = [False] * 3 if orientation is not None else [True, not flat, not flat]
        ranges = [True, True, not flat] * len(models)
        self._free = np.array(angles + ranges)

    def starts(self) -> Iterator[Values]:
        """Shapes to begin with."""
        if self._orientation is not None:
            ways: list[tuple[float, ...]] = [tuple(self._orientation)]
        elif self._flat:
            ways = [(azimuth, 0.0, 0.0) for azimuth in AZIMUTHS]
        else:
            ways = [
                *itertools.product(AZIMUTHS, DIPS, ROLLS),
                *((one, -90.0, 0.0) for one in AZIMUTHS),
            ]
        reaches = np.geomspace(self._longest / 12, self._longest / 1.2, RANGES)
        for way, reach, (semi, minor) in itertools.product(ways, reaches, RATIOS):
            shares = np.array([1.0, semi, semi if self._flat else minor])
            nested = NESTED ** np.arange(len(self._models))
            ranges = reach * nested[:, None] * shares
            yield np.concatenate([np.radians(way), np.log(ranges.ravel())])

    def misfit(self, shape: Values) -> float:
        """Weighted sum of squares."""
        left = self._left(shape)
        return float(left @ left)

    def refined(self, shape: Values) -> Values:
        """The nearest shape that fits best."""
        free = self._free

        def left(some: Values) -> Values:
            return self._left(self._put(shape, some))

        high = np.log(self._longest)
        low = high + np.log(SHORTEST)
        angles, ranges = int(free[:3].sum()), int(free[3:].sum())
        bounds = ([-np.inf] * angles + [low] * ranges, [np.inf] * angles + [high] * ranges)
        begin = np.clip(shape[free], np.add(bounds[0], 1e-6), np.subtract(bounds[1], 1e-6))
        found = least_squares(left, begin, bounds=bounds, x_scale=0.3, max_nfev=ROUNDS)
        return self._put(shape, found.x)

    def weigh(self, model: Nested) -> None:
        """From now on by pairs over the model's gamma squared."""
        gamma = model.gamma(self._measured.offsets)
        self._roots = np.sqrt(self._measured.pairs) / np.maximum(gamma, 1e-3 * model.sill)

    def model(self, shape: Values) -> Nested:
        """With axes in the order of the longest structure's ranges."""
        nugget, sills = self._sills(self._rises(shape))
        ranges = np.exp(shape[3:].reshape(-1, 3))
        longest = int(np.argmax(ranges.max(axis=1)))
        order = np.arange(3)
        lies = Orientation(*np.degrees(shape[:3]))
        if self._orientation is None:
            order = np.argsort(-ranges[longest], kind="stable")
            if self._flat:
                order = np.append(np.argsort(-ranges[longest, :2], kind="stable"), 2)
            lies = from_axes(lies.axes[order])
        structures = []
        for name, sill, reach in zip(self._models, sills, ranges, strict=True):
            major, semi, minor = (float(one) for one in reach[order])
            structures.append(Structure(name, float(sill), major, semi, minor, lies))
        return Nested(nugget, tuple(structures))

    def explained(self, shape: Values) -> float:
        """Share of the weighted scatter of gamma about its own mean."""
        weight = self._roots**2
        gamma = self._measured.gamma
        level = np.average(gamma, weights=weight)
        return 1 - self.misfit(shape) / float(weight @ (gamma - level) ** 2)

    def _put(self, shape: Values, some: Values) -> Values:
        whole = shape.copy()
        whole[self._free] = some
        if self._flat:
            whole[5::3] = whole[4::3]
        return whole

    def _rises(self, shape: Values) -> Values:
        """Of each structure, from 0 to 1 with the offset: (bins, s)."""
        lies = Orientation(*np.degrees(shape[:3]))
        along = self._measured.offsets @ lies.axes.T
        ranges = np.exp(shape[3:].reshape(-1, 3))
        return np.stack(
            [
                1 - correlations(np.sqrt(((along / reach) ** 2).sum(axis=1)), code)
                for reach, code in zip(ranges, self._codes, strict=True)
            ],
            axis=1,
        )

    def _sills(self, rises: Values) -> tuple[float, Values]:
        """The best nugget and sills of given shapes."""
        gamma, roots = self._measured.gamma, self._roots
        if self._nugget is not None:
            sills, _ = nnls(rises * roots[:, None], (gamma - self._nugget) * roots)
            return self._nugget, sills
        both, _ = nnls(
            np.column_stack([np.ones(len(gamma)), rises]) * roots[:, None], gamma * roots
        )
        return float(both[0]), both[1:]

    def _left(self, shape: Values) -> Values:
        rises = self._rises(shape)
        nugget, sills = self._sills(rises)
        return np.asarray(self._roots * (nugget + rises @ sills - self._measured.gamma))
