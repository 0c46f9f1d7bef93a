"""How large and how rich deposits of one type are, fitted to those that are known."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.special import ndtr, ndtri

from geoprospect.errors import DataError, did_you_mean, listing
from geoprospect.kernels import composition

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

TONNES = {"t": 1.0, "kt": 1e3, "Mt": 1e6}
FRACTIONS = {"%": 1e-2, "g/t": 1e-6, "ppm": 1e-6, "kg/t": 1e-3, "1": 1.0}
FEW = 50
"""Deposits below which two numbers describe their tonnages, and a kernel would wriggle."""
NODES = {1: 64, 2: 32, 3: 20, 4: 14, 5: 10}
"""Nodes of Gauss and Hermite in each direction, by number of metals."""


@dataclass(frozen=True, eq=False)
class Tonnage:
    """
    Distribution of ln(ore tonnage [t]): normal curves of one width about *centres*, cut off.

    One centre is a log-normal distribution, many are a kernel estimate.
    """

    centres: Values
    width: float
    low: float = -np.inf
    high: float = np.inf

    def moment(self, power: int) -> float:
        """E[T ** power], exactly."""
        mean, shift = self.centres, power * self.width
        inside = self._mass(mean)
        raised = np.exp(power * mean + shift**2 / 2) * self._mass(mean + shift * self.width)
        return float(raised.sum() / inside.sum())

    def drawn(self, chance: npt.NDArray[np.float64], which: npt.NDArray[np.float64]) -> Values:
        """Tonnages [t] at two uniform numbers each: place within a curve, and which curve."""
        mass = np.cumsum(self._mass(self.centres))
        at = np.searchsorted(mass, which * mass[-1], side="right")
        centre = self.centres[np.minimum(at, len(self.centres) - 1)]
        below = ndtr((self.low - centre) / self.width)
        above = ndtr((self.high - centre) / self.width)
        made: Values = np.exp(centre + self.width * ndtri(below + chance * (above - below)))
        return made

    def _mass(self, centres: Values) -> Values:
        mass: Values = ndtr((self.high - centres) / self.width) - ndtr(
            (self.low - centres) / self.width
        )
        return mass


@dataclass(frozen=True, eq=False)
class GradeTonnage:
    """
    Ore tonnage and grades of deposits of one type, independent of each other.

    Grades and what is no metal make a composition; its balances (isometric log-ratios over
    the pivot basis, metals first) are normal with ``mean`` and ``covariance``. ``deposits``
    have a tonnage and ``graded`` all grades. ``told`` is how the fit was made.
    """

    name: str
    source: str
    tonnage: Tonnage
    metals: tuple[str, ...]
    mean: Values
    covariance: Values
    deposits: int
    graded: int
    told: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def grades(self, normal: Values) -> Values:
        """Mass fractions (n, metals) at standard normal numbers (n, metals)."""
        root = np.linalg.cholesky(self.covariance)
        balances = self.mean + normal @ root.T
        contrasts = composition.basis(composition.pivot_signs(len(self.metals) + 1))
        return composition.ilr_inverse(balances, contrasts)[:, :-1]

    def moments(self) -> tuple[Values, Values]:
        """Mean and covariance of one deposit's ore and metals [t]; grades by quadrature."""
        mean = self.tonnage.moment(1) * self.mixed(1, 0)[:, 0]
        return mean, self.tonnage.moment(2) * self.mixed(1, 1) - np.outer(mean, mean)

    def mixed(self, one: int, other: int) -> Values:
        """E[g_i ** one * g_j ** other] for all i, j, the first of which is ore (g = 1)."""
        count = len(self.metals)
        node, weight = np.polynomial.hermite_e.hermegauss(NODES.get(count, 6))
        every = np.array(list(itertools.product(node, repeat=count)))
        weights = np.prod(list(itertools.product(weight / weight.sum(), repeat=count)), axis=1)
        shares = np.column_stack([np.ones(len(every)), self.grades(every)])
        made: Values = (shares**one * weights[:, None]).T @ shares**other
        return made

    @property
    def centre(self) -> dict[str, float]:
        """Compositional mean of the grades [mass fraction]."""
        found = self.grades(np.zeros((1, len(self.metals))))[0]
        return dict(zip(self.metals, found.tolist(), strict=True))


