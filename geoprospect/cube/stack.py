"""Layers to a cube, and a cube to a table."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy


def layers_of(name: str, made: xr.DataArray | xr.Dataset) -> dict[str, xr.DataArray]:
    """
    The layers that one feature call made, by id.

    A single layer takes the feature's name; of several, each is called
    ``<feature>_<variable>``.
    """
    if isinstance(made, xr.DataArray):
        return {name: made}
    return {f"{name}_{variable}": layer for variable, layer in made.data_vars.items()}


def stack(layers: Mapping[str, xr.DataArray], *, grid: GeoBox, area: xr.DataArray) -> xr.Dataset:
    """
    Layers on one grid as a cube: one variable each, NaN outside the study area.

    Parameters
    ----------
    layers : mapping of id to DataArray (y, x)
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy

    Raises
    ------
    ContractError
        Listing every layer that breaks the contract, and how.
    """
    contract.check_layers(layers, grid)
    inside = lazy.chunked(area).data
    return xr.Dataset(
        {
            name: layer.copy(data=lazy.within(lazy.chunked(layer).data, inside))
            for name, layer in layers.items()
        }
    )


def table(cube: xr.Dataset, samples: gpd.GeoDataFrame) -> npt.NDArray[np.float32]:
    """
    Values of the cube's evidence at the samples' cells, as (samples, layers).

    Only the chunks that hold a sample are read. Computed on purpose.
    """
    return lazy.sample(
        cube, contract.evidence(cube), samples["row"].to_numpy(), samples["column"].to_numpy()
    )
