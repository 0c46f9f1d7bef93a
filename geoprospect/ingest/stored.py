"""What a raster file holds, whichever library opens it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
from affine import Affine

from geoprospect.errors import DataError
from geoprospect.storage import AnyPath

SIDE = 512
"""About how many cells a side one read takes from files that are stored in tiles."""
CELLS = 2**19
"""About how many cells one read takes from files that are stored row by row."""


@dataclass(frozen=True)
class Values:
    """Cells as stored: not yet masked by codes, nor scaled."""

    raw: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]
    scale: float
    offset: float


@dataclass(frozen=True)
class Header:
    """
    A raster file before its cells are read.

    *titles* and *tags* (what the file calls its bands, and their nodata codes)
    are by band; *read* takes a band and stored rows and columns; *names* gives
    the names of a band's classes.
    """

    shape: tuple[int, int]
    affine: Affine
    crs: pyproj.CRS | None
    block: tuple[int, int]
    titles: dict[int, str | None]
    tags: dict[int, tuple[float, ...]]
    read: Callable[[int, slice, slice], Values]
    names: Callable[[int], dict[int, str]]


def check_bands(path: AnyPath, bands: Sequence[int], dtypes: Sequence[Any]) -> None:
    """Raise a DataError unless a file has all *bands*, of real numbers."""
    for band in bands:
        if not 1 <= band <= len(dtypes):
            raise DataError(f"{path} has no band {band}; it has {len(dtypes)}, counted from 1")
        if np.dtype(dtypes[band - 1]).kind not in "iufb":
            raise DataError(
                f"{path}: band {band} holds no real numbers but {dtypes[band - 1]}; "
                "export it as float32"
            )


def reading_block(stored: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of one read: whole blocks of the file, of about one size for any file."""
    height, width = stored
    if width >= min(shape[1], 2 * SIDE):
        rows = max(CELLS // shape[1] // height, 1) * height
        return min(rows, shape[0]), shape[1]
    return max(SIDE // height, 1) * height, max(SIDE // width, 1) * width
