"""Which layers a model is given: chosen among the rows that it may learn from, and no others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.kernels import likeness
from geoprospect.models import leakage, quick
from geoprospect.models.validate import Fit, Rows

log = logging.getLogger("geoprospect.models")

FLAT, ALIKE, WEAK = "flat", "alike", "weak"
"""Why a layer is left out: one value everywhere, a better one says the same, others are better."""

LIKE = 0.8
"""Layers that correlate at least so strongly, on average, say one thing [1]."""

Fits = Callable[[Sequence[str]], Fit]
"""A fit for some of the layers, given these by their ids."""


@dataclass(frozen=True)
class Choice:
    """
    Which of some ``layers`` were ``chosen``, and why the others are ``left`` out.

    ``left`` says of each why, and the layer that stands for it, or "".
    """

    layers: tuple[str, ...]
    chosen: tuple[str, ...]
    left: Mapping[str, tuple[str, str]]


class Selected:
    """
    An ensemble of some layers that takes all of them.

    Attributes
    ----------
    layers_ : list of str
        All layers, in the order of the columns of the rows.
    chosen_ : list of str
        Those that the ensemble looks at, in the same order.
    choice_ : Choice
        Both, and why the others are left out.
    inner : Ensemble
        The ensemble itself, of the chosen layers alone; maps and explanations of it need
        no more than these.
    """

    def __init__(self, inner: contract.Ensemble, choice: Choice) -> None:
        self.inner = inner
        self.choice_ = choice
        self.layers_ = list(choice.layers)
        self.chosen_ = list(choice.chosen)
        self._columns = [self.layers_.index(name) for name in self.chosen_]

    def scores(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Each member's score of each row of all layers [1], (members, cells)."""
        return self.inner.scores(np.ascontiguousarray(rows[:, self._columns]))


def selected(
    fits: Fits,
    layers: Sequence[str],
    *,
    categorical: Sequence[str] = (),
    keep: Sequence[str] = (),
    like: float = LIKE,
    most: int | None = None,
) -> Fit:
    """
    A fit that first chooses layers, by the rows and labels it is given and nothing else.

    A layer chosen by looking at all deposits has seen those that are held out, and the
    score is flattered; here each fold chooses for itself [1]_. Of layers that tell one
    story the one that parts deposits from background best by itself is kept.

    Parameters
    ----------
    fits : function of layers
        What makes the fit for the chosen ones.
    layers : sequence of str
        All layers, in the order of the columns.
    categorical : sequence of str
        Those that hold classes: they are compared with no other.
    keep : sequence of str
        Those that are never left out, as a model's own settings name them.
    like : float
        Size of Spearman's correlation from which layers are one story, by average
        linkage [1].
    most : int, optional
        Keep at most so many, the best by themselves first; *keep* count among them.

    Returns
    -------
    function of (rows, labels, groups, weights if any) that returns :class:`Selected`
        It raises a ModelError if no layer has two values among the rows.

    Raises
    ------
    ValueError
        If *like* is not in (0, 1], or *most* below 1.

    References
    ----------
    .. [1] Ambroise, C., McLachlan, G.J. (2002). Selection bias in gene extraction on the
       basis of microarray gene-expression data. PNAS 99, 6562-6566.
    """
    if not 0 < like <= 1:
        raise ValueError(f"like must be above 0 and at most 1, got {like}")
    if most is not None and most < 1:
        raise ValueError(f"most must be 1 layer or more, got {most}")
    held = set(categorical)

    def fit(rows: Rows, labels: npt.NDArray[Any], *others: npt.NDArray[Any]) -> Selected:
        quick.check_spread(rows, layers)
        kept, left = _kept(rows, labels, layers, held, set(keep), like, most)
        chosen = [layers[column] for column in kept]
        inner = fits(chosen)(np.ascontiguousarray(rows[:, kept]), labels, *others)
        named = {
            layers[column]: (why, "" if by is None else layers[by])
            for column, (why, by) in left.items()
        }
        return Selected(inner, Choice(tuple(layers), tuple(chosen), named))

    return fit


