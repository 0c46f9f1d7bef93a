"""
What a planner may choose targets by: one function for each criterion, found by its name.

A criterion measures every target in a unit of its own and says which way is better; how much it
counts is the planner's. Data are positional, settings keywords, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import DataError, did_you_mean
from geoprospect.language import marked
from geoprospect.registry import Registry
from geoprospect.targets import zonal

CRITERIA = Registry("criterion", "geoprospect.targets")

Values = npt.NDArray[np.float64]
Attitude: TypeAlias = Literal["averse", "neutral", "seeking"]

OFF_PATH = 0.6
"""Speed off paths over that on them."""


@dataclass(frozen=True)
class Measured:
    """
    What a criterion says of each target: *values* in *units*, and whether *higher* is better.

    Where *counts* is false the values are shown, but do not bear on the score.
    """

    values: Values
    label: str
    units: str
    higher: bool
    counts: bool = True


@CRITERIA.register
def prospectivity(*, targets: gpd.GeoDataFrame) -> Measured:
    """Mean score over the target's cells [1]; higher is better."""
    return Measured(_column(targets, "mean_prospectivity"), marked("Prospectivity"), "1", True)


@CRITERIA.register
def uncertainty(*, targets: gpd.GeoDataFrame, attitude: Attitude = "averse") -> Measured:
    """
    Mean spread of the ensemble over the target's cells [1].

    Parameters
    ----------
    targets : GeoDataFrame
    attitude : {"averse", "neutral", "seeking"}
        Averse to risk, less spread is better; seeking what a survey would settle, more is; neutral,
        the spread is shown and does not count.
    """
    values = _column(targets, "spread")
    return Measured(
        values, marked("Uncertainty"), "1", attitude == "seeking", attitude != "neutral"
    )


@CRITERIA.register
def novelty(*, targets: gpd.GeoDataFrame) -> Measured:
    """Distance from the target's edge to the nearest known deposit [m]; higher is better."""
    return Measured(_column(targets, "nearest_deposit_m"), marked("Novelty"), "m", True)


@CRITERIA.register
def size(*, targets: gpd.GeoDataFrame) -> Measured:
    """Area of the target [km2]; higher is better."""
    return Measured(_column(targets, "area_km2"), marked("Size"), "km2", True)


@CRITERIA.register
def coverage(*, targets: gpd.GeoDataFrame) -> Measured:
    """Share of the target's cells and evidence layers that are known [1]; higher is better."""
    return Measured(1 - _column(targets, "missing_share"), marked("Data coverage"), "1", True)


@CRITERIA.register
def access(
    roads: gpd.GeoDataFrame,
    slope: xr.DataArray | None = None,
    *,
    targets: gpd.GeoDataFrame,
    grid: GeoBox,
) -> Measured:
    """
    Hours to walk in from the nearest road [h]; lower is better.

    Straight from the road to the target's edge, at Tobler's speed off paths [1]_ on the mean
    slope of the target, uphill as often as downhill: 3.0 km/h on flat ground, 1.0 on 20
    degrees. The ground in between is taken to be as steep.

    Parameters
    ----------
    roads : GeoDataFrame
        Roads, in the grid's CRS.
    slope : DataArray (y, x), optional
        Slope of the ground [degree]; without one it is taken as flat.
    targets : GeoDataFrame
    grid : GeoBox

    References
    ----------
    .. [1] Tobler, W. (1993). Three Presentations on Geographical Analysis and Modeling.
       NCGIA Technical Report 93-1.
    """
    contract.check_crs(roads, grid, "the roads")
    steep = np.zeros(len(targets))
    if slope is not None:
        contract.check_layer(slope, grid, "slope")
        if slope.attrs["units"] != "degree":
            raise DataError(
                f"slope is in {slope.attrs['units']!r}; give it in degree, as features.slope does"
            )
        steep = np.tan(np.radians(zonal.means(targets, slope, grid)))
    metres = _nearest(targets, roads)
    return Measured(metres / 1000 / _speed(steep), marked("Access"), "h", False)


@CRITERIA.register
def cost(layer: xr.DataArray, *, targets: gpd.GeoDataFrame, grid: GeoBox) -> Measured:
    """
    Mean of a cost layer over the target's cells [units of the layer]; lower is better.

    Parameters
    ----------
    layer : DataArray (y, x)
        What work costs there, such as money for each km2; cells without a value do not count.
    targets : GeoDataFrame
    grid : GeoBox
    """
    contract.check_layer(layer, grid, "cost")
    return Measured(
        zonal.means(targets, layer, grid), marked("Cost"), str(layer.attrs["units"]), False
    )


@CRITERIA.register
def ownership(
    areas: gpd.GeoDataFrame,
    *,
    targets: gpd.GeoDataFrame,
    grid: GeoBox,
    column: str,
    ours: list[str],
) -> Measured:
    """
    Share of the target that nobody else holds [1]; higher is better.

    Parameters
    ----------
    areas : GeoDataFrame of Polygon
        Licences, in the grid's CRS.
    targets : GeoDataFrame
    grid : GeoBox
    column : str
        Column of *areas* that says who holds them.
    ours : list of str
        What that column says of areas that are ours, or free.
    """
    contract.check_crs(areas, grid, "the licences")
    if column not in areas.columns:
        known = did_you_mean(column, (str(c) for c in areas.columns if c != areas.geometry.name))
        raise DataError(f"the areas of ownership have no column {column!r}{known}")
    holders = areas[column].astype(str)
    strange = sorted(set(ours) - set(holders))
    if strange:
        raise DataError(
            f"column {column!r} never says {strange[0]!r}{did_you_mean(strange[0], set(holders))}"
        )
    others = shapely.union_all(areas.geometry[~holders.isin(ours)].to_numpy())
    outlines = targets.geometry.to_numpy()
    held = shapely.area(shapely.intersection(outlines, others)) / shapely.area(outlines)
    return Measured(np.round(1 - held, 12) + 0.0, marked("Not held by others"), "1", True)


def _column(targets: gpd.GeoDataFrame, name: str) -> Values:
    found: Values = targets[name].to_numpy("float64")
    return found


def _nearest(targets: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> Values:
    """Distance from each target's edge to the nearest of some features [m]; NaN without any."""
    metres = np.full(len(targets), np.nan)
    known = others[~(others.geometry.isna() | others.geometry.is_empty)]
    if len(known) and len(targets):
        (target, _), distance = known.sindex.nearest(
            targets.geometry, return_all=False, return_distance=True
        )
        metres[target] = distance
    return metres


def _speed(steep: Values) -> Values:
    """Tobler's speed off paths, up and down in turn [km h-1]: the harmonic mean."""
    up, down = (6 * np.exp(-3.5 * np.abs(slope + 0.05)) for slope in (steep, -steep))
    found: Values = OFF_PATH * 2 * up * down / (up + down)
    return found
