"""
How well models tell ore from barren ground in holes that they have not seen.

What other holes say at a sample depends on which holes are known: evidence is made anew for
every fold, from what that fold may learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.kernels import ranking
from geoprospect.models.scores import Fold
from geoprospect.models.validate import Fit, folds_on_sample, learnt_from

Rows = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Evidence = Callable[[Flags], Rows]
"""Evidence at all samples, (samples, layers), when only these samples are known."""


def out_of_fold(
    evidence: Evidence, samples: gpd.GeoDataFrame, folds: contract.Folds, fit: Fit
) -> list[Fold]:
    """
    Each fold's ore ranked among all that was met in what it held out.

    AUC is then the chance that a sample of ore scores above a barren one, both of holes or
    boxes that the model did not see, by evidence that knew nothing of them [1]_.

    Parameters
    ----------
    evidence : function of (samples,) bool
        Gives evidence at all samples, (samples, layers) float32, made of the known ones alone.
    samples : GeoDataFrame
        ``label`` and ``group``.
    folds : Folds
    fit : function of (rows, labels, groups)
        Everything that is fitted is fitted inside.

    Returns
    -------
    list of Fold
        For :func:`geoprospect.models.validate.judged`.

    Raises
    ------
    ModelError
        If a fold is left without ore or barren ground to learn from.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40, 913-929.
    """
    labels, *others = learnt_from(samples)
    barren = labels == 0
    told: list[Fold] = []
    for number, learnt in enumerate(folds.training):
        if not 0 < labels[learnt].sum() < learnt.sum():
            raise ModelError(
                f"fold {number} has {labels[learnt].sum()} samples of ore and "
                f"{barren[learnt].sum()} barren ones to learn from; use a narrower dead zone, "
                "smaller boxes or another cut-off"
            )
        rows = evidence(learnt)
        model = fit(rows[learnt], labels[learnt], *(one[learnt] for one in others))
        told += folds_on_sample(
            {number: model}, rows, rows[barren], samples, folds,
            of_cells=folds.of_samples[barren],
        )  # fmt: skip
    return told


def alone(rows: Rows, labels: npt.ArrayLike, layers: Sequence[str]) -> dict[str, float | None]:
    """
    What each layer by itself is worth [1]: a model that is no better is not needed.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at samples, nothing of their own holes among it.
    labels : (samples,)
        1 ore, 0 barren.
    layers : sequence of str
        Of the columns.

    Returns
    -------
    dict of layer to float or None
        AUC of high values, or of low ones where these speak for ore, over samples where the
        layer is known; None where they are all ore or all barren.
    """
    ore = np.asarray(labels) == 1
    found: dict[str, float | None] = {}
    for name, column in zip(layers, rows.T, strict=True):
        known = ~np.isnan(column)
        mine = column[known & ore]
        if not 0 < len(mine) < known.sum():
            found[name] = None
            continue
        above, up_to = ranking.ranks(column[known], mine)
        area = ranking.ausrc(above, up_to, int(known.sum()))
        high = ranking.auc(area, len(mine), int(known.sum()))
        found[name] = max(high, 1 - high)
    return found
