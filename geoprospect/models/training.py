"""What an estimator is given to learn from, checked, in an order of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError, did_you_mean, listing

Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Numbers = Mapping[int, float]
"""The number that stands for each class, by its code."""


@dataclass(frozen=True)
class Training:
    """
    Rows to learn from, sorted by their values: the order in which they came decides nothing.

    ``rows`` (samples, layers) float32 are NaN where unknown, ``labels`` 1 deposit and 0
    background, ``weights`` float64, 1 each if none were given. ``classes`` are the columns
    that hold codes of classes.
    """

    rows: Rows
    labels: npt.NDArray[np.int64]
    weights: Floats
    layers: list[str]
    classes: list[int]


def training(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None,
    feature_name: Sequence[str],
    categorical_feature: Sequence[str],
) -> Training:
    """
    The arguments of an estimator's ``fit``, checked and sorted.

    Raises
    ------
    ModelError
        Listing all that is wrong with them.
    """
    rows, labels = np.asarray(X, np.float32), np.asarray(y)
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, "f8")
    layers = [str(name) for name in feature_name]
    check_columns(rows, layers, categorical_feature)
    problems = _labels(rows, labels, weights) + _values(rows, layers, categorical_feature)
    if problems:
        raise ModelError(listing("a model cannot be trained on this:", problems))
    order = np.lexsort((weights, labels, *rows.T[::-1]))
    classes = [layers.index(name) for name in categorical_feature]
    return Training(
        rows[order], labels[order].astype(np.int64), weights[order], layers, sorted(classes)
    )


def check_columns(rows: npt.NDArray[Any], layers: Sequence[str], classes: Sequence[str]) -> None:
    """
    Refuse names that do not fit the columns of *rows*.

    Raises
    ------
    ModelError
        If there are more or fewer names than columns, one twice, or *classes* among them
        that are no layers.
    """
    if rows.ndim != 2 or rows.shape[1] != len(layers):
        raise ModelError(
            f"rows are {rows.shape}, but {len(layers)} layers are named; "
            "give (samples, layers) and a name for each layer"
        )
    twice = sorted({name for name in layers if list(layers).count(name) > 1})
    if twice:
        raise ModelError(f"two layers are called {', '.join(twice)}; rename one")
    check_layers(classes, layers, "categorical_feature")


def check_layers(named: Sequence[str], layers: Sequence[str], where: str) -> None:
    """
    Refuse settings that name a layer which is not there.

    Raises
    ------
    ModelError
        Listing each unknown name with the nearest known one.
    """
    unknown = [name for name in dict.fromkeys(named) if name not in layers]
    if unknown:
        told = [f"no layer is called {name!r}{did_you_mean(name, layers)}" for name in unknown]
        raise ModelError(listing(f"{where} names layers that the model is not given:", told))


def numbered(rows: Rows, numbers: Mapping[int, Numbers]) -> Rows:
    """*rows* with the number of each class in place of its code, by column; NaN for others."""
    made = rows.copy()
    for column, of_codes in numbers.items():
        made[:, column] = np.nan
        for code, number in of_codes.items():
            made[rows[:, column] == code, column] = number
    return made


def _labels(rows: Rows, labels: npt.NDArray[Any], weights: Floats) -> list[str]:
    if labels.shape != (len(rows),) or weights.shape != labels.shape:
        return [f"there are {len(rows)} rows, labels {labels.shape} and weights {weights.shape}"]
    problems = []
    if not np.isin(labels, (0, 1)).all():
        problems.append("labels must be 1 (deposit) or 0 (background)")
    elif len(np.unique(labels)) < 2:
        problems.append(
            f"there are {int(labels.sum())} deposits and {int((labels == 0).sum())} background "
            "cells; both are needed"
        )
    if not (np.isfinite(weights) & (weights > 0)).all():
        problems.append("weights must be finite and above 0; leave out rows that weigh nothing")
    return problems


def _values(rows: Rows, layers: list[str], categorical: Sequence[str]) -> list[str]:
    infinite = np.isinf(rows).any(axis=0)
    problems = [f"layer {layers[i]!r} has infinite values" for i in np.flatnonzero(infinite)]
    for name in categorical:
        codes = rows[:, layers.index(name)]
        known = codes[~np.isnan(codes)]
        if (known < 0).any() or (known != np.floor(known)).any():
            problems.append(f"layer {name!r} holds classes, whose codes are whole numbers from 0")
    return problems
