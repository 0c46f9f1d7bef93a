"""The k-th largest of more values than memory holds, exactly, from counts over blocks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

DIGITS = (11, 11, 10)
"""Bits of each digit of a key, the first weighing most."""


def counts(values: Values, prefix: tuple[int, ...] = ()) -> Counts:
    """
    How many known values have each next digit, among those whose first digits are *prefix*.

    A value's key is a whole number that grows with the value, so the count of a digit
    sums over blocks, and the k-th largest is found digit by digit.
    """
    keys = _keys(values[~np.isnan(values)])
    left = 32
    for digit, bits in zip(prefix, DIGITS, strict=False):
        left -= bits
        keys = keys[(keys >> left) & ((1 << bits) - 1) == digit]
    bits = DIGITS[len(prefix)]
    return np.bincount((keys >> (left - bits)) & ((1 << bits) - 1), minlength=1 << bits)


def place(counts: Counts, rank: int) -> tuple[int, int]:
    """The digit in which the *rank*-th largest (from 1) lies, and how many lie in larger ones."""
    above = np.cumsum(counts[::-1])[::-1] - counts
    digit = int(np.flatnonzero((above < rank) & (rank <= above + counts))[0])
    return digit, int(above[digit])


def value(digits: tuple[int, ...]) -> float:
    """The value whose key has these digits."""
    key = 0
    for digit, bits in zip(digits, DIGITS, strict=True):
        key = key << bits | digit
    bits32 = np.uint32(key ^ (0x80000000 if key >> 31 else 0xFFFFFFFF))
    return float(bits32.view(np.float32))


def _keys(values: Values) -> npt.NDArray[Any]:
    """Whole numbers in the order of the values; -0.0 counts as 0.0."""
    raw = (values + np.float32(0)).view(np.uint32)
    flip = np.where(raw >> 31, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    keys: npt.NDArray[Any] = raw ^ flip
    return keys
