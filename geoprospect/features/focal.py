"""What the surroundings of a cell are like, within a circle of a stated radius."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.features import sources
from geoprospect.kernels import circles
from geoprospect.registry import FEATURES

Statistic = Callable[[circles.Values, Sequence[int]], circles.Field]


@FEATURES.register
def focal_mean(source: xr.DataArray, *, radius: float) -> xr.DataArray:
    """
    Mean of a quantity within a circle about each cell [units of the source].

    The same quantity at several radii shows a mineral system at several scales:
    a district's pathway is tens of kilometres wide, a deposit's trap hundreds of
    metres [1]_. The cell's own value less its mean is its anomaly.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the known cells in the circle; NaN where the cell's own value is
        unknown: gaps are not filled. Beyond the edge nothing is known.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell.

    References
    ----------
    .. [1] McCuaig, T.C., Beresford, S., Hronsky, J. (2010). Translating the mineral
       systems approach into an effective exploration targeting system. Ore Geology
       Reviews 38, 128-138.
    """
    layer = sources.continuous(source, "focal_mean")
    return _signed(about(circles.mean, layer, radius), "mean", layer, radius)


@FEATURES.register
def focal_standard_deviation(source: xr.DataArray, *, radius: float) -> xr.DataArray:
    """
    Standard deviation of a quantity within a circle about each cell [units of the source].

    Ground where a field changes from place to place is broken, layered or
    intruded, whatever its level: magnetic fields over altered shear zones and
    relief over hard and soft beds side by side are rough [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the known cells in the circle, over their number; 0 where they are
        equal. NaN where the cell's own value is unknown.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell.

    References
    ----------
    .. [1] Holden, E.-J., Dentith, M., Kovesi, P. (2008). Towards the automated
       analysis of regional aeromagnetic data to identify regions prospective for
       gold deposits. Computers & Geosciences 34, 1505-1513.
    """
    layer = sources.continuous(source, "focal_standard_deviation")
    found = about(circles.standard_deviation, layer, radius)
    return _signed(found, "standard deviation", layer, radius)


@FEATURES.register
def focal_range(source: xr.DataArray, *, radius: float) -> xr.DataArray:
    """
    Highest less lowest value within a circle about each cell [units of the source].

    Of elevation it is the local relief, which follows hard rock and young faults
    [1]_; of a field, the strength of its anomalies.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the known cells in the circle; NaN where the cell's own value is
        unknown.

    Raises
    ------
    ContractError
        If *source* holds classes.
    ValueError
        If *radius* is not positive, or does not reach a neighbouring cell.

    References
    ----------
    .. [1] Ahnert, F. (1970). Functional relationships between denudation, relief,
       and uplift in large mid-latitude drainage basins. American Journal of
       Science 268, 243-263.
    """
    layer = sources.continuous(source, "focal_range")
    return _signed(about(circles.extent, layer, radius), "range", layer, radius)


@FEATURES.register
def focal_entropy(
    source: xr.DataArray, *, radius: float, levels: int = 8, area: xr.DataArray | None = None
) -> xr.DataArray:
    """
    Entropy of a quantity's levels within a circle about each cell [nat].

    A texture: 0 where the surroundings are all of one level, highest where all
    levels meet. Folded, brecciated and altered ground is mixed at short range
    where massive rock is not [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        A measured layer on the target grid.
    radius : float
        Radius of the circle about the centre of a cell, its rim included [m].
    levels : int
        Into how many levels the values are parted, each with as many cells of
        the study area as the next.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the levels.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the known cells in the circle; NaN where the cell's own value is
        unknown. Levels are set from all known cells, or from a regular
        selection of at most 100,000; it is computed at once, on purpose.

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
    layer = sources.continuous(source, "focal_entropy")
    parted = levelling(layer, levels, area)

    def entropy(values: circles.Values, circle: Sequence[int]) -> circles.Field:
        return circles.shannon(parted(values), range(levels), circle)

    found = about(entropy, layer, radius)
    return contract.describe(
        found,
        long_name=f"entropy of {layer.attrs['long_name']} within {radius:g} m",
        units="1",
        quality=contract.is_quality(layer),
    )


def levelling(
    layer: xr.DataArray, levels: int, area: xr.DataArray | None
) -> Callable[[circles.Values], circles.Field]:
    """What parts values into levels from 0, each with as many cells as the next; NaN stays NaN."""
    if levels < 2:
        raise ValueError(f"levels must be 2 or more, got {levels}")
    known = sources.known_values(layer, area)
    firsts = np.unique(known[np.arange(1, levels) * known.size // levels][: known.size])

    def parted(values: circles.Values) -> circles.Field:
        return np.where(np.isnan(values), np.nan, np.searchsorted(firsts, values, side="right"))

    return parted


def about(
    statistic: Statistic, layer: xr.DataArray, radius: float, *, rim: int = 0
) -> xr.DataArray:
    """
    *statistic* of the circle about each cell, block by block; NaN where the cell is unknown.

    It is handed the cells of all circles, and so many beyond them as *rim* says.
    """
    circle = circle_of(radius, contract.grid_of(layer))
    reach = len(circle) - 1 + rim, circle[0] + rim
    depth = [min(max(reach), size) for size in layer.shape]
    beyond = [(max(r - d, 0),) * 2 for r, d in zip(reach, depth, strict=True)]
    spare = [max(d - r, 0) for r, d in zip(reach, depth, strict=True)]

    def block_statistic(block: lazy.Block) -> lazy.Block:
        wide = np.pad(_trimmed(block, spare), beyond, constant_values=np.nan)
        made = np.where(np.isnan(_trimmed(block, depth)), np.nan, statistic(wide, circle))
        return np.pad(made.astype("float32"), [(d, d) for d in depth])

    return lazy.from_array(block_statistic, layer, halo=max(reach))


def circle_of(radius: float, grid: GeoBox) -> list[int]:
    """Cells of a circle, row by row from its centre; an error if it is but one cell."""
    sources.positive("radius", radius, "m")
    cell = contract.cell_size(grid)
    circle = circles.spans(radius, cell)
    if circle == [0]:
        raise ValueError(
            f"radius is {radius:g} m and reaches no neighbour among cells of {min(cell):g} m; "
            "make it wider"
        )
    return circle


def _trimmed(block: lazy.Block, margin: Sequence[int]) -> lazy.Block:
    rows, columns = (slice(m, n - m) for m, n in zip(margin, block.shape, strict=True))
    return block[rows, columns]


def _signed(found: xr.DataArray, what: str, source: xr.DataArray, radius: float) -> xr.DataArray:
    return contract.describe(
        found,
        long_name=f"{what} of {source.attrs['long_name']} within {radius:g} m",
        units=source.attrs["units"],
        quality=contract.is_quality(source),
    )
