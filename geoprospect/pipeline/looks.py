"""Looks at how far a map can be believed, as a pipeline asks for them: one function a section."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.models import calibration, nulls, quick, reliability, sceptic
from geoprospect.models.bench import Bench


def null_models(
    effort: gpd.GeoDataFrame | None = None,
    *,
    bench: Bench,
    full: Mapping[str, Any],
    others: Mapping[str, Any],
    bandwidth: float | None = None,
    permutations: int = 99,
    shifts: int = 99,
    seed: int,
) -> dict[str, Any]:
    """
    What models score that know nothing of the ground, and layers that know the answer.

    Parameters
    ----------
    effort : GeoDataFrame, optional
        Points where people looked: samples, drill holes, all occurrences.
    bandwidth : float, optional
        With *effort*: distance at which a point no longer counts for its density [m].
    permutations, shifts : int
        How often deposits are put elsewhere; 0 for never.
    """
    looked = None
    if effort is not None:
        if bandwidth is None:
            raise ValueError("effort needs a bandwidth [m], at which a point no longer counts")
        looked = nulls.effort_of(bench, effort, bandwidth=bandwidth)
    return sceptic.scan(
        bench, quick.trees(bench.layers, categorical=bench.categorical, seed=seed), full,
        effort=looked, permutations=permutations, shifted=shifts, seed=seed, **others,
    )  # fmt: skip


def calibrated(
    scores: npt.NDArray[Any],
    samples: gpd.GeoDataFrame,
    of_samples: npt.NDArray[np.int64],
    *,
    prior: float | None = None,
    method: calibration.Method | None = None,
    seed: int,
) -> dict[str, Any]:
    """
    The curve from scores out of fold to probabilities, and whether they come true.

    Parameters
    ----------
    prior : float, optional
        Expected deposits to a cell, known and unknown, in (0, 1). Without one, scores stay
        favourability.
    method : {"platt", "beta", "isotonic"}, optional
        Otherwise by the number of deposits.
    """
    if prior is not None:
        calibration.checked_prior(prior)
    labels, groups = (samples[name].to_numpy() for name in ("label", "group"))
    curve = calibration.fitted(scores, labels, method=method)
    judged = calibration.cross_calibrated(scores, labels, of_samples, prior=prior)
    return {
        "curve": dataclasses.asdict(curve),
        "prior": prior,
        "called": calibration.called(prior),
        "reliability": reliability.reliability(judged, labels, groups, prior=prior, seed=seed),
    }
