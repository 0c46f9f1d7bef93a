"""Predictions written down before holes are drilled, and what the holes then gave."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from geoprospect.errors import DataError, listing

log = logging.getLogger("geoprospect.drilling")

COLUMNS = ("hole", "registered", "drilled", "probability", "chosen_by", "grade_thickness")
"""Columns of a ledger."""

ALL = "all"
"""The row over all holes."""

BINS = 5
"""Classes of predicted chance in a table of reliability."""


def outcomes(ledger: pd.DataFrame, *, threshold: float) -> pd.DataFrame:
    """
    The drilled and assayed holes of a ledger, each a hit or not.

    Only what was written down before the drill turned is a prediction; everything else is a
    story told afterwards. This ledger, kept over years, is the one proof that holes are saved.

    Parameters
    ----------
    ledger : DataFrame
        A row for each hole: ``hole``; ``registered``, the date of the prediction, and
        ``drilled``, of the hole; ``probability`` predicted of a hit [1]; ``chosen_by``, such as
        "model", "geologist" or "both"; ``grade_thickness``, best intercept, grade times
        true thickness. Without the last or a date of drilling a hole is still open, which is
        said.
    threshold : float
        Grade times thickness from which a hole is a hit, in the ledger's units.

    Returns
    -------
    DataFrame
        The ledger's closed holes, with ``hit``.

    Raises
    ------
    DataError
        If a column is missing, a hole is listed twice, was drilled before its prediction was
        registered, or has no chance between 0 and 1; all of them, by hole.
    """
    missing = [name for name in COLUMNS if name not in ledger.columns]
    if missing:
        raise DataError(f"the ledger has no {', '.join(missing)}; its columns are "
                        f"{', '.join(COLUMNS)}")  # fmt: skip
    registered, drilled = pd.to_datetime(ledger["registered"]), pd.to_datetime(ledger["drilled"])
    wrong = {
        "is listed twice": ledger["hole"].duplicated(),
        "has no date of registration": registered.isna(),
        "was drilled before its prediction was registered": drilled <= registered,
        "has no predicted chance from 0 to 1": ~ledger["probability"].between(0, 1),
    }
    problems = [f"hole {hole} {what}" for what, rows in wrong.items()
                for hole in ledger.loc[rows, "hole"]]  # fmt: skip
    if problems:
        raise DataError(listing("the ledger proves nothing as it is:", problems))
    closed = (drilled.notna() & ledger["grade_thickness"].notna()).to_numpy()
    if not closed.all():
        log.info("%d of %d holes are not drilled or assayed yet", (~closed).sum(), len(closed))
    found = ledger[closed]
    return found.assign(hit=found["grade_thickness"] >= threshold)


def hit_rates(closed: pd.DataFrame, *, confidence: float = 0.9) -> pd.DataFrame:
    """
    Share of holes that hit, by who chose them, and how good the predicted chances were.

    Parameters
    ----------
    closed : DataFrame
        Of :func:`outcomes`.
    confidence : float
        Of Wilson's interval [1]_.

    Returns
    -------
    DataFrame
        By ``chosen_by``, sorted, and ``all``: ``holes``, ``hits``, ``rate`` with its interval
        ``low`` to ``high`` [1], ``predicted`` hits, ``brier``: the mean squared distance
        between chance and outcome [1], 0 best, 0.25 for "half" throughout.

    Raises
    ------
    DataError
        If no hole is closed.

    References
    ----------
    .. [1] Brown, L.D., Cai, T.T., DasGupta, A. (2001). Interval estimation for a binomial
       proportion. Statistical Science 16, 101-133.
    """
    if closed.empty:
        raise DataError("no hole of the ledger is drilled and assayed, so there is nothing to tell")
    parts = {str(one): of for one, of in closed.groupby("chosen_by")} | {ALL: closed}
    return pd.DataFrame.from_dict(
        {name: _rate(of, confidence) for name, of in parts.items()}, orient="index"
    )


def reliability(closed: pd.DataFrame, *, bins: int = BINS) -> pd.DataFrame:
    """
    Predicted chances against what came of them: of holes given 20 %, did a fifth hit?

    Parameters
    ----------
    closed : DataFrame
        Of :func:`outcomes`.
    bins : int
        Classes of equal width from 0 to 1; empty ones are left out.

    Returns
    -------
    DataFrame
        ``low`` and ``high`` end of the class, ``holes``, mean ``predicted`` chance and
        ``observed`` share of hits [1].
    """
    if bins < 1:
        raise ValueError(f"bins must be 1 or more, got {bins}")
    edges = np.linspace(0, 1, bins + 1)
    chance, hit = closed["probability"].to_numpy(float), closed["hit"].to_numpy(float)
    # the chance 0.6 belongs to the class that starts there, whatever rounding makes of the edge
    place = np.minimum((chance * bins + 1e-9).astype(int), bins - 1)
    rows = [_class(edges[k], edges[k + 1], chance[place == k], hit[place == k])
            for k in np.unique(place)]  # fmt: skip
    return pd.DataFrame(rows, columns=["low", "high", "holes", "predicted", "observed"])


def _rate(holes: pd.DataFrame, confidence: float) -> dict[str, float]:
    hits, chance = holes["hit"].to_numpy(float), holes["probability"].to_numpy(float)
    within = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(confidence, "wilson")
    brier = float(((chance - hits) ** 2).mean())
    return {"holes": len(hits), "hits": int(hits.sum()), "rate": float(hits.mean()),
            "low": float(within.low), "high": float(within.high),
            "predicted": float(chance.sum()), "brier": brier}  # fmt: skip


def _class(
    low: float, high: float, chance: npt.NDArray[np.float64], hit: npt.NDArray[np.float64]
) -> tuple[float, float, int, float, float]:
    return float(low), float(high), len(chance), float(chance.mean()), float(hit.mean())
