"""What a survey measured, as it is."""

from __future__ import annotations

import xarray as xr

from geoprospect.features import sources
from geoprospect.registry import FEATURES


@FEATURES.register
def raster(source: xr.DataArray | xr.Dataset) -> xr.DataArray | xr.Dataset:
    """
    The surveyed quantity itself [units of the source].

    Geophysical and geochemical maps respond to the rock, its alteration and
    its magnetic or radioactive minerals directly, so the plain survey is the
    first evidence layer to try [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several (the bands of a file).

    Returns
    -------
    DataArray (y, x) float32, lazy
        With the name, units and classes of its source; a Dataset gives one
        layer for each of its own.

    Raises
    ------
    ContractError
        If a layer has no units or no name for readers.

    References
    ----------
    .. [1] Dentith, M., Mudge, S.T. (2014). Geophysics for the Mineral
       Exploration Geoscientist. Cambridge University Press.
    """
    if isinstance(source, xr.Dataset):
        return xr.Dataset({name: raster(layer) for name, layer in source.data_vars.items()})
    layer = sources.one_layer(source, "raster")
    return sources.signed(layer, layer)
