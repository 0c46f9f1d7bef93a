"""Gravity freed of height and of the ground about the station, so that rocks below are left."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import focal, sources, tables, terrain
from geoprospect.kernels import circles, gravity
from geoprospect.registry import FEATURES, TABLES

log = logging.getLogger("geoprospect.features")


@TABLES.register
def free_air_anomaly(source: gpd.GeoDataFrame, *, observed: str, height: str) -> gpd.GeoDataFrame:
    """
    Observed gravity less that of the Earth without rocks of its own, at the station's height.

    Gravity falls by 0.31 mGal a metre and from the poles to the equator by 5 Gal; what
    is left speaks of rocks and of the ground's shape, which ``bouguer_anomaly`` takes
    away [1]_. It belongs to the stations, before they are interpolated: as a layer,
    observed gravity would be rounded to 0.06 mGal.

    Parameters
    ----------
    source : GeoDataFrame
        Stations on the ground, points in any CRS.
    observed : str
        Column of observed, absolute gravity [mGal].
    height : str
        Column of heights above the ellipsoid. Heights above the sea leave the geoid's
        broad waves in the result, as all older anomalies have them [m].

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``free_air_anomaly`` [mGal]: less gravity of the
        ellipsoid of GRS80 at that height, in closed form [2]_. The air's own attraction,
        0.87 mGal at the sea and 0.1 less a kilometre up, is left in.

    Raises
    ------
    ContractError
        If *source* has no CRS, or a column states another unit.
    DataError
        If a column is not there or holds text.

    References
    ----------
    .. [1] Hinze, W.J., et al. (2005). New standards for reducing gravity data: the North
       American gravity database. Geophysics 70, J25-J32.
    .. [2] Li, X., Goetze, H.-J. (2001). Ellipsoid, geoid, gravity, geodesy, and
       geophysics. Geophysics 66, 1660-1668.
    """
    pull, up = tables.numbers(source, [observed, height], "free_air_anomaly").T
    stated = source.attrs.get("units", {})
    _check_units(stated.get(observed, "mGal"), "mGal", f"column {observed!r}")
    _check_units(stated.get(height, "m"), "m", f"column {height!r}")
    latitude = _latitude(source)
    anomaly = pull - gravity.normal(latitude, up)
    far = int((np.abs(anomaly) > 1000).sum())
    if far:
        log.warning(
            "free_air_anomaly: %d of %d stations depart by more than 1000 mGal from normal "
            "gravity; observed gravity must be absolute and in mGal (979,000 or so), heights in m",
            far,
            len(anomaly),
        )
    return tables.with_columns(source, {"free_air_anomaly": anomaly}, {"free_air_anomaly": "mGal"})


@FEATURES.register
def bouguer_anomaly(
    source: xr.DataArray,
    elevation: xr.DataArray,
    *,
    density: float,
    radius: float | None = None,
    spherical: bool = False,
) -> xr.DataArray:
    """
    Free-air gravity less the attraction of the ground between the station and the sea [mGal].

    Free-air gravity follows every hill. Without the hills, lows over light granite and
    basins and highs over mafic rock and iron ore are left [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Free-air anomaly on the ground, on the target grid [mGal].
    elevation : DataArray (y, x)
        Height of the ground above the sea, on the same grid [m].
    density : float
        Of the ground above the sea; 2670 is the custom for crystalline rock, less for
        young sediments [kg m-3].
    radius : float, optional
        The complete anomaly: with ``terrain_correction`` out to this distance. Without
        it the simple one, which is too low beside hills and above valleys [m].
    spherical : bool
        Bend the slab as the Earth is and let it end after 166.7 km (Bullard B) [2]_:
        up to 1.5 mGal, in broad waves that follow the height.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Less 0.1119 mGal a metre at 2670 kg m-3. NaN where one of the two is unknown.
        Ground below zero counts as a lack of rock, without water over it: of a sea or a
        lake take the height of its surface, and mistrust its cells.

    Raises
    ------
    ContractError
        If *source* is not in mGal, *elevation* not in metres, or they are on two grids.
    ValueError
        If *density* or *radius* is not positive, or *radius* does not reach a
        neighbouring cell.

    References
    ----------
    .. [1] Hinze, W.J., von Frese, R.R.B., Saad, A.H. (2013). Gravity and Magnetic
       Exploration. Cambridge University Press.
    .. [2] LaFehr, T.R. (1991). An exact solution for the gravity curvature (Bullard B)
       correction. Geophysics 56, 1179-1184.
    """
    field = sources.continuous(source, "bouguer_anomaly")
    _check_units(str(field.attrs["units"]), "mGal", repr(field.attrs["long_name"]))
    height, _ = terrain.elevation_of(elevation, "bouguer_anomaly")
    _check_grids(field, height)
    sources.positive("density", density, "kg m-3")
    attraction = gravity.cap if spherical else gravity.slab
    ground = lazy.from_array(
        lambda block: attraction(block.astype("f8"), density).astype("float32"), height
    )
    found = lazy.chunked(field) - ground
    kind = "simple Bouguer anomaly"
    if radius is not None:
        kind = f"Bouguer anomaly, terrain within {radius:g} m"
        found = found + terrain_correction(elevation, density=density, radius=radius)
    return contract.describe(
        found, long_name=f"{kind}, {density:g} kg m-3", units="mGal",
        quality=contract.is_quality(field),
    )  # fmt: skip


@FEATURES.register
def terrain_correction(source: xr.DataArray, *, density: float, radius: float) -> xr.DataArray:
    """
    What hills above and valleys below a station take from its gravity [mGal].

    A hill beside the station pulls it up and a valley lacks the rock that the slab
    counts, so that both lower it: by tenths of a mGal in hilly and by tens in alpine
    ground, as much as ore bodies make. To be added to the simple Bouguer anomaly [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Height of the ground on the target grid [m].
    density : float
        Of the ground; 2670 is the custom for crystalline rock [kg m-3].
    radius : float
        How far ground counts, by the centres of its cells. The Earth is flat here, so
        that more than some 30 km adds little that is true [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        For a station on the ground at the centre of each cell; 0 on level ground, NaN
        where the height is unknown. Cells within 8 of the station are prisms, exact;
        farther ones vertical lines, true to 0.6 %. The station's own cell is level, so
        that cells should be small against the hills. Unknown ground and all beyond the
        edge of the grid count as level with the station, which is said: there the
        correction is too small, so give the grid a margin of the radius.
        A radius of 200 cells takes some half a millisecond for each cell of the grid.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    ValueError
        If *density* or *radius* is not positive, or *radius* does not reach a
        neighbouring cell.

    References
    ----------
    .. [1] Nagy, D. (1966). The gravitational attraction of a right rectangular prism.
       Geophysics 31, 362-371.
    """
    height, cell = terrain.elevation_of(source, "terrain_correction")
    sources.positive("density", density, "kg m-3")
    sources.positive("radius", radius, "m")
    near = circles.spans(min(radius, gravity.NEAR * min(cell)), cell)

    def lack(heights: circles.Values, circle: Sequence[int]) -> circles.Field:
        return density * gravity.terrain(heights, circle, near, cell)

    log.info(
        "terrain_correction: ground beyond the edge of the grid counts as level with the station; "
        "within %g m of the edge the correction is too small",
        radius,
    )
    return contract.describe(
        focal.about(lack, height, radius),
        long_name=f"terrain correction within {radius:g} m, {density:g} kg m-3",
        units="mGal",
    )


def _latitude(source: gpd.GeoDataFrame) -> tables.Values:
    """Of each station, north positive [degree]."""
    from pyproj import Transformer

    if source.crs is None:
        raise ContractError(
            "free_air_anomaly: the stations have no CRS; state it where they are read, "
            "crs: 'EPSG:...'"
        )
    places = shapely.get_coordinates(shapely.centroid(source.geometry.to_numpy()))
    to_degrees = Transformer.from_crs(source.crs, source.crs.geodetic_crs, always_xy=True)
    return np.asarray(to_degrees.transform(*places.T)[1])


def _check_units(stated: str, wanted: str, what: str) -> None:
    if stated != wanted:
        raise ContractError(
            f"gravity is reduced in mGal and m, and {what} is in {stated!r}; convert it, or state "
            f"units: {wanted} where it is read if it is in {wanted}"
        )


def _check_grids(field: xr.DataArray, height: xr.DataArray) -> None:
    if not contract.same_grid(contract.grid_of(field), contract.grid_of(height)):
        raise ContractError(
            "bouguer_anomaly: the gravity and the elevation are not on one grid; pass both through "
            "grid.align first"
        )
