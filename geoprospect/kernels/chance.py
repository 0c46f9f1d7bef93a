"""Random numbers that belong to cells: the same whatever block they are asked for in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

Numbers = npt.NDArray[np.uint64]


def uniform(rows: slice, columns: slice, seed: int) -> npt.NDArray[np.float64]:
    """
    A number in (0, 1) for each cell of a block of the grid, independent of all others.

    The cell's row and column, as one number, are mixed with the seed [1]_; 53 bits.

    References
    ----------
    .. [1] Steele, G.L., Lea, D., Flood, C.H. (2014). Fast splittable pseudorandom number
       generators. Proceedings of OOPSLA 2014, 453-472.
    """
    down = np.arange(rows.start, rows.stop, dtype=np.uint64)[:, None] << np.uint64(32)
    across = np.arange(columns.start, columns.stop, dtype=np.uint64)[None, :]
    start = mixed(np.array([seed % 2**64], np.uint64))
    bits = mixed(start + (down | across) * GOLDEN)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def mixed(numbers: Numbers) -> Numbers:
    """SplitMix64's output for each state; sums and products wrap, as they should."""
    z = numbers + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * FACTORS[0]
    z = (z ^ (z >> np.uint64(27))) * FACTORS[1]
    done: Numbers = z ^ (z >> np.uint64(31))
    return done
