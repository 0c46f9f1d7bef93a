"""How surely a straight line of low or high ground runs through each cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

Field = npt.NDArray[np.floating]
Strength = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]
Offset = tuple[int, int]
Cross = tuple[Offset, Offset, Offset]
"""Where a place on a line and the ground to its left and right lie from the middle [cells]."""

CHANCE = 1 / 3
"""How often the middle one of three independent values is the lowest."""


@dataclass(frozen=True)
class Line:
    """Places along a line through the middle, and the strike of it [rad, clockwise from north]."""

    strike: float
    places: tuple[Cross, ...]


def lines(length: float, width: float, cell: tuple[float, float]) -> list[Line]:
    """Lines through a cell, so many that none is farther than half a width from one's end."""
    number = math.ceil(math.pi * length / 2 / width)
    half = int(length / 2 / width)
    along = [width * k for k in range(-half, half + 1)]
    return [_line(math.pi * k / number, along, width, cell) for k in range(number)]


def reach(all_lines: Sequence[Line]) -> int:
    """Cells from the middle to the farthest place."""
    return max(
        abs(step) for one in all_lines for place in one.places for at in place for step in at
    )


def found(field: Field, all_lines: Sequence[Line], *, low: bool) -> tuple[Strength, Strength]:
    """
    Number of the surest line through each cell, and its confidence, for all but a rim.

    (ny, nx) -> (ny - 2 r, nx - 2 r), with r from :func:`reach`. Were the values
    independent, the places of a line that lie below both sides would follow a binomial
    law; the confidence is 1 less the chance that any of the lines has so many. Of lines
    as sure, the one of the strongest contrast. Places with unknown ground count for
    nothing.
    """
    rim = reach(all_lines)
    ground = field if low else -field
    tail = _tail(len(all_lines[0].places), CHANCE)
    shape = tuple(n - 2 * rim for n in field.shape)
    least, strongest, best = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
    for number, line in enumerate(all_lines):
        many, known, contrast = _lower(ground, line, rim)
        chance = tail[known, many]
        better = (chance < least) | ((chance == least) & (contrast > strongest))
        least[better], strongest[better] = chance[better], contrast[better]
        best[better] = number
    return best, 1 - np.minimum(1, least * len(all_lines))


def _line(strike: float, along: Sequence[float], width: float, cell: tuple[float, float]) -> Line:
    north, east = math.cos(strike), math.sin(strike)

    def at(forward: float, right: float) -> Offset:
        up, over = forward * north - right * east, forward * east + right * north
        return round(-up / cell[0]), round(over / cell[1])

    return Line(strike, tuple((at(s, 0), at(s, -width), at(s, width)) for s in along))


def _lower(field: Field, line: Line, rim: int) -> tuple[Counts, Counts, Strength]:
    """How many places of a line lie below both sides, how many are known, how deep in all."""
    shape = tuple(n - 2 * rim for n in field.shape)
    many, known = np.zeros((2, *shape), np.int16)
    contrast = np.zeros(shape)
    for place in line.places:
        here, left, right = (_shifted(field, at, rim) for at in place)
        depth = np.minimum(left, right) - here
        there = ~np.isnan(depth)
        many += depth > 0
        known += there
        contrast += np.where(there, depth, 0)
    return many, known, contrast


def _shifted(field: Field, at: Offset, rim: int) -> Field:
    rows, columns = field.shape
    return field[rim + at[0] : rows - rim + at[0], rim + at[1] : columns - rim + at[1]]


def _tail(most: int, chance: float) -> npt.NDArray[np.float64]:
    """Chance of k or more out of n, by [n, k]."""
    n, k = np.mgrid[: most + 1, : most + 1]
    return np.asarray(binom.sf(k - 1, n, chance))
