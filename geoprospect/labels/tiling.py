"""Squares over the study area, shared out among folds."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.labels.extent import Extent

log = logging.getLogger("geoprospect.labels")

FEWEST_CLUSTERS = 2
"""A fold with fewer deposit clusters is tested on one chance event."""

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tiling:
    """Blocks that hold ground of the study area: corner cells, contents, and fold of each."""

    edge: tuple[int, int]
    tops: Index
    lefts: Index
    deposits: Index
    clusters: Index
    cells: Index
    fold: Index
    folds: int

    @property
    def fewest(self) -> int:
        """Clusters in the fold that has fewest."""
        in_fold = np.bincount(self.fold, weights=self.clusters, minlength=self.folds)
        return int(in_fold.min())


def best_tilings(
    samples: gpd.GeoDataFrame,
    inside: Extent,
    *,
    edge: tuple[int, int],
    folds: int,
    tilings: int,
    offsets: int,
    seed: int,
) -> list[Tiling]:
    """
    Each the first of its own *offsets* shifts whose every fold has 2 deposit clusters.

    Where there is none, the best is kept, and where even that leaves a fold
    without a deposit, there are fewer folds; either is said.
    """
    deposits = samples[samples["label"] == 1]
    shifts = np.random.default_rng(seed).integers(0, edge, size=(tilings, offsets, 2))
    found = [_tiling(deposits, inside, edge, tries, folds) for tries in shifts]
    _tell(found, folds)
    return found


def _tiling(
    deposits: gpd.GeoDataFrame,
    inside: Extent,
    edge: tuple[int, int],
    shifts: Index,
    folds: int,
) -> Tiling:
    """The best of some shifts, in as many folds as have a deposit each."""
    blocks = []
    for shift in shifts:
        blocks.append(_blocks(deposits, inside, edge, shift))
        whole = _shared_out(blocks[-1], folds)
        if whole.fewest >= FEWEST_CLUSTERS:
            return whole
    for fewer in range(folds, 1, -1):
        best = _best([_shared_out(tiling, fewer) for tiling in blocks])
        if best.fewest:
            return best
    if deposits["group"].nunique() == 1:
        raise ValueError(
            f"all {len(deposits)} deposits are one cluster, so that a model would be tested next "
            "to where it learnt; state a smaller cluster_distance if they are several events"
        )
    raise ValueError(
        f"size: all {len(deposits)} deposits fall into one block of {edge[0]} x {edge[1]} cells, "
        "so that nothing is left to test on; make the blocks smaller"
    )


def _best(tilings: list[Tiling]) -> Tiling:
    good = (tiling for tiling in tilings if tiling.fewest >= FEWEST_CLUSTERS)
    return next(good, max(tilings, key=lambda tiling: tiling.fewest))


def _tell(tilings: list[Tiling], wanted: int) -> None:
    folds = min(tiling.folds for tiling in tilings)
    fewest = min(tiling.fewest for tiling in tilings)
    if folds < wanted:
        log.warning(
            "the deposits fall into too few blocks for %d folds; there are %d; "
            "smaller blocks would allow more", wanted, folds,
        )  # fmt: skip
    if fewest < FEWEST_CLUSTERS:
        log.warning(
            "a fold has only %d cluster of deposits, so its score says little; "
            "smaller blocks or fewer folds would help", fewest,
        )  # fmt: skip


def _blocks(
    deposits: gpd.GeoDataFrame,
    inside: Extent,
    edge: tuple[int, int],
    shift: Index,
) -> Tiling:
    """The blocks of one tiling, in rows, not yet shared out."""
    cells = _counts(inside, edge, shift)
    rows = (deposits["row"].to_numpy() + shift[0]) // edge[0]
    columns = (deposits["column"].to_numpy() + shift[1]) // edge[1]
    block = rows * cells.shape[1] + columns
    held = np.bincount(block, minlength=cells.size)
    home = [_home(block[deposits["group"] == group]) for group in deposits["group"].unique()]
    clusters = np.bincount(home, minlength=cells.size)
    kept = np.flatnonzero(cells)
    i, j = np.divmod(kept, cells.shape[1])
    return Tiling(
        edge=edge,
        tops=i * edge[0] - shift[0],
        lefts=j * edge[1] - shift[1],
        deposits=held[kept],
        clusters=clusters[kept],
        cells=cells.ravel()[kept],
        fold=np.zeros(len(kept), np.int64),
        folds=1,
    )


def _home(blocks: Index) -> int:
    """The block with most of a cluster's deposits."""
    return int(np.bincount(blocks).argmax())


def _counts(inside: Extent, edge: tuple[int, int], shift: Index) -> Index:
    """Cells of the study area in each block."""
    borders = [
        np.unique(np.clip(np.arange(-offset, length + step, step), 0, length))
        for length, step, offset in zip(inside.shape, edge, shift, strict=True)
    ]
    strips = [
        np.add.reduceat(inside.rows(top, bottom).sum(axis=0, dtype=np.int64), borders[1][:-1])
        for top, bottom in zip(borders[0][:-1], borders[0][1:], strict=True)
    ]
    return np.array(strips)


def _shared_out(blocks: Tiling, folds: int) -> Tiling:
    """
    Blocks given to folds greedily: each to the fold that has least so far.

    Blocks with most clusters go first and look at clusters, then cells; blocks
    without any look at cells alone.
    """
    fold = np.zeros(len(blocks.cells), np.int64)
    clusters, cells = np.zeros(folds, np.int64), np.zeros(folds, np.int64)
    for block in np.lexsort((-blocks.cells, -blocks.clusters)):
        load = (cells, clusters) if blocks.clusters[block] else (cells,)
        least = np.lexsort(load)[0]
        fold[block] = least
        clusters[least] += blocks.clusters[block]
        cells[least] += blocks.cells[block]
    return Tiling(**{**vars(blocks), "fold": fold, "folds": folds})
