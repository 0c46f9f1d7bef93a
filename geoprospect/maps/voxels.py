"""A model over voxels: scores, and where nobody can know."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract
from geoprospect.blocks import grid_of
from geoprospect.contract import Ensemble
from geoprospect.errors import ModelError, did_you_mean
from geoprospect.maps.predict import BATCH, mean_and_spread

log = logging.getLogger("geoprospect.maps")

UNKNOWN = {0: "known", 1: "no data near", 2: "no evidence", 3: "outside the ground"}
"""Why a voxel has no score."""


def prospectivity(
    cube: xr.Dataset,
    ensemble: Ensemble,
    *,
    unknown_beyond: float,
    known_by: Sequence[str] = (),
    ground: xr.DataArray | None = None,
) -> xr.Dataset:
    """
    Mean score of an ensemble under ground [1], and where there is none to be had.

    Trees give some score to every voxel, also a kilometre below the last hole, and mostly a
    low one, for most of what was drilled is barren. Read as a map, it would say "no ore"
    where nobody looked; so what lies farther from data than stated is unknown [1]_.

    Parameters
    ----------
    cube : Dataset of DataArray (z, y, x)
        From :func:`geoprospect.cube.voxels.stacked`, with the layers the ensemble knows.
    ensemble : Ensemble
        Fitted.
    unknown_beyond : float
        Farther than this from data a voxel has no score [m].
    known_by : sequence of str
        Layers whose data count as such; a voxel is known where any of them has data near.
        All layers if none is named: mind that a map of the surface is data near the surface.
    ground : DataArray (z, y, x), optional
        NaN or 0 where there is no ground, such as in the air.

    Returns
    -------
    Dataset of DataArray (z, y, x) float32
        ``prospectivity`` and ``spread`` (standard deviation over members, n - 1) [1], NaN
        where unknown; ``data_distance`` [m]; ``unknown``, categorical: why.

    Raises
    ------
    ModelError
        If the cube lacks a layer of the ensemble or of *known_by*.
    ValueError
        If *unknown_beyond* is not positive.

    References
    ----------
    .. [1] Meyer, H., Pebesma, E. (2021). Predicting into unknown space? Estimating the area
       of applicability of spatial prediction models. Methods in Ecology and Evolution 12,
       1620-1633.
    """
    if not unknown_beyond > 0:
        raise ValueError(f"unknown_beyond must be positive, got {unknown_beyond} m")
    layers = ensemble.layers_
    _check_layers(cube, [*layers, *known_by])
    away = data_distance(cube, known_by or layers)
    flat = np.stack([cube[name].to_numpy().ravel() for name in layers])
    why = np.where(np.isnan(flat).all(axis=0), 2, 0)
    why[~(away.ravel() <= unknown_beyond)] = 1
    if ground is not None:
        why[~(ground.to_numpy().ravel() > 0)] = 3
    scores = np.full((2, why.size), np.nan, np.float32)
    known = np.flatnonzero(why == 0)
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        scores[:, batch] = mean_and_spread(ensemble.scores(flat[:, batch].T))
    _say_unknown(why, unknown_beyond)
    return _described(cube, scores, away, why)


def data_distance(cube: xr.Dataset, layers: Sequence[str]) -> npt.NDArray[np.float32]:
    """Distance to the nearest data of any of some layers [m], (z, y, x); NaN where none."""
    away = np.stack([cube[f"{name}_distance"].to_numpy() for name in layers])
    return np.asarray(np.fmin.reduce(away, axis=0))


def _described(
    cube: xr.Dataset,
    scores: npt.NDArray[np.float32],
    away: npt.NDArray[np.float32],
    why: npt.NDArray[np.int64],
) -> xr.Dataset:
    made = grid_of(cube).dataset(
        prospectivity=scores[0], spread=scores[1], data_distance=away, unknown=why
    )
    told = {
        "prospectivity": ("prospectivity", "1"),
        "spread": ("spread of prospectivity", "1"),
        "data_distance": ("distance to nearest data", "m"),
    }
    for name, (long_name, units) in told.items():
        made[name] = contract.describe(
            made[name], long_name=long_name, units=units, quality=name == "data_distance"
        )
    made["unknown"] = contract.describe(
        made["unknown"], long_name="why there is no score", units="1", quality=True,
        meanings=UNKNOWN,
    )  # fmt: skip
    return made


def _say_unknown(why: npt.NDArray[np.int64], beyond: float) -> None:
    counts = np.bincount(why, minlength=len(UNKNOWN))
    if counts[1:].any():
        log.info(
            "%d of %d voxels have no score: %d lie farther than %g m from data, %d have no "
            "evidence, %d are outside the ground.",
            counts[1:].sum(), len(why), counts[1], beyond, counts[2], counts[3],
        )  # fmt: skip
    if not counts[0]:
        log.warning("no voxel is known; nearest data lie farther than %g m everywhere.", beyond)


def _check_layers(cube: xr.Dataset, layers: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(layers) if name not in cube]
    if missing:
        known = contract.evidence(cube)
        told = ", ".join(f"{name!r}{did_you_mean(name, known)}" for name in missing)
        raise ModelError(f"the cube of voxels lacks {told}")
