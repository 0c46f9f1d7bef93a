"""A linear score that is quick to fit, for what asks for thousands of fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve

Rows = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


class Linear(NamedTuple):
    """A fitted ridge: what it took of the training rows, and its coefficients."""

    means: Values
    scales: Values
    codes: dict[int, Values]
    weights: Values

    def scores(self, rows: Rows) -> Values:
        """The score of each row of (cells, layers), as one member: (1, cells)."""
        return (_columns(rows, self.means, self.scales, self.codes) @ self.weights)[None]


def ridge(
    categorical: Sequence[int] = (), *, penalty: float = 1.0
) -> Callable[[Rows, npt.NDArray[Any], npt.NDArray[Any]], Linear]:
    """
    A function of (rows, labels, groups) that fits a ridge of label on layers [1]_.

    Deposits and background weigh the same in total. Layers are standardised, the unknown
    set to the mean, and classes of the layers *categorical* (numbers of columns) taken
    apart: means, scales and classes are those of the rows given, so that whatever is
    fitted is fitted inside a fold. *penalty* is relative to the number of rows.

    References
    ----------
    .. [1] Hoerl, A.E. and Kennard, R.W. (1970). Ridge regression: biased estimation for
       nonorthogonal problems. Technometrics 12, 55-67.
    """
    if not penalty > 0:
        raise ValueError(f"penalty must be positive, got {penalty}")

    def fit(rows: Rows, labels: npt.NDArray[Any], groups: npt.NDArray[Any]) -> Linear:
        known = ~np.isnan(rows)
        count = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, rows, 0).astype(float)
        means = filled.sum(axis=0) / count
        scales = np.sqrt((np.where(known, filled - means, 0) ** 2).sum(axis=0) / count)
        scales = np.where(scales > 0, scales, 1.0)
        codes = {int(one): np.unique(rows[known[:, one], one]) for one in categorical}
        columns = _columns(rows, means, scales, codes)
        share = labels.mean()
        weight = np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))
        gram = columns.T @ (columns * weight[:, None])
        shrunk = np.full(len(gram), penalty * len(rows) / 100)
        shrunk[-1] = 1e-9 * len(rows)  # the intercept is free
        found = solve(gram + np.diag(shrunk), columns.T @ (weight * labels), assume_a="pos")
        return Linear(means, scales, codes, found)

    return fit


def _columns(rows: Rows, means: Values, scales: Values, codes: dict[int, Values]) -> Values:
    """Numbers standardised, classes apart, and a last column of ones."""
    plain = [one for one in range(rows.shape[1]) if one not in codes]
    numbers = np.nan_to_num((rows[:, plain] - means[plain]) / scales[plain])
    apart = [(rows[:, [one]] == found[None]).astype(float) for one, found in codes.items()]
    return np.concatenate([numbers, *apart, np.ones((len(rows), 1))], axis=1)
