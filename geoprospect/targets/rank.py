"""Targets in order, with what a planner asks about each."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.targets import words, zonal
from geoprospect.targets.zonal import Explain, Sums, cells_of

__all__ = ["cells_of", "ranked"]

log = logging.getLogger("geoprospect.targets")

DRIVERS = 3
STRANGE = (
    "{count} of {targets} targets lie wholly on ground unlike any that the model was tested on; "
    "they stay in the list with outside_applicability 1, and their scores are guesses"
)


def ranked(
    targets: gpd.GeoDataFrame,
    *,
    prospectivity: xr.DataArray,
    spread: xr.DataArray,
    cube: xr.Dataset,
    deposits: gpd.GeoDataFrame,
    contributions: Explain,
    grid: GeoBox,
    units: str = "log-odds",
    applicability: xr.DataArray | None = None,
    probability: xr.DataArray | None = None,
) -> gpd.GeoDataFrame:
    """
    Targets best first, each with its numbers and its reasons in words.

    A planner chooses between targets by more than a score: how sure it is, why
    it is there, what is missing, and how far it lies from what is known.

    Computed on purpose: reads the maps and the cube at the targets' cells, 250,000
    at a time, and the layers that drive a target at some 20,000 cells of the district.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        From :func:`geoprospect.targets.extract.top_fraction`.
    prospectivity, spread : DataArray (y, x)
        The score and its ensemble spread [1].
    cube : Dataset
        The evidence.
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS; a column ``name`` names them.
    contributions : function of (cells, layers) float32
        Gives the contribution of every evidence layer, in cube order, and last the
        base value [*units*], (cells, layers + 1).
    grid : GeoBox
        Grid of the maps.
    units : str
        Of the contributions: log-odds, or 1 where the model's raw scores are shares.
    applicability : DataArray (y, x), optional
        1 where the model has seen ground like it, 0 where not.
    probability : DataArray (y, x), optional
        Calibrated probability of a deposit in a cell [1].

    Returns
    -------
    GeoDataFrame
        ``rank`` (1 is best), ``label`` ("T1"), ``score`` [1] (the mean
        prospectivity of the target's cells; ties go to the higher maximum, then
        the larger area), ``area_km2`` [km2], ``mean_prospectivity``,
        ``max_prospectivity`` and ``spread`` (its mean) [1], ``driver_1`` to
        ``driver_3`` (the layers that raise the score most, in words),
        ``nearest_deposit_m`` [m, 0 inside] and ``nearest_deposit``,
        ``missing_share`` (of cells times evidence layers) [1], ``x``, ``y`` (a
        point inside, in the grid's CRS) and ``longitude``, ``latitude``
        [degrees, WGS 84], ``threshold``, ``outside_applicability`` (1 where no cell of
        the target is like ground that was tested, unknown without *applicability*),
        ``expected_deposits`` (known and unknown: the sum of the cells' probabilities,
        unknown without them), ``geometry``.

    Raises
    ------
    ContractError
        If something is not on *grid*, or *contributions* gives another shape.
    """
    for name, layer in (("prospectivity", prospectivity), ("spread", spread)):
        contract.check_layer(layer, grid, name)
    contract.check_crs(deposits, grid, "the deposits")
    sums = zonal.sums(targets, prospectivity, spread, cube, contributions, grid)
    table = targets.reset_index(drop=True).join(
        [
            _zonal(sums),
            _drivers(targets, sums, cube, grid, units),
            _nearest(targets, deposits),
            _places(targets),
            _believed(targets, applicability, probability, grid),
        ]
    )
    return _ordered(table)


def _zonal(sums: Sums) -> pd.DataFrame:
    """Mean and maximum score, mean spread and missing share of each target."""
    with np.errstate(invalid="ignore"):
        means, missing = sums.scores / sums.known, sums.missing / sums.cells
    return pd.DataFrame(
        {
            "score": means[:, 0],
            "mean_prospectivity": means[:, 0],
            "max_prospectivity": np.where(sums.known[:, 0] > 0, sums.highest, np.nan),
            "spread": means[:, 1],
            "missing_share": missing,
        }
    )


def _drivers(
    targets: gpd.GeoDataFrame, sums: Sums, cube: xr.Dataset, grid: GeoBox, units: str
) -> pd.DataFrame:
    """The layers that raise each target's score most, in words."""
    names = contract.evidence(cube)
    means = sums.effects / np.maximum(sums.cells, 1)[:, None]
    order = np.argsort(-means, axis=1, kind="stable")[:, :DRIVERS]
    strongest = [[n for n in row if means[i, n] > 0] for i, row in enumerate(order)]
    used = [names[n] for n in sorted({n for layers in strongest for n in layers})]
    district = zonal.district(cube, used)
    told = [[""] * DRIVERS for _ in strongest]
    for number, here in zonal.values(targets, cube[used], grid):
        for place, n in enumerate(strongest[number]):
            name = names[n]
            told[number][place] = words.driver(
                cube[name].attrs, here[:, used.index(name)], district[name],
                float(means[number, n]), units=units,
            )  # fmt: skip
    return pd.DataFrame(told, columns=[f"driver_{n + 1}" for n in range(DRIVERS)])


def _nearest(targets: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Distance to the nearest known deposit and its name."""
    known = deposits[~(deposits.geometry.isna() | deposits.geometry.is_empty)]
    found = pd.DataFrame(
        {"nearest_deposit_m": np.nan, "nearest_deposit": ""}, index=range(len(targets))
    )
    if known.empty or targets.empty:
        return found
    (target, deposit), distance = known.sindex.nearest(
        targets.geometry, return_all=False, return_distance=True
    )
    found.loc[target, "nearest_deposit_m"] = distance
    found.loc[target, "nearest_deposit"] = np.array(contract.names(known), object)[deposit]
    return found


def _believed(
    targets: gpd.GeoDataFrame,
    applicability: xr.DataArray | None,
    probability: xr.DataArray | None,
    grid: GeoBox,
) -> pd.DataFrame:
    """Whether each target lies on ground unlike any tested, and how many deposits to expect."""
    outside = pd.Series(pd.NA, index=range(len(targets)), dtype="Int64")
    if applicability is not None:
        known, inside = zonal.counted(targets, applicability, 1, grid).T
        outside = pd.Series(((known > 0) & (inside == 0)).astype("int64"), dtype="Int64")
        if outside.sum():
            log.warning("%s", STRANGE.format(count=int(outside.sum()), targets=len(targets)))
    expected = np.full(len(targets), np.nan)
    if probability is not None:
        expected = zonal.totals(targets, probability, grid)
    return pd.DataFrame({"outside_applicability": outside, "expected_deposits": expected})


def _places(targets: gpd.GeoDataFrame) -> pd.DataFrame:
    """A point inside each target: its centroid, or where that lies outside, one within."""
    centre = targets.geometry.reset_index(drop=True).centroid
    outlines = targets.geometry.reset_index(drop=True)
    point = centre.where(outlines.contains(centre), outlines.representative_point())
    degrees = point.to_crs("EPSG:4326")
    return pd.DataFrame({"x": point.x, "y": point.y, "longitude": degrees.x, "latitude": degrees.y})


def _ordered(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    best_first = table.sort_values(
        ["score", "max_prospectivity", "area_km2", "id"],
        ascending=[False, False, False, True],
        na_position="last",
        kind="stable",
    ).reset_index(drop=True)
    rank = np.arange(1, len(best_first) + 1)
    drawn = [f"T{n}" for n in rank]
    columns = [
        *("score", "area_km2", "mean_prospectivity", "max_prospectivity", "spread"),
        *(f"driver_{n + 1}" for n in range(DRIVERS)),
        *("nearest_deposit_m", "nearest_deposit", "missing_share"),
        *("x", "y", "longitude", "latitude", "threshold"),
        *("outside_applicability", "expected_deposits", "geometry"),
    ]
    return best_first[columns].assign(rank=rank, label=drawn)[["rank", "label", *columns]]
