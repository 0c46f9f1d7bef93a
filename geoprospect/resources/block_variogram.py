"""The variogram a block model rests on: as stated or fitted, laid beside what was measured."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from geoprospect.blocks import Three
from geoprospect.errors import DataError
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.language import marked
from geoprospect.resources.fitted_variogram import FittedVariogram, fitted_variogram
from geoprospect.resources.variography import (
    along_axes,
    down_hole,
    down_hole_nugget,
    experimental,
)

log = logging.getLogger("geoprospect.resources")

Model = Literal["spherical", "exponential", "gaussian"]

LAGS = 12
"""Bins of distance that are measured along each axis, to twice the range."""
NAMES = (marked("major axis"), marked("semi-major axis"), marked("minor axis"))


@dataclass(frozen=True)
class Fit:
    """
    How a variogram is fitted, where none is stated.

    *models* are one for each structure, *reach* the greatest offset looked at east, north and
    up [m]. *nugget* is stated, read ``down_hole``, or found with the rest (None); so is the
    *orientation*.
    """

    models: tuple[Model, ...] = ("spherical",)
    reach: Three | None = None
    nugget: float | Literal["down_hole"] | None = None
    orientation: Orientation | None = None


@dataclass(frozen=True, eq=False)
class Looked:
    """
    A variogram, how it was fitted if it was, and tables of measurement and model.

    ``measured`` and ``model`` have ``direction``, ``distance`` [m] and ``semivariance``, and the
    former ``pairs``.
    """

    variogram: Nested
    fit: FittedVariogram | None
    measured: pd.DataFrame = field(repr=False)
    model: pd.DataFrame = field(repr=False)

    def told(self) -> dict[str, Any]:
        """All that a report says of it, ready for JSON."""
        fitted = None if self.fit is None else {
            "explained": self.fit.explained, "nearest_alike": self.fit.alike,
            "samples": self.fit.samples, "pairs": self.fit.pairs,
        }  # fmt: skip
        return {
            "fit": fitted,
            "sill": self.variogram.sill,
            "nugget": self.variogram.nugget,
            "structures": [_told(one) for one in self.variogram.structures],
            "measured": self.measured.to_dict("records"),
            "model": self.model.to_dict("records"),
        }


def looked(samples: pd.DataFrame, *, grade: str, variogram: Nested | Fit) -> Looked:
    """
    The variogram as stated or fitted, with what was measured along its axes.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``hole``, ``from``, ``to``, ``x``, ``y``, ``z`` [m] and the grade.
    grade : str
    variogram : Nested or Fit

    Returns
    -------
    Looked

    Raises
    ------
    DataError
        If it cannot be fitted, with what to do next.
    """
    fit = _fitted(samples, grade, variogram) if isinstance(variogram, Fit) else None
    model = fit.variogram if fit is not None else variogram
    assert isinstance(model, Nested)
    longest = model.longest
    measured = [] if longest is None else _measured(samples, grade, longest)
    return Looked(model, fit, _joined(measured, [*_COLUMNS, "pairs"]),
                  _joined([] if longest is None else _drawn(model, longest), _COLUMNS))  # fmt: skip


_COLUMNS = ["direction", "distance", "semivariance"]


def _fitted(samples: pd.DataFrame, grade: str, how: Fit) -> FittedVariogram:
    nugget = how.nugget
    if nugget == "down_hole":
        length = float((samples["to"] - samples["from"]).median())
        measured = down_hole(samples, grade=grade, lag=1.5 * length, lags=10)
        nugget = down_hole_nugget(measured)
        log.info("the nugget of %s is %.3g, read down the holes.", grade, nugget)
    return fitted_variogram(samples, grade=grade, models=how.models, reach=how.reach,
                            nugget=nugget, orientation=how.orientation)  # fmt: skip


def _measured(samples: pd.DataFrame, grade: str, longest: Structure) -> list[pd.DataFrame]:
    """Along each axis to twice the range; an axis without a pair of samples is left out."""
    found = []
    for name, direction, reach in zip(
        NAMES, along_axes(longest.orientation), longest.ranges, strict=True
    ):
        try:
            table = experimental(samples, grade=grade, lag=2 * reach / LAGS, lags=LAGS,
                                 directions=[direction])  # fmt: skip
        except DataError as error:
            log.info("the variogram along the %s is not measured: %s", name, error)
            continue
        found.append(
            table.rename(columns={"gamma": "semivariance"})
            .assign(direction=name)[[*_COLUMNS, "pairs"]]
        )  # fmt: skip
    return found


def _drawn(model: Nested, longest: Structure) -> list[pd.DataFrame]:
    found = []
    for name, axis, reach in zip(NAMES, longest.orientation.axes, longest.ranges, strict=True):
        distance = np.linspace(2 * reach / 240, 2 * reach, 60)
        gamma = model.gamma(distance[:, None] * axis[None, :])
        found.append(pd.DataFrame({"direction": name, "distance": distance, "semivariance": gamma}))
    return found


def _joined(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _told(one: Structure) -> dict[str, Any]:
    """A structure in both ways to say how it lies."""
    lies, plane = one.orientation, one.orientation.plane
    return {
        "model": one.model, "sill": one.sill, "ranges": list(one.ranges),
        "azimuth": lies.azimuth, "dip": lies.dip, "roll": lies.roll,
        "plane_dip": plane.dip, "plane_dip_azimuth": plane.dip_azimuth, "pitch": plane.pitch,
    }  # fmt: skip
