"""Elements that rise and fall together: components and factors of log-ratios."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import DataError
from geoprospect.features import composition, tables
from geoprospect.kernels import composition as parts
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")

MOST_ROBUST = 5000
"""Samples, at most, that a robust covariance is fitted to."""

STRONGEST = 4
"""Parts that are named on each side of an association."""


@dataclass(frozen=True)
class Fit:
    """Scores (samples, associations), loadings (associations, parts), share of variance of each."""

    scores: tables.Values
    loadings: tables.Values
    shares: tables.Values


@TABLES.register
def associations(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    count: int,
    method: Literal["components", "robust_components", "factors"],
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Scores of element associations: what groups of elements have in common.

    Ore brings its elements together, and so do rocks, clay and iron oxides; an
    association gathers many noisy maps into one and parts the processes [1]_. The
    parts are opened by centred log-ratios first, as else closure alone would make
    associations.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts, three at least; none may be zero or negative. They are taken as
        measured, not as log-ratios.
    count : int
        How many associations, the strongest first; fewer than parts.
    method : {"components", "robust_components", "factors"}
        Principal components of the log-ratios; the same from a covariance that
        anomalous samples do not bear on (minimum covariance determinant, of at most
        5,000 samples and at least five a part) [2]_; or factors of the standardised log-ratios,
        rotated by varimax so that each has few elements.
    seed : int
        For the samples and subsets of the robust covariance.

    Returns
    -------
    GeoDataFrame of points
        The same table with columns ``association_1`` and so on [1]: components in
        units of the log-ratios, factors with standard deviation 1. A sample that
        lacks a part has none, which is said. ``attrs["loadings"]`` holds for each
        the weight of each part's log-ratio (components) or its correlation with it
        (factors), the strongest positive; they are said, with the share of variance.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above zero, or
        has no unit of concentration; or if there are too few whole samples.
    ValueError
        If fewer than three parts are named, or *count* is not below their number.

    References
    ----------
    .. [1] Grunsky, E.C. (2010). The interpretation of geochemical survey data.
       Geochemistry: Exploration, Environment, Analysis 10, 27-74.
    .. [2] Filzmoser, P., Hron, K., Reimann, C. (2009). Principal component analysis
       for compositional data with outliers. Environmetrics 20, 621-632.
    """
    tables.check_columns(columns, 3, "associations")
    if not 1 <= count < len(columns):
        raise ValueError(
            f"count must be at least 1 and below the number of parts, {len(columns)}, got {count}"
        )
    found = composition.shares(source, columns, "associations")
    whole = ~np.isnan(found).any(axis=1)
    _check_enough(int(whole.sum()), len(columns), method)
    ratios = parts.clr(found[whole])
    if method == "factors":
        fit = _factors(ratios, count, seed)
    else:
        fit = _components(ratios, count, robust=method == "robust_components", seed=seed)
    names = [f"association_{i + 1}" for i in range(count)]
    scores = np.full((len(source), count), np.nan)
    scores[whole] = fit.scores
    made = tables.with_columns(
        source, dict(zip(names, scores.T, strict=True)), dict.fromkeys(names, "1")
    )
    made.attrs["loadings"] = {
        name: dict(zip(columns, map(float, row), strict=True))
        for name, row in zip(names, fit.loadings, strict=True)
    }
    _say(names, columns, fit)
    return made


def loadings(source: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Loadings of the associations of a table, one row a part, one column an association.

    Raises
    ------
    DataError
        If the table has none.
    """
    if "loadings" not in source.attrs:
        raise DataError("the table has no loadings; pass it through associations first")
    return pd.DataFrame(source.attrs["loadings"])


def _check_enough(samples: int, count: int, method: str) -> None:
    least = 5 * count if method == "robust_components" else count + 1
    if samples < least:
        raise DataError(
            f"associations: {samples} samples have all {count} parts, and {method} needs at least "
            f"{least}; leave out the parts that are missing most"
        )


def _components(ratios: tables.Values, count: int, *, robust: bool, seed: int) -> Fit:
    """Principal components, in the coordinates of isometric log-ratios and back."""
    contrasts = parts.basis(parts.pivot_signs(ratios.shape[1]))
    coordinates = ratios @ contrasts.T
    if robust:
        from sklearn.covariance import MinCovDet

        spread = MinCovDet(random_state=seed).fit(_some(coordinates, seed))
        centre, covariance = spread.location_, spread.covariance_
        values, vectors = np.linalg.eigh(covariance)
        strongest = np.argsort(values)[::-1]
        axes, variances = vectors[:, strongest].T, values[strongest]
    else:
        from sklearn.decomposition import PCA

        fitted = PCA(svd_solver="full").fit(coordinates)
        centre, axes, variances = fitted.mean_, fitted.components_, fitted.explained_variance_
    weights = axes[:count] @ contrasts
    signs = _signs(weights)
    scores = (coordinates - centre) @ axes[:count].T
    return Fit(scores * signs, weights * signs[:, None], variances[:count] / variances.sum())


def _some(coordinates: tables.Values, seed: int) -> tables.Values:
    """All samples, or so many drawn of them: the robust fit takes time with their number."""
    if len(coordinates) <= MOST_ROBUST:
        return coordinates
    log.info(
        "associations: the robust covariance is that of %d of %d samples, drawn evenly.",
        MOST_ROBUST,
        len(coordinates),
    )
    drawn = np.random.default_rng(seed).choice(len(coordinates), MOST_ROBUST, replace=False)
    return coordinates[np.sort(drawn)]


def _factors(ratios: tables.Values, count: int, seed: int) -> Fit:
    """Factors of standardised log-ratios, rotated by varimax, the strongest first."""
    from sklearn.decomposition import FactorAnalysis

    spread = ratios.std(axis=0)
    if not (spread > 0).all():
        raise DataError("associations: a part's log-ratio is the same everywhere; leave it out")
    standard = (ratios - ratios.mean(axis=0)) / spread
    fitted = FactorAnalysis(count, rotation="varimax", random_state=seed).fit(standard)
    weights = fitted.components_
    scores = fitted.transform(standard)
    shares = np.square(weights).sum(axis=1) / ratios.shape[1]
    order = np.argsort(shares)[::-1]
    weights, shares, scores = weights[order], shares[order], scores[:, order]
    signs = _signs(weights)
    scores = scores / scores.std(axis=0)
    return Fit(scores * signs, weights * signs[:, None], shares)


def _signs(weights: tables.Values) -> tables.Values:
    """What makes the strongest weight of each association positive."""
    strongest = np.abs(weights).argmax(axis=1)
    return np.asarray(np.sign(weights[np.arange(len(weights)), strongest]))


def _say(names: Sequence[str], columns: Sequence[str], fit: Fit) -> None:
    for name, row, share in zip(names, fit.loadings, fit.shares, strict=True):
        order = np.argsort(row)
        high = [f"{columns[i]} {row[i]:+.2f}" for i in order[::-1][:STRONGEST] if row[i] > 0]
        low = [f"{columns[i]} {row[i]:+.2f}" for i in order[:STRONGEST] if row[i] < 0]
        log.info(
            "associations: %s holds %.0f %% of the variance: %s against %s.",
            name,
            100 * share,
            ", ".join(high) or "nothing",
            ", ".join(low) or "nothing",
        )
