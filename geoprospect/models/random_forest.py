"""Random forest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from geoprospect.models.forest_text import Grown
from geoprospect.models.training import Floats, Numbers, Training, numbered, training
from geoprospect.models.trees import Trees
from geoprospect.registry import MODELS

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier


@MODELS.register
def random_forest(
    *,
    seed: int,
    n_estimators: int = 25,
    min_samples_leaf: int = 5,
    max_features: Literal["sqrt", "log2"] | float = "sqrt",
    max_leaf_nodes: int = 255,
    smoothing: float = 10.0,
) -> RandomForest:
    """
    Random forest, not yet fitted; scikit-learn's, kept and explained as LightGBM text.

    The mean of many trees, each on its own bootstrap of the samples and, at each split, a
    few layers of its own choice: what most studies of prospectivity hold other models
    against [1]_ [2]_. Its score is the mean share of deposits in the leaves, and so are
    its contributions.

    What is unknown goes the way that serves the training best, or with most of the
    training where nothing was unknown. Classes are put in the order of their share of
    deposits before the trees are grown [3]_; those not seen in training go where unknown
    goes.

    Parameters
    ----------
    seed : int
        The same seed gives the same trees, whatever the order of the samples.
    n_estimators : int
        Number of trees. Members of an ensemble add up: 20 of 25 are the usual 500.
    min_samples_leaf : int
        Fewest samples in a leaf.
    max_features : {"sqrt", "log2"} or float
        Layers tried at each split: the root or logarithm of their number, or a share [1].
    max_leaf_nodes : int
        Most leaves of a tree. Beyond 255 maps may take far longer, since the thresholds
        of a layer in one tree may no longer fit a byte.
    smoothing : float
        Samples of average ground added to each class before its share of deposits is
        taken, so that a rare class does not stand at the end by chance.

    Returns
    -------
    RandomForest

    Raises
    ------
    ValueError
        If a setting is out of its range.

    References
    ----------
    .. [1] Breiman, L. (2001). Random forests. Machine Learning 45, 5-32.
    .. [2] Rodriguez-Galiano, V., et al. (2015). Machine learning predictive models for
       mineral prospectivity. Ore Geology Reviews 71, 804-818.
    .. [3] Wright, M.N., Konig, I.R. (2019). Splitting on categorical predictors in
       random forests. PeerJ 7, e6339.
    """
    return RandomForest(
        n_estimators=n_estimators,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        max_leaf_nodes=max_leaf_nodes,
        smoothing=smoothing,
        random_state=seed,
    )._checked()


class RandomForest(Trees):
    """Random forest under scikit-learn's conventions; :func:`random_forest` says more."""

    def __init__(
        self,
        *,
        n_estimators: int = 25,
        min_samples_leaf: int = 5,
        max_features: str | float = "sqrt",
        max_leaf_nodes: int = 255,
        smoothing: float = 10.0,
        random_state: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_leaf_nodes = max_leaf_nodes
        self.smoothing = smoothing
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        feature_name: Sequence[str],
        categorical_feature: Sequence[str] = (),
    ) -> RandomForest:
        """
        Grow the trees.

        Raises
        ------
        ModelError
            If rows, labels and layers do not fit each other.
        """
        learnt = training(X, y, sample_weight, feature_name, categorical_feature)
        numbers = {column: ranks(learnt, column, self.smoothing) for column in learnt.classes}
        grown = self._forest().fit(
            numbered(learnt.rows, numbers), learnt.labels, sample_weight=learnt.weights
        )
        fitted: RandomForest = self._keep(trees_of(grown), learnt, numbers)
        return fitted

    @staticmethod
    def link(raw: Floats) -> Floats:
        """The mean share of deposits; rounding may leave it a hair beyond 0 or 1."""
        score: Floats = np.clip(raw, 0.0, 1.0)
        return score

    def _forest(self) -> RandomForestClassifier:
        from sklearn.ensemble import RandomForestClassifier

        settings = {key: value for key, value in self.get_params().items() if key != "smoothing"}
        return RandomForestClassifier(n_jobs=1, **settings)

    def _checked(self) -> RandomForest:
        for name, least in (("n_estimators", 1), ("min_samples_leaf", 1), ("max_leaf_nodes", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be {least} or more, got {getattr(self, name)}")
        if not isinstance(self.max_features, str) and not 0 < self.max_features <= 1:
            raise ValueError(f"max_features must be above 0 and at most 1, got {self.max_features}")
        if not self.smoothing >= 0:
            raise ValueError(f"smoothing must be 0 or more, got {self.smoothing}")
        return self


def ranks(learnt: Training, column: int, smoothing: float) -> Numbers:
    """
    Classes by their place in the order of their smoothed share of deposits, by code.

    For two kinds of samples, a split of classes in this order is as good as the best
    split into any two sets (at the root, and without smoothing).
    """
    codes, deposits, weights = learnt.rows[:, column], learnt.labels, learnt.weights
    average = float(weights[deposits == 1].sum() / weights.sum())
    shares = {}
    for code in np.unique(codes[~np.isnan(codes)]):
        mine = codes == code
        found = weights[mine & (deposits == 1)].sum() + smoothing * average
        shares[int(code)] = float(found / (weights[mine].sum() + smoothing))
    ordered = sorted(shares, key=lambda code: (shares[code], code))
    return {code: float(place) for place, code in enumerate(ordered)}


def trees_of(forest: RandomForestClassifier) -> Iterator[Grown]:
    """A fitted forest's trees, of which each leaf adds its part of the mean share."""
    count = len(forest.estimators_)
    for estimator in forest.estimators_:
        tree = estimator.tree_
        yield Grown(
            left=tree.children_left,
            right=tree.children_right,
            layers=tree.feature,
            thresholds=tree.threshold,
            unknown_left=tree.missing_go_to_left.astype(bool),
            values=tree.value[:, 0, 1] / count,
            weights=tree.weighted_n_node_samples,
            gains=_gains(tree) / count,
        )


def _gains(tree: Any) -> Floats:
    """What each split takes of the tree's impurity, as a share of all that is taken [1]."""
    weighted = tree.impurity * tree.weighted_n_node_samples
    inner = tree.children_left >= 0
    gains = np.zeros(len(weighted))
    gains[inner] = (weighted - weighted[tree.children_left] - weighted[tree.children_right])[inner]
    total = gains.sum()
    return gains / total if total > 0 else gains
