"""Swath plots: do blocks follow their samples, slice by slice through the deposit?"""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

AXES = ("x", "y", "z")


def swaths(
    samples: pd.DataFrame,
    blocks: npt.ArrayLike,
    *,
    grid: BlockGrid,
    grade: str,
    weights: npt.ArrayLike,
    thickness: tuple[int, int, int],
) -> pd.DataFrame:
    """
    Mean grades of samples and of blocks in slices along each axis of a block model.

    A model that is right on the whole can still be too rich in the south and too poor below.
    Where slices hold many samples, blocks should follow their declustered mean, only
    smoother; where they hold few, the two may part [1]_.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m] and *grade*; NaN is unknown and left out.
    blocks : array (blocks,) or (z, y, x)
        Estimates in the unit of the grade; NaN is unknown and left out.
    grid : BlockGrid
        Slices are cut along its own axes, which a turned grid turns with it.
    grade : str
        Column of *samples*.
    weights : array (samples,)
        Declustering weights, as :func:`geoprospect.resources.declustering.cell_weights` gives
        them; all alike for samples that do not cluster.
    thickness : (int, int, int)
        Of a slice along x, y and z, in blocks.

    Returns
    -------
    DataFrame
        ``axis``, ``begin`` and ``end`` of the slice along it from the origin [m], ``samples``
        (how many) and ``sample_mean``, ``blocks`` (how many) and ``block_mean``; a mean of
        nothing is NaN.

    Raises
    ------
    DataError
        If a column is missing, or no sample with a grade lies in the grid.
    ValueError
        If numbers of blocks or weights are not those of the grid and the samples, or a
        slice is thinner than a block.

    References
    ----------
    .. [1] Rossi, M.E., Deutsch, C.V. (2014). Mineral Resource Estimation. Springer, chapter 11.
    """
    values = np.asarray(blocks, np.float64).ravel()
    heavy = np.asarray(weights, np.float64).ravel()
    _check(samples, values, heavy, grid, grade, thickness)
    layer, row, column, inside = grid.blocks_at(samples[list(AXES)].to_numpy(float))
    grades = samples[grade].to_numpy(float)
    used = inside & ~np.isnan(grades)
    if not used.any():
        raise DataError(
            f"no sample with a {grade} lies in the grid of blocks; is its origin right?"
        )
    if not inside.all():
        log.info("%d samples lie outside the blocks and are in no swath.", (~inside).sum())
    of_samples = np.stack([column, row, layer])[:, used]
    of_blocks = np.stack(np.unravel_index(np.arange(grid.blocks), grid.shape)[::-1])
    known = ~np.isnan(values)
    parts = []
    for axis in range(3):
        step = thickness[axis]
        slices = -(-grid.counts[axis] // step)
        samples_in = _means(of_samples[axis] // step, grades[used], heavy[used], slices)
        blocks_in = _means(
            of_blocks[axis][known] // step, values[known], np.ones(int(known.sum())), slices
        )
        parts.append(_table(grid, axis, step, samples_in, blocks_in))
    return pd.concat(parts, ignore_index=True)


def _means(of: Index, values: Values, weights: Values, slices: int) -> tuple[Index, Values]:
    """How many there are in each slice, and their mean."""
    count = np.bincount(of, minlength=slices)
    total = np.bincount(of, weights, slices)
    mean = np.full(slices, np.nan)
    np.divide(np.bincount(of, weights * values, slices), total, out=mean, where=total > 0)
    return count, mean


def _table(
    grid: BlockGrid,
    axis: int,
    step: int,
    samples: tuple[Index, Values],
    blocks: tuple[Index, Values],
) -> pd.DataFrame:
    """Slices along one axis; on a grid that is not turned, in its coordinates."""
    turned = axis < 2 and grid.azimuth % 360 != 0
    begin = 0.0 if turned else grid.origin[axis]
    size, count = grid.size[axis], grid.counts[axis]
    first = np.arange(0, count, step)
    return pd.DataFrame(
        {"axis": AXES[axis], "begin": begin + first * size,
         "end": begin + np.minimum(first + step, count) * size,
         "samples": samples[0], "sample_mean": samples[1],
         "blocks": blocks[0], "block_mean": blocks[1]}
    )  # fmt: skip


def _check(
    samples: pd.DataFrame,
    values: Values,
    weights: Values,
    grid: BlockGrid,
    grade: str,
    thickness: tuple[int, int, int],
) -> None:
    for name in (*AXES, grade):
        if name not in samples.columns:
            known = did_you_mean(name, map(str, samples.columns))
            raise DataError(f"the samples have no column {name!r}{known}")
    if len(values) != grid.blocks:
        raise ValueError(f"{len(values)} estimates do not fit {grid.blocks} blocks of the grid")
    if len(weights) != len(samples):
        raise ValueError(f"{len(weights)} weights do not fit {len(samples)} samples")
    if min(thickness) < 1:
        raise ValueError(f"a slice is one block thick or more, got {thickness}")
