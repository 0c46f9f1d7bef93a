"""Folds as far from what they learn from as the map's ground is from the known deposits."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import KDTree
from scipy.stats import wasserstein_distance

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.errors import DataError
from geoprospect.labels.background import area_sample
from geoprospect.labels.folds import check_settings
from geoprospect.labels.holdouts import places_of
from geoprospect.registry import FOLDS

log = logging.getLogger("geoprospect.labels")

CELLS = 2_000
"""Cells that stand for the ground to be mapped."""
CUTS = 60
"""Numbers of clusters tried, at most."""
LARGEST = 0.5
"""No fold has more of the deposits than this [1]."""

Index = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@FOLDS.register
def knndm(
    samples: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    folds: int = 5,
    seed: int,
) -> Folds:
    """
    Folds whose distances to what is learnt from match those of the map to known deposits.

    Random folds ask of a model less than its map does, blocks may ask more. Here deposits
    are clustered, coarsely or finely, and clusters merged into folds; of all ways that is
    taken in which the distances from a fold's deposits to the nearest other ones are most
    like those from any ground to the nearest deposit [1]_. Background goes with the
    deposit nearest to it.

    The score is thus that of the whole area, ground beside known deposits included; to ask
    whether new ground is ranked well, use :func:`spatial_blocks`.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label``.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    folds : int
        Number of folds.
    seed : int
        Which cells stand for the area.

    Returns
    -------
    Folds
        Without ``blocks``. How well the distances match is said.

    Raises
    ------
    DataError
        If there are fewer than two deposits to a fold.
    ValueError
        If *folds* is below 2.

    References
    ----------
    .. [1] Linnenbrink, J., et al. (2024). kNNDM CV: k-fold nearest-neighbour distance
       matching cross-validation for map accuracy estimation. Geoscientific Model
       Development 17, 5897-5912.
    """
    contract.check_samples(samples, grid)
    check_settings(folds)
    deposits = places_of(samples[samples["label"] == 1])
    if len(deposits) < 2 * folds:
        raise DataError(
            f"knndm: {len(deposits)} deposits are too few for {folds} folds of two or more; ask "
            "for fewer folds"
        )
    tree = KDTree(deposits)
    cells = area_sample(grid=grid, area=area, count=CELLS, seed=seed)
    wanted = tree.query(places_of(cells))[0]
    tried = [_merged(deposits, clusters, folds) for clusters in _ways(deposits, folds)]
    usable = [way for way in tried if np.bincount(way).max() <= LARGEST * len(way)]
    misses = [wasserstein_distance(wanted, distances(deposits, way)) for way in usable]
    best = usable[int(np.argmin(misses))]
    log.info(
        "knndm: ground lies %.0f m from the nearest deposit, in the median; folds %.0f m "
        "(mean difference of the two curves %.0f m)",
        np.median(wanted), np.median(distances(deposits, best)), min(misses),
    )  # fmt: skip
    of_samples = best[tree.query(places_of(samples))[1]]
    return Folds(of_samples, of_samples[None] != np.arange(folds)[:, None])


def distances(places: Values, fold: Index) -> Values:
    """Distance from each place to the nearest of another fold [m]."""
    away = np.empty(len(places))
    for number in np.unique(fold):
        mine = fold == number
        away[mine] = KDTree(places[~mine]).query(places[mine])[0]
    return away


def _ways(places: Values, folds: int) -> list[Index]:
    """Clusters of places, from as many as folds to each by itself."""
    tree = linkage(places, "ward")
    counts = np.unique(np.geomspace(folds, len(places), CUTS).round().astype(int))
    return [fcluster(tree, count, "maxclust").astype(np.int64) - 1 for count in counts]


def _merged(places: Values, clusters: Index, folds: int) -> Index:
    """
    Fold of each place: large clusters by themselves, others by turns along the longest axis.

    Turns begin after the large ones, so that every fold has its share.
    """
    sizes = np.bincount(clusters)
    middles = np.column_stack([np.bincount(clusters, column) / sizes for column in places.T])
    spread = places - places.mean(axis=0)
    axis = np.linalg.svd(spread, full_matrices=False)[2][0]
    axis = axis * np.sign(axis[np.abs(axis).argmax()])
    order = np.argsort(middles @ axis, kind="stable")
    large = [one for one in order if sizes[one] >= len(places) / folds][: folds - 1]
    fold = np.zeros(len(sizes), np.int64)
    fold[large] = np.arange(len(large))
    small = [one for one in order if one not in large]
    fold[small] = len(large) + np.arange(len(small)) % (folds - len(large))
    return fold[clusters]