def clusters(
    rows: Rows, layers: Sequence[str], *, categorical: Sequence[str] = (), like: float = LIKE
) -> list[list[str]]:
    """
    Layers parted into groups that tell one story [1]_; most are alone in theirs.

    Parameters
    ----------
    rows : (cells, layers) float32
        Values at cells drawn evenly over the study area, or at samples.
    layers : sequence of str
    categorical : sequence of str
        Those that hold classes; each is alone.
    like : float
        Size of Spearman's correlation within a group, on average, at least [1].

    References
    ----------
    .. [1] Dormann, C.F., et al. (2013). Collinearity: a review of methods to deal with it
       and a simulation study evaluating their performance. Ecography 36, 27-46.
    """
    groups = _groups(rows, [name in set(categorical) for name in layers], like)
    return [[layers[column] for column in group] for group in groups]


def inflation(
    rows: Rows, layers: Sequence[str], *, categorical: Sequence[str] = ()
) -> dict[str, float | None]:
    """
    Variance inflation factor of each layer of a quantity [1]; None where it has none.

    How far the other layers, together, give a layer away: above 10 a linear model cannot
    part their effects [1]_. None also where it is infinite, with a warning: the others
    give it exactly.

    References
    ----------
    .. [1] Marquardt, D.W. (1970). Generalized inverses, ridge regression, biased linear
       estimation, and nonlinear estimation. Technometrics 12, 591-612.
    """
    columns = [i for i, name in enumerate(layers) if name not in set(categorical)]
    found = likeness.inflation(rows[:, columns])
    exact = [layers[i] for i, value in zip(columns, found, strict=True) if np.isinf(value)]
    if exact:
        log.warning("the other layers give %s exactly: one at least is superfluous", exact)
    values = dict(zip((layers[i] for i in columns), found, strict=True))
    return {
        name: float(values[name]) if np.isfinite(values.get(name, np.nan)) else None
        for name in layers
    }


def _kept(
    rows: Rows,
    labels: npt.NDArray[Any],
    layers: Sequence[str],
    categorical: set[str],
    keep: set[str],
    like: float,
    most: int | None,
) -> tuple[list[int], dict[int, tuple[str, int | None]]]:
    """
    Columns kept, in order, and of the others why they are not and which stands for them.

    One of each group of like columns that vary is kept, at most so many.
    """
    wanted = [i for i, name in enumerate(layers) if name in keep]
    varying = [i for i, column in enumerate(rows.T) if quick.varies(column) or i in wanted]
    classes = [layers[i] in categorical for i in varying]
    strength = {
        i: np.nan_to_num(leakage.alone(rows[:, i], labels, classes=held), nan=0.5)
        for i, held in zip(varying, classes, strict=True)
    }
    left: dict[int, tuple[str, int | None]] = {
        i: (FLAT, None) for i in range(len(layers)) if i not in varying
    }
    best = []
    for group in _groups(rows[:, varying], classes, like):
        ranked = sorted((varying[i] for i in group), key=lambda i: (-strength[i], i))
        own = [i for i in ranked if i in wanted] or ranked[:1]
        best += own
        left |= {i: (ALIKE, own[0]) for i in ranked if i not in own}
    best.sort(key=lambda i: (i not in wanted, -strength[i], i))
    count = len(best) if most is None else max(most, len(wanted))
    left |= dict.fromkeys(best[count:], (WEAK, None))
    return sorted(best[:count]), left


def _groups(rows: Rows, classes: Sequence[bool], like: float) -> list[list[int]]:
    """Columns in groups of like ones, by their first column."""
    columns = [i for i, held in enumerate(classes) if not held]
    alone = [[i] for i, held in enumerate(classes) if held]
    if len(columns) < 2:
        return sorted([*alone, *([i] for i in columns)])
    _, group = likeness.linked(likeness.spearman(rows[:, columns]), like)
    together: dict[int, list[int]] = {}
    for column, number in zip(columns, group, strict=True):
        together.setdefault(int(number), []).append(column)
    return sorted([*alone, *together.values()])
