"""Concentration-area: how the area above a value shrinks as the value rises, and where it bends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Knots = tuple[int, ...]

THRESHOLDS = 150
LEAST_CELLS = 10
MOST_AREA = 0.995
LEAST_POINTS = 8
MOST_BREAKS = 4
DRAWS = 100
NEAR = 12
"""Points about a break among which it is sought again in each draw."""
CLASSES = {
    0: ("undivided",),
    1: ("background", "high"),
    2: ("background", "moderate", "high"),
    3: ("background", "low", "moderate", "high"),
    4: ("background", "very low", "low", "moderate", "high"),
}
"""What the classes between so many breaks are called, from the lowest."""


@dataclass(frozen=True)
class Fractal:
    """
    A fitted concentration-area curve.

    *breaks* are values, ascending; *exponents* the powers with which area shrinks
    between them (one more than breaks, rising); *fits* the coefficient of
    determination along each piece; *low* and *high* the 2.5 and 97.5 % points of
    each break over bootstrap draws.
    """

    breaks: Values
    exponents: Values
    fits: Values
    low: Values
    high: Values


def concentration_area(values: Values, *, seed: int) -> Fractal | None:
    """
    Breaks in the slope of log area against log value, each piece steeper than the last.

    Area above up to 150 thresholds, evenly spaced in the logarithm, as a continuous
    line of 2 to 5 pieces of 8 points at least; how many is chosen by the Bayesian
    information criterion. *values* are those of cells of one size, known and above
    zero. None where there are too few of them to fit a bend.
    """
    ordered = np.sort(values)
    if not len(ordered):
        return None
    thresholds = thresholds_between(ordered[0], ordered[-1])
    return bends(thresholds, np.searchsorted(ordered, thresholds, side="left"), len(ordered), seed)


def thresholds_between(low: float, high: float) -> Values:
    """Values at which area is measured, evenly spaced in the logarithm from *low* to *high*."""
    thresholds: Values = np.geomspace(low, high, THRESHOLDS)
    return thresholds


def bends(
    thresholds: Values, below: npt.NDArray[np.int64], cells: int, seed: int
) -> Fractal | None:
    """
    :func:`concentration_area` from counts, which sum over blocks of a map of any size.

    *below* is the number of the *cells* that have less than each of *thresholds*.
    """
    if cells < LEAST_CELLS or thresholds[0] == thresholds[-1]:
        return None
    telling = _telling(cells - below, cells)
    if telling.sum() < 2 * LEAST_POINTS:
        return None
    edges = below[telling]
    curve = _drawn(np.log10(thresholds[telling]), np.log10(1 - edges / cells))
    fitted = [knots for k in range(1, MOST_BREAKS + 1) if (knots := _knots(curve, k))]
    if not fitted:
        return None
    knots = min(fitted, key=lambda one: _criterion(curve, one))
    line, _ = curve.fit(knots)
    draws = _redrawn(curve, edges, cells, knots, seed)
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    return Fractal(
        breaks=10 ** curve.x[list(knots)],
        exponents=-_slopes(line),
        fits=_fits(curve, knots, line),
        low=low,
        high=high,
    )


def _telling(above: npt.NDArray[np.int64], cells: int) -> npt.NDArray[np.bool_]:
    """Which thresholds tell: those with neither too few cells above nor nearly all of them."""
    telling = (above >= LEAST_CELLS) & (above <= MOST_AREA * cells)
    # where no value lies between two thresholds, the curve tells nothing new
    telling &= np.diff(above, prepend=cells + 1) != 0
    return np.asarray(telling)


@dataclass(frozen=True)
class _Curve:
    """Points (x, y), and the sums from which a line that bends at any of them is fitted."""

    x: Values
    y: Values
    hinges: Values
    """Columns: 1, x, and for each point how far x is beyond it."""
    products: Values

    def fit(self, knots: Knots) -> tuple[Values, float]:
        """Coefficients and sum of squares of the continuous line that bends at the knots."""
        which = [0, 1, *(2 + knot for knot in knots)]
        hinges = self.hinges[:, which]
        products = self.products[np.ix_(which, which)]
        line = np.linalg.solve(products, self.y @ hinges).astype("float64")
        left = self.y - hinges @ line
        return line, float(left @ left)

    def with_heights(self, y: Values) -> _Curve:
        """The same places at other heights."""
        return _Curve(self.x, y, self.hinges, self.products)


def _drawn(x: Values, y: Values) -> _Curve:
    hinges = np.column_stack([np.ones_like(x), x, np.maximum(x[:, None] - x, 0)])
    return _Curve(x, y, hinges, hinges.T @ hinges)


def _slopes(line: Values) -> Values:
    return np.cumsum(line[1:])


def _cost(curve: _Curve, knots: Knots) -> float:
    """Sum of squares; infinite where a piece is too short or not steeper than the last."""
    ends = (0, *knots, len(curve.x) - 1)
    if min(b - a for a, b in itertools.pairwise(ends)) < LEAST_POINTS - 1:
        return math.inf
    line, squares = curve.fit(knots)
    return squares if line[1] < 0 and (line[2:] < 0).all() else math.inf


def _criterion(curve: _Curve, knots: Knots) -> float:
    squares, n = max(_cost(curve, knots), 1e-300), len(curve.x)
    return n * math.log(squares / n) + (2 * len(knots) + 2) * math.log(n)


def _knots(curve: _Curve, count: int) -> Knots | None:
    """The best knots: begun from the best separate pieces, then moved one at a time."""
    start = _pieces(curve.x, curve.y, count)
    if start is None:
        return None
    everywhere = range(LEAST_POINTS - 1, len(curve.x) - LEAST_POINTS + 1)
    knots, cost = _settled(curve, start, lambda _: everywhere)
    return knots if math.isfinite(cost) else None


def _settled(
    curve: _Curve, knots: Knots, where: Callable[[int], Iterable[int]]
) -> tuple[Knots, float]:
    """Knots moved one at a time to where the line fits best, until none moves."""
    cost = _cost(curve, knots)
    while True:
        before = knots
        for i in range(len(knots)):
            for place in where(before[i]):
                moved = tuple(sorted((*knots[:i], place, *knots[i + 1 :])))
                if len(set(moved)) == len(knots) and (found := _cost(curve, moved)) < cost:
                    knots, cost = moved, found
        if knots == before:
            return knots, cost


def _pieces(x: Values, y: Values, count: int) -> Knots | None:
    """Where to part the curve into separate straight pieces, by dynamic programming."""
    n = len(x)
    if n < (count + 1) * LEAST_POINTS:
        return None
    squares = _squares(x, y)
    best = squares[0].copy()
    came = []
    for _ in range(count):
        total = best[:, None] + squares  # (last of the pieces before, last of this one)
        total = np.vstack([np.full(n, np.inf), total[:-1]])  # this one starts a point later
        came.append(np.argmin(total, axis=0))
        best = np.min(total, axis=0)
    if not math.isfinite(best[-1]):
        return None
    ends, at = [], n - 1
    for starts in reversed(came):
        first = int(starts[at])
        ends.append(first)
        at = first - 1
    return tuple(sorted(ends))


def _squares(x: Values, y: Values) -> Values:
    """(first, last): sum of squares about the straight line through those points."""
    n = len(x)
    sums = [np.concatenate([[0.0], np.cumsum(v)]) for v in (x, y, x * x, x * y, y * y)]
    first, last = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    size = last - first + 1
    sx, sy, sxx, sxy, syy = (s[np.maximum(last + 1, first)] - s[first] for s in sums)
    count = np.maximum(size, 1)
    dx, dy, dxy = sxx - sx**2 / count, syy - sy**2 / count, sxy - sx * sy / count
    with np.errstate(divide="ignore", invalid="ignore"):
        found = dy - dxy**2 / dx
    return np.where(size >= LEAST_POINTS, np.maximum(found, 0), np.inf)


def _fits(curve: _Curve, knots: Knots, line: Values) -> Values:
    """Coefficient of determination along each piece."""
    modelled = curve.hinges[:, [0, 1, *(2 + knot for knot in knots)]] @ line
    ends = (0, *knots, len(curve.x) - 1)
    found = []
    for a, b in itertools.pairwise(ends):
        piece = slice(a, b + 1)
        spread = np.square(curve.y[piece] - curve.y[piece].mean()).sum()
        found.append(1 - np.square(curve.y[piece] - modelled[piece]).sum() / spread)
    return np.array(found)


def _redrawn(
    curve: _Curve, edges: npt.NDArray[np.int64], cells: int, knots: Knots, seed: int
) -> Values:
    """(draws, breaks): the breaks found in cells drawn anew, near where they were."""
    random = np.random.default_rng(seed)
    shares = np.diff(np.concatenate([[0], edges, [cells]])) / cells
    found = np.empty((DRAWS, len(knots)))

    def near(at: int) -> range:
        return range(max(at - NEAR, 0), min(at + NEAR + 1, len(curve.x)))

    for i in range(DRAWS):
        above = np.cumsum(random.multinomial(cells, shares)[::-1])[::-1][1:]
        drawn = curve.with_heights(np.log10(np.maximum(above, 1) / cells))
        found[i] = 10 ** curve.x[list(_settled(drawn, knots, near)[0])]
    return found
