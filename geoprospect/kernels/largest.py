"""Of each cell's contributions the few that count most, and the one that adds most."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def largest(shares: Values, count: int) -> Values:
    """
    Place from 1 and size of the *count* largest either way: (layers, cells) -> (2 count, cells).

    Largest first, place before size; of equal ones the first layer. NaN where the cell
    has any.
    """
    layers, cells = shares.shape
    found = np.full((2 * count, cells), np.float32(np.nan), np.float32)
    best, at = np.empty(count, np.float32), np.empty(count, np.int64)
    for cell in range(cells):
        best[:] = -1
        known = True
        for layer in range(layers):
            size = abs(shares[layer, cell])
            known &= not np.isnan(size)
            k = count
            while k > 0 and size > best[k - 1]:
                k -= 1
                if k + 1 < count:
                    best[k + 1], at[k + 1] = best[k], at[k]
                best[k], at[k] = size, layer
        if known:
            for k in range(count):
                found[2 * k, cell] = at[k] + 1
                found[2 * k + 1, cell] = shares[at[k], cell]
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def driver(shares: Values) -> Values:
    """Place from 1 of the layer that adds most, 0 where none adds: (layers, cells) -> (cells,)."""
    layers, cells = shares.shape
    found = np.zeros(cells, np.float32)
    most = np.zeros(cells, np.float32)
    for layer in range(layers):
        for cell in range(cells):
            share = shares[layer, cell]
            if share > most[cell]:
                most[cell], found[cell] = share, layer + 1
            elif np.isnan(share):
                most[cell], found[cell] = np.inf, np.nan
    return found
