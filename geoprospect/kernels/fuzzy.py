"""
Fuzzy logic in numbers: memberships of values, and operators that join them.

Curves with midpoint m and spread s follow Tsoukalas and Uhrig (1997), Fuzzy and Neural
Approaches in Engineering; operators An et al. (1991), Canadian Journal of Exploration
Geophysics 27, 1-11, and Zimmermann and Zysno (1980), Fuzzy Sets and Systems 4, 37-51.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Unknown = npt.NDArray[np.bool_]

# --- memberships --------------------------------------------------------------------------


def near(value: Values, *, midpoint: float, spread: float) -> Values:
    """1 / (1 + s (x - m)^2)."""
    return 1 / (1 + spread * (value - midpoint) ** 2)


def gaussian(value: Values, *, midpoint: float, spread: float) -> Values:
    """exp(-s (x - m)^2)."""
    member: Values = np.exp(-spread * (value - midpoint) ** 2)
    return member


def large(value: Values, *, midpoint: float, spread: float) -> Values:
    """1 / (1 + (x / m)^-s), of values from 0 up."""
    member: Values = 1 / (1 + (value / midpoint) ** -spread)
    return member


def small(value: Values, *, midpoint: float, spread: float) -> Values:
    """1 / (1 + (x / m)^s), of values from 0 up."""
    member: Values = 1 / (1 + (value / midpoint) ** spread)
    return member


def logistic(value: Values, *, midpoint: float, spread: float) -> Values:
    """1 / (1 + exp(-s (x - m)))."""
    member: Values = 1 / (1 + np.exp(-spread * (value - midpoint)))
    return member


def ramp(value: Values, *, zero: float, one: float) -> Values:
    """0 on the far side of *zero*, 1 beyond *one*, a line between."""
    member: Values = np.clip((value - zero) / (one - zero), 0, 1)
    return member


CURVES: dict[str, Callable[..., Values]] = {
    "near": near,
    "gaussian": gaussian,
    "large": large,
    "small": small,
    "logistic": logistic,
}

FROM_ZERO = frozenset({"large", "small"})
"""Forms whose power of a negative value is no number."""


def check_curve(form: str, midpoint: float, spread: float) -> None:
    """Raise a ValueError unless a curve of that form can have these."""
    if not math.isfinite(midpoint) or not math.isfinite(spread):
        raise ValueError(f"midpoint and spread must be finite, got {midpoint:g} and {spread:g}")
    if form in FROM_ZERO and midpoint <= 0:
        raise ValueError(f"midpoint of {form!r} must be above 0, got {midpoint:g}")
    if form == "logistic" and spread == 0:
        raise ValueError("spread of 'logistic' must not be 0, got 0: it would be 0.5 everywhere")
    if form != "logistic" and spread <= 0:
        raise ValueError(f"spread of {form!r} must be above 0, got {spread:g}")


def check_line(zero: float, one: float) -> None:
    """Raise a ValueError unless a line can run between these."""
    if not (math.isfinite(zero) and math.isfinite(one) and zero != one):
        raise ValueError(f"zero and one must be two finite values, got {zero:g} and {one:g}")


def logistic_between(least: float, greatest: float, beyond: float) -> tuple[float, float]:
    """
    Midpoint and spread of the logistic curve that is *beyond* at *least*, 1 - it at *greatest*.

    Yousefi, M., Nykanen, V. (2016). Data-driven logistic-based weighting of geochemical and
    geological evidence layers in mineral prospectivity mapping. Journal of Geochemical
    Exploration 164, 94-106.
    """
    spread = 2 * math.log((1 - beyond) / beyond) / (greatest - least)
    return (least + greatest) / 2, spread


# --- operators: members (n, ...), which of them are unknown, gamma --------------------------------


def _share(unknown: Unknown) -> Values:
    """All members over the known ones."""
    known = np.count_nonzero(~unknown, axis=0)
    return np.asarray(len(unknown) / np.maximum(known, 1), "f8")


def _and(members: Values, unknown: Unknown, gamma: float | None) -> Values:
    least: Values = np.where(unknown, 1, members).min(axis=0)
    return least


def _or(members: Values, unknown: Unknown, gamma: float | None) -> Values:
    greatest: Values = np.where(unknown, 0, members).max(axis=0)
    return greatest


def _product(members: Values, unknown: Unknown, gamma: float | None) -> Values:
    whole: Values = np.where(unknown, 1, members).prod(axis=0) ** _share(unknown)
    return whole


def _sum(members: Values, unknown: Unknown, gamma: float | None) -> Values:
    return 1 - _product(1 - members, unknown, None)


def _gamma(members: Values, unknown: Unknown, gamma: float | None) -> Values:
    power = 1.0 if gamma is None else gamma
    whole, either = _product(members, unknown, None), _sum(members, unknown, None)
    joined: Values = either**power * whole ** (1 - power)
    return joined


OPERATORS: dict[str, Callable[[Values, Unknown, float | None], Values]] = {
    "and": _and,
    "or": _or,
    "product": _product,
    "sum": _sum,
    "gamma": _gamma,
}
"""
The least; the greatest; the product P; S, 1 less the product of all 1 - m; S^g P^(1 - g).

Unknown members are left out, of which product and sum are raised to the power of all
members over known ones, so that fewer make no better ground.
"""


def joined(operator: str, members: Values, gamma: float | None, *, left_out: bool) -> Values:
    """Members (n, ...) as one: NaN where any is unknown; if these are *left_out*, where all are."""
    unknown = np.isnan(members)
    made = OPERATORS[operator](members, unknown, gamma)
    lost = unknown.all(axis=0) if left_out else unknown.any(axis=0)
    found: Values = np.where(lost, np.nan, made)
    return found
