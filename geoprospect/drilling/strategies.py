"""Ways of drilling on, played through: how many holes each needs where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geoprospect.drilling.chances import checked
from geoprospect.drilling.detection import after_barren
from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Renewed = Callable[[Index], Values]
"""Of the cells of all discoveries so far: the ideas' chances (ideas, cells) before any hole."""

LUCK, TIES = 1, 2
"""Streams of random numbers of a seed that nothing else draws from."""


@dataclass(frozen=True, eq=False)
class Search:
    """
    Ground to be drilled, and the deposits on it that are to be found.

    ``open`` (cells,) is true where holes may be drilled. ``cells`` (n,) hold one hidden
    deposit each, and ``needed`` (n,) is how many holes into its cell it takes until one meets
    it: drawn once (:func:`tries`), so that every way of drilling has the same luck.
    """

    open: Flags = field(repr=False)
    cells: Index
    needed: Index

    def __post_init__(self) -> None:
        if not self.cells.size or self.cells.shape != self.needed.shape:
            raise DataError(
                f"there are {self.cells.size} hidden deposits and {self.needed.size} numbers of "
                "holes for them; give one for each, one deposit at least"
            )
        if len(np.unique(self.cells)) < len(self.cells) or not self.open[self.cells].all():
            raise DataError("every hidden deposit must have an open cell of its own")
        if (self.needed < 1).any():
            raise DataError("no deposit is met with less than 1 hole")


def tries(number: int, *, detection: float, seed: int) -> Index:
    """
    Holes until one meets a deposit, for each of a number of them: (number,).

    Parameters
    ----------
    number : int
        Deposits.
    detection : float
        Chance that a hole into the right cell meets it [1], as
        :func:`geoprospect.drilling.detection.detection` gives it; 1 for no doubt.
    seed : int

    Returns
    -------
    ndarray (number,) int64
    """
    _check_detection(detection)
    return np.random.default_rng([seed, LUCK]).geometric(detection, number)


def down_the_list(scores: npt.ArrayLike, search: Search, *, per_cell: int = 1, seed: int) -> Index:
    """
    Holes until each discovery, cells taken by falling score: (n,), rising.

    Into each cell go *per_cell* holes, fewer where one of them meets a deposit; a cell with a
    discovery is left. After the last cell the list is gone through again, as long as
    anything is hidden.

    Parameters
    ----------
    scores : (cells,)
        Those without a score come last.
    search : Search
    per_cell : int
        Holes into a cell before the next [1].
    seed : int
        Of the order among cells of one score.

    Returns
    -------
    ndarray (n,) int64

    Raises
    ------
    ValueError
        If there is not one hole a cell.
    """
    if per_cell < 1:
        raise ValueError(f"per_cell must be 1 or more, got {per_cell}")
    known = np.nan_to_num(np.asarray(scores, float), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    order = np.lexsort([np.random.default_rng([seed, TIES]).random(len(known)), -known])
    order = order[search.open[order]]
    left = np.zeros(len(known), np.int64)
    left[search.cells] = search.needed
    found: list[int] = []
    drilled = 0
    while len(found) < len(search.cells):
        met = (left[order] > 0) & (left[order] <= per_cell)
        spent = drilled + np.cumsum(np.where(met, left[order], per_cell))
        found += spent[met].tolist()
        drilled = int(spent[-1])
        order = order[~met]
        left[order] -= per_cell
    return np.array(found)


def hole_by_hole(
    chances: npt.ArrayLike,
    search: Search,
    *,
    weight: npt.ArrayLike,
    detection: float,
    until: int,
    renewed: Renewed | None = None,
) -> Index:
    """
    Holes until each discovery where every result changes where the next hole goes: (until,).

    Several ideas say where deposits may be. The next hole goes where they together give it
    the best chance to meet one, which for holes of one cost is the best value for money.
    A barren hole lowers its cell's chance by Bayes' rule, and the weight of the ideas that
    had promised most there; a discovery raises the weight of those that had foretold it.
    So ground that a poor idea praises is not drilled to the end, and a cell is drilled
    again once nothing better is left.

    Parameters
    ----------
    chances : (ideas, cells)
        Of a hidden deposit by each idea [1]; cells are independent of each other within one.
    search : Search
    weight : (ideas,)
        How far each is believed beforehand; they count by their shares.
    detection : float
        Chance that a hole into the right cell meets the deposit [1].
    until : int
        Discoveries after which drilling ends.
    renewed : function, optional
        What the ideas say once more deposits are known: where deposits lie in camps, the
        neighbours of a discovery are likelier. Holes that were barren stay so.

    Returns
    -------
    ndarray (until,) int64

    Raises
    ------
    DataError
        If a chance is 0 or 1, or *until* is more than there are hidden deposits.
    ValueError
        If *detection* is not above 0 and up to 1.
    """
    _check_detection(detection)
    if not 1 <= until <= len(search.cells):
        raise DataError(f"{until} discoveries are wanted and {len(search.cells)} deposits hidden")
    believed = np.asarray(weight, float) / np.sum(weight)
    barren = np.zeros(len(search.open), np.int64)
    left = dict(zip(search.cells.tolist(), search.needed.tolist(), strict=True))
    shut = ~search.open
    now = _now(np.asarray(chances, float), barren, shut, detection)
    found: list[int] = []
    made: list[int] = []
    drilled = 0
    while len(found) < until:
        cell = int((believed @ now).argmax())
        drilled += 1
        left[cell] = left.get(cell, 0) - 1
        before = now[:, cell].copy()
        if left[cell] == 0:
            found.append(drilled)
            made.append(cell)
            shut = shut | (np.arange(len(shut)) == cell)
            believed = believed * before
            if renewed is not None and len(found) < until:
                now = _now(renewed(np.array(made)), barren, shut, detection)
            now[:, cell] = 0.0
        else:
            barren[cell] += 1
            believed = believed * (1 - detection * before)
            now[:, cell] = after_barren(before, [detection])
        believed = believed / believed.sum()
    return np.array(found)


def _now(chances: Values, barren: Index, shut: Flags, detection: float) -> Values:
    """Each idea's chances after the barren holes so far; 0 where no hole may go."""
    now = checked(chances, "a hidden deposit").copy()
    for holes in np.unique(barren[barren > 0]):
        again = barren == holes
        now[:, again] = after_barren(now[:, again], [detection] * int(holes))
    now[:, shut] = 0.0
    return now


def _check_detection(detection: float) -> None:
    if not 0 < detection <= 1:
        raise ValueError(f"detection must be above 0 and up to 1, got {detection:g}")
