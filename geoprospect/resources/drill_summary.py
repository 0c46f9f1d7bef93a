"""Drill holes in numbers: what was read, and raw grades weighed by the length they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def drill_summary(
    collars: pd.DataFrame, surveys: pd.DataFrame, intervals: pd.DataFrame, units: Mapping[str, str]
) -> dict[str, Any]:
    """
    Holes, metres and stations, and the raw mean of each grade over the assayed length.

    A mean over samples overstates ore, for geologists cut it into shorter ones; weighed by
    length it does not. It still leans towards where holes were drilled, which was where ore was
    expected: it is no mean of the ground.

    Parameters
    ----------
    collars : DataFrame
        ``hole`` and ``end``, the length of each [m].
    surveys : DataFrame
        ``hole``, a row for each station.
    intervals : DataFrame
        ``hole``, ``from``, ``to`` [m] and the grades; NaN is unknown, and left out.
    units : mapping of grade to unit

    Returns
    -------
    dict
        ``holes``, ``metres`` (their length together), ``longest`` [m], ``stations``,
        ``intervals``, and ``grades``: for each ``name``, ``unit``, ``assayed`` and ``unknown``
        (intervals), ``metres`` (assayed length), ``mean`` (weighed by length) and ``highest``;
        None where nothing is assayed.
    """
    ends = collars["end"].to_numpy(float)
    length = (intervals["to"] - intervals["from"]).to_numpy(float)
    return {
        "holes": len(collars),
        "metres": float(np.nansum(ends)),
        "longest": float(np.nanmax(ends)) if np.isfinite(ends).any() else None,
        "stations": len(surveys),
        "intervals": len(intervals),
        "grades": [
            {"name": name, "unit": unit, **_grade(intervals[name].to_numpy(float), length)}
            for name, unit in units.items()
        ],
    }


def _grade(grade: Any, length: Any) -> dict[str, Any]:
    known = np.isfinite(grade)
    assayed = float(length[known].sum())
    return {
        "assayed": int(known.sum()),
        "unknown": int((~known).sum()),
        "metres": assayed,
        "mean": float((grade[known] * length[known]).sum() / assayed) if assayed else None,
        "highest": float(grade[known].max()) if known.any() else None,
    }
