"""Holes from a pad to points on a plane, and which of them cannot be drilled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.drilling.drift import STRAIGHT, Drift, started
from geoprospect.drilling.holes import Plane, core_angle
from geoprospect.errors import ContractError, DataError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """
    What a rig and a geologist allow.

    ``longest`` hole [m]; dips at the collar from ``steepest`` to ``flattest`` [degree,
    below 0 downward]; least angle between core and plane, ``core_angle`` [degree]: below it
    thickness and contacts are poorly told.
    """

    longest: float
    steepest: float = -90.0
    flattest: float = -45.0
    core_angle: float = 30.0

    def __post_init__(self) -> None:
        if not self.longest > 0:
            raise ValueError(f"longest must be above 0 m, got {self.longest:g}")
        if not -90 <= self.steepest <= self.flattest <= 90:
            raise ValueError(
                f"dips must run from steepest to flattest within -90 to 90 degrees, got "
                f"{self.steepest:g} and {self.flattest:g}; downward is below 0"
            )


def points_on(
    plane: Plane, *, spacing: float, along_strike: int, down_dip: int
) -> npt.NDArray[np.float64]:
    """
    Points to be pierced, at even distances on a plane about ``plane.through`` [m].

    Parameters
    ----------
    plane : Plane
    spacing : float
        Between neighbours, along strike and down dip [m].
    along_strike, down_dip : int
        Numbers of points each way.

    Returns
    -------
    ndarray (along_strike * down_dip, 3) float64
        Easting, northing, elevation; down dip within along strike.

    Raises
    ------
    ValueError
        If the spacing or a number is not above 0.
    """
    if not spacing > 0 or along_strike < 1 or down_dip < 1:
        raise ValueError(
            f"spacing must be above 0 m and there must be 1 point or more each way, got "
            f"{spacing:g}, {along_strike} and {down_dip}"
        )
    strike = (np.arange(along_strike) - (along_strike - 1) / 2) * spacing
    dip = (np.arange(down_dip) - (down_dip - 1) / 2) * spacing
    shifts = strike[:, None, None] * plane.along_strike + dip[None, :, None] * plane.down_dip
    points: Values = np.asarray(plane.through, float) + shifts.reshape(-1, 3)
    return points


def fan(
    collar: Sequence[float],
    points: npt.ArrayLike,
    *,
    plane: Plane,
    limits: Limits,
    drift: Drift = STRAIGHT,
) -> pd.DataFrame:
    """
    Holes from one pad to points on a plane, started so that the drifted holes hit.

    Parameters
    ----------
    collar : (3,)
        Easting, northing, elevation [m].
    points : (n, 3)
        To be pierced, as :func:`points_on` gives them [m].
    plane : Plane
        They lie on.
    limits : Limits
    drift : Drift

    Returns
    -------
    DataFrame
        A row for each point, in order: ``easting``, ``northing``, ``elevation`` of the point,
        ``azimuth`` and ``dip`` at the collar [degree], ``length`` [m], ``core_angle`` where the
        hole meets the plane [degree], and ``against``: what speaks against it, empty if
        nothing does. NaN where no hole reaches the point.
    """
    rows = [_hole(collar, point, plane, limits, drift) for point in np.asarray(points, float)]
    names = ["easting", "northing", "elevation", "azimuth", "dip", "length", "core_angle",
             "against"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _hole(
    collar: Sequence[float], point: Values, plane: Plane, limits: Limits, drift: Drift
) -> tuple[float | str, ...]:
    try:
        azimuth, dip, length = started(collar, point, drift)
    except DataError as error:
        return (*point.tolist(), math.nan, math.nan, math.nan, math.nan, str(error))
    angle = float(core_angle(drift.bearing(azimuth, dip, length), plane))
    against = "; ".join(_against(dip, length, angle, limits))
    return (*point.tolist(), azimuth, dip, length, angle, against)


def _against(dip: float, length: float, angle: float, limits: Limits) -> list[str]:
    found = []
    if length > limits.longest:
        found.append(f"{length:.0f} m long, and {limits.longest:g} m is the most")
    if not limits.steepest <= dip <= limits.flattest:
        found.append(
            f"starts at a dip of {dip:.0f} degrees, beyond {limits.steepest:g} to "
            f"{limits.flattest:g}"
        )
    if angle < limits.core_angle:
        found.append(f"meets the plane at {angle:.0f} degrees, less than {limits.core_angle:g}")
    return found


def against_collars(
    collars: gpd.GeoDataFrame,
    *,
    pads: gpd.GeoDataFrame | None = None,
    no_go: gpd.GeoDataFrame | None = None,
) -> pd.Series[str]:
    """
    What speaks against drilling from each collar; empty if nothing does.

    Parameters
    ----------
    collars : GeoDataFrame of points
    pads : GeoDataFrame of polygons, optional
        Collars must lie in one; on its edge is in it.
    no_go : GeoDataFrame of polygons, optional
        Collars must not touch one: settlements, water, protected ground.

    Returns
    -------
    Series of str
        In the order and with the index of *collars*.

    Raises
    ------
    ContractError
        If polygons are in another CRS than the collars.
    """
    outside = np.zeros(len(collars), bool) if pads is None else ~_touch(collars, pads, "the pads")
    barred = np.zeros(len(collars), bool)
    if no_go is not None:
        barred = _touch(collars, no_go, "the no-go areas")
    told = np.array(["", "on no pad", "in a no-go area", "on no pad; in a no-go area"])
    return pd.Series(told[outside + 2 * barred], index=collars.index, dtype="object")


def _touch(collars: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, what: str) -> npt.NDArray[np.bool_]:
    if collars.crs != areas.crs:
        raise ContractError(
            f"{what} are in {areas.crs} and the collars in {collars.crs}; bring both to one with "
            "to_crs"
        )
    touching = areas.sindex.query(collars.geometry, predicate="intersects")[0]
    found: npt.NDArray[np.bool_] = np.isin(np.arange(len(collars)), touching)
    return found
