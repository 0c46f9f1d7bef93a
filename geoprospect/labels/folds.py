"""
Folds: samples parted so that a model is tested where it has not learnt.

Every protocol returns :class:`geoprospect.contract.Folds`, so that validation
treats them alike.
"""

from __future__ import annotations

import dataclasses
import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely import box

from geoprospect import contract, lazy
from geoprospect.contract import Folds
from geoprospect.labels.extent import extent
from geoprospect.labels.reach import Size, settled
from geoprospect.labels.tiling import Tiling, best_tilings
from geoprospect.registry import FOLDS

log = logging.getLogger("geoprospect.labels")

Index = npt.NDArray[np.int64]


@FOLDS.register
def spatial_blocks(
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
    Square blocks of ground, each held out whole with a dead zone around it.

    Neighbouring cells share their geology, so a model tested next door to where
    it learnt is flattered; held-out blocks ask whether it carries over to ground
    it has never seen [1]_, as exploration does.

    Blocks go to folds so that deposit clusters, and then area, are shared out
    evenly. A tiling that leaves a fold with fewer than 2 clusters is shifted
    and tried again. Where the borders of blocks happen to lie can matter as much
    as the evidence does; several tilings show by how much.

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
        Edge of a block, rounded to whole cells; ``auto`` takes the range of the evidence,
        and at least twice the dead zone [m].
    folds : int
        Number of folds; fewer where deposits do not suffice, which is said.
    dead_zone : float
        Samples nearer than this to a held-out block teach that fold nothing [m].
    tilings : int
        How many tilings, shifted at random, to judge by; 5 where time allows. A
        pipeline judges the first on every cell and shows it in ``out_of_fold.tif``;
        the others it judges on 20,000 cells drawn evenly over the study area.
    offsets : int
        Random shifts to try for each tiling.
    seed : int
        The same seed gives the same blocks; more tilings leave the first as it is.

    Returns
    -------
    Folds
        Of the first tiling; ``further`` has the others. ``blocks`` has ``fold``,
        ``deposits``, ``clusters`` and ``cells`` (of the study area) for each square.

    Raises
    ------
    ValueError
        If a setting is out of range, all deposits fall into one block, or *size* is ``auto``
        and there are no ranges.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40,
       913-929.
    """
    contract.check_samples(samples, grid)
    check_settings(folds, dead_zone=dead_zone, tilings=tilings, offsets=offsets)
    edge = settled(size, ranges, "size", grid=grid, area=area, floor=2 * dead_zone)
    first, *further = tiled(
        samples, grid=grid, area=area, size=edge, folds=folds, dead_zone=dead_zone,
        tilings=tilings, offsets=offsets, seed=seed,
    )  # fmt: skip
    return dataclasses.replace(
        first, further=tuple(further), size=edge, ranges=ranges if size == "auto" else None
    )


@FOLDS.register
def random(samples: gpd.GeoDataFrame, *, folds: int = 5, seed: int) -> Folds:
    """
    Samples shuffled into folds, wherever they lie; for contrast only.

    The gap between this and spatial blocks shows how much of a model's skill is
    knowing its neighbours [1]_.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label``.
    folds : int
        Number of folds; deposits and background are shared out evenly.
    seed : int
        The same seed gives the same folds.

    Returns
    -------
    Folds
        Without ``blocks``.

    References
    ----------
    .. [1] Ploton, P., et al. (2020). Spatial validation reveals poor predictive
       performance of large-scale ecological mapping models. Nature Communications
       11, 4540.
    """
    check_settings(folds)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(samples))
    deposits_first = order[np.argsort(samples["label"].to_numpy()[order] == 0, kind="stable")]
    of_samples = np.empty(len(samples), np.int64)
    of_samples[deposits_first] = np.arange(len(samples)) % folds
    return Folds(of_samples, of_samples[None, :] != np.arange(folds)[:, None])


def tiled(
    samples: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    size: float,
    folds: int,
    dead_zone: float,
    tilings: int,
    offsets: int,
    seed: int,
) -> list[Folds]:
    """The folds of each of several tilings by squares of *size* [m]."""
    drawn = best_tilings(
        samples, extent(area), edge=_edge(grid, size), folds=folds, tilings=tilings,
        offsets=offsets, seed=seed,
    )  # fmt: skip
    return [
        held_out(samples, _squares(tiling, grid), grid=grid, dead_zone=dead_zone)
        for tiling in drawn
    ]


def held_out(
    samples: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, *, grid: GeoBox, dead_zone: float
) -> Folds:
    """The folds that follow from blocks with a column ``fold``, however these were drawn."""
    of_samples = fold_of(samples, blocks, grid=grid)
    training = [
        (of_samples != fold) & (_distance(samples, blocks[blocks["fold"] == fold]) > dead_zone)
        for fold in range(int(blocks["fold"].max()) + 1)
    ]
    blocks = blocks.copy()
    blocks.attrs["dead_zone"] = float(dead_zone)
    return Folds(of_samples, np.array(training), blocks)


def fold_of(cells: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, *, grid: GeoBox) -> Index:
    """Fold of the block around each cell, given by ``row`` and ``column``; -1 in no block."""
    rows, columns = cells["row"].to_numpy(), cells["column"].to_numpy()
    fold = np.full(len(cells), -1, np.int64)
    for top, bottom, left, right, here in np.column_stack([_corners(blocks, grid), blocks["fold"]]):
        fold[(rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)] = here
    return fold


def fold_layer(blocks: gpd.GeoDataFrame, *, grid: GeoBox) -> xr.DataArray:
    """
    Fold in which each cell is held out [1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where there is no block.
    """
    corners, fold = _corners(blocks, grid), blocks["fold"].to_numpy()

    def window_folds(window: GeoBox) -> lazy.Block:
        column, row = (round(v) for v in ~grid.affine * (window.affine.c, window.affine.f))
        block = np.full(window.shape, np.nan, "float32")
        local = np.clip(corners - [row, row, column, column], 0, np.repeat(window.shape, 2))
        for top, bottom, left, right, here in np.column_stack([local, fold]):
            block[top:bottom, left:right] = here
        return block

    meanings = {int(here): f"fold {here}" for here in np.unique(fold)}
    layer = lazy.from_grid(window_folds, grid)
    return contract.describe(layer, long_name="validation fold", units="1", meanings=meanings)


def check_settings(folds: int, *, dead_zone: float = 0, tilings: int = 1, offsets: int = 1) -> None:
    """Raise a ValueError where a setting that protocols share is out of range."""
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, got {folds}")
    if not dead_zone >= 0:
        raise ValueError(f"dead_zone must be 0 m or more, got {dead_zone} m")
    if tilings < 1:
        raise ValueError(f"tilings must be 1 or more, got {tilings}")
    if offsets < 1:
        raise ValueError(f"offsets must be 1 or more, got {offsets}")


def _edge(grid: GeoBox, size: float) -> tuple[int, int]:
    """Rows and columns of a block: the whole number of cells nearest to *size*."""
    height, width = contract.cell_size(grid)
    return max(1, round(size / height)), max(1, round(size / width))


def _squares(tiling: Tiling, grid: GeoBox) -> gpd.GeoDataFrame:
    """The tiling's blocks as polygons, row by row; whole squares, also beyond the grid."""
    tops, lefts = tiling.tops, tiling.lefts
    west, north = grid.affine * (lefts, tops)
    east, south = grid.affine * (lefts + tiling.edge[1], tops + tiling.edge[0])
    columns = {name: getattr(tiling, name) for name in ("fold", "deposits", "clusters", "cells")}
    return gpd.GeoDataFrame(columns, geometry=box(west, south, east, north), crs=grid.crs.proj)


def _corners(blocks: gpd.GeoDataFrame, grid: GeoBox) -> Index:
    """First and last+1 row and column of each block."""
    west, south, east, north = blocks.bounds.to_numpy().T
    left, top = ~grid.affine * (west, north)
    right, bottom = ~grid.affine * (east, south)
    corners: Index = np.rint(np.column_stack([top, bottom, left, right])).astype(np.int64)
    return corners


def _distance(samples: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Distance from each sample to the nearest of the blocks, 0 inside [m]; exact."""
    x, y = samples.geometry.x.to_numpy(), samples.geometry.y.to_numpy()
    nearest = np.full(len(samples), np.inf)
    for west, south, east, north in blocks.bounds.to_numpy():
        dx = np.maximum(np.maximum(west - x, x - east), 0)
        dy = np.maximum(np.maximum(south - y, y - north), 0)
        nearest = np.minimum(nearest, np.hypot(dx, dy))
    return nearest
