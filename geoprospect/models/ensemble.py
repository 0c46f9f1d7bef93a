"""Learning from deposits and unlabelled ground by an ensemble over draws of both."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from geoprospect import lazy
from geoprospect.errors import ModelError
from geoprospect.kernels.trees import models, tiles
from geoprospect.kernels.trees.scores import raw_scores

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

log = logging.getLogger("geoprospect.models")

FEWEST_MEMBERS = 20
"""Below this the spread over members is itself uncertain by more than a sixth."""

FEWEST_ROWS = 4096
"""Rows below which making the kernels' arrays of the members would cost more than it saves."""

Rows = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class PositiveUnlabelled:
    """
    Ensemble of classifiers, each on its own bootstrap of deposits and draw of background.

    Background is unlabelled, so any one draw of it may hold a deposit not yet
    found, and any one set of deposits is an accident of discovery. Members that
    differ in both average these accidents out, and their spread shows how much
    they matter [1]_.

    Deposits are drawn by cluster, with replacement; background cells without.
    Deposits and background weigh the same in total.

    Parameters
    ----------
    estimator : classifier
        Unfitted, as the registered models give it; every member is a copy with its own
        seed.
    members : int
        Number of members.
    ratio : float
        Background cells to each deposit in a member's draw.
    seed : int
        The same seed gives the same ensemble, to the bit.

    Attributes
    ----------
    members_ : list
        lightgbm.Booster where the model is trees, else fitted estimators.
    layers_ : list of str
        Ids of the layers, in the order of the columns.
    categorical_ : list of str
        Those of them whose values are codes of classes.

    References
    ----------
    .. [1] Mordelet, F., Vert, J.-P. (2014). A bagging SVM to learn from positive and
       unlabeled examples. Pattern Recognition Letters 37, 201-209.
    """

    members_: list[Any]
    layers_: list[str]
    categorical_: list[str]

    def __init__(
        self, estimator: ClassifierMixin, *, members: int = 20, ratio: float = 20, seed: int
    ) -> None:
        if members < 2:
            raise ValueError(f"members must be 2 or more, got {members}")
        if not ratio >= 1:
            raise ValueError(f"ratio must be 1 or more, got {ratio}")
        if members < FEWEST_MEMBERS:
            log.warning(
                "an ensemble of %d members tells little about its spread; use %d or more",
                members,
                FEWEST_MEMBERS,
            )
        self._texts: tuple[str, ...] = ()
        self.estimator = estimator
        self.members = members
        self.ratio = ratio
        self.seed = seed

    def fit(
        self,
        rows: Rows,
        labels: npt.ArrayLike,
        groups: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        *,
        layers: Sequence[str],
        categorical: Sequence[str] = (),
        meanings: Mapping[str, Mapping[int, str]] | None = None,
    ) -> PositiveUnlabelled:
        """
        Train the members, side by side.

        Parameters
        ----------
        rows : (samples, layers) float32
            NaN where unknown; whole numbers from 0 in categorical layers.
        labels : (samples,)
            1 deposit, 0 background.
        groups : (samples,)
            Cluster of each deposit; of background it is not looked at.
        weights : (samples,), optional
            What each sample counts beside others of its label, by size or certainty.
        layers : sequence of str
        categorical : sequence of str
        meanings : mapping of layer to mapping of code to text, optional
            What classes are called, for models that are told of them by name.

        Returns
        -------
        PositiveUnlabelled
            Itself.

        Raises
        ------
        ModelError
            If there is no deposit or no background, or shapes do not fit.
        """
        labels, groups = np.asarray(labels), np.asarray(groups)
        _check_samples(rows, labels, groups, layers, categorical)
        self.layers_ = list(layers)
        self.categorical_ = list(categorical)
        seeds = np.random.SeedSequence(self.seed).spawn(self.members)
        weighed = np.ones(len(labels)) if weights is None else np.asarray(weights, float)
        trained = (
            lazy.later(self._member, child, rows, labels, groups, weighed, meanings or {})
            for child in seeds
        )
        self.members_ = list(lazy.compute(*trained))
        self._texts = ()
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """The members as they are written: of trees what LightGBM writes, else JSON."""
        if not self._texts:
            self._texts = tuple(
                m.model_to_string(num_iteration=-1) if self.trees else m.to_text()
                for m in self.members_
            )
        return self._texts

    @property
    def trees(self) -> bool:
        """Whether the members are LightGBM trees."""
        return not hasattr(type(self.estimator), "to_text")

    @property
    def additive(self) -> bool:
        """Whether a raw score is the sum of what each layer contributes."""
        return bool(getattr(self.estimator, "additive", True))

    @property
    def raw_units(self) -> str:
        """Unit of raw scores and contributions; LightGBM's own are log-odds."""
        return str(getattr(self.estimator, "raw_units", "log-odds"))

    def raw_scores(self, rows: Rows) -> Scores:
        """
        Each member's score [log-odds, or what the model says], (members, cells) float64.

        Of trees, to the bit what the members' own ``predict`` says; many rows at once are
        scored by kernels that are faster, the more so the more alike neighbouring rows are.
        """
        if not self.trees:
            return np.stack(self._each("raw_scores", rows))
        if len(rows) >= FEWEST_ROWS:
            ready = models.scorer(self.texts)
            if ready is not None:
                return raw_scores(ready, rows.T, tiles.of_rows(len(rows)))
        return np.stack([m.predict(rows, raw_score=True, num_threads=1) for m in self.members_])

    def scores(self, rows: Rows) -> Scores:
        """Each member's probability that a row is like the deposits [1], (members, cells)."""
        link = getattr(self.estimator, "link", expit)
        probability: Scores = link(self.raw_scores(rows))
        return probability

    def contributions(self, rows: Rows) -> Scores:
        """Mean contributions of members that are no trees, (cells, layers + 1), base last."""
        if self.trees or not self.additive:
            what = "trees" if self.trees else type(self.estimator).__name__
            raise ModelError(f"the contributions of {what} are not the members' to tell")
        total: Scores = np.sum(self._each("contributions", rows), axis=0) / self.members
        return total

    def _each(self, method: str, rows: Rows) -> list[Scores]:
        """What each member says of the rows; members that are the same are asked once."""
        told: dict[str, Scores] = {}
        for member, text in zip(self.members_, self.texts, strict=True):
            if text not in told:
                told[text] = getattr(member, method)(rows)
        return [told[text] for text in self.texts]

    def _member(
        self,
        child: np.random.SeedSequence,
        rows: Rows,
        labels: npt.NDArray[Any],
        groups: npt.NDArray[Any],
        weights: Scores,
        meanings: Mapping[str, Mapping[int, str]],
    ) -> Any:
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        generator = np.random.default_rng(child)
        drawn = _drawn(labels, groups, self.ratio, generator)
        estimator = clone(self.estimator)
        estimator.set_params(random_state=int(generator.integers(2**31 - 1)))
        named = has_fit_parameter(estimator, "feature_meanings")
        estimator.fit(
            rows[drawn],
            labels[drawn],
            sample_weight=_balanced(labels[drawn], weights[drawn]),
            feature_name=self.layers_,
            categorical_feature=self.categorical_,
            **({"feature_meanings": meanings} if named else {}),
        )
        return estimator.booster_ if self.trees else estimator


