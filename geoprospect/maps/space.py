"""Where the training samples lie among all that the evidence can say."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from geoprospect.contract import Folds
from geoprospect.errors import ModelError
from geoprospect.kernels.nearest import nearest

log = logging.getLogger("geoprospect.maps")

Rows = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

BATCH = 512
"""Samples whose distances to all others are held at once."""


@dataclass(frozen=True)
class Axis:
    """
    One dimension of the space: a layer's value, or whether it is one of its levels.

    ``level`` is None for the value, NaN for "unknown", else the code of a class.
    Values are less ``mean``, times ``factor``: the layer's weight over the standard deviation.
    """

    layer: int
    level: float | None
    mean: float
    factor: float


@dataclass(frozen=True)
class Seen:
    """What the samples have of a layer: any number, or which ``classes``; and gaps or none."""

    classes: tuple[float, ...] | None
    known: bool
    unknown: bool

    def strange(self, values: Rows) -> npt.NDArray[np.bool_]:
        """Which values are of a kind that no sample has."""
        unknown = np.isnan(values)
        familiar = self.known if self.classes is None else np.isin(values, self.classes)
        strange: npt.NDArray[np.bool_] = np.where(unknown, not self.unknown, ~np.array(familiar))
        return strange


@dataclass(frozen=True)
class Space:
    """
    Training samples in the space of the evidence, and how far apart they are.

    Attributes
    ----------
    layers : tuple of str
        In the order of the columns of rows.
    points : (samples, axes)
        Deposits first.
    deposits : int
        How many of the points are deposits.
    mean_distance : float
        Mean distance between two samples.
    dissimilarity : (samples,)
        Of each sample to what the model that tested it had learnt from, in mean distances;
        in the order of the rows, NaN for one that was not tested.
    threshold : float
        Dissimilarity up to which ground is like what validation tested.
    """

    layers: tuple[str, ...]
    axes: tuple[Axis, ...]
    seen: Mapping[int, Seen]
    points: Points
    deposits: int
    mean_distance: float
    dissimilarity: Points
    threshold: float

    def placed(self, rows: Rows) -> tuple[Points, npt.NDArray[np.bool_]]:
        """Rows (cells, layers) in the space, and which have what no sample had."""
        strange = np.zeros(len(rows), bool)
        for layer, seen in self.seen.items():
            strange |= seen.strange(rows[:, layer])
        return _placed(rows, self.axes), strange


def training_space(
    rows: Rows,
    labels: npt.NDArray[Any],
    folds: Folds,
    *,
    layers: Sequence[str],
    weights: Mapping[str, float],
    categorical: Collection[str] = (),
) -> Space:
    """
    The space in which a model learnt, stretched by what it found important.

    Each layer is standardised and weighted, each class of a class map, and "unknown"
    where a layer has gaps, made a layer of 0 and 1. The threshold is the upper
    fence of the samples' dissimilarity to what the model that tested them had
    learnt from, third quartile plus 1.5 times the interquartile range, and never
    beyond the largest: farther ground is unlike any that validation has judged [1]_.

    Parameters
    ----------
    rows : (samples, layers) float32
        Evidence at the samples, NaN where unknown.
    labels : (samples,)
        1 deposit, 0 background.
    folds : Folds
        By which the model was validated: which samples each fold's model learnt from.
    layers : sequence of str
        Ids, in the order of the columns.
    weights : mapping of layer to float
        Importance, such as the mean size of its contributions; below 0 counts as 0, and
        layers of no weight do not count at all. Only proportions matter.
    categorical : collection of str
        Layers whose values are codes of classes.

    Raises
    ------
    ModelError
        If a layer has no weight given, all weights are 0, shapes do not fit, no sample was
        tested, or all samples are alike.

    References
    ----------
    .. [1] Meyer, H., Pebesma, E. (2021). Predicting into unknown space? Estimating
       the area of applicability of spatial prediction models. Methods in Ecology
       and Evolution 12, 1620-1633.
    """
    labels = np.asarray(labels)
    if rows.shape != (len(labels), len(layers)) or len(labels) < 2:
        raise ModelError(
            f"rows are {rows.shape}, but there are {len(labels)} labels and {len(layers)} layers; "
            "two samples are the least"
        )
    weight = _relative(layers, weights)
    used = {n: name in categorical for n, name in enumerate(layers) if weight[n] > 0}
    seen = {n: _seen(rows[:, n], is_class) for n, is_class in used.items()}
    axes = [axis for n, of in seen.items() for axis in _axes(rows[:, n], of, n, float(weight[n]))]
    points = _placed(rows, axes)
    mean_distance = _mean_distance(points)
    if not mean_distance > 0:
        raise ModelError("all samples have the same evidence, so nothing is nearer than another")
    found = _training_dissimilarity(points, folds) / mean_distance
    deposits_first = np.argsort(labels != 1, kind="stable")
    return Space(
        layers=tuple(layers),
        axes=tuple(axes),
        seen=seen,
        points=points[deposits_first],
        deposits=int((labels == 1).sum()),
        mean_distance=mean_distance,
        dissimilarity=found,
        threshold=_fence(found),
    )


def _relative(layers: Sequence[str], weights: Mapping[str, float]) -> Points:
    """Weights from 0 to 1, the largest."""
    lacking = [name for name in layers if name not in weights]
    if lacking:
        raise ModelError(f"no weight is given for {', '.join(lacking)}")
    weight = np.maximum(0.0, np.array([float(weights[name]) for name in layers]))
    if not (np.isfinite(weight).all() and weight.max(initial=0) > 0):
        raise ModelError("weights must be finite, and at least one layer's must be above 0")
    relative: Points = weight / weight.max()
    return relative


def _seen(values: Rows, is_class: bool) -> Seen:
    unknown = np.isnan(values)
    classes = tuple(np.unique(values[~unknown]).tolist()) if is_class else None
    return Seen(classes, known=not unknown.all(), unknown=bool(unknown.any()))


def _axes(values: Rows, seen: Seen, layer: int, weight: float) -> list[Axis]:
    """The dimensions that one layer makes; one that is the same at all samples is none."""
    levels: list[float | None] = [None] if seen.classes is None else list(seen.classes)
    if seen.unknown:
        levels.append(float("nan"))
    made = []
    for level in levels:
        told = _told(values, level)
        known = told[~np.isnan(told)]
        if known.size and known.min() < known.max():
            mean = float(known.mean())
            deviation = np.where(np.isnan(told), mean, told).std(ddof=1)
            made.append(Axis(layer, level, mean, float(weight / deviation)))
    return made


def _told(values: Rows, level: float | None) -> Points:
    """The values, or whether they are of a level (NaN: unknown)."""
    if level is None:
        return values.astype("float64")
    told: Points = (np.isnan(values) if np.isnan(level) else values == level).astype("float64")
    return told


def _placed(rows: Rows, axes: Sequence[Axis]) -> Points:
    placed = np.empty((len(rows), len(axes)))
    for n, axis in enumerate(axes):
        placed[:, n] = (_told(rows[:, axis.layer], axis.level) - axis.mean) * axis.factor
    placed[np.isnan(placed)] = 0  # the mean of the samples
    return placed


def _mean_distance(points: Points) -> float:
    """Between two different samples."""
    total = sum(
        float(cdist(points[start : start + BATCH], points).sum())
        for start in range(0, len(points), BATCH)
    )
    return total / (len(points) * (len(points) - 1)) if len(points) > 1 else 0.0


def _training_dissimilarity(points: Points, folds: Folds) -> Points:
    """Distance of each tested sample to the nearest that its fold's model learnt from."""
    found = np.full(len(points), np.nan)
    for number, learnt in enumerate(folds.training):
        tested = folds.of_samples == number
        if learnt.any():
            found[tested] = nearest(points[tested], points[learnt])[0]
    if np.isnan(found).all():
        raise ModelError("no sample was tested in any fold, so there is no applicability to tell")
    return found


def _fence(dissimilarity: Points) -> float:
    known = dissimilarity[~np.isnan(dissimilarity)]
    first, third = np.quantile(known, [0.25, 0.75])
    return float(min(third + 1.5 * (third - first), known.max()))
