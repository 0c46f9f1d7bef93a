"""Compositions (samples, parts) of positive parts, and their log-ratios."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Parts = npt.NDArray[np.float64]
Signs = npt.NDArray[np.int64]


def closed(parts: Parts, total: float = 1.0) -> Parts:
    """Each row divided by its sum and times *total*."""
    sums: Parts = parts.sum(axis=-1, keepdims=True)
    return total * parts / sums


def clr(parts: Parts) -> Parts:
    """Logarithms of the parts less their mean: centred log-ratios, which add up to 0."""
    logs: Parts = np.log(parts)
    means: Parts = logs.mean(axis=-1, keepdims=True)
    return logs - means


def clr_inverse(ratios: Parts) -> Parts:
    """The composition, closed to 1, that has these centred log-ratios."""
    return closed(np.exp(ratios - ratios.max(axis=-1, keepdims=True)))


def alr(parts: Parts, denominator: int) -> Parts:
    """Logarithms of the other parts over one, in their order: additive log-ratios."""
    logs = np.log(parts)
    return np.delete(logs - logs[..., [denominator]], denominator, axis=-1)


def alr_inverse(ratios: Parts, denominator: int) -> Parts:
    """The composition, closed to 1, that has these additive log-ratios."""
    return clr_inverse(np.insert(ratios, denominator, 0.0, axis=-1))


def pivot_signs(parts: int) -> Signs:
    """The partition in which each part in turn is set against all that follow it."""
    signs = -np.triu(np.ones((parts - 1, parts), "int64"), 1)
    np.fill_diagonal(signs, 1)
    return signs


def basis(signs: Signs) -> Parts:
    """
    Contrasts (balances, parts) of a partition: 1 above the line, -1 below, 0 not in it.

    Each is the logarithm of the geometric mean of *r* parts over that of *s* parts,
    times sqrt(r s / (r + s)), which makes it of length 1.
    """
    above, below = signs > 0, signs < 0
    r = above.sum(axis=-1, keepdims=True).astype("float64")
    s = below.sum(axis=-1, keepdims=True).astype("float64")
    contrasts: Parts = np.sqrt(r * s / (r + s)) * (above / r - below / s)
    return contrasts


def ilr(parts: Parts, contrasts: Parts) -> Parts:
    """Balances (samples, balances) of the parts: isometric log-ratios."""
    return np.log(parts) @ contrasts.T


def ilr_inverse(balances: Parts, contrasts: Parts) -> Parts:
    """The composition, closed to 1, with these balances over a full set of contrasts."""
    return clr_inverse(balances @ contrasts)


def replaced(parts: Parts, small: Parts) -> Parts:
    """
    *parts* (shares of a whole) with *small* set in where it is not NaN, ratios kept.

    Multiplicative replacement keeps the ratios between the other parts: it divides
    them by what the small ones leave of the whole. The same ratios come of leaving
    them as they are and enlarging the small ones, which is done here.
    """
    swapped = ~np.isnan(small)
    left = 1.0 - np.where(swapped, small, 0.0).sum(axis=-1, keepdims=True)
    return np.where(swapped, small / left, parts)
