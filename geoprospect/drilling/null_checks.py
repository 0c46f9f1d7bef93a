"""Whether drilling at random, tried, finds what the exact nulls say: a check on every test."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.drilling.comparison import half
from geoprospect.drilling.nulls import chance_of_hits, expected_rank, rank_variance

log = logging.getLogger("geoprospect.drilling")

Index = npt.NDArray[np.int64]

TRIALS = 20_000
FARTHEST = 2.0
"""Standard errors that trials and formula may lie apart."""
SHARE = 0.1
"""Share of the cells in which hits are counted."""


def checked(
    *, cells: int, discoveries: int, seed: int, trials: int = TRIALS
) -> list[dict[str, Any]]:
    """
    Random drilling against the formulas that a ranking is held to, in standard errors.

    Cells until the first discovery and until half of them, hits in the first tenth of the cells
    and the chance of one there (hypergeometric [1]_). What lies more than two standard
    errors apart is said; one check in twenty does by chance.

    Parameters
    ----------
    cells, discoveries : int
        In all; each discovery lies in a cell of its own.
    seed : int
    trials : int

    Returns
    -------
    list of dict
        ``what``, ``simulated``, ``formula``, ``errors`` and ``holds``; ready for JSON.

    Raises
    ------
    ValueError
        If there is no discovery, or there are more than cells.

    References
    ----------
    .. [1] Feller, W. (1968). An Introduction to Probability Theory and Its Applications,
       vol. 1, 3rd ed. Wiley, 43-47.
    """
    formulas = list(_formulas(cells, discoveries))
    drawn = np.sort(places(cells, discoveries, trials, np.random.default_rng(seed)), axis=1) + 1
    first = _first(cells)
    hits = (drawn <= first).sum(axis=1)
    found = (drawn[:, 0], drawn[:, half(discoveries) - 1], hits, hits > 0)
    rows = [
        _row(what, float(one.mean()), mean, math.sqrt(variance / trials))
        for one, (what, mean, variance) in zip(found, formulas, strict=True)
    ]
    far = [row for row in rows if not row["holds"]]
    if far:
        log.warning(
            "random drilling and the formula of its null differ by more than two standard errors "
            "(one check in twenty does by chance): %s",
            "; ".join(f"{row['what']} {row['errors']:+.1f}" for row in far),
        )  # fmt: skip
    return rows


def places(cells: int, discoveries: int, trials: int, rng: np.random.Generator) -> Index:
    """
    Cells of the discoveries in each trial, all sets of them alike: (trials, discoveries).

    Floyd's way: the k-th is any of the first cells - discoveries + k, or the last of these if
    that one is taken.
    """
    drawn = np.empty((trials, discoveries), np.int64)
    for k in range(discoveries):
        last = cells - discoveries + k
        one = rng.integers(0, last, trials, endpoint=True)
        taken = (drawn[:, :k] == one[:, None]).any(axis=1)
        drawn[:, k] = np.where(taken, last, one)
    return drawn


def _formulas(cells: int, discoveries: int) -> Iterator[tuple[str, float, float]]:
    """What is checked, its mean and its variance."""
    whole = {"cells": cells, "discoveries": discoveries}
    for what, which in (("first", 1), ("half", half(discoveries))):
        mean, variance = expected_rank(which, **whole), rank_variance(which, **whole)
        yield f"cells until the {what} of the discoveries", mean, variance
    first, share = _first(cells), discoveries / cells
    spread = first * share * (1 - share) * (cells - first) / max(1, cells - 1)
    yield "hits in the first tenth of the cells", first * share, spread
    chance = chance_of_hits(1, drilled=first, **whole)
    yield "chance of a hit in the first tenth of the cells", chance, chance * (1 - chance)


def _first(cells: int) -> int:
    return max(1, round(SHARE * cells))


def _row(what: str, found: float, formula: float, error: float) -> dict[str, Any]:
    off = found - formula
    errors = off / error if error > 0 else 0.0 if abs(off) < 1e-9 else math.copysign(math.inf, off)
    return {"what": what, "simulated": found, "formula": formula, "errors": errors,
            "holds": abs(errors) <= FARTHEST}  # fmt: skip
