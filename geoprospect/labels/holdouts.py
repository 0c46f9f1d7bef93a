"""Deposit clusters held out by turns, and for contrast nothing at all."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.spatial import KDTree

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.errors import DataError
from geoprospect.labels.occurrences import clusters
from geoprospect.labels.reach import Size, settled
from geoprospect.registry import FOLDS

log = logging.getLogger("geoprospect.labels")

FEWEST_CLUSTERS = 3
"""With fewer clusters each score would rest on one or two chance events."""

Index = npt.NDArray[np.int64]
Places = npt.NDArray[np.float64]


@FOLDS.register
def leave_cluster_out(
    samples: gpd.GeoDataFrame,
    ranges: pd.DataFrame | None = None,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    radius: Size,
    cluster_distance: float | None = None,
    most: int = 40,
    seed: int,
) -> Folds:
    """
    Every deposit cluster held out by turns, with all that lies around it.

    Asks what an explorer asks: would this camp have been found by what is known of the
    others? Its deposits and every sample near them are dropped from training, not
    relabelled: left in as background they would teach the model that ground like the
    camp's is barren, which depresses the score [1]_. Each deposit's place is its share of
    the whole area that scores higher.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label``, and ``name`` where there is one.
    ranges : DataFrame, optional
        Of :func:`geoprospect.labels.reach.effective_ranges`; for *radius* ``auto``.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    radius : float or "auto"
        Samples nearer than this to a deposit of the cluster teach nothing; ``auto``
        takes the range of the evidence [m].
    cluster_distance : float, optional
        Deposits linked by steps no longer than this are one cluster [m]. By default the
        95th percentile of the distance from a deposit to its nearest neighbour.
    most : int
        Clusters held out, at most: each costs an ensemble. Of more, so many are drawn at
        random, which is said.
    seed : int
        Which clusters are drawn.

    Returns
    -------
    Folds
        One fold for each cluster, with its name; without ``blocks``.

    Raises
    ------
    DataError
        If there are fewer than 3 clusters, or around one of them lies all that could be
        learnt from.
    ValueError
        If a setting is out of range, or *radius* is ``auto`` and there are no ranges.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    contract.check_samples(samples, grid)
    _check(cluster_distance, most)
    distance = settled(radius, ranges, "radius", grid=grid, area=area)
    deposits = samples[samples["label"] == 1]
    found = _clusters(deposits, cluster_distance)
    kept = _kept(int(found.max()) + 1, most, seed)
    of_samples = np.full(len(samples), -1, np.int64)
    training = np.ones((len(kept), len(samples)), bool)
    places, where = places_of(samples), np.flatnonzero(samples["label"] == 1)
    for fold, cluster in enumerate(kept):
        held = where[found == cluster]
        of_samples[held] = fold
        training[fold] = KDTree(places[held]).query(places)[0] > distance
    names = tuple(_called(deposits[found == cluster]) for cluster in kept)
    _check_left(samples["label"].to_numpy(), training, names, distance)
    return Folds(
        of_samples, training, judged="clusters", size=distance, names=names,
        ranges=ranges if radius == "auto" else None,
    )  # fmt: skip


@FOLDS.register
def resubstitution(samples: gpd.GeoDataFrame) -> Folds:
    """
    Nothing held out: deposits ranked by the model that learnt from them; for contrast only.

    Its curve is a success rate, how well the model fits, and no prediction rate: it says
    nothing of ground not yet known [1]_.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label``.

    Returns
    -------
    Folds
        One fold, tested on what it learns from, without ``blocks``.

    References
    ----------
    .. [1] Chung, C.F., Fabbri, A.G. (2003). Validation of spatial prediction models
       for landslide hazard mapping. Natural Hazards 30, 451-472.
    """
    count = len(samples)
    return Folds(np.zeros(count, np.int64), np.ones((1, count), bool), names=("all, as fitted",))


def _check(cluster_distance: float | None, most: int) -> None:
    if cluster_distance is not None and not cluster_distance >= 0:
        raise ValueError(f"cluster_distance must be 0 m or more, got {cluster_distance} m")
    if most < FEWEST_CLUSTERS:
        raise ValueError(f"most must be {FEWEST_CLUSTERS} clusters or more, got {most}")


def _clusters(deposits: gpd.GeoDataFrame, distance: float | None) -> Index:
    if distance is None:
        places = places_of(deposits)
        distance = float(np.percentile(KDTree(places).query(places, k=2)[0][:, 1], 95))
        log.info("deposits within %.0f m of each other are held out together", distance)
    found = clusters(deposits, distance)
    count = int(found.max()) + 1
    if count < FEWEST_CLUSTERS:
        raise DataError(
            f"leave_cluster_out: not validatable, the deposits make {count} cluster"
            f"{'s' if count > 1 else ''} at steps of up to {distance:.0f} m, and at least "
            f"{FEWEST_CLUSTERS} are needed; state a smaller cluster_distance, or leave this "
            "protocol out"
        )
    return found


def _kept(count: int, most: int, seed: int) -> Index:
    """The clusters to hold out, in their order."""
    if count <= most:
        return np.arange(count)
    log.warning(
        "%d of %d deposit clusters, drawn at random, are held out; raise most to hold out all",
        most, count,
    )  # fmt: skip
    kept: Index = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    return kept


def _called(cluster: gpd.GeoDataFrame) -> str:
    """A cluster by its first named deposit, else by where it is."""
    named = [name for name in contract.names(cluster) if name.strip()]
    more = f" and {len(cluster) - 1} more" if len(cluster) > 1 else ""
    if named:
        return f"{named[0]}{more}"
    middle = places_of(cluster).mean(axis=0)
    return f"{len(cluster)} at E {middle[0]:.0f}, N {middle[1]:.0f}"


def _check_left(
    labels: npt.NDArray[np.int64],
    training: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    distance: float,
) -> None:
    for learnt, name in zip(training, names, strict=True):
        deposits, background = int(labels[learnt].sum()), int((labels[learnt] == 0).sum())
        if not deposits or not background:
            raise DataError(
                f"leave_cluster_out: with all within {distance:.0f} m of {name} dropped, "
                f"{deposits} deposits and {background} background cells are left to learn from; "
                "make the radius smaller"
            )


def places_of(samples: gpd.GeoDataFrame) -> Places:
    """Easting and northing of each sample, (samples, 2) [m]."""
    return np.column_stack([samples.geometry.x, samples.geometry.y])
