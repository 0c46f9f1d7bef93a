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
from geoprospect.kernels.trees import models, shapley, tiles
from geoprospect.kernels.trees.shapley import Explainer

if TYPE_CHECKING:
    from lightgbm import Booster

BASE = "base_value"

FEWEST_ROWS = 2000
"""Rows below which LightGBM itself is done before the tables would be made."""

Contributions = npt.NDArray[np.float64]


def contributions(
    booster: Booster, rows: npt.NDArray[Any], *, exact: bool = False
) -> Contributions:
    """
    How much each layer adds to each row's score [log-odds].

    Exact Shapley values of the trees, path-dependent [1]_: they sum, with the
    base value in the last column, to the raw score. What LightGBM's
    ``pred_contrib`` gives, some hundred times faster.

    Parameters
    ----------
    booster : lightgbm.Booster
    rows : (cells, layers) float
        NaN where unknown. Faster where rows that follow each other are alike.
    exact : bool
        Equal to ``pred_contrib`` within 1e-10 rather than 1e-6, at twice the memory.

    Returns
    -------
    (cells, layers + 1) float64
        Of a model of several classes (cells, classes * (layers + 1)).

    Raises
    ------
    ValueError
        If *rows* has not one column for each layer of the model.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    if rows.ndim != 2 or rows.shape[1] != booster.num_feature():
        raise ValueError(
            f"rows are {rows.shape}, but the model has {booster.num_feature()} layers: "
            "pass (cells, layers)"
        )
    if len(rows) < FEWEST_ROWS:
        return _by_lightgbm(booster, rows)
    text = booster.model_to_string()
    parts = []
    for whole in models.forests((text,)):
        ready = shapley.explainer((whole,), exact=exact)
        if ready is None:
            return _by_lightgbm(booster, rows)
        parts.append(_explained(ready, rows))
    return np.concatenate(parts, axis=1)


def ensemble_contributions(ensemble: Ensemble, rows: npt.NDArray[Any]) -> Contributions:
    """
    The mean of the members' contributions [log-odds], (cells, layers + 1).

    They sum, base value included, to the mean of the members' raw scores.
    """
    ready = models.explainer(ensemble.texts)
    if ready is not None:
        return _explained(ready, rows)
    total = np.zeros((len(rows), len(ensemble.layers_) + 1))
    for member in ensemble.members_:
        total += _by_lightgbm(member, rows)
    return total / len(ensemble.members_)


def at_cells(
    cube: xr.Dataset, ensemble: Ensemble, rows: npt.ArrayLike, columns: npt.ArrayLike
) -> Contributions:
    """
    Mean contributions at single cells of the cube [log-odds], (cells, layers + 1).

    Only the cells' chunks are read. Computed on purpose, batch beside batch.
    """
    return ensemble_contributions(ensemble, lazy.sample(cube, ensemble.layers_, rows, columns))


def attributions(cube: xr.Dataset, ensemble: Ensemble) -> xr.Dataset:
    """
    Mean contribution of each layer to the score of each cell [log-odds].

    Where a layer's values are positive it speaks for a deposit there, where
    negative, against; near zero it is silent. Association, not cause [1]_.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Ensemble
        Fitted.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One variable per layer, and ``base_value``; NaN where all evidence is
        missing.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    layers = ensemble.layers_

    def block(evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return _block(evidence, ensemble)

    maps = lazy.from_cube(block, cube, layers, [*layers, BASE])
    names = {name: cube[name].attrs["long_name"] for name in layers} | {BASE: "base value"}
    return xr.Dataset(
        {
            name: contract.describe(maps[name], long_name=long_name, units="log-odds")
            for name, long_name in names.items()
        }
    )


def thinned(cube: xr.Dataset, *, cells: int = 20_000) -> xr.Dataset:
    """
    Every *s*-th cell of a cube, on a coarser grid whose cells have those at their centres.

    Parameters
    ----------
    cube : Dataset
    cells : int
        About so many cells with evidence are kept, or fewer; the stride is the smallest
        odd one that allows it.

    Returns
    -------
    Dataset of DataArray (y, x), lazy
        The layers as they are.

    Raises
    ------
    ValueError
        If *cells* is not positive.
    """
    if cells < 1:
        raise ValueError(f"cells must be 1 or more, got {cells}")
    return _coarse(cube, _stride(cube, cells))


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

    made = lazy.from_cube(block, attributions, layers, ["driver"])
    return contract.describe(
        made["driver"], long_name="strongest driver", units="1", meanings=meanings
    )


def _block(evidence: npt.NDArray[np.float32], ensemble: Ensemble) -> npt.NDArray[np.float32]:
    """Contributions and base value of a block: (layers, y, x) -> (layers + 1, y, x)."""
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(evidence).all(axis=0))
    made = np.full((len(evidence) + 1, known.size), np.nan, "float32")
    flat, order = evidence.reshape(len(evidence), -1), tiles.of_raster(known)
    ready = models.explainer(ensemble.texts)
    if ready is not None:
        shapley.contributions(ready, flat, order, out=made[:-1])
        made[-1] = ready.base
    else:
        cells = np.flatnonzero(known)
        made[:, cells] = ensemble_contributions(ensemble, flat[:, cells].T).T
    made[:, ~known.ravel()] = np.nan
    return made.reshape(-1, *known.shape)


def _explained(ready: Explainer, rows: npt.NDArray[Any]) -> Contributions:
    made = np.empty((len(rows), rows.shape[1] + 1))
    made[:, -1] = ready.base
    if len(rows):
        values = _floats(rows).T
        shapley.contributions(ready, values, tiles.of_rows(len(rows)), out=made[:, :-1].T)
    return made


def _floats(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Rows as LightGBM takes them: whole numbers and the like become float32."""
    return rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float32)


def _by_lightgbm(booster: Booster, rows: npt.NDArray[Any]) -> Contributions:
    if not len(rows):
        return np.empty((0, booster.num_model_per_iteration() * (booster.num_feature() + 1)))
    found: Contributions = booster.predict(rows, pred_contrib=True, num_threads=1)
    return found


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
    return xr.Dataset(
        {
            name: contract.on_grid(data, coarse).assign_attrs(cube[name].attrs)
            for name, data in picked.items()
        }
    )
