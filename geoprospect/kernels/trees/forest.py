"""
A LightGBM model as plain arrays, from its text.

The text holds every number to the last bit, so what is computed from the arrays
is computed from the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

CATEGORICAL, DEFAULT_LEFT = 1, 2
NO_MISSING, ZERO_MISSING, NAN_MISSING = 0, 1, 2

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Tree:
    """
    One tree: its nodes and leaves as arrays.

    A child of 0 or more is a node, a negative one the leaf ``~child``. *kinds* are
    the decisions' flags, *categories* those that go left at each categorical node.
    """

    layers: Index
    thresholds: Floats
    kinds: Index
    left: Index
    right: Index
    counts: Floats
    leaf_values: Floats
    leaf_counts: Floats
    categories: dict[int, Index]
    linear: bool

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return len(self.leaf_values)

    @property
    def has_samples(self) -> bool:
        """Whether training left samples in every leaf."""
        return self.leaves == 1 or bool(self.leaf_counts.min() > 0)

    @property
    def expected(self) -> float:
        """Mean of the leaves over the samples of the training."""
        if self.leaves == 1:
            return float(self.leaf_values[0])
        total = 0.0
        for count, value in zip(self.leaf_counts, self.leaf_values, strict=True):
            total += count / self.counts[0] * value
        return total

    def missing(self, node: int) -> int:
        """How a node takes what is missing: one of the three kinds."""
        return int(self.kinds[node]) >> 2 & 3


@dataclass(frozen=True)
class Forest:
    """The trees of a model in their order; each class's turn comes every *classes* trees."""

    trees: tuple[Tree, ...]
    layers: int
    classes: int


def forest(text: str) -> Forest:
    """The model that LightGBM's ``model_to_string`` wrote."""
    head, *rest = text.split("\nTree=")
    facts = _facts(head)
    bodies = (body.split("\nend of trees", 1)[0] for body in rest)
    return Forest(
        tuple(_tree(_facts(body)) for body in bodies),
        layers=int(facts["max_feature_idx"]) + 1,
        classes=int(facts["num_tree_per_iteration"]),
    )


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value for key, _, value in pairs}


def _tree(facts: dict[str, str]) -> Tree:
    kinds, thresholds = _integers(facts, "decision_type"), _floats(facts, "threshold")
    return Tree(
        layers=_integers(facts, "split_feature"),
        thresholds=thresholds,
        kinds=kinds,
        left=_integers(facts, "left_child"),
        right=_integers(facts, "right_child"),
        counts=_floats(facts, "internal_count"),
        leaf_values=_floats(facts, "leaf_value"),
        leaf_counts=_floats(facts, "leaf_count"),
        categories=_categories(facts, kinds, thresholds),
        linear=facts.get("is_linear", "0") == "1",
    )


def _categories(facts: dict[str, str], kinds: Index, thresholds: Floats) -> dict[int, Index]:
    """Of each categorical node, what goes left: its threshold numbers a set of bits."""
    if facts["num_cat"] == "0":
        return {}
    edges, words = _integers(facts, "cat_boundaries"), _words(facts["cat_threshold"])
    chosen = {}
    for node in np.flatnonzero(kinds & CATEGORICAL):
        which = int(thresholds[node])
        own = words[edges[which] : edges[which + 1]]
        chosen[int(node)] = np.flatnonzero(_bits(own)).astype(np.int32)
    return chosen


def _bits(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little").astype(bool)


def _words(text: str) -> npt.NDArray[np.uint32]:
    return np.array(text.split(), np.uint32)


def _floats(facts: dict[str, str], key: str) -> Floats:
    return _numbers(facts, key, np.float64)


def _integers(facts: dict[str, str], key: str) -> Index:
    return _numbers(facts, key, np.int32)


def _numbers(facts: dict[str, str], key: str, dtype: Any) -> npt.NDArray[Any]:
    return np.array(facts.get(key, "").split(), dtype)
