"""Isolation forest: how unusual ground is, or how much like the deposits, learnt from one class."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError
from geoprospect.models.forest_text import Grown
from geoprospect.models.training import Floats, Numbers, Rows, Training, numbered, training
from geoprospect.models.trees import Trees
from geoprospect.registry import MODELS

if TYPE_CHECKING:
    from sklearn.ensemble import IsolationForest as Forest

log = logging.getLogger("geoprospect.models")


@MODELS.register
def isolation_forest(
    *,
    seed: int,
    reading: Literal["anomaly", "one_class"] = "anomaly",
    n_estimators: int = 25,
    max_samples: int = 256,
) -> Isolation:
    """
    Isolation forest, not yet fitted; it learns without being told what is background.

    Splits at random values of random layers set rare ground apart after few of them,
    common ground after many: the mean length of the path says how unusual a cell is
    [1]_. Where ore is rare and unlike its host, the unusual is where to look, and no
    cell has to be called barren [2]_.

    What is unknown is taken at the layer's median (a class: the commonest), which
    makes it no more unusual; this is said. A class stands at the negative logarithm of
    its share of the samples, so that rare classes are soon alone; one not seen in
    training goes where unknown goes. Weights are not looked at: deposits that weigh as
    much as all background would no longer be rare.

    Parameters
    ----------
    seed : int
        The same seed gives the same trees, whatever the order of the samples.
    reading : {"anomaly", "one_class"}
        'anomaly' learns from all samples and scores what is unlike most of them;
        'one_class' learns from the deposits alone and scores what is like them, which
        asks for some tens of deposits.
    n_estimators : int
        Number of trees. Members of an ensemble add up: 20 of 25 are the usual 500.
    max_samples : int
        Samples that each tree is grown on, or all where there are fewer.

    Returns
    -------
    Isolation

    Raises
    ------
    ValueError
        If a setting is out of its range.

    References
    ----------
    .. [1] Liu, F.T., Ting, K.M., Zhou, Z.-H. (2008). Isolation forest. Proceedings of
       ICDM 2008, 413-422.
    .. [2] Chen, Y., Wu, W. (2019). Isolation forest as an alternative data-driven mineral
       prospectivity mapping method with a higher data-processing efficiency. Natural
       Resources Research 28, 31-46.
    """
    for name, value, least in (("n_estimators", n_estimators, 1), ("max_samples", max_samples, 2)):
        if value < least:
            raise ValueError(f"{name} must be {least} or more, got {value}")
    return READINGS[reading](n_estimators=n_estimators, max_samples=max_samples, random_state=seed)


class Isolation(Trees):
    """
    How unusual a cell is: learnt from all samples, deposits and background alike.

    The raw score is the mean length of path over that expected of as many samples, with
    the sign turned; 2 to its power is the anomaly score of Liu et al. (2008).
    """

    sign = -1.0

    def __init__(
        self,
        *,
        n_estimators: int = 25,
        max_samples: int = 256,
        random_state: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Sequence[str],
        categorical_feature: Sequence[str] = (),
    ) -> Isolation:
        """
        Grow the trees; weights are not looked at, labels only to choose what is learnt from.

        Raises
        ------
        ModelError
            If rows, labels and layers do not fit each other, or there is a single sample.
        """
        learnt = training(X, y, None, feature_name, categorical_feature)
        rows = learnt.rows[self._learns_from(learnt)]
        if len(rows) < 2:
            raise ModelError("an isolation forest learns from 2 samples or more, there is 1")
        numbers = {column: surprise(rows[:, column]) for column in learnt.classes}
        values = numbered(rows, numbers)
        usual = _usual(values, numbers)
        self._say_filled(values, learnt.layers)
        grown = self._forest(len(rows)).fit(np.where(np.isnan(values), usual, values))
        fitted: Isolation = self._keep(self._trees(grown, usual), learnt, numbers)
        return fitted

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The anomaly score: near 1 for what is soon alone, below a half for the common."""
        score: Floats = np.exp2(raw)
        return score

    def _learns_from(self, learnt: Training) -> npt.NDArray[np.bool_]:
        return np.ones(len(learnt.rows), bool)

    def _forest(self, samples: int) -> Forest:
        from sklearn.ensemble import IsolationForest as Forest

        return Forest(
            n_estimators=self.n_estimators,
            max_samples=min(self.max_samples, samples),
            random_state=self.random_state,
            n_jobs=1,
        )

    def _trees(self, forest: Forest, usual: Rows) -> Iterator[Grown]:
        yield from trees_of(forest, usual, self.sign)

    def _say_filled(self, values: Rows, layers: list[str]) -> None:
        gappy = [layers[i] for i in np.flatnonzero(np.isnan(values).any(axis=0))]
        if gappy:
            log.info(
                "isolation forest takes what is unknown at the training's median, or commonest "
                "class: %s",
                ", ".join(gappy),
            )


