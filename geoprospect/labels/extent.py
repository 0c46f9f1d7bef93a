"""Which cells lie in the study area, a bit for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import lazy
from geoprospect.labels.drawing import Mask, Window


@dataclass(frozen=True)
class Extent:
    """
    The study area's cells, an eighth of a byte each: (rows, columns / 8) uint8.

    A mask of the whole grid would be the largest thing that validation holds.
    """

    bits: npt.NDArray[np.uint8]
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.bits), self.columns

    def rows(self, top: int, bottom: int) -> Mask:
        """Which cells of some rows lie inside, (rows, columns)."""
        inside: Mask = np.unpackbits(self.bits[top:bottom], axis=1, count=self.columns).view(bool)
        return inside

    def sides(self) -> tuple[int, int]:
        """Rows and columns from the first to the last that hold a cell of it."""
        rows = np.flatnonzero(self.bits.any(axis=1))
        across = np.unpackbits(np.bitwise_or.reduce(self.bits, axis=0), count=self.columns)
        columns = np.flatnonzero(across)
        return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def extent(area: xr.DataArray) -> Extent:
    """The cells where *area* is known. Computed on purpose, block by block."""
    height, width = area.shape
    bits = np.zeros((height, -(-width // 8)), np.uint8)
    for (rows, columns), packed in lazy.gathered(_packed, area):
        first = columns.start // 8
        bits[rows, first : first + packed.shape[1]] |= packed
    return Extent(bits, width)


def _packed(where: Window, area: npt.NDArray[np.float32]) -> tuple[Window, npt.NDArray[np.uint8]]:
    """A block's cells as bits, from the byte in which its first column lies."""
    before = where[1].start % 8
    inside = np.pad(~np.isnan(area), ((0, 0), (before, 0)))
    return where, np.packbits(inside, axis=1)
