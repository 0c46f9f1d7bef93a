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

from geoprospect.errors import DataError, did_you_mean, listing
from geoprospect.kernels import composition
from geoprospect.registry import SIZES
from geoprospect.resources.tonnage import Tonnage, means_of, tonnage_of, warn_of_tails

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

TONNES = {"t": 1.0, "kt": 1e3, "Mt": 1e6}
FRACTIONS = {"%": 1e-2, "g/t": 1e-6, "ppm": 1e-6, "kg/t": 1e-3, "1": 1.0}
NODES = {1: 64, 2: 32, 3: 20, 4: 14, 5: 10}
"""Nodes of Gauss and Hermite in each direction, by number of metals."""


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


@SIZES.register
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
    ore = tonnage_of(logs, shape or "lognormal", truncated)
    balances = _balances(graded[list(grades)].to_numpy())
    means = means_of(logs, ore)
    dependence = _dependence(graded, list(grades))
    if not truncated:
        warn_of_tails(name, means)
    return GradeTonnage(
        name, source, ore, tuple(grades),
        balances.mean(axis=0), np.atleast_2d(np.cov(balances, rowvar=False)),
        len(known), len(graded),
        {"shape": shape or "lognormal", "truncated": truncated, "means": means,
         "dependence": dependence, "without_a_grade": len(known) - len(graded)},
    )  # fmt: skip


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


def _balances(fractions: Values) -> Values:
    whole = np.column_stack([fractions, 1 - fractions.sum(axis=1)])
    return composition.ilr(whole, composition.basis(composition.pivot_signs(whole.shape[1])))


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
