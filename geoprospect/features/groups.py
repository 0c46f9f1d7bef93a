"""Several layers taken together: each under its name, all on one grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import sources

Group: TypeAlias = xr.Dataset | xr.DataArray | Sequence[xr.Dataset | xr.DataArray]
"""A set of layers, or a list of layers and sets."""


def named(
    source: Group, feature: str, names: Sequence[str] | None = None
) -> dict[str, xr.DataArray]:
    """
    The layers of a group by name, in order; an error unless each has one and all share a grid.

    *names* says what each is called; else a set's layers are called as they are there, and a
    layer by itself by its ``name``.
    """
    members = [source] if isinstance(source, xr.Dataset | xr.DataArray) else source
    found = [pair for member in members for pair in _members(member)]
    if names is not None:
        found = [
            (name, layer)
            for name, (_, layer) in zip(names, _counted(found, names, feature), strict=True)
        ]
    _check_names([name for name, _ in found], feature)
    layers = {str(name): sources.one_layer(layer, feature) for name, layer in found}
    _check_grids(layers, feature)
    return layers


def measured(layers: Mapping[str, xr.DataArray], names: Sequence[str], feature: str) -> xr.Dataset:
    """Layers of measured values as one set, in the order of *names*; an error if one is missing."""
    missing = [name for name in names if name not in layers]
    if missing:
        raise ContractError(
            f"{feature} needs the layers {', '.join(names)}, and there is no {missing[0]!r} among "
            f"{', '.join(layers)}; state names: [...], what each of the layers is, in their order"
        )
    grid = contract.grid_of(layers[names[0]])
    found = {}
    for name in names:
        layer = sources.continuous(layers[name], feature)
        found[name] = contract.on_grid(layer.data, grid).assign_attrs(layer.attrs)
    return xr.Dataset(found)


def sampled(group: xr.Dataset, area: xr.DataArray | None) -> npt.NDArray[np.float32]:
    """
    Values of a set's layers where all are known, within the area: (cells, layers).

    Of a large set, at a regular selection of cells. Computed on purpose.
    """
    layers = list(group.data_vars.values())
    chosen = sources.selection(layers[0].shape, sources.MOST)
    within = layers if area is None else [*layers, area]
    values = lazy.compute(*(lazy.chunked(one)[chosen].data for one in within))
    known = np.logical_and.reduce([~np.isnan(one) for one in values])
    return np.stack([one[known] for one in values[: len(layers)]], axis=1)


def _members(member: xr.Dataset | xr.DataArray) -> list[tuple[str | None, xr.DataArray]]:
    if isinstance(member, xr.Dataset):
        return [(str(name), layer) for name, layer in member.data_vars.items()]
    return [(None if member.name is None else str(member.name), member)]


def _counted(
    found: list[tuple[str | None, xr.DataArray]], names: Sequence[str], feature: str
) -> list[tuple[str | None, xr.DataArray]]:
    if len(names) != len(found):
        told = ", ".join(str(name or layer.attrs.get("long_name")) for name, layer in found)
        raise ContractError(
            f"{feature} is told {len(names)} names ({', '.join(names)}) for {len(found)} layers "
            f"({told}); state one for each, in their order"
        )
    return found


def _check_names(names: Sequence[str | None], feature: str) -> None:
    if None in names:
        raise ContractError(
            f"{feature} takes layers by name, and layer {names.index(None) + 1} of {len(names)} "
            "has none; state names: [...], one for each layer, in their order"
        )
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(
            f"{feature}: two layers are called {twice[0]!r}; state names: [...], one for each layer"
        )


def _check_grids(layers: Mapping[str, xr.DataArray], feature: str) -> None:
    first, *others = layers
    grid = contract.grid_of(layers[first])
    for name in others:
        if not contract.same_grid(contract.grid_of(layers[name]), grid):
            raise ContractError(
                f"{feature}: {name!r} is not on the grid of {first!r}; pass both through "
                "grid.align first"
            )
