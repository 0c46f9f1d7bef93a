"""Exact Shapley values of trees: how much each layer moves a cell's score, and which way."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.contract import Explainable
from geoprospect.kernels import largest
from geoprospect.kernels.trees import models, shapley, tiles
from geoprospect.kernels.trees.shapley import Explainer

if TYPE_CHECKING:
    from lightgbm import Booster

log = logging.getLogger("geoprospect.explain")

BASE, DRIVER = "base_value", "driver"

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


def ensemble_contributions(ensemble: Explainable, rows: npt.NDArray[Any]) -> Contributions:
    """
    The mean of the members' contributions [log-odds of boosted trees], (cells, layers + 1).

    They sum, base value included, to the mean of the members' raw scores.
    """
    if not ensemble.trees:
        return ensemble.contributions(rows)
    ready = models.explainer(ensemble.texts)
    if ready is not None:
        return _explained(ready, rows)
    total = np.zeros((len(rows), len(ensemble.layers_) + 1))
    for member in ensemble.members_:
        total += _by_lightgbm(member, rows)
    return total / len(ensemble.members_)


def at_cells(
    cube: xr.Dataset, ensemble: Explainable, rows: npt.ArrayLike, columns: npt.ArrayLike
) -> Contributions:
    """
    Mean contributions at single cells of the cube [log-odds], (cells, layers + 1).

    Only the cells' chunks are read. Computed on purpose, batch beside batch.
    """
    return ensemble_contributions(ensemble, lazy.sample(cube, ensemble.layers_, rows, columns))


def attributions(cube: xr.Dataset, ensemble: Explainable) -> xr.Dataset:
    """
    Mean contribution of each layer to the score of each cell [log-odds].

    Where a layer's values are positive it speaks for a deposit there, where
    negative, against; near zero it is silent. Association, not cause [1]_.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Explainable
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

    maps = lazy.from_cube(_block, cube, layers, [*layers, BASE], ensemble)
    names = {name: cube[name].attrs["long_name"] for name in layers} | {BASE: "base value"}
    return xr.Dataset(
        {
            name: contract.describe(maps[name], long_name=long_name, units=ensemble.raw_units)
            for name, long_name in names.items()
        }
    )


def explanations(
    cube: xr.Dataset, ensemble: Explainable, *, strongest: int | None = None, bits: int = 32
) -> xr.Dataset:
    """
    What is kept of every cell's contributions [log-odds], and its strongest driver.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Explainable
        Fitted.
    strongest : int, optional
        Keep only so many layers of each cell, those that contribute most either way: which,
        and how much. All layers if not given.
    bits : int
        32, or 16 to have the contributions stored in steps of a 32766th of
        the most that any can be.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``driver`` as :func:`strongest_driver` has it, and the variables of
        :func:`attributions` or ``layer_1``, ``contribution_1``, ``layer_2``, ...

    Raises
    ------
    ValueError
        If *strongest* is not from 1 to the number of layers, or *bits* neither 16 nor 32.
    """
    layers = ensemble.layers_
    if strongest is not None and not 1 <= strongest <= len(layers):
        raise ValueError(f"strongest must be from 1 to {len(layers)} layers, got {strongest}")
    if bits not in (16, 32):
        raise ValueError(f"bits must be 16 or 32, got {bits}")
    kept = _pairs(strongest) if strongest else [*layers, BASE]
    made = lazy.from_cube(_explained_block, cube, layers, [*kept, DRIVER], ensemble, strongest)
    codes = meanings(cube, layers)
    described = {}
    for name in [*kept, DRIVER]:
        is_class = name == DRIVER or (strongest is not None and name.startswith("layer_"))
        described[name] = contract.describe(
            made[name],
            long_name=_told(name, cube),
            units="1" if is_class else ensemble.raw_units,
            meanings=codes if is_class else None,
        )
        if bits == 16 and name != DRIVER:
            described[name].encoding = {
                "dtype": "int16", "scale_factor": 1.0 if is_class else _step(ensemble),
            }  # fmt: skip
    if bits == 16:
        log.info(
            "contributions are stored in steps of %.2g %s", _step(ensemble), ensemble.raw_units
        )
    return xr.Dataset(described)


