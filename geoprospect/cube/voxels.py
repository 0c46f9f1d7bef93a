"""Layers under ground to a cube of voxels, and such a cube to a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.blocks import DIMS, BlockGrid
from geoprospect.errors import ContractError, listing

Rows = npt.NDArray[np.float32]

OF_HOLES = "of_holes"
"""Attribute of a layer that was made of what drill holes met."""


def stacked(layers: Mapping[str, xr.Dataset], *, blocks: BlockGrid) -> xr.Dataset:
    """
    Layers on one grid of blocks as a cube: evidence, and how far its data are.

    Parameters
    ----------
    layers : mapping of id to Dataset (value, distance)
        As :mod:`geoprospect.features.voxels` makes them.
    blocks : BlockGrid

    Returns
    -------
    Dataset of DataArray (z, y, x) float32
        ``<id>`` for each value, and ``<id>_distance`` [m], which is no evidence; the grid of
        blocks in its attributes.

    Raises
    ------
    ContractError
        Listing every layer that breaks the contract, and how.
    """
    problems = [] if layers else ["it has no evidence layer"]
    for name, layer in layers.items():
        problems += [f"{name}: {problem}" for problem in _problems(name, layer, blocks)]
    if problems:
        raise ContractError(listing("the cube of voxels breaks the data contract:", problems))
    made = blocks.dataset()
    for name, layer in layers.items():
        made[name], made[f"{name}_distance"] = layer["value"], layer["distance"]
    return made


def table(cube: xr.Dataset, samples: pd.DataFrame, *, of_others: Mapping[str, xr.Dataset]) -> Rows:
    """
    Evidence at samples, as (samples, layers): nothing of a sample's own hole among it.

    Parameters
    ----------
    cube : Dataset
        From :func:`stacked`.
    samples : DataFrame
        With ``layer``, ``row`` and ``column`` of the voxel of each.
    of_others : mapping of id to Dataset (value, distance)
        Each layer that was made of drill holes, asked for at these samples (``at=samples``).

    Raises
    ------
    ContractError
        If a layer was made of drill holes and is not among *of_others*: its values at a
        sample would be the sample's own; or if *of_others* has one that does not fit.
    """
    names = contract.evidence(cube)
    own = [name for name in names if OF_HOLES in cube[name].attrs and name not in of_others]
    problems = [
        f"{name}: it was made of drill holes, and at a sample would be the sample itself; "
        "give what the other holes say there in of_others (at=samples)"
        for name in own
    ]
    problems += [
        f"{name}: of_others has {layer['value'].size} values for {len(samples)} samples"
        for name, layer in of_others.items()
        if layer["value"].size != len(samples)
    ]
    problems += [f"{name}: the cube has no such layer" for name in of_others if name not in names]
    if problems:
        raise ContractError(listing("the samples have no honest evidence:", problems))
    at = tuple(samples[name].to_numpy() for name in ("layer", "row", "column"))
    columns = [
        of_others[name]["value"].to_numpy() if name in of_others else cube[name].to_numpy()[at]
        for name in names
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def rows(cube: xr.Dataset) -> Rows:
    """Evidence of all voxels, in the order of a raveled array: (voxels, layers)."""
    return np.stack([cube[name].to_numpy().ravel() for name in contract.evidence(cube)], axis=1)


def _problems(name: str, layer: xr.Dataset, blocks: BlockGrid) -> list[str]:
    if not {"value", "distance"} <= set(layer.data_vars):
        return ["it lacks 'value' or 'distance'; make it by features.voxels"]
    problems = []
    if not contract.LAYER_ID.match(name) or name.endswith("_distance"):
        problems.append("a layer's id is ASCII snake_case, and does not end in _distance")
    for part in ("value", "distance"):
        one = layer[part]
        if one.dims != DIMS or one.shape != blocks.shape:
            problems.append(f"its {part} is {one.dims} {one.shape}, and the blocks {blocks.shape}")
        if one.dtype != np.float32:
            problems.append(f"the dtype of its {part} is {one.dtype}, not float32")
        lacking = {"long_name", "units"} - set(one.attrs)
        problems += [f"the attrs of its {part} lack {key!r}" for key in sorted(lacking)]
    return problems
