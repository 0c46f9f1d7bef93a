"""The strike of the nearest line, and distance along and across a strike."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.contract import cell_size
from geoprospect.features import edges, sources
from geoprospect.kernels import distance
from geoprospect.registry import FEATURES

Places = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@FEATURES.register
def line_orientation(source: gpd.GeoDataFrame, *, grid: GeoBox, max_distance: float) -> xr.Dataset:
    """
    Strike of the nearest line, as the cosine and sine of twice its angle [1].

    Under one stress field faults of some strikes open and others close; doubled, the
    angle has no jump where north becomes south again [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Lines in the grid's CRS. Lines beyond the edge of the grid still count.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    max_distance : float
        Cells farther from any line than this are unknown [m].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``strike_cosine`` (1 for lines to north and south, -1 to east and west) and
        ``strike_sine`` (1 to north-east, -1 to north-west) of the nearest straight
        stretch of line; where several are equally near, as at a bend, the direction of
        the sum of their doubled directions, and NaN where these cancel out. Exact.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features, or others than lines.
    ValueError
        If *max_distance* is not positive.

    References
    ----------
    .. [1] Mardia, K.V., Jupp, P.E. (2000). Directional Statistics. Wiley. Section 1.1.
    """
    sources.positive("max_distance", max_distance, "m")
    shapes = sources.only(sources.located(source, grid), sources.LINES, "line_orientation", "lines")
    stretches = _stretches(shapes)
    ahead = stretches[:, 1] - stretches[:, 0]
    twice = 2 * np.arctan2(ahead[:, 0], ahead[:, 1])
    tree = shapely.STRtree(np.asarray(shapely.linestrings(stretches)))

    def window_strike(window: GeoBox) -> lazy.Block:
        places = _centres(edges.place(window, grid), grid)
        cell, stretch = tree.query_nearest(
            shapely.points(places), max_distance=max_distance, all_matches=True
        )
        in_order = np.lexsort((stretch, cell))  # sums round alike whatever the window
        cell, stretch = cell[in_order], stretch[in_order]
        sums = [
            np.bincount(cell, part[stretch], len(places)) for part in (np.cos(twice), np.sin(twice))
        ]
        length = np.hypot(*sums)
        length[length < 1e-9] = np.nan
        return (np.stack(sums) / length).reshape(2, *window.shape).astype("float32")

    names = ("strike_cosine", "strike_sine")
    layers = lazy.layers_from_grid(window_strike, grid, names)
    told = sources.called(source, "nearest line")
    return xr.Dataset(
        {
            name: contract.describe(
                layers[name], long_name=f"{word} of twice the strike of {told}", units="1"
            )
            for name, word in zip(names, ("cosine", "sine"), strict=True)
        }
    )


@FEATURES.register
def strike_distance(
    source: gpd.GeoDataFrame, *, grid: GeoBox, strike: float, ratio: float, max_distance: float
) -> xr.DataArray:
    """
    Distance to the nearest feature, shorter along a given strike [m].

    Ore runs on along the grain of a belt farther than across it: a kilometre along
    strike can weigh as little as a hundred metres across [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points, lines or polygons in the grid's CRS. Features beyond the edge of the
        grid still count. Inside a polygon the distance is 0.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    strike : float
        Direction of the strike, clockwise from grid north [degree].
    ratio : float
        How many metres along the strike count as much as one across it [1].
    max_distance : float
        Cells farther than this get this value [m across the strike].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Exact: sqrt(across^2 + (along / ratio)^2) from the centre of the cell.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If *source* has no features.
    ValueError
        If *ratio* or *max_distance* is not positive, or *strike* is not finite.

    References
    ----------
    .. [1] Isaaks, E.H., Srivastava, R.M. (1989). An Introduction to Applied
       Geostatistics. Oxford University Press. Chapter 16.
    """
    sources.positive("ratio", ratio, "[1]")
    sources.positive("max_distance", max_distance, "m")
    if not math.isfinite(strike):
        raise ValueError(f"strike must be finite, got {strike:g} degrees")
    shapes = sources.parts(sources.located(source, grid).geometry.to_numpy())
    squeeze = _squeezing(strike, ratio)
    tree = shapely.STRtree(_outlines(shapes, squeeze))
    inside = edges.finder(edges.rings(shapes, grid)[0], leftward=True)

    def window_distance(window: GeoBox) -> lazy.Block:
        place = edges.place(window, grid)
        away = np.full(place[2] * place[3], max_distance)
        (cell, _), found = tree.query_nearest(
            shapely.points(_centres(place, grid) @ squeeze),
            max_distance=max_distance,
            return_distance=True,
            all_matches=False,
        )
        away[cell] = found
        away = away.reshape(place[2:])
        away[distance.filled(inside(place), place)] = 0
        return away.astype("float32")

    name = sources.called(source, "nearest feature")
    return contract.describe(
        lazy.from_grid(window_distance, grid),
        long_name=f"distance to {name}, {ratio:g} times shorter along {strike:g} degrees",
        units="m",
    )


def _centres(window: distance.Window, grid: GeoBox) -> Places:
    """Easting and northing of a window's cell centres: (ny nx, 2)."""
    top, left, rows, columns = window
    height, width = cell_size(grid)
    north = grid.affine.f - (np.arange(top, top + rows) + 0.5) * height
    east = grid.affine.c + (np.arange(left, left + columns) + 0.5) * width
    return np.stack([a.ravel() for a in np.meshgrid(east, north)], axis=1)


def _stretches(lines: sources.Shapes) -> Places:
    """The straight stretches of lines, from end to end: (n, 2, 2)."""
    places, owner = shapely.get_coordinates(lines, return_index=True)
    pairs = np.stack([places[:-1], places[1:]], axis=1)[owner[1:] == owner[:-1]]
    long: Places = pairs[(pairs[:, 0] != pairs[:, 1]).any(axis=1)]
    return long


def _squeezing(strike: float, ratio: float) -> Matrix:
    """What (east, north) is multiplied by, from the right, so that distances become plain ones."""
    east, north = math.sin(math.radians(strike)), math.cos(math.radians(strike))
    along = np.array([east, north])
    across = np.array([north, -east])
    return np.stack([along / ratio, across], axis=1)


def _outlines(shapes: sources.Shapes, squeeze: Matrix) -> sources.Shapes:
    """Points, and straight stretches of lines and rings, in squeezed places."""
    kind = shapely.get_type_id(shapes)
    points = shapely.get_coordinates(shapes[kind == 0]) @ squeeze
    lines = np.concatenate(
        [shapes[(kind == 1) | (kind == 2)], shapely.get_rings(shapes[kind == 3])]
    )
    stretches = _stretches(lines) @ squeeze
    found: sources.Shapes = np.empty(len(points) + len(stretches), dtype=object)
    found[: len(points)] = shapely.points(points)
    found[len(points) :] = shapely.linestrings(stretches)
    return found