def thinned(
    cube: xr.Dataset, *, cells: int = 20_000, known: xr.DataArray | None = None
) -> xr.Dataset:
    """
    Every *s*-th cell of a cube, on a coarser grid whose cells have those at their centres.

    Computed on purpose, a few blocks at a time.

    Parameters
    ----------
    cube : Dataset
    cells : int
        About so many cells with evidence are kept, or fewer; the stride is the smallest
        odd one that allows it.
    known : DataArray (y, x), optional
        NaN where there is no evidence at all, such as a map made of the cube: one layer to
        count instead of all.

    Returns
    -------
    Dataset of DataArray (y, x)
        The layers as they are.

    Raises
    ------
    ValueError
        If *cells* is not positive.
    """
    if cells < 1:
        raise ValueError(f"cells must be 1 or more, got {cells}")
    counted = cube.data_vars.values() if known is None else [known]
    return _coarse(cube, _stride(list(counted), cells))


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
    made = lazy.from_cube(_driver, attributions, layers, [DRIVER])
    return contract.describe(
        made[DRIVER], long_name=_told(DRIVER, attributions), units="1",
        meanings=meanings(attributions, layers),
    )  # fmt: skip


def _driver(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Place from 1 of the layer that adds most: (layers, y, x) -> (1, y, x)."""
    driver: npt.NDArray[np.float32] = largest.driver(shares.reshape(len(shares), -1))
    return driver.reshape(1, *shares.shape[1:])


def _explained_block(
    evidence: npt.NDArray[np.float32], ensemble: Explainable, count: int | None
) -> npt.NDArray[np.float32]:
    """Contributions, or the strongest of them, and the driver: (layers, y, x) -> (n, y, x)."""
    made = _block(evidence, ensemble)
    driver = _driver(made[:-1])
    if count is None:
        return np.concatenate([made, driver])
    pairs = largest.largest(made[:-1].reshape(len(evidence), -1), count)
    return np.concatenate([pairs.reshape(2 * count, *driver.shape[1:]), driver])


def _pairs(strongest: int) -> list[str]:
    return [f"{what}_{n}" for n in range(1, strongest + 1) for what in ("layer", "contribution")]


def meanings(cube: xr.Dataset, layers: Sequence[str]) -> dict[int, str]:
    """The layers by their place from 1."""
    names = [str(cube[name].attrs["long_name"]) for name in layers]
    return {0: "none"} | dict(enumerate(names, start=1))


def _told(name: str, cube: xr.Dataset) -> str:
    """What people read for a variable."""
    if name in cube:
        return str(cube[name].attrs["long_name"])
    told = {BASE: "base value", DRIVER: "strongest driver"}
    what, _, place = name.rpartition("_")
    return told.get(name) or f"{what} that counts {_PLACES.get(place, f'no. {place}')}"


_PLACES = {"1": "most", "2": "second", "3": "third"}


def _step(ensemble: Explainable) -> float:
    """Steps [log-odds] of which 16 bits hold whatever can come."""
    ready = models.explainer(ensemble.texts) if ensemble.trees else None
    if ready is None:
        raise ValueError("the contributions of this model have no known bound; ask for 32 bits")
    return max(float(ready.largest.max()), abs(ready.base)) / 32766


def _block(evidence: npt.NDArray[np.float32], ensemble: Explainable) -> npt.NDArray[np.float32]:
    """Contributions and base value of a block: (layers, y, x) -> (layers + 1, y, x)."""
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(evidence).all(axis=0))
    made = np.full((len(evidence) + 1, known.size), np.nan, "float32")
    flat, order = evidence.reshape(len(evidence), -1), tiles.of_raster(known)
    ready = models.explainer(ensemble.texts) if ensemble.trees else None
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


def _stride(layers: Sequence[xr.DataArray], cells: int) -> int:
    """Smallest odd stride that meets about *cells* known cells or fewer; no side is skipped."""

    def known(*blocks: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        missing = np.logical_and.reduce([np.isnan(block) for block in blocks])
        return np.array(missing.size - np.count_nonzero(missing))

    count = int(lazy.summed(known, *layers))
    least = math.isqrt(-(-count // cells) - 1) + 1 if count > cells else 1
    widest = min(layers[0].shape)
    return min(least + (least + 1) % 2, widest - (widest + 1) % 2)


def _coarse(cube: xr.Dataset, stride: int) -> xr.Dataset:
    """Every *stride*-th cell, on a grid whose cells have those at their centres."""
    grid, names = contract.grid_of(cube), [str(name) for name in cube.data_vars]
    rows, columns = np.meshgrid(
        *(np.arange(stride // 2, size, stride) for size in grid.shape), indexing="ij"
    )
    values = lazy.sample(cube, names, rows.ravel(), columns.ravel())
    coarse = GeoBox(rows.shape, grid.affine * grid.affine.scale(stride), grid.crs)
    return xr.Dataset(
        {
            name: contract.on_grid(values[:, i].reshape(rows.shape), coarse).assign_attrs(
                cube[name].attrs
            )
            for i, name in enumerate(names)
        }
    )
