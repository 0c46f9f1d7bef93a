"""Deposits of early years foretelling later ones."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from odc.geo.geobox import GeoBox
from scipy.spatial import KDTree

from geoprospect import contract
from geoprospect.contract import Folds
from geoprospect.errors import DataError
from geoprospect.labels.holdouts import places_of
from geoprospect.registry import FOLDS

log = logging.getLogger("geoprospect.labels")

Years = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@FOLDS.register
def time_split(
    samples: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    year: int,
    column: str = "year",
    dead_zone: float,
) -> Folds:
    """
    Deposits known by a year foretell those found later: the only true test of prediction.

    Later deposits beside an old mine were found because of the mine; with a dead zone they
    are not counted, and what is left are discoveries on new ground [1]_.

    Background that kept away from all deposits (``buffered``) knows of the later ones too
    and flatters this score; drawn evenly it does not.

    Parameters
    ----------
    samples : GeoDataFrame
        Deposits and background, with ``label`` and the *column*.
    grid : GeoBox
        Target grid.
    year : int
        Deposits discovered by the end of this year are learnt from, later ones foretold.
    column : str
        Of the deposits: year of discovery, or a date.
    dead_zone : float
        Later deposits nearer than this to one known by then are not counted; 0 counts all
        [m].

    Returns
    -------
    Folds
        One fold, without ``blocks``. Deposits of unknown year are neither learnt from nor
        foretold, which is said.

    Raises
    ------
    DataError
        If there is no such column, or no deposit before or after the year.
    ValueError
        If *dead_zone* is negative.

    References
    ----------
    .. [1] Fabbri, A.G. and Chung, C.J. (2008). On blind tests and spatial prediction
       models. Natural Resources Research 17, 107-118.
    """
    contract.check_samples(samples, grid)
    if not dead_zone >= 0:
        raise ValueError(f"dead_zone must be 0 m or more, got {dead_zone} m")
    deposits = (samples["label"] == 1).to_numpy()
    years = _years(samples, deposits, column)
    early, late = deposits & (years <= year), deposits & (years > year)
    _check_split(years[deposits], early, late, year)
    places = places_of(samples)
    away = KDTree(places[early]).query(places)[0] >= dead_zone
    _tell_near(late, away, year, dead_zone)
    of_samples = np.where(late & away, 0, -1).astype(np.int64)
    return Folds(of_samples, (early | ~deposits)[None], names=(f"found after {year}",))


def _years(samples: gpd.GeoDataFrame, deposits: Mask, column: str) -> Years:
    """Year of each sample's discovery; NaN where unknown."""
    if column not in samples:
        known = ", ".join(str(name) for name in samples.columns if name != "geometry")
        raise DataError(
            f"time_split: the deposits have no column {column!r} with the year of discovery; "
            f"they have {known}; name it with column, or leave this protocol out"
        )
    years = _as_years(samples[column])
    unknown = int(np.isnan(years[deposits]).sum())
    if unknown:
        log.warning(
            "%d of %d deposits have no year of discovery; time_split neither learns from them "
            "nor foretells them", unknown, deposits.sum(),
        )  # fmt: skip
    return years


def _as_years(values: pd.Series[Any]) -> Years:
    """Years from numbers, dates or texts of either."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return np.asarray(values.dt.year.to_numpy(float, na_value=np.nan))
    years = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(years)
    dates = pd.to_datetime(values, errors="coerce", format="mixed").dt.year
    return np.where(np.isnan(years), dates.to_numpy(float, na_value=np.nan), years)


def _check_split(years: Years, early: Mask, late: Mask, year: int) -> None:
    if early.any() and late.any():
        return
    known = years[~np.isnan(years)]
    told = f"they run from {known.min():.0f} to {known.max():.0f}" if len(known) else "none has one"
    side = "after" if early.any() or not len(known) else "by"
    raise DataError(
        f"time_split: no deposit was discovered {side} {year}; of {len(years)} deposits "
        f"{len(known)} have a year and {told}; choose another year, or leave this protocol out"
    )


def _tell_near(late: Mask, away: Mask, year: int, dead_zone: float) -> None:
    near = int((late & ~away).sum())
    if near == late.sum():
        raise DataError(
            f"time_split: all {near} deposits found after {year} lie within {dead_zone:.0f} m of "
            "one known before; make the dead_zone smaller or the year earlier"
        )
    if near:
        log.info(
            "%d of %d deposits found after %d lie within %.0f m of one known before and are not "
            "counted", near, late.sum(), year, dead_zone,
        )  # fmt: skip
