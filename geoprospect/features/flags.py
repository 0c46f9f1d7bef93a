"""Yes or no to a question about the geological map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError, did_you_mean
from geoprospect.features import conditions, geology, naming, sources
from geoprospect.registry import FEATURES


@FEATURES.register
def class_flag(
    source: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    classes: list[str | int] | None = None,
    column: str | None = None,
    where: conditions.Condition | None = None,
) -> xr.DataArray:
    """
    Whether the ground is of some classes, or meets a condition: 1 or 0 [1].

    The host, the heat engine or the seal of a mineral system, as a yes or no that
    weights of evidence, fuzzy overlays and expressions can take [1]_.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS; where they overlap, the one that comes later in
        the file lies on top. Or a layer of classes on the grid.
    grid : GeoBox
        Target grid.
    classes : list of str or int, optional
        The classes: names in *column*; for a layer, its classes' meanings. Case,
        width of letters, blanks, underscores and question marks make no difference.
    column : str, optional
        Column with the classes' names; polygons need it with *classes*.
    where : str, optional
        In place of *classes*, a condition on the polygons' columns:
        ``age_ma > 250 and contains(lith, 'limestone', '灰岩')``, ``host in ['a', 'b']``.
        A column whose name has blanks is ``column('Unit name')``. Texts are
        compared as in *classes*.

    Returns
    -------
    DataArray (y, x) float32, lazy
        1 where it is so, 0 on other ground; NaN where no geology is mapped, and where
        an empty attribute leaves the question open.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column or class, or features are no polygons.
    ValueError
        Unless one of *classes* and *where* is stated; listing what is wrong with the
        condition.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    if (classes is None) == (where is None):
        raise ValueError("class_flag needs either classes or where, one of them")
    if isinstance(source, gpd.GeoDataFrame):
        features = sources.located(source, grid)
        sources.only(features, sources.POLYGONS, "class_flag", "polygons")
        truth = _truth(features, classes, column, where)
        shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
        layer = lazy.from_grid(geology.painter(shapes, truth[owner], grid), grid)
    else:
        layer = _flagged(source, grid, classes, where)
    name = where if where is not None else " or ".join(str(one) for one in classes or [])
    return contract.describe(layer, long_name=f"ground is {name}", units="1")


def _truth(
    features: gpd.GeoDataFrame,
    classes: list[str | int] | None,
    column: str | None,
    where: str | None,
) -> npt.NDArray[np.float32]:
    """1, 0 or NaN for each polygon."""
    if where is not None:
        attributes = features.drop(columns=features.geometry.name)
        return conditions.parsed(where)(attributes).astype("float32")
    names = naming.texts(sources.column(features, column, "class_flag"))
    wanted = _known(classes or [], [name for name in names if name], f"column {column!r}")
    truth = [np.nan if not name else naming.cleaned(name) in wanted for name in names]
    return np.array(truth, "float32")


def _flagged(
    source: xr.DataArray, grid: GeoBox, classes: list[str | int] | None, where: str | None
) -> xr.DataArray:
    """1, 0 or NaN for each cell of a layer of classes."""
    layer = geology.category(source, grid=grid)
    if classes is None:
        raise ValueError(
            f"class_flag: where {where!r} asks for columns, and {layer.attrs['long_name']!r} is a "
            "layer, which has none; state classes"
        )
    meanings = contract.meanings(layer)
    wanted = _known(classes, list(meanings.values()), f"layer {layer.attrs['long_name']!r}")
    codes = [code for code, name in meanings.items() if naming.cleaned(name) in wanted]
    return lazy.from_array(_among, layer, codes)


def _among(block: lazy.Block, codes: list[int]) -> lazy.Block:
    return np.where(np.isnan(block), np.nan, np.isin(block, codes)).astype("float32")


def _known(classes: list[str | int], names: list[str], what: str) -> set[str]:
    """The classes asked for, cleaned; an error for one that is not there."""
    if not classes:
        raise ValueError("classes names none; state at least one")
    there = {naming.cleaned(name): name for name in names}
    for one in classes:
        if naming.cleaned(str(one)) not in there:
            raise DataError(f"{what} has no class {str(one)!r}{did_you_mean(str(one), set(names))}")
    return {naming.cleaned(str(one)) for one in classes}
