"""The same quantity at several scales."""

from __future__ import annotations

import functools
from typing import Literal, TypeAlias

import xarray as xr

from geoprospect import contract
from geoprospect.features import focal, sources, terrain
from geoprospect.features.texture import focal_texture
from geoprospect.registry import FEATURES

Statistic: TypeAlias = Literal[
    "mean", "standard_deviation", "range", "gradient", "entropy", "contrast", "homogeneity",
    "correlation",
]  # fmt: skip


@FEATURES.register
def focal_gradient(source: xr.DataArray, *, radius: float) -> xr.DataArray:
    """
    Length of the gradient of a quantity's mean within a circle [units of the source m-1].

    The gradient from cell to cell is mostly noise; that of the mean within a circle
    shows the edges of bodies that are as wide as the circle [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Central difference of the means of the known cells in the circles about the
        neighbours to either side; one-sided beside an unknown cell or the edge. NaN where
        the cell's own value is unknown, or both neighbours across are.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell.

    References
    ----------
    .. [1] Lindeberg, T. (1994). Scale-space theory: a basic tool for analyzing structures
       at different scales. Journal of Applied Statistics 21, 225-270.
    """
    layer = sources.continuous(source, "focal_gradient")
    found = terrain.horizontal_gradient(focal.focal_mean(layer, radius=radius))
    return contract.describe(
        found,
        long_name=f"gradient of {layer.attrs['long_name']} within {radius:g} m",
        units=found.attrs["units"],
        quality=contract.is_quality(layer),
    )


@FEATURES.register
def focal_stack(
    source: xr.DataArray,
    *,
    radii: list[float],
    statistics: list[Statistic],
    levels: int = 8,
    area: xr.DataArray | None = None,
) -> xr.Dataset:
    """
    Statistics of a quantity within circles of several radii [units of each statistic].

    Nobody knows beforehand at which scale a system shows; side by side, the scales let a
    model choose, and its explanation says which it chose [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radii : list of float
        Radii of the circles about the centre of a cell, their rims included [m].
    statistics : list of str
        Any of 'mean', 'standard_deviation', 'range', 'gradient', 'entropy', and of the
        textures 'contrast', 'homogeneity' and 'correlation'.
    levels : int
        Into how many levels values are parted for entropy and textures.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the levels.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``mean_500m``, ``mean_2000m``, ``range_500m`` and so on, each as the function of
        its name (``focal_mean`` and the like) makes it.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If there is no radius or no statistic, one is stated twice, or a radius does not
        reach a neighbouring cell.

    References
    ----------
    .. [1] McCuaig, T.C., Beresford, S., Hronsky, J. (2010). Translating the mineral
       systems approach into an effective exploration targeting system. Ore Geology
       Reviews 38, 128-138.
    """
    for name, stated in (("radii", radii), ("statistics", statistics)):
        if not stated or len(set(stated)) < len(stated):
            raise ValueError(f"{name} must be one or more, each once, got {stated}")
    made = {}
    for statistic in statistics:
        feature = _feature(statistic, levels, area)
        for radius in radii:
            made[f"{statistic}_{radius:g}m".replace(".", "_")] = feature(source, radius=radius)
    return xr.Dataset(made)


def _feature(
    statistic: Statistic, levels: int, area: xr.DataArray | None
) -> functools.partial[xr.DataArray]:
    """The function that makes a statistic at a radius."""
    plain = {
        "mean": focal.focal_mean,
        "standard_deviation": focal.focal_standard_deviation,
        "range": focal.focal_range,
        "gradient": focal_gradient,
    }
    parted = {
        "entropy": functools.partial(focal.focal_entropy),
        "contrast": functools.partial(focal_texture, measure="contrast"),
        "homogeneity": functools.partial(focal_texture, measure="homogeneity"),
        "correlation": functools.partial(focal_texture, measure="correlation"),
    }
    if statistic in parted:
        return functools.partial(parted[statistic], levels=levels, area=area)
    return functools.partial(plain[statistic])
