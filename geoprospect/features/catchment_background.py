"""Stream sediments less what the rocks of their catchments would give them."""

from __future__ import annotations

import logging
import math
from typing import Any

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, listing
from geoprospect.features import drainage, geology, outlets, sources, tables, terrain
from geoprospect.features.residual import parted
from geoprospect.features.thresholds import FEWEST, Scale
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")


@TABLES.register
def catchment_residual(
    source: gpd.GeoDataFrame,
    elevation: xr.DataArray,
    units: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    columns: list[str],
    snap: float,
    column: str | None = None,
    scale: Scale = "log10",
    anomalous_area: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Values of stream sediments less what the rocks of their catchments account for.

    A sediment is the ground above it, mixed. What each rock unit brings is its mean over
    all samples, each counted by the unit's share of its catchment; what a catchment
    should hold is the mean of its units by their shares; and what is more than that
    asks for ore, or for contamination [1]_ [2]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS.
    elevation : DataArray (y, x)
        Height of the ground on the target grid, with all of the catchments on it [m].
    units : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS, or a layer of classes on the grid.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    columns : list of str
        Columns to part.
    snap : float
        How far a sample may be moved to the cell with the largest upslope area, so that
        it lies in its stream; 0 leaves it where it is [m].
    column : str, optional
        Column with the units' names; polygons need it, a layer has none.
    scale : {"linear", "log10"}
        Scale on which means are taken; on the logarithmic one single rich samples move
        them less, and the residual is a ratio, lg(value / regional) [1].
    anomalous_area : float, optional
        Area from which all of the excess is thought to come [km2]; it is then also told
        undiluted, after Hawkes [3]_.

    Returns
    -------
    GeoDataFrame of points
        The same table with ``catchment_area`` [km2] and, for each column,
        ``<column>_regional`` in the column's unit and ``<column>_residual``, in that
        unit too or, on the logarithmic scale, [1]; with *anomalous_area* also
        ``<column>_undiluted``, residual (linear) times catchment area over anomalous
        area, on top of the regional, in the column's unit. A catchment is all ground
        that drains to the sample, other samples or not. Unmapped ground is left out of
        the shares. Unknown for samples beyond the grid, on unknown ground or with
        nothing mapped above. Water is routed over the whole grid at once.

    Raises
    ------
    ContractError
        If *source* or polygons are not in the grid's CRS, *elevation* is not in metres,
        or *units* is a layer without classes or on another grid.
    DataError
        If a column is not there, holds text or no value, a value has no logarithm,
        features are no points, none lies on the grid, or the grid has more than 50
        million cells or none with a known elevation.
    ValueError
        If *snap* is negative or not finite, *anomalous_area* is not positive, or no
        column is named.

    References
    ----------
    .. [1] Bonham-Carter, G.F., Goodfellow, W.D. (1986). Background corrections to
       stream geochemical data using digitized drainage and geological maps. Journal
       of Geochemical Exploration 25, 139-155.
    .. [2] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier, ch. 5.
    .. [3] Hawkes, H.E. (1976). The downstream dilution of stream sediment anomalies.
       Journal of Geochemical Exploration 6, 345-358.
    """
    outlets.check_snap(snap)
    if anomalous_area is not None:
        sources.positive("anomalous_area", anomalous_area, "km2")
    tables.check_columns(columns, 1, "catchment_residual")
    height, cell = terrain.elevation_of(elevation, "catchment_residual")
    drainage.check_size(height, "catchment_residual")
    contract.check_crs(source, grid)
    classes = _classes(units, grid, column)
    cells, inside = outlets.on_grid(source, grid, "catchment_residual")
    reach = (snap / cell[0], snap / cell[1])
    area, shares = _above(height, classes, cells, reach)
    areas = _spread(area * math.prod(cell) / 1e6, inside)
    weights = _spread(shares, inside)

    def background(name: str, held: tables.Values) -> tables.Values:
        return _predicted(name, held, weights, list(contract.meanings(classes).values()))

    found = parted(source, columns, scale, background)
    found = tables.with_columns(found, {"catchment_area": areas}, {"catchment_area": "km2"})
    if anomalous_area is None:
        return found
    return _undiluted(found, columns, areas / anomalous_area)


def _classes(
    source: gpd.GeoDataFrame | xr.DataArray, grid: GeoBox, column: str | None
) -> xr.DataArray:
    """Units of the geological map on the grid."""
    layer = geology.category(source, grid=grid, column=column)
    problems = contract.layer_problems(layer, grid)
    if problems:
        raise ContractError(listing("catchment_residual: the geology does not fit:", problems))
    return layer


def _above(
    height: xr.DataArray, classes: xr.DataArray, cells: outlets.Cells, reach: tuple[float, float]
) -> tuple[tables.Values, tables.Values]:
    """Size (samples,) of each catchment in cells, and the units' shares of it (samples, units)."""
    ground, codes = lazy.compute(lazy.chunked(height).data, lazy.chunked(classes).data)
    known = ~np.isnan(ground)
    if not known.any():
        raise DataError("catchment_residual: the elevation is unknown on the whole grid")
    name = str(height.attrs["long_name"])
    flow = drainage.directions(drainage.bridged(ground, name, "catchment_residual"))
    size = np.asarray(flow.upstream_area("cell"), "float64")
    places = outlets.in_streams(cells, reach, size, "catchment_residual")

    def counted(flags: tables.Flags) -> tables.Values:
        """How many flagged cells drain to each sample."""
        return np.asarray(flow.accuflux(flags.astype("float64")).ravel()[places])

    counts = np.stack([counted(known & (codes == code)) for code in contract.meanings(classes)], 1)
    _say_cut(counted(_rim(known)))
    mapped = counts.sum(axis=1, keepdims=True)
    there = known.ravel()[places]
    shares = np.where((mapped > 0) & there[:, None], counts / np.maximum(mapped, 1), np.nan)
    return np.where(there, size.ravel()[places], np.nan), shares


def _rim(known: tables.Flags) -> tables.Flags:
    """Known cells on the edge of the grid or of what is known."""
    padded = np.pad(known, 1, constant_values=False)
    rows, columns = known.shape
    near = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.asarray(known & ~np.logical_and.reduce(near))


def _say_cut(on_rim: tables.Values) -> None:
    cut = int((on_rim > 0).sum())
    if cut:
        log.warning(
            "catchment_residual: %d of %d catchments reach the edge of the elevation and may go "
            "on beyond it.",
            cut,
            len(on_rim),
        )


def _spread(values: tables.Values, inside: tables.Flags) -> tables.Values:
    """Values of the samples on the grid as values of all samples."""
    found = np.full((len(inside), *values.shape[1:]), np.nan)
    found[inside] = values
    return found


def _predicted(
    name: str, held: tables.Values, shares: tables.Values, units: list[str]
) -> tables.Values:
    """What each catchment should hold by its rocks: the units' means by their shares."""
    told = ~np.isnan(held) & ~np.isnan(shares).any(axis=1)
    weight = shares[told].sum(axis=0)
    means = (shares[told] * held[told, None]).sum(axis=0) / np.where(weight > 0, weight, np.nan)
    few = [f"{unit} ({w:.1f})" for unit, w in zip(units, weight, strict=True) if 0 < w < FEWEST]
    if few:
        log.warning(
            "catchment_residual of %s: these units fill fewer than %d catchments together, so that "
            "their background is mostly that of few samples: %s; group them with others",
            name,
            FEWEST,
            ", ".join(few),
        )
    here = np.nan_to_num(shares) > 0
    sums = np.where(here, shares * means, 0).sum(axis=1)
    return np.where(here.any(axis=1) & ~np.isnan(held), sums, np.nan)


def _undiluted(
    found: gpd.GeoDataFrame, columns: list[str], times: tables.Values
) -> gpd.GeoDataFrame:
    """What the anomalous ground would hold if all of the excess came from it (Hawkes 1976)."""
    made: dict[str, Any] = {}
    for column in columns:
        regional = found[f"{column}_regional"].to_numpy("float64")
        made[f"{column}_undiluted"] = regional + times * (found[column] - regional)
    return tables.with_columns(
        found, made, {f"{column}_undiluted": tables.unit_of(found, column) for column in columns}
    )
