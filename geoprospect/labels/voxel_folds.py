"""Folds of samples under ground: by hole, and by boxes, with a dead zone about either."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.blocks import BlockGrid, Three
from geoprospect.contract import Folds
from geoprospect.errors import DataError
from geoprospect.labels.folds import check_settings

log = logging.getLogger("geoprospect.labels")

Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def by_hole(samples: pd.DataFrame, *, folds: int = 5, dead_zone: float = 0.0, seed: int) -> Folds:
    """
    Holes held out whole, with all of other holes that lies near to them.

    Neighbouring samples of one hole are nearly the same rock: tested beside where it
    learnt, any model looks good. A hole it has never seen is what the next hole will be [1]_.

    Parameters
    ----------
    samples : DataFrame
        ``label``, ``hole``, ``x``, ``y``, ``z`` [m].
    folds : int
        Number of folds; as many as holes leave each out by itself. Ore, and then samples, are
        shared out evenly.
    dead_zone : float
        Samples nearer than this to a held-out one teach that fold nothing [m].
    seed : int
        The same seed gives the same folds.

    Returns
    -------
    Folds
        Without ``blocks``; ``size`` is the dead zone.

    Raises
    ------
    DataError
        If there are fewer holes with ore than folds.
    ValueError
        If *folds* is below 2 or *dead_zone* negative.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40, 913-929.
    """
    check_settings(folds, dead_zone=dead_zone)
    holes, names = pd.factorize(samples["hole"])
    fold = _shared_out(samples, holes.astype(np.int64), folds, seed, "holes")
    of_samples = fold[holes]
    places = samples[["x", "y", "z"]].to_numpy(float)
    training = []
    for number in range(folds):
        held = of_samples == number
        away = cKDTree(places[held]).query(places)[0]
        training.append(~held & (away > dead_zone))
    told = tuple(str(one) for one in names[np.argsort(fold)]) if folds == len(names) else ()
    return Folds(of_samples, np.array(training), names=told)


def by_box(
    samples: pd.DataFrame,
    *,
    blocks: BlockGrid,
    size: Three,
    folds: int = 5,
    dead_zone: float,
    seed: int,
) -> Folds:
    """
    Boxes of ground held out whole, with a dead zone, and with every hole that enters them.

    What lies between two holes of a cluster is no unknown ground. A box wider than the
    ore's own continuity asks for what nobody has drilled near [1]_.

    Parameters
    ----------
    samples : DataFrame
        ``label``, ``hole``, ``x``, ``y``, ``z`` [m].
    blocks : BlockGrid
        Whose axes the boxes follow.
    size : (3,)
        Of a box along them [m].
    folds : int
        Number of folds; ore, and then samples, are shared out evenly.
    dead_zone : float
        Samples nearer than this to a held-out box with samples teach that fold nothing [m].
    seed : int
        Shifts the boxes; the same seed gives the same.

    Returns
    -------
    Folds
        Without ``blocks``, which are squares of a map.

    Raises
    ------
    DataError
        If there are fewer boxes with ore than folds.
    ValueError
        If *folds* is below 2, *dead_zone* negative or *size* not positive.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40, 913-929.
    """
    check_settings(folds, dead_zone=dead_zone)
    edges = np.asarray(size, float)
    if edges.shape != (3,) or not (np.isfinite(edges) & (edges > 0)).all():
        raise ValueError(f"size must be positive along x, y and z, got {size} m")
    shift = np.random.default_rng(seed).random(3) * edges
    local = blocks.to_axes(samples[["x", "y", "z"]].to_numpy(float)) + shift
    corners, box = np.unique(np.floor(local / edges), axis=0, return_inverse=True)
    box = box.reshape(-1).astype(np.int64)
    fold = _shared_out(samples, box, folds, seed, "boxes")
    of_samples, holes = fold[box], samples["hole"]
    training = []
    for number in range(folds):
        held = of_samples == number
        near = _distance(local, corners[fold == number] * edges, edges) <= dead_zone
        training.append(~held & ~near & ~holes.isin(holes[held]).to_numpy())
    return Folds(of_samples, np.array(training), size=float(edges.max()))


def _shared_out(samples: pd.DataFrame, unit: Index, folds: int, seed: int, what: str) -> Index:
    """Fold of each unit, greedily: those with most ore first, to the fold with least of it."""
    ore = np.bincount(unit, samples["label"].to_numpy(float)).astype(np.int64)
    many = np.bincount(unit)
    if (ore > 0).sum() < folds:
        raise DataError(
            f"{(ore > 0).sum()} {what} hold ore, too few for {folds} folds, each of which must be "
            "tested on some; use fewer folds, smaller boxes or a lower cut-off"
        )
    chance = np.random.default_rng(seed).random(len(ore))
    fold = np.zeros(len(ore), np.int64)
    sums = np.zeros((2, folds), np.int64)
    for one in np.lexsort((chance, -many, -ore)):
        load = (sums[1], sums[0]) if ore[one] else (sums[1],)
        least = np.lexsort(load)[0]
        fold[one] = least
        sums[:, least] += ore[one], many[one]
    return fold


def _distance(places: npt.NDArray[np.float64], corners: npt.NDArray[np.float64],
              edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:  # fmt: skip
    """Distance from each place to the nearest of some boxes, 0 inside [m]."""
    nearest = np.full(len(places), np.inf)
    for corner in corners:
        away = np.maximum(np.maximum(corner - places, places - corner - edges), 0)
        nearest = np.minimum(nearest, np.sqrt((away**2).sum(axis=1)))
    return nearest
