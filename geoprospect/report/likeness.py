"""Which layers tell the same story: rank correlations, and groups of layers that go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.kernels import likeness as kernel

LIKE = 0.7
"""Layers of one group correlate, on average, at least so strongly."""


@dataclass(frozen=True)
class Likeness:
    """
    Rank correlations of layers, and the groups that they fall into.

    ``names`` are in the order in which like stands by like; ``correlation``
    (layers, layers) is Spearman's, NaN where two layers share too few cells.
    """

    names: tuple[str, ...]
    correlation: npt.NDArray[np.float64]
    groups: tuple[tuple[str, ...], ...]

    def strongest(self, group: tuple[str, ...]) -> float:
        """The strongest correlation within a group, without its sign [1]."""
        rows = [self.names.index(name) for name in group]
        inside = np.abs(self.correlation[np.ix_(rows, rows)])
        return float(np.nanmax(inside[~np.eye(len(rows), dtype=bool)]))


def likeness(samples: Mapping[str, npt.NDArray[np.float32]]) -> Likeness:
    """
    Compare layers by their values at the same cells.

    Layers that say the same share their weight between them in a model, and in
    its explanations. Groups come of average linkage [2]_ on one less the size
    of Spearman's correlation [1]_.

    Parameters
    ----------
    samples : mapping of name to array (cells,)
        Values at the same cells; NaN where unknown. Pairs are compared where
        both are known.

    References
    ----------
    .. [1] Spearman, C. (1904). The proof and measurement of association between
       two things. American Journal of Psychology 15, 72-101.
    .. [2] Sokal, R.R. and Michener, C.D. (1958). A statistical method for
       evaluating systematic relationships. University of Kansas Science
       Bulletin 38, 1409-1438.
    """
    names = tuple(samples)
    if len(names) < 2:
        return Likeness(names, np.ones((len(names), len(names))), ())
    found = kernel.spearman(np.stack(list(samples.values()), axis=1).astype("float64"))
    order, parts = kernel.linked(found, LIKE)
    groups: dict[int, list[str]] = {}
    for number in order:
        groups.setdefault(int(parts[number]), []).append(names[number])
    return Likeness(
        tuple(names[number] for number in order),
        found[np.ix_(order, order)],
        tuple(tuple(group) for group in groups.values() if len(group) > 1),
    )
