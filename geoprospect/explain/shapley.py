"""Exact Shapley values of trees: how much each layer moves a cell's score, and which way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.contract import Ensemble

if TYPE_CHECKING:
    from lightgbm import Booster

BASE = "base_value"

BATCH = 1024
"""Cells explained in one task: about a second's work."""

COARSE_CHUNK = 32
"""Cells a side of a block of the coarse grid; a block is a task, as above."""

Contributions = npt.NDArray[np.float64]


def contributions(booster: Booster, rows: npt.NDArray[Any]) -> Contributions:
    """
    How much each layer adds to each row's score [log-odds].

    Exact Shapley values of the trees, path-dependent [1]_: they sum, with the
    base value in the last column, to the raw score.

    Parameters
    ----------
    booster : lightgbm.Booster
    rows : (cells, layers) float

    Returns
    -------
    (cells, layers + 1) float64

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    if not len(rows):
        return np.empty((0, booster.num_feature() + 1))
    found: Contributions = booster.predict(rows, pred_contrib=True, num_threads=1)
    return found


def ensemble_contributions(ensemble: Ensemble, rows: npt.NDArray[Any]) -> Contributions:
    """
    The mean of the members' contributions [log-odds], (cells, layers + 1).

    They sum, base value included, to the mean of the members' raw scores.
    """
    total = np.zeros((len(rows), len(ensemble.layers_) + 1))
    for member in ensemble.members_:
        total += contributions(member, rows)
    return total / len(ensemble.members_)


def at_cells(
    cube: xr.Dataset, ensemble: Ensemble, rows: npt.ArrayLike, columns: npt.ArrayLike
) -> Contributions:
    """
    Mean contributions at single cells of the cube [log-odds], (cells, layers + 1).

    Only the cells' chunks are read. Computed on purpose, batch beside batch.
    """
    evidence = lazy.sample(cube, ensemble.layers_, rows, columns)
    batches = [evidence[i : i + BATCH] for i in range(0, len(evidence), BATCH)]
    if not batches:
        return ensemble_contributions(ensemble, evidence)
    explained = lazy.compute(*(lazy.later(ensemble_contributions, ensemble, b) for b in batches))
    return np.concatenate(explained)


def attributions(cube: xr.Dataset, ensemble: Ensemble, *, cells: int = 20_000) -> xr.Dataset:
    """
    Mean contribution of each layer to the score [log-odds], on a coarser grid.

    Where a layer's values are positive it speaks for a deposit there, where
    negative, against; near zero it is silent. Association, not cause [1]_.

    Exact contributions are costly, so they are computed at every *s*-th cell: each
    coarse pixel holds the value of the cube's cell at its centre.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Ensemble
        Fitted.
    cells : int
        About so many cells with evidence are explained, or fewer; the stride is the
        smallest odd one that allows it.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One variable per layer, and ``base_value``; NaN where all evidence is
        missing.

    Raises
    ------
    ValueError
        If *cells* is not positive.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    if cells < 1:
        raise ValueError(f"cells must be 1 or more, got {cells}")
    layers = ensemble.layers_
    coarse = _coarse(cube[layers], _stride(cube[layers], cells))

    def block(evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        known = ~np.isnan(evidence).all(axis=0)
        made = np.full((len(layers) + 1, *known.shape), np.nan, "float32")
        made[:, known] = ensemble_contributions(ensemble, evidence[:, known].T).T
        return made

    maps = lazy.from_cube(block, coarse, layers, [*layers, BASE], chunk=COARSE_CHUNK)
    names = {name: cube[name].attrs["long_name"] for name in layers} | {BASE: "base value"}
    return xr.Dataset(
        {
            name: contract.describe(maps[name], long_name=long_name, units="log-odds")
            for name, long_name in names.items()
        }
    )


def strongest_driver(attributions: xr.Dataset) -> xr.DataArray:
    """
    Which layer speaks most strongly for a deposit in each cell [1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Categorical: 0 where no layer speaks for one, else the layer's place from 1;
        NaN where nothing is known.
    """
    layers = [str(name) for name in attributions.data_vars if name != BASE]
    meanings = {0: "none"} | {
        code: str(attributions[name].attrs["long_name"]) for code, name in enumerate(layers, 1)
    }

    def block(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        known = ~np.isnan(shares).any(axis=0)
        driver = np.where(shares.max(axis=0) > 0, shares.argmax(axis=0) + 1.0, 0.0)
        return np.where(known, driver, np.nan)[None].astype("float32")

    made = lazy.from_cube(block, attributions, layers, ["driver"], chunk=COARSE_CHUNK)
    return contract.describe(
        made["driver"], long_name="strongest driver", units="1", meanings=meanings
    )


def _stride(cube: xr.Dataset, cells: int) -> int:
    """Smallest odd stride that meets about *cells* known cells or fewer; no side is skipped."""

    def known(*blocks: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        missing = np.logical_and.reduce([np.isnan(block) for block in blocks])
        return np.array(missing.size - np.count_nonzero(missing))

    count = int(lazy.summed(known, *cube.data_vars.values()))
    least = math.isqrt(-(-count // cells) - 1) + 1 if count > cells else 1
    widest = min(cube.sizes["y"], cube.sizes["x"])
    return min(least + (least + 1) % 2, widest - (widest + 1) % 2)


def _coarse(cube: xr.Dataset, stride: int) -> xr.Dataset:
    """Every *stride*-th cell, on a grid whose cells have those at their centres."""
    grid = contract.grid_of(cube)
    picked = {str(name): lazy.strided(layer, stride) for name, layer in cube.data_vars.items()}
    shape = next(iter(picked.values())).shape
    coarse = GeoBox(shape, grid.affine * grid.affine.scale(stride), grid.crs)
    return xr.Dataset({name: contract.on_grid(data, coarse) for name, data in picked.items()})
