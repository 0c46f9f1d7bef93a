"""Undiscovered deposits by the size of a tract: how many lie in well-explored ones."""

from __future__ import annotations

import csv
import functools
import logging
import math
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np
from scipy import stats

from geoprospect.errors import DataError, did_you_mean
from geoprospect.language import marked
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import TAIL, DepositNumber, counted

log = logging.getLogger("geoprospect.resources")

Fit = Literal["published", "least_squares"]
LN10 = math.log(10)
BEYOND = marked("The area lies beyond those of the control tracts: the number is extrapolated.")


@dataclass(frozen=True)
class DensityModel:
    """
    A regression of deposits on area over explored control tracts, all logarithms to base 10.

    log10 N50 = a + b log10(area [km2]) + c log10(median ore tonnage [Mt]).
    """

    type: str
    fit: Fit
    a: float
    b: float
    c: float
    tracts: int
    sd: float
    mean: float
    variance: float
    smallest: float
    largest: float

    def logarithm(self, area: float, tonnage: float) -> float:
        """Of N50."""
        return self.a + self.b * math.log10(area) + self.c * math.log10(tonnage)

    def reach(self, area: float) -> float:
        """From the logarithm of N50 to that of N10 and, downwards, of N90."""
        away = (math.log10(area) - self.mean) ** 2 / ((self.tracts - 1) * self.variance)
        t = float(stats.t.ppf(0.9, self.tracts - 2))
        return t * self.sd * math.sqrt(1 + 1 / self.tracts + away)


@functools.cache
def density_models() -> dict[tuple[str, str], DensityModel]:
    """The models that come with the package, by type and fit."""
    text = (
        resources.files("geoprospect.resources").joinpath("density_models.csv").read_text("utf-8")
    )
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    made = {}
    for row in rows:
        numbers = {k: float(v) for k, v in row.items() if k not in {"type", "fit", "tracts"}}
        made[row["type"], row["fit"]] = DensityModel(
            type=row["type"], fit=row["fit"], tracts=int(row["tracts"]), **numbers  # type: ignore[arg-type]
        )  # fmt: skip
    return made


@ESTIMATORS.register
def deposit_density(
    *,
    area: float,
    type: str,  # noqa: A002
    known: int = 0,
    tonnage: float | None = None,
    fit: Fit = "published",
    extrapolate: bool = False,
) -> DepositNumber:
    """
    Number of undiscovered deposits in a tract of this area, as in explored ones of its type.

    Larger tracts hold more deposits, though fewer to the square kilometre [1]_. N90, N50
    and N10 are the regression's prediction interval; between and beyond them N is taken
    to be log-normal. Its mean lies above N50 by a factor exp(v ln(10)^2 / 2), v the
    variance of log10 N: published software has 10^(v / 2), which is too little.

    With known deposits, the mean is lowered by their number before the distribution is drawn.

    Parameters
    ----------
    area : float
        Of the permissive tract [km2].
    type : str
        ``porphyry_copper``, ``massive_sulphide``, ``podiform_chromite``, or ``general``.
    known : int
        Deposits of the type known in the tract.
    tonnage : float, optional
        Median ore tonnage of the type [Mt], which ``general`` asks for.
    fit : {"published", "least_squares"}
        Coefficients as published, or fitted anew to the same control tracts.
    extrapolate : bool
        Whether an area beyond those of the control tracts is let pass, with a warning.

    Returns
    -------
    DepositNumber

    Raises
    ------
    DataError
        If there is no such model, the area lies beyond the controls, or more
        deposits are known than the model expects in all.
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Singer, D.A. (2008). Mineral deposit densities for estimating mineral resources.
       Mathematical Geosciences 40, 33-46.
    """
    model = _model(type, fit)
    if not area > 0 or known < 0:
        raise ValueError(f"area must be above 0 km2 and known not below 0, got {area:g}, {known}")
    if (tonnage is None) != (model.c == 0) or (tonnage is not None and not tonnage > 0):
        raise ValueError(
            f"tonnage, the median ore tonnage [Mt] of the type, goes with type general and only "
            f"with it, and must be above 0; got {tonnage} with {type}"
        )
    caveats = _beyond(model, area, extrapolate)
    middle, reach = model.logarithm(area, tonnage or 1.0), model.reach(area)
    spread = reach / float(stats.norm.ppf(0.9))
    expected = mean_of(middle, spread)
    told = {"type": type, "fit": fit, "area_km2": area, "known": known, "tonnage_mt": tonnage,
            "n90": 10 ** (middle - reach), "n50": 10**middle, "n10": 10 ** (middle + reach),
            "expected_in_all": expected, "sd_log10": spread}  # fmt: skip
    if known:
        middle = _undiscovered(expected, known, spread)
    return counted(_rounded(middle, spread), "deposit_density", provenance=told, caveats=caveats)


