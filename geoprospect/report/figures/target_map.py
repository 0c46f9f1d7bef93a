"""One target on the ground: a clip of the map around it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from geoprospect import contract
from geoprospect.report import canvas
from geoprospect.report.figures.map_frame import draw_places, extent, framed
from geoprospect.report.overview import overview
from geoprospect.report.style import Ramp

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AROUND = 1.0
"""Ground shown beyond a target on every side, in its own longest side."""
LEAST = 2_000.0
"""The least of it [m]."""


def target_map(
    prospectivity: xr.DataArray,
    targets: gpd.GeoDataFrame,
    deposits: gpd.GeoDataFrame,
    *,
    number: int,
    ramp: Ramp,
    width: float = 105.0,
) -> Figure:
    """
    The score [1] around one target, with its outline, its neighbours and the known deposits.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score of the whole area; read around the target only.
    targets : GeoDataFrame
        Outlines with their ``rank``, in the map's CRS.
    deposits : GeoDataFrame
        In the map's CRS.
    number : int
        Position of the target, from 0.
    ramp : Ramp
        Colours over the range of the whole map, so that clips compare.
    width : float
        Of the figure [mm].
    """
    from matplotlib.colors import LinearSegmentedColormap

    rows, columns = around(targets.geometry.iloc[number], contract.grid_of(prospectivity))
    seen = overview(prospectivity.isel(y=rows, x=columns))
    grid = contract.grid_of(seen)
    frame = shapely.box(*grid.boundingbox.bbox)
    near = targets[targets.intersects(frame)]
    known = deposits[deposits.intersects(frame)]
    with canvas.paper(width):
        figure, axes = framed(grid, width, beside=8)
        axes.imshow(
            seen.to_numpy(), extent=extent(grid), vmin=ramp.low, vmax=ramp.high,
            cmap=LinearSegmentedColormap.from_list("score", list(ramp.colours)),
            interpolation="none",
        )  # fmt: skip
        draw_places(axes, near, known)
    return figure


def around(outline: BaseGeometry, grid: GeoBox) -> tuple[slice, slice]:
    """Rows and columns of the square of ground around an outline, inside the grid."""
    west, south, east, north = outline.bounds
    side = max(east - west, north - south)
    half = side / 2 + max(AROUND * side, LEAST)
    x, y = (west + east) / 2, (south + north) / 2
    (left, top), (right, bottom) = (
        ~grid.affine * corner for corner in ((x - half, y + half), (x + half, y - half))
    )
    height, width = grid.shape
    return (
        slice(max(0, math.floor(top)), min(height, math.ceil(bottom))),
        slice(max(0, math.floor(left)), min(width, math.ceil(right))),
    )
