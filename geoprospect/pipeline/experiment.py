"""
Made districts drilled on in every way, and how many holes the plan saves.

Each district is learnt by the package's own models from its known deposits; the hidden ones
are then looked for by each strategy, with the same luck of holes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from geoprospect import storage
from geoprospect.drilling.comparison import DRAWS, FEWEST, compared, half
from geoprospect.drilling.detection import detection
from geoprospect.drilling.made import CELL, SHAPE, made_district
from geoprospect.drilling.nulls import expected_holes
from geoprospect.drilling.strategies import Search, down_the_list, hole_by_hole, tries
from geoprospect.language import marked, say
from geoprospect.pipeline.explorer import LAYER, NEAREST, PROSPECTIVITY, WEIGHTS, knowledge
from geoprospect.report import export

log = logging.getLogger("geoprospect.pipeline")

Values = npt.NDArray[np.float64]

PLAN, FIXED, RANDOM = "plan", "plan as a list", "random"
STRATEGIES = (RANDOM, NEAREST, LAYER, WEIGHTS, PROSPECTIVITY, FIXED, PLAN)

CALLED = {
    RANDOM: marked("at random (expected)"),
    NEAREST: marked("nearest known deposit"),
    LAYER: marked("best single layer"),
    WEIGHTS: marked("weights of evidence"),
    PROSPECTIVITY: marked("prospectivity alone"),
    FIXED: marked("the plan's first chances as a list"),
    PLAN: marked("the plan"),
}
"""What strategies are called where people read."""

MEASURES = ("first", "half")
"""Holes until the first discovery, and until half of the hidden deposits are found."""

BODY = (240.0, 200.0)
"""Half axes of the outline of a deposit in plan [m]: it fits into a cell."""

PER_CELL = (1, 2)
"""Holes into a cell before the next: both are tried with every ranking."""

CONFIDENCE = 0.9
"""Of intervals [1]."""

TABLE, RESULT = "experiment.csv", "experiment.json"
"""Files of an experiment: a row for each district and strategy, and the outcome."""


@dataclass(frozen=True, eq=False)
class Experiment:
    """
    What came out: ``trials``, the rows of :func:`trial` of every district, and ``outcome``.

    The outcome has a row for each strategy: ``strategy``; for ``first`` and ``half`` the mean
    number of holes over the districts (``first``) and the median (``first_median``), and of
    the plan against it ``first_saved``, the share of all holes that it saves [1], from
    ``first_low`` to ``first_high``; ``first_factor``, how many times as many holes the other
    drills, in the geometric mean over districts, and ``first_p``, the one-sided chance of as
    much if neither were better. NaN for the plan itself, and where there are too few districts.
    """

    seeds: tuple[int, ...]
    trials: pd.DataFrame = field(repr=False)
    outcome: pd.DataFrame


def experiment(*, districts: int, seed: int, shape: tuple[int, int] = SHAPE) -> Experiment:
    """
    How many holes each way of drilling needs on made districts with hidden deposits.

    Parameters
    ----------
    districts : int
        Their seeds are *seed* and the numbers after it.
    seed : int
        Also of the intervals.
    shape : (int, int)
        Rows and columns of a district.

    Returns
    -------
    Experiment

    Raises
    ------
    ValueError
        If there is no district.
    """
    if districts < 1:
        raise ValueError(f"districts must be 1 or more, got {districts}")
    seeds = tuple(range(seed, seed + districts))
    rows = []
    for number, one in enumerate(seeds, 1):
        rows += trial(one, shape=shape)
        log.info("district %d of %d, seed %d", number, districts, one)
    trials = pd.DataFrame(rows)
    return Experiment(seeds, trials, outcome(trials, seed=seed))


def trial(seed: int, *, shape: tuple[int, int] = SHAPE) -> list[dict[str, Any]]:
    """
    Holes to the first and to half of the discoveries in one made district, by strategy.

    Parameters
    ----------
    seed : int
        Of the district, of all that is fitted on it, and of the luck of the holes.
    shape : (int, int)
        Rows and columns of the district.

    Returns
    -------
    list of dict
        A row for each strategy and, of rankings, each number of holes a cell: ``seed``,
        ``known`` and ``hidden`` deposits, ``cells`` open to drilling, ``auc`` of the model on
        ground held out [1], ``layer`` that is the best, ``strategy``, ``per_cell`` (0 for the
        plan, which decides hole by hole), ``first`` and ``half``.
    """
    district = made_district(seed=seed, shape=shape)
    known, met = knowledge(district, seed=seed), detection(*BODY, spacing=CELL)
    hidden, cells = len(district.hidden), int(district.open.sum())
    search = Search(district.open, district.hidden, tries(hidden, detection=met, seed=seed))
    about = {"seed": seed, "known": len(district.known), "hidden": hidden, "cells": cells,
             "auc": known.auc, "layer": known.layer}  # fmt: skip
    nobody = np.empty(0, np.int64)
    ideas = known.ideas(nobody)
    planned = hole_by_hole(
        ideas, search, weight=np.ones(len(ideas)), detection=met, until=half(hidden),
        renewed=known.ideas,
    )  # fmt: skip
    rows = [_row(PLAN, 0, planned[0], planned[-1])]
    for per_cell in PER_CELL:
        for name, scores in (known.scores | {FIXED: ideas.mean(axis=0)}).items():
            holes = down_the_list(scores, search, per_cell=per_cell, seed=seed)
            rows.append(_row(name, per_cell, holes[0], holes[half(hidden) - 1]))
        expected = [
            expected_holes(which, cells=cells, discoveries=hidden, detection=met, per_cell=per_cell)
            for which in (1, half(hidden))
        ]
        rows.append(_row(RANDOM, per_cell, *expected))
    return [about | row for row in rows]


def outcome(trials: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """
    The plan against every other strategy, over districts; see :class:`Experiment`.

    Of rankings the number of holes a cell counts that needs fewest holes on average, for each
    measure by itself: the plan stands against the best that a list can do.

    Parameters
    ----------
    trials : DataFrame
        Rows of :func:`trial`.
    seed : int
        Of the intervals, which draw districts anew 10,000 times.

    Returns
    -------
    DataFrame
    """
    rows = []
    for name in STRATEGIES:
        row: dict[str, Any] = {"strategy": name}
        for measure in MEASURES:
            holes = _best(trials, name, measure)
            row |= {measure: float(holes.mean()), f"{measure}_median": float(np.median(holes))}
            if name != PLAN:
                against = saved(_best(trials, PLAN, measure), holes, seed=seed)
                row |= {f"{measure}_{what}": value for what, value in against.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def saved(plan: npt.ArrayLike, other: npt.ArrayLike, *, seed: int) -> dict[str, float]:
    """
    Share of holes that the plan saves over all districts [1], with its interval.

    Parameters
    ----------
    plan, other : (districts,)
        Holes in each district.
    seed : int
        Of the interval: districts drawn anew with both their numbers.

    Returns
    -------
    dict
        ``saved``, ``low`` and ``high`` [1]; ``factor`` and ``p`` of
        :func:`geoprospect.drilling.comparison.compared`, districts in the place of discoveries.
        NaN for all but ``saved`` and ``factor`` with fewer than five districts.
    """
    mine, theirs = np.asarray(plan, float), np.asarray(other, float)
    against = compared(mine, theirs, seed=seed, confidence=CONFIDENCE)
    found = {"saved": float(_share(mine, theirs)), "low": np.nan, "high": np.nan,
             "factor": against.factor, "p": against.p}  # fmt: skip
    if len(mine) >= FEWEST:
        drawn = stats.bootstrap(
            (mine, theirs), _share, paired=True, n_resamples=DRAWS, confidence_level=CONFIDENCE,
            method="percentile", rng=np.random.default_rng(seed),
        )  # fmt: skip
        low, high = drawn.confidence_interval
        found |= {"low": float(low), "high": float(high)}
    return found


def written(found: Experiment, folder: storage.Location) -> list[storage.AnyPath]:
    """Write the rows of all districts as CSV and the outcome as JSON; their paths."""
    place = storage.located(folder)
    table, result = place / TABLE, place / RESULT
    export.write_text(found.trials.to_csv(index=False), table)
    export.write_text(export.json_text(told(found)), result)
    return [table, result]


def told(found: Experiment) -> dict[str, Any]:
    """The outcome with all that it rests on; ready for JSON, NaN as null."""
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in found.outcome.to_dict("records")
    ]
    return {
        "seeds": list(found.seeds), "districts": len(found.seeds), "confidence": CONFIDENCE,
        "detection": detection(*BODY, spacing=CELL), "strategies": rows,
    }  # fmt: skip


def heading() -> list[str]:
    """What stands above the columns of :func:`lines`, in the language that is spoken."""
    return [
        say("strategy"), say("holes to the first"), say("the plan saves"),
        say("holes to half of them"), say("the plan saves"),
    ]  # fmt: skip


def lines(found: Experiment) -> list[list[str]]:
    """The outcome, a row for each strategy: mean holes, and what the plan saves against it."""
    return [
        [say(CALLED[row["strategy"]]), *(text for one in MEASURES for text in _shown(row, one))]
        for row in found.outcome.to_dict("records")
    ]


def _shown(row: Mapping[Any, Any], measure: str) -> tuple[str, str]:
    return f"{row[measure]:,.0f}", _saving(row, measure)


def _saving(row: Mapping[Any, Any], measure: str) -> str:
    share, low, high = (row[f"{measure}_{what}"] for what in ("saved", "low", "high"))
    if row["strategy"] == PLAN:
        return ""
    if np.isnan(low):
        return say("{share:.0%}; too few districts to tell", share=share)
    return say("{share:.0%} ({low:.0%} to {high:.0%})", share=share, low=low, high=high)


def _row(strategy: str, per_cell: int, first: float, middle: float) -> dict[str, Any]:
    return {"strategy": strategy, "per_cell": per_cell, "first": float(first),
            "half": float(middle)}  # fmt: skip


def _best(trials: pd.DataFrame, strategy: str, measure: str) -> Values:
    """Holes in each district, with the number of holes a cell that needs fewest on average."""
    mine = trials[trials["strategy"] == strategy]
    table = mine.pivot_table(index="seed", columns="per_cell", values=measure).sort_index()
    return table.to_numpy(float)[:, int(table.mean().to_numpy().argmin())]


def _share(plan: Values, other: Values, axis: int = -1) -> Values:
    share: Values = 1 - np.sum(plan, axis=axis) / np.sum(other, axis=axis)
    return share
