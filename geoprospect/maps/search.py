"""The ground to search so as not to miss the next deposit, with a stated probability."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import Ensemble
from geoprospect.errors import ModelError
from geoprospect.kernels import conformal
from geoprospect.maps import predict

log = logging.getLogger("geoprospect.maps")

FEWEST = 9
"""Clusters that a domain needs for levels of its own: the least that leave ground out at 90 %."""

LONG_NAME = "share of known deposit clusters that score no higher, unknown to the model"

Values = npt.NDArray[np.float32]


def search_level(
    prospectivity: xr.DataArray,
    known: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    domain: xr.DataArray | None = None,
    domain_of: npt.ArrayLike | None = None,
) -> xr.DataArray:
    """
    Share of the known deposit clusters that score no higher than each cell [1].

    Where it exceeds 0.1 lies ground that scores like nine in ten of the deposits did
    when the model did not know them: leave the rest unsearched, and one new deposit
    in ten is missed, if new ones are like the known [1]_. That holds of scores by
    one model that none of the clusters has taught. Of scores by models fitted anew without
    each it holds about, as far as those score like the map's; what can be proved
    then, :func:`cross_search_level` gives.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        Scores of the map.
    known : (clusters,)
        Score of each cluster by a model that did not know it, on the map's scale.
    weights : (clusters,), optional
        In (0, 1], such as by year of discovery: early finds are the obvious ones.
    domain : DataArray (y, x), optional
        Class map of geological domains, each to be compared with its own clusters.
    domain_of : (clusters,), optional
        Code of the domain that each cluster lies in.

    Returns
    -------
    DataArray (y, x) float32, lazy
        (1 + clusters no higher) / (1 + clusters); NaN where the score is, or the domain.
        Where a domain has fewer than 9 clusters all are compared together, which is said.

    Raises
    ------
    ModelError
        If there is no cluster, a score is unknown, or shapes do not fit.
    ValueError
        If a weight is not in (0, 1].

    References
    ----------
    .. [1] Vovk, V., Gammerman, A., Shafer, G. (2005). Algorithmic Learning in a
       Random World. Springer.
    """
    scores, weight = _checked(known, weights)
    maps, parts = {"score": prospectivity}, None
    if domain is not None:
        contract.check_layer(domain, contract.grid_of(prospectivity), "domain")
        parts = _parted(scores, domain, np.asarray(domain_of))
        maps["domain"] = domain
    made = lazy.from_cube(_level, xr.Dataset(maps), list(maps), ["level"], scores, weight, parts)
    return contract.describe(made["level"], long_name=LONG_NAME, units="1")


def cross_search_level(
    cube: xr.Dataset,
    ensembles: Mapping[int, Ensemble],
    known: npt.ArrayLike,
    model_of: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
) -> xr.DataArray:
    """
    :func:`search_level` by models fitted anew without each cluster, or each fold of them [1].

    Each cluster is compared with the cell by the very model that did not know it, so
    that scores of different models never meet: the set of cells above alpha is that of
    cross-conformal prediction, and holds a new cluster like the known with
    probability 1 - 2 alpha or a little less, as a rule 1 - alpha [1]_. Every
    cell is scored by every model.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensembles were trained on.
    ensembles : mapping of number to Ensemble
    known : (clusters,)
        Mean score of each cluster by its model.
    model_of : (clusters,)
        Number of the ensemble that did not know it.
    weights : (clusters,), optional
        In (0, 1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where all evidence is missing.

    Raises
    ------
    ModelError
        As :func:`search_level`; or if the cube lacks a layer, or a model is missing.

    References
    ----------
    .. [1] Barber, R.F., Candès, E.J., Ramdas, A., Tibshirani, R.J. (2021). Predictive
       inference with the jackknife+. Annals of Statistics 49, 486-507.
    """
    scores, weight = _checked(known, weights)
    numbers = np.asarray(model_of)
    if numbers.shape != scores.shape:
        raise ModelError(
            f"model_of has shape {numbers.shape}, and there are {len(scores)} clusters"
        )
    missing = sorted(set(numbers.tolist()) - set(ensembles))
    if missing:
        told = ", ".join(str(number) for number in missing)
        raise ModelError(f"no ensemble is given for fold {told}, which clusters were left out of")
    used = [int(number) for number in np.unique(numbers)]
    means = [predict.of_members(cube, ensembles[n], _mean, {"mean": "mean"})["mean"] for n in used]
    maps = {f"model_{n}": mean for n, mean in zip(used, means, strict=True)}
    which = np.searchsorted(used, numbers)
    made = lazy.from_cube(
        _cross_level, xr.Dataset(maps), list(maps), ["level"], scores, weight, which
    )
    return contract.describe(made["level"], long_name=LONG_NAME, units="1")


def _checked(
    known: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[Values, npt.NDArray[np.float64]]:
    """Scores in the map's own precision, and their weights."""
    scores = np.asarray(known, "float32")
    if scores.ndim != 1 or not len(scores):
        raise ModelError("there is no deposit cluster with a score, so there is no search area")
    if np.isnan(scores).any():
        raise ModelError(
            f"{int(np.isnan(scores).sum())} of {len(scores)} clusters have no score; leave them out"
        )
    weight = np.ones(len(scores)) if weights is None else np.asarray(weights, float)
    if weight.shape != scores.shape:
        raise ModelError(f"weights have shape {weight.shape}, and there are {len(scores)} clusters")
    if not ((weight > 0) & (weight <= 1)).all():
        raise ValueError("weights must be above 0 and at most 1, the weight of the next deposit")
    return scores, weight


def _parted(
    scores: Values, domain: xr.DataArray, domain_of: npt.NDArray[Any]
) -> dict[int, npt.NDArray[np.bool_]] | None:
    """Which clusters each domain has; None where one has too few."""
    if domain_of.shape != scores.shape:
        raise ModelError(
            f"domain_of has shape {domain_of.shape}, and there are {len(scores)} clusters"
        )
    parts = {code: domain_of == code for code in contract.meanings(domain)}
    few = [
        f"{text} ({int(parts[code].sum())})"
        for code, text in contract.meanings(domain).items()
        if parts[code].sum() < FEWEST
    ]
    if few:
        log.warning(
            "domains with fewer than %d deposit clusters: %s; all domains are compared together",
            FEWEST, ", ".join(few),
        )  # fmt: skip
        return None
    return parts


def _level(
    layers: Values,
    known: Values,
    weights: npt.NDArray[np.float64],
    parts: Mapping[int, npt.NDArray[np.bool_]] | None,
) -> Values:
    score = layers[0]
    made = np.full(score.shape, np.nan, "float32")
    if parts is None:
        made[:] = conformal.levels(score, known, weights)
    for code, which in (parts or {}).items():
        mine = layers[1] == code
        made[mine] = conformal.levels(score[mine], known[which], weights[which])
    made[np.isnan(score)] = np.nan
    return made[None]


def _cross_level(
    scores: Values,
    known: Values,
    weights: npt.NDArray[np.float64],
    which: npt.NDArray[np.int64],
) -> Values:
    total = np.ones(scores.shape[1:])
    for number, score in enumerate(scores):
        mine = which == number
        every = 1 + weights[mine].sum()
        total += every * conformal.levels(score, known[mine], weights[mine]) - 1
    level = (total / (1 + weights.sum())).astype("float32")
    level[np.isnan(scores).any(axis=0)] = np.nan
    made: Values = level[None]
    return made


def _mean(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mean: npt.NDArray[np.float64] = scores.mean(axis=0)[None]
    return mean
