"""The past as a test: a ranking made with what was known at a date, and what was found later."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.drilling.comparison import compared, half
from geoprospect.drilling.discoveries import Finds
from geoprospect.drilling.null_checks import checked
from geoprospect.drilling.nulls import expected_rank
from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels import ranking

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

SHARES = (0.01, 0.02, 0.05, 0.1)
"""Shares of the ground at which captured discoveries are told."""

RANDOM = "random"
"""What the exact null is called in tables."""

MANDATORY = ("nearest", "best layer", "weights of evidence")
"""Rankings that a claim must stand beside: without them it shows nothing."""


COMPARED = ("factor", "low", "high", "p", "reduction", "least", "most", "said")
"""What the table tells of the model against a ranking."""


def judged(
    rankings: Mapping[str, npt.ArrayLike],
    finds: Finds,
    *,
    model: str,
    holes_per_cell: float,
    seed: int,
) -> pd.DataFrame:
    """
    Holes that each ranking would have drilled to the discoveries, and the model against each.

    The exact null is held against trials of random drilling; where they differ, that is said.

    Parameters
    ----------
    rankings : mapping of str to (cells,)
        Scores, the highest drilled first. One is the model's. Others should be "nearest"
        (:func:`nearest_known`), "best layer" (:func:`best_layer`) and "weights of evidence",
        made with the same knowledge; what is missing is said.
    finds : Finds
    model : str
        Which of them is judged.
    holes_per_cell : float
        Holes to test one cell: their number over the chance that they meet a deposit there
        (:func:`geoprospect.drilling.detection.detection`).
    seed : int
        Of intervals.

    Returns
    -------
    DataFrame
        By ranking, and ``random`` exactly: ``first`` and ``half``, holes until then;
        ``area`` under the capture curve [1], 0.5 at random; ``top_1`` to ``top_10``, share of
        discoveries in the best percents of the ground; of the model against it, ``factor``
        to ``said`` of :class:`geoprospect.drilling.comparison.Comparison`, empty for the
        model itself and for ``random``.

    Raises
    ------
    DataError
        If there is no ranking *model*.
    ValueError
        If *holes_per_cell* is below 1.
    """
    if model not in rankings:
        raise DataError(f"there is no ranking {model!r}{did_you_mean(model, rankings)}")
    if not holes_per_cell >= 1:
        raise ValueError(f"holes_per_cell must be 1 or more, got {holes_per_cell:g}")
    missing = [name for name in MANDATORY if name not in rankings]
    if missing:
        log.warning("the model is not compared with %s: claim nothing yet", ", ".join(missing))
    ranks = {name: finds.ranks(scores) for name, scores in rankings.items()}
    rows = {name: _row(of, int(finds.open.sum()), holes_per_cell) for name, of in ranks.items()}
    for name, of in ranks.items():
        if name != model:
            against = compared(ranks[model], of, seed=seed)
            rows[name] |= {one: getattr(against, one) for one in COMPARED}
    checked(cells=int(finds.open.sum()), discoveries=finds.discoveries, seed=seed)
    rows[RANDOM] = _random(finds, holes_per_cell)
    return pd.DataFrame.from_dict(rows, orient="index")


def nearest_known(cells: npt.ArrayLike, known: npt.ArrayLike) -> Values:
    """
    Score that ranks cells by nearness to known deposits [-m]: the baseline hardest to beat.

    Parameters
    ----------
    cells : (n, 2)
        Centres, easting and northing [m].
    known : (k, 2)
        Deposits known at the cut date [m].

    Returns
    -------
    ndarray (n,) float64
    """
    apart, _ = cKDTree(np.asarray(known, float)).query(np.asarray(cells, float))
    return np.asarray(-apart, float)


def best_layer(layers: Mapping[str, npt.ArrayLike], known: Index) -> tuple[str, Values]:
    """
    The single layer that ranks known deposits best, high or low, and its score [layer's unit].

    Chosen by the area under the capture curve of deposits known at the cut date, among cells
    where the layer is known: what anyone could have drilled by, without a model.

    Parameters
    ----------
    layers : mapping of str to (cells,)
        NaN is unknown.
    known : (k,)
        Cells of the known deposits.

    Returns
    -------
    (str, ndarray (cells,) float64)
        Name, and the layer, turned round where low values are the good ones.

    Raises
    ------
    DataError
        If no layer is known at a deposit.
    """
    best, score, found = 0.0, np.empty(0), ""
    for name, layer in layers.items():
        for values in (np.asarray(layer, float), -np.asarray(layer, float)):
            at = values[known][~np.isnan(values[known])]
            if not at.size:
                continue
            above, reached = ranking.ranks(values, at)
            under = ranking.ausrc(above, reached, int((~np.isnan(values)).sum()))
            if under > best:
                best, score, found = under, values, name
    if not found:
        raise DataError("no layer is known at any known deposit, so none can be the best")
    return found, score


def fingerprint(scores: npt.ArrayLike) -> str:
    """SHA-256 of a ranking, to be written down before the discoveries are looked at."""
    return hashlib.sha256(np.ascontiguousarray(np.asarray(scores, "<f8")).tobytes()).hexdigest()


def placebo(
    rank: Callable[[Index], npt.ArrayLike], finds: Finds, *, known: int, times: int, seed: int
) -> Values:
    """
    Area under the capture curve [1] of models taught with random cells for deposits.

    Should be 0.5 on average. If it is not, the ranking finds discoveries by something other
    than deposits: an edge of the survey, ground that was open longer.

    Parameters
    ----------
    rank : function
        Scores (cells,) of the model taught with deposits in these cells (*known*,).
    finds : Finds
    known : int
        Deposits known at the cut date.
    times : int
    seed : int

    Returns
    -------
    ndarray (times,) float64
    """
    rng = np.random.default_rng(seed)
    free, cells = np.flatnonzero(finds.open), int(finds.open.sum())
    drawn = [np.sort(rng.choice(free, known, replace=False)) for _ in range(times)]
    return np.array([area(finds.ranks(rank(one)), cells) for one in drawn])


def _row(ranks: Values, cells: int, holes: float) -> dict[str, float | str]:
    ordered = np.sort(ranks)
    tops = {f"top_{share * 100:g}": float((ranks <= share * cells).mean()) for share in SHARES}
    first, middle = float(ordered[0]), float(ordered[half(len(ranks)) - 1])
    return {"first": first * holes, "half": middle * holes, "area": area(ranks, cells), **tops}


def _random(finds: Finds, holes: float) -> dict[str, float | str]:
    """Exact, if each discovery lies in one cell."""
    cells, k = int(finds.open.sum()), finds.discoveries
    first, middle = (expected_rank(r, cells=cells, discoveries=k) for r in (1, half(k)))
    tops = {f"top_{share * 100:g}": share for share in SHARES}
    return {"first": first * holes, "half": middle * holes, "area": 0.5, **tops}


def area(ranks: Values, cells: int) -> float:
    """Area under the capture curve [1] of discoveries with these ranks; 0.5 at random."""
    return ranking.ausrc(ranks - 1, ranks, cells)
