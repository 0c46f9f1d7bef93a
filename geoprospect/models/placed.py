"""Where deposits stand in a map: what prediction-area plots are drawn from."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import ranking
from geoprospect.models.scores import Fold, rate

log = logging.getLogger("geoprospect.models")

Shares = npt.NDArray[np.float64]


class Placed(NamedTuple):
    """
    Of each deposit: its score, the share of area above it, and at or above it [1].

    ``groups`` are the deposits' clusters. Shares are counts over cells, so that wherever a
    count and a number of cells is asked for, they go with 1 cell.
    """

    scores: Shares
    above: Shares
    at_or_above: Shares
    groups: npt.NDArray[np.int64]


def in_maps(maps: xr.Dataset, deposits: gpd.GeoDataFrame) -> dict[str, Placed]:
    """
    Deposits among all cells of each map or layer that has numbers.

    Layers of classes have no order and are left out. Deposits where a map is unknown are
    left out of it, which is said.

    Parameters
    ----------
    maps : Dataset
    deposits : GeoDataFrame
        With ``row``, ``column`` and ``group``.

    Returns
    -------
    dict of map to Placed
        Computed on purpose, block by block.

    Raises
    ------
    DataError
        If no deposit lies where a map is known.
    """
    names = [str(name) for name, layer in maps.items() if not contract.is_categorical(layer)]
    values = lazy.sample(maps, names, deposits["row"].to_numpy(), deposits["column"].to_numpy())
    return {
        name: _in_map(maps[name], name, own, deposits["group"].to_numpy())
        for name, own in zip(names, values.T, strict=True)
    }


def in_folds(folds: Sequence[Fold]) -> Placed:
    """
    Deposits held out, each among the ground of its own fold.

    Models of different folds score on scales of their own, so the score is the share of the
    ground that scores lower, half of what ties with it.

    Raises
    ------
    ModelError
        If the folds' deposits were learnt from.
    """
    seen = [fold for fold in folds if len(fold.above)]
    rate(seen, "prediction_rate")
    above = np.concatenate([fold.above / fold.cells for fold in seen])
    at_or_above = np.concatenate([fold.at_or_above / fold.cells for fold in seen])
    groups = [np.arange(len(f.above)) if f.groups is None else f.groups for f in seen]
    return Placed(1 - (above + at_or_above) / 2, above, at_or_above, np.concatenate(groups))


def curve(
    placed: Placed, crossing: Mapping[str, float], *, long_name: str, units: str, fitted: bool
) -> dict[str, Any]:
    """
    A prediction-area plot as data, ready for JSON.

    ``score``, ``deposits`` and ``area`` (one list each), ``fitted`` (whether the deposits
    were learnt from), and the *crossing* with ``long_name`` and ``units`` as given.
    """
    score, found, ground = ranking.by_score(placed.scores, placed.above, placed.at_or_above, 1)
    return {
        "long_name": long_name,
        "units": units,
        "fitted": fitted,
        "score": score.tolist(),
        "deposits": found.tolist(),
        "area": ground.tolist(),
        "crossing": dict(crossing),
    }


def _in_map(
    layer: xr.DataArray, name: str, own: npt.NDArray[np.float32], groups: npt.NDArray[np.int64]
) -> Placed:
    known = ~np.isnan(own)
    if not known.any():
        raise DataError(f"no deposit lies where {name!r} is known; nothing can be told of it")
    if not known.all():
        log.info("%d of %d deposits lie where %s is unknown", (~known).sum(), len(own), name)
    wanted = own[known]

    def block_ranks(block: Any) -> npt.NDArray[np.int64]:
        values = block[~np.isnan(block)]
        return np.concatenate([[values.size], *ranking.ranks(values, wanted)]).astype(np.int64)

    cells, *counts = lazy.summed(block_ranks, layer)
    above, at_or_above = np.reshape(counts, (2, -1)) / cells
    return Placed(wanted.astype(float), above, at_or_above, groups[known])
