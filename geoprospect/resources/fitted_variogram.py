"""A model of how grades resemble each other: nugget, and nested ellipsoids of likeness."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, rankdata

from geoprospect.blocks import Three
from geoprospect.errors import DataError
from geoprospect.kernels import geary, nested_fit, pairs
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested
from geoprospect.kernels.variogram import FEWEST_PAIRS
from geoprospect.resources.graded import graded

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

FEWEST = 30
"""Samples that a variogram takes at least."""
SURE = 2.0
"""Standard errors by which nearest samples have to be more alike than any two."""
SLIGHT = 0.01
"""Share of the sill below which structures say nothing."""
THIN = 1e-6
"""Extent, in parts of the longest, below which samples lie on a plane or a line."""


@dataclass(frozen=True)
class FittedVariogram:
    """
    A model, and what speaks for it.

    *explained* is the share of the scatter of gamma over bins that the model explains [1];
    *alike* is Geary's ratio of the nearest samples, 1 where they differ as any two do.
    """

    variogram: Nested
    explained: float
    alike: float
    samples: int
    pairs: int

    def table(self) -> pd.DataFrame:
        """One row for the nugget and each structure: sill, its share [%], ranges [m], angles."""
        whole = self.variogram.sill
        rows: list[dict[str, Any]] = [{"structure": "nugget", "sill": self.variogram.nugget}]
        for one in self.variogram.structures:
            lies, plane = one.orientation, one.orientation.plane
            rows.append(
                {"structure": one.model, "sill": one.sill, "major": one.major, "semi": one.semi,
                 "minor": one.minor, "azimuth": lies.azimuth, "dip": lies.dip, "roll": lies.roll,
                 "plane_dip": plane.dip, "plane_dip_azimuth": plane.dip_azimuth,
                 "pitch": plane.pitch}
            )  # fmt: skip
        table = pd.DataFrame(rows)
        table.insert(2, "share", 100 * table["sill"] / whole)
        return table

    def told(self) -> dict[str, Any]:
        """What a report needs, as plain figures."""
        return {
            "samples": self.samples, "pairs": self.pairs, "explained": self.explained,
            "nearest_alike": self.alike, "sill": self.variogram.sill,
            "nugget_share": self.variogram.nugget / self.variogram.sill,
            "structures": self.table().to_dict("records"),
        }  # fmt: skip


def fitted_variogram(
    samples: pd.DataFrame,
    *,
    grade: str,
    models: Sequence[str] = ("spherical",),
    reach: Three | None = None,
    nugget: float | None = None,
    orientation: Orientation | None = None,
) -> FittedVariogram:
    """
    The nested model nearest to the differences of grades, in the square of their units.

    It says how far a hole speaks for the ground about it, and so how far apart holes may
    stand. All pairs within *reach* count, in narrow bins of their offset, weighted by
    their number and the model's own gamma [1]_.

    Parameters
    ----------
    samples : DataFrame
        ``x``, ``y``, ``z`` [m], ``hole`` and the grade; composites of equal length. Where they
        are skewed, normal scores give a clearer variogram.
    grade : str
    models : sequence of {"spherical", "exponential", "gaussian"}
        One for each structure; two are a short and a long one.
    reach : (3,), optional
        Greatest offset east, north and up [m]; half the extent of the samples by default.
    nugget : float, optional
        Stated, as from :func:`down_hole_nugget`; found with the rest by default.
    orientation : Orientation, optional
        Stated from geology; searched for by default.

    Returns
    -------
    FittedVariogram

    Raises
    ------
    DataError
        If samples or pairs are too few, samples lie on one line or a plane that is not level,
        grades are all alike, or nearest samples differ as much as any two do.

    References
    ----------
    .. [1] Cressie, N. (1985). Fitting variogram models by weighted least squares.
       Mathematical Geology 17, 563-586.
    """
    rows = graded(samples, grade)
    at = samples[["x", "y", "z"]].to_numpy(np.float64)[rows]
    values = samples[grade].to_numpy(np.float64)[rows]
    _enough(values, grade)
    flat = _flat(at)
    alike = _alike(at, values, grade)
    extent = np.ptp(at, axis=0)
    near = extent / 2 if reach is None else np.asarray(reach, np.float64)
    near = np.where(near > 0, near, near.max())
    measured = pairs.all_around(at, values, near)
    total = int(measured.pairs.sum())
    needed = FEWEST_PAIRS * (4 + 3 * len(models))
    if total < needed:
        raise DataError(
            f"the variogram of {grade!r} cannot be fitted: {total} pairs of samples lie within "
            f"{_metres(near)} and it takes {needed}; widen reach, fit fewer structures, or state it"
        )
    longest = float(near.max())
    model, explained = nested_fit.fitted(
        measured, models, longest=longest, nugget=nugget, orientation=orientation, flat=flat
    )
    _structured(model, grade, longest)
    return FittedVariogram(model, explained, alike, len(rows), total)


def _enough(values: Values, grade: str) -> None:
    if len(values) < FEWEST:
        raise DataError(
            f"the variogram of {grade!r} cannot be fitted: there are {len(values)} samples and it "
            f"takes {FEWEST}; state a variogram, as from a deposit like it"
        )
    if np.ptp(values) == 0:
        raise DataError(
            f"the variogram of {grade!r} cannot be fitted: all grades are {values[0]:g}"
        )


def _flat(at: Values) -> bool:
    """Whether all samples lie on one level."""
    extents = np.linalg.svd(at - at.mean(axis=0), compute_uv=False)
    thin = extents < THIN * extents[0]
    if thin[1]:
        raise DataError("all samples lie on one line, which tells nothing of the ranges across it; "
                        "use down_hole, or state the variogram")  # fmt: skip
    flat = bool(np.ptp(at[:, 2]) <= THIN * np.ptp(at, axis=0).max())
    if thin[2] and not flat:
        raise DataError("all samples lie on one plane that is not level, which tells nothing of "
                        "the range across it; state the variogram")  # fmt: skip
    return flat


def _alike(at: Values, values: Values, grade: str) -> float:
    """Geary's ratio of nearest samples, of their normal scores, if it is surely below 1."""
    ratio, error = geary.ratio(at, norm.ppf((rankdata(values) - 0.5) / len(values)))
    if ratio > 1 - SURE * error:
        raise DataError(
            f"the variogram of {grade!r} cannot be fitted: nearest samples differ as much as any "
            f"two do (Geary's ratio {ratio:.2f}, by chance 1 +- {error:.2f}), so all is nugget, "
            "and a map would be noise; check places and domains, or take the mean of each domain"
        )
    return ratio


def _structured(model: Nested, grade: str, longest: float) -> None:
    share = 1 - model.nugget / model.sill
    if share < SLIGHT:
        raise DataError(
            f"the variogram of {grade!r} is nugget alone: no structure holds {SLIGHT:.0%} of the "
            "sill; shorten reach, state a nugget, or take the mean of each domain"
        )
    if max(one.major for one in model.structures if one.sill > 0) > 0.99 * longest:
        log.warning(
            "the variogram of %s still rises at %g m, as far as pairs are looked at: grades have a "
            "trend, or reach is too short; its range and sill are no more than bounds.",
            grade,
            longest,
        )


def _metres(reach: Values) -> str:
    return " x ".join(f"{one:g}" for one in reach) + " m"