class OneClass(Isolation):
    """
    How much a cell is like the deposits: learnt from them alone.

    The raw score is the mean length of path over that expected of as many samples.
    """

    sign = 1.0

    @staticmethod
    def link(raw: Floats) -> Floats:
        """One less the anomaly score among the deposits."""
        score: Floats = 1.0 - np.exp2(-raw)
        return score

    def _learns_from(self, learnt: Training) -> npt.NDArray[np.bool_]:
        alone: npt.NDArray[np.bool_] = learnt.labels == 1
        return alone


READINGS: dict[str, type[Isolation]] = {"anomaly": Isolation, "one_class": OneClass}


def surprise(codes: Rows) -> Numbers:
    """The negative logarithm of each class's share of the known samples, by code."""
    found, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    numbers = -np.log(counts / counts.sum()).astype(np.float32)
    return {int(code): float(number) for code, number in zip(found, numbers, strict=True)}


def path_length(samples: npt.ArrayLike) -> Floats:
    """Splits that set one of so many samples alone on average, (n,): c of Liu et al. (2008)."""
    n = np.asarray(samples, "f8")
    many = np.maximum(n, 3)
    long: Floats = 2 * (np.log(many - 1) + np.euler_gamma) - 2 * (many - 1) / many
    return np.where(n > 2, long, np.where(n == 2, 1.0, 0.0))


def trees_of(forest: Forest, usual: Rows, sign: float) -> Iterator[Grown]:
    """A fitted forest's trees, of which each leaf adds its part of the mean length of path."""
    unit = sign / (len(forest.estimators_) * float(path_length(forest.max_samples_)))
    for estimator in forest.estimators_:
        tree = estimator.tree_
        samples = tree.n_node_samples.astype("f8")
        inner = tree.children_left >= 0
        yield Grown(
            left=tree.children_left,
            right=tree.children_right,
            layers=tree.feature,
            thresholds=tree.threshold,
            unknown_left=inner & (usual[tree.feature] <= tree.threshold),
            values=(_depths(tree) + path_length(samples)) * unit,
            weights=samples,
            gains=np.where(inner, 1 / len(forest.estimators_), 0.0),
        )


def _usual(values: Rows, numbers: dict[int, Numbers]) -> Rows:
    """What stands for unknown in each column: the median, or the number of the commonest class."""
    usual = np.zeros(values.shape[1], np.float32)
    for column in range(values.shape[1]):
        known = values[~np.isnan(values[:, column]), column]
        if column in numbers:
            usual[column] = min(numbers[column].values(), default=0.0)
        elif known.size:
            usual[column] = np.median(known)
    return usual


def _depths(tree: Any) -> Floats:
    """Splits above each node."""
    depths = np.zeros(tree.node_count)
    for node in np.flatnonzero(tree.children_left >= 0):  # parents come before their children
        depths[tree.children_left[node]] = depths[tree.children_right[node]] = depths[node] + 1
    return depths
