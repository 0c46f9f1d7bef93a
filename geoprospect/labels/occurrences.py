"""Known deposits as samples: inside the area, one to a cell, in clusters."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.labels.attributes import weights, years
from geoprospect.labels.bodies import all_cells

log = logging.getLogger("geoprospect.labels")

FEWEST = 5
"""Fewer deposits than this teach a model nothing that can be tested."""

NAME_LIKE = ("deposit", "site", "mine", "prospect", "occurrence", "矿床", "矿产地")
"""Columns that hold a deposit's name where none says so."""

OWN_COLUMNS = ("label", "group", "row", "column", "fold", "weight", "policy")
SITE = "_site"
"""Column that tells which deposit a point is of, while samples are made."""

CellsOf = Literal["one", "all"]
"""Whether a deposit drawn as a polygon is one cell, or all whose centres lie inside."""

Cells = npt.NDArray[np.int64]


def occurrences(
    deposits: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
) -> gpd.GeoDataFrame:
    """
    Known deposits inside the study area, one to a cell, each with its cluster.

    Deposits of one cluster share their geology: they are drawn together in a
    bootstrap and counted once when folds are balanced [1]_.

    Parameters
    ----------
    deposits : GeoDataFrame
        Points in the grid's CRS; of lines, and of polygons unless *cells* says otherwise,
        a point inside is taken.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    cluster_distance : float, optional
        Deposits nearer than this to each other, or linked by a chain of such
        steps, are one cluster [m]. By default the median distance from a deposit
        to its nearest neighbour.
    weight : str, optional
        Column with what a deposit counts for: its size, or how sure it is. Positive.
    year : str, optional
        Column with the year of discovery; empty where it is not known.
    cells : {"one", "all"}
        "all" takes every cell whose centre lies inside a polygon, as one cluster that
        weighs as much as any other deposit; a polygon too small for one keeps its point.

    Returns
    -------
    GeoDataFrame
        ``label`` (1), ``group`` (cluster, from 0), ``row`` and ``column`` (cell),
        ``name`` where there is one, and the deposits' own columns. ``weight`` where one
        was asked for or all cells are taken: 1 on average, shared out among a polygon's
        cells. ``year`` where it was asked for. Of deposits that share a cell the first
        is kept, with the largest weight and the earliest year of them.

    Raises
    ------
    ContractError
        If *deposits* are not in the grid's CRS.
    DataError
        If fewer than 5 are left, a weight is missing or not positive, or a year is none.
    ValueError
        If *cluster_distance* is negative.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    contract.check_crs(deposits, grid, "the deposit table")
    if cluster_distance is not None and not cluster_distance >= 0:
        raise ValueError(f"cluster_distance must be 0 m or more, got {cluster_distance} m")
    points = _named(_points(deposits, grid, weight, year, cells))
    rows, columns = cells_of(points, grid)
    inside = _inside(rows, columns, grid, area)
    if not inside.all():
        log.warning(
            "%d of %d %s lie outside the study area and are not used",
            (~inside).sum(), len(points), "deposits" if cells == "one" else "cells of deposits",
        )  # fmt: skip
    found = points.assign(label=1, group=0, row=rows, column=columns)[inside]
    samples = _one_to_a_cell(found)
    if samples[SITE].nunique() < FEWEST:
        raise DataError(_too_few(deposits, inside, samples, grid))
    if "weight" in samples:
        samples["weight"] /= samples["weight"].mean()
    sites = samples[SITE].to_numpy()
    return samples.assign(group=clusters(samples, cluster_distance, sites)).drop(columns=SITE)


def cells_of(points: gpd.GeoDataFrame, grid: GeoBox) -> tuple[Cells, Cells]:
    """Row and column of the cell around each point; outside the grid they are out of range."""
    rows, columns, _ = contract.cells_at(points.geometry.x, points.geometry.y, grid)
    return rows, columns


def clusters(points: gpd.GeoDataFrame, distance: float | None, sites: Cells | None = None) -> Cells:
    """
    Single-linkage cluster of each point, numbered from 0 in their order.

    Points of one of *sites* are one cluster however far apart.
    """
    where = np.column_stack([points.geometry.x, points.geometry.y])
    firsts = np.arange(len(where)) if sites is None else _firsts(sites)
    if distance is None:
        alone = where[np.unique(firsts)]
        distance = float(np.median(KDTree(alone).query(alone, k=2)[0][:, 1]))
        log.info("deposits within %.0f m of each other count as one cluster", distance)
    pairs = KDTree(where).query_pairs(distance, output_type="ndarray")
    pairs = np.concatenate([pairs, np.column_stack([firsts, np.arange(len(where))])])
    near = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(where), len(where)))
    _, found = connected_components(near, directed=False)
    _, first, place = np.unique(found, return_index=True, return_inverse=True)
    order: Cells = np.argsort(np.argsort(first))[place]
    return order


def _firsts(sites: Cells) -> Cells:
    """Of each point, the first one of its site."""
    _, first, place = np.unique(sites, return_index=True, return_inverse=True)
    firsts: Cells = first[place]
    return firsts


def placed(deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The deposits that have a place."""
    return deposits[~(deposits.geometry.isna() | deposits.geometry.is_empty)]


