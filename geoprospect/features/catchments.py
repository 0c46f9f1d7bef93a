"""Stream sediments laid over the ground that they came from."""

from __future__ import annotations

import functools
import logging
import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.features import drainage, edges, outlets, sources, tables, terrain
from geoprospect.features.scattered import layer_ids
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")


@FEATURES.register
def catchment_values(
    source: gpd.GeoDataFrame,
    elevation: xr.DataArray,
    *,
    grid: GeoBox,
    columns: list[str],
    snap: float,
    largest: float | None = None,
) -> xr.Dataset:
    """
    Value of the stream sediment sample that each cell drains to [units of each column].

    A stream sediment is the ground above it, mixed; its value belongs to its
    catchment, down to the next sample upstream, and not to a circle about the place
    where it was taken [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in the grid's CRS, with units in ``attrs["units"]`` (column to unit).
        Those beyond the grid are left out, which is said.
    elevation : DataArray (y, x)
        Height of the ground on the target grid [m].
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    columns : list of str
        Columns to lay out, each from the samples that have a value in it.
    snap : float
        How far a sample may be moved to the cell with the largest upslope area,
        so that it lies in its stream; 0 leaves it where it is. No more than samples
        are misplaced, or those of small streams end up in large ones [m].
    largest : float, optional
        A sample that stands for more ground than this, down from the next samples
        above it, tells little of any of it and is left out, which is said [km2].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One layer for each column, named in ASCII; NaN where a cell drains to no
        sample. Samples in one cell are averaged, which is said. Made over the whole
        grid at once (some 60 bytes a cell) when a block is first asked for.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or *elevation* is not in metres.
    DataError
        If a column is not there, holds text or no value, features are no points,
        none lies on the grid, or the grid has more than 50 million cells.
    ValueError
        If *snap* is negative or not finite, *largest* is not positive, or no column
        is named.

    References
    ----------
    .. [1] Bonham-Carter, G.F., Goodfellow, W.D. (1986). Background corrections to
       stream geochemical data using digitized drainage and geological maps. Journal
       of Geochemical Exploration 25, 139-155.
    """
    outlets.check_snap(snap)
    if largest is not None:
        sources.positive("largest", largest, "km2")
    tables.check_columns(columns, 1, "catchment_values")
    height, cell = terrain.elevation_of(elevation, "catchment_values")
    drainage.check_size(height, "catchment_values")
    features = sources.located(source, grid)
    places, inside = outlets.on_grid(features, grid, "catchment_values")
    values = tables.numbers(features, columns, "catchment_values")[inside]
    cells = math.inf if largest is None else largest * 1e6 / math.prod(cell)
    samples = Samples(places, values, (snap / cell[0], snap / cell[1]), cells)
    name = height.attrs["long_name"]
    whole = lazy.later(functools.partial(_laid, samples, name), lazy.chunked(height).data)
    made = {}
    for i, (layer, column) in enumerate(zip(layer_ids(columns), columns, strict=True)):
        tiles = lazy.tile(
            lambda window, part: part, grid, functools.partial(_piece, whole, i, grid)
        )
        made[layer] = contract.describe(
            tiles, long_name=f"{column} of the catchment", units=tables.unit_of(source, column)
        )
    return xr.Dataset(made)


@dataclass(frozen=True)
class Samples:
    """
    Cells (samples, 2: row, column) and values (samples, columns) of samples.

    *reach* is how far one may be moved, in rows and columns; *largest* how many
    cells one may stand for.
    """

    cells: outlets.Cells
    values: tables.Values
    reach: tuple[float, float]
    largest: float


def _piece(whole: Any, i: int, grid: GeoBox, window: GeoBox) -> Any:
    return lazy.later(_part, whole, i, *edges.place(window, grid))


def _part(whole: lazy.Block, i: int, top: int, left: int, rows: int, columns: int) -> lazy.Block:
    return whole[i, top : top + rows, left : left + columns].copy()


def _laid(samples: Samples, name: str, field: lazy.Block) -> lazy.Block:
    """(columns, y, x): the values of the samples that cells drain to."""
    found = np.full((samples.values.shape[1], *field.shape), np.nan, "float32")
    if np.isnan(field).all():
        return found
    flow = drainage.directions(drainage.bridged(field, name, "catchment_values"))
    area = np.asarray(flow.upstream_area("cell"), "float64")
    streams = outlets.in_streams(samples.cells, samples.reach, area, "catchment_values")
    known = ~np.isnan(samples.values)
    patterns, of_column = np.unique(known, axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        places, which = np.unique(streams[pattern], return_inverse=True)
        basins = np.asarray(
            flow.basins(idxs=places, ids=np.arange(1, len(places) + 1, dtype="uint32"))
        )
        _say_large(basins, samples.largest)
        for i in np.flatnonzero(of_column.reshape(-1) == k):
            sums = np.bincount(which, samples.values[pattern, i])
            means = np.concatenate([[np.nan], sums / np.bincount(which)])
            means[np.bincount(basins.ravel(), minlength=len(means)) > samples.largest] = np.nan
            found[i] = np.where(np.isnan(field), np.nan, means[basins])
    return found


def _say_large(basins: outlets.Cells, largest: float) -> None:
    sizes = np.bincount(basins.ravel())[1:]
    if (sizes > largest).any():
        log.info(
            "catchment_values: %d of %d samples stand for more ground than largest and are left "
            "out.",
            int((sizes > largest).sum()),
            len(sizes),
        )
