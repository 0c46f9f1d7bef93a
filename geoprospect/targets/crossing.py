"""Ground above the crossing of a prediction-area plot, as targets."""

from __future__ import annotations

import functools
import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import prediction_area, ranking
from geoprospect.registry import TARGETS
from geoprospect.targets.extract import open_ground, threshold_of
from geoprospect.targets.patches import Shape, drawn

log = logging.getLogger("geoprospect.targets")

Values = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@TARGETS.register
def prediction_area_crossing(
    prospectivity: xr.DataArray,
    deposits: gpd.GeoDataFrame,
    out_of_fold: xr.Dataset | None = None,
    *,
    grid: GeoBox,
    exclusions: xr.DataArray,
    minimum_area: float,
    maximum_area: float | None = None,
    gap: float = 0.0,
    elongation: float | None = None,
    smoothing: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Polygons around as much ground as the crossing of the prediction-area plot sets apart.

    There the share of deposits found and of ground left out are the same: a cut that weighs
    missing a deposit as much as walking ground [1]_. How much ground that is, deposits say
    that were held out, each among the ground of its fold; ranked by a model that has
    learnt them it would be too little. That share of the map, best first, becomes
    targets.

    Computed on purpose: goes through the maps five times, and holds the cells chosen.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score, high where ore is likely [1].
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS; those beyond known ground are left out.
    out_of_fold : Dataset, optional
        ``score`` of each cell by models that never saw its block, and the ``fold`` of
        the block. Taken where the run has it; without it the deposits are ranked in the map that
        has learnt them, which is said.
    grid : GeoBox
        Grid of the map, in metres.
    exclusions : DataArray (y, x)
        Non-zero where no target may lie.
    minimum_area, maximum_area : float
        Smaller targets are dropped, larger ones cut [km2].
    gap, elongation, smoothing : float
        As in :func:`~geoprospect.targets.extract.top_fraction` [m; 1; m].

    Returns
    -------
    GeoDataFrame of Polygon or MultiPolygon
        ``id``, ``threshold`` (of the score) and ``area_km2``.

    Raises
    ------
    ContractError
        If a map or the deposits are not on *grid*.
    DataError
        If no deposit lies on known ground.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Yousefi, M., Carranza, E.J.M. (2015). Prediction-area (P-A) plot and C-A
       fractal analysis to classify and evaluate evidential maps for mineral
       prospectivity modeling. Computers & Geosciences 79, 69-81.
    """
    shape = Shape(minimum_area, maximum_area, gap, elongation, smoothing)
    contract.check_layer(prospectivity, grid, "prospectivity")
    contract.check_crs(deposits, grid, "the deposits")
    ranked = prospectivity if out_of_fold is None else out_of_fold["score"]
    fold = xr.zeros_like(prospectivity) if out_of_fold is None else out_of_fold["fold"]
    if out_of_fold is None:
        log.warning(
            "The crossing is that of deposits which the model has learnt, so it sets too little "
            "ground apart; validate in spatial_blocks to have it of deposits held out."
        )
    above, at_or_above = _shares(ranked, fold, deposits, grid)
    found = prediction_area.crossing(above, at_or_above, 1)
    log.info(
        "The prediction-area curves cross at %.1f %% of the ground, with %.1f %% of the deposits.",
        100 * found.area, 100 * found.captured,
    )  # fmt: skip
    scores = open_ground(prospectivity, exclusions)
    threshold = threshold_of(scores, max(found.area, 1e-9))
    return drawn(scores, threshold, shape=shape, grid=grid, threshold=threshold)


def _shares(
    scores: xr.DataArray, fold: xr.DataArray, deposits: gpd.GeoDataFrame, grid: GeoBox
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of the ground of its fold above each deposit, and at or above it."""
    maps = xr.Dataset({"score": scores, "fold": fold})
    rows, columns = _cells(deposits, grid)
    own, mine = lazy.sample(maps, ["score", "fold"], rows, columns).T
    known = ~(np.isnan(own) | np.isnan(mine))
    if not known.any():
        raise DataError("no deposit lies on ground with a score; look at where the deposits lie")
    if not known.all():
        log.info("%d of %d deposits lie on ground without a score", (~known).sum(), len(known))
    own, mine = own[known], mine[known]
    counts = lazy.summed(functools.partial(_counted, own, mine), scores, fold)
    cells, above, at_or_above = counts
    return above / cells, at_or_above / cells


def _cells(deposits: gpd.GeoDataFrame, grid: GeoBox) -> tuple[Index, Index]:
    """Row and column of each deposit's cell; those beyond the grid are left out."""
    known = deposits[~(deposits.geometry.isna() | deposits.geometry.is_empty)]
    points = known.geometry.representative_point()
    rows, columns, inside = contract.cells_at(points.x, points.y, grid)
    return rows[inside], columns[inside]


def _counted(own: Values, mine: Values, scores: Values, fold: Values) -> npt.NDArray[np.int64]:
    """Of each deposit's fold: cells with a score, above the deposit's, and at or above it."""
    counts = np.zeros((3, len(own)), np.int64)
    for number in np.unique(mine):
        there, deposit = scores[fold == number], mine == number
        counts[0, deposit] = np.count_nonzero(~np.isnan(there))
        counts[1:, deposit] = ranking.ranks(there, own[deposit])
    return counts
