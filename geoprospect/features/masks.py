"""Where a satellite saw bare ground, and layers cut down to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import groups, sensors, sources, spectral, transform
from geoprospect.registry import FEATURES


@FEATURES.register
def clear_sky(source: xr.DataArray, *, sensor: Literal["sentinel2", "landsat"]) -> xr.DataArray:
    """
    Where a satellite saw the ground and not clouds, their shadows or snow [1].

    A cloud's edge is the strongest anomaly of any band ratio: mask it before it
    becomes a target [1]_ [2]_.

    Parameters
    ----------
    source : DataArray (y, x)
        The scene's own codes: Sentinel-2's SCL, or Landsat Collection 2's QA_PIXEL;
        brought onto the grid from the nearest cell (state kind: categorical where it is
        read), never averaged.
    sensor : {"sentinel2", "landsat"}
        Landsat is any of 4 to 9.

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 where clear, 0 where not, NaN where there is no scene; a layer about the data,
        never evidence. Clear are the classes 4 vegetation, 5 bare, 6 water and 7
        unclassified; or none of the bits 1 to 5 (dilated cloud, cirrus, cloud, shadow,
        snow).

    Raises
    ------
    DataError
        When it is computed, if a value is no such code.

    References
    ----------
    .. [1] Louis, J., Debaecker, V., Pflug, B., et al. (2016). Sentinel-2 Sen2Cor: L2A
       processor for users. Proceedings of the Living Planet Symposium, ESA SP-740.
    .. [2] Foga, S., Scaramuzza, P.L., Guo, S., et al. (2017). Cloud detection algorithm
       comparison and validation for operational Landsat data products. Remote Sensing
       of Environment 194, 379-390.
    """
    codes = sources.one_layer(source, "clear_sky")
    return contract.describe(
        lazy.from_array(CLEAR[sensor], codes),
        long_name=f"clear sky, {sensor}",
        units="1",
        quality=True,
    )


@FEATURES.register
def bare_ground(
    source: groups.Group,
    *,
    sensor: spectral.Sensor,
    threshold: float,
    names: list[str] | None = None,
) -> xr.DataArray:
    """
    Where plants leave the ground to be seen [1].

    A third of green cover is enough to hide the iron and clay of the soil below it:
    indices of minerals hold on bare ground only [1]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Bands red and nir, as surface reflectance, by role or by the sensor's own names.
    sensor : {"sentinel2", "landsat", "aster"}
        Landsat is 8 or 9.
    threshold : float
        Vegetation index (NDVI) from which on plants hide the ground; 0.2 to 0.3 in
        dry country [1].
    names : list of str, optional
        Role or band of each layer, in their order, where they go by other names.

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 where the index is below the threshold, 0 where not, NaN where it is unknown;
        a layer about the data, never evidence.

    Raises
    ------
    ContractError
        If one of the two bands is not there.
    ValueError
        If *threshold* is not between -1 and 1.

    References
    ----------
    .. [1] Siegal, B.S., Goetz, A.F.H. (1977). Effect of vegetation on rock and soil type
       discrimination. Photogrammetric Engineering & Remote Sensing 43, 191-196.
    """
    if not -1 < threshold < 1:
        raise ValueError(f"threshold must be between -1 and 1, got {threshold:g}")
    greenness = spectral.spectral_index(source, index="ndvi", sensor=sensor, names=names)
    return contract.describe(
        lazy.from_array(_below, greenness, threshold),
        long_name=f"bare ground, vegetation index below {threshold:g}",
        units="1",
        quality=True,
    )


@FEATURES.register
def masked(source: xr.DataArray | xr.Dataset, mask: xr.DataArray) -> xr.DataArray | xr.Dataset:
    """
    A layer where a mask lets it be seen, unknown elsewhere [units of the source].

    What clouds, plants or water hide is unknown, and models take the unknown better
    than a wrong value [1]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A layer on the target grid, or several; of several, those about the data rather
        than the ground are left out.
    mask : DataArray (y, x)
        Not 0 where the layer counts; where it is 0 or unknown, the layer becomes
        unknown.

    Returns
    -------
    DataArray (y, x) float32, lazy
        With the source's name, units and classes.

    Raises
    ------
    ContractError
        If the mask lies on another grid.

    References
    ----------
    .. [1] Foga, S., Scaramuzza, P.L., Guo, S., et al. (2017). Cloud detection algorithm
       comparison and validation for operational Landsat data products. Remote Sensing
       of Environment 194, 379-390.
    """
    if isinstance(source, xr.Dataset):
        return transform.each(source, lambda layer: _seen(layer, mask))
    return _seen(source, mask)


# --- what happens to a block ----------------------------------------------------------------------


def _scene(block: lazy.Block) -> lazy.Block:
    """Sentinel-2's scene classes as clear or not."""
    known = ~np.isnan(block) & (block != 0)
    clear = np.isin(block, list(sensors.SCENE_CLEAR))
    _check_codes(block, known & ~clear & ~np.isin(block, list(sensors.SCENE_UNCLEAR)), "SCL class")
    return np.where(known, clear, np.nan).astype("float32")


def _pixel(block: lazy.Block) -> lazy.Block:
    """Landsat's quality bits as clear or not."""
    known = ~np.isnan(block)
    whole = (block >= 0) & (block < 1 << 16) & (block == np.floor(block))
    _check_codes(block, known & ~whole, "QA_PIXEL number")
    bits = np.where(known, block, sensors.PIXEL_FILL).astype("u2")
    clear = (bits & sensors.PIXEL_UNCLEAR) == 0
    return np.where(bits & sensors.PIXEL_FILL, np.nan, clear).astype("float32")


def _check_codes(block: lazy.Block, wrong: npt.NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        raise DataError(
            f"{block[wrong][0]:g} is no {what}; codes cannot be averaged: state "
            "kind: categorical where they are read"
        )


CLEAR: Mapping[str, Callable[[lazy.Block], lazy.Block]] = {"sentinel2": _scene, "landsat": _pixel}


def _below(block: lazy.Block, threshold: float) -> lazy.Block:
    return np.where(np.isnan(block), np.nan, block < threshold).astype("float32")


def _seen(source: xr.DataArray, mask: xr.DataArray) -> xr.DataArray:
    layer = sources.one_layer(source, "masked")
    both = groups.named([layer, mask], "masked", ["layer", "mask"])
    grid = contract.grid_of(layer)
    pair = xr.Dataset({name: contract.on_grid(one.data, grid) for name, one in both.items()})
    found = lazy.from_cube(_where_seen, pair, ["layer", "mask"], ["seen"])["seen"]
    return sources.signed(found, layer)


def _where_seen(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    layer, mask = stack
    return np.where(np.isnan(mask) | (mask == 0), np.float32(np.nan), layer)[None]
