"""Crests of a field: cells, and lines through them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.floating]

ACROSS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""The four directions in which a cell has neighbours on both sides [rows, columns]."""


def crests(field: Values, least: int = 2) -> npt.NDArray[np.bool_]:
    """
    Inner cells that are higher than their neighbours on both sides, in at least so many directions.

    (ny, nx) -> (ny - 2, nx - 2). Of two equal neighbours the first is the crest; beside
    unknown cells there is none.
    """
    rows, columns = field.shape[0] - 2, field.shape[1] - 2

    def shifted(down: int, right: int) -> Values:
        return field[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]

    own = shifted(0, 0)
    count = np.zeros(own.shape, int)
    for down, right in ACROSS:
        count += (own > shifted(-down, -right)) & (own >= shifted(down, right))
    around = [shifted(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    found: npt.NDArray[np.bool_] = (count >= least) & ~np.isnan(np.sum(around, axis=0))
    return found


def uphill_rate(
    north: Values, east: Values, north2: Values, north_east: Values, east2: Values
) -> Values:
    """
    Rate of a field's horizontal gradient along itself, from the field's derivatives.

    0 over the crests of the gradient, above 0 before them and below 0 behind.
    """
    rate: Values = np.divide(
        north**2 * north2 + 2 * north * east * north_east + east**2 * east2,
        north**2 + east**2,
        out=np.zeros(north.shape),
        where=(north != 0) | (east != 0),
    )
    return rate
