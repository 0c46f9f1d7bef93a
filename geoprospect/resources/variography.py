"""How grades of drill holes resemble each other, by distance and direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError
from geoprospect.kernels import pairs
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.variogram import FEWEST_PAIRS, Experimental
from geoprospect.kernels.variogram import fitted as fitted_line
from geoprospect.resources.graded import graded

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Direction:
    """
    A direction with how far pairs may be off it.

    *azimuth* clockwise from north and *dip*, negative down [degree]; *tolerance* is the
    greatest angle off the direction [degree], *band* the greatest distance off its line [m].
    """

    azimuth: float
    dip: float = 0.0
    tolerance: float = 22.5
    band: float = np.inf

    def __post_init__(self) -> None:
        if not 0 < self.tolerance <= 90:
            raise ValueError(f"a tolerance lies above 0 and not above 90 degrees, "
                             f"got {self.tolerance}")  # fmt: skip
        if not self.band > 0:
            raise ValueError(f"a band must be positive, got {self.band} m")

    @property
    def unit(self) -> Values:
        """Unit vector (east, north, up); a model along it is gamma(distances x unit)."""
        return np.asarray(Orientation(self.azimuth, self.dip).axes[0])


def along_axes(
    orientation: Orientation, *, tolerance: float = 22.5, band: float = np.inf
) -> tuple[Direction, Direction, Direction]:
    """
    Directions of the major, semi-major and minor axis of an ellipsoid.

    Along these the measured variogram is laid beside the model.
    """
    made = []
    for east, north, up in orientation.axes:
        azimuth = float(np.degrees(np.arctan2(east, north)) % 360)
        dip = float(np.degrees(np.arcsin(np.clip(up, -1, 1))))
        made.append(Direction(azimuth, dip, tolerance, band))
    return made[0], made[1], made[2]


def experimental(
    samples: pd.DataFrame,
    *,
    grade: str,
    lag: float,
    lags: int,
    directions: Sequence[Direction] = (),
) -> pd.DataFrame:
    """
    Half the mean square difference of grades by distance, in all directions or in some.

    Where it stops rising grades no longer know of each other; that it rises more slowly one
    way than another shows how the ore lies [1]_.

    Parameters
    ----------
    samples : DataFrame
        ``x``, ``y``, ``z`` [m], ``hole`` and the grade; those without it are left out.
    grade : str
    lag : float
        Width of a bin of distance [m], about the spacing of samples.
    lags : int
        How many.
    directions : sequence of Direction
        None is all directions together.

    Returns
    -------
    DataFrame
        ``direction`` (number, from 0), ``azimuth``, ``dip`` [degree; NaN of all together],
        ``lag`` (number), mean ``distance`` [m], ``gamma`` and ``pairs``; bins without a pair
        are left out. Fewer than 30 pairs say little.

    Raises
    ------
    DataError
        If samples cannot be used, or no pair is near enough.
    ValueError
        If *lag* or *lags* is not positive.

    References
    ----------
    .. [1] Journel, A.G., Huijbregts, C.J. (1978). Mining Geostatistics. Academic Press,
       chapter III.
    """
    return _by_lag(samples, grade, lag, lags, directions, within=False)


def down_hole(samples: pd.DataFrame, *, grade: str, lag: float, lags: int) -> pd.DataFrame:
    """
    As :func:`experimental`, of pairs within one hole: what the nugget is read from.

    Nowhere else do samples lie so near each other.
    """
    return _by_lag(samples, grade, lag, lags, (), within=True)


def down_hole_nugget(measured: pd.DataFrame, *, model: str = "spherical") -> float:
    """
    Nugget of the model nearest to a down-hole variogram, in the square of the grade's units.

    Parameters
    ----------
    measured : DataFrame
        As :func:`down_hole` gives it.
    model : {"spherical", "exponential", "gaussian"}

    Raises
    ------
    DataError
        If fewer than three bins hold 30 pairs.
    """
    held = measured[measured["pairs"] >= FEWEST_PAIRS]
    if len(held) < 3:
        raise DataError(
            f"the nugget cannot be read: {len(held)} bins down the holes hold {FEWEST_PAIRS} pairs "
            "or more, and it takes 3; widen the lag, or let the whole fit find it"
        )
    distance, gamma, count = (held[name].to_numpy(float) for name in ("distance", "gamma", "pairs"))
    line = Experimental(distance, np.zeros(len(held)), gamma, count)
    return float(fitted_line(line, model, max_lag=float(distance.max())).nugget)


def _by_lag(
    samples: pd.DataFrame,
    grade: str,
    lag: float,
    lags: int,
    directions: Sequence[Direction],
    *,
    within: bool,
) -> pd.DataFrame:
    if not lag > 0 or lags < 1:
        raise ValueError(f"lag and lags must be positive, got {lag} m and {lags}")
    rows = graded(samples, grade)
    axes = np.array([one.unit for one in directions] or [np.array([0.0, 0.0, 1.0])])
    cosines = np.array([np.cos(np.radians(one.tolerance)) for one in directions] or [-1.0])
    bands = np.array([one.band for one in directions] or [np.inf], np.float64)
    sums = pairs.along(
        samples[["x", "y", "z"]].to_numpy(np.float64)[rows],
        samples[grade].to_numpy(np.float64)[rows],
        pd.factorize(samples["hole"])[0][rows].astype(np.int64),
        axes, cosines, bands, float(lag), int(lags), within,
    )  # fmt: skip
    count, distance, squares = np.moveaxis(sums, -1, 0)
    which, bin_ = np.nonzero(count)
    if not len(which):
        raise DataError(f"no two samples {'of a hole ' if within else ''}lie within {lag * lags:g} "
                        "m of each other; widen lag, lags, tolerance or band")  # fmt: skip
    n = count[which, bin_]
    azimuths = np.array([one.azimuth for one in directions] or [np.nan])
    dips = np.array([one.dip for one in directions] or [np.nan])
    return pd.DataFrame(
        {"direction": which, "azimuth": azimuths[which], "dip": dips[which], "lag": bin_,
         "distance": distance[which, bin_] / n, "gamma": squares[which, bin_] / (2 * n),
         "pairs": n.astype(np.int64)}
    )  # fmt: skip
