"""Which way each node of a tree sends each row, decided as LightGBM does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees.codes import ZERO
from geoprospect.kernels.trees.forest import (
    CATEGORICAL,
    DEFAULT_LEFT,
    NAN_MISSING,
    ZERO_MISSING,
    Tree,
)

Ways = npt.NDArray[np.bool_]


def goes_left(tree: Tree, rows: npt.NDArray[Any]) -> Ways:
    """Whether each node would send each row left, (nodes, cells), reached or not."""
    values = rows.T.astype(np.float64, copy=False)
    ways = np.empty((len(tree.layers), len(rows)), bool)
    for node, layer in enumerate(tree.layers):
        decide = _by_category if tree.kinds[node] & CATEGORICAL else _by_threshold
        ways[node] = decide(tree, node, values[layer])
    return ways


def _by_threshold(tree: Tree, node: int, values: npt.NDArray[np.float64]) -> Ways:
    missing = tree.missing(node)
    unknown = np.isnan(values)
    known = np.where(unknown, 0.0, values)
    left: Ways = known <= tree.thresholds[node]
    if missing == ZERO_MISSING:
        lacking = np.abs(known) <= ZERO
    else:
        lacking = unknown & (missing == NAN_MISSING)
    left[lacking] = bool(tree.kinds[node] & DEFAULT_LEFT)
    return left


def _by_category(tree: Tree, node: int, values: npt.NDArray[np.float64]) -> Ways:
    """Among the categories or not; what is missing or negative is not."""
    code = np.trunc(np.where(np.isnan(values), -1.0, values))
    left: Ways = (values >= 0) & np.isin(code, tree.categories[node])
    return left