def grade_tonnage(
    deposits: pd.DataFrame,
    *,
    name: str,
    source: str,
    tonnage: str,
    grades: dict[str, str],
    tonnage_unit: Literal["t", "kt", "Mt"],
    grade_units: dict[str, str],
    zeros: Literal["refused", "missing"] = "refused",
    shape: Literal["lognormal", "kernel"] | None = None,
    truncated: bool = False,
) -> GradeTonnage:
    """
    Size and grade of undiscovered deposits, from the known ones of their type.

    Tonnages are log-normal, or, with 50 deposits or more and if asked for, a kernel estimate
    (Gaussian, Silverman's rule [1]_). Grades are shares of a whole, so they are fitted as a
    composition [2]_ on deposits that have all of them. That tonnage and grades are
    independent is assumed, tested and told.

    A log-normal tail goes beyond any deposit ever seen and carries much of the mean:
    without *truncated* a warning says what that adds.

    Parameters
    ----------
    deposits : DataFrame
        One row for each known deposit.
    name, source : str
        Of the type and of the table.
    tonnage : str
        Column of ore tonnages.
    grades : dict of metal to column
        Such as ``{Cu: cugrd}``.
    tonnage_unit : {"t", "kt", "Mt"}
    grade_units : dict of metal to unit
        ``%``, ``g/t``, ``ppm``, ``kg/t`` or ``1``.
    zeros : {"refused", "missing"}
        Many tables write 0 for a grade that nobody reported; what it means has to be said.
    shape : {"lognormal", "kernel"}, optional
        Log-normal if not given.
    truncated : bool
        Whether tonnages are kept between the smallest and the largest known.

    Returns
    -------
    GradeTonnage

    Raises
    ------
    DataError
        If a column is missing, a unit unknown, values are not positive, zeros are
        unexplained, or too few deposits have all grades.

    References
    ----------
    .. [1] Silverman, B.W. (1986). Density Estimation. Chapman and Hall, 48.
    .. [2] Egozcue, J.J., Pawlowsky-Glahn, V., Mateu-Figueras, G., Barceló-Vidal, C.
       (2003). Isometric logratio transformations. Mathematical Geology 35, 279-300.
    """
    columns = {"tonnage": tonnage, **grades}
    units = {"tonnage": TONNES[tonnage_unit], **_fractions(grades, grade_units)}
    table = _numbers(deposits, columns, zeros == "missing")
    table = table * pd.Series(units)
    known = table[table["tonnage"].notna()]
    graded = known.dropna()
    _check(known, graded, list(grades))
    logs = np.log(known["tonnage"].to_numpy())
    fitted = _tonnage(logs, shape or "lognormal", truncated)
    balances = _balances(graded[list(grades)].to_numpy())
    means = _means(logs, fitted)
    dependence = _dependence(graded, list(grades))
    if not truncated:
        warn_of_tails(name, means)
    return GradeTonnage(
        name, source, fitted, tuple(grades),
        balances.mean(axis=0), np.atleast_2d(np.cov(balances, rowvar=False)),
        len(known), len(graded),
        {"shape": shape or "lognormal", "truncated": truncated, "means": means,
         "dependence": dependence, "without_a_grade": len(known) - len(graded)},
    )  # fmt: skip


def warn_of_tails(name: str, means: Mapping[str, float]) -> None:
    """Say what tonnages beyond any that was ever seen add to a deposit's mean."""
    log.warning(
        "%s: tonnages are not truncated; a deposit's mean ore is then %.3g Mt, against %.3g Mt "
        "between the smallest and the largest known, and %.3g Mt of these themselves",
        name, means["untruncated"] / 1e6, means["truncated"] / 1e6, means["sample"] / 1e6,
    )  # fmt: skip


def bandwidth(values: Values) -> float:
    """Silverman's rule: 0.9 n^(-1/5) times the lesser of sd and interquartile range / 1.34."""
    quarter, three = np.percentile(values, [25, 75])
    spread = min(values.std(ddof=1), (three - quarter) / 1.34) or values.std(ddof=1)
    return float(0.9 * spread * len(values) ** -0.2)