def _points(
    deposits: gpd.GeoDataFrame, grid: GeoBox, weight: str | None, year: str | None, cells: CellsOf
) -> gpd.GeoDataFrame:
    """Points of each deposit, under column names that do not clash with a sample's."""
    found = placed(deposits).reset_index(drop=True)
    if len(found) < len(deposits):
        log.warning(
            "%d of %d deposits have no place and are not used",
            len(deposits) - len(found), len(deposits),
        )  # fmt: skip
    if found.active_geometry_name != "geometry":
        found = found.rename_geometry("geometry")
    own: dict[str, npt.NDArray[Any]] = {SITE: np.arange(len(found))}
    own |= {"weight": weights(found, weight)} if weight else {}
    own |= {"year": years(found, year)} if year else {}
    clashes = [c for c in found.columns if str(c).lower() in {*OWN_COLUMNS, *own}]
    found = found.rename(columns={name: f"source_{name}" for name in clashes}).assign(**own)
    return all_cells(found, grid) if cells == "all" else _one_point(found)


def _one_point(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = found.geometry.geom_type != "Point"
    if shapes.any():
        log.info("of %d deposits drawn as shapes, a point inside is used", shapes.sum())
        return found.set_geometry(found.geometry.where(~shapes, found.representative_point()))
    return found


def _named(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """With a column ``name``, if any column looks like one."""
    attributes = {str(c).lower(): c for c in points.columns if c != "geometry"}
    if "name" in attributes:  # renamed, not copied: GeoPackage tells no Name from a name
        return points.rename(columns={attributes["name"]: "name"})
    named = [c for text, c in attributes.items() if "name" in text or "名" in text]
    named += [attributes[text] for text in NAME_LIKE if text in attributes]
    return points.assign(name=points[named[0]]) if named else points


def _inside(rows: Cells, columns: Cells, grid: GeoBox, area: xr.DataArray) -> npt.NDArray[np.bool_]:
    height, width = grid.shape
    inside: npt.NDArray[np.bool_] = (
        (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    )
    cube = xr.Dataset({"area": area})
    values = lazy.sample(cube, ["area"], rows[inside], columns[inside])[:, 0]
    inside[inside] = ~np.isnan(values)
    return inside


def _one_to_a_cell(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The first deposit of each cell: a cell has one set of values, so it is one sample."""
    found = found.copy()
    for column, kept in (("weight", "max"), ("year", "min")):
        if column in found:
            found[column] = found.groupby(["row", "column"])[column].transform(kept)
    samples = found.drop_duplicates(["row", "column"]).reset_index(drop=True)
    dropped = len(found) - len(samples)
    if dropped:
        same_place = int(found.geometry.to_wkb().duplicated().sum())
        log.warning(
            "%d of %d deposits share their cell with another (%d at the very same point); "
            "one to a cell is kept",
            dropped, len(found), same_place,
        )  # fmt: skip
    return samples


def _too_few(
    deposits: gpd.GeoDataFrame,
    inside: npt.NDArray[np.bool_],
    samples: gpd.GeoDataFrame,
    grid: GeoBox,
) -> str:
    message = (
        f"{len(samples)} usable deposits are left of {len(deposits)} read: "
        f"{len(deposits) - inside.sum()} lie outside the study area or have no place, "
        f"{inside.sum() - len(samples)} share a cell with another; at least {FEWEST} are needed"
    )
    if inside.any() or deposits.empty:
        return message
    return (
        f"{message}. They span {_bounds(deposits.total_bounds)} and the grid "
        f"{_bounds(grid.extent.boundingbox)}; check their CRS, and that x and y are not swapped"
    )


def _bounds(bounds: Iterable[float]) -> str:
    west, south, east, north = bounds
    return f"{west:.0f} to {east:.0f} m east, {south:.0f} to {north:.0f} m north"
