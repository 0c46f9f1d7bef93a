"""Composites of drill holes as samples of voxels: above a cut-off ore, below it barren."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean, listing

log = logging.getLogger("geoprospect.labels")

Index = npt.NDArray[np.int64]


def samples(
    composites: pd.DataFrame,
    *,
    blocks: BlockGrid,
    grade: str,
    cut_off: float,
    codes: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """
    What each hole met in each voxel: ore where its grade reaches a cut-off, else barren.

    Unlike background of a map, barren ground in a hole is known to be so. A hole's composites
    in one voxel count once, by their mean over length: else a voxel would weigh the more the
    finer it was assayed [1]_.

    Parameters
    ----------
    composites : DataFrame
        ``hole``, ``x``, ``y``, ``z``, ``length`` [m], and the grade, NaN where not assayed.
    blocks : BlockGrid
    grade : str
        Column of the grade.
    cut_off : float
        From which on ground counts as ore [units of the grade].
    codes : sequence of str
        Columns of codes, such as rock: of each voxel the code of the greatest length.

    Returns
    -------
    GeoDataFrame
        Points with ``label`` (1 ore, 0 barren), ``group`` (a number for each hole), ``hole``,
        ``layer``, ``row``, ``column`` of the voxel, ``x``, ``y``, ``z`` of the middle of what
        was met in it [m], ``length`` [m], the grade and the codes. Hole by hole, voxel by voxel.

    Raises
    ------
    DataError
        If a column is missing, no composite with a grade lies in a block, or all of them or
        none reach the cut-off.
    ValueError
        If *cut_off* is not finite.

    References
    ----------
    .. [1] Rossi, M.E., Deutsch, C.V. (2014). Mineral Resource Estimation. Springer, chapter 5.
    """
    if not math.isfinite(cut_off):
        raise ValueError(f"cut_off must be a grade, got {cut_off}")
    _check(composites, ["hole", "x", "y", "z", "length", grade, *codes])
    kept = _placed(composites, blocks, grade)
    weights = kept["length"].to_numpy(float)
    pieces = kept.groupby(VOXEL, sort=True)
    whose = np.asarray(pieces.ngroup(), np.int64)
    made = pd.DataFrame(pieces["length"].sum()).reset_index()
    for name in ("x", "y", "z", grade):
        made[name] = np.bincount(whose, weights * kept[name].to_numpy(float)) / made["length"]
    for code in codes:
        made[code] = _commonest(kept[code], whose, weights).reindex(made.index)
    made["label"] = (made[grade] >= cut_off).astype(int)
    made["group"] = pd.factorize(made["hole"])[0]
    _check_both(made, grade, cut_off)
    return gpd.GeoDataFrame(
        made, geometry=gpd.points_from_xy(made["x"], made["y"], made["z"]), crs=blocks.crs or None
    )


VOXEL = ["hole", "layer", "row", "column"]
"""What makes a sample: a hole in a voxel."""


def _placed(composites: pd.DataFrame, blocks: BlockGrid, grade: str) -> pd.DataFrame:
    """Composites with a grade and a voxel; how many have none is said."""
    there = composites[["x", "y", "z"]].notna().all(axis=1) & (composites["length"] > 0)
    known = composites[there & composites[grade].notna()]
    layer, row, column, inside = blocks.blocks_at(known[["x", "y", "z"]].to_numpy(float))
    lost = {
        "no place or no length": int((~there).sum()),
        f"no {grade}": int((there & composites[grade].isna()).sum()),
        "their middle outside the blocks": int((~inside).sum()),
    }
    told = ", ".join(f"{count} have {why}" for why, count in lost.items() if count)
    if told:
        log.info("of %d composites %s; they teach nothing.", len(composites), told)
    if not inside.any():
        raise DataError(
            f"no composite with a grade of {grade!r} lies in a block: {told}; are the blocks and "
            "the holes in one CRS and both in metres?"
        )
    return known.assign(layer=layer, row=row, column=column)[inside].reset_index(drop=True)


def _commonest(codes: pd.Series, whose: Index, lengths: npt.NDArray[np.float64]) -> pd.Series:
    """The code of the greatest length of each sample; of equal ones the first in order."""
    table = pd.DataFrame({"code": codes.to_numpy(), "sample": whose, "length": lengths}).dropna()
    sums = pd.DataFrame(table.groupby(["sample", "code"])["length"].sum()).reset_index()
    order = sums.sort_values(["sample", "length", "code"], ascending=[True, False, True])
    first: pd.Series = order.drop_duplicates("sample").set_index("sample")["code"]
    return first


def _check(composites: pd.DataFrame, columns: Sequence[str]) -> None:
    known = [str(one) for one in composites.columns]
    problems = [
        f"there is no column {name!r}{did_you_mean(name, known)}"
        for name in columns
        if name not in known
    ]
    if problems:
        raise DataError(listing("composites make no samples:", problems))


def _check_both(made: pd.DataFrame, grade: str, cut_off: float) -> None:
    ore = int(made["label"].sum())
    if not 0 < ore < len(made):
        low, high = made[grade].min(), made[grade].max()
        raise DataError(
            f"{ore} of {len(made)} samples reach {grade} {cut_off:g}, so that there is nothing to "
            f"tell apart; grades go from {low:g} to {high:g}: state a cut_off in between"
        )
    log.info("%d of %d samples of voxels reach %s %g.", ore, len(made), grade, cut_off)
