"""Realisations held against kriging, of which mean and variance are known by formula."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.resources.kriging import kriged
from geoprospect.resources.simulation import Simulation

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

FARTHEST = 2.0
"""Standard errors that simulation and formula may lie apart."""


def simulation_checks(one: Simulation, places: npt.ArrayLike) -> list[dict[str, Any]]:
    """
    Mean and variance of realisations at places against those of simple kriging, in scores.

    The mean over realisations is the kriged score, and they scatter about it as far as the
    kriging variance says, whatever the ground. Realisations are independent, so that their
    own scatter tells how far chance may take the two apart; more than two standard errors are
    said in a warning, and come by chance in one check of twenty.

    Parameters
    ----------
    one : Simulation
    places : array (n, 3)
        Some hundreds of places, such as middles of blocks [m]; those beyond the search are
        passed over.

    Returns
    -------
    list of dict
        ``what``, ``simulated``, ``formula``, ``errors`` (their distance in standard errors) and
        whether that ``holds``.

    Raises
    ------
    ValueError
        If all places lie beyond the search.
    """
    at = np.asarray(places, np.float64).reshape(-1, 3)
    found = kriged(
        one.samples.assign(score=one.scores.samples), at, grade="score",
        variogram=one.variogram, search=one.search, kind="simple", mean=0.0,
    )  # fmt: skip
    known = found["estimate"].notna().to_numpy()
    if not known.any():
        raise ValueError("no place lies within the search of the samples; give others")
    told = found[known]
    drawn = one.scores_at(at[known])
    off = drawn - told["estimate"].to_numpy()
    rows = [
        _row("mean of scores", drawn.mean(axis=1), float(told["estimate"].mean())),
        _row("variance of scores", (off**2).mean(axis=1), float(told["variance"].mean())),
    ]
    far = [row for row in rows if not row["holds"]]
    if far:
        log.warning(
            "realisations and kriging differ by more than two standard errors (one check in "
            "twenty does by chance): %s",
            "; ".join(f"{row['what']} {row['errors']:+.1f}" for row in far),
        )
    return rows


def _row(what: str, drawn: Values, formula: float) -> dict[str, Any]:
    """One number of each realisation, and what their mean is by formula."""
    simulated = float(drawn.mean())
    error = float(drawn.std(ddof=1) / np.sqrt(len(drawn)))
    errors = (simulated - formula) / error if error > 0 else 0.0
    return {"what": what, "simulated": simulated, "formula": formula, "errors": errors,
            "holds": abs(errors) <= FARTHEST}  # fmt: skip
