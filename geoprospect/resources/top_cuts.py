"""A few very rich samples: how much of the metal hangs on them, and what a cut would cost."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

QUANTILES = (0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 1.0)


def top_cuts(
    values: Values, *, weights: Values | None = None, quantiles: Sequence[float] = QUANTILES
) -> pd.DataFrame:
    """
    What cutting grades at their upper quantiles would do to mean, spread and metal.

    An assay of a nugget stands for a handful of rock, but interpolated it makes tonnes of
    ore. Where one sample in a hundred holds a fifth of the metal, the estimate hangs on it
    [1]_. Nothing is cut here: the table is for a person to choose from.

    Parameters
    ----------
    values : array (samples,)
        Grades, none negative; NaN is unknown and left out.
    weights : array (samples,), optional
        Lengths of the samples or declustering weights; all alike if not given.
    quantiles : sequence of float
        Shares of the weight at or below the cut, in (0, 1].

    Returns
    -------
    DataFrame
        One row for each quantile: ``quantile`` [1], ``cut`` (in the units of the grades),
        ``samples`` above it, ``mean`` and coefficient of variation ``cv`` [1] after cutting,
        and ``removed``, the share of metal that the cut takes away [%].

    Raises
    ------
    DataError
        If no grade is known, one is negative, all are zero, or a weight is not positive.
    ValueError
        If a quantile is not in (0, 1].

    References
    ----------
    .. [1] Parrish, I.S. (1997). Geologist's Gordian knot: to cut or not to cut.
       Mining Engineering 49, 45-49.
    """
    values, weights = _checked(values, weights)
    bad = [one for one in quantiles if not 0 < one <= 1]
    if bad:
        raise ValueError(f"quantiles lie above 0 and not above 1, got {bad[0]}")
    whole = float(np.average(values, weights=weights))
    rows = []
    for share in quantiles:
        cut = _quantile(values, weights, share)
        after = np.minimum(values, cut)
        mean = float(np.average(after, weights=weights))
        spread = float(np.sqrt(np.average((after - mean) ** 2, weights=weights)))
        rows.append(
            {"quantile": share, "cut": cut, "samples": int((values > cut).sum()), "mean": mean,
             "cv": spread / mean if mean else np.nan, "removed": 100 * (1 - mean / whole)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def capped(values: Values, *, cut: float) -> Values:
    """
    Grades, those above *cut* set to it; how many and how much that takes is said.

    Parameters
    ----------
    values : array (samples,)
        NaN stays unknown.
    cut : float
        In the units of the grades.

    Returns
    -------
    array (samples,)

    Raises
    ------
    ValueError
        If *cut* is not positive.
    """
    if not cut > 0:
        raise ValueError(f"a cut must be positive, got {cut}")
    values = np.asarray(values, float)
    above = values > cut
    made = np.where(above, cut, values)
    if above.any():
        log.warning(
            "%d of %d grades lie above %g and are set to it, which takes %.2f %% of their sum.",
            int(above.sum()),
            int((~np.isnan(values)).sum()),
            cut,
            100 * (1 - np.nansum(made) / np.nansum(values)),
        )
    return made


def _checked(values: Values, weights: Values | None) -> tuple[Values, Values]:
    values = np.asarray(values, float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    known = ~np.isnan(values)
    if not known.any():
        raise DataError("no grade is known; check the column, or how blanks are read")
    values, weights = values[known], weights[known]
    negative = int((values < 0).sum())
    if negative:
        raise DataError(f"{negative} grades are negative; name their code in missing when reading")
    if not values.any():
        raise DataError("all grades are zero; check what zero means in the table")
    if not (weights > 0).all():
        raise DataError("weights must be positive where there is a grade")
    return values, weights


def _quantile(values: Values, weights: Values, share: float) -> float:
    """The least grade at or below which that share of the weight lies."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    at = int(np.searchsorted(passed, share * passed[-1] * (1 - 1e-12)))
    return float(values[order][min(at, len(values) - 1)])
