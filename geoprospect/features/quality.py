"""What is known of the data rather than of the ground: for masks and trust, never evidence."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.features import density, geology, proximity, sources
from geoprospect.registry import FEATURES


@FEATURES.register
def sample_distance(source: gpd.GeoDataFrame, *, grid: GeoBox, max_distance: float) -> xr.DataArray:
    """
    Distance from each cell to the nearest sample or station [m].

    A map between samples is a guess that grows with the distance to them; it says
    where to trust a layer, and where people looked, not where the ore is [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Samples, stations, holes or survey lines in the grid's CRS. Those beyond the
        edge of the grid still count.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    max_distance : float
        Cells farther than this get this value [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        True to half the diagonal of a cell; marked as quality, so that no model
        learns from it.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features.
    ValueError
        If *max_distance* is not positive.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    return contract.describe(
        proximity.distance_to(source, grid=grid, max_distance=max_distance),
        long_name=f"distance to {sources.called(source, 'nearest sample')}",
        units="m",
        quality=True,
    )


@FEATURES.register
def line_spacing(source: gpd.GeoDataFrame, *, grid: GeoBox, radius: float) -> xr.DataArray:
    """
    Spacing of the survey lines about each cell [m].

    What lies between two lines is interpolated: bodies narrower than the spacing are
    missed or smeared, and where surveys of different spacing join, a layer changes
    its grain with no change of the ground [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Flight lines or traverses in the grid's CRS. Lines beyond the edge of the grid
        still count; leave tie lines out.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    radius : float
        Radius of the circle about the centre of a cell within which lines count:
        several times the widest spacing [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        The circle's area over the length of lines in it, which for parallel lines is
        their spacing, and near the end of a survey more; NaN where there are none.
        Marked as quality, so that no model learns from it.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than lines.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Reid, A.B. (1980). Aeromagnetic survey design. Geophysics 45, 973-976.
    """
    per_km = density.line_density(source, grid=grid, radius=radius)
    return contract.describe(
        lazy.from_array(_spacing, per_km),
        long_name=f"spacing of {sources.called(source, 'survey lines')} within {radius:g} m",
        units="m",
        quality=True,
    )


def _spacing(block: lazy.Block) -> lazy.Block:
    with np.errstate(divide="ignore"):
        spacing = 1000 / block
    return np.where(np.isinf(spacing), np.nan, spacing).astype("float32")


@FEATURES.register
def survey_id(
    source: gpd.GeoDataFrame | xr.DataArray, *, grid: GeoBox, column: str | None = None
) -> xr.DataArray:
    """
    Survey, map sheet or sample medium that each cell's data come from [1].

    Steps between surveys look like geology to a model; the layer says where they
    are, for levelling and for masks [1]_.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS; where they overlap, the one that comes later in the
        file lies on top. Or a layer of classes on the grid.
    grid : GeoBox
        Target grid.
    column : str, optional
        Column with the surveys' names; polygons need it, a layer has none.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 1 in the order of the sorted names, with ``flag_values`` and
        ``flag_meanings``; NaN in no survey. Marked as quality, so that no model learns
        from it.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column, no name in it, or features are no polygons.

    References
    ----------
    .. [1] Minty, B.R.S. (2011). Airborne geophysical mapping of the Australian
       continent. Geophysics 76, A27-A30.
    """
    layer = geology.category(source, grid=grid, column=column)
    return _marked(layer)


@FEATURES.register
def quality(source: xr.DataArray) -> xr.DataArray:
    """
    A layer that tells of the data and not the ground, kept from all models [units of the source].

    Depth of cover, age of a survey, error of an estimate: they say how far to trust
    the evidence, and a model that learns from them learns where people looked [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A layer on the target grid.

    Returns
    -------
    DataArray (y, x) float32, lazy
        The same values, name, units and classes, marked as quality.

    Raises
    ------
    ContractError
        If the layer has no units or no name for readers.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    return _marked(sources.one_layer(source, "quality"))


def _marked(layer: xr.DataArray) -> xr.DataArray:
    """The layer as it is, marked as quality."""
    return contract.describe(
        layer,
        long_name=layer.attrs["long_name"],
        units=layer.attrs["units"],
        quality=True,
        meanings=contract.meanings(layer) if contract.is_categorical(layer) else None,
    )
