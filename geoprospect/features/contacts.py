"""How far each cell is from where two kinds of rock meet."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError, did_you_mean
from geoprospect.features import proximity, sources
from geoprospect.kernels import distance
from geoprospect.registry import FEATURES

Pair = tuple[str | int, str | int]


@FEATURES.register
def contact_distance(
    source: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    max_distance: float,
    column: str | None = None,
    between: list[list[str | int]] | None = None,
) -> xr.DataArray:
    """
    Distance to the nearest contact between two classes of rock [m].

    Contacts are where rocks of different strength and chemistry meet: fluids are
    channelled along them and react across them [1]_.

    Parameters
    ----------
    source : GeoDataFrame of polygons, or DataArray (y, x)
        Mapped units, in the grid's CRS; or a layer of classes.
    grid : GeoBox
        Target grid, in a projected CRS with metres as units.
    max_distance : float
        Cells farther than this get this value [m].
    column : str, optional
        Column with the classes' names; polygons need it, a layer has none.
    between : list of pairs of str or int, optional
        Only contacts between these: ``[[granite, limestone], [granite, marble]]``;
        names in *column*, for a layer its classes' meanings or codes.

    Returns
    -------
    DataArray (y, x) float32, lazy
        True to half the diagonal of a cell; the edge of the mapped ground is no
        contact. From a layer: measured from cells beside a contact, and NaN where
        the class is unknown.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column or class, or no two classes meet.
    ValueError
        If *max_distance* is not positive, or *between* holds what is no pair of two.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    sources.positive("max_distance", max_distance, "m")
    pairs = None if between is None else _pairs(between)
    if isinstance(source, gpd.GeoDataFrame):
        lines = _contacts(source, grid, column, pairs)
        layer = proximity.to_shapes(lines, grid, max_distance)
    else:
        layer = _distance_in_layer(source, pairs, max_distance)
    told = "" if pairs is None else f" of {_told(pairs)}"
    return contract.describe(layer, long_name=f"distance to contact{told}", units="m")


def _pairs(between: list[list[str | int]]) -> list[Pair]:
    """Pairs of classes, each of two that differ."""
    for pair in between:
        if len(pair) != 2 or str(pair[0]).strip() == str(pair[1]).strip():
            raise ValueError(f"between holds pairs of two classes, and {pair} is none")
    if not between:
        raise ValueError("between names no pair; leave it out for all contacts")
    return [(one, other) for one, other in between]


def _contacts(
    source: gpd.GeoDataFrame, grid: GeoBox, column: str | None, pairs: list[Pair] | None
) -> sources.Shapes:
    """The lines along which polygons of two classes meet."""
    features = sources.located(source, grid)
    names = sources.class_names(sources.column(features, column, "contact_distance"))
    wanted = None if pairs is None else _wanted(pairs, names, str(column))
    labels = names.to_numpy(dtype=object)
    chosen = names.notna() if wanted is None else names.isin({n for p in wanted for n in p})
    kept = features[chosen.to_numpy()].groupby(labels[chosen.to_numpy()])
    edges = {str(name): _edge(ground, str(name)) for name, ground in kept}
    lines = sources.parts(np.array(_shared(edges, wanted), dtype=object))
    lines = lines[shapely.length(lines) > 0]
    if lines.size == 0:
        which = "no two classes" if pairs is None else f"none of the pairs {_told(pairs)}"
        raise DataError(
            f"{which} of column {column!r} share an edge, so there is no contact; "
            "check the column, or that the polygons' edges meet"
        )
    return lines


def _edge(ground: gpd.GeoDataFrame, name: str) -> shapely.Geometry:
    """The outline of all polygons of a class together."""
    shapes = sources.only(ground, sources.POLYGONS, name, "polygons")
    return shapely.union_all(sources.valid(shapes)).boundary


def _shared(
    edges: dict[str, shapely.Geometry], wanted: list[tuple[str, str]] | None
) -> list[shapely.Geometry]:
    """What the outlines of classes have in common."""
    if wanted is not None:
        return [shapely.intersection(edges[one], edges[other]) for one, other in wanted]
    outlines = list(edges.values())
    return [
        shapely.intersection(one, shapely.union_all(outlines[i + 1 :]))
        for i, one in enumerate(outlines[:-1])
    ]


def _wanted(pairs: list[Pair], names: pd.Series, column: str) -> list[tuple[str, str]]:
    """The pairs as names of a column; an error for one that is not there."""
    known = sorted(set(names.dropna()))
    for name in (str(name).strip() for pair in pairs for name in pair):
        if name not in known:
            raise DataError(f"column {column!r} has no class {name!r}{did_you_mean(name, known)}")
    return [(str(one).strip(), str(other).strip()) for one, other in pairs]


def _told(pairs: list[Pair]) -> str:
    return ", ".join(f"{one} and {other}" for one, other in pairs)


def _distance_in_layer(source: xr.DataArray, pairs: list[Pair] | None, cap: float) -> xr.DataArray:
    """Capped distance to cells beside another class, block by block with a halo."""
    layer = sources.one_layer(source, "contact_distance")
    proximity.check_classes(layer, "contact_distance")
    cell = contract.cell_size(contract.grid_of(layer))
    codes = [
        tuple(proximity.code_of(layer, name, "contact_distance") for name in pair)
        for pair in pairs or []
    ]

    def block_distance(block: lazy.Block) -> lazy.Block:
        known = ~np.isnan(block)
        if pairs is None:
            mask = distance.area_edge(block, known)
        else:
            mask = np.logical_or.reduce(
                [distance.area_edge(block, np.isin(block, pair)) for pair in codes]
            )
        return np.where(known, distance.capped_distance(mask, cell, cap), np.float32(np.nan))

    return lazy.from_array(block_distance, layer, halo=int(np.ceil(cap / min(cell))) + 1)