def mean_of(middle: float, spread: float) -> float:
    """Mean of a number whose log10 is normal about *middle* with this standard deviation."""
    return float(10 ** (middle + LN10 * spread**2 / 2))


def _undiscovered(expected: float, known: int, spread: float) -> float:
    """Logarithm of N50 when the known are taken from the mean."""
    if known >= expected:
        raise DataError(
            f"{known} deposits are known and the model expects {expected:.3g} in all, so it "
            "cannot tell how many more there are; use another estimator"
        )
    return math.log10(expected - known) - LN10 * spread**2 / 2


def _rounded(middle: float, spread: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """P(0), P(1), ...: each number gets what lies within half a deposit of it."""
    last = max(2, math.ceil(10 ** (middle + spread * float(stats.norm.isf(TAIL)))))
    edges = np.log10(np.arange(last + 1) + 0.5)
    below = stats.norm.cdf(edges, middle, spread)
    p: np.ndarray[tuple[int], np.dtype[np.float64]] = np.diff(below, prepend=0.0)
    return p


def _model(type_: str, fit: str) -> DensityModel:
    found = density_models().get((type_, fit))
    if found is None:
        known = sorted({kind for kind, how in density_models() if how == fit})
        raise DataError(f"there is no {fit} density model of {type_!r}{did_you_mean(type_, known)}")
    return found


def _beyond(model: DensityModel, area: float, extrapolate: bool) -> tuple[str, ...]:
    if model.smallest <= area <= model.largest:
        return ()
    where = (area, model.type.replace("_", " "), model.smallest, model.largest)
    if not extrapolate:
        raise DataError(
            "{:g} km2 lies beyond the control tracts of {} ({:g} to {:g} km2); split or join "
            "tracts, or set extrapolate: true".format(*where)
        )
    log.warning("%g km2 lies beyond the control tracts of %s (%g to %g km2); the number of "
                "deposits is extrapolated", *where)  # fmt: skip
    return (BEYOND,)


@ESTIMATORS.register
def one_level(*, known: int, explored: float, unexplored: float) -> DepositNumber:
    """
    Number of undiscovered deposits if unexplored prospective ground is as rich as explored.

    One-level prediction [1]_: the density of known deposits in prospective ground that is
    well explored, times prospective ground that is not. The known number is itself a
    matter of chance, so the density is a Gamma distribution (Jeffreys' prior) and
    the number a negative binomial.

    Parameters
    ----------
    known : int
        Deposits in prospective ground that is well explored.
    explored, unexplored : float
        Areas of prospective ground [km2].

    Returns
    -------
    DepositNumber

    Raises
    ------
    ValueError
        If an area is not positive or *known* is negative.

    References
    ----------
    .. [1] Carranza, E.J.M. (2011). From predictive mapping of mineral prospectivity to
       quantitative estimation of number of undiscovered prospects. Resource Geology 61,
       30-51.
    """
    if known < 0 or not explored > 0 or not unexplored > 0:
        raise ValueError(
            f"known must not be negative and both areas must be above 0 km2, got {known}, "
            f"{explored:g} and {unexplored:g}"
        )
    frozen = stats.nbinom(known + 0.5, explored / (explored + unexplored))
    p = frozen.pmf(np.arange(int(frozen.ppf(1 - TAIL)) + 2))
    told = {"known": known, "explored_km2": explored, "unexplored_km2": unexplored}
    caveats = (marked("Explored ground is mostly the best ground: the rest may be poorer."),)
    return counted(p, "one_level", provenance=told, caveats=caveats)
