"""Texture: how levels of a quantity lie side by side within a circle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import xarray as xr

from geoprospect import contract
from geoprospect.features import focal, sources
from geoprospect.kernels import circles, texture
from geoprospect.registry import FEATURES

Measure: TypeAlias = Literal["contrast", "homogeneity", "correlation"]

MEASURES = {
    "contrast": texture.contrast,
    "homogeneity": texture.homogeneity,
    "correlation": texture.correlation,
}


@FEATURES.register
def focal_texture(
    source: xr.DataArray,
    *,
    radius: float,
    measure: Measure,
    levels: int = 8,
    area: xr.DataArray | None = None,
) -> xr.DataArray:
    """
    Contrast, homogeneity or correlation of neighbouring cells' levels within a circle [1].

    Two grounds of the same spread differ in how it lies: banded beds and sheeted
    dykes go on from cell to cell, breccia and stockwork change at each. Magnetic and
    radiometric images and dissected relief are told apart by it [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].
    measure : {"contrast", "homogeneity", "correlation"}
        Mean squared difference of levels: 0 where all are equal, high where they jump.
        Mean of 1 / (1 + squared difference): 1 where all are equal. Correlation of levels:
        near 1 where they go on, 0 where they are at random; 1 where all are equal, as is
        the custom.
    levels : int
        Into how many levels the values are parted, each with as many cells of
        the study area as the next.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the levels.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of all pairs of a cell in the circle and one of its eight neighbours, both
        known: the grey-level co-occurrence matrix over all directions, at one cell. NaN
        where the cell's own value or all pairs are unknown. Levels are set from all known
        cells, or from a regular selection of at most 100,000; it is computed at once, on
        purpose.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell; if
        there are fewer than 2 levels.

    References
    ----------
    .. [1] Haralick, R.M., Shanmugam, K., Dinstein, I. (1973). Textural features for
       image classification. IEEE Transactions on Systems, Man, and Cybernetics 3,
       610-621.
    """
    layer = sources.continuous(source, "focal_texture")
    parted, statistic = focal.levelling(layer, levels, area), MEASURES[measure]

    def of_levels(values: circles.Values, circle: Sequence[int]) -> circles.Field:
        return statistic(parted(values), circle)

    return contract.describe(
        focal.about(of_levels, layer, radius, rim=1),
        long_name=f"{measure} of {layer.attrs['long_name']} within {radius:g} m",
        units="1",
        quality=contract.is_quality(layer),
    )
