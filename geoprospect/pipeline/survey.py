"""A look at a pipeline's inputs before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from geoprospect import contract, lazy
from geoprospect.grid.datum import moved
from geoprospect.pipeline.early import check_sizes
from geoprospect.pipeline.fitting import unfitted
from geoprospect.pipeline.hidden import warn_of_hidden
from geoprospect.pipeline.inputs import Input
from geoprospect.pipeline.plan import Pipeline, Plan

_BLOCKS = 9
"""Blocks of a raster, spread over it, from which its share of nodata is told."""


def check(pipeline: Plan) -> pd.DataFrame:
    """
    Open every input's header and say what it is and how it lies to the study area.

    Reads headers, vector tables and a few blocks of each raster; writes nothing. Names
    that hide others which they are not are said.

    Returns
    -------
    DataFrame
        One row for each band or table, one for drill holes, and a last one for the target grid:
        ``input``, ``what``, ``crs``, ``coverage`` (share of the grid's rectangle
        inside the layer's) and ``nodata`` (share of cells, from a few blocks).

    Raises
    ------
    GeoprospectError
        Naming the first input that cannot be used as stated.
    """
    drilled = _drilled(pipeline)
    if not isinstance(pipeline, Pipeline):
        return pd.DataFrame(drilled).astype({"coverage": float, "nodata": float})
    warn_of_hidden(pipeline)
    sources = {name: call({}) for name, call in pipeline.inputs.items()}
    grid = pipeline.grid(sources)
    contract.check_grid(grid)
    unfitted(pipeline)
    check_sizes(pipeline, sources)
    told = rows(sources, grid)
    told[-1:-1] = drilled
    return pd.DataFrame(told).astype({"coverage": float, "nodata": float})


def _drilled(pipeline: Plan) -> list[dict[str, Any]]:
    """A row for the drill holes, where there are some."""
    if pipeline.drillholes is None:
        return []
    one = Input("drillholes", "", pipeline.drillholes({}), {}, "")
    return [_row(one.name, one.detail, one.crs, None, None)]


def rows(sources: Mapping[str, Any], grid: GeoBox) -> list[dict[str, Any]]:
    """A row for each band or table of opened inputs, and a last one for the target grid."""
    told = [row for name, source in sources.items() for row in _rows(name, source, grid)]
    width, height = grid.shape[1], grid.shape[0]
    size = contract.cell_size(grid)[1]
    told.append(
        _row(
            "target grid",
            f"{width} x {height} cells of {size:g} m",
            contract.crs_name(grid.crs),
            1,
            None,
        )
    )
    return told


def _rows(name: str, source: Any, grid: GeoBox) -> list[dict[str, Any]]:
    one = Input(name, "", source, {}, "")
    if isinstance(source, gpd.GeoDataFrame):
        return [_row(name, one.detail, one.crs, _vector_coverage(source, grid), None)]
    bands = source.data_vars.items() if isinstance(source, xr.Dataset) else [(None, source)]
    coverage = _coverage(contract.grid_of(source).extent, grid)
    return [
        _row(
            name if band is None else f"{name}: {band}",
            one.detail,
            one.crs,
            coverage,
            _nodata_share(layer),
        )
        for band, layer in bands
    ]


def _row(
    name: str, what: str, crs: str, coverage: float | None, nodata: float | None
) -> dict[str, Any]:
    return {"input": name, "what": what, "crs": crs, "coverage": coverage, "nodata": nodata}


def _coverage(extent: Geometry, grid: GeoBox) -> float:
    """Share of the grid's rectangle that an extent covers."""
    ours = grid.extent.geom
    outline = shapely.segmentize(extent.geom, extent.boundingbox.span_x / 50)
    (theirs,) = moved(np.array([outline]), extent.crs.proj, grid.crs.proj)
    return float(shapely.intersection(ours, theirs).area / ours.area)


def _vector_coverage(features: gpd.GeoDataFrame, grid: GeoBox) -> float:
    """Share of the grid's rectangle inside the features' own."""
    from odc.geo.geom import box

    west, south, east, north = features.total_bounds
    if not np.isfinite([west, south, east, north]).all() or west == east or south == north:
        return 0.0
    return _coverage(box(west, south, east, north, features.crs), grid)


def _nodata_share(layer: xr.DataArray) -> float:
    """Share of unknown cells, from a few blocks spread over the layer."""
    blocks = lazy.blocks(lazy.chunked(layer), _BLOCKS)
    unknown = sum(int(np.isnan(block).sum()) for block in blocks)
    return unknown / max(1, sum(block.size for block in blocks))