def _drawn(
    labels: npt.NDArray[Any],
    groups: npt.NDArray[Any],
    ratio: float,
    generator: np.random.Generator,
) -> Index:
    """Rows of one member: deposits by cluster with replacement, background without."""
    deposits, background = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    clusters = np.unique(groups[deposits])
    chosen = generator.choice(clusters, len(clusters))
    bootstrap = [deposits[groups[deposits] == cluster] for cluster in chosen]
    count = min(len(background), round(ratio * len(deposits)))
    return np.concatenate([*bootstrap, generator.choice(background, count, replace=False)])


def _balanced(labels: npt.NDArray[Any], weights: Scores) -> Scores:
    """Weights by which deposits and background weigh the same in total, 1 on average."""
    total = np.where(labels == 1, weights[labels == 1].sum(), weights[labels != 1].sum())
    balanced: Scores = weights * (0.5 * len(labels) / total)
    return balanced


def _check_samples(
    rows: Rows,
    labels: npt.NDArray[Any],
    groups: npt.NDArray[Any],
    layers: Sequence[str],
    categorical: Sequence[str],
) -> None:
    if rows.shape != (len(labels), len(layers)) or len(groups) != len(labels):
        raise ModelError(
            f"rows are {rows.shape}, but there are {len(labels)} labels, {len(groups)} groups "
            f"and {len(layers)} layers"
        )
    unknown = sorted(set(categorical) - set(layers))
    if unknown:
        raise ModelError(f"categorical layers {unknown} are not among the layers")
    deposits = int((labels == 1).sum())
    if deposits == 0 or deposits == len(labels):
        raise ModelError(
            f"a model needs deposits and background to learn from; there are {deposits} deposits "
            f"and {len(labels) - deposits} background cells"
        )
