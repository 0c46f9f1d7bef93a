"""Licence blocks, map sheets or other given areas, ranked by the map inside them."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError, did_you_mean

log = logging.getLogger("geoprospect.targets")

AT_ONCE = 4_000_000
"""Cells of a map that are read at one time; a map of no more is read once for all areas."""


def survey_areas(
    areas: gpd.GeoDataFrame,
    *,
    prospectivity: xr.DataArray,
    spread: xr.DataArray,
    grid: GeoBox,
    deposits: gpd.GeoDataFrame,
    label: str,
    threshold: float | None = None,
    probability: xr.DataArray | None = None,
) -> gpd.GeoDataFrame:
    """
    Given areas best first, by the score of the ground inside them.

    Ground is bought and flown by licence block and map sheet. A cell that an
    edge cuts counts by the part inside [1]_, so that small areas are not judged
    by whole cells.

    Computed on purpose, a piece of an area at a time; the scores inside the largest area
    are held.

    Parameters
    ----------
    areas : GeoDataFrame of Polygon or MultiPolygon
        In the grid's CRS.
    prospectivity, spread : DataArray (y, x)
        The score and its ensemble spread [1].
    grid : GeoBox
        Grid of the maps.
    deposits : GeoDataFrame of points
        Known deposits, in the grid's CRS.
    label : str
        Column of *areas* that names them.
    threshold : float, optional
        The targets' threshold [1]; without it ``target_share`` is unknown.
    probability : DataArray (y, x), optional
        Calibrated probability of a deposit in a cell [1]; without it
        ``expected_deposits`` is unknown.

    Returns
    -------
    GeoDataFrame
        ``rank``, ``label``, ``mean_prospectivity``, ``max_prospectivity``,
        ``q90_prospectivity``, ``spread`` (its mean) [1], ``target_share`` (of the
        covered area at or above the threshold) [1], ``coverage`` (share of the
        area with a score) [1], ``area_km2`` [km2], ``deposits`` (known ones inside),
        ``expected_deposits`` (known and unknown: the sum of the cells' probabilities, each by
        the part inside), then the other columns of *areas*. Areas without any score come last,
        with nulls and without a rank.

    Raises
    ------
    ContractError
        If something is not on *grid*.
    DataError
        If there is no column *label*.

    References
    ----------
    .. [1] Baston, D. (2024). exactextract. https://github.com/isciences/exactextract
    """
    for name, layer in (("prospectivity", prospectivity), ("spread", spread)):
        contract.check_layer(layer, grid, name)
    contract.check_crs(areas, grid, "the survey areas")
    contract.check_crs(deposits, grid, "the deposits")
    if label not in areas.columns:
        known = did_you_mean(label, (str(c) for c in areas.columns if c != areas.geometry.name))
        raise DataError(f"the survey areas have no column {label!r}{known}")
    plain = areas.reset_index(drop=True)
    if plain.geometry.name != "geometry":
        plain = plain.rename_geometry("geometry")
    statistics = _statistics(plain[["geometry"]], prospectivity, spread, grid, threshold)
    statistics["area_km2"] = plain.area / 1e6
    statistics["deposits"] = _inside(plain, deposits)
    statistics["expected_deposits"] = np.nan
    if probability is not None:
        contract.check_layer(probability, grid, "probability")
        statistics["expected_deposits"] = _summed(plain[["geometry"]], probability, grid)
    return _ordered(plain, plain[label].astype(str), statistics)


def _statistics(
    areas: gpd.GeoDataFrame,
    prospectivity: xr.DataArray,
    spread: xr.DataArray,
    grid: GeoBox,
    threshold: float | None,
) -> pd.DataFrame:
    """Area-weighted statistics of the maps within each area."""
    from exactextract import exact_extract

    def extracted(layer: xr.DataArray, statistics: list[str]) -> pd.DataFrame:
        found: pd.DataFrame = exact_extract(
            _source(layer, grid), areas, statistics, output="pandas", max_cells_in_memory=AT_ONCE
        )
        return found

    found = extracted(prospectivity, ["mean", "max", "quantile(q=0.9)", "count"])
    table = pd.DataFrame(
        {
            "mean_prospectivity": found["mean"],
            "max_prospectivity": found["max"],
            "q90_prospectivity": found["quantile_90"],
            "spread": extracted(spread, ["mean"])["mean"],
            "target_share": np.nan,
            "coverage": found["count"] * contract.cell_area_km2(grid) / (areas.area / 1e6),
        }
    )
    if threshold is not None:
        above = (prospectivity >= np.float32(threshold)).astype("float32")
        table["target_share"] = extracted(above.where(~np.isnan(prospectivity)), ["mean"])["mean"]
    return table.assign(coverage=table["coverage"].clip(upper=1.0))


def _summed(areas: gpd.GeoDataFrame, layer: xr.DataArray, grid: GeoBox) -> pd.Series[float]:
    """Sum of a layer over each area, cells counted by the part inside; NaN where none is known."""
    from exactextract import exact_extract

    found: pd.DataFrame = exact_extract(
        _source(layer, grid), areas, ["sum", "count"], output="pandas", max_cells_in_memory=AT_ONCE
    )
    return found["sum"].where(found["count"] > 0)


def within(areas: gpd.GeoDataFrame, *, area: xr.DataArray, grid: GeoBox) -> gpd.GeoDataFrame:
    """
    The areas that some of the study area lies in.

    Parameters
    ----------
    areas : GeoDataFrame of Polygon or MultiPolygon
        In the grid's CRS.
    area : DataArray (y, x)
        1 inside the study area.
    grid : GeoBox
    """
    inside = _summed(areas[["geometry"]], (area > 0).astype("float32"), grid)
    return areas[(inside > 0).to_numpy()].reset_index(drop=True)


def _source(layer: xr.DataArray, grid: GeoBox) -> object:
    """A lazy map in the form that exactextract reads, window by window; NaN counts as no data."""
    from exactextract.raster import NumPyRasterSource

    box, values = grid.boundingbox, lazy.Sliced(layer)
    return NumPyRasterSource(
        values[:, :] if layer.size <= AT_ONCE else values,
        box.left, box.bottom, box.right, box.top, name="map", srs_wkt=grid.crs.proj.to_wkt(),
    )  # fmt: skip


def _inside(areas: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame) -> pd.Series[int]:
    """Number of deposits within or on the edge of each area."""
    area, _ = deposits.sindex.query(areas.geometry, predicate="intersects")
    return pd.Series(np.bincount(area, minlength=len(areas)), index=areas.index)


def _ordered(
    areas: gpd.GeoDataFrame, labels: pd.Series[str], statistics: pd.DataFrame
) -> gpd.GeoDataFrame:
    taken = {"rank", "label", *statistics.columns}
    given = areas.rename(columns={c: f"{c}_given" for c in areas.columns if c in taken})
    table = gpd.GeoDataFrame(
        pd.concat([labels.rename("label"), statistics, given], axis=1),
        geometry="geometry",
        crs=areas.crs,
    )
    table = table.sort_values(
        ["mean_prospectivity", "max_prospectivity", "label"],
        ascending=[False, False, True],
        na_position="last",
        kind="stable",
    ).reset_index(drop=True)
    outside = table["mean_prospectivity"].isna()
    if outside.any():
        log.warning(
            "%d of %d survey areas have no score inside them; they come last, without a rank: %s.",
            int(outside.sum()),
            len(table),
            ", ".join(table.loc[outside, "label"].head(10)),
        )
    rank = pd.Series(np.arange(1, len(table) + 1), dtype="Int64").mask(outside)
    table.insert(0, "rank", rank)
    return table
