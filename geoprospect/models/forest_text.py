"""
Trees that scikit-learn grew, written as LightGBM text.

The text is data, scored and explained by the kernels that score and explain LightGBM's
own trees. Every question of a tree survives: which way a value goes, float32 against a
float64 threshold, and which way what is unknown goes (values within 1e-35 of 0 are 0).
Classes are grown as numbers that stand for them and are written as sets of their codes;
a class that was not in training goes where unknown goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees.forest import CATEGORICAL, DEFAULT_LEFT, NAN_MISSING
from geoprospect.models.training import Floats, Numbers, Rows

WHOLE = 2.0**30
"""Count of a tree's training where weights are no whole numbers: near LightGBM's largest."""

FARTHEST = 1e300
"""What LightGBM takes in place of an infinite threshold."""

Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Grown(NamedTuple):
    """
    One tree, node by node, the root first.

    *left* and *right* are nodes, below 0 at a leaf. ``unknown_left`` says which way a
    missing value goes, ``values`` what each leaf adds to the score, ``weights`` how much of
    the training came by, ``gains`` what a split is worth.
    """

    left: Index
    right: Index
    layers: Index
    thresholds: Floats
    unknown_left: Flags
    values: Floats
    weights: Floats
    gains: Floats


def model_text(
    trees: Iterable[Grown], layers: Sequence[str], rows: Rows, numbers: Mapping[int, Numbers]
) -> str:
    """
    Trees as a LightGBM model whose raw score is the sum of their leaves.

    Parameters
    ----------
    trees : iterable of Grown
    layers : sequence of str
        Names of the columns.
    rows : (samples, layers) float32
        What was learnt from, classes as codes; the text tells the span of each layer.
    numbers : mapping of column to (mapping of code to number)
        Columns of classes, and the numbers that the trees were grown on.

    Returns
    -------
    str
        For ``lightgbm.Booster(model_str=...)``.
    """
    head = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": len(layers) - 1,
        "feature_names": " ".join(layers),
        "feature_infos": " ".join(_span(rows[:, i], i in numbers) for i in range(len(layers))),
    }
    parts = ["tree\n" + _lines(head)]
    parts += [f"Tree={n}\n" + _lines(_tree(tree, numbers)) for n, tree in enumerate(trees)]
    return "\n".join(parts) + "\nend of trees\n\npandas_categorical:null\n"


def _tree(tree: Grown, numbers: Mapping[int, Numbers]) -> dict[str, Any]:
    inner = tree.left >= 0
    counts, names = _counts(tree), np.where(inner, np.cumsum(inner) - 1, np.cumsum(~inner) * -1)
    of_classes = inner & np.isin(tree.layers, list(numbers))
    sets = [_words(tree, node, numbers) for node in np.flatnonzero(of_classes).tolist()]
    # LightGBM sends a missing class right, always: a node that does not is turned round
    turned = of_classes & tree.unknown_left
    left, right = (
        np.where(turned, *pair) for pair in ((tree.right, tree.left), (tree.left, tree.right))
    )
    thresholds = np.where(of_classes, np.cumsum(of_classes) - 1, tree.thresholds)
    by_default = np.where(tree.unknown_left & ~of_classes, DEFAULT_LEFT, 0)
    kinds = np.where(of_classes, CATEGORICAL, 0) | by_default | NAN_MISSING << 2
    written: dict[str, Any] = {
        "num_leaves": int((~inner).sum()),
        "num_cat": len(sets),
        "split_feature": tree.layers[inner],
        "split_gain": tree.gains[inner],
        "threshold": np.clip(thresholds[inner], -FARTHEST, FARTHEST),
        "decision_type": kinds[inner],
        "left_child": names[left[inner]],
        "right_child": names[right[inner]],
        "leaf_value": tree.values[~inner],
        "leaf_weight": tree.weights[~inner],
        "leaf_count": counts[~inner],
        "internal_value": tree.values[inner],
        "internal_weight": tree.weights[inner],
        "internal_count": counts[inner],
    }
    if sets:
        written["cat_boundaries"] = np.cumsum([0, *(len(words) for words in sets)])
        written["cat_threshold"] = np.concatenate(sets)
    return written | {"is_linear": 0, "shrinkage": 1}


def _counts(tree: Grown) -> Index:
    """Weights as whole numbers, of which each node has the sum of its leaves'."""
    whole = bool((tree.weights == np.rint(tree.weights)).all())
    scale = 1.0 if whole else WHOLE / tree.weights[0]
    counts = np.maximum(1, np.rint(tree.weights * scale)).astype(np.int64)
    for node in np.flatnonzero(tree.left >= 0)[::-1]:  # children come after their parents
        counts[node] = counts[tree.left[node]] + counts[tree.right[node]]
    return counts


def _words(tree: Grown, node: int, numbers: Mapping[int, Numbers]) -> npt.NDArray[np.uint32]:
    """The codes that do not go where unknown goes, as bits of words."""
    of_codes = numbers[int(tree.layers[node])]
    left = {code for code, number in of_codes.items() if number <= tree.thresholds[node]}
    chosen = sorted(of_codes.keys() - left if tree.unknown_left[node] else left)
    bits = np.zeros((max(chosen, default=0) // 32 + 1) * 32, np.uint8)
    bits[chosen] = 1
    words: npt.NDArray[np.uint32] = np.packbits(bits, bitorder="little").view("<u4")
    return words


def _span(values: Rows, classes: bool) -> str:
    known = np.unique(values[~np.isnan(values)])
    if not known.size:
        return "none"
    if classes:
        return ":".join(str(int(code)) for code in known)
    return f"[{float(known[0])!r}:{float(known[-1])!r}]"


def _lines(facts: Mapping[str, Any]) -> str:
    return "".join(f"{key}={_told(value)}\n" for key, value in facts.items())


def _told(value: Any) -> str:
    """Numbers such that reading them gives the same bits."""
    if isinstance(value, np.ndarray):
        return " ".join(repr(number) for number in value.tolist())
    return str(value)
