"""What a hole is worth before it is drilled: better decisions, paid for in advance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from geoprospect.drilling.chances import checked

Values = npt.NDArray[np.float64]

BATCHES = (1, 2, 4, 8)
"""Numbers of holes that are tried before a target is given up."""


@dataclass(frozen=True)
class Prospect:
    """
    A target that may be developed or left alone.

    ``probability`` of a deposit [1]; ``deposit`` and ``barren`` are what developing it brings
    in either case [currency], to leave it brings 0.
    """

    probability: float
    deposit: float
    barren: float

    def __post_init__(self) -> None:
        checked(self.probability, "a deposit")
        if not self.barren < 0 < self.deposit:
            raise ValueError(
                "developing must bring more than 0 where there is a deposit and less where there "
                f"is none, got {self.deposit:g} and {self.barren:g}"
            )

    @property
    def undrilled(self) -> float:
        """Value of the better decision without a hole [currency]."""
        return max(0.0, self.probability * self.deposit + (1 - self.probability) * self.barren)


@dataclass(frozen=True)
class Accuracy:
    """
    How far a hole can be trusted as a test for a deposit.

    ``sensitivity`` is the chance that it shows one that is there, ``specificity`` that it
    shows none where there is none [1]. The first falls short of 1 mostly because holes pass
    a deposit by (:mod:`geoprospect.drilling.detection`), the second because a show need not
    make a deposit.
    """

    sensitivity: float
    specificity: float

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, got {value:g}")


@dataclass(frozen=True)
class Information:
    """
    What one hole may tell.

    The chance of a ``show``, the chance of a deposit after one (``shown``) and without
    (``barren``) [1]; the expected value of the hole's ``sample`` of the truth and of
    ``perfect`` knowledge, both before its cost [currency].
    """

    show: float
    shown: float
    barren: float
    sample: float
    perfect: float


def of_a_hole(prospect: Prospect, accuracy: Accuracy) -> Information:
    """
    Expected value of one hole [currency], before its cost.

    A hole is worth what it may change: if no result of it would change the decision it is
    worth nothing, however likely the deposit [1]_.

    Parameters
    ----------
    prospect : Prospect
    accuracy : Accuracy

    Returns
    -------
    Information
        ``shown`` is NaN if there is never a show, ``barren`` if there always is.

    References
    ----------
    .. [1] Eidsvik, J., Mukerji, T., Bhattacharjya, D. (2015). Value of Information in the
       Earth Sciences. Cambridge University Press.
    """
    p = prospect.probability
    there, absent = p * accuracy.sensitivity, (1 - p) * (1 - accuracy.specificity)
    show = there + absent
    return Information(
        show=show,
        shown=there / show if show > 0 else math.nan,
        barren=(p - there) / (1 - show) if show < 1 else math.nan,
        sample=of_holes(prospect, accuracy, 1),
        perfect=p * prospect.deposit - prospect.undrilled,
    )


def of_holes(prospect: Prospect, accuracy: Accuracy, holes: int) -> float:
    """
    Expected value of so many holes into one target [currency], before their cost.

    The decision waits for all of them. Given the truth, their results are independent of
    each other: the number of shows is binomial.

    Raises
    ------
    ValueError
        If there is not one hole.
    """
    if holes < 1:
        raise ValueError(f"holes must be 1 or more, got {holes}")
    shows = np.arange(holes + 1)
    there = prospect.probability * stats.binom.pmf(shows, holes, accuracy.sensitivity)
    absent = (1 - prospect.probability) * stats.binom.pmf(shows, holes, 1 - accuracy.specificity)
    decided = np.maximum(0.0, there * prospect.deposit + absent * prospect.barren)
    return max(0.0, float(decided.sum()) - prospect.undrilled)


def of_batches(
    prospect: Prospect, accuracy: Accuracy, *, cost: float, batches: Sequence[int] = BATCHES
) -> pd.DataFrame:
    """
    Value, cost and gain of several numbers of holes into one target [currency].

    The value of holes does not grow evenly: one may be worth nothing, because its result
    would change no decision, and eight together a good deal. A target is given up only if
    no number of holes pays.

    Parameters
    ----------
    prospect : Prospect
    accuracy : Accuracy
    cost : float
        Of a hole [currency].
    batches : sequence of int
        Numbers of holes.

    Returns
    -------
    DataFrame
        ``holes``, ``value``, ``cost`` and ``gain``, the value less the cost; a row for each.

    Raises
    ------
    ValueError
        If a hole costs nothing or less.
    """
    if not cost > 0:
        raise ValueError(f"cost of a hole must be above 0, got {cost:g}")
    rows = [(n, of_holes(prospect, accuracy, n), n * cost) for n in batches]
    table = pd.DataFrame(rows, columns=["holes", "value", "cost"])
    return table.assign(gain=table["value"] - table["cost"])


def best_batch(table: pd.DataFrame) -> int:
    """Holes of :func:`of_batches` that gain most; 0 if none gains: then drilling stops."""
    best = int(table["gain"].to_numpy().argmax())
    return int(table["holes"].iloc[best]) if table["gain"].iloc[best] > 0 else 0


def preposterior(mean: npt.ArrayLike, spread: npt.ArrayLike) -> Values:
    """
    Expected value of data on a project whose value is normal [currency], before their cost.

    Data will move the expected value d of a project by a normal amount of standard
    deviation s; the project goes ahead only where it ends above 0, so that data are
    worth s phi(d/s) + d Phi(d/s) - max(d, 0) [1]_: most where d is near 0.

    Parameters
    ----------
    mean : number or sequence
        Expected value of the project as known now, less its cost [currency].
    spread : number or sequence
        Standard deviation by which the data will move it [currency]; 0 tells nothing.

    Returns
    -------
    ndarray float64

    Raises
    ------
    ValueError
        If a spread is negative.

    References
    ----------
    .. [1] Raiffa, H., Schlaifer, R. (1961). Applied Statistical Decision Theory. Harvard
       University.
    """
    d, s = np.broadcast_arrays(np.asarray(mean, float), np.asarray(spread, float))
    if (s < 0).any():
        raise ValueError(f"spread must not be negative, got {s.min():g}")
    apart = np.divide(abs(d), s, out=np.full(d.shape, np.inf), where=s > 0)
    far = np.where(s > 0, apart, 0.0)
    loss = s * (stats.norm.pdf(far) - far * stats.norm.sf(far))
    found: Values = np.maximum(loss, 0.0)
    return found
