"""Sheets of the Chinese national map series, by the numbers that GB/T 13989 gives them."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import shapely

from geoprospect.errors import DataError
from geoprospect.targets.tilings import TILINGS, Bounds

CRS = "EPSG:4490"
"""CGCS2000, degrees."""

MILLIONTH = (4.0, 6.0)
"""Height and width of a sheet at 1:1 000 000 [degrees]."""

SCALES = {
    1_000_000: ("", 1),
    500_000: ("B", 2),
    250_000: ("C", 4),
    100_000: ("D", 12),
    50_000: ("E", 24),
    25_000: ("F", 48),
    10_000: ("G", 96),
    5_000: ("H", 192),
}
"""Letter of each scale, and into how many rows and columns it cuts the sheet at 1:1 000 000."""

NORTHERNMOST = 60.0
"""Where sheets begin to be joined [degrees]; China ends before."""
MOST = 100_000
STEPS = 8
"""Corners along each edge, so that it follows its parallel in a projected CRS."""


@TILINGS.register
def map_sheets(*, bounds: Bounds, scale: int) -> gpd.GeoDataFrame:
    """
    Sheets of the Chinese national map series that reach into *bounds*, with their numbers.

    Surveys in China are planned, ordered and filed by sheet. A sheet at 1:1 000 000 is 4 degrees
    high and 6 wide, with a letter from the equator and a number from 180 degrees west; a
    finer one is numbered inside it by row from the north and column from the west, as
    in J50E001001 [1]_.

    Parameters
    ----------
    bounds : (west, south, east, north)
        Filled in by the pipeline: where the study area lies [degrees, CGCS2000].
    scale : int
        50000 for 1:50 000; also 1000000, 500000, 250000, 100000, 25000, 10000 and 5000.

    Returns
    -------
    GeoDataFrame of Polygon in EPSG:4490
        ``sheet_no``, from the north-west.

    Raises
    ------
    DataError
        If the bounds leave the half of the globe that is cut so (the equator to 60 degrees
        north), or there would be more than 100,000 sheets.
    ValueError
        If the series has no such scale.

    References
    ----------
    .. [1] GB/T 13989-2012. Subdivision and numbering for the national primary scale
       topographic maps. Standards Press of China.
    """
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(map(str, SCALES))}, got {scale}")
    west, south, east, north = bounds
    if south < 0 or north > NORTHERNMOST:
        raise DataError(
            f"the study area reaches from {south:.2f} to {north:.2f} degrees north; sheets of "
            f"GB/T 13989 are made here from the equator to {NORTHERNMOST:.0f} degrees north"
        )
    _, cuts = SCALES[scale]
    height, width = (side / cuts for side in MILLIONTH)
    rows = range(math.floor(south / height), math.ceil(north / height))
    columns = range(math.floor(west / width), math.ceil(east / width))
    if len(rows) * len(columns) > MOST:
        raise DataError(
            f"the study area takes {len(rows) * len(columns):,} sheets at 1:{scale}; choose a "
            "coarser scale"
        )
    places = [(row, column) for row in reversed(rows) for column in columns]
    return gpd.GeoDataFrame(
        {"sheet_no": [_number(row, column, scale) for row, column in places]},
        geometry=[_outline(row, column, cuts) for row, column in places],
        crs=CRS,
    )


def sheet_number(longitude: float, latitude: float, *, scale: int) -> str:
    """The number of the sheet that a point lies in; on an edge, of the one north-east of it."""
    _, cuts = SCALES[scale]
    height, width = (side / cuts for side in MILLIONTH)
    return _number(math.floor(latitude / height), math.floor(longitude / width), scale)


def _number(row: int, column: int, scale: int) -> str:
    """Of the sheet so many rows above the equator and columns east of Greenwich."""
    letter, cuts = SCALES[scale]
    band, above = divmod(row, cuts)
    zone, across = divmod(column, cuts)
    millionth = f"{chr(ord('A') + band)}{(zone + 30) % 60 + 1:02d}"
    return f"{millionth}{letter}{cuts - above:03d}{across + 1:03d}" if letter else millionth


def _outline(row: int, column: int, cuts: int) -> shapely.Polygon:
    height, width = MILLIONTH
    south, north = row * height / cuts, (row + 1) * height / cuts
    west, east = column * width / cuts, (column + 1) * width / cuts
    x, y = np.linspace(west, east, STEPS + 1), np.linspace(south, north, STEPS + 1)
    ring = [
        *zip(x, np.full_like(x, south), strict=True),
        *zip(np.full_like(y, east), y, strict=True),
        *zip(x[::-1], np.full_like(x, north), strict=True),
        *zip(np.full_like(y, west), y[::-1], strict=True),
    ]
    return shapely.Polygon(ring)
