"""Shapley interaction values: what two layers say together that neither says alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import lazy
from geoprospect.contract import Explainable
from geoprospect.errors import ModelError
from geoprospect.kernels.trees import models
from geoprospect.kernels.trees.decisions import goes_left
from geoprospect.kernels.trees.forest import Tree

log = logging.getLogger("geoprospect.explain")

MOST_CELLS = 10_000
"""Cells explained in one call; they cost a thousand times what contributions do."""

BATCH = 64
"""Cells whose decisions are held at once."""

Interactions = npt.NDArray[np.float64]


def interactions(ensemble: Explainable, rows: npt.NDArray[Any]) -> Interactions:
    """
    How much each pair of layers adds to each row's score together [log-odds].

    Magnetics may speak for a deposit only near a fault: the part of both layers'
    contributions that hangs on the other stands off the diagonal, half in each
    of its two places, and what a layer adds by itself on it. So each row of a
    cell's table sums to that layer's contribution [1]_.

    Shapley interaction values of the trees, path-dependent, by the shap package
    from the decisions the members take; exact whatever the splits. Slow: about
    1 ms a cell for 40 trees of 31 leaves, so for chosen cells.

    Parameters
    ----------
    ensemble : Explainable
        Fitted.
    rows : (cells, layers) float
        At most 10,000; NaN where unknown.

    Returns
    -------
    (cells, layers, layers) float64
        Symmetric; the mean of the members'.

    Raises
    ------
    ValueError
        If *rows* has not one column for each layer of the ensemble, or too many rows.
    ModelError
        If the values do not add up to the scores, as with linear trees.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    layers = len(ensemble.layers_)
    if rows.ndim != 2 or rows.shape[1] != layers:
        raise ValueError(
            f"rows are {rows.shape}, but the ensemble has {layers} layers: pass (cells, layers)"
        )
    if not ensemble.trees:
        raise ModelError("only models that are trees have interaction values; this one is none")
    trees = [tree for forest in models.forests(ensemble.texts) for tree in forest.trees]
    explainer = _explainer(trees, len(ensemble.members_))
    _check_number(explainer, trees, rows)
    found = np.empty((len(rows), layers, layers))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        found[start : start + BATCH] = _explained(explainer, trees, batch)
    _check_sums(found, ensemble, trees, rows)
    return found


def interactions_at(
    cube: xr.Dataset, ensemble: Explainable, rows: npt.ArrayLike, columns: npt.ArrayLike
) -> Interactions:
    """
    :func:`interactions` at single cells of the cube [log-odds], (cells, layers, layers).

    Only the cells' chunks are read. Computed on purpose.
    """
    return interactions(ensemble, lazy.sample(cube, ensemble.layers_, rows, columns))


def _explainer(trees: Sequence[Tree], members: int) -> Any:
    """All trees of all members as one model of shap's, each leaf worth its share of the mean."""
    import shap

    return shap.TreeExplainer({"trees": [_as_shap_has_it(tree, members) for tree in trees]})


def _as_shap_has_it(tree: Tree, members: int) -> dict[str, npt.NDArray[Any]]:
    """A tree's nodes, then its leaves, in shap's arrays; the thresholds are set row by row."""
    nodes, leaves = len(tree.layers), np.full(tree.leaves, -1)
    left, right = (
        np.concatenate([np.where(side < 0, nodes + ~side, side), leaves])
        for side in (tree.left, tree.right)
    )
    counts = tree.leaf_counts if nodes else np.ones(1)
    return {
        "children_left": left,
        "children_right": right,
        "children_default": right,
        "features": np.concatenate([tree.layers, leaves]),
        "thresholds": np.zeros(len(left)),
        "values": np.concatenate([np.zeros(nodes), tree.leaf_values / members])[:, None],
        "node_sample_weight": np.concatenate([tree.counts, counts]),
    }


def _explained(explainer: Any, trees: Sequence[Tree], rows: npt.NDArray[Any]) -> Interactions:
    """
    Interactions of a few rows.

    What a tree says of a row hangs on its nodes' decisions alone. They are taken here, since
    shap knows but some of LightGBM's (of categories few, of missing values one kind), and
    handed over as thresholds that a row of zeros passes or fails.
    """
    thresholds = explainer.model.thresholds
    decided = np.zeros((len(rows), *thresholds.shape))
    for number, tree in enumerate(trees):
        decided[:, number, : len(tree.layers)] = np.where(goes_left(tree, rows).T, 0.0, -1.0)
    zeros = np.zeros((1, rows.shape[1]))
    found = np.empty((len(rows), rows.shape[1], rows.shape[1]))
    for cell, of_cell in enumerate(decided):
        thresholds[:] = of_cell
        found[cell] = explainer.shap_interaction_values(zeros)[0]
    return found


def _check_number(explainer: Any, trees: Sequence[Tree], rows: npt.NDArray[Any]) -> None:
    """Refuse too many rows, and say how long those asked for will take."""
    if not len(rows):
        return
    began = time.perf_counter()
    _explained(explainer, trees, rows[:1])
    each = time.perf_counter() - began
    told = f"{1000 * each:.2g} ms a cell, {each * len(rows):.0f} s for {len(rows):,}"
    if len(rows) > MOST_CELLS:
        raise ValueError(
            f"interactions of {len(rows):,} cells are too many for one call ({told}): choose "
            f"{MOST_CELLS:,} or fewer, such as the targets' best cells or an even sample"
        )
    log.info("interactions take about %s cells", told)


def _check_sums(
    found: Interactions, ensemble: Explainable, trees: Sequence[Tree], rows: npt.NDArray[Any]
) -> None:
    if not len(rows):
        return
    scores = [m.predict(rows, raw_score=True, num_threads=1) for m in ensemble.members_]
    base = sum(tree.expected for tree in trees) / len(scores)
    off = np.abs(found.sum(axis=(1, 2)) + base - np.mean(scores, axis=0)).max()
    if not off <= 1e-6:
        raise ModelError(
            f"interactions do not add up to the scores (off by {off:.3g} log-odds): the trees "
            "have linear leaves or leaves without training samples; train them anew without"
        )
