"""Ground where nobody may work, cut out of targets, and what that costs."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.kernels import runs
from geoprospect.targets import zonal

log = logging.getLogger("geoprospect.targets")

Values = npt.NDArray[np.float64]
Block = npt.NDArray[np.float32]


def cut(targets: gpd.GeoDataFrame, exclusions: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """
    Targets without the ground inside excluded polygons, exactly, with their area anew.

    Targets are made of cells outside; where outlines are smoothed they may still reach a
    little over the border, and a border cuts cells in two.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon or MultiPolygon
        With ``area_km2``.
    exclusions : sequence of GeoDataFrame
        In the CRS of the targets; of other geometries than polygons nothing is cut.

    Returns
    -------
    GeoDataFrame
        A target of which nothing is left is dropped, which is said.
    """
    polygons = [
        one.geometry[one.geom_type.isin(["Polygon", "MultiPolygon"])].make_valid().to_numpy()
        for one in exclusions
    ]
    shapes = np.concatenate([np.empty(0, object), *polygons])
    if not len(shapes) or targets.empty:
        return targets
    outlines = targets.geometry.to_numpy().copy()
    target, shape = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    for number in np.unique(target):
        near = shapely.union_all(shapes[shape[target == number]])
        outlines[number] = _areal(shapely.difference(outlines[number], near))
    made = targets.set_geometry(gpd.GeoSeries(outlines, index=targets.index, crs=targets.crs))
    made["area_km2"] = np.where(
        np.isin(np.arange(len(made)), target), made.area / 1e6, made["area_km2"]
    )
    empty = made.geometry.is_empty
    if empty.any():
        log.warning("%d targets lie wholly on excluded ground and were dropped", int(empty.sum()))
    return made[~empty].reset_index(drop=True)


def lost(
    chosen: xr.DataArray,
    least: float,
    targets: gpd.GeoDataFrame,
    *,
    exclusions: xr.DataArray,
    each: Mapping[str, xr.DataArray],
    grid: GeoBox,
) -> tuple[Values, list[dict[str, Any]]]:
    """
    What exclusions take of the ground that would be in targets.

    Ground that is chosen and excluded, as whole cells. What hangs together with targets is
    lost to them, shared by their cells in the same patch; what does not hang together with
    any counts for the exclusion alone.

    Computed on purpose, block by block; holds the chosen cells.

    Parameters
    ----------
    chosen : DataArray (y, x)
        The map whose cells of *least* and more make targets.
    least : float
    targets : GeoDataFrame
    exclusions : DataArray (y, x)
        Non-zero where no target may lie.
    each : mapping of name to DataArray (y, x)
        The same, of each exclusion by itself.
    grid : GeoBox

    Returns
    -------
    area : (targets,)
        Lost to each target [km2].
    told : list of dict
        One for each exclusion, ready for JSON: ``name``, ``area_km2``, ``share`` (of all ground
        that is chosen, excluded or not; None where nothing is) and ``patches`` (that lie wholly in
        the exclusion). Ground in two exclusions counts for both.
    """
    layers = [chosen, exclusions, *each.values()]
    pieces = list(lazy.gathered(functools.partial(_pieces, least), *layers))
    every = runs.joined(piece[0] for piece in pieces)
    gone = runs.joined(piece[1] for piece in pieces)
    patch = runs.patches(every)
    square_km = contract.cell_area_km2(grid)
    total = _per_patch(every, patch, every)
    per_target = _shared(_per_patch(every, patch, gone), every, patch, targets, grid)
    told = []
    for number, name in enumerate(each, start=2):
        taken = _per_patch(every, patch, runs.joined(piece[number] for piece in pieces))
        told.append(
            {
                "name": name,
                "area_km2": float(taken.sum() * square_km),
                "share": float(taken.sum() / total.sum()) if total.sum() else None,
                "patches": int(((taken == total) & (total > 0)).sum()),
            }
        )
    return per_target * square_km, told


def _pieces(
    least: float, where: tuple[slice, slice], scores: Block, *excluded: Block
) -> list[runs.Runs]:
    """Runs of the chosen cells of a block, and of those in each exclusion."""
    high = scores >= np.float32(least)
    corner = where[0].start, where[1].start
    return [
        runs.of_block(high, *corner),
        *(runs.of_block(high & (e > 0), *corner) for e in excluded),
    ]


def _per_patch(every: runs.Runs, patch: npt.NDArray[np.int32], part: runs.Runs) -> Values:
    """Cells of *part* in each patch of *every*."""
    which = patch[_run_of(every, part[:, 0], part[:, 1])]
    count = int(patch.max(initial=-1)) + 1
    cells = np.bincount(which, weights=part[:, 2] - part[:, 1], minlength=count)
    return cells.astype("float64")


def _run_of(
    every: runs.Runs, rows: npt.NDArray[Any], columns: npt.NDArray[Any]
) -> npt.NDArray[np.intp]:
    """The run that begins at each cell or last before it, in row order."""
    width = int(every[:, 2].max(initial=0)) + 1
    starts = every[:, 0].astype(np.int64) * width + every[:, 1]
    at = np.asarray(rows, np.int64) * width + np.minimum(columns, width - 1)
    found: npt.NDArray[np.intp] = np.searchsorted(starts, at, side="right") - 1
    return found


def _shared(
    gone: Values,
    every: runs.Runs,
    patch: npt.NDArray[np.int32],
    targets: gpd.GeoDataFrame,
    grid: GeoBox,
) -> Values:
    """What each patch lost, shared among the targets in it by their cells [cells]."""
    rows, columns, which = zonal.cells_of(targets, grid=grid)
    if not len(every) or not len(rows):
        return np.zeros(len(targets))
    run = np.maximum(_run_of(every, rows, columns), 0)
    inside = (every[run, 0] == rows) & (every[run, 1] <= columns) & (columns < every[run, 2])
    pairs = patch[run[inside]].astype(np.int64) * len(targets) + which[inside]
    found, cells = np.unique(pairs, return_counts=True)
    of_patch, of_target = np.divmod(found, len(targets))
    in_patch = np.bincount(of_patch, weights=cells, minlength=len(gone))
    made = np.bincount(
        of_target, weights=gone[of_patch] * cells / in_patch[of_patch], minlength=len(targets)
    )
    return made.astype("float64")


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of what a difference left."""
    polygons = [one for one in shapely.get_parts(shape) if isinstance(one, shapely.Polygon)]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
