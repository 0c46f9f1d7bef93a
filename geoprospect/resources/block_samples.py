"""What a block model is made from: composites with a grade, weighed, and where the ground ends."""

from __future__ import annotations

import logging
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator
from scipy.spatial import QhullError, cKDTree

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean
from geoprospect.resources.declustering import cell_sizes, cell_weights, chosen_cell
from geoprospect.resources.twins import without_twins

log = logging.getLogger("geoprospect.resources")

Flags = npt.NDArray[np.bool_]

XYZ = ["x", "y", "z"]
CELLS = (0.5, 0.75, 1, 1.5, 2, 3, 4)
"""Sizes of declustering cells that are tried, in distances between holes."""


def known_samples(samples: pd.DataFrame, grade: str) -> pd.DataFrame:
    """Composites with a grade, no two at one place."""
    lost = [name for name in (*XYZ, "hole", grade) if name not in samples.columns]
    if lost:
        known = did_you_mean(lost[0], map(str, samples.columns))
        raise DataError(f"the composites have no column {lost[0]!r}{known}")
    some = samples[samples[grade].notna()].reset_index(drop=True)
    if some.empty:
        raise DataError(f"no composite has a grade {grade!r}; is it among the grades composited?")
    return without_twins(some, grades=[grade])


def weighed(
    known: pd.DataFrame, grade: str, cell: float | None, clustered: Literal["high", "low"]
) -> tuple[pd.DataFrame, float]:
    """Composites with their declustering weights, and the side of the cell [m]."""
    places = known[XYZ].to_numpy(float)
    if cell is None:
        middles = known.groupby("hole")[["x", "y"]].mean().to_numpy(float)
        if len(middles) < 2:
            raise DataError("there is one hole with a grade; a block model needs two or more")
        apart = float(np.median(cKDTree(middles).query(middles, k=2)[0][:, 1]))
        tried = cell_sizes(places, known[grade].to_numpy(float),
                           cells=[apart * size for size in CELLS])  # fmt: skip
        cell = chosen_cell(tried, clustered=clustered)
    return known.assign(weight=cell_weights(places, cell=cell)), cell


def in_the_air(grid: BlockGrid, collars: pd.DataFrame | None) -> Flags:
    """Which blocks have their middle above the surface through the collars."""
    centres = grid.centres()
    if collars is None:
        return np.zeros(len(centres), bool)
    tops = collars[XYZ].dropna().groupby(["x", "y"], as_index=False)["z"].max()
    places, heights = tops[["x", "y"]].to_numpy(float), tops["z"].to_numpy(float)
    surface = NearestNDInterpolator(places, heights)(centres[:, :2])
    try:
        between = LinearNDInterpolator(places, heights)(centres[:, :2])
    except QhullError:  # few collars, or all in a row
        between = np.full(len(centres), np.nan)
    air: Flags = centres[:, 2] > np.where(np.isnan(between), surface, between)
    log.info("%d of %d blocks lie above the collars and are air.", int(air.sum()), len(air))
    return air
