"""How a score falls as whole ground is held out in ever larger pieces."""

from __future__ import annotations

import dataclasses
import logging

import geopandas as gpd
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.labels.folds import check_settings, random, tiled
from geoprospect.labels.reach import Size, settled
from geoprospect.registry import FOLDS

log = logging.getLogger("geoprospect.labels")

STEPS = {"L/2": 0.5, "L": 1.0, "2L": 2.0, "4L": 4.0}
"""Sizes of block by their names, in parts of the size asked for."""


@FOLDS.register
def degradation(
    samples: gpd.GeoDataFrame,
    ranges: pd.DataFrame | None = None,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    size: Size,
    folds: int = 5,
    dead_zone: float,
    tilings: int = 1,
    offsets: int = 20,
    seed: int,
) -> Folds:
    """
    Random folds, and blocks of half, once, twice and four times a size, judged alike.

    Where the score falls with the size of blocks, it rests on nearness to known deposits;
    where it levels off, blocks are as wide as the evidence reaches [1]_. That size is the
    one to believe, and blocks far wider may ask for more than any map can give.

    At every size deposits are ranked among the whole area, since random folds hold out no
    ground of their own; scores are thus not those of :func:`spatial_blocks`, which ranks
    them among the ground held out.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label``, ``group``, ``row``, ``column``.
    ranges : DataFrame, optional
        Of :func:`geoprospect.labels.reach.effective_ranges`; for *size* ``auto``.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    size : float or "auto"
        L, the edge of a block; ``auto`` takes the range of the evidence, and at least twice
        the dead zone [m].
    folds : int
        Number of folds; fewer where deposits do not suffice, which is said.
    dead_zone : float
        Samples nearer than this to a held-out block teach that fold nothing [m].
    tilings : int
        How many tilings, shifted at random, to judge each size by.
    offsets : int
        Random shifts to try for each tiling.
    seed : int
        The same seed gives the same folds.

    Returns
    -------
    Folds
        Of random folds, with ``label`` and ``size``; ``further`` has the blocks of each
        size, all without ``blocks``. A size at which all deposits fall into one block is
        left out, which is said.

    Raises
    ------
    ValueError
        If a setting is out of range, all deposits fall into one block of the size asked
        for, or *size* is ``auto`` and there are no ranges.

    References
    ----------
    .. [1] Stock, A. (2025). Choosing blocks for spatial cross-validation: lessons from a
       marine remote sensing case study. Frontiers in Remote Sensing 6.
    """
    contract.check_samples(samples, grid)
    check_settings(folds, dead_zone=dead_zone, tilings=tilings, offsets=offsets)
    middle = settled(size, ranges, "size", grid=grid, area=area, floor=2 * dead_zone)
    sweep = []
    for label, part in STEPS.items():
        try:
            ways = tiled(
                samples, grid=grid, area=area, size=part * middle, folds=folds,
                dead_zone=dead_zone, tilings=tilings, offsets=offsets, seed=seed,
            )  # fmt: skip
        except ValueError:
            if part <= 1:
                raise
            log.warning(
                "blocks of %s, %.0f m, hold all deposits in one; the curve ends before",
                label, part * middle,
            )  # fmt: skip
            continue
        sweep += [
            dataclasses.replace(way, blocks=None, label=label, size=part * middle) for way in ways
        ]
    return dataclasses.replace(
        random(samples, folds=folds, seed=seed), further=tuple(sweep), judged="sweep",
        label="random", size=0.0, ranges=ranges if size == "auto" else None,
    )  # fmt: skip
