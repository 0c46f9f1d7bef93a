"""
Weights of evidence: what a pattern on the map tells of deposits, in log-odds, from counts.

Ground is counted in unit cells, each of which holds one deposit at most. A pattern
covers some of them and some of the deposits; everything here follows from these
numbers [1]_.

References
----------
.. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for Geoscientists:
   Modelling with GIS. Pergamon, ch. 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mode = Literal["ascending", "descending", "categorical"]
Rule = Literal["contrast", "studentised"]

SHORT = 0.99
"""What is taken off a count where an empty remainder would have no logarithm."""

NOTHING = 1e-9
"""Counts nearer than this are equal: weighted deposits add up with rounding."""


@dataclass(frozen=True)
class Weights:
    """
    Of each pattern, its weights [log-odds] and how sure they are.

    *plus* is added on the pattern and *minus* off it; the *contrast* is their
    difference and *studentised* the contrast over its standard deviation.
    *guarded* says where counts were moved off zero, or hold no deposit (all zero).
    """

    plus: Values
    plus_sd: Values
    minus: Values
    minus_sd: Values
    contrast: Values
    contrast_sd: Values
    studentised: Values
    guarded: npt.NDArray[np.bool_]


def weights(
    deposits_on: npt.ArrayLike, units_on: npt.ArrayLike, *, deposits: float, units: float
) -> Weights:
    """
    Weights of patterns, with their standard deviations [log-odds].

    Where a count would have no logarithm it is moved, in this order: a pattern with
    no deposit has no weights (all are 0); one with all deposits has 0.99 less; one
    that leaves no barren ground outside leaves 0.99 units; one with no barren
    ground inside has 1 unit [1]_.

    Parameters
    ----------
    deposits_on, units_on : (patterns,)
        Deposits on each pattern, and its area [unit cells].
    deposits, units : float
        All deposits, and all ground [unit cells].

    Raises
    ------
    ValueError
        If there is no deposit, a pattern has more than all, or the ground has not
        more than one unit cell beyond those of the deposits.

    References
    ----------
    .. [1] The rules of ArcSDM, https://github.com/gtkfi/ArcSDM, which the published
       tables of https://github.com/GeoscienceAustralia/MPM-WofE follow.
    """
    on, area = (np.atleast_1d(np.asarray(each, float)) for each in (deposits_on, units_on))
    _check(on, deposits, units)
    empty, full = on < NOTHING, on > deposits - NOTHING
    on = np.where(full, deposits - SHORT, on)
    off = deposits - on
    tight = units - area <= off
    area = np.where(tight, units - off - SHORT, area)
    thin = area - on <= 0
    area = np.where(thin, on + 1, area)
    barren_on, barren_off, barren = area - on, units - area - off, units - deposits
    some = np.where(empty, 1, on)
    plus = np.log((some / deposits) / (barren_on / barren))
    minus = np.log((off / deposits) / (barren_off / barren))
    plus_sd, minus_sd = np.sqrt(1 / some + 1 / barren_on), np.sqrt(1 / off + 1 / barren_off)
    contrast, contrast_sd = plus - minus, np.hypot(plus_sd, minus_sd)

    def held(value: Values) -> Values:
        return np.where(empty, 0.0, value)

    return Weights(
        plus=held(plus),
        plus_sd=held(plus_sd),
        minus=held(minus),
        minus_sd=held(minus_sd),
        contrast=held(contrast),
        contrast_sd=held(contrast_sd),
        studentised=held(contrast / contrast_sd),
        guarded=empty | full | tight | thin,
    )


def _check(on: Values, deposits: float, units: float) -> None:
    if not deposits > 0:
        raise ValueError(f"weights need deposits, and there are {deposits:g}")
    if on.max(initial=0) > deposits + NOTHING:
        raise ValueError(f"a pattern has {on.max():g} deposits, and there are {deposits:g} in all")
    if not units > deposits + 1:
        raise ValueError(
            f"{deposits:g} deposits on {units:g} unit cells leave no barren ground; "
            "choose a smaller unit cell"
        )


def patterns(counts: npt.ArrayLike, mode: Mode) -> Values:
    """
    Counts of each class's pattern, from counts of classes in rising order.

    The class and all below it (ascending, as for distances), the class and all above
    (descending, as for densities), or the class alone.
    """
    each = np.asarray(counts, float)
    if mode == "ascending":
        return np.cumsum(each)
    if mode == "descending":
        return np.cumsum(each[::-1])[::-1]
    return each


def best(found: Weights, *, rule: Rule, confidence: float) -> int | None:
    """
    The pattern of highest contrast, or studentised contrast; None where none is sure.

    Only patterns whose studentised contrast reaches *confidence* (1.645 is 95 %,
    one-sided) are looked at; of equal ones the first is taken.
    """
    sure = found.studentised >= confidence
    if not sure.any():
        return None
    measure = found.contrast if rule == "contrast" else found.studentised
    return int(np.argmax(np.where(sure, measure, -np.inf)))


def pooled(
    deposits_on: npt.ArrayLike,
    units_on: npt.ArrayLike,
    *,
    deposits: float,
    units: float,
    confidence: float,
) -> tuple[npt.NDArray[np.bool_], Values, Values]:
    """
    Which classes keep their own weight, and every class's weight with its deviation [log-odds].

    A class keeps it where its studentised contrast reaches *confidence* up or down. All
    others are one class, whose weight is that of their counts together. Where none
    keeps its own, the layer tells nothing and weighs 0.
    """
    on, area = np.asarray(deposits_on, float), np.asarray(units_on, float)
    each = weights(on, area, deposits=deposits, units=units)
    own = np.abs(each.studentised) >= confidence
    if not own.any():
        return own, np.zeros(len(on)), np.zeros(len(on))
    if own.all():
        return own, each.plus, each.plus_sd
    rest = weights(on[~own].sum(), area[~own].sum(), deposits=deposits, units=units)
    weight = np.where(own, each.plus, rest.plus)
    return own, weight, np.where(own, each.plus_sd, rest.plus_sd)


@dataclass(frozen=True)
class Evidence:
    """A layer in the sum: of each of its classes the weight, its deviation, its share of area."""

    weight: Values
    sd: Values
    share: Values


def response(
    codes: Codes, layers: Sequence[Evidence], *, prior: float, deposits: float
) -> tuple[Values, Values]:
    """
    Posterior probability of a deposit in a unit cell, and its standard deviation [1].

    The log-odds of *prior* and of the weights add up. The variance is that of the
    prior and of the weights, P^2 (1 / deposits + sum of s^2). A layer that is
    unknown weighs nothing, and adds how far the posterior would move if it were
    known, over its classes: the sum of (P with the class - P)^2 times the class's
    share of area [1]_.

    Parameters
    ----------
    codes : (layers, cells) int
        Class of each cell in each layer; -1 where unknown.
    layers : sequence of Evidence
    prior : float
        Deposits per unit cell.
    deposits : float
        Number of deposits that the weights were told from.

    References
    ----------
    .. [1] Agterberg, F.P., Bonham-Carter, G.F., Wright, D.F. (1990). Statistical pattern
       integration for mineral exploration. In: Computer Applications in Resource
       Estimation, Pergamon, 1-21.
    """
    cells = codes.shape[1]
    log_odds, variance = np.full(cells, logit(prior)), np.full(cells, 1 / deposits)
    for code, layer in zip(codes, layers, strict=True):
        known = code >= 0
        log_odds += np.where(known, layer.weight[code], 0)
        variance += np.where(known, layer.sd[code] ** 2, 0)
    posterior: Values = expit(log_odds)
    missing = np.zeros(cells)
    for code, layer in zip(codes, layers, strict=True):
        gap = np.flatnonzero(code < 0)
        for weight, share in zip(layer.weight, layer.share, strict=True):
            missing[gap] += (expit(log_odds[gap] + weight) - posterior[gap]) ** 2 * share
    return posterior, np.sqrt(posterior**2 * variance + missing)
