"""Order statistics of more values than memory holds, exactly, from counts over blocks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.int64]

DIGITS = (11, 11, 10)
"""Bits of each digit of a key, the first weighing most."""


def keys(values: Values, group: npt.NDArray[Any] | None = None) -> Keys:
    """
    Whole numbers in the order of the known values, those of one *group* together.

    The group (from 0; NaN: in none) stands before the 32 bits of the value. -0.0 counts
    as 0.0.
    """
    known = ~np.isnan(values) if group is None else ~(np.isnan(values) | np.isnan(group))
    raw = (values[known].astype("float32", copy=False) + np.float32(0)).view(np.uint32)
    flip = np.where(raw >> 31, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    found: Keys = (raw ^ flip).astype(np.int64)
    return found if group is None else found | group[known].astype(np.int64) << 32


def tallies(keys: Keys, prefixes: Keys, depth: int) -> tuple[Counts, Counts]:
    """
    How many keys have each next digit, among those that begin with one of the *prefixes*.

    Counts sum over blocks, so an order statistic is found digit by digit, however many
    blocks there are.

    Parameters
    ----------
    keys : (n,) int64
    prefixes : (p,) int64
        The group and the first *depth* digits, ascending.
    depth : int
        Digits already known.

    Returns
    -------
    places, counts : (m,) int64
        Only places with a count: row of the prefix times the number of digits, plus digit.
    """
    bits = DIGITS[depth]
    left = sum(DIGITS[depth:])
    row = np.searchsorted(prefixes, keys >> left)
    mine = row < len(prefixes)
    mine[mine] = prefixes[row[mine]] == keys[mine] >> left
    digit = (keys[mine] >> (left - bits)) & ((1 << bits) - 1)
    places, counts = np.unique((row[mine] << bits) | digit, return_counts=True)
    return places, counts


def narrowed(tally: Counts, rows: Counts, ranks: Counts) -> tuple[Counts, Counts, Counts]:
    """
    The next digit of each value sought, and how many values go before and with it.

    Parameters
    ----------
    tally : (prefixes, digits) int64
        Counts of all blocks.
    rows : (k,) int64
        Row of each sought value's prefix.
    ranks : (k,) int64
        Its rank from the smallest, from 1, among the values of its prefix.

    Returns
    -------
    digit, smaller, equal : (k,) int64
    """
    up_to = np.cumsum(tally, axis=1)
    digit = (up_to[rows] < ranks[:, None]).sum(axis=1)
    equal = tally[rows, digit]
    return digit, up_to[rows, digit] - equal, equal


def values(keys: Keys) -> npt.NDArray[np.float64]:
    """The values that have these keys, whatever their group."""
    low = (keys & 0xFFFFFFFF).astype(np.uint32)
    flip = np.where(low >> 31, np.uint32(0x80000000), np.uint32(0xFFFFFFFF))
    return (low ^ flip).view(np.float32).astype("float64")
