"""Why a voxel scores as it does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.blocks import grid_of
from geoprospect.contract import Explainable
from geoprospect.explain.shapley import BASE, ensemble_contributions

STRONGEST = 3
"""Layers named for each of the best voxels."""
BATCH = 65_536
"""Voxels explained at once."""


def attributions(cube: xr.Dataset, ensemble: Explainable, *, where: xr.DataArray) -> xr.Dataset:
    """
    Mean contribution of each layer to the score of each voxel [log-odds].

    Where a layer's values are positive it speaks for ore there, where negative, against:
    exact Shapley values of the trees, as on a map. Association, not cause [1]_.

    Parameters
    ----------
    cube : Dataset of DataArray (z, y, x)
        From :func:`geoprospect.cube.voxels.stacked`.
    ensemble : Explainable
        Fitted.
    where : DataArray (z, y, x)
        Voxels to explain: those where it is not NaN, such as the prospectivity.

    Returns
    -------
    Dataset of DataArray (z, y, x) float32
        One variable per layer, and ``base_value``, which sum to the mean raw score; NaN
        elsewhere.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2, 56-67.
    """
    layers = ensemble.layers_
    rows = _rows(cube, layers)
    made = np.full((len(layers) + 1, len(rows)), np.nan, np.float32)
    asked = np.flatnonzero(~np.isnan(where.to_numpy().ravel()))
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        made[:, batch] = ensemble_contributions(ensemble, rows[batch]).T
    told = grid_of(cube).dataset(**dict(zip([*layers, BASE], made, strict=True)))
    for name in [*layers, BASE]:
        long_name = "base value" if name == BASE else str(cube[name].attrs["long_name"])
        told[name] = contract.describe(told[name], long_name=long_name, units=ensemble.raw_units)
    return told


def best_voxels(
    maps: xr.Dataset, cube: xr.Dataset, ensemble: Explainable, *, count: int = 10
) -> pd.DataFrame:
    """
    The voxels that score highest, and what speaks for each.

    Parameters
    ----------
    maps : Dataset of DataArray (z, y, x)
        From :func:`geoprospect.maps.voxels.prospectivity`.
    cube : Dataset
        That it was made of.
    ensemble : Explainable
        Fitted.
    count : int
        How many, or fewer where fewer are known.

    Returns
    -------
    DataFrame
        ``rank``, ``x``, ``y``, ``z`` of the middle [m], ``prospectivity``, ``spread`` [1],
        ``data_distance`` [m], for ``n`` from 1 ``driver_n``, the layer that speaks n-th most for
        ore there (none where none does), ``value_n`` of it [units of the layer] and
        ``contribution_n`` [log-odds]. Of equal scores the lower voxel in the south-west first.

    Raises
    ------
    ValueError
        If *count* is not positive.
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more, got {count}")
    score = maps["prospectivity"].to_numpy().ravel()
    order = np.argsort(np.where(np.isnan(score), np.inf, -score), kind="stable")
    best = order[: min(count, int(np.isfinite(score).sum()))]
    places = grid_of(maps).centres()[best]
    made = pd.DataFrame(
        {"rank": np.arange(1, len(best) + 1), **dict(zip("xyz", places.T, strict=True))}
    )
    for name in ("prospectivity", "spread", "data_distance"):
        made[name] = maps[name].to_numpy().ravel()[best]
    rows = _rows(cube, ensemble.layers_)[best]
    shares = ensemble_contributions(ensemble, rows)[:, :-1]
    strongest = np.argsort(-shares, axis=1, kind="stable")
    names = np.array(ensemble.layers_, dtype=object)
    for n in range(min(STRONGEST, len(names))):
        at = np.arange(len(best)), strongest[:, n]
        speaks = shares[at] > 0
        made[f"driver_{n + 1}"] = np.where(speaks, names[strongest[:, n]], "none")
        made[f"value_{n + 1}"] = np.where(speaks, rows[at], np.nan)
        made[f"contribution_{n + 1}"] = np.where(speaks, shares[at], 0.0)
    return made


def _rows(cube: xr.Dataset, layers: list[str]) -> npt.NDArray[np.float32]:
    """Evidence of all voxels, (voxels, layers)."""
    return np.stack([cube[name].to_numpy().ravel() for name in layers], axis=1)
