"""
What might be said of how well blocks are known: indicators for a competent person, no classes.

Levels are 1 (best known), 2 and 3, and 0 where nothing can be said. Three rules that
practitioners use stand side by side [1]_; where they differ, somebody has to look.

References
----------
.. [1] Silva, D.S.F., Boisvert, J.B. (2014). Mineral resource classification: a comparison of
   new and existing techniques. Journal of the Southern African Institute of Mining and
   Metallurgy 114, 265-273.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import uniform_filter

from geoprospect.blocks import BlockGrid
from geoprospect.language import marked
from geoprospect.resources.spacing import hole_spacing

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]

LABEL = marked("classification indicator")
"""What a column of levels is called."""
NAMES = {
    1: marked("well known"),
    2: marked("moderately known"),
    3: marked("poorly known"),
    0: marked("not known"),
}
"""Levels in words."""
CAVEAT = marked(
    "These are indicators by rule and no classification: that takes a competent person, who also "
    "weighs geology, sampling, density and the prospects of mining."
)
"""What has to stand beside them."""

TOLERANCE, CONFIDENCE = 0.15, 0.9
"""How near metal must be known, and in what share of realisations, over a production volume."""
MIDDLE = 3
"""Blocks along each axis that a smoothed level hangs on."""


def indicators(
    samples: pd.DataFrame,
    *,
    grid: BlockGrid,
    estimated: npt.ArrayLike,
    limits: Mapping[str, Sequence[float]],
    production: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """
    The indicators of all blocks side by side, smoothed.

    Parameters
    ----------
    samples : DataFrame
        Composites with a grade: ``x``, ``y``, ``z`` [m] and ``hole``.
    grid : BlockGrid
    estimated : array (blocks,)
        Whether a block has an estimate.
    limits : mapping of name to (3,)
        Widest spacings of the levels [m], such as the user's own and a standard's.
    production : array (blocks,), optional
        Levels of :func:`by_production`.

    Returns
    -------
    DataFrame
        ``hole_spacing`` [m], and levels ``by_<name>`` for each of the limits, and
        ``by_production``; a row for each block.
    """
    known = np.asarray(estimated, bool).ravel()
    spacing = np.full(grid.blocks, np.nan)
    if known.any():
        spacing[known] = hole_spacing(samples, grid.centres()[known])
    levels: dict[str, npt.ArrayLike] = {
        f"by_{name}": by_spacing(spacing, limits=edges) for name, edges in limits.items()
    }
    if production is not None:
        levels["by_production"] = production
    made = {name: smoothed(one, grid=grid) for name, one in levels.items()}
    return pd.DataFrame({"hole_spacing": spacing, **made})


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """
    How many blocks with an estimate have which level, by indicator.

    Returns
    -------
    DataFrame
        ``indicator``, ``level``, ``blocks`` and ``share`` [1] of those whose spacing is known.
    """
    known = table[table["hole_spacing"].notna()]
    rows = [
        {"indicator": name, "level": level, "blocks": int((known[name] == level).sum()),
         "share": float((known[name] == level).mean()) if len(known) else np.nan}
        for name in table.columns.drop("hole_spacing") for level in NAMES
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["indicator", "level", "blocks", "share"])


def by_spacing(spacing: npt.ArrayLike, *, limits: Sequence[float]) -> Levels:
    """
    Level of each block by the spacing of holes about it.

    Parameters
    ----------
    spacing : array (blocks,)
        As :func:`geoprospect.resources.spacing.hole_spacing` gives it [m]; NaN where a block
        has no estimate.
    limits : (3,)
        The widest spacing of levels 1, 2 and 3 [m]: the user's own, or those of a table by
        :func:`geoprospect.resources.spacing.table_limits`.

    Returns
    -------
    array (blocks,) int8

    Raises
    ------
    ValueError
        If there are not three limits that grow.
    """
    edges = np.asarray(limits, np.float64)
    if edges.shape != (3,) or not (edges[0] > 0 and (np.diff(edges) > 0).all()):
        raise ValueError(f"limits must be three spacings that grow, got {list(limits)} m")
    away = np.asarray(spacing, np.float64)
    level = np.searchsorted(edges, np.nan_to_num(away, nan=np.inf), side="left") + 1
    return np.where(level > 3, 0, level).astype(np.int8)


def by_production(
    realisations: npt.NDArray[np.floating[Any]],
    *,
    grid: BlockGrid,
    quarter: float,
    year: float,
    cut_off: float,
    tolerance: float = TOLERANCE,
    confidence: float = CONFIDENCE,
) -> Levels:
    """
    Level of each block by how well the metal of a production volume about it is known.

    A mine does not live on a block but on what it digs in a quarter or a year. Where the
    metal of a quarter's volume is known to 15 % in 90 % of realisations the level is 1,
    where that of a year's is, 2, and else 3. Volumes are boxes of whole blocks side by
    side, as cubic and as near to the volume as the model allows.

    Parameters
    ----------
    realisations : array (realisations, blocks)
        Grades, NaN where unknown.
    grid : BlockGrid
    quarter, year : float
        Volumes of rock that are dug in them [m3].
    cut_off : float
        Grade at and above which a block's metal counts.
    tolerance, confidence : float
        Other numbers than 15 % and 90 %, as shares [1].

    Returns
    -------
    array (blocks,) int8

    Raises
    ------
    ValueError
        If realisations are not those of the grid, or volumes, tolerance or confidence make no
        sense.
    """
    if realisations.ndim != 2 or realisations.shape[1] != grid.blocks:
        raise ValueError(f"realisations {realisations.shape} are not those of {grid.blocks} blocks")
    if not (0 < quarter < year and tolerance > 0 and 0 < confidence < 1):
        raise ValueError(
            f"a quarter's volume must be positive and below a year's, got {quarter} and {year} m3; "
            f"tolerance and confidence must be shares, got {tolerance} and {confidence}"
        )
    known = ~np.isnan(realisations).any(axis=0)
    level = np.where(known, 3, 0).astype(np.int8)
    for one, volume in ((2, year), (1, quarter)):
        of = _panels(grid, volume)
        sure = _sure(realisations, of, known, cut_off, tolerance, confidence)
        level[known & sure[of]] = one
    return level


def smoothed(levels: npt.ArrayLike, *, grid: BlockGrid) -> Levels:
    """
    The middle level of each block and its neighbours, so that no block stands alone.

    A spotted model cannot be mined by its classes. Of two levels in the middle the lesser
    known is taken; blocks of level 0 have no say and stay as they are.
    """
    of = np.asarray(levels).reshape(grid.shape)
    known = of > 0
    votes = uniform_filter(known.astype(float), MIDDLE, mode="constant")
    made = np.full(grid.shape, 3, np.int8)
    for level in (2, 1):
        passed = uniform_filter((known & (of <= level)).astype(float), MIDDLE, mode="constant")
        made[passed > votes / 2 + 1e-9] = level
    return np.where(known, made, 0).astype(np.int8).ravel()


def _panels(grid: BlockGrid, volume: float) -> npt.NDArray[np.int64]:
    """Number of the box of about that volume that each block lies in."""
    sizes, counts = np.asarray(grid.size), np.asarray(grid.counts)
    boxes, left = np.ones(3, np.int64), volume
    for done, axis in enumerate(np.argsort(sizes * counts, kind="stable")):  # thinnest first
        side = left ** (1 / (3 - done))
        boxes[axis] = np.clip(round(counts[axis] * sizes[axis] / side), 1, counts[axis])
        left /= counts[axis] * sizes[axis] / boxes[axis]
    each = grid.blocks / float(np.prod(boxes))
    log.info("a production volume of %g m3 is taken as %d x %d x %d boxes of %.3g blocks, %.3g m3.",
             volume, *boxes, each, each * grid.volume)  # fmt: skip
    z, y, x = (
        part * boxes[axis] // counts[axis]
        for part, axis in zip(np.unravel_index(np.arange(grid.blocks), grid.shape), (2, 1, 0),
                              strict=True)
    )  # fmt: skip
    return np.asarray((z * boxes[1] + y) * boxes[0] + x, np.int64)


def _sure(
    realisations: npt.NDArray[np.floating[Any]],
    of: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
    cut_off: float,
    tolerance: float,
    confidence: float,
) -> npt.NDArray[np.bool_]:
    """Of each box whether its metal is known well enough; one without metal is not."""
    boxes = int(of.max()) + 1
    metal = np.empty((len(realisations), boxes))
    for made, grades in zip(metal, realisations, strict=True):
        counted = known & (grades >= cut_off)
        made[:] = np.bincount(of[counted], grades[counted].astype(float), boxes)
    mean = metal.mean(axis=0)
    low, high = np.quantile(metal, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return np.asarray((mean > 0) & (np.maximum(high - mean, mean - low) <= tolerance * mean))
