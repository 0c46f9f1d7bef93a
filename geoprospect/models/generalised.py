"""Classes of a layer made few: a pattern and the rest, or classes that are sure and the others."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoprospect.kernels import weights as kernel

log = logging.getLogger("geoprospect.models")


def generalised(table: pd.DataFrame, threshold: float | None) -> pd.DataFrame:
    """With the columns ``pattern``, ``weight`` and ``weight_sd``."""
    told: Mapping[Any, Any] = table.attrs
    if told["choice"] == "own":
        return table.assign(pattern="own", weight=table["w_plus"], weight_sd=table["w_plus_sd"])
    if told["choice"] == "pooled":
        own, weight, sd = kernel.pooled(
            table["deposits"], table["units"],
            deposits=told["deposits"], units=told["unit_cells"], confidence=told["confidence"],
        )  # fmt: skip
        pattern = np.where(own, "own", "pooled" if own.any() else "none")
        _say_unsure(told, bool(own.any()))
        return table.assign(pattern=pattern, weight=weight, weight_sd=sd)
    row = _cut(table) if threshold is None else _manual(table, threshold)
    _say_unsure(told, row is not None)
    if row is None:
        return table.assign(pattern="none", weight=0.0, weight_sd=0.0)
    inside, cut = np.arange(len(table)) <= row, table.iloc[row]
    return table.assign(
        pattern=np.where(inside, "inside", "outside"),
        weight=np.where(inside, cut["w_plus"], cut["w_minus"]),
        weight_sd=np.where(inside, cut["w_plus_sd"], cut["w_minus_sd"]),
    )


def _cut(table: pd.DataFrame) -> int | None:
    names = ("w_plus", "w_plus_sd", "w_minus", "w_minus_sd", "contrast", "contrast_sd")
    columns = [table[name].to_numpy() for name in (*names, "studentised", "guarded")]
    told = table.attrs
    return kernel.best(kernel.Weights(*columns), rule=told["choice"], confidence=told["confidence"])


def measure(table: pd.DataFrame) -> float:
    """What the best pattern of a table reaches, by its choice."""
    if table.attrs["mode"] == "categorical":
        return 0.0
    row = _cut(table)
    return -math.inf if row is None else float(table[table.attrs["choice"]].iloc[row])


def _manual(table: pd.DataFrame, threshold: float) -> int:
    rising = table.attrs["mode"] == "ascending"
    inside = table["high"] <= threshold if rising else table["low"] >= threshold
    count = int(inside.sum())
    if not 0 < count < len(table):
        raise ValueError(
            f"threshold {threshold:g} leaves all ground of {table.attrs['long_name']!r} on one "
            f"side; its classes run from {table['low'].min():g} to {table['high'].max():g}"
        )
    return count - 1


def _say_unsure(told: Mapping[Any, Any], sure: bool) -> None:
    if not sure:
        log.warning(
            "no class of %r reaches a studentised contrast of %g; the layer weighs nothing",
            told["long_name"], told["confidence"],
        )  # fmt: skip
