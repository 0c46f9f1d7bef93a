"""A big raster, small enough to look at."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy

LIMIT = 1500


def overview(layer: xr.DataArray, limit: int = LIMIT) -> xr.DataArray:
    """
    The layer in memory with at most *limit* cells a side.

    A coarse cell holds the mean of the known cells in it; of a class map, the class at
    its centre. The attrs stay. Computed on purpose, a band of rows at a time.
    """
    factor = math.ceil(max(layer.shape) / limit)
    if factor == 1:
        (values,) = lazy.compute(layer.data)
        return layer.copy(data=np.asarray(values))
    grid = contract.grid_of(layer)
    made = _picked if contract.is_categorical(layer) else _averaged
    rows = max(1, lazy.CHUNK // factor) * factor
    bands = [
        made(lazy.compute(layer[top : top + rows].data)[0], factor)
        for top in range(0, layer.sizes["y"], rows)
    ]
    coarse = contract.on_grid(np.concatenate(bands), grid.zoom_out(factor), name=layer.name)
    return coarse.assign_attrs(layer.attrs)


def _averaged(block: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """Mean of the known cells in squares of *factor* cells; NaN where none is known."""
    height, width = (-side % factor for side in block.shape)
    padded = np.pad(block, ((0, height), (0, width)), constant_values=np.nan)
    squares = padded.reshape(padded.shape[0] // factor, factor, -1, factor)
    known = (~np.isnan(squares)).sum(axis=(1, 3))
    total = np.nansum(squares, axis=(1, 3), dtype="float64")
    with np.errstate(invalid="ignore"):
        mean: npt.NDArray[np.float32] = (total / known).astype("float32")
    return mean


def _picked(block: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """The cell at (or, at the rim, nearest to) the centre of each square."""
    rows, columns = (
        np.minimum(np.arange(0, side, factor) + factor // 2, side - 1) for side in block.shape
    )
    picked: npt.NDArray[np.float32] = np.asarray(block)[np.ix_(rows, columns)]
    return picked
