"""Grade-tonnage curves: how much ore is left of a block model above each cut-off, and how rich."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from geoprospect.errors import DataError
from geoprospect.kernels.units import share_of_mass
from geoprospect.quantities import EvidenceLevel, Quantity

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Grades = npt.NDArray[np.floating]

ENDS = {"p90": 0.1, "p50": 0.5, "p10": 0.9}
"""Columns of what is exceeded in 90, 50 and 10 of 100 realisations, and P(amount <= it)."""
AMOUNTS = ("tonnes", "grade", "metal")


@dataclass(frozen=True, eq=False)
class GradeTonnageCurve:
    """
    Ore [t], its grade [*unit*] and metal [t] at and above each ``cut_off``, a row each.

    Of ``realisations`` (0: of one model of estimates) the plain columns are means, and
    ``tonnes_p90`` is what nine realisations in ten exceed: P90 is the low end. Drilled ground
    whose model nobody has classified is no mineral resource, whatever its size.
    """

    table: pd.DataFrame = field(repr=False)
    unit: str
    realisations: int = 0
    evidence_level: EvidenceLevel = field(default="drilled_unclassified", init=False)

    def quantity(self, amount: str, *, cut_off: float) -> Quantity:
        """``tonnes`` or ``metal`` [t] or ``grade`` [*unit*] at and above one of the cut-offs."""
        at = np.flatnonzero(self.table["cut_off"] == cut_off)
        if amount not in AMOUNTS or len(at) != 1:
            cut_offs = ", ".join(f"{one:g}" for one in self.table["cut_off"])
            raise KeyError(
                f"the curve has {', '.join(AMOUNTS)} at cut-offs {cut_offs}; "
                f"got {amount!r} at {cut_off!r}"
            )
        row = self.table.iloc[int(at[0])]
        ends = {} if not self.realisations else {
            share: float(row[f"{amount}_{end}"]) for end, share in ENDS.items()
        }  # fmt: skip
        return Quantity(
            f"{amount} at and above {cut_off:g} {self.unit}",
            self.unit if amount == "grade" else "t", self.evidence_level, float(row[amount]),
            quantiles=ends,
            method="conditional simulation" if self.realisations else "block model of estimates",
        )  # fmt: skip

    def told(self) -> dict[str, Any]:
        """All that a report says of it, ready for JSON."""
        known = self.table.astype(object).where(self.table.notna(), None)
        return {
            "evidence_level": self.evidence_level,
            "unit": self.unit,
            "realisations": self.realisations,
            "curve": known.to_dict("records"),
        }


def grade_tonnage_curve(
    grades: npt.ArrayLike,
    *,
    cut_offs: Sequence[float],
    volume: float,
    density: npt.ArrayLike,
    unit: str,
) -> GradeTonnageCurve:
    """
    Ore [t], mean grade and metal [t] of a block model at and above cut-off grades.

    What pays depends on price and cost, so no single tonnage describes a deposit: a curve
    says what is left as the cut-off rises [1]_. Estimates are smoother than the ground, so
    that at high cut-offs their curve has too little ore and too low a grade; that of
    realisations, :func:`simulated_curve`, has not.

    Parameters
    ----------
    grades : array (blocks,) or (z, y, x)
        Estimates in *unit*; blocks with NaN are unknown and left out, which is said.
    cut_offs : sequence of float
        In *unit*.
    volume : float
        Of a block [m3].
    density : float or array like *grades*
        Dry, in bulk [t m-3].
    unit : str
        Of the grades: ``%``, ``g/t``, ``ppm``...

    Returns
    -------
    GradeTonnageCurve

    Raises
    ------
    DataError
        If no block has a grade, a density is not known or not positive where one has, or
        the unit is no concentration.
    ValueError
        If there is no cut-off, they do not rise, or the volume is not positive.

    References
    ----------
    .. [1] Lane, K.F. (1988). The Economic Definition of Ore. Mining Journal Books, London.
    """
    values = np.asarray(grades, np.float64).reshape(1, -1)
    tonnes = block_tonnes(values, volume=volume, density=density)
    return curve_of(
        [above(values, tonnes, cut_offs)], cut_offs=cut_offs, unit=unit, simulated=False
    )


def simulated_curve(
    realisations: npt.ArrayLike,
    *,
    cut_offs: Sequence[float],
    volume: float,
    density: npt.ArrayLike,
    unit: str,
) -> GradeTonnageCurve:
    """
    The same of each of many equally likely models, with what 90, 50 and 10 % of them exceed.

    Doubts of blocks must not be added up as if they were independent, nor as if they were
    one: each realisation is summed by itself, and the sums are compared.

    Parameters
    ----------
    realisations : array (realisations, blocks)
        Grades, as :func:`geoprospect.resources.simulation.simulated` gives them.
    cut_offs, volume, density, unit
        As for :func:`grade_tonnage_curve`.

    Returns
    -------
    GradeTonnageCurve
    """
    values = np.asarray(realisations)
    values = values.reshape(len(values), -1)
    tonnes = block_tonnes(values, volume=volume, density=density)
    return curve_of([above(values, tonnes, cut_offs)], cut_offs=cut_offs, unit=unit, simulated=True)


def block_tonnes(grades: Grades, *, volume: float, density: npt.ArrayLike) -> Values:
    """
    Of each block [t], from grades (n, blocks); those without a grade are said.

    Raises
    ------
    DataError
        If no block has a grade, or one that has lacks a positive density.
    ValueError
        If the volume is not positive.
    """
    if not volume > 0:
        raise ValueError(f"a block's volume must be positive, got {volume} m3")
    known = ~np.isnan(grades).any(axis=0)
    if not known.any():
        raise DataError("no block has a grade; widen the search, or lower its least numbers")
    if not known.all():
        log.info("%d of %d blocks have no grade and are left out.", (~known).sum(), known.size)
    heavy = np.broadcast_to(np.asarray(density, np.float64).ravel(), known.shape)
    light = int((known & ~(heavy > 0)).sum())
    if light:
        raise DataError(f"{light} blocks have a grade, but no positive density [t m-3]")
    return np.where(known, heavy * volume, 0.0)


def above(grades: Grades, tonnes: Values, cut_offs: Sequence[float]) -> Values:
    """
    Ore [t] and ore times grade at and above each cut-off: (n, blocks) -> (n, cut_offs, 2).

    Sums of parts of a model add up to those of the whole.
    """
    edges = _rising(cut_offs)
    made = np.zeros((len(grades), len(edges) + 1, 2))
    known = tonnes > 0
    weight = tonnes[known]
    for one, values in zip(made, grades[:, known], strict=True):
        passed = np.searchsorted(edges, values, side="right")
        one[:, 0] = np.bincount(passed, weight, len(one))
        one[:, 1] = np.bincount(passed, weight * values, len(one))
    return np.asarray(made[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:])


def curve_of(
    parts: Iterable[Values], *, cut_offs: Sequence[float], unit: str, simulated: bool
) -> GradeTonnageCurve:
    """
    The curve from sums over parts of a model, as :func:`above` makes them.

    Raises
    ------
    DataError
        If the unit is no concentration.
    """
    share = share_of_mass(unit)
    if share is None:
        raise DataError(f"{unit!r} is no concentration, so there is no metal to be told; use %")
    totals = np.sum(list(parts), axis=0)
    ore, metal = totals[..., 0], totals[..., 1] * share
    columns: dict[str, Any] = {"cut_off": _rising(cut_offs)}
    columns |= dict(zip(AMOUNTS, (ore.mean(0), _over(metal.mean(0), ore.mean(0)) / share,
                                  metal.mean(0)), strict=True))  # fmt: skip
    if simulated:
        of = dict(zip(AMOUNTS, (ore, _over(metal, ore) / share, metal), strict=True))
        for amount, values in of.items():
            for end, low in ENDS.items():
                columns[f"{amount}_{end}"] = _quantiles(values, low)
    return GradeTonnageCurve(pd.DataFrame(columns), unit, len(totals) if simulated else 0)


def lognormal_curve(cut_offs: Sequence[float], *, mean: float, cv: float) -> pd.DataFrame:
    """
    The curve of blocks whose grades are lognormal, in closed form.

    What a curve of a model is held against: it starts near this one, and where it leaves it
    the grades are no longer lognormal [1]_.

    Parameters
    ----------
    cut_offs : sequence of float
        Not negative, in the unit of *mean*.
    mean, cv : float
        Mean grade and coefficient of variation [1] of the blocks.

    Returns
    -------
    DataFrame
        ``cut_off``, ``tonnes`` and ``metal`` as shares of all [1], and ``grade``.

    Raises
    ------
    ValueError
        If the mean or *cv* is not positive, or a cut-off negative.

    References
    ----------
    .. [1] Journel, A.G., Huijbregts, C.J. (1978). Mining Geostatistics. Academic Press,
       chapter VI.
    """
    if not (mean > 0 and cv > 0):
        raise ValueError(f"mean and cv must be positive, got {mean} and {cv}")
    edges = _rising(cut_offs)
    if edges[0] < 0:
        raise ValueError(f"cut-offs of lognormal grades are not negative, got {edges[0]:g}")
    spread = np.sqrt(np.log1p(cv**2))
    with np.errstate(divide="ignore"):
        away = np.log(mean / edges) / spread
    ore, metal = ndtr(away - spread / 2), ndtr(away + spread / 2)
    return pd.DataFrame(
        {"cut_off": edges, "tonnes": ore, "grade": mean * _over(metal, ore), "metal": metal}
    )


def _rising(cut_offs: Sequence[float]) -> Values:
    edges = np.asarray(cut_offs, np.float64).ravel()
    if not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise ValueError(f"cut-offs must be numbers that rise, one or more; got {list(cut_offs)}")
    return edges


def _over(part: Values, whole: Values) -> Values:
    """A ratio, unknown where there is nothing."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _quantiles(values: Values, share: float) -> Values:
    """Over realisations; those without ore above the cut-off have no grade there."""
    known = np.ma.masked_invalid(values)
    made = np.full(values.shape[1], np.nan)
    for k in np.flatnonzero(known.count(axis=0)):
        made[k] = np.quantile(known[:, k].compressed(), share)
    return made