def _fractions(grades: Mapping[str, str], units: Mapping[str, str]) -> dict[str, float]:
    wrong = [f"{metal}: {units.get(metal, 'no unit')}" for metal in grades
             if units.get(metal) not in FRACTIONS]  # fmt: skip
    if wrong or not grades:
        raise DataError(
            listing(
                f"every grade needs a unit out of {', '.join(FRACTIONS)}:", wrong or ["no grade"]
            )
        )
    return {metal: FRACTIONS[units[metal]] for metal in grades}


def _numbers(
    deposits: pd.DataFrame, columns: Mapping[str, str], zeros_missing: bool
) -> pd.DataFrame:
    missing = [f"{column!r}{did_you_mean(column, map(str, deposits.columns))}"
               for column in columns.values() if column not in deposits.columns]  # fmt: skip
    if missing:
        raise DataError(listing("the grade table lacks columns:", missing))
    table = pd.DataFrame(
        {key: pd.to_numeric(deposits[column], errors="coerce") for key, column in columns.items()}
    ).astype(float)
    problems = [
        f"{columns[key]}: {int((table[key] < 0).sum())} values below 0"
        for key in columns
        if (table[key] < 0).any()
    ]
    zero = {
        columns[key]: int((table[key] == 0).sum()) for key in columns if (table[key] == 0).any()
    }
    if zero and not zeros_missing:
        problems += [
            f"{column}: {count} zeros; 0 often means missing: if it does, say zeros: missing"
            for column, count in zero.items()
        ]
    if problems:
        raise DataError(listing("the grade table is unusable:", problems))
    for column, count in zero.items():
        log.info("%s: %d zeros count as missing", column, count)
    return table.where(table > 0)


def _check(known: pd.DataFrame, graded: pd.DataFrame, metals: list[str]) -> None:
    if len(graded) < len(metals) + 2:
        raise DataError(
            f"{len(graded)} of {len(known)} deposits have a tonnage and grades of "
            f"{', '.join(metals)}; {len(metals) + 2} at least are needed: leave out the metal "
            "that is known least"
        )
    if (graded[metals].sum(axis=1) >= 1).any():
        raise DataError("grades of a deposit add up to 100 % or more; look at their units")
    if len(graded) < len(known):
        log.info("grades are fitted to the %d of %d deposits that have all of them",
                 len(graded), len(known))  # fmt: skip


def _tonnage(logs: Values, shape: str, truncated: bool) -> Tonnage:
    ends = (float(logs.min()), float(logs.max())) if truncated else (-np.inf, np.inf)
    if shape == "lognormal":
        return Tonnage(np.array([logs.mean()]), float(logs.std(ddof=1)), *ends)
    if len(logs) < FEW:
        raise DataError(
            f"{len(logs)} deposits are too few for a kernel estimate, which follows chance below "
            f"{FEW}; use lognormal"
        )
    return Tonnage(np.sort(logs), bandwidth(logs), *ends)


def _balances(fractions: Values) -> Values:
    whole = np.column_stack([fractions, 1 - fractions.sum(axis=1)])
    return composition.ilr(whole, composition.basis(composition.pivot_signs(whole.shape[1])))


def _means(logs: Values, fitted: Tonnage) -> dict[str, float]:
    """A deposit's mean ore [t]: with and without the tails, and of the sample."""
    cut = Tonnage(fitted.centres, fitted.width, float(logs.min()), float(logs.max()))
    return {
        "untruncated": Tonnage(fitted.centres, fitted.width).moment(1),
        "truncated": cut.moment(1),
        "sample": float(np.exp(logs).mean()),
    }


def _dependence(graded: pd.DataFrame, metals: list[str]) -> dict[str, dict[str, float]]:
    """Correlation of ln tonnage with each ln grade, and its p-value; told where it is clear."""
    found = {}
    for metal in metals:
        tested = stats.pearsonr(np.log(graded["tonnage"]), np.log(graded[metal]))
        found[metal] = {"r": float(tested.statistic), "p": float(tested.pvalue)}
    clear = [f"{metal} (r = {one['r']:.2f})" for metal, one in found.items()
             if one["p"] < 0.05 / len(metals)]  # fmt: skip
    if clear:
        log.warning(
            "tonnage and grade are not independent of each other, as the simulation takes them to "
            "be: %s", ", ".join(clear),
        )  # fmt: skip
    return found
