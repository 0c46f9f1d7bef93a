"""Where water gathers: catchments, wetness and streams of a surface."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import ndimage

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import edges, focal, sources, terrain
from geoprospect.kernels import circles
from geoprospect.kernels.terrain import steepness
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

LARGEST = 50_000_000
"""Cells of a grid, at most: water is routed over the whole of it, in some 50 bytes a cell."""

Whole = npt.NDArray[np.float32]
"""(ny, nx): every cell of a grid, at once."""


@FEATURES.register
def upslope_area(source: xr.DataArray) -> xr.DataArray:
    """
    Ground whose water runs through a cell, the cell itself included [km2].

    A stream sediment stands for the ground above it: the wider that is, the more
    an anomaly in it is thinned [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Every cell drains to the lowest of its eight neighbours, after hollows are
        filled to their rim [2]_ (pyflwdir). NaN where the elevation is unknown.
        Water leaves at the edge of the grid and of what is known, and none comes in
        there: give the grid a margin. It runs on through gaps inside, at the height
        of the nearest known cell, which is said when it is computed.
        The whole grid is routed at once when the first block is asked for: it
        needs some 50 bytes of memory a cell, and takes 50 million cells at most.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    DataError
        If the grid has more than 50 million cells.

    References
    ----------
    .. [1] Hawkes, H.E. (1976). The downstream dilution of stream sediment anomalies.
       Journal of Geochemical Exploration 6, 345-358.
    .. [2] Wang, L., Liu, H. (2006). An efficient method for identifying and filling
       surface depressions in digital elevation models. International Journal of
       Geographical Information Science 20, 193-213.
    """
    elevation, cell = terrain.elevation_of(source, "upslope_area")
    each = math.prod(cell) / 1e6
    found = _routed(elevation, "upslope_area", lambda field: _upstream_cells(field) * each)
    return contract.describe(found, long_name="upslope area", units="km2")


@FEATURES.register
def wetness_index(source: xr.DataArray, *, least_slope: float = 0.001) -> xr.DataArray:
    """
    How wet the ground tends to be: ln of upslope area a contour metre, over the slope [1].

    Flat ground below wide slopes is wet, deeply weathered and covered; its soil
    hides rock, and gathers what the water carried [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].
    least_slope : float
        Gentler slopes count as this one, or level ground would be endlessly wet [1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        ln(a / tan b), with a the upslope area [m2] over the width of a cell [m] and b
        Horn's slope. Water is routed as in :func:`upslope_area`, over the whole grid
        at once, with its limits. NaN where the elevation is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    DataError
        If the grid has more than 50 million cells.
    ValueError
        If *least_slope* is not positive.

    References
    ----------
    .. [1] Beven, K.J., Kirkby, M.J. (1979). A physically based, variable contributing
       area model of basin hydrology. Hydrological Sciences Bulletin 24, 43-69.
    """
    elevation, cell = terrain.elevation_of(source, "wetness_index")
    sources.positive("least_slope", least_slope, "")
    width = math.sqrt(math.prod(cell))
    area = _routed(elevation, "wetness_index", lambda field: _upstream_cells(field) * width)

    def block_slope(block: lazy.Block) -> lazy.Block:
        return np.pad(steepness(block, cell), 1).astype("float32")

    both = xr.Dataset({"area": area, "slope": lazy.from_array(block_slope, elevation, halo=1)})

    def block_wetness(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        per_metre, tangent = stack.astype("f8")
        wet = np.log(per_metre / np.maximum(tangent, least_slope))
        return np.asarray(wet[None], "float32")

    found = lazy.from_cube(block_wetness, both, ["area", "slope"], ["wetness"])["wetness"]
    return contract.describe(found, long_name="topographic wetness index", units="1")


@FEATURES.register
def drainage_density(source: xr.DataArray, *, radius: float, catchment: float) -> xr.DataArray:
    """
    Length of streams in a circle about each cell, over the circle's area [km-1].

    Tight rock and steep young ground shed water through many streams, permeable and
    karstic rock through few; streams crowd along fractured zones [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].
    catchment : float
        Upslope area from which on water runs in a stream [km2].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Kilometres of stream a square kilometre of known ground; a stream is a line
        from each cell's centre to that of the cell it drains to. NaN where the
        elevation is unknown. Water is routed as in :func:`upslope_area`, over the
        whole grid at once, with its limits.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    DataError
        If the grid has more than 50 million cells.
    ValueError
        If *radius* or *catchment* is not positive, or *radius* does not reach a
        neighbouring cell.

    References
    ----------
    .. [1] Horton, R.E. (1945). Erosional development of streams and their drainage
       basins. Geological Society of America Bulletin 56, 275-370.
    """
    elevation, cell = terrain.elevation_of(source, "drainage_density")
    sources.positive("catchment", catchment, "km2")
    least = catchment * 1e6 / math.prod(cell)
    length = _routed(
        elevation, "drainage_density", lambda field: _stream_lengths(field, cell, least)
    )
    scale = 1000 / math.prod(cell)

    def density(values: circles.Values, circle: Any) -> circles.Field:
        return circles.mean(values, circle) * scale

    return contract.describe(
        focal.about(density, length, radius),
        long_name=f"drainage density within {radius:g} m, streams from {catchment:g} km2",
        units="km-1",
    )


# --- water over the whole grid ----------------------------------------------------------------


def check_size(elevation: xr.DataArray, feature: str) -> None:
    """Raise a DataError for a grid over which water cannot be routed in memory."""
    if elevation.size > LARGEST:
        raise DataError(
            f"{feature} routes water over the whole grid in memory, and {elevation.size:,} cells "
            f"are more than {LARGEST:,}; make it on a coarser grid and read that as an input"
        )


def _routed(elevation: xr.DataArray, feature: str, route: Callable[[Whole], Whole]) -> xr.DataArray:
    """A layer made from the whole surface at once, when its first block is asked for."""
    check_size(elevation, feature)
    grid = contract.grid_of(elevation)
    name = elevation.attrs["long_name"]

    def made(field: Whole) -> Whole:
        routed = route(bridged(field, name, feature))
        return np.where(np.isnan(field), np.nan, routed).astype("float32")

    whole = lazy.later(made, lazy.chunked(elevation).data)
    return lazy.tile(
        lambda window, part: part,
        grid,
        lambda window: lazy.later(_part, whole, *edges.place(window, grid)),
    )


def _part(whole: Whole, top: int, left: int, height: int, width: int) -> Whole:
    return whole[top : top + height, left : left + width].copy()


def bridged(field: Whole, name: str, feature: str) -> Whole:
    """The surface with the gaps inside at the height of the nearest known cell, and said."""
    gaps, _ = ndimage.label(np.isnan(field), structure=np.ones((3, 3)))
    rim = np.concatenate([gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]])
    inside = ~np.isin(gaps, rim) & (gaps > 0)
    if not inside.any():
        return field
    sizes = np.bincount(gaps[inside])
    log.warning(
        "%s: water is led through %d gaps inside %r at the height of the nearest known cell "
        "(%d cells, the widest gap %d)",
        feature,
        np.count_nonzero(sizes),
        name,
        sizes.sum(),
        sizes.max(),
    )
    nearest = ndimage.distance_transform_edt(
        np.isnan(field), return_distances=False, return_indices=True
    )
    return np.where(inside, field[tuple(nearest)], field)


def directions(field: Whole) -> Any:
    """Flow directions after hollows are filled; the edge and unknown ground let water out."""
    import pyflwdir

    _, directions = pyflwdir.dem.fill_depressions(
        np.ascontiguousarray(field, "float32"), nodata=np.float32(np.nan)
    )
    return pyflwdir.from_array(directions, ftype="d8", check_ftype=False, cache=False)


def _upstream_cells(field: Whole) -> Whole:
    if np.isnan(field).all():
        return np.full(field.shape, np.nan, "float32")
    return np.asarray(directions(field).upstream_area("cell"), "float32")


def _stream_lengths(field: Whole, cell: tuple[float, float], least: float) -> Whole:
    """Way of each cell's water to the next cell, where at least so many cells drain through it."""
    if np.isnan(field).all():
        return np.full(field.shape, np.nan, "float32")
    flow = directions(field)
    here = np.flatnonzero(flow.upstream_area("cell").ravel() >= least)
    there = flow.idxs_ds[here]
    width = field.shape[1]
    down = (there // width - here // width) * cell[0]
    across = (there % width - here % width) * cell[1]
    lengths = np.zeros(field.size, "float32")
    lengths[here] = np.hypot(down, across)
    return lengths.reshape(field.shape)
