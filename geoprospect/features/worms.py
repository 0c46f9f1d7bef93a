"""Edges of bodies followed through heights: worms, as a layer and as lines."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import sources
from geoprospect.features.wavenumber import rate_units, transformed
from geoprospect.kernels import potential, ridges
from geoprospect.kernels.wavenumber import Transform
from geoprospect.registry import FEATURES

LARGEST = 30_000_000
"""Cells up to which lines are drawn: they hold some arrays of the whole grid."""


@FEATURES.register
def worms(source: xr.DataArray, *, heights: list[float], strongest: float) -> xr.DataArray:
    """
    Greatest of some heights at which the edge of a body still runs through a cell [m].

    The steepest places of a field, followed upward, are its worms. Those of shallow
    bodies end soon; what reaches kilometres is the edge of something as deep, and
    large deposits sit along such edges [1]_ [2]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Gravity, or for magnetics their pseudogravity, on the target grid.
    heights : list of float
        How much higher the field is looked at, as a rule each half as high again as the
        one before [m].
    strongest : float
        Share of the cells, those with the strongest horizontal gradient at the height,
        among which edges are looked for, above 0 up to 1 [1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 where no edge runs; NaN where the field is unknown. An edge runs where the
        gradient is highest along its own direction [3]_. Edges shift down dip with
        height, so the cells of one edge need not be the same at all heights. What is
        strongest is worked out at once, on purpose, from at most 100,000 cells.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    ValueError
        If *heights* are none, not increasing or not positive; if *strongest* is not a share.

    References
    ----------
    .. [1] Hornby, P., Boschetti, F., Horowitz, F.G. (1999). Analysis of potential field
       data in the wavelet domain. Geophysical Journal International 137, 175-196.
    .. [2] Archibald, N., Gow, P., Boschetti, F. (1999). Multiscale edge analysis of
       potential field data. Exploration Geophysics 30, 38-44.
    .. [3] Canny, J. (1986). A computational approach to edge detection. IEEE Transactions
       on Pattern Analysis and Machine Intelligence 8, 679-698.
    """
    field = sources.continuous(source, "worms")
    _check(heights, strongest)
    reached = [_edges(field, height, strongest) for height in heights]
    found = functools.reduce(_greater, reached)
    told = ", ".join(f"{height:g}" for height in heights)
    return contract.describe(
        found.where(~np.isnan(field)),
        long_name=f"height up to which edges of {field.attrs['long_name']} reach ({told} m)",
        units="m",
        quality=contract.is_quality(field),
    )


def worm_lines(
    source: xr.DataArray, *, heights: Sequence[float], strongest: float, least_length: float
) -> gpd.GeoDataFrame:
    """
    The worms of a field as lines: its steepest places, at several heights [m].

    Lines to draw, to compare with mapped faults, and to measure distances from. Computed
    on purpose.

    Parameters
    ----------
    source : DataArray (y, x)
        Gravity, or for magnetics their pseudogravity.
    heights : sequence of float
        How much higher the field is looked at [m].
    strongest : float
        Share of the cells, those with the strongest horizontal gradient at the height,
        among which lines are drawn, above 0 up to 1 [1].
    least_length : float
        Shorter lines are left out [m].

    Returns
    -------
    GeoDataFrame
        Lines in the grid's CRS with ``height`` [m], ``gradient``, the mean of the
        horizontal gradient along the line [units of the source m-1], and ``length`` [m].
        They run where the gradient is highest along its own direction, between the
        cells' centres, with the higher field to their left.

    Raises
    ------
    ContractError
        If *source* holds classes, or its grid is not in metres.
    DataError
        If the grid has more than 30 million cells.
    ValueError
        If *heights* are none, not increasing or not positive; if *strongest* is not a share;
        if *least_length* is below 0.

    References
    ----------
    .. [1] Hornby, P., Boschetti, F., Horowitz, F.G. (1999). Analysis of potential field
       data in the wavelet domain. Geophysical Journal International 137, 175-196.
    """
    field = sources.continuous(source, "worm_lines")
    _check(heights, strongest)
    if not least_length >= 0:
        raise ValueError(f"least_length must be 0 or more, got {least_length:g} m")
    if field.size > LARGEST:
        raise DataError(
            f"worm_lines holds whole grids, and this one has {field.size:,} cells; bring it "
            f"onto one of at most {LARGEST:,}: edges at a height need no "
            "cells finer than a quarter of it"
        )
    tables = [_lines(field, height, strongest, least_length) for height in heights]
    found = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
    found.attrs["long_name"] = f"worms of {field.attrs['long_name']}"
    found.attrs["units"] = rate_units(field)
    return found


def _greater(one: xr.DataArray, other: xr.DataArray) -> Any:
    return np.fmax(one, other)


def _check(heights: Sequence[float], strongest: float) -> None:
    if not heights:
        raise ValueError("heights names none; give some, [500, 1000, 2000] for example, in metres")
    for height in heights:
        sources.positive("heights", height, "m")
    if not all(a < b for a, b in itertools.pairwise(heights)):
        raise ValueError(f"heights must increase, got {list(heights)} m")
    if not 0 < strongest <= 1:
        raise ValueError(f"strongest must be a share above 0 and up to 1, got {strongest:g}")


def _rate(height: float, *, north: int = 0, east: int = 0) -> Transform:
    return potential.at_height(height, potential.derivative(north=north, east=east))


def _gradient(field: xr.DataArray, height: float) -> xr.DataArray:
    return transformed(field, [_rate(height, north=1), _rate(height, east=1)], np.hypot)


def _bound(gradient: xr.DataArray, strongest: float) -> float:
    """The gradient that this share of the cells exceeds; infinite if none is known."""
    known = sources.known_values(gradient, None)
    return float(known[int((1 - strongest) * (known.size - 1))]) if known.size else np.inf


def _edges(field: xr.DataArray, height: float, strongest: float) -> xr.DataArray:
    """The height where an edge runs, 0 elsewhere."""
    bound = _bound(_gradient(field, height), strongest)
    code = transformed(field, _rates(height), functools.partial(ridges.coded, height, bound))

    def block_edges(block: lazy.Block) -> lazy.Block:
        return np.pad(np.where(ridges.crests(block), height, 0), 1).astype("float32")

    return lazy.from_array(block_edges, code, halo=1)


def _rates(height: float) -> list[Transform]:
    orders = [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
    return [_rate(height, north=n, east=e) for n, e in orders]


def _lines(
    field: xr.DataArray, height: float, strongest: float, least_length: float
) -> gpd.GeoDataFrame:
    grid = contract.grid_of(field)
    rates, gradient = _rates(height), _gradient(field, height)
    layers = (gradient, transformed(field, rates, ridges.uphill_rate),
              *(transformed(field, [one]) for one in rates[:2]))  # fmt: skip
    slope, rate, north, east = lazy.compute(*(layer.data for layer in layers))
    bound = _bound(gradient, strongest)
    down, right = np.gradient(rate, *contract.cell_size(grid)) if min(rate.shape) > 1 else (0, 0)
    crest = east * right - north * down < 0  # the rate falls uphill: rows run to the south
    lines = _zero_lines(np.where(crest & (slope >= bound), rate, np.nan))
    means = [_mean_along(line, slope) for line in lines]
    placed = shapely.transform(np.array(lines, object), functools.partial(_on_ground, grid))
    length = shapely.length(placed)
    kept = length >= max(least_length, 1e-9)
    table = {"height": float(height), "gradient": np.array(means)[kept], "length": length[kept]}
    return gpd.GeoDataFrame(table, geometry=list(placed[kept]), crs=grid.crs.proj)


def _zero_lines(rate: npt.NDArray[np.floating]) -> list[shapely.LineString]:
    """Lines along which a rate is 0, in columns and rows; broken where it is unknown."""
    import contourpy

    if min(rate.shape) < 2:
        return []
    lines = contourpy.contour_generator(z=np.ma.masked_invalid(rate), corner_mask=True).lines(0.0)
    return [shapely.LineString(np.asarray(line)) for line in lines if len(line) > 1]


def _mean_along(line: shapely.LineString, slope: npt.NDArray[np.floating]) -> float:
    columns, rows = np.rint(shapely.get_coordinates(line)).astype(int).T
    return float(np.nanmean(slope[rows, columns]))


def _on_ground(grid: GeoBox, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Columns and rows of cells' centres as eastings and northings."""
    x, y = grid.affine @ (places[:, 0] + 0.5, places[:, 1] + 0.5)
    return np.stack([x, y], axis=1)
