"""Targets in order, with what a planner asks about each."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.targets import words

Index = npt.NDArray[np.intp]
Values = npt.NDArray[np.float32]

DRIVERS = 3
DISTRICT_SAMPLE = 20_000
"""Cells, evenly spread, against which a target's values are called low or high."""


def ranked(
    targets: gpd.GeoDataFrame,
    *,
    prospectivity: xr.DataArray,
    spread: xr.DataArray,
    cube: xr.Dataset,
    deposits: gpd.GeoDataFrame,
    contributions: npt.NDArray[np.floating],
    grid: GeoBox,
) -> gpd.GeoDataFrame:
    """
    Targets best first, each with its numbers and its reasons in words.

    A planner chooses between targets by more than a score: how sure it is, why
    it is there, what is missing, and how far it lies from what is known.

    Computed on purpose: reads the maps and the cube at the targets' cells, and
    the layers that drive a target at some 20,000 cells of the district.

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
    contributions : array (cells, layers + 1)
        Contribution of every evidence layer, in cube order, and last the base
        value [log-odds], at the cells and in the order of :func:`cells_of`.
    grid : GeoBox
        Grid of the maps.

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
        [degrees, WGS 84], ``threshold``, ``geometry``.

    Raises
    ------
    ContractError
        If something is not on *grid*, or *contributions* do not match the cells.
    """
    for name, layer in (("prospectivity", prospectivity), ("spread", spread)):
        contract.check_layer(layer, grid, name)
    contract.check_crs(deposits, grid, "the deposits")
    rows, columns, which = cells_of(targets, grid=grid)
    names = contract.evidence(cube)
    if contributions.shape != (len(rows), len(names) + 1):
        raise ContractError(
            f"contributions have shape {contributions.shape}, but the targets have {len(rows)} "
            f"cells and the cube {len(names)} evidence layers; compute them at cells_of(targets)"
        )
    maps = xr.Dataset({"prospectivity": prospectivity, "spread": spread})
    scores = lazy.sample(maps, ["prospectivity", "spread"], rows, columns)
    values = lazy.sample(cube, names, rows, columns)
    table = targets.reset_index(drop=True).join(
        [
            _zonal(scores, which, len(targets)),
            _missing(values, which, len(targets)),
            _drivers(values, contributions, which, len(targets), cube),
            _nearest(targets, deposits),
            _places(targets),
        ]
    )
    return _ordered(table)


def cells_of(targets: gpd.GeoDataFrame, *, grid: GeoBox) -> tuple[Index, Index, Index]:
    """
    Rows, columns and target position (0, 1, ...) of the cells whose centre lies in a target.

    Targets one after the other, cells from north to south and west to east.
    Counts what is drawn: anyone can repeat it from the polygons.
    """
    contract.check_crs(targets, grid, "the targets")
    found = [_cells_within(outline, grid) for outline in targets.geometry]
    if not found:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.intp)
    rows, columns = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows, columns, np.repeat(np.arange(len(found)), [len(r) for r, _ in found])


def _cells_within(outline: object, grid: GeoBox) -> tuple[Index, Index]:
    from rasterio.features import rasterize

    west, south, east, north = outline.bounds  # type: ignore[attr-defined]
    (left, top), (right, bottom) = ~grid.affine * (west, north), ~grid.affine * (east, south)
    rows = slice(max(0, math.floor(top)), min(grid.shape[0], math.ceil(bottom)))
    columns = slice(max(0, math.floor(left)), min(grid.shape[1], math.ceil(right)))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    window = grid[rows, columns]
    inside = rasterize([(outline, 1)], window.shape, transform=window.affine, dtype="uint8")
    found_rows, found_columns = np.nonzero(inside)
    return found_rows + rows.start, found_columns + columns.start


def _zonal(scores: Values, which: Index, count: int) -> pd.DataFrame:
    """Mean and maximum score and mean spread of each target, over its cells with a value."""
    grouped = pd.DataFrame(scores.astype("float64"), columns=["score", "spread"]).groupby(which)
    return pd.DataFrame(
        {
            "score": grouped["score"].mean(),
            "mean_prospectivity": grouped["score"].mean(),
            "max_prospectivity": grouped["score"].max(),
            "spread": grouped["spread"].mean(),
        }
    ).reindex(range(count))


def _missing(values: Values, which: Index, count: int) -> pd.DataFrame:
    share = pd.Series(np.isnan(values).mean(axis=1)).groupby(which).mean()
    return pd.DataFrame({"missing_share": share}).reindex(range(count))


def _drivers(
    values: Values,
    contributions: npt.NDArray[np.floating],
    which: Index,
    count: int,
    cube: xr.Dataset,
) -> pd.DataFrame:
    """The layers that raise each target's score most, in words."""
    names = contract.evidence(cube)
    means = pd.DataFrame(contributions[:, :-1].astype("float64")).groupby(which).mean()
    strongest = {
        target: [layer for layer in row.nlargest(DRIVERS).index if row[layer] > 0]
        for target, row in means.iterrows()
    }
    used = sorted({layer for layers in strongest.values() for layer in layers})
    district = _district(cube, [names[layer] for layer in used])
    told = []
    for target in range(count):
        here = values[which == target]
        reasons = [
            words.driver(
                cube[names[layer]].attrs,
                here[:, layer],
                district[names[layer]],
                float(means.loc[target, layer]),
            )
            for layer in strongest.get(target, [])
        ]
        told.append(reasons + [""] * (DRIVERS - len(reasons)))
    return pd.DataFrame(told, columns=[f"driver_{n + 1}" for n in range(DRIVERS)])


def _district(cube: xr.Dataset, names: list[str]) -> dict[str, Values]:
    """Values of layers at evenly spread cells of the whole grid."""
    height, width = (cube.sizes[dim] for dim in ("y", "x"))
    step = math.ceil(math.sqrt(height * width / DISTRICT_SAMPLE))
    rows, columns = np.meshgrid(
        np.arange(step // 2, height, step), np.arange(step // 2, width, step), indexing="ij"
    )
    sampled = lazy.sample(cube, names, rows.ravel(), columns.ravel())
    return {name: sampled[:, i] for i, name in enumerate(names)}


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
        *("x", "y", "longitude", "latitude", "threshold", "geometry"),
    ]
    return best_first[columns].assign(rank=rank, label=drawn)[["rank", "label", *columns]]
