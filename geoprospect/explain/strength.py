"""How far each layer, and each group of layers, moves the score on average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect.contract import Explainable
from geoprospect.explain.grouped import DRIVERS, grouped_rows
from geoprospect.explain.shapley import BASE
from geoprospect.explain.stability import member_contributions

LAYER, GROUP = "layer", "group"


def strength(
    cube: xr.Dataset,
    ensemble: Explainable,
    rows: npt.NDArray[Any],
    *,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Mean size of the contributions of each layer and group [the model's unit], over the members.

    What a model goes by at large [1]_. Its spread over the members tells whether that is
    the ground or the draw: a layer strong in one member and silent in the next stands in
    for another that tells the same.

    Parameters
    ----------
    cube : Dataset
        Says what the layers are called.
    ensemble : Explainable
        Fitted.
    rows : (cells, layers) float
        Evidence at cells drawn evenly over the area; NaN where unknown.
    groups : mapping of layer to group, optional
        Without it there are layers only.

    Returns
    -------
    DataFrame
        The strongest first, layers before groups: ``kind`` ("layer" or "group"), ``name``,
        ``long_name``, ``mean``, ``sd``, ``lowest`` and ``highest`` over the members of
        their mean sizes, and ``contribution_units``, the unit of these: log-odds, or 1 where
        raw scores are shares. A group's size is that of its sum, so it may be less than its
        layers' together, where they speak against each other.

    Raises
    ------
    ValueError
        If there are no rows, they have not one column for each layer, or the groups do
        not fit the layers.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    if not len(rows):
        raise ValueError("there are no cells to explain; draw some from inside the study area")
    layers = list(ensemble.layers_)
    names = {LAYER: layers, GROUP: list(dict.fromkeys((groups or {}).values()))}
    sizes: dict[str, list[Any]] = {LAYER: [], GROUP: []}
    for found in member_contributions(ensemble, rows):
        sizes[LAYER].append(np.abs(found[:, :-1]).mean(axis=0))
        if groups is not None:
            sums = grouped_rows(found, layers, groups=groups).drop(columns=[BASE, *DRIVERS])
            names[GROUP] = list(sums.columns)
            sizes[GROUP].append(np.abs(sums.to_numpy()).mean(axis=0))
    told = {name: str(cube[name].attrs["long_name"]) for name in layers}
    tables = [
        _ordered(kind, names[kind], told, np.array(of_kind))
        for kind, of_kind in sizes.items()
        if of_kind
    ]
    units = ensemble.raw_units
    return pd.concat(tables, ignore_index=True).assign(contribution_units=units)


def _ordered(
    kind: str, names: list[str], told: Mapping[str, str], sizes: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Over the members, the strongest first: (members, names) to a row for each name."""
    table = pd.DataFrame(
        {
            "kind": kind,
            "name": names,
            "long_name": [
                told[name] if kind == LAYER else name.replace("_", " ") for name in names
            ],
            "mean": sizes.mean(axis=0),
            "sd": sizes.std(axis=0, ddof=1) if len(sizes) > 1 else np.nan,
            "lowest": sizes.min(axis=0),
            "highest": sizes.max(axis=0),
        }
    )
    return table.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
